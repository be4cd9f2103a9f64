//! The form of a webhook: what it holds, and the JSON that the API takes.
//!
//! Its fields have the names the API uses, so that what the API finds wrong shows at the field. Headers and metadata are
//! rows of two fields each.
//! Promise: what was typed is there again when something is wrong; a masked secret that was not touched stays as it is.

mod draw;
mod schedule;
mod tree;

use beckon_domain::invalid::Findings;
use beckon_domain::rate::Period;
use serde_json::{Map, Value, json};

use crate::api::webhooks::auth::{TypedAuth, TypedClientAuth};
use crate::api::webhooks::masked::MASK;
use crate::api::webhooks::view::WebhookView;
use crate::web::form::Form;

pub(super) use draw::{Purpose, draw};
pub(super) use schedule::delays;

/// The JSON of what was typed; what cannot be turned into any is found. Nothing typed is null: the default, or cleared.
pub(super) fn to_json(form: &Form, creating: bool, findings: &mut Findings) -> Value {
    let text = |name: &str| form.given(name).map_or(Value::Null, Value::from);
    let mut json = json!({
        "description": form.text("description"),
        "url": form.text("url"),
        "event_types": form.all("event_types").collect::<Vec<_>>(),
        "channels": form.text("channels"),
        "headers": pairs(form, "headers", "header_name", "header_value", findings),
        "rate_limit": rate_limit(form),
        "fifo": form.has("fifo"),
        "auth": auth(form),
        "retry_schedule": retry_schedule(form, findings),
        "ca_certificates": text("ca_certificates"),
        "client_certificate": client_certificate(form),
        "metadata": pairs(form, "metadata", "metadata_name", "metadata_value", findings),
    });
    if creating {
        json["signing"] = text("signing");
        json["secret"] = text("secret");
    }
    json
}

/// Rows of a name and a value. A row without a name is none, unless it has a value.
fn pairs(form: &Form, field: &str, names: &str, values: &str, findings: &mut Findings) -> Value {
    let mut found = Map::new();
    for (name, value) in form.column(names).zip(form.column(values)) {
        match (name, value) {
            ("", "") => {}
            ("", _) => findings.add(field, "a value has no name"),
            (name, value) => {
                if found.insert(name.to_owned(), value.into()).is_some() {
                    findings.add(format!("{field}/{name}"), "given twice");
                }
            }
        }
    }
    found.into()
}

fn rate_limit(form: &Form) -> Value {
    match form.number("rate_limit") {
        Value::Null => Value::Null,
        requests => json!({"requests": requests, "per": form.text("rate_limit_per")}),
    }
}

fn retry_schedule(form: &Form, findings: &mut Findings) -> Value {
    if form.text("retry") != "own" {
        return Value::Null;
    }
    match schedule::read(form.text("retry_schedule")) {
        Ok(seconds) => seconds.into(),
        Err(reasons) => {
            reasons.into_iter().for_each(|reason| findings.add("retry_schedule", reason));
            Value::Null
        }
    }
}

fn auth(form: &Form) -> Value {
    let text = |name: &str| form.text(&format!("auth/{name}")).to_owned();
    let given = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    match form.text("auth_kind") {
        "basic" => json!({"kind": "basic", "username": text("username"), "password": text("password")}),
        "bearer" => json!({"kind": "bearer", "token": text("token")}),
        "oauth2" => json!({
            "kind": "oauth2", "token_url": text("token_url"), "client_id": text("client_id"),
            "client_secret": text("client_secret"), "scope": given("scope"), "client_auth": given("client_auth"),
        }),
        _ => Value::Null,
    }
}

fn client_certificate(form: &Form) -> Value {
    let (certificates, key) = (form.text("client_certificate/certificates"), form.text("client_certificate/key"));
    // Who takes the certificate away means the key too, which stands there masked.
    if certificates.is_empty() && (key.is_empty() || key == MASK) {
        return Value::Null;
    }
    json!({"certificates": certificates, "key": key})
}

/// The form of a webhook as it is. `copied` leaves out what is masked: there is nothing to keep in a new webhook.
pub(super) fn of_view(view: &WebhookView, copied: bool) -> Form {
    let masked = if copied { String::new() } else { MASK.to_owned() };
    let mut pairs: Vec<(&str, String)> = vec![
        ("description", view.description.clone()),
        ("url", view.url.clone()),
        ("channels", view.channels.iter().map(|channel| channel.as_str()).collect::<Vec<_>>().join(" ")),
        ("ca_certificates", view.ca_certificates.clone().unwrap_or_default()),
    ];
    pairs.extend(view.event_types.iter().map(|name| ("event_types", name.clone())));
    for (name, value) in &view.headers {
        pairs.push(("header_name", name.clone()));
        pairs.push(("header_value", if value == MASK { masked.clone() } else { value.clone() }));
    }
    for (name, value) in &view.metadata {
        pairs.push(("metadata_name", name.clone()));
        pairs.push(("metadata_value", value.clone()));
    }
    if let Some(limit) = view.rate_limit {
        pairs.push(("rate_limit", limit.requests.to_string()));
        pairs.push(("rate_limit_per", if limit.per == Period::Minute { "minute" } else { "second" }.to_owned()));
    }
    if view.fifo {
        pairs.push(("fifo", "true".to_owned()));
    }
    if let Some(own) = &view.retry_schedule {
        pairs.push(("retry", "own".to_owned()));
        pairs.push(("retry_schedule", delays(own.iter().copied())));
    }
    if let Some(auth) = &view.auth {
        pairs.extend(auth_fields(auth, &masked));
    }
    if let Some(certificate) = view.client_certificate.as_ref().filter(|_| !copied) {
        pairs.push(("client_certificate/certificates", certificate.certificates.clone()));
        pairs.push(("client_certificate/key", masked));
    }
    Form::of(pairs)
}

