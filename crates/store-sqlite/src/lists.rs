//! Named lists, and who is on them. How many are on each is kept by triggers of the table of members.

use async_trait::async_trait;
use beckon_domain::id::{ListId, WorkspaceId};
use beckon_domain::list::{LISTS_MAX, List, name_key};
use beckon_domain::segment::Subject;
use beckon_store::intake::{NewListMember, SubjectId};
use beckon_store::lists::{CountedList, ListMember, Listed};
use beckon_store::{ListStore, Page, PageRequest, Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::{Columns, corrupt};
use crate::intake::subject;
use crate::paging::{List as Paged, begin, cut, rows_wanted};
use crate::sql::Sql;
use crate::writer::Write;

/// Most members that are removed in one write, so that others have their turn between.
const REMOVED_ROWS_MAX: i64 = 5_000;

#[async_trait]
impl ListStore for SqliteStore {
    async fn create_list(&self, workspace: WorkspaceId, list: &List) -> Result<()> {
        let list = list.clone();
        self.write("creating a list", move |write| {
            write.config_changed(workspace)?;
            let count: i64 = write
                .find("SELECT count(*) FROM list WHERE workspace_id = ?1", params![workspace.uuid()], |row| {
                    Columns::of("list", row).value()
                })?
                .unwrap_or(0);
            if count >= LISTS_MAX as i64 {
                return Err(StoreError::Refused(format!(
                    "a workspace has at most {LISTS_MAX} lists: delete one first"
                )));
            }
            write
                .run_unique(
                    "INSERT INTO list (workspace_id, id, subject, name, name_key, created_at, updated_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        workspace.uuid(),
                        list.id.uuid(),
                        subject_code(list.subject),
                        list.name,
                        name_key(&list.name),
                        list.created_at.as_millisecond(),
                        list.updated_at.as_millisecond(),
                    ],
                    &named(&list.name),
                )
                .map(drop)
        })
        .await
    }

    async fn get_list(&self, workspace: WorkspaceId, id: ListId) -> Result<CountedList> {
        self.read("reading a list", move |sql| get(sql, workspace, id)).await
    }

    async fn list_lists(
        &self,
        workspace: WorkspaceId,
        subject: Option<Subject>,
        page: PageRequest,
    ) -> Result<Page<CountedList>> {
        self.read("listing lists", move |sql| {
            let before = begin(Paged::Named, &page)?.unwrap_or(Uuid::max());
            // A workspace has few: those of the other subject are passed over.
            let rows = sql.list(
                "SELECT id, subject, name, created_at, updated_at, members FROM list
                 WHERE workspace_id = ?1 AND id < ?2 AND (?3 IS NULL OR subject = ?3) ORDER BY id DESC LIMIT ?4",
                params![workspace.uuid(), before, subject.map(subject_code), rows_wanted(&page)],
                |row| {
                    let found = counted(&mut Columns::of("list", row))?;
                    Ok((found.list.id.uuid(), found))
                },
            )?;
            Ok(cut(Paged::Named, &page, rows))
        })
        .await
    }

    async fn rename_list(&self, workspace: WorkspaceId, id: ListId, name: &str, at: Timestamp) -> Result<CountedList> {
        let name = name.to_owned();
        self.write("renaming a list", move |write| {
            let renamed = write.run_unique(
                "UPDATE list SET name = ?3, name_key = ?4, updated_at = ?5 WHERE workspace_id = ?1 AND id = ?2",
                params![workspace.uuid(), id.uuid(), name, name_key(&name), at.as_millisecond()],
                &named(&name),
            )?;
            if renamed == 0 {
                return Err(StoreError::NotFound("list"));
            }
            write.config_changed(workspace)?;
            get(write, workspace, id)
        })
        .await
    }

    async fn delete_list(&self, workspace: WorkspaceId, id: ListId) -> Result<()> {
        loop {
            let is_done = self
                .write("deleting a list", move |write| {
                    get(write, workspace, id)?;
                    let removed = write.run(
                        "DELETE FROM list_member WHERE (workspace_id, list_id, member_id) IN (
                             SELECT workspace_id, list_id, member_id FROM list_member
                             WHERE workspace_id = ?1 AND list_id = ?2 LIMIT ?3)",
                        params![workspace.uuid(), id.uuid(), REMOVED_ROWS_MAX],
                    )?;
                    if i64::try_from(removed).unwrap_or(i64::MAX) >= REMOVED_ROWS_MAX {
                        return Ok(false);
                    }
                    write.run(
                        "DELETE FROM list WHERE workspace_id = ?1 AND id = ?2",
                        params![workspace.uuid(), id.uuid()],
                    )?;
                    write.config_changed(workspace)?;
                    Ok(true)
                })
                .await?;
            if is_done {
                return Ok(());
            }
        }
    }

    async fn list_listed(&self, workspace: WorkspaceId, id: ListId, page: PageRequest) -> Result<Page<ListMember>> {
        self.read("listing who is on a list", move |sql| {
            let CountedList { list, .. } = get(sql, workspace, id)?;
            let before = begin(Paged::Listed, &page)?.unwrap_or(Uuid::max());
            let text = match list.subject {
                Subject::Contact => {
                    "SELECT member_id, added_at, contact.doc FROM list_member
                     CROSS JOIN contact ON contact.workspace_id = list_member.workspace_id AND contact.id = member_id
                     WHERE list_member.workspace_id = ?1 AND list_id = ?2 AND member_id < ?3
                     ORDER BY member_id DESC LIMIT ?4"
                }
                Subject::Company => {
                    "SELECT member_id, added_at, company.doc FROM list_member
                     CROSS JOIN company ON company.workspace_id = list_member.workspace_id AND company.id = member_id
                     WHERE list_member.workspace_id = ?1 AND list_id = ?2 AND member_id < ?3
                     ORDER BY member_id DESC LIMIT ?4"
                }
            };
            let rows = sql.list(text, params![workspace.uuid(), id.uuid(), before, rows_wanted(&page)], |row| {
                let mut columns = Columns::of("list member", row);
                let (place, added_at): (Uuid, _) = (columns.value()?, columns.time()?);
                let who = match list.subject {
                    Subject::Contact => Listed::Contact(Box::new(columns.json()?)),
                    Subject::Company => Listed::Company(Box::new(columns.json()?)),
                };
                Ok((place, ListMember { who, added_at }))
            })?;
            Ok(cut(Paged::Listed, &page, rows))
        })
        .await
    }

    async fn put_on_list(&self, workspace: WorkspaceId, id: ListId, member: SubjectId, at: Timestamp) -> Result<bool> {
        self.write("putting somebody on a list", move |write| {
            let CountedList { list, .. } = get(write, workspace, id)?;
            let (kind, uuid) = subject(member);
            let (what, text) = match member {
                SubjectId::Contact(_) => ("contact", "SELECT 1 FROM contact WHERE workspace_id = ?1 AND id = ?2"),
                SubjectId::Company(_) => ("company", "SELECT 1 FROM company WHERE workspace_id = ?1 AND id = ?2"),
            };
            if subject_code(list.subject) != kind || !write.has(text, params![workspace.uuid(), uuid])? {
                return Err(StoreError::NotFound(what));
            }
            write.touch(workspace);
            put_on_list(write, workspace, &NewListMember { list_id: id, member, added_at: at })
        })
        .await
    }

    async fn take_off_list(&self, workspace: WorkspaceId, id: ListId, member: SubjectId) -> Result<bool> {
        self.write("taking somebody off a list", move |write| {
            get(write, workspace, id)?;
            write.touch(workspace);
            take_off_list(write, workspace, id, member)
        })
        .await
    }

    async fn lists_of(&self, workspace: WorkspaceId, member: SubjectId) -> Result<Vec<ListId>> {
        self.read("reading which lists somebody is on", move |sql| lists_of(sql, workspace.uuid(), member)).await
    }
}

