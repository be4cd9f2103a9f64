//! Work in the background, one bounded step at a time.

mod step;
#[cfg(test)]
mod tests;
mod walk;

use async_trait::async_trait;
use beckon_domain::id::{DeliveryId, JobId, WorkspaceId};
use beckon_domain::job::{Job, JobKind, JobStatus, RUNNING_JOBS_MAX};
use beckon_store::jobs::JobCount;
use beckon_store::{JobStore, Page, PageRequest, Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::SqliteStore;
use crate::columns::{Columns, doc, job_status_code, whole};
use crate::paging::{List, Place, begin, cut, rows_wanted};
use crate::sql::Sql;
use crate::webhooks::check_live;
use crate::writer::Write;
use walk::{Counted, Step};

/// How many rows a part of a count looks at: a few milliseconds of reading.
const COUNTED_AT_ONCE: u32 = 1_000;

#[async_trait]
impl JobStore for SqliteStore {
    async fn count_job(&self, workspace: WorkspaceId, kind: &JobKind) -> Result<JobCount> {
        let mut counted = Counted::default();
        loop {
            // One part at a time, whoever counts, and each in its turn: the other connections stay free for everybody.
            let _turn = self.counting.acquire().await.map_err(|closed| StoreError::Unavailable(closed.into()))?;
            let kind = kind.clone();
            let part = move |sql: &Sql<'_>| {
                let goes_on = counted.go_on(sql, workspace, &kind, COUNTED_AT_ONCE)?;
                Ok((counted, goes_on))
            };
            let goes_on;
            (counted, goes_on) = self.read("counting what a job would do", part).await?;
            if !goes_on {
                return Ok(counted.count);
            }
        }
    }

    async fn create_job(&self, job: &Job) -> Result<()> {
        let job = job.clone();
        self.write("creating a job", move |write| create(write, &job)).await
    }

    async fn get_job(&self, workspace: WorkspaceId, id: JobId) -> Result<Job> {
        self.read("reading a job", move |sql| Ok(get(sql, workspace, id)?.job)).await
    }

    async fn list_jobs(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Job>> {
        self.read("listing jobs", move |sql| {
            let text = format!(
                "SELECT {COLUMNS} FROM job INDEXED BY job_of_workspace
                 WHERE workspace_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
            );
            let before = begin(List::Jobs, &page)?.unwrap_or(i64::MAX);
            let rows = sql.list(&text, params![workspace.uuid(), before, rows_wanted(&page)], |row| {
                let begun = begun(row)?;
                Ok((begun.seq, begun.job))
            })?;
            Ok(cut(List::Jobs, &page, rows))
        })
        .await
    }

    async fn cancel_job(&self, workspace: WorkspaceId, id: JobId, at: Timestamp) -> Result<Job> {
        self.write("canceling a job", move |write| {
            let mut begun = get(write, workspace, id)?;
            if begun.job.status != JobStatus::Running {
                return Err(StoreError::Refused(format!("the job has ended: it is {}", begun.job.status.as_str())));
            }
            write.touch(workspace);
            begun.job = Job { status: JobStatus::Canceled, updated_at: at, ..begun.job };
            put(write, &begun)?;
            Ok(begun.job)
        })
        .await
    }

    async fn list_running_jobs(&self) -> Result<Vec<(WorkspaceId, JobId)>> {
        self.read("listing running jobs", |sql| {
            // Few, so they may be sorted.
            sql.list(
                "SELECT workspace_id, id FROM job INDEXED BY job_running WHERE status = 0 ORDER BY seq",
                [],
                |row| {
                    let mut columns = Columns::of("job", row);
                    Ok((columns.id()?, columns.id()?))
                },
            )
        })
        .await
    }

    async fn step_job(
        &self,
        workspace: WorkspaceId,
        id: JobId,
        limit: u32,
        new_ids: Vec<DeliveryId>,
        at: Timestamp,
    ) -> Result<Job> {
        self.write("taking a job further", move |write| step::step(write, workspace, id, limit, &new_ids, at)).await
    }
}

/// A job, its key, and how far it has come.
struct Begun {
    seq: i64,
    job: Job,
    place: Option<Step>,
}

const COLUMNS: &str =
    "seq, place, id, workspace_id, kind, status, error, total, examined, replayed, created_at, updated_at";

fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: JobId) -> Result<Begun> {
    let text = format!("SELECT {COLUMNS} FROM job WHERE id = ?1 AND workspace_id = ?2");
    sql.find(&text, params![id.uuid(), workspace.uuid()], begun)?.ok_or(StoreError::NotFound("job"))
}

/// Reads [`COLUMNS`].
fn begun(row: &Row<'_>) -> Result<Begun> {
    let mut columns = Columns::of("job", row);
    let (seq, place) = (columns.value()?, columns.value::<Option<Vec<u8>>>()?);
    let job = Job {
        id: columns.id()?,
        workspace_id: columns.id()?,
        kind: columns.json()?,
        status: columns.job_status()?,
        error: columns.value()?,
        total: columns.count()?,
        examined: columns.count()?,
        replayed: columns.count()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    };
    Ok(Begun { seq, job, place: place.and_then(|bytes| Step::read(&bytes)) })
}

fn create(write: &mut Write<'_>, job: &Job) -> Result<()> {
    write.touch(job.workspace_id);
    if let Some(webhook) = job.kind.webhook_id() {
        check_live(write, job.workspace_id, webhook)?.map_err(|why| StoreError::Refused(why.to_owned()))?;
    }
    let running = write
        .find(
            "SELECT count(*) FROM job INDEXED BY job_running WHERE status = 0 AND workspace_id = ?1",
            params![job.workspace_id.uuid()],
            |row| Columns::of("job", row).count(),
        )?
        .unwrap_or(0);
    if running >= RUNNING_JOBS_MAX as u64 {
        return Err(StoreError::Refused(format!(
            "{running} jobs are running, and at most {RUNNING_JOBS_MAX} may: wait for one to end, or cancel one"
        )));
    }
    let text = format!("INSERT INTO job ({COLUMNS}) VALUES (NULL, NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    let values = params![
        job.id.uuid(),
        job.workspace_id.uuid(),
        doc(write.doing, &job.kind)?,
        job_status_code(job.status),
        job.error,
        whole(job.total),
        whole(job.examined),
        whole(job.replayed),
        job.created_at.as_millisecond(),
        job.updated_at.as_millisecond(),
    ];
    write.run_unique(&text, values, "a job of that id").map(drop)
}

/// Stores how far a job has come.
fn put(write: &Write<'_>, begun: &Begun) -> Result<()> {
    let Begun { seq, job, place } = begun;
    let place = place.map(|place| {
        let mut bytes = Vec::new();
        place.write(&mut bytes);
        bytes
    });
    write
        .run(
            "UPDATE job SET place = ?2, status = ?3, error = ?4, examined = ?5, replayed = ?6, updated_at = ?7
             WHERE seq = ?1",
            params![
                seq,
                place,
                job_status_code(job.status),
                job.error,
                whole(job.examined),
                whole(job.replayed),
                job.updated_at.as_millisecond(),
            ],
        )
        .map(drop)
}
