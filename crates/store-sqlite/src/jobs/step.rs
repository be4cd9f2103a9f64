//! Takes a job one step further.

use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::{DeliveryId, JobId, WebhookId, WorkspaceId};
use beckon_domain::job::{Job, JobStatus};
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use super::walk::{Missed, Walk};
use super::{Begun, get, put};
use crate::columns::{Columns, status_code};
use crate::deliveries::{Owed, change};
use crate::standing::{Order, Standing};
use crate::webhooks::check_live;
use crate::writer::Write;

/// See [`beckon_store::JobStore::step_job`].
pub(super) fn step(
    write: &mut Write<'_>,
    workspace: WorkspaceId,
    id: JobId,
    limit: u32,
    new_ids: &[DeliveryId],
    at: Timestamp,
) -> Result<Job> {
    let mut begun = get(write, workspace, id)?;
    if begun.job.status != JobStatus::Running {
        return Ok(begun.job);
    }
    write.touch(workspace);
    begun.job.updated_at = at;
    match why_not(write, &begun.job)? {
        Some(why) => {
            begun.job.status = JobStatus::Failed;
            begun.job.error = Some(why);
        }
        None => further(write, &mut begun, limit, new_ids, at)?,
    }
    put(write, &begun)?;
    Ok(begun.job)
}

/// Why a job cannot go on, if it cannot.
fn why_not(write: &Write<'_>, job: &Job) -> Result<Option<String>> {
    let Some(webhook) = job.kind.webhook_id() else { return Ok(None) };
    match check_live(write, job.workspace_id, webhook) {
        Err(StoreError::NotFound(_)) => Ok(Some("there is no such webhook".to_owned())),
        checked => Ok(checked?.err().map(str::to_owned)),
    }
}

fn further(write: &mut Write<'_>, begun: &mut Begun, limit: u32, new_ids: &[DeliveryId], at: Timestamp) -> Result<()> {
    let job = &mut begun.job;
    let walk = Walk::of(write, job.workspace_id, &job.kind)?;
    let limit = match &walk {
        Walk::Deliveries(_) => limit,
        Walk::Events { .. } => limit.min(u32::try_from(new_ids.len()).unwrap_or(u32::MAX)),
    };
    if limit == 0 {
        return Err(StoreError::Refused("a step of a job must be allowed to look at something".to_owned()));
    }
    let mut looked = Vec::new();
    walk.look(write, job.workspace_id, begun.place, limit, |one| {
        looked.push(one);
        Ok(())
    })?;
    if looked.len() < limit as usize {
        job.status = JobStatus::Done;
    }
    job.examined += looked.len() as u64;
    begun.place = looked.last().map(|last| last.place).or(begun.place);
    let mut new_ids = new_ids.iter();
    for missed in looked.into_iter().filter_map(|one| one.found) {
        let owed = match (missed, &walk, new_ids.len()) {
            (Missed::Delivery(owed), _, _) => owed,
            (Missed::Event { seq, created_at, event_type }, Walk::Events { webhook, .. }, 1..) => {
                let order = if webhook.fifo { Order::Events { created_at } } else { Order::Lanes };
                let new = New { webhook_id: webhook.id, event: seq, created_at, event_type, order };
                let Some(id) = new_ids.next() else { continue };
                new.owe(write, job.workspace_id, *id, at)?
            }
            (Missed::Event { .. }, _, _) => continue,
        };
        change(write, &owed, owed.standing.replayed(at), at)?;
        job.replayed += 1;
    }
    Ok(())
}

/// A delivery that an event never had.
struct New {
    webhook_id: WebhookId,
    event: i64,
    created_at: Timestamp,
    event_type: String,
    order: Order,
}

impl New {
    /// Stores the delivery, with nothing due yet. Like any other it is of the time of its event.
    fn owe(self, write: &mut Write<'_>, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Owed> {
        let standing = Standing {
            status: DeliveryStatus::Pending,
            attempt_count: 0,
            scheduled_attempts: 0,
            schedule_due_at: None,
            resend_due_at: None,
            test_due_at: None,
            replay: false,
            canceled_with_webhook: false,
        };
        let seq = write.find(
            "INSERT INTO delivery (id, workspace_id, webhook_id, event, event_type, status, attempt_count,
                                   scheduled_attempts, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7, ?8) RETURNING seq",
            params![
                id.uuid(),
                workspace.uuid(),
                self.webhook_id.uuid(),
                self.event,
                self.event_type,
                status_code(standing.status),
                self.created_at.as_millisecond(),
                at.as_millisecond(),
            ],
            |row| Columns::of("delivery", row).value(),
        )?;
        write.run("UPDATE event SET delivery_count = delivery_count + 1 WHERE seq = ?1", params![self.event])?;
        let seq = seq.ok_or(StoreError::NotFound("delivery"))?;
        let created_at = self.created_at;
        Ok(Owed { seq, webhook_id: self.webhook_id, created_at, order: self.order, standing })
    }
}
