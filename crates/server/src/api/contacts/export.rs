//! All that is kept of one person, in one document: for people who ask what is known of them.
//!
//! It is written as it is read, so that it takes no more memory for somebody who did much. Breaks off if something cannot be
//! read: then it is no valid JSON, and nobody takes a part for the whole.

use std::io;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::event::EventId;
use beckon_domain::id::{ContactId, ListId, SegmentId, WebhookId, WorkspaceId};
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::intake::{SignalFilter, SubjectId};
use beckon_store::page::PAGE_ROWS_MAX;
use beckon_store::{PageRequest, StoreError};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::view::{self, ContactView};
use crate::api::identity::{self, ContactIdentity};
use crate::api::signals::SignalView;
use crate::api::timeline::{self, Entry, Part};
use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::problem::Problem;

/// How many parts wait for a reader that is slower than the store.
const PARTS_WAITING_MAX: usize = 4;

/// All that is kept of a person. It is written part by part: this says what the parts are.
#[derive(Serialize, JsonSchema)]
struct ContactExport {
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    exported_at: Timestamp,
    /// The profile.
    contact: ContactView,
    /// By what the person is known, their browsers, and the contacts that were merged with them.
    identity: ContactIdentity,
    /// The lists they are on.
    lists: Vec<ExportedList>,
    /// Pages they viewed, interests they showed, and what was announced of them, latest first.
    activity: Vec<Entry>,
    /// What came in of them, as it came, latest first.
    signals: Vec<SignalView>,
    /// The events that told of them, latest first.
    events: Vec<ExportedEvent>,
}

/// A list that somebody is on.
#[derive(Serialize, JsonSchema)]
struct ExportedList {
    /// Its id.
    id: ListId,
    /// Its name.
    name: Option<String>,
}

/// An event that told of a person, and to whom.
#[derive(Serialize, JsonSchema)]
struct ExportedEvent {
    /// Its id.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    event_type: String,
    /// For which segment.
    segment_id: Option<SegmentId>,
    /// When it was announced.
    #[schemars(schema_with = "docs::timestamp")]
    created_at: Timestamp,
    /// What it told.
    #[schemars(schema_with = "docs::any_json")]
    payload: Box<RawValue>,
    /// To which webhooks it went.
    deliveries: Vec<ExportedDelivery>,
}

/// To which webhook something went, and what became of it.
#[derive(Serialize, JsonSchema)]
struct ExportedDelivery {
    /// The webhook.
    webhook_id: WebhookId,
    /// What became of it.
    #[schemars(extend("enum" = ["pending", "retrying", "delivered", "failed", "canceled"]))]
    status: &'static str,
    /// How many requests were made.
    attempts: u32,
    /// When that was last so.
    #[schemars(schema_with = "docs::timestamp")]
    updated_at: Timestamp,
}

/// A document, as it is being written.
pub(crate) struct Exported(Response);

impl IntoResponse for Exported {
    fn into_response(self) -> Response {
        self.0
    }
}

impl OperationOutput for Exported {
    type Inner = ();

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<ResponseDoc> {
        Json::<ContactExport>::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        Json::<ContactExport>::inferred_responses(ctx, operation)
    }
}

/// All that is kept of a person.
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Exported, Problem> {
    let Json(identity) = identity::of_contact(State(app.clone()), caller, Path(ById { id })).await?;
    let id = identity.contact_id;
    let change =
        Change { action: "contact.exported", subject: &id.to_string(), before: Value::Null, after: Value::Null };
    audit::record(&app, caller, change).await?;
    let contact = app.store.get_contact(caller.workspace_id, id).await?;
    let contact = view::one(&app, caller.workspace_id, contact).await?;
    let head = json!({ "exported_at": app.ambient.now(), "contact": contact, "identity": identity,
        "lists": lists(&app, caller.workspace_id, id).await? });

    let (parts, reader) = mpsc::channel(PARTS_WAITING_MAX);
    let writing = Writing { app, caller, id, parts };
    tokio::spawn(async move {
        if let Err(Broken::Failed(problem)) = writing.all(&head).await {
            tracing::error!(contact = %writing.id, problem = %problem.body().detail, "an export broke off");
            writing.parts.send(Err(io::Error::other("the export broke off"))).await.ok();
        }
    });
    let body = Body::from_stream(stream::unfold(reader, async |mut reader| Some((reader.recv().await?, reader))));
    let name = format!("attachment; filename=\"{id}.json\"");
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (CONTENT_DISPOSITION, &name)];
    Ok(Exported((headers, body).into_response()))
}

async fn lists(app: &App, workspace: WorkspaceId, id: ContactId) -> Result<Vec<ExportedList>, Problem> {
    let config = app.config.get(workspace).await?;
    let on = app.store.lists_of(workspace, SubjectId::Contact(id)).await?;
    let named = |id: &ListId| config.lists.iter().find(|list| list.id == *id).map(|list| list.name.clone());
    Ok(on.into_iter().map(|id| ExportedList { name: named(&id), id }).collect())
}

