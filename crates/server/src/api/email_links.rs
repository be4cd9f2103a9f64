//! `/email-links`: addresses for mails to contacts, which say who follows them.

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use beckon_domain::id::ContactId;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_store::people::ContactFilter;
use beckon_store::{PageRequest, StoreError};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::{fields, identity};
use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::Caller;
use crate::docs;
use crate::email_links::{PARAMETER, Signer};
use crate::extract::{Json, Whole};
use crate::problem::Problem;

/// Most contacts that links are made for with one call.
pub(crate) const EMAIL_LINKS_MAX: usize = 1_000;
/// For how many days a link is good, at most.
pub(crate) const EMAIL_LINK_DAYS_MAX: i64 = 365;
/// For how many days a link is good when nobody says.
pub(crate) const EMAIL_LINK_DAYS: i64 = 90;
const TAG: &str = "Identity";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    let about = docs::explained(
        "createEmailLinks",
        TAG,
        "Make links for mails that say who follows them",
        "For each contact, the address with a token of its own, which the pixel reads and takes out of the address. Whoever \
         follows it and stays is taken for that contact, if the browser is nobody's yet. The first browser that does binds \
         the link: from others it may have been forwarded, and identifies nobody. Programs that check mails do not stay.",
    );
    ApiRouter::new().api_route("/email-links", post_with(create, about))
}

/// Links to make.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"url": "https://acme.com/pricing", "contacts": ["jane@acme.com"], "expires_in_days": 30}]))]
pub(crate) struct CreateEmailLinks {
    /// Where they lead: a page that has the pixel.
    url: String,
    /// For whom: addresses or ids of contacts.
    #[schemars(length(min = 1, max = EMAIL_LINKS_MAX))]
    contacts: Vec<String>,
    /// For how many days they are good; 90 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = EMAIL_LINK_DAYS_MAX))]
    expires_in_days: Option<Whole<i64>>,
}

/// Links that were made, in the order in which they were asked for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct EmailLinks {
    /// One for each contact.
    links: Vec<EmailLink>,
    /// When they end.
    #[schemars(schema_with = "docs::timestamp")]
    expires_at: Timestamp,
}

/// A link, or why there is none.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct EmailLink {
    /// As it was asked for.
    contact: String,
    /// The contact; null if there is none.
    contact_id: Option<ContactId>,
    /// The address with the token; null if there is no such contact.
    url: Option<String>,
    /// Why there is none.
    error: Option<String>,
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<CreateEmailLinks>,
) -> Result<Json<EmailLinks>, Problem> {
    let (url, life) = read(&new)?;
    let expires_at = app.ambient.now() + life;
    let signer = Signer { key: &app.link_key, workspace: caller.workspace_id };
    let mut links = Vec::with_capacity(new.contacts.len());
    for contact in new.contacts {
        links.push(match find(&app, caller, &contact).await? {
            Some(id) => {
                let mut nonce = [0; 8];
                app.ambient.fill(&mut nonce);
                let mut url = url.clone();
                url.query_pairs_mut().append_pair(PARAMETER, &signer.sign(id, nonce, expires_at));
                EmailLink { contact, contact_id: Some(id), url: Some(url.into()), error: None }
            }
            None => {
                EmailLink { contact, contact_id: None, url: None, error: Some("there is no such contact".to_owned()) }
            }
        });
    }
    let made = links.iter().filter(|link| link.url.is_some()).count();
    let after = json!({ "links": made, "expires_at": expires_at });
    let change = Change { action: "email_links.created", subject: "contacts", before: Value::Null, after };
    audit::record(&app, caller, change).await?;
    Ok(Json(EmailLinks { links, expires_at }))
}

/// Address and life, or everything that is wrong.
fn read(new: &CreateEmailLinks) -> Result<(Url, SignedDuration), Invalid> {
    let mut findings = Findings::default();
    let url = Url::parse(new.url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none() {
        findings.add("url", "give the whole address of a page, with https:// or http:// before it");
    }
    if new.contacts.is_empty() || new.contacts.len() > EMAIL_LINKS_MAX {
        findings.add("contacts", format!("give 1 to {EMAIL_LINKS_MAX}"));
    }
    let days = new.expires_in_days.map_or(EMAIL_LINK_DAYS, |Whole(days)| days);
    if !(1..=EMAIL_LINK_DAYS_MAX).contains(&days) {
        findings.add("expires_in_days", format!("give 1 to {EMAIL_LINK_DAYS_MAX}"));
    }
    match url {
        Some(url) => findings.into_result((url, SignedDuration::from_hours(24 * days.clamp(1, EMAIL_LINK_DAYS_MAX)))),
        None => findings.into_result(()).and_then(|()| Err(Invalid::one("url", "is no address"))),
    }
}

async fn find(app: &App, caller: Caller, contact: &str) -> Result<Option<ContactId>, Problem> {
    let contact = contact.trim();
    if let Ok(id) = contact.parse::<ContactId>() {
        return match identity::contact_of(app, caller.workspace_id, id).await {
            Ok(contact) => Ok(Some(contact.id)),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        };
    }
    let Ok(email) = fields::email("contacts", contact) else { return Ok(None) };
    let filter = ContactFilter { email: Some(email), ..ContactFilter::default() };
    let page = PageRequest { limit: 1, after: None };
    let found = app.store.list_contacts(caller.workspace_id, &filter, page).await?;
    Ok(found.rows.first().map(|contact| contact.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(url: &str, contacts: usize, days: Option<i64>) -> CreateEmailLinks {
        let contacts = vec!["a@acme.com".to_owned(); contacts];
        CreateEmailLinks { url: url.to_owned(), contacts, expires_in_days: days.map(Whole) }
    }

    // behaviour A6
    #[test]
    fn all_that_is_wrong_is_named() {
        let fields = |new| read(&new).unwrap_err().0.into_iter().map(|found| found.field).collect::<Vec<_>>();
        assert_eq!(fields(links("acme.com", 0, Some(0))), ["url", "contacts", "expires_in_days"]);
        assert_eq!(fields(links("https://acme.com", EMAIL_LINKS_MAX + 1, Some(366))), ["contacts", "expires_in_days"]);
        assert_eq!(read(&links("https://acme.com/?a=1#x", 1, None)).unwrap().1, SignedDuration::from_hours(24 * 90));
    }
}
