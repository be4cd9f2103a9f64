//! Reads all that a batch of signals needs, as of one moment.

use std::collections::BTreeSet;

use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::id::{CompanyId, ContactId, SegmentId, VisitId, WorkspaceId};
use beckon_domain::identity::EmailHash;
use beckon_domain::qualify::LastFiring;
use beckon_domain::signal::Intent;
use beckon_domain::suppression::SuppressionHash;
use beckon_domain::visit::{PageView, Visitor};
use beckon_store::Result;
use beckon_store::intake::{HISTORY_ROWS_MAX, History, IntakeQuery, IntakeState, NewPageView, SubjectId, WAITING_MAX};
use jiff::Timestamp;
use rusqlite::{Row, ToSql, params};
use uuid::Uuid;

use super::subject;
use crate::columns::Columns;
use crate::identity::keys::{self, FOUND_BY_KEY};
use crate::lists::lists_of;
use crate::people::{company, contact};
use crate::sql::Sql;
use crate::suppressions;

/// See [`beckon_store::IntakeStore::read_intake`].
pub(super) fn read(sql: &Sql<'_>, workspace: WorkspaceId, query: &IntakeQuery) -> Result<IntakeState> {
    let mut reading = Reading { sql, workspace: workspace.uuid(), state: IntakeState::default() };
    for key in &query.visitor_keys {
        let found = reading.find("SELECT doc FROM visitor WHERE workspace_id = ?1 AND key = ?2", key, visitor)?;
        if let Some(visitor) = found {
            reading.state.visitors.insert(key.clone(), visitor);
        }
    }
    reading.suppressed(query)?;
    reading.waiting(query)?;
    reading.unclaimed()?;
    reading.contacts(query)?;
    reading.companies(query)?;
    for id in &query.message_ids {
        let seen = sql.has(
            "SELECT 1 FROM message_id WHERE workspace_id = ?1 AND message_id = ?2",
            params![reading.workspace, id],
        )?;
        if seen {
            reading.state.seen_message_ids.insert(id.clone());
        }
    }
    let contacts = reading.state.contacts.keys().map(|id| SubjectId::Contact(*id));
    let companies = reading.state.companies.keys().map(|id| SubjectId::Company(*id));
    for id in contacts.chain(companies).collect::<Vec<_>>() {
        if !(query.of_contacts_only && matches!(id, SubjectId::Company(_))) {
            reading.history(id, query)?;
        }
        reading.firings(id)?;
        if query.lists {
            reading.lists(id)?;
        }
    }
    Ok(reading.state)
}

struct Reading<'s> {
    sql: &'s Sql<'s>,
    workspace: Uuid,
    state: IntakeState,
}

