//! Whom an event is about, as its payload says: a contact by name and address, or a company.
//!
//! Only what the payload says is shown, so that who may see deliveries learns nothing else about people.

use std::collections::HashMap;

use beckon_domain::event::EventId;
use beckon_store::StoreError;
use futures_util::{StreamExt, stream};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use crate::app::App;
use crate::auth::Caller;
use crate::problem::Problem;

/// Largest payload that is looked into for a list, in bytes.
const PAYLOAD_BYTES_MAX: usize = 256 * 1024;
/// How many events are read at once.
const READS_AT_ONCE: usize = 8;

/// Whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Whom {
    name: String,
    more: Vec<String>,
}

/// The parts of a payload that say it.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    contact: Value,
    #[serde(default)]
    company: Value,
}

impl Whom {
    /// Reads it from a payload; `None` if it says nothing of a contact or company.
    pub(in crate::web) fn of(payload: &[u8]) -> Option<Whom> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        let said: Said = serde_json::from_slice(payload).ok()?;
        let text = |of: &Value, field: &str| Some(of.get(field)?.as_str()?.trim().to_owned()).filter(|t| !t.is_empty());
        let contact = |field| text(&said.contact, field);
        let names: Vec<String> = ["first_name", "last_name"].into_iter().filter_map(contact).collect();
        let (email, employer) = (contact("email"), contact("company"));
        let company = text(&said.company, "name");
        let domain = text(&said.company, "domain");
        let full_name = (!names.is_empty()).then(|| names.join(" "));
        let mut all = [full_name, email, employer.or_else(|| company.clone())].into_iter().flatten();
        if !said.contact.is_null()
            && let Some(name) = all.next()
        {
            return Some(Whom { name, more: all.collect() });
        }
        let mut all = [company, domain].into_iter().flatten();
        let name = all.next()?;
        Some(Whom { name, more: all.collect() })
    }

    /// The name, or what stands in its place.
    pub(in crate::web) fn name(&self) -> &str {
        &self.name
    }
}

/// Shows it; a dash for nobody.
pub(in crate::web) fn whom(of: Option<&Whom>) -> Markup {
    html! {
        @match of {
            Some(Whom { name, more }) => {
                (name)
                @if !more.is_empty() { br; span.small.muted { (more.join(" · ")) } }
            }
            None => { span.muted aria-hidden="true" { "–" } span.visually-hidden { "nobody" } }
        }
    }
}

/// Whom several events are about. What is gone, or about nobody, is not in it.
pub(super) async fn of_events(
    app: &App,
    caller: Caller,
    mut ids: Vec<String>,
) -> Result<HashMap<String, Whom>, Problem> {
    ids.sort_unstable();
    ids.dedup();
    let read = async |id: String| {
        let parsed = EventId::parse(&id).ok()?;
        match app.store.get_event(caller.workspace_id, &parsed).await {
            Ok(event) => Some(Ok((id, Whom::of(&event.payload)?))),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => Some(Err(Problem::from(error))),
        }
    };
    let found: Vec<_> = stream::iter(ids).map(read).buffered(READS_AT_ONCE).collect().await;
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(payload: Value) -> Option<(String, Vec<String>)> {
        Whom::of(payload.to_string().as_bytes()).map(|whom| (whom.name, whom.more))
    }

    #[test]
    fn a_contact_is_told_by_name_and_address_or_whatever_is_known() {
        let contact = json!({"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.test", "company": "Acme"});
        let more = vec!["jane@acme.test".to_owned(), "Acme".to_owned()];
        assert_eq!(told(json!({"contact": contact})), Some(("Jane Doe".to_owned(), more)));
        let bare = json!({"contact": {"first_name": null, "last_name": " ", "email": "x@y.test"}});
        assert_eq!(told(bare), Some(("x@y.test".to_owned(), vec![])));
    }

    #[test]
    fn a_company_is_told_where_no_contact_is() {
        let company = json!({"company": {"name": "Acme", "domain": "acme.test"}});
        assert_eq!(told(company), Some(("Acme".to_owned(), vec!["acme.test".to_owned()])));
    }

    #[test]
    fn payloads_of_any_shape_are_about_nobody() {
        for odd in [json!(null), json!([1]), json!("x"), json!({"contact": "jane"}), json!({"contact": {"email": 5}})] {
            assert_eq!(told(odd.clone()), None, "{odd}");
        }
        assert_eq!(Whom::of(b"not json"), None);
    }
}
