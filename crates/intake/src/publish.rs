//! Events published directly: checked against their type's schema, routed, and stored with what they owe.
//!
//! Promise: the payload is stored byte for byte; an id is one event for ever, so a publisher that repeats
//! a request is told of the first one, and one that reuses an id for something else is refused.
//! Not here: events that follow from signals (`fold.rs`), and sending (`beckon-delivery`).

use std::sync::Arc;

use beckon_domain::ambient::Ambient;
use beckon_domain::catalog::EventType;
use beckon_domain::channel::{CHANNELS_MAX, Channel};
use beckon_domain::event::{Event, EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::id::WorkspaceId;
use beckon_domain::invalid::Invalid;
use beckon_domain::webhook::Webhook;
use beckon_store::events::Published;
use beckon_store::{ConfigCache, SharedStore, StoreError, WorkspaceConfig};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use crate::batch::DECIDING_MAX;
use crate::fold::event::owed;
use crate::schema::{self, Validators};
use crate::{Error, Options};

/// The families of event types that only Beckon announces.
const NOTICES: [&str; 2] = ["webhook.", "delivery."];

/// An event to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its id; `None` makes one.
    pub id: Option<EventId>,
    /// Its type's name.
    pub event_type: String,
    /// What every webhook gets, byte for byte: one JSON value.
    pub payload: Bytes,
    /// Its labels.
    pub channels: Vec<Channel>,
}

/// An event that is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedEvent {
    /// The event.
    pub event: Event,
    /// Whether this publication stored it. If not, one of the same id, type, channels and payload was there.
    pub first: bool,
}

/// Why an event was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is wrong: `type`, `channels`, `payload`, or a JSON pointer into the payload (`/payload/…`).
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The payload is larger than the installation takes.
    #[error("the payload has {bytes} bytes, at most {bytes_max} are taken")]
    TooLarge {
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        bytes_max: usize,
    },
    /// Another event has this id.
    #[error("the id {id} belongs to an event of other content, announced at {created_at}")]
    IdTaken {
        /// The id.
        id: EventId,
        /// When that one was announced.
        created_at: Timestamp,
    },
}

/// Publishes events.
pub struct Publisher {
    store: SharedStore,
    config: Arc<ConfigCache>,
    ambient: Ambient,
    payload_bytes_max: usize,
    built_in: Vec<EventType>,
    validators: Validators,
}

impl Publisher {
    /// A publisher in front of `store`.
    pub fn new(store: SharedStore, config: Arc<ConfigCache>, ambient: Ambient, options: Options) -> Publisher {
        Publisher {
            store,
            config,
            ambient,
            payload_bytes_max: options.payload_bytes_max,
            built_in: beckon_domain::catalog::built_in(),
            validators: Validators::default(),
        }
    }

