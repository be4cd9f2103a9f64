//! Events that were published directly, and reading all events.

use async_trait::async_trait;
use beckon_domain::delivery::Trigger;
use beckon_domain::event::{Event, EventId, EventSource, NewEvent};
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_store::config::ConfigVersion;
use beckon_store::events::{EventFilter, Published};
use beckon_store::{EventStore, Page, PageRequest, Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::SqliteStore;
use crate::about::{People, Reach, Walk};
use crate::announce::{announce, check_workspace};
use crate::columns::Columns;
use crate::filter::{Conditions, whole_millis};
use crate::paging::List;
use crate::sift::{Bounds, Entry, Sift};
use crate::sql::Sql;

#[async_trait]
impl EventStore for SqliteStore {
    async fn publish_events(
        &self,
        workspace: WorkspaceId,
        routed_at: ConfigVersion,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Published>> {
        self.write("publishing events", move |write| {
            write.check_decided_at(workspace, routed_at)?;
            let mut published = Vec::with_capacity(events.len());
            for event in &events {
                check_workspace(event, workspace)?;
                published.push(if announce(write, event, &event.deliveries, Trigger::Schedule, Some(routed_at))? {
                    Published::Stored
                } else {
                    Published::Exists(Box::new(get(write, workspace, &event.id)?))
                });
            }
            Ok(published)
        })
        .await
    }

    async fn get_event(&self, workspace: WorkspaceId, id: &EventId) -> Result<Event> {
        let id = id.clone();
        self.read("reading an event", move |sql| get(sql, workspace, &id)).await
    }

    async fn list_events(
        &self,
        workspace: WorkspaceId,
        filter: &EventFilter,
        page: PageRequest,
    ) -> Result<Page<Event>> {
        let filter = filter.clone();
        self.read("listing events", move |sql| list(sql, workspace, &filter, &page)).await
    }
}

const COLUMNS: &str = "e.created_at, e.seq, e.id, e.event_type, e.channels, e.segment_id, e.contact_id, e.company_id, \
                       e.visit_id, e.test, e.delivery_count, e.payload";

fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: &EventId) -> Result<Event> {
    let text = format!("SELECT {COLUMNS} FROM event e WHERE e.workspace_id = ?1 AND e.id = ?2");
    let found = sql.find(&text, params![workspace.uuid(), id.as_str()], event)?;
    found.map(|(_, event)| event).ok_or(StoreError::NotFound("event"))
}

/// The event with that key, and whose it is.
pub(crate) fn get_by_seq(sql: &Sql<'_>, seq: i64) -> Result<(WorkspaceId, Event)> {
    let workspace = sql.find("SELECT workspace_id FROM event WHERE seq = ?1", params![seq], |row| {
        Columns::of("event", row).id::<WorkspaceId>()
    })?;
    let text = format!("SELECT {COLUMNS} FROM event e WHERE e.seq = ?1");
    let found = sql.find(&text, params![seq], event)?;
    workspace.zip(found).map(|(workspace, (_, event))| (workspace, event)).ok_or(StoreError::NotFound("event"))
}

fn list(sql: &Sql<'_>, workspace: WorkspaceId, filter: &EventFilter, page: &PageRequest) -> Result<Page<Event>> {
    let people = filter.about.as_deref().map(|text| People::find(sql, workspace, text)).transpose()?.flatten();
    match people {
        None => way(workspace, filter).page(sql, COLUMNS, page, Bounds::OF_A_PAGE, event),
        Some(people) => list_about(sql, workspace, filter, &people, page, Reach::OF_A_PAGE),
    }
}

/// Those about some people, whatever else is wanted of them.
fn list_about(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &EventFilter,
    people: &People,
    page: &PageRequest,
    reach: Reach,
) -> Result<Page<Event>> {
    let walk = Walk { sql, workspace, people, since: filter.since, until: filter.until, reach };
    walk.page(List::Events, page, |met| {
        if met.rows_before == 0 {
            return Ok(Vec::new());
        }
        let mut wanted = Conditions::default();
        wanted.and("e.seq = ?", met.seq);
        if let Some(event_type) = &filter.event_type {
            wanted.and("e.event_type = ?", event_type.clone());
        }
        if let Some(channel) = &filter.channel {
            let labelled = "EXISTS (SELECT 1 FROM event_channel c WHERE c.workspace_id = e.workspace_id \
                            AND c.channel = ? AND c.created_at = e.created_at AND c.event = e.seq)";
            wanted.and(labelled, channel.as_str().to_owned());
        }
        let text = format!("SELECT {COLUMNS} FROM event e WHERE {}", wanted.text());
        sql.list(&text, wanted.values(), event)
    })
}

fn way(workspace: WorkspaceId, filter: &EventFilter) -> Sift {
    let (mut range, mut light, mut heavy) = (Conditions::default(), Conditions::default(), Conditions::default());
    let (walked, joined, order) = match &filter.channel {
        Some(channel) => {
            range.and("c.workspace_id = ?", workspace);
            range.and("c.channel = ?", channel.as_str().to_owned());
            ("event_channel c", "CROSS JOIN event e ON e.seq = c.event", ["c.created_at", "c.event"])
        }
        None => {
            range.and("e.workspace_id = ?", workspace);
            ("event e INDEXED BY event_in_time", "", ["e.created_at", "e.seq"])
        }
    };
    if let Some(event_type) = &filter.event_type {
        let wanted = if filter.channel.is_some() { &mut heavy } else { &mut light };
        wanted.and("e.event_type = ?", event_type.clone());
    }
    Sift {
        list: List::Events,
        walked,
        joined,
        order,
        row: None,
        range,
        since: filter.since.map(whole_millis),
        until: filter.until.map(whole_millis),
        light,
        heavy,
    }
}

/// Reads [`COLUMNS`]: the event, and its place in the list.
fn event(row: &Row<'_>) -> Result<(Entry, Event)> {
    let mut columns = Columns::of("event", row);
    let created_at: Timestamp = columns.time()?;
    let place = (created_at.as_millisecond(), columns.value()?, 0);
    let event = Event {
        created_at,
        id: columns.parsed(EventId::parse)?,
        event_type: columns.value()?,
        channels: columns.channels()?,
        source: EventSource {
            segment_id: columns.value::<Option<i64>>()?.map(SegmentId),
            contact_id: columns.maybe_id()?,
            company_id: columns.maybe_id()?,
            visit_id: columns.maybe_id()?,
            test: columns.value()?,
        },
        delivery_count: columns.value()?,
        payload: columns.value::<Vec<u8>>()?.into(),
    };
    Ok((place, event))
}
