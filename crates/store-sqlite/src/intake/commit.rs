//! Stores all that a batch of signals changed.

use std::collections::BTreeMap;

use beckon_domain::delivery::Trigger;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_store::Result;
use beckon_store::config::ConfigVersion;
use beckon_store::intake::IntakeChanges;
use jiff::Timestamp;
use rusqlite::params;

use super::subject;
use crate::announce::{announce, check_workspace, taken};
use crate::columns::doc;
use crate::identity::{merges, notes};
use crate::lists::put_on_list;
use crate::people::{put_companies, put_contacts, put_visitor};
use crate::tally::Count;
use crate::writer::Write;

/// Most old message ids dropped with a batch: more than a batch adds, so that they never pile up.
const FORGOTTEN_ROWS_MAX: i64 = 1_000;

/// See [`beckon_store::IntakeStore::commit_intake`].
pub(super) fn commit(
    write: &mut Write<'_>,
    workspace: WorkspaceId,
    decided_at: ConfigVersion,
    changes: &IntakeChanges,
) -> Result<()> {
    write.check_decided_at(workspace, decided_at)?;
    write.touch(workspace);
    let merges = changes.merges.iter().map(|merge| merges::begin(write, workspace, merge));
    let merges = merges.collect::<Result<Vec<_>>>()?;
    put_companies(write, workspace, &changes.companies)?;
    put_contacts(write, workspace, &changes.contacts)?;
    for visitor in &changes.visitors {
        put_visitor(write, workspace, visitor)?;
    }
    put_visits(write, workspace, changes)?;
    add_page_views(write, workspace, changes)?;
    add_intents(write, workspace, changes)?;
    add_signals(write, workspace, changes)?;
    remember_message_ids(write, workspace, changes)?;
    for new in &changes.list_members {
        put_on_list(write, workspace, new)?;
    }
    put_firings(write, workspace, changes)?;
    for event in &changes.events {
        check_workspace(event, workspace)?;
        let stored = announce(write, event, &event.deliveries, Trigger::Schedule, Some(decided_at))?;
        stored.then_some(()).ok_or_else(|| taken(&event.id))?;
    }
    for merge in &merges {
        merges::finish(write, workspace, merge)?;
    }
    for note in &changes.identity_notes {
        notes::add(write, workspace, note)?;
    }
    Ok(())
}

/// As [`put_visitor`], for the same reason.
fn put_visits(write: &Write<'_>, workspace: WorkspaceId, changes: &IntakeChanges) -> Result<()> {
    for record in &changes.visits {
        let id = record.visit.id.uuid();
        let contact = record.contact_id.map(|id| id.uuid());
        let company = record.company_id.map(|id| id.uuid());
        let doc = doc(write.doing, &record.visit)?;
        let updated = write.run(
            "UPDATE visit SET doc = ?5 WHERE workspace_id = ?1 AND id = ?2 AND contact_id IS ?3 AND company_id IS ?4",
            params![workspace.uuid(), id, contact, company, doc],
        )?;
        if updated == 0 {
            write.run(
                "INSERT INTO visit (workspace_id, id, contact_id, company_id, doc) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (workspace_id, id) DO UPDATE
                 SET contact_id = excluded.contact_id, company_id = excluded.company_id, doc = excluded.doc",
                params![workspace.uuid(), id, contact, company, doc],
            )?;
        }
    }
    Ok(())
}

fn add_page_views(write: &Write<'_>, workspace: WorkspaceId, changes: &IntakeChanges) -> Result<()> {
    for new in &changes.page_views {
        write.run(
            "INSERT INTO page_view (workspace_id, visit_id, contact_id, company_id, at, path)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                workspace.uuid(),
                new.visit_id.uuid(),
                new.contact_id.map(|id| id.uuid()),
                new.company_id.map(|id| id.uuid()),
                new.page_view.at.as_millisecond(),
                new.page_view.path,
            ],
        )?;
    }
    for (visit, contact) in &changes.claims {
        write.run(
            "UPDATE page_view INDEXED BY page_view_unclaimed SET contact_id = ?3
             WHERE workspace_id = ?1 AND visit_id = ?2 AND contact_id IS NULL",
            params![workspace.uuid(), visit.uuid(), contact.uuid()],
        )?;
    }
    Ok(())
}

