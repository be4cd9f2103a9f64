//! Deleting a webhook, after saying what goes and what stays.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::WebhookId;
use maud::html;

use super::frame::Shown;
use crate::api::webhooks;
use crate::app::App;
use crate::extract::{ById, Path};
use crate::web::Failure;
use crate::web::parts::dialog_body;
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn ask(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    let body = html! {
        form method="post" action={ (shown.path) "/delete" } {
            p { strong { (shown.title) } br; span.small.muted.wrap-anywhere { (shown.view.url) } }
            div.halves {
                div.stack-s {
                    h2 { "What goes" }
                    ul { li { "Its settings, headers and secret" } li { "Everything that waits for it: canceled" } li { "Events from now on are not sent there" } }
                }
                div.stack-s {
                    h2 { "What stays" }
                    ul { li { "All events" } li { "Its deliveries and attempts, in the list of deliveries" } li { "Other webhooks, untouched" } }
                }
            }
            p { "This cannot be undone. To stop it for a while, disable it instead." }
            div.form-foot {
                button.danger { "Delete webhook" }
                a.button.quiet href=(shown.path) data-close { "Cancel" }
            }
        }
    };
    Ok(shown.below(&viewer, "Delete webhook").show(html! { section.card { (dialog_body("Delete webhook", body)) } }))
}

pub(super) async fn delete(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    webhooks::delete(State(app), viewer.caller, Path(ById { id })).await?;
    Ok(Redirect::to(&viewer.path(&saying("/webhooks", "deleted"))).into_response())
}
