//! The OpenAPI 3.1 document: what the handlers say of themselves, and what all operations have in common.
//!
//! Promise: it is made of the types the handlers read and write, once per process, and needs no server.
//! Each problem an operation can answer is in it: `complete` derives them from what the operation takes.

use std::sync::LazyLock;

use aide::generate::in_context;
use aide::openapi::{Info, OpenApi, SecurityScheme, Server, Tag};
use bytes::Bytes;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::api::{audit_log, lists, members, portal_links};
use crate::auth::API_KEY_SCHEME;
use crate::idempotency;
use crate::problem::{PROBLEM_JSON, ProblemBody};
use crate::{api, operations, tracking};

const DESCRIPTION: &str = "\
Beckon watches a company's website and intent feeds and pushes an event to webhooks the moment a person or \
account qualifies for a segment.

Errors are `application/problem+json` with a stable `code`. Lists answer `data` and `next_cursor` and take `limit` \
and `cursor`; a page can have fewer entries than `limit`, or none, although others follow: only the last page has no \
`next_cursor`. In a PATCH an absent field is kept, `null` clears it and a value sets it. A POST with an \
`Idempotency-Key` can be repeated safely for 24 hours.";

/// The tags and what they are about, in the order of the document.
const TAGS: &[(&str, &str)] = &[
    ("Webhooks", "Where events go, and how."),
    ("Event types", "The catalog of what can be announced: built in, or defined by the workspace."),
    ("Events", "Announcements, each with its frozen payload."),
    ("Deliveries", "One event owed to one webhook, and the requests made for it."),
    ("Jobs", "Work in the background: sending what was missed."),
    ("Segments", "Named rules over contacts or companies."),
    ("Contacts", "People."),
    ("Companies", "Accounts, keyed by domain."),
    ("Identity", "Who is taken for whom, and why."),
    ("Privacy", "Who must not become known."),
    (lists::TAG, "Named lists of contacts or companies, for rules to ask for."),
    ("Intent signals", "Interest shown elsewhere."),
    ("Signals", "What came in last."),
    ("Statistics", "Figures by the hour."),
    ("Settings", "What the workspace sets for itself as a whole."),
    ("Keys", "API keys, which manage, and write keys, which only add signals."),
    (members::TAG, "The people who work with the workspace, and invitations to do so."),
    (portal_links::TAG, "Links that open the webhooks part of the workspace in a page of yours."),
    (audit_log::TAG, "Who changed what."),
    (tracking::TAG, "Signals in the wire format of Segment's client libraries."),
    (operations::TAG, "Whether the process is alive and ready."),
];

static DOCUMENT: LazyLock<Value> = LazyLock::new(build);
static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(DOCUMENT.to_string()));

/// The document.
pub fn openapi() -> Value {
    DOCUMENT.clone()
}

/// The document as it is served.
pub(crate) fn text() -> Bytes {
    TEXT.clone()
}

fn build() -> Value {
    in_context(|ctx| {
        let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "#/components/schemas/".into());
        ctx.schema = settings.into_generator();
        ctx.schema.subschema_for::<ProblemBody>();
    });
    let mut document = OpenApi {
        info: Info {
            title: "Beckon".to_owned(),
            description: Some(DESCRIPTION.to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Info::default()
        },
        servers: vec![Server { url: "/".to_owned(), ..Server::default() }],
        tags: TAGS.iter().map(|(name, about)| tag(name, about)).collect(),
        ..OpenApi::default()
    };
    let routes = api::documented();
    let _router = routes.finish_api_with(&mut document, |api| {
        let scheme = SecurityScheme::Http {
            scheme: "bearer".to_owned(),
            bearer_format: None,
            description: Some("An API key.".to_owned()),
            extensions: Default::default(),
        };
        api.security_scheme(API_KEY_SCHEME, scheme)
            .security_scheme(tracking::SECURITY_SCHEME, tracking::security_scheme())
    });
    let mut document = serde_json::to_value(document).unwrap_or_default();
    complete(&mut document);
    document
}

fn tag(name: &str, about: &str) -> Tag {
    Tag { name: name.to_owned(), description: Some(about.to_owned()), ..Tag::default() }
}

/// Adds to every operation what follows from what it takes: its problems, the key it asks for, and the
/// idempotency key.
fn complete(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item {
            if let Some(operation) = operation.as_object_mut()
                && path.starts_with(api::PREFIX)
            {
                complete_operation(method, operation);
            }
        }
    }
}

