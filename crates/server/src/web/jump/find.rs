//! Which page an id leads to.
//!
//! Promise: an id of another workspace is an unknown one; a portal link finds nothing beyond the webhooks part. What has
//! no index by its id (attempts, visitors, visits) is looked for in a bounded part of what came last.

use beckon_domain::channel::Channel;
use beckon_domain::email::Email;
use beckon_domain::event::EventId;
use beckon_domain::id::{
    AttemptId, CompanyId, ContactId, DeliveryId, JobId, ListId, SegmentId, SignalId, VisitId, VisitorId, WebhookId,
};
use beckon_store::deliveries::AttemptsOf;
use beckon_store::intake::{SignalFilter, SignalRecord};
use beckon_store::page::PAGE_ROWS_MAX;
use beckon_store::people::ContactFilter;
use beckon_store::{PageRequest, StoreError};

use crate::api::event_types;
use crate::app::App;
use crate::problem::Problem;
use crate::web::viewer::Viewer;

/// Most pages of attempts looked through for one, over all webhooks.
const ATTEMPT_PAGES_MAX: usize = 12;
/// Most pages of signals looked through for a visitor or visit.
const SIGNAL_PAGES_MAX: usize = 4;

/// The path of what has this id, without the viewer's base; `None` if nothing has.
pub(super) async fn path(app: &App, viewer: &Viewer, text: &str) -> Result<Option<String>, Problem> {
    let workspace = viewer.caller.workspace_id;
    if let Some(path) = in_webhooks_part(app, viewer, text).await? {
        return Ok(Some(path));
    }
    if viewer.is_portal() {
        return Ok(None);
    }
    if let Ok(id) = text.parse::<ContactId>() {
        return there(app.store.get_contact(workspace, id).await, format!("/contacts/{id}"));
    }
    if let Ok(id) = text.parse::<CompanyId>() {
        return there(app.store.get_company(workspace, id).await, format!("/companies/{id}"));
    }
    if let Ok(id) = text.parse::<ListId>() {
        return there(app.store.get_list(workspace, id).await, format!("/lists/{id}"));
    }
    if let Ok(id) = text.parse::<SignalId>() {
        return there(app.store.get_signal(workspace, id).await, format!("/signals/{id}"));
    }
    if let Ok(id) = text.parse::<VisitorId>() {
        return of_signal(app, viewer, |signal| signal.visitor_id == Some(id)).await;
    }
    if let Ok(id) = text.parse::<VisitId>() {
        return of_signal(app, viewer, |signal| signal.story.visit_id == Some(id)).await;
    }
    if let Some(email) = Email::parse(text) {
        let filter = ContactFilter { email: Some(email), ..ContactFilter::default() };
        let page = PageRequest { limit: 1, after: None };
        let found = app.store.list_contacts(workspace, &filter, page).await?.rows;
        return Ok(found.first().map(|contact| format!("/contacts/{}", contact.id)));
    }
    let segment = Channel::parse(text).ok().and_then(|channel| channel.segment()).or_else(|| text.parse().ok());
    Ok(segment
        .filter(|id: &SegmentId| viewer.workspace.segments.iter().any(|known| known.id == *id))
        .map(|id| format!("/segments/{id}")))
}

/// What a portal link opens too.
async fn in_webhooks_part(app: &App, viewer: &Viewer, text: &str) -> Result<Option<String>, Problem> {
    let workspace = viewer.caller.workspace_id;
    if let Ok(id) = text.parse::<WebhookId>() {
        return there(app.store.get_webhook(workspace, id).await, format!("/webhooks/{id}"));
    }
    if let Ok(id) = text.parse::<DeliveryId>() {
        return there(app.store.get_delivery(workspace, id).await, format!("/deliveries/{id}"));
    }
    if let Ok(id) = text.parse::<AttemptId>() {
        return of_attempt(app, viewer, id).await;
    }
    if let Ok(id) = text.parse::<JobId>() {
        return there(app.store.get_job(workspace, id).await, format!("/jobs/{id}"));
    }
    if event_types::all(&viewer.workspace).any(|event_type| event_type.name == text) {
        return Ok(Some(format!("/catalog/{text}")));
    }
    match EventId::parse(text) {
        // A publisher's own id can look like anything, also like a segment's number.
        Ok(id) => there(app.store.get_event(workspace, &id).await, format!("/events/{id}")),
        Err(_) => Ok(None),
    }
}

/// The path, if it was found.
fn there<T>(found: Result<T, StoreError>, path: String) -> Result<Option<String>, Problem> {
    match found {
        Ok(_) => Ok(Some(path)),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The delivery of an attempt, among the latest of every webhook.
async fn of_attempt(app: &App, viewer: &Viewer, id: AttemptId) -> Result<Option<String>, Problem> {
    let workspace = viewer.caller.workspace_id;
    let mut places: Vec<_> = viewer.workspace.webhooks.iter().map(|webhook| (webhook.id, None)).collect();
    let mut looked = 0;
    // In turns, so that one with many attempts does not hide those of the others.
    while !places.is_empty() {
        let mut further = vec![];
        for (webhook, after) in places {
            looked += 1;
            if looked > ATTEMPT_PAGES_MAX {
                return Ok(None);
            }
            let page = PageRequest { limit: PAGE_ROWS_MAX, after };
            let attempts = app.store.list_attempts(workspace, AttemptsOf::Webhook(webhook), page).await?;
            if let Some(found) = attempts.rows.iter().find(|attempt| attempt.id == id) {
                return Ok(Some(format!("/deliveries/{}", found.delivery_id)));
            }
            further.extend(attempts.next.map(|next| (webhook, Some(next))));
        }
        places = further;
    }
    Ok(None)
}

/// Who sent the latest signal that fits, or else that signal.
async fn of_signal(
    app: &App,
    viewer: &Viewer,
    fits: impl Fn(&SignalRecord) -> bool,
) -> Result<Option<String>, Problem> {
    let mut after = None;
    for _ in 0..SIGNAL_PAGES_MAX {
        let page = PageRequest { limit: PAGE_ROWS_MAX, after };
        let signals = app.store.list_signals(viewer.caller.workspace_id, &SignalFilter::default(), page).await?;
        if let Some(found) = signals.rows.iter().find(|signal| fits(signal)) {
            let contact = found.contact_id.map(|id| format!("/contacts/{id}"));
            return Ok(Some(contact.unwrap_or_else(|| format!("/signals/{}", found.id))));
        }
        after = signals.next;
        if after.is_none() {
            break;
        }
    }
    Ok(None)
}
