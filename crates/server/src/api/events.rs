//! Events: publishing them directly, and reading what was announced.
//!
//! Promise: a payload is taken, stored and shown byte for byte. It never passes through a parsed form on
//! its way; only a copy is held against its type's schema (`beckon-intake`).

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::channel::Channel;
use beckon_domain::event::{Event, EventId, EventSource};
use beckon_domain::id::{CompanyId, ContactId, SegmentId, VisitId};
use beckon_domain::invalid::Invalid;
use beckon_intake::{Publication, PublishedEvent, Refusal};
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::events::EventFilter;
use bytes::Bytes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::deliveries::{self, DeliveryView};
use super::fields;
use crate::api::PREFIX;
use crate::app::App;
use crate::auth::Caller;
use crate::docs::{self, operation};
use crate::extract::{ById, Exact, Json, Listing, Object, Path, Query};
use crate::idempotency::EventIds;
use crate::paging::{PageQuery, Paged};
use crate::problem::{Code, Problem, ProblemBody};
use crate::reply::CreatedOrFound;

const TAG: &str = "Events";
const LIST: &str = "events";
/// Most events in one batch.
pub(crate) const BATCH_EVENTS_MAX: usize = 100;

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/events",
            post_with(publish, operation("publishEvent", TAG, "Publish an event; answered once it is on disk"))
                .get_with(list, operation("listEvents", TAG, "List events, newest first")),
        )
        .api_route(
            "/events/batch",
            post_with(publish_batch, |documented| {
                operation("publishEvents", TAG, "Publish up to 100 events, in order, each on its own")(documented)
                    .description(
                        "A body of another shape is refused whole. The answers are in the order of the events.",
                    )
            }),
        )
        .api_route("/events/{id}", get_with(get, operation("getEvent", TAG, "Show an event with its payload")))
        .api_route(
            "/events/{id}/deliveries",
            get_with(list_deliveries, operation("listEventDeliveries", TAG, "List an event's deliveries")),
        )
}

/// An event to publish.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PublishEvent {
    /// The event type's name.
    #[serde(rename = "type")]
    #[schemars(length(max = 128))]
    event_type: String,
    /// What every webhook gets, byte for byte.
    #[schemars(schema_with = "docs::any_json")]
    payload: Box<RawValue>,
    /// Says which segments it belongs to, or anything else that webhooks are limited to.
    #[serde(default)]
    #[schemars(length(max = 100))]
    channels: Option<Vec<Channel>>,
    /// An id of the publisher's own. The same id with the same content again changes nothing.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    id: Option<String>,
}

impl PublishEvent {
    /// What the publisher takes; `made_id` is the id if none was given.
    fn publication(self, made_id: Option<EventId>) -> Result<Publication, Invalid> {
        let id = self.id.map(|text| EventId::parse(&text)).transpose();
        let id = id.map_err(|reason| Invalid::one("id", reason))?.or(made_id);
        let payload = Bytes::from(String::from(Box::<str>::from(self.payload)));
        Ok(Publication { id, event_type: self.event_type, payload, channels: self.channels.unwrap_or_default() })
    }
}

/// An event, without its payload.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "EventSummary")]
pub(crate) struct EventView {
    /// Its id, which is also its `webhook-id`.
    pub(crate) id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    /// Its channels.
    pub(crate) channels: Vec<Channel>,
    /// Where it came from.
    pub(crate) source: SourceView,
    /// When it was announced.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// How many webhooks wanted it.
    pub(crate) delivery_count: u32,
}

/// Where an event came from; all null for one that was published directly.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "EventSource")]
pub(crate) struct SourceView {
    /// The segment someone qualified for.
    pub(crate) segment_id: Option<SegmentId>,
    /// Who qualified.
    pub(crate) contact_id: Option<ContactId>,
    /// Which account qualified, or the contact's.
    pub(crate) company_id: Option<CompanyId>,
    /// In which visit.
    pub(crate) visit_id: Option<VisitId>,
    /// Whether it was sent to try a webhook.
    pub(crate) test: bool,
}

impl From<EventSource> for SourceView {
    fn from(source: EventSource) -> SourceView {
        let EventSource { segment_id, contact_id, company_id, visit_id, test } = source;
        SourceView { segment_id, contact_id, company_id, visit_id, test }
    }
}

impl From<Event> for EventView {
    fn from(event: Event) -> EventView {
        EventView {
            id: event.id.to_string(),
            event_type: event.event_type,
            channels: event.channels,
            source: event.source.into(),
            created_at: event.created_at,
            delivery_count: event.delivery_count,
        }
    }
}

/// An event with its payload.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventWithPayload {
    /// Its id, which is also its `webhook-id`.
    pub(crate) id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    /// Its channels.
    pub(crate) channels: Vec<Channel>,
    /// Where it came from.
    pub(crate) source: SourceView,
    /// When it was announced.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// How many webhooks wanted it.
    pub(crate) delivery_count: u32,
    /// What every webhook gets, byte for byte.
    #[schemars(schema_with = "docs::any_json")]
    pub(crate) payload: Box<RawValue>,
}

