//! The webhooks that need somebody to look: switched off, or failing.

use std::sync::Arc;

use beckon_domain::health::{Health, HealthState};
use beckon_domain::webhook::Webhook;
use maud::{Markup, html};

use super::figures::percent;
use crate::api::stats::{Span, Sums};
use crate::app::App;
use crate::problem::Problem;
use crate::web::parts::{Tone, moment, note, number};
use crate::web::viewer::Viewer;

/// Most webhooks told of on the page; the list of webhooks has them all.
const SHOWN_MAX: usize = 6;

/// Notes about them, the worst first; nothing if all is well.
pub(super) async fn notes(app: &App, viewer: &Viewer, span: Span) -> Result<Markup, Problem> {
    let all = &viewer.workspace.webhooks;
    let mut told: Vec<Markup> = vec![];
    let off_by_beckon = |webhook: &&Arc<Webhook>| !webhook.enabled && webhook.disabled_reason.is_some();
    for webhook in all.iter().filter(off_by_beckon) {
        let reason = html! { (webhook.disabled_reason.as_deref().unwrap_or_default()) };
        told.push(one(viewer, webhook, Tone::Bad, "is switched off", reason));
    }
    let unwell = app.delivery.list_unwell_webhooks(viewer.caller.workspace_id).await?;
    let failing = |webhook: &&Arc<Webhook>| {
        webhook.enabled && unwell.get(&webhook.id).is_some_and(|health| health.failing_since.is_some())
    };
    let failing: Vec<_> = all.iter().filter(failing).collect();
    let shown: Vec<_> = failing.iter().take(SHOWN_MAX).map(|webhook| webhook.id).collect();
    let tallies = app.store.list_attempt_tallies(viewer.caller.workspace_id, &shown, span.since, span.until).await?;
    for webhook in failing {
        let Some(health) = unwell.get(&webhook.id) else { continue };
        let lately = Sums::of(tallies.get(&webhook.id).into_iter().flatten());
        told.push(one(viewer, webhook, Tone::Warn, "is failing", failing_text(viewer, health, &lately)));
    }
    let by_hand = all.iter().filter(|webhook| !webhook.enabled && webhook.disabled_reason.is_none());
    for webhook in by_hand {
        told.push(one(viewer, webhook, Tone::Plain, "is switched off", html! { "By a person. It gets nothing." }));
    }
    let more = told.len().saturating_sub(SHOWN_MAX);
    Ok(html! {
        @for shown in told.iter().take(SHOWN_MAX) { (shown) }
        @if more > 0 { p { a href=(viewer.path("/webhooks")) { (more) " more webhooks need a look" } } }
    })
}

fn failing_text(viewer: &Viewer, health: &Health, lately: &Sums) -> Markup {
    let (failed, all) = (lately.attempts_failed, lately.attempts_failed + lately.attempts_succeeded);
    let share = percent(failed as f64 * 100.0 / all.max(1) as f64);
    html! {
        @if let Some(since) = health.failing_since { "Nothing but failures since " (moment(since, &viewer.zone)) ". " }
        @if all > 0 {
            "In the last 24 hours " (number(failed)) " of " (number(all)) " requests failed (" (share) ")."
        }
        @if matches!(health.state, HealthState::Tripped { .. }) { " Beckon pauses and tries it now and then." }
    }
}

fn one(viewer: &Viewer, webhook: &Webhook, tone: Tone, is: &str, text: Markup) -> Markup {
    let path = viewer.path(&format!("/webhooks/{}", webhook.id));
    let name = if webhook.description.is_empty() { webhook.id.to_string() } else { webhook.description.clone() };
    let open = html! { a.button.small href=(path) { "Open webhook" } };
    note(tone, &format!("{name} {is}"), text, Some(open))
}