fn add_intents(write: &Write<'_>, workspace: WorkspaceId, changes: &IntakeChanges) -> Result<()> {
    for new in &changes.intents {
        write.run(
            "INSERT INTO intent (workspace_id, contact_id, company_id, observed_at, topic, score, source)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                workspace.uuid(),
                new.contact_id.uuid(),
                new.company_id.map(|id| id.uuid()),
                new.intent.observed_at.as_millisecond(),
                new.intent.topic,
                new.intent.score,
                new.intent.source,
            ],
        )?;
    }
    Ok(())
}

fn add_signals(write: &mut Write<'_>, workspace: WorkspaceId, changes: &IntakeChanges) -> Result<()> {
    for signal in &changes.signals {
        write.run(
            "INSERT INTO signal (workspace_id, id, kind, at, received_at, visitor_id, contact_id, company_id, raw,
                                 story)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                workspace.uuid(),
                signal.id.uuid(),
                signal.kind.as_str(),
                signal.at.as_millisecond(),
                signal.received_at.as_millisecond(),
                signal.visitor_id.map(|id| id.uuid()),
                signal.contact_id.map(|id| id.uuid()),
                signal.company_id.map(|id| id.uuid()),
                signal.raw,
                doc(write.doing, &signal.story)?,
            ],
        )?;
        write.tally(workspace, None, signal.received_at, Count::Signal, 1);
        if signal.story.bot.is_some() {
            write.tally(workspace, None, signal.received_at, Count::BotSignal, 1);
        }
    }
    Ok(())
}

fn remember_message_ids(write: &Write<'_>, workspace: WorkspaceId, changes: &IntakeChanges) -> Result<()> {
    if let Some(before) = changes.forget_message_ids_before {
        write.run(
            "DELETE FROM message_id WHERE (workspace_id, message_id) IN (
                 SELECT workspace_id, message_id FROM message_id INDEXED BY message_id_by_time
                 WHERE workspace_id = ?1 AND seen_at < ?2 ORDER BY seen_at LIMIT ?3)",
            params![workspace.uuid(), before.as_millisecond(), FORGOTTEN_ROWS_MAX],
        )?;
    }
    for (message_id, at) in &changes.message_ids {
        write.run(
            "INSERT INTO message_id (workspace_id, message_id, seen_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (workspace_id, message_id) DO UPDATE SET seen_at = excluded.seen_at",
            params![workspace.uuid(), message_id, at.as_millisecond()],
        )?;
    }
    Ok(())
}

fn put_firings(write: &Write<'_>, workspace: WorkspaceId, changes: &IntakeChanges) -> Result<()> {
    for firing in &changes.firings {
        let (kind, id) = subject(firing.subject);
        let at: Timestamp = firing.firing.at;
        write.run(
            "INSERT INTO firing (workspace_id, subject_kind, subject_id, segment_id, event_type, at, visit_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (workspace_id, subject_kind, subject_id, segment_id, event_type) DO UPDATE
             SET at = excluded.at, visit_id = excluded.visit_id",
            params![
                workspace.uuid(),
                kind,
                id,
                firing.segment_id.0,
                firing.event_type,
                at.as_millisecond(),
                firing.firing.visit_id.map(|id| id.uuid()),
            ],
        )?;
    }
    let mut last: BTreeMap<SegmentId, Timestamp> = BTreeMap::new();
    for firing in &changes.firings {
        let at = last.entry(firing.segment_id).or_insert(firing.firing.at);
        *at = firing.firing.at.max(*at);
    }
    for (segment, at) in last {
        write.run(
            "INSERT INTO segment_fired (workspace_id, segment_id, at) VALUES (?1, ?2, ?3)
             ON CONFLICT (workspace_id, segment_id) DO UPDATE SET at = max(at, excluded.at)",
            params![workspace.uuid(), segment.0, at.as_millisecond()],
        )?;
    }
    Ok(())
}