impl Reading<'_> {
    fn find<T>(&self, text: &str, key: impl ToSql, read: fn(&Row<'_>) -> Result<T>) -> Result<Option<T>> {
        self.sql.find(text, params![self.workspace, key], read)
    }

    fn suppressed(&mut self, query: &IntakeQuery) -> Result<()> {
        let workspace = self.workspace.into();
        for email in &query.emails {
            if suppressions::has(self.sql, self.workspace, SuppressionHash::of_email(workspace, email))? {
                self.state.suppressed_emails.insert(email.clone());
            }
        }
        for user_id in &query.user_ids {
            if suppressions::has(self.sql, self.workspace, SuppressionHash::of_user_id(workspace, user_id))? {
                self.state.suppressed_user_ids.insert(user_id.clone());
            }
        }
        Ok(())
    }

    /// Visitors that wait for somebody with one of the addresses.
    fn waiting(&mut self, query: &IntakeQuery) -> Result<()> {
        for email in &query.emails {
            let found = self.sql.list(
                "SELECT doc FROM visitor INDEXED BY visitor_waiting
                 WHERE workspace_id = ?1 AND email_sha256 = ?2 ORDER BY rowid DESC LIMIT ?3",
                params![self.workspace, EmailHash::of(email).as_str(), WAITING_MAX],
                visitor,
            )?;
            self.state.visitors.extend(found.into_iter().map(|visitor| (visitor.key.clone(), visitor)));
        }
        Ok(())
    }

    fn unclaimed(&mut self) -> Result<()> {
        let of_nobody = self.state.visitors.values().filter(|visitor| visitor.contact_id.is_none());
        let visits: BTreeSet<VisitId> = of_nobody.filter_map(|visitor| Some(visitor.visit.as_ref()?.id)).collect();
        for visit_id in visits {
            let found = self.sql.list(
                "SELECT company_id, path, at FROM page_view INDEXED BY page_view_unclaimed
                 WHERE workspace_id = ?1 AND visit_id = ?2 AND contact_id IS NULL ORDER BY seq DESC LIMIT ?3",
                params![self.workspace, visit_id.uuid(), HISTORY_ROWS_MAX],
                |row| {
                    let mut columns = Columns::of("page view", row);
                    let company_id = columns.maybe_id()?;
                    let page_view = PageView { path: columns.value()?, at: columns.time()? };
                    Ok(NewPageView { visit_id, contact_id: None, company_id, page_view })
                },
            )?;
            self.state.unclaimed.extend(found);
        }
        Ok(())
    }

    fn contacts(&mut self, query: &IntakeQuery) -> Result<()> {
        let mut found: Vec<Contact> = Vec::new();
        for email in &query.emails {
            let text = "SELECT doc FROM contact WHERE workspace_id = ?1 AND email = ?2";
            found.extend(self.find(text, email.as_str(), contact)?);
            found.extend(self.find(FOUND_BY_KEY, keys::of_email(email), contact)?);
        }
        let hashes = query.email_hashes.iter().map(keys::of_hash);
        for key in hashes.chain(query.linkedins.iter().map(keys::of_linkedin)) {
            found.extend(self.find(FOUND_BY_KEY, key, contact)?);
        }
        for user_id in &query.user_ids {
            let text = "SELECT doc FROM contact WHERE workspace_id = ?1 AND user_id = ?2";
            found.extend(self.find(text, user_id, contact)?);
        }
        let followed = |visitor: &Visitor| visitor.link.as_ref().map(|link| link.contact);
        let of_visitors =
            self.state.visitors.values().flat_map(|visitor| [visitor.contact_id, followed(visitor)]).flatten();
        let ids: BTreeSet<ContactId> = query.contact_ids.iter().copied().chain(of_visitors).collect();
        for id in ids {
            let text = "SELECT doc FROM contact WHERE workspace_id = ?1 AND id = ?2";
            found.extend(self.find(text, id.uuid(), contact)?);
        }
        self.state.contacts = found.into_iter().map(|contact| (contact.id, contact)).collect();
        Ok(())
    }

    fn companies(&mut self, query: &IntakeQuery) -> Result<()> {
        let mut found: Vec<Company> = Vec::new();
        for domain in &query.domains {
            let text = "SELECT doc FROM company WHERE workspace_id = ?1 AND domain = ?2";
            found.extend(self.find(text, domain.as_str(), company)?);
        }
        for group_id in &query.group_ids {
            let text = "SELECT doc FROM company WHERE workspace_id = ?1 AND group_id = ?2";
            found.extend(self.find(text, group_id, company)?);
        }
        let of_visit = |visitor: &Visitor| visitor.visit.as_ref()?.network_company_id;
        let of_visitors = self.state.visitors.values().flat_map(|visitor| [visitor.company_id, of_visit(visitor)]);
        let of_contacts = self.state.contacts.values().filter_map(|contact| contact.company_id);
        let ids: BTreeSet<CompanyId> = of_visitors.flatten().chain(of_contacts).collect();
        for id in ids {
            let text = "SELECT doc FROM company WHERE workspace_id = ?1 AND id = ?2";
            found.extend(self.find(text, id.uuid(), company)?);
        }
        self.state.companies = found.into_iter().map(|company| (company.id, company)).collect();
        Ok(())
    }

    fn history(&mut self, id: SubjectId, query: &IntakeQuery) -> Result<()> {
        let (page_views_text, intents_text) = match id {
            SubjectId::Contact(_) => (
                "SELECT path, at FROM page_view INDEXED BY page_view_of_contact
                 WHERE workspace_id = ?1 AND contact_id = ?2 AND at >= ?3 ORDER BY at DESC LIMIT ?4",
                "SELECT topic, score, source, observed_at FROM intent INDEXED BY intent_of_contact
                 WHERE workspace_id = ?1 AND contact_id = ?2 AND observed_at >= ?3 ORDER BY observed_at DESC LIMIT ?4",
            ),
            SubjectId::Company(_) => (
                "SELECT path, at FROM page_view INDEXED BY page_view_of_company
                 WHERE workspace_id = ?1 AND company_id = ?2 AND at >= ?3 ORDER BY at DESC LIMIT ?4",
                "SELECT topic, score, source, observed_at FROM intent INDEXED BY intent_of_company
                 WHERE workspace_id = ?1 AND company_id = ?2 AND observed_at >= ?3 ORDER BY observed_at DESC LIMIT ?4",
            ),
        };
        let (_, uuid) = subject(id);
        let history = History {
            page_views: self.since(page_views_text, uuid, query.page_views_since, page_view)?,
            intents: self.since(intents_text, uuid, query.intents_since, intent)?,
        };
        if history != History::default() {
            self.state.history.insert(id, history);
        }
        Ok(())
    }

    fn since<T>(
        &self,
        text: &str,
        id: Uuid,
        since: Option<Timestamp>,
        read: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match since {
            None => Ok(Vec::new()),
            Some(since) => {
                self.sql.list(text, params![self.workspace, id, since.as_millisecond(), HISTORY_ROWS_MAX], read)
            }
        }
    }

    fn lists(&mut self, id: SubjectId) -> Result<()> {
        let lists = lists_of(self.sql, self.workspace, id)?;
        if !lists.is_empty() {
            self.state.lists.insert(id, lists);
        }
        Ok(())
    }

    fn firings(&mut self, id: SubjectId) -> Result<()> {
        let (kind, uuid) = subject(id);
        let firings = self.sql.list(
            "SELECT segment_id, event_type, at, visit_id FROM firing
             WHERE workspace_id = ?1 AND subject_kind = ?2 AND subject_id = ?3",
            params![self.workspace, kind, uuid],
            |row| {
                let mut columns = Columns::of("firing", row);
                let (segment, event_type) = (SegmentId(columns.value()?), columns.value()?);
                Ok(((id, segment, event_type), LastFiring { at: columns.time()?, visit_id: columns.maybe_id()? }))
            },
        )?;
        self.state.firings.extend(firings);
        Ok(())
    }
}

fn visitor(row: &Row<'_>) -> Result<Visitor> {
    Columns::of("visitor", row).json()
}

fn page_view(row: &Row<'_>) -> Result<PageView> {
    let mut columns = Columns::of("page view", row);
    Ok(PageView { path: columns.value()?, at: columns.time()? })
}

fn intent(row: &Row<'_>) -> Result<Intent> {
    let mut columns = Columns::of("intent", row);
    Ok(Intent {
        topic: columns.value()?,
        score: columns.value()?,
        source: columns.value()?,
        observed_at: columns.time()?,
    })
}
