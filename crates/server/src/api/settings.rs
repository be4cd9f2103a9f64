//! `/settings`: what a workspace sets for itself as a whole.
//!
//! Promise: everything that is wrong is named at once, and nothing is changed then; the audit log shows before and after.
//! Not here: what each setting does (`beckon_domain::settings`).

mod form;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use beckon_domain::id::WorkspaceId;
use beckon_domain::settings::{Icp, IdentitySettings, Notices, Pixel, Retention, Sites, WorkspaceSettings};
use beckon_store::WorkspaceConfig;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::Caller;
use crate::docs;
use crate::extract::Json;
use crate::problem::Problem;
pub(crate) use form::ChangeSettings;

const TAG: &str = "Settings";

/// The routes below `/api/v1`.
pub(super) fn routes() -> ApiRouter<App> {
    let read = docs::operation("getSettings", TAG, "Get the workspace's settings");
    ApiRouter::new().api_route(
        "/settings",
        get_with(get, read).patch_with(change, |operation| {
            docs::operation("updateSettings", TAG, "Change the workspace's settings")(operation).description(
                "Absent keeps, null sets back to what a new workspace has; in `retention`, null keeps for ever. A list \
                 is replaced as a whole.",
            )
        }),
    )
}

/// What a workspace sets for itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Settings")]
pub(crate) struct SettingsView {
    /// The workspace.
    pub(crate) workspace_id: WorkspaceId,
    /// What people call it.
    pub(crate) name: String,
    /// In which days begin, as an IANA name such as `Europe/Berlin`.
    pub(crate) time_zone: String,
    /// From which websites browsers may send signals.
    pub(crate) sites: Sites,
    /// What the pixel is called on websites.
    pub(crate) pixel: Pixel,
    /// Whom the company wants to sell to.
    pub(crate) icp: Icp,
    /// How people are recognised.
    pub(crate) identity: IdentitySettings,
    /// How long things are kept.
    pub(crate) retention: Retention,
    /// Who is told of troubles.
    pub(crate) notices: Notices,
    /// Whether anybody may read the event catalog.
    pub(crate) public_catalog: bool,
    /// Where the event catalog is then: a path of this server.
    pub(crate) public_catalog_path: String,
}

/// Where anybody may read a workspace's event catalog, if it says so.
pub(crate) fn public_catalog_path(workspace: WorkspaceId) -> String {
    format!("/public/{workspace}/catalog")
}

impl SettingsView {
    /// What is set up now.
    pub(crate) fn of(workspace: &WorkspaceConfig) -> SettingsView {
        let settings = workspace.settings.clone();
        let WorkspaceSettings { time_zone, sites, pixel, icp, identity, retention, notices, public_catalog } = settings;
        SettingsView {
            workspace_id: workspace.workspace_id,
            name: workspace.name.clone(),
            time_zone,
            sites,
            pixel,
            icp,
            identity,
            retention,
            notices,
            public_catalog,
            public_catalog_path: public_catalog_path(workspace.workspace_id),
        }
    }
}

/// The settings.
pub(crate) async fn get(State(app): State<App>, caller: Caller) -> Result<Json<SettingsView>, Problem> {
    Ok(Json(SettingsView::of(&*app.config.get(caller.workspace_id).await?)))
}

/// Changes settings.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Json(form): Json<ChangeSettings>,
) -> Result<Json<SettingsView>, Problem> {
    let _turn = app.edit_turns().take((caller.workspace_id, "settings".to_owned())).await;
    let known = app.config.get(caller.workspace_id).await?;
    let (name, settings) = form.apply(known.name.clone(), known.settings.clone())?;
    app.store.update_settings(caller.workspace_id, &name, &settings).await?;
    let before = SettingsView::of(&known);
    let after = SettingsView::of(&WorkspaceConfig { name, settings, ..WorkspaceConfig::clone(&known) });
    if before != after {
        let (before, shown) = (as_shown(&before), as_shown(&after));
        let subject = &caller.workspace_id.to_string();
        audit::record(&app, caller, Change { action: "settings.updated", subject, before, after: shown }).await?;
    }
    Ok(Json(after))
}
