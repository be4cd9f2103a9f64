//! What webhooks and segments are called in lists: by description and name, not by id.

use std::collections::HashMap;

use beckon_domain::channel::Channel;
use beckon_domain::id::{SegmentId, WebhookId};
use beckon_domain::webhook::Webhook;
use beckon_store::{StoreError, WorkspaceConfig};
use maud::{Markup, html};

use crate::app::App;
use crate::problem::Problem;
use crate::web::parts::tag;
use crate::web::viewer::Viewer;
use crate::web::webhooks;

/// What a webhook is called: the first line of its description, or else the host it goes to.
pub(in crate::web) fn webhook_name(webhook: &Webhook) -> String {
    webhooks::title(&webhook.description, webhook.url.as_str())
}

/// The names of the webhooks of a list, deleted ones too.
pub(in crate::web) struct Names(HashMap<WebhookId, (String, bool)>);

impl Names {
    /// Finds the names of `ids`.
    pub(in crate::web) async fn of(app: &App, viewer: &Viewer, ids: Vec<WebhookId>) -> Result<Names, Problem> {
        let mut names = HashMap::new();
        for id in ids {
            if names.contains_key(&id) {
                continue;
            }
            if let Some(webhook) = viewer.workspace.webhook(id) {
                names.insert(id, (webhook_name(webhook), false));
                continue;
            }
            match app.store.get_webhook(viewer.caller.workspace_id, id).await {
                Ok(webhook) => drop(names.insert(id, (webhook_name(&webhook), webhook.deleted_at.is_some()))),
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Names(names))
    }

    /// A webhook's name in words.
    pub(in crate::web) fn name(&self, id: WebhookId) -> String {
        match self.0.get(&id) {
            Some((name, false)) => name.clone(),
            Some((name, true)) => format!("{name} (deleted)"),
            None => id.to_string(),
        }
    }

    /// A webhook's name, leading to it unless it was deleted.
    pub(in crate::web) fn link(&self, viewer: &Viewer, id: WebhookId) -> Markup {
        match self.0.get(&id) {
            Some((name, false)) => html! { a href=(viewer.path(&format!("/webhooks/{id}"))) { (name) } },
            Some((name, true)) => html! { (name) " " span.small.muted { "deleted" } },
            None => html! { code { (id) } },
        }
    }
}

/// What a segment is called; `None` if it was deleted.
pub(in crate::web) fn segment_name(config: &WorkspaceConfig, id: SegmentId) -> Option<&str> {
    config.segments.iter().find(|segment| segment.id == id).map(|segment| segment.name.as_str())
}

/// Every segment as a choice: its channel and its name, by name. `chosen` is among them, whatever it is.
pub(in crate::web) fn segment_choices(config: &WorkspaceConfig, chosen: &str) -> Vec<(String, String)> {
    let channel = |id| Channel::of_segment(id).as_str().to_owned();
    let mut choices: Vec<_> =
        config.segments.iter().map(|segment| (channel(segment.id), segment.name.clone())).collect();
    choices.sort_by_cached_key(|(_, name)| name.to_lowercase());
    if !chosen.is_empty() && choices.iter().all(|(channel, _)| channel != chosen) {
        choices.push((chosen.to_owned(), format!("Channel {chosen}")));
    }
    choices
}

/// The segment an event came from, or else its channels.
pub(in crate::web) fn segments(viewer: &Viewer, channels: &[Channel]) -> Markup {
    html! {
        @if channels.is_empty() { span.muted { "–" } }
        @for channel in channels {
            @match channel.segment() {
                Some(id) => (segment(viewer, id)),
                None => (tag(channel.as_str())),
            }
            " "
        }
    }
}

/// A segment by its name, leading to it where that can be seen.
pub(in crate::web) fn segment(viewer: &Viewer, id: SegmentId) -> Markup {
    match segment_name(&viewer.workspace, id) {
        Some(name) if viewer.is_portal() => html! { (name) },
        Some(name) => html! { a href=(viewer.path(&format!("/segments/{id}"))) { (name) } },
        None => html! { "Segment " (id) " " span.small.muted { "deleted" } },
    }
}