/// Puts somebody on a list, unless it is gone or not of their kind; gives back whether they were not on it.
pub(crate) fn put_on_list(write: &Write<'_>, workspace: WorkspaceId, new: &NewListMember) -> Result<bool> {
    let (kind, member) = subject(new.member);
    let added = write.run(
        "INSERT INTO list_member (workspace_id, list_id, member_id, added_at)
         SELECT workspace_id, id, ?3, ?4 FROM list WHERE workspace_id = ?1 AND id = ?2 AND subject = ?5
         ON CONFLICT (workspace_id, list_id, member_id) DO NOTHING",
        params![workspace.uuid(), new.list_id.uuid(), member, new.added_at.as_millisecond(), kind],
    )?;
    Ok(added > 0)
}

/// Takes somebody off a list; gives back whether they were on it.
pub(crate) fn take_off_list(write: &Write<'_>, workspace: WorkspaceId, id: ListId, member: SubjectId) -> Result<bool> {
    let removed = write.run(
        "DELETE FROM list_member WHERE workspace_id = ?1 AND list_id = ?2 AND member_id = ?3",
        params![workspace.uuid(), id.uuid(), subject(member).1],
    )?;
    Ok(removed > 0)
}

/// Takes somebody who is erased off all lists.
pub(crate) fn take_off_all_lists(write: &Write<'_>, workspace: WorkspaceId, member: SubjectId) -> Result<()> {
    write
        .run(
            "DELETE FROM list_member INDEXED BY list_of_member WHERE workspace_id = ?1 AND member_id = ?2",
            params![workspace.uuid(), subject(member).1],
        )
        .map(drop)
}

/// The lists somebody is on, oldest first.
pub(crate) fn lists_of(sql: &Sql<'_>, workspace: Uuid, member: SubjectId) -> Result<Vec<ListId>> {
    sql.list(
        "SELECT list_id FROM list_member INDEXED BY list_of_member
         WHERE workspace_id = ?1 AND member_id = ?2 ORDER BY list_id",
        params![workspace, subject(member).1],
        |row| Columns::of("list member", row).id(),
    )
}

/// Reads the columns `id`, `subject`, `name`, `created_at` and `updated_at`.
pub(crate) fn named_list(columns: &mut Columns<'_>) -> Result<List> {
    let (id, code): (ListId, i64) = (columns.id()?, columns.value()?);
    let subject = [Subject::Contact, Subject::Company].into_iter().find(|subject| subject_code(*subject) == code);
    Ok(List {
        id,
        subject: subject.ok_or_else(|| corrupt("list", format!("there is no subject {code}")))?,
        name: columns.value()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    })
}

fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: ListId) -> Result<CountedList> {
    sql.find(
        "SELECT id, subject, name, created_at, updated_at, members FROM list WHERE workspace_id = ?1 AND id = ?2",
        params![workspace.uuid(), id.uuid()],
        |row| counted(&mut Columns::of("list", row)),
    )?
    .ok_or(StoreError::NotFound("list"))
}

fn counted(columns: &mut Columns<'_>) -> Result<CountedList> {
    Ok(CountedList { list: named_list(columns)?, members: columns.count()? })
}

/// As the columns `subject_kind` of [`subject`].
fn subject_code(subject: Subject) -> i64 {
    match subject {
        Subject::Contact => 0,
        Subject::Company => 1,
    }
}

fn named(name: &str) -> String {
    format!("a list named {name}")
}
