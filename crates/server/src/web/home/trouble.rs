//! The webhooks that need somebody to look: switched off, or failing.

use beckon_domain::health::{Health, HealthState};
use beckon_domain::webhook::Webhook;
use maud::{Markup, html};

use super::figures::{Figures, percent};
use crate::app::App;
use crate::problem::Problem;
use crate::web::parts::{Tone, moment, note, number};
use crate::web::viewer::Viewer;

/// Most webhooks told of on the page; the list of webhooks has them all.
const SHOWN_MAX: usize = 6;
/// Most failing webhooks whose health is asked for.
const ASKED_MAX: usize = 50;

/// Notes about them, the worst first; nothing if all is well.
pub(super) async fn notes(app: &App, viewer: &Viewer, figures: &Figures) -> Result<Markup, Problem> {
    let all = &viewer.workspace.webhooks;
    let mut told: Vec<Markup> = vec![];
    let off_by_beckon = |webhook: &&std::sync::Arc<Webhook>| !webhook.enabled && webhook.disabled_reason.is_some();
    for webhook in all.iter().filter(off_by_beckon) {
        let reason = html! { (webhook.disabled_reason.as_deref().unwrap_or_default()) };
        told.push(one(viewer, webhook, Tone::Bad, "is switched off", reason));
    }
    // Who failed lately has figures that say so: nobody else need be asked.
    let failing = all.iter().filter(|webhook| webhook.enabled);
    let failing =
        failing.filter(|webhook| figures.by_webhook.get(&webhook.id).is_some_and(|sums| sums.attempts_failed > 0));
    for webhook in failing.take(ASKED_MAX) {
        let health = app.delivery.webhook_health(viewer.caller.workspace_id, webhook.id).await?;
        if let Some(text) = failing_text(viewer, &health, webhook, figures) {
            told.push(one(viewer, webhook, Tone::Warn, "is failing", text));
        }
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

fn failing_text(viewer: &Viewer, health: &Health, webhook: &Webhook, figures: &Figures) -> Option<Markup> {
    let since = health.failing_since?;
    let failed = figures.by_webhook.get(&webhook.id).map_or(0, |sums| sums.attempts_failed);
    let all = failed + figures.by_webhook.get(&webhook.id).map_or(0, |sums| sums.attempts_succeeded);
    let share = percent(failed as f64 * 100.0 / all.max(1) as f64);
    Some(html! {
        "Nothing but failures since " (moment(since, &viewer.zone)) ". In the last 24 hours "
        (number(failed)) " of " (number(all)) " requests failed (" (share) ")."
        @if matches!(health.state, HealthState::Tripped { .. }) { " Beckon pauses and tries it now and then." }
    })
}

fn one(viewer: &Viewer, webhook: &Webhook, tone: Tone, is: &str, text: Markup) -> Markup {
    let path = viewer.path(&format!("/webhooks/{}", webhook.id));
    let name = if webhook.description.is_empty() { webhook.id.to_string() } else { webhook.description.clone() };
    let open = html! { a.button.small href=(path) { "Open webhook" } };
    note(tone, &format!("{name} {is}"), text, Some(open))
}
