//! Segments, and the event types a workspace defines.

use async_trait::async_trait;
use beckon_domain::catalog::EventType;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_domain::segment::Segment;
use beckon_store::{Page, PageRequest, Result, SegmentStore, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::SqliteStore;
use crate::columns::{Columns, doc};
use crate::paging::{List, begin, cut, rows_wanted};

#[async_trait]
impl SegmentStore for SqliteStore {
    async fn create_segment(&self, workspace: WorkspaceId, segment: &Segment) -> Result<Segment> {
        let segment = segment.clone();
        self.write("creating a segment", move |write| {
            write.config_changed(workspace)?;
            write.run(
                "INSERT INTO segment (workspace_id, revision, doc) VALUES (?1, ?2, '')",
                params![workspace.uuid(), segment.revision],
            )?;
            let segment = Segment { id: SegmentId(write.connection.last_insert_rowid()), ..segment };
            write
                .run("UPDATE segment SET doc = ?2 WHERE id = ?1", params![segment.id.0, doc(write.doing, &segment)?])?;
            Ok(segment)
        })
        .await
    }

    async fn get_segment(&self, workspace: WorkspaceId, id: SegmentId) -> Result<Segment> {
        self.read("reading a segment", move |sql| {
            sql.find(
                "SELECT doc FROM segment WHERE id = ?1 AND workspace_id = ?2 AND deleted_at IS NULL",
                params![id.0, workspace.uuid()],
                segment,
            )?
            .ok_or(StoreError::NotFound("segment"))
        })
        .await
    }

    async fn list_segments(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Segment>> {
        self.read("listing segments", move |sql| {
            let before = begin(List::Segments, &page)?.unwrap_or(i64::MAX);
            let rows = sql.list(
                "SELECT doc FROM segment
                 WHERE workspace_id = ?1 AND deleted_at IS NULL AND id < ?2 ORDER BY id DESC LIMIT ?3",
                params![workspace.uuid(), before, rows_wanted(&page)],
                |row| {
                    let segment = segment(row)?;
                    Ok((segment.id.0, segment))
                },
            )?;
            Ok(cut(List::Segments, &page, rows))
        })
        .await
    }

    async fn update_segment(&self, workspace: WorkspaceId, segment: &Segment) -> Result<Segment> {
        let mut segment = segment.clone();
        self.write("changing a segment", move |write| {
            let stored: Option<i64> = write.find(
                "SELECT revision FROM segment WHERE id = ?1 AND workspace_id = ?2 AND deleted_at IS NULL",
                params![segment.id.0, workspace.uuid()],
                |row| Columns::of("segment", row).value(),
            )?;
            match stored {
                None => return Err(StoreError::NotFound("segment")),
                Some(revision) if revision != segment.revision => return Err(StoreError::Stale("the segment")),
                Some(_) => segment.revision += 1,
            }
            write.run(
                "UPDATE segment SET revision = ?2, doc = ?3 WHERE id = ?1",
                params![segment.id.0, segment.revision, doc(write.doing, &segment)?],
            )?;
            write.config_changed(workspace)?;
            Ok(segment)
        })
        .await
    }

    async fn delete_segment(&self, workspace: WorkspaceId, id: SegmentId, at: Timestamp) -> Result<()> {
        self.write("deleting a segment", move |write| {
            let deleted = write.run(
                "UPDATE segment SET deleted_at = ?3 WHERE id = ?1 AND workspace_id = ?2 AND deleted_at IS NULL",
                params![id.0, workspace.uuid(), at.as_millisecond()],
            )?;
            if deleted == 0 {
                return Err(StoreError::NotFound("segment"));
            }
            write.config_changed(workspace)
        })
        .await
    }

    async fn create_event_type(&self, workspace: WorkspaceId, event_type: &EventType) -> Result<()> {
        let event_type = event_type.clone();
        self.write("creating an event type", move |write| {
            write.config_changed(workspace)?;
            write
                .run_unique(
                    "INSERT INTO event_type (workspace_id, name, doc) VALUES (?1, ?2, ?3)",
                    params![workspace.uuid(), event_type.name, doc(write.doing, &event_type)?],
                    &format!("an event type {}", event_type.name),
                )
                .map(drop)
        })
        .await
    }

    async fn list_event_types(&self, workspace: WorkspaceId) -> Result<Vec<EventType>> {
        self.read("listing event types", move |sql| {
            sql.list(
                "SELECT doc FROM event_type WHERE workspace_id = ?1 ORDER BY name",
                params![workspace.uuid()],
                event_type,
            )
        })
        .await
    }

    async fn update_event_type(&self, workspace: WorkspaceId, event_type: &EventType) -> Result<()> {
        let event_type = event_type.clone();
        self.write("changing an event type", move |write| {
            let changed = write.run(
                "UPDATE event_type SET doc = ?3 WHERE workspace_id = ?1 AND name = ?2",
                params![workspace.uuid(), event_type.name, doc(write.doing, &event_type)?],
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound("event type"));
            }
            write.config_changed(workspace)
        })
        .await
    }

    async fn delete_event_type(&self, workspace: WorkspaceId, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write("deleting an event type", move |write| {
            let deleted = write
                .run("DELETE FROM event_type WHERE workspace_id = ?1 AND name = ?2", params![workspace.uuid(), name])?;
            if deleted == 0 {
                return Err(StoreError::NotFound("event type"));
            }
            let listed = write.has(
                "SELECT 1 FROM webhook CROSS JOIN json_each(webhook.doc, '$.event_types') AS wanted
                 WHERE workspace_id = ?1 AND deleted_at IS NULL AND wanted.value = ?2",
                params![workspace.uuid(), name],
            )?;
            if listed {
                return Err(StoreError::Refused(format!(
                    "a webhook lists the event type {name}: take it off there first"
                )));
            }
            write.config_changed(workspace)
        })
        .await
    }
}

/// Reads the column `doc`.
pub(crate) fn segment(row: &Row<'_>) -> Result<Segment> {
    Columns::of("segment", row).json()
}

/// Reads the column `doc`.
pub(crate) fn event_type(row: &Row<'_>) -> Result<EventType> {
    Columns::of("event type", row).json()
}