    /// Publishes events, in order, each on its own; returns once they are on disk.
    ///
    /// # Errors
    /// The store's. What cannot be published is refused one by one, in the answer.
    pub async fn publish(
        &self,
        workspace: WorkspaceId,
        publications: Vec<Publication>,
    ) -> Result<Vec<Result<PublishedEvent, Refusal>>, Error> {
        let ids = publications.iter().map(|publication| publication.id.clone());
        let ids: Vec<EventId> = ids.map(|id| id.unwrap_or_else(|| EventId::generate(&self.ambient))).collect();
        let give_up_at = Instant::now() + DECIDING_MAX;
        loop {
            let config = self.config.get(workspace).await?;
            let routed: Vec<Result<NewEvent, Refusal>> = publications
                .iter()
                .zip(&ids)
                .map(|(publication, id)| self.route(&config, publication, id.clone()))
                .collect();
            let events: Vec<NewEvent> = routed.iter().flatten().cloned().collect();
            if events.is_empty() {
                return Ok(routed.into_iter().map(|refused| refused.map(stored)).collect());
            }
            match self.store.publish_events(workspace, config.version, events).await {
                Ok(published) => return Ok(answers(routed, published)),
                Err(StoreError::Stale(_)) if Instant::now() < give_up_at => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// An event that tries out a webhook: marked as a test, owed to that webhook alone, whatever its event
    /// types and channels. Without a payload it says what the catalog's example says. Nothing is stored.
    ///
    /// # Errors
    /// The store's.
    pub async fn test_event(
        &self,
        workspace: WorkspaceId,
        webhook: &Webhook,
        event_type: &str,
        payload: Option<Bytes>,
    ) -> Result<Result<NewEvent, Refusal>, Error> {
        let config = self.config.get(workspace).await?;
        Ok(self.test(&config, webhook, event_type, payload))
    }

    fn test(
        &self,
        config: &WorkspaceConfig,
        webhook: &Webhook,
        event_type: &str,
        payload: Option<Bytes>,
    ) -> Result<NewEvent, Refusal> {
        let event_type = self.find_type(config, event_type)?;
        let payload = payload.unwrap_or_else(|| example(event_type));
        self.check_payload(event_type, &payload)?;
        Ok(NewEvent {
            id: EventId::generate(&self.ambient),
            workspace_id: config.workspace_id,
            event_type: event_type.name.clone(),
            channels: Vec::new(),
            payload,
            source: EventSource { test: true, ..EventSource::default() },
            created_at: self.ambient.now(),
            deliveries: vec![NewDelivery { id: self.ambient.new_id(), webhook_id: webhook.id }],
        })
    }

    /// Checks one publication and finds out who takes it.
    fn route(&self, config: &WorkspaceConfig, publication: &Publication, id: EventId) -> Result<NewEvent, Refusal> {
        let event_type = self.find_type(config, &publication.event_type)?;
        if NOTICES.iter().any(|family| event_type.name.starts_with(family)) {
            let reason = format!("{} is what Beckon itself announces; it cannot be published", event_type.name);
            return Err(Invalid::one("type", reason).into());
        }
        let mut channels: Vec<Channel> = Vec::new();
        for channel in &publication.channels {
            if !channels.contains(channel) {
                channels.push(channel.clone());
            }
        }
        if channels.len() > CHANNELS_MAX {
            let reason = format!("at most {CHANNELS_MAX} channels, these are {}", channels.len());
            return Err(Invalid::one("channels", reason).into());
        }
        self.check_payload(event_type, &publication.payload)?;
        Ok(NewEvent {
            id,
            workspace_id: config.workspace_id,
            event_type: event_type.name.clone(),
            payload: publication.payload.clone(),
            source: EventSource::default(),
            created_at: self.ambient.now(),
            deliveries: owed(config, &event_type.name, &channels, &self.ambient),
            channels,
        })
    }

    fn find_type<'a>(&'a self, config: &'a WorkspaceConfig, name: &str) -> Result<&'a EventType, Invalid> {
        let mut known = self.built_in.iter().chain(&config.event_types);
        known.find(|known| known.name == name).ok_or_else(|| {
            Invalid::one("type", format!("there is no event type {name:?}; define it in the event catalog first"))
        })
    }

    fn check_payload(&self, event_type: &EventType, payload: &Bytes) -> Result<(), Refusal> {
        if payload.len() > self.payload_bytes_max {
            return Err(Refusal::TooLarge { bytes: payload.len(), bytes_max: self.payload_bytes_max });
        }
        schema::check_json(payload)?;
        match &event_type.schema {
            Some(schema) => Ok(self.validators.validate(schema, payload)?),
            None => Ok(()),
        }
    }
}

/// What a test says when nobody gave a payload.
fn example(event_type: &EventType) -> Bytes {
    let example = event_type.example.clone();
    Bytes::from(example.unwrap_or_else(|| json!({ "event": event_type.name })).to_string())
}

fn answers(routed: Vec<Result<NewEvent, Refusal>>, published: Vec<Published>) -> Vec<Result<PublishedEvent, Refusal>> {
    let mut published = published.into_iter();
    let answers = routed.into_iter().map(|routed| {
        let event = routed?;
        match published.next() {
            Some(Published::Exists(first)) => repeated(&event, *first),
            Some(Published::Stored) | None => Ok(stored(event)),
        }
    });
    answers.collect()
}

fn stored(event: NewEvent) -> PublishedEvent {
    let event = Event {
        delivery_count: u32::try_from(event.deliveries.len()).unwrap_or(u32::MAX),
        id: event.id,
        event_type: event.event_type,
        channels: event.channels,
        payload: event.payload,
        source: event.source,
        created_at: event.created_at,
    };
    PublishedEvent { event, first: true }
}

fn repeated(again: &NewEvent, first: Event) -> Result<PublishedEvent, Refusal> {
    // An event of a segment has other channels or other bytes, unless somebody tries hard.
    let same = again.event_type == first.event_type
        && again.payload == first.payload
        && again.channels.len() == first.channels.len()
        && again.channels.iter().all(|channel| first.channels.contains(channel));
    if same {
        Ok(PublishedEvent { event: first, first: false })
    } else {
        Err(Refusal::IdTaken { id: first.id, created_at: first.created_at })
    }
}