fn auth_fields(auth: &TypedAuth, masked: &str) -> Vec<(&'static str, String)> {
    let masked = masked.to_owned();
    match auth {
        TypedAuth::Basic { username, .. } => {
            vec![("auth_kind", "basic".to_owned()), ("auth/username", username.clone()), ("auth/password", masked)]
        }
        TypedAuth::Bearer { .. } => vec![("auth_kind", "bearer".to_owned()), ("auth/token", masked)],
        TypedAuth::Oauth2 { token_url, client_id, scope, client_auth, .. } => vec![
            ("auth_kind", "oauth2".to_owned()),
            ("auth/token_url", token_url.clone()),
            ("auth/client_id", client_id.clone()),
            ("auth/client_secret", masked),
            ("auth/scope", scope.clone().unwrap_or_default()),
            (
                "auth/client_auth",
                if matches!(client_auth, Some(TypedClientAuth::Body)) { "body" } else { "basic" }.to_owned(),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use beckon_domain::rate::RateLimit;
    use beckon_domain::retry::RetrySchedule;
    use beckon_domain::secret::SecretText;
    use beckon_domain::webhook::{Auth, ClientIdentity, Webhook};
    use beckon_testkit::builders::a_webhook;
    use jiff::SignedDuration;

    use super::*;
    use crate::api::webhooks::form::UpdateWebhook;

    fn json(pairs: &[(&str, &str)]) -> (Value, Vec<String>) {
        let mut findings = Findings::default();
        let json = to_json(&Form::of(pairs.iter().copied()), true, &mut findings);
        let wrong =
            findings.into_result(()).err().map(|invalid| invalid.0.into_iter().map(|wrong| wrong.field).collect());
        (json, wrong.unwrap_or_default())
    }

    fn loaded() -> Webhook {
        let mut webhook = a_webhook();
        webhook.headers =
            [("X-Team", "sales"), ("X-Token", "s3cret")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        webhook.metadata = [("owner".to_owned(), "jane".to_owned())].into();
        webhook.rate_limit = Some(RateLimit { requests: 5, per: Period::Minute });
        webhook.fifo = true;
        webhook.retry_schedule =
            Some(RetrySchedule(vec![SignedDuration::from_secs(90), SignedDuration::from_hours(2)]));
        webhook.auth = Some(Auth::Basic { username: "jane".to_owned(), password: SecretText::new("pw") });
        webhook.client_identity =
            Some(ClientIdentity { certificates: "-----PEM".to_owned(), key: SecretText::new("key") });
        webhook
    }

    // behaviour S10 (in part)
    #[test]
    fn a_form_that_was_not_touched_changes_nothing_and_shows_no_secret() {
        let view = WebhookView::of(loaded(), None);
        let form = of_view(&view, false);
        let mut findings = Findings::default();
        let json = to_json(&form, false, &mut findings);
        findings.into_result(()).unwrap();
        assert!(!json.to_string().contains("s3cret") && !json.to_string().contains("\"pw\""), "{json}");
        let shown = serde_json::to_value(&view).unwrap();
        for field in [
            "description",
            "url",
            "event_types",
            "headers",
            "rate_limit",
            "fifo",
            "retry_schedule",
            "metadata",
            "client_certificate",
        ] {
            assert_eq!(json[field], shown[field], "{field}");
        }
        assert_eq!(json["auth"], shown["auth"]);
        assert!(crate::web::form::read::<UpdateWebhook>(&json).is_ok());
    }

    #[test]
    fn a_copy_has_no_masks() {
        let json = to_json(&of_view(&WebhookView::of(loaded(), None), true), true, &mut Findings::default());
        assert_eq!(json["headers"]["X-Token"], "");
        assert_eq!(json["auth"]["password"], "");
        assert_eq!(json["client_certificate"], Value::Null);
    }

    #[test]
    fn nothing_typed_is_the_default() {
        let (json, wrong) = json(&[("url", "https://a.example"), ("retry", "default"), ("auth_kind", "none")]);
        assert_eq!(wrong, [""; 0]);
        for field in
            ["rate_limit", "retry_schedule", "auth", "ca_certificates", "client_certificate", "signing", "secret"]
        {
            assert_eq!(json[field], Value::Null, "{field}");
        }
        assert_eq!(json["headers"], json!({}));
    }

    // behaviour A6 (in part)
    #[test]
    fn what_cannot_be_turned_into_json_is_found_at_its_field() {
        let (json, wrong) = json(&[
            ("header_name", "X-A"),
            ("header_value", "1"),
            ("header_name", "X-A"),
            ("header_value", "2"),
            ("header_name", ""),
            ("header_value", "3"),
            ("retry", "own"),
            ("retry_schedule", "5s, soon"),
        ]);
        assert_eq!(wrong, ["headers/X-A", "headers", "retry_schedule"]);
        assert_eq!(json["retry_schedule"], Value::Null);
    }

    #[test]
    fn an_own_schedule_without_delays_is_one_attempt() {
        assert_eq!(json(&[("retry", "own"), ("retry_schedule", "")]).0["retry_schedule"], json!([]));
    }
}