async fn publish(
    State(app): State<App>,
    caller: Caller,
    ids: EventIds,
    Json(event): Json<PublishEvent>,
) -> Result<CreatedOrFound<EventView>, Problem> {
    let publication = event.publication(ids.at(0))?;
    let mut published = app.publisher.publish(caller.workspace_id, vec![publication]).await?;
    let PublishedEvent { event, first } = match published.pop() {
        Some(published) => published.map_err(refused)?,
        None => return Err(Problem::new(Code::Internal, "something went wrong on our side")),
    };
    let location = format!("{PREFIX}/events/{}", event.id);
    Ok(CreatedOrFound { created: first, location, value: event.into() })
}

/// Why an event was not published, to its publisher.
pub(super) fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Invalid(invalid) => invalid.into(),
        Refusal::TooLarge { .. } => Problem::new(Code::PayloadTooLarge, refusal.to_string()),
        Refusal::IdTaken { .. } => Problem::new(Code::EventIdTaken, refusal.to_string()),
    }
}

/// Events to publish.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PublishEvents {
    /// The events, in the order they are to be announced.
    #[schemars(length(min = 1, max = 100))]
    events: Vec<Object<PublishEvent>>,
}

/// What became of each event of a batch, in its order.
#[derive(Debug, Serialize, JsonSchema)]
struct PublishedEvents {
    /// The event as it is on disk, or why it was refused.
    events: Vec<BatchItem>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum BatchItem {
    /// It is on disk.
    Published(EventView),
    /// It was refused; the others were not touched.
    Refused {
        /// Why.
        error: ProblemBody,
    },
}

impl BatchItem {
    fn refused(problem: &Problem) -> BatchItem {
        BatchItem::Refused { error: problem.body() }
    }
}

async fn publish_batch(
    State(app): State<App>,
    caller: Caller,
    ids: EventIds,
    Exact(PublishEvents { events }): Exact<PublishEvents>,
) -> Result<Json<PublishedEvents>, Problem> {
    if events.is_empty() || events.len() > BATCH_EVENTS_MAX {
        return Err(Problem::field(
            "events",
            format!("between 1 and {BATCH_EVENTS_MAX} events, these are {}", events.len()),
        ));
    }
    // What cannot be read as an event at all keeps its place; the rest goes to the publisher together.
    let mut refusals = vec![];
    let mut publications = vec![];
    for (index, Object(event)) in events.into_iter().enumerate() {
        match event.publication(ids.at(index)) {
            Ok(publication) => publications.push(publication),
            Err(invalid) => refusals.push((index, BatchItem::refused(&invalid.into()))),
        }
    }
    let published = app.publisher.publish(caller.workspace_id, publications).await?;
    let mut items: Vec<BatchItem> = published
        .into_iter()
        .map(|result| match result {
            Ok(PublishedEvent { event, .. }) => BatchItem::Published(event.into()),
            Err(refusal) => BatchItem::refused(&refused(refusal)),
        })
        .collect();
    for (index, item) in refusals {
        items.insert(index.min(items.len()), item);
    }
    Ok(Json(PublishedEvents { events: items }))
}

/// Which events. All conditions hold together.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Only of this type.
    #[serde(rename = "type")]
    event_type: Option<String>,
    /// Only with this channel.
    channel: Option<Channel>,
    /// Only announced at or after this moment.
    #[schemars(schema_with = "docs::timestamp")]
    since: Option<Timestamp>,
    /// Only announced before this moment.
    #[schemars(schema_with = "docs::timestamp")]
    until: Option<Timestamp>,
    /// Only about contacts or companies that this text finds, as the lists of those do: the newest 200 of each.
    #[schemars(length(max = 200))]
    about: Option<String>,
}

impl Wanted {
    pub(crate) fn filter(self) -> Result<EventFilter, Invalid> {
        let Wanted { event_type, channel, since, until, about } = self;
        let about = fields::search("about", about)?;
        Ok(EventFilter { event_type, channel, since, until, about })
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    listing: Listing<Wanted>,
) -> Result<Json<Paged<EventView>>, Problem> {
    page(&app, caller, listing).await.map(Json)
}

/// A page of events.
pub(crate) async fn page(app: &App, caller: Caller, listing: Listing<Wanted>) -> Result<Paged<EventView>, Problem> {
    let filter = listing.filter.filter()?;
    let events = app.store.list_events(caller.workspace_id, &filter, listing.page.request(LIST)?).await?;
    Ok(Paged::of(LIST, events, EventView::from))
}

/// What cannot be an event's id names none.
fn event_id(text: &str) -> Result<EventId, Problem> {
    EventId::parse(text).ok().ok_or_else(|| Problem::not_found("event"))
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<String>>,
) -> Result<Json<EventWithPayload>, Problem> {
    let event = app.store.get_event(caller.workspace_id, &event_id(&id)?).await?;
    let payload = String::from_utf8(event.payload.to_vec()).map_err(|error| Problem::internal(&error))?;
    let payload = RawValue::from_string(payload).map_err(|error| Problem::internal(&error))?;
    Ok(Json(EventWithPayload {
        id: event.id.to_string(),
        event_type: event.event_type,
        channels: event.channels,
        source: event.source.into(),
        created_at: event.created_at,
        delivery_count: event.delivery_count,
        payload,
    }))
}

pub(crate) async fn list_deliveries(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<String>>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<DeliveryView>>, Problem> {
    let event = app.store.get_event(caller.workspace_id, &event_id(&id)?).await?;
    let filter = DeliveryFilter { event_id: Some(event.id), ..DeliveryFilter::default() };
    deliveries::page(&app, caller, &filter, &page).await.map(Json)
}
