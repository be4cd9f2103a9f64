//! `/portal-links`: a link that opens the webhooks part of the workspace for a while, in a page of the caller's.
//!
//! Not here: what is in a link (`portal.rs`), and which pages it opens (`web.rs`).

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use beckon_domain::id::PortalLinkId;
use beckon_domain::invalid::{Findings, Invalid};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{Json, Whole};
use crate::links::Base;
use crate::portal::{self, LABEL_CHARS_MAX, LINK_LIFE_DEFAULT, LINK_LIFE_MAX, LINK_LIFE_MIN, PortalLink};
use crate::problem::Problem;
use crate::reply::{Created, NotKept};

/// The operation's tag.
pub(crate) const TAG: &str = "Portal";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    let about = docs::explained(
        "createPortalLink",
        TAG,
        "Make a link that opens the webhooks part of the workspace",
        "Put it into an `iframe` of your own page. Whoever has it can set up webhooks, see their deliveries, the events and \
         the catalog, and nothing else, until it expires; it cannot be revoked, so make it short-lived. The operator says \
         who may frame it (`portal_frame_ancestors`). What is done with it stands in the audit log under its id.",
    );
    ApiRouter::new().api_route("/portal-links", post_with(create, about))
}

/// A link to make.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"label": "Jane Doe, Acme", "expires_in": 3600}]))]
pub(crate) struct CreatePortalLink {
    /// For whom it is; the audit log shows it, and the portal.
    #[schemars(length(min = 1, max = LABEL_CHARS_MAX))]
    label: String,
    /// For how many seconds it opens; an hour if not given.
    #[serde(default)]
    #[schemars(range(min = 60, max = 86_400))]
    expires_in: Option<Whole<i64>>,
}

/// A link that was made. It is shown this once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "PortalLink")]
pub(crate) struct NewPortalLink {
    /// Its id, by which the audit log knows it.
    id: PortalLinkId,
    /// Where it leads.
    url: String,
    /// For whom it is.
    label: String,
    /// When it ends.
    #[schemars(schema_with = "docs::timestamp")]
    expires_at: Timestamp,
}

/// Makes a link.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    base: Base,
    Json(new): Json<CreatePortalLink>,
) -> Result<NotKept<Created<NewPortalLink>>, Problem> {
    let (label, life) = read(&new)?;
    let (id, expires_at) = (app.ambient.new_id(), app.ambient.now() + life);
    let link = PortalLink { id, workspace_id: caller.workspace_id, label: label.clone(), expires_at };
    let path = format!("{}/{}", crate::web::PORTAL, portal::sign(&app, &link)?);
    let after = json!({ "label": label, "expires_at": expires_at });
    let change = Change { action: "portal_link.created", subject: &id.to_string(), before: Value::Null, after };
    audit::record(&app, caller, change).await?;
    let value = NewPortalLink { id, url: base.link(&path), label, expires_at };
    Ok(NotKept(Created { location: path, value }))
}

/// Label and life, or everything that is wrong with them.
fn read(new: &CreatePortalLink) -> Result<(String, SignedDuration), Invalid> {
    let mut findings = Findings::default();
    let label = new.label.trim();
    let chars = label.chars().count();
    if chars == 0 || chars > LABEL_CHARS_MAX || label.chars().any(char::is_control) {
        findings.add("label", format!("give 1 to {LABEL_CHARS_MAX} characters, none of them a control character"));
    }
    let seconds = new.expires_in.map_or(LINK_LIFE_DEFAULT.as_secs(), |Whole(seconds)| seconds);
    if !(LINK_LIFE_MIN.as_secs()..=LINK_LIFE_MAX.as_secs()).contains(&seconds) {
        let (least, most) = (LINK_LIFE_MIN.as_secs(), LINK_LIFE_MAX.as_secs());
        findings.add("expires_in", format!("give {least} to {most} seconds"));
    }
    findings.into_result((label.to_owned(), SignedDuration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(label: &str, expires_in: Option<i64>) -> CreatePortalLink {
        CreatePortalLink { label: label.to_owned(), expires_in: expires_in.map(Whole) }
    }

    #[test]
    fn a_link_is_for_somebody_and_for_a_while() {
        assert_eq!(read(&link(" Acme ", None)), Ok(("Acme".to_owned(), LINK_LIFE_DEFAULT)));
        assert_eq!(read(&link("Acme", Some(60))).unwrap().1, LINK_LIFE_MIN);
        for (label, seconds, field) in
            [("", 60, "label"), ("a\nb", 60, "label"), ("Acme", 59, "expires_in"), ("Acme", i64::MAX, "expires_in")]
        {
            assert_eq!(read(&link(label, Some(seconds))).unwrap_err().0[0].field, field);
        }
        assert_eq!(read(&link(&"a".repeat(LABEL_CHARS_MAX + 1), Some(0))).unwrap_err().0.len(), 2);
    }
}