fn complete_operation(method: &str, operation: &mut Map<String, Value>) {
    let parameter_in = |place: &str| {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        parameters.is_some_and(|all| all.iter().any(|parameter| parameter["in"] == place))
    };
    let writes = method != "get";
    let posts = method == "post";
    let body = operation.contains_key("requestBody");
    let problems = [
        (body || posts, "400", "The body is not JSON, or could not be read: `invalid_json`."),
        (true, "401", "The API key is missing, malformed, unknown or revoked: `unauthorized_…`."),
        (writes, "403", "Whoever asks may not do this: `forbidden`."),
        (parameter_in("path"), "404", "There is no such thing in this workspace: `not_found`."),
        (
            writes,
            "409",
            "It cannot be done in the state things are in: `conflict`, `webhook_disabled`, \
                         `event_id_taken`, `idempotency_mismatch`.",
        ),
        (body || posts, "413", "The body or a payload is too large: `payload_too_large`."),
        (body, "415", "The body has another media type than this takes: `unsupported_media_type`."),
        (
            body || posts || parameter_in("query"),
            "422",
            "Fields or parameters cannot be taken; `errors` names every one: `invalid_request`.",
        ),
        (true, "500", "A fault of ours: `internal`."),
        (
            true,
            "503",
            "Too much at once, or the database is away; see `Retry-After`: `overloaded`, `store_unavailable`.",
        ),
        (writes, "507", "There is no room to write: `disk_full`."),
    ];
    if posts {
        add_idempotency_key(operation);
    }
    operation.insert("security".to_owned(), json!([{API_KEY_SCHEME: []}]));
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if let Some(responses) = responses.as_object_mut() {
        for (_, status, description) in problems.into_iter().filter(|(possible, ..)| *possible) {
            responses.entry(status).or_insert_with(|| problem(description));
        }
    }
}

fn problem(description: &str) -> Value {
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    json!({"description": description, "content": {PROBLEM_JSON: {"schema": schema}}})
}

fn add_idempotency_key(operation: &mut Map<String, Value>) {
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "Repeat it to be answered the same for 24 hours, without anything being done twice.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": idempotency::KEY_CHARS_MAX,
                "pattern": "^[!-~]+$",
            },
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
        document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
    }

    // behaviour A7
    #[test]
    fn every_operation_is_named_tagged_and_answers_something() {
        let document = openapi();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let tags: BTreeSet<_> = TAGS.iter().map(|(name, _)| *name).collect();
        let mut ids = BTreeSet::new();
        for (name, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no operationId"));
            assert!(ids.insert(id.to_owned()), "{id} names two operations");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            let tag = operation["tags"][0].as_str().unwrap_or_else(|| panic!("{name} has no tag"));
            assert!(tags.contains(tag), "{name}: the tag {tag} is not described");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2')), "{name} answers nothing");
        }
        assert!(ids.len() > 20, "{ids:?}");
    }

    // behaviour A8
    #[test]
    fn no_body_of_the_api_takes_unknown_fields() {
        let document = openapi();
        let mut bodies = 0;
        for (name, operation) in operations(&document).filter(|(name, _)| name.contains(" /api/v1/")) {
            let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") else { continue };
            let schema = match schema["$ref"].as_str() {
                Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
                None => schema,
            };
            assert_eq!(schema["additionalProperties"], false, "{name} takes unknown fields");
            bodies += 1;
        }
        assert!(bodies > 10, "{bodies} bodies");
    }

    /// Routes made with `api_route` are in the document; `route` is for the document itself and its page, and for the
    /// pixel: a script, and what only that sends.
    // behaviour A7
    #[test]
    fn every_route_of_the_api_is_in_the_document() {
        let mut waiting = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut bare = BTreeSet::new();
        while let Some(path) = waiting.pop() {
            // The web pages are for people.
            if path.ends_with("web") || path.ends_with("web.rs") {
                continue;
            }
            if path.is_dir() {
                waiting.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let served = text.split("#[cfg(test)]").next().unwrap();
            if [".route(", ".route_service(", ".nest_service("].iter().any(|bare| served.contains(bare)) {
                bare.insert(path.file_name().unwrap().to_owned());
            }
        }
        assert_eq!(
            bare,
            BTreeSet::from(["document.rs".into(), "pixel.rs".into()]),
            "these serve what the document does not have"
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi();
        let mut waiting = vec![&document];
        let mut seen = 0;
        while let Some(value) = waiting.pop() {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        let pointer = reference.strip_prefix('#').expect("only local references");
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                        seen += 1;
                    }
                    waiting.extend(fields.values());
                }
                Value::Array(items) => waiting.extend(items),
                _ => {}
            }
        }
        assert!(seen > 20);
    }

    #[test]
    fn every_schema_compiles_and_fits_its_examples() {
        let document = openapi();
        let mut examples = 0;
        for (name, described) in document["components"]["schemas"].as_object().unwrap() {
            let mut schema = document["components"].clone();
            schema = json!({"components": schema, "$ref": format!("#/components/schemas/{name}")});
            let schema = jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
            for example in described["examples"].as_array().into_iter().flatten() {
                schema.validate(example).unwrap_or_else(|error| panic!("{name}: {error}"));
                examples += 1;
            }
        }
        assert!(examples > 5, "{examples} examples");
    }
}
