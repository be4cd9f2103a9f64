//! Who looks at a page.
//!
//! Promise: a session that was ended shows nothing from then on; a portal link opens its workspace's webhooks part until
//! it expires, and nothing else.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri};
use beckon_domain::member::Role;
use beckon_store::WorkspaceConfig;
use beckon_store::members::TokenHash;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use jiff::tz::TimeZone;

use super::failure::Failure;
use super::{PORTAL, said};
use crate::app::{App, PortalOptions};
use crate::auth::{self, Caller, Who};
use crate::portal;

/// The cookie that holds a session's token.
pub(super) const SESSION_COOKIE: &str = "beckon_session";
/// The cookie that holds `light` or `dark`.
const THEME_COOKIE: &str = "beckon_theme";

/// Who looks, and at what.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    /// As the functions behind the API know them.
    pub(crate) caller: Caller,
    /// What they may do.
    pub(crate) role: Role,
    /// What they are called.
    pub(crate) name: String,
    /// What the workspace has set up.
    pub(crate) workspace: Arc<WorkspaceConfig>,
    /// What stands before every path of theirs: nothing, or the portal's path.
    pub(crate) base: String,
    /// Their session, if they are signed in.
    pub(crate) session: Option<TokenHash>,
    /// How the portal looks, if they came by a portal link.
    pub(crate) portal: Option<Arc<PortalOptions>>,
    /// In which times are shown.
    pub(crate) zone: TimeZone,
    /// Which theme they chose: `light` or `dark`.
    pub(crate) theme: Option<&'static str>,
    /// What is to be said about what they just did.
    pub(crate) said: Option<&'static str>,
    /// The address they look at, with its query.
    pub(crate) here: String,
}

impl Viewer {
    /// A path as this viewer reaches it.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Whether they came by a portal link.
    pub(crate) fn is_portal(&self) -> bool {
        matches!(self.caller.who, Who::Portal(_))
    }

    /// Whether they may change webhooks, segments and the like.
    pub(crate) fn may_work(&self) -> bool {
        self.role.may_work()
    }

    /// Whether they may change settings.
    pub(crate) fn may_administer(&self) -> bool {
        self.role.may_administer() && !self.is_portal()
    }

    /// Refuses those who may not change webhooks, segments and the like, or see their secrets.
    pub(crate) fn check_may_work(&self) -> Result<(), Failure> {
        if self.may_work() {
            return Ok(());
        }
        Err(Failure::forbidden("viewers cannot do this: ask an admin of your workspace for the role member"))
    }

    /// Refuses those who may not change settings.
    pub(crate) fn check_may_administer(&self) -> Result<(), Failure> {
        if self.may_administer() {
            return Ok(());
        }
        Err(Failure::forbidden("only admins and owners can do this"))
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Viewer, Failure> {
        if let Some(viewer) = parts.extensions.get::<Viewer>() {
            return Ok(viewer.clone());
        }
        // Below a portal's path, the router has cut the beginning off.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri).clone();
        let viewer = match portal_token(&uri) {
            Some(token) => by_portal_link(app, token, &parts.headers, &uri).await?,
            None => by_session(app, &parts.method, &parts.headers, &uri).await?,
        };
        parts.extensions.insert(viewer.clone());
        Ok(viewer)
    }
}

/// The token in a portal's path.
fn portal_token(uri: &Uri) -> Option<&str> {
    uri.path().strip_prefix(PORTAL)?.strip_prefix('/')?.split('/').next()
}

async fn by_portal_link(app: &App, token: &str, headers: &HeaderMap, uri: &Uri) -> Result<Viewer, Failure> {
    let link = portal::open(app, token)?;
    let caller = Caller { workspace_id: link.workspace_id, who: Who::Portal(link.id) };
    let base = format!("{PORTAL}/{token}");
    viewer(app, caller, Role::Member, link.label, base, None, headers, uri).await
}

async fn by_session(app: &App, method: &Method, headers: &HeaderMap, uri: &Uri) -> Result<Viewer, Failure> {
    // What was to be changed is lost, and its address need not be a page.
    let next = || Failure::SignIn { next: if method.is_safe() { here(uri) } else { "/".to_owned() } };
    let token = cookie(headers, SESSION_COOKIE).ok_or_else(next)?;
    let hash = auth::hash(token);
    let (_, member) = app.store.find_session(hash, app.ambient.now()).await?.ok_or_else(next)?;
    let caller = Caller { workspace_id: member.workspace_id, who: Who::Member(member.id) };
    viewer(app, caller, member.role, member.name, String::new(), Some(hash), headers, uri).await
}

#[expect(clippy::too_many_arguments, reason = "they are the parts of what it makes")]
async fn viewer(
    app: &App,
    caller: Caller,
    role: Role,
    name: String,
    base: String,
    session: Option<TokenHash>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Viewer, Failure> {
    let workspace = app.config.get(caller.workspace_id).await?;
    let zone = workspace.settings.time_zone();
    let said = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "said")
        .and_then(|(_, word)| said::sentence(&word));
    let portal = matches!(caller.who, Who::Portal(_)).then(|| app.options.portal.clone());
    let theme = theme(headers);
    Ok(Viewer { caller, role, name, workspace, base, session, portal, zone, theme, said, here: here(uri) })
}

fn here(uri: &Uri) -> String {
    uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// The theme somebody chose.
pub(super) fn theme(headers: &HeaderMap) -> Option<&'static str> {
    match cookie(headers, THEME_COOKIE)? {
        "light" => Some("light"),
        "dark" => Some("dark"),
        _ => None,
    }
}

/// The value of a cookie (RFC 6265 §4.2.1).
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs =
        headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(known, _)| *known == name);
    values.next().map(|(_, value)| value)
}