/// Why an export ends early.
enum Broken {
    /// Nobody reads it any more.
    Left,
    /// Something could not be read.
    Failed(Problem),
}

impl<E: Into<Problem>> From<E> for Broken {
    fn from(error: E) -> Broken {
        Broken::Failed(error.into())
    }
}

struct Writing {
    app: App,
    caller: Caller,
    id: ContactId,
    parts: mpsc::Sender<Result<Bytes, io::Error>>,
}

impl Writing {
    async fn all(&self, head: &Value) -> Result<(), Broken> {
        // What comes behind it goes on with the same object.
        let head = head.to_string();
        self.write(head.strip_suffix('}').unwrap_or(&head).to_owned()).await?;
        self.activity().await?;
        self.signals().await?;
        self.events().await?;
        self.write("}\n".to_owned()).await
    }

    async fn write(&self, part: String) -> Result<(), Broken> {
        self.parts.send(Ok(part.into())).await.map_err(|_left| Broken::Left)
    }

    /// Goes on with a list; `is_first` until it has something in it.
    async fn rows<T: Serialize>(&self, is_first: &mut bool, rows: &[T]) -> Result<(), Broken> {
        let mut part = String::new();
        for row in rows {
            if !std::mem::take(is_first) {
                part.push(',');
            }
            part.push_str(&serde_json::to_string(row).map_err(|error| Problem::internal(&error))?);
        }
        self.write(part).await
    }

    async fn activity(&self) -> Result<(), Broken> {
        self.write(",\"activity\":[".to_owned()).await?;
        let (mut before, mut is_first) = (None, true);
        loop {
            let page = self.timeline(before).await?;
            self.rows(&mut is_first, &page.data).await?;
            before = page.next_before;
            if before.is_none() {
                return self.write("]".to_owned()).await;
            }
        }
    }

    async fn signals(&self) -> Result<(), Broken> {
        self.write(",\"signals\":[".to_owned()).await?;
        let filter = SignalFilter { kind: None, contact_id: Some(self.id) };
        let (mut page, mut is_first) = (PageRequest { limit: PAGE_ROWS_MAX, after: None }, true);
        loop {
            let found = self.app.store.list_signals(self.caller.workspace_id, &filter, page.clone()).await?;
            let rows: Vec<_> = found.rows.into_iter().map(SignalView::from).collect();
            self.rows(&mut is_first, &rows).await?;
            page.after = found.next;
            if page.after.is_none() {
                return self.write("]".to_owned()).await;
            }
        }
    }

    async fn events(&self) -> Result<(), Broken> {
        self.write(",\"events\":[".to_owned()).await?;
        let (mut before, mut is_first) = (None, true);
        loop {
            let page = self.timeline(before).await?;
            for entry in &page.data {
                let Entry::Event { id, .. } = entry else { continue };
                if let Some(event) = self.event(id).await? {
                    self.rows(&mut is_first, &[event]).await?;
                }
            }
            before = page.next_before;
            if before.is_none() {
                return self.write("]".to_owned()).await;
            }
        }
    }

    async fn timeline(&self, before: Option<Timestamp>) -> Result<timeline::Timeline, Problem> {
        let part = Query(Part { before, limit: Some(timeline::ENTRIES_MAX) });
        let of = Path(ById { id: self.id });
        let Json(page) = timeline::of_contact(State(self.app.clone()), self.caller, of, part).await?;
        Ok(page)
    }

    /// An event; `None` if it was forgotten meanwhile.
    async fn event(&self, id: &str) -> Result<Option<ExportedEvent>, Broken> {
        let Ok(id) = EventId::parse(id) else { return Ok(None) };
        let workspace = self.caller.workspace_id;
        let event = match self.app.store.get_event(workspace, &id).await {
            Ok(event) => event,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let filter = DeliveryFilter { event_id: Some(id), ..DeliveryFilter::default() };
        let (mut page, mut deliveries) = (PageRequest { limit: PAGE_ROWS_MAX, after: None }, Vec::new());
        loop {
            let found = self.app.store.list_deliveries(workspace, &filter, page.clone()).await?;
            deliveries.extend(found.rows.into_iter().map(|delivery| ExportedDelivery {
                webhook_id: delivery.webhook_id,
                status: DeliveryStatus::as_str(delivery.status),
                attempts: delivery.attempt_count,
                updated_at: delivery.updated_at,
            }));
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        let payload = String::from_utf8(event.payload.to_vec()).map_err(|error| Problem::internal(&error))?;
        Ok(Some(ExportedEvent {
            payload: RawValue::from_string(payload).map_err(|error| Problem::internal(&error))?,
            id: event.id.to_string(),
            event_type: event.event_type,
            segment_id: event.source.segment_id,
            created_at: event.created_at,
            deliveries,
        }))
    }
}
