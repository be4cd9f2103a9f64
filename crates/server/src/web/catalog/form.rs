//! Defining an event type, and changing it; what its fields are is shown while it is typed.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use beckon_domain::catalog::{EventType, Origin};
use beckon_intake::schema::check_schema;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::entry::fields_of;
use super::show::check_may_define;
use crate::api::event_types::{self as api, ByName, CreateEventType, UpdateEventType};
use crate::app::App;
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};
use crate::web::Failure;
use crate::web::form::{self, Errors, Form};
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, Tone, badge, error_summary, json_block};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// What the fields begin with, so that nobody begins from nothing.
const FIRST_SCHEMA: &str = r#"{
  "type": "object",
  "required": ["id"],
  "properties": {
    "id": { "type": "string", "description": "Which one." }
  }
}"#;
const FIRST_EXAMPLE: &str = r#"{ "id": "in_1042" }"#;
/// Where the preview stands.
const PREVIEW: &str = "preview";

pub(super) async fn new(viewer: Viewer) -> Result<Response, Failure> {
    check_may_define(&viewer)?;
    let typed = Form::of([("schema", FIRST_SCHEMA), ("example", FIRST_EXAMPLE)]);
    Ok(draw(&viewer, None, &typed, &Errors::default()))
}

pub(super) async fn create(State(app): State<App>, viewer: Viewer, typed: Form) -> Result<Response, Failure> {
    check_may_define(&viewer)?;
    let made = match wanted(&typed) {
        Ok(mut wanted) => {
            wanted.insert("name".to_owned(), typed.text("name").into());
            match form::read::<CreateEventType>(&Value::Object(wanted)) {
                Ok(new) => api::create(State(app), viewer.caller, Json(new)).await,
                Err(problem) => Err(problem),
            }
        }
        Err(problem) => Err(problem),
    };
    match made {
        Ok(made) => {
            let path = saying(&format!("/catalog/{}", made.value.name), "created");
            Ok(Redirect::to(&viewer.path(&path)).into_response())
        }
        Err(problem) => Ok(draw(&viewer, None, &typed, &Errors::of(problem)?)),
    }
}

pub(super) async fn edit(
    State(app): State<App>,
    viewer: Viewer,
    Path(ByName { name }): Path<ByName>,
) -> Result<Response, Failure> {
    check_may_define(&viewer)?;
    let event_type = find_own(&app, &viewer, &name).await?;
    let indented = |value: &Option<Value>| {
        value.as_ref().and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
    };
    let (schema, example) = (indented(&event_type.schema), indented(&event_type.example));
    let typed = Form::of([("description", event_type.description), ("schema", schema), ("example", example)]);
    Ok(draw(&viewer, Some(&name), &typed, &Errors::default()))
}

pub(super) async fn update(
    State(app): State<App>,
    viewer: Viewer,
    Path(ByName { name }): Path<ByName>,
    typed: Form,
) -> Result<Response, Failure> {
    check_may_define(&viewer)?;
    find_own(&app, &viewer, &name).await?;
    let changed = match wanted(&typed).and_then(|wanted| form::read::<UpdateEventType>(&Value::Object(wanted))) {
        Ok(change) => api::update(State(app), viewer.caller, Path(ByName { name: name.clone() }), Json(change)).await,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(_) => {
            let path = saying(&format!("/catalog/{name}"), "saved");
            Ok(Redirect::to(&viewer.path(&path)).into_response())
        }
        Err(problem) => Ok(draw(&viewer, Some(&name), &typed, &Errors::of(problem)?)),
    }
}

/// The fields of a schema that is being typed, and whether the example fits.
pub(super) async fn preview(State(app): State<App>, viewer: Viewer, typed: Form) -> Result<Response, Failure> {
    check_may_define(&viewer)?;
    Ok(Html(previewed(&app, &typed).into_string()).into_response())
}

async fn find_own(app: &App, viewer: &Viewer, name: &str) -> Result<EventType, Problem> {
    let event_type = api::find(app, viewer.caller, name).await?;
    match event_type.origin {
        Origin::Workspace => Ok(event_type),
        Origin::BuiltIn => Err(Problem::conflict(format!("{name} is built in: it can be neither changed nor deleted"))),
    }
}

/// What was typed, as the API takes it. What is not JSON is an error of its field.
fn wanted(typed: &Form) -> Result<Map<String, Value>, Problem> {
    let mut findings = beckon_domain::invalid::Findings::default();
    let mut wanted = Map::new();
    wanted.insert("description".to_owned(), typed.text("description").into());
    for field in ["schema", "example"] {
        match typed.given(field).map(serde_json::from_str::<Value>) {
            None => drop(wanted.insert(field.to_owned(), Value::Null)),
            Some(Ok(value)) => drop(wanted.insert(field.to_owned(), value)),
            Some(Err(error)) => findings.add(field, format!("is not JSON: {error}")),
        }
    }
    Ok(findings.into_result(wanted)?)
}

fn previewed(app: &App, typed: &Form) -> Markup {
    let wanted = match wanted(typed) {
        Ok(wanted) => wanted,
        Err(problem) => return not_yet(&problem),
    };
    let given = |field: &str| wanted.get(field).filter(|value| !value.is_null()).cloned();
    let now = app.ambient.now();
    let event_type = EventType {
        // Only schema and example are looked at.
        name: "preview.only".to_owned(),
        description: String::new(),
        schema: given("schema"),
        example: given("example"),
        origin: Origin::Workspace,
        created_at: now,
        updated_at: now,
    };
    match api::check(&event_type) {
        Err(invalid) => not_yet(&Problem::from(invalid)),
        Ok(()) => html! {
            @match (&event_type.schema, &event_type.example) {
                (Some(_), Some(_)) => p.padded { (badge(Tone::Good, "The example fits the schema")) },
                (Some(_), None) => p.padded.muted { "Give an example too: tests send it." },
                (None, _) => {},
            }
            (fields_of(event_type.schema.as_ref()))
            @if event_type.schema.is_none() && let Some(example) = &event_type.example {
                (json_block(example.to_string().as_bytes(), "the example"))
            }
        },
    }
}

fn not_yet(problem: &Problem) -> Markup {
    html! {
        div.padded {
            (badge(Tone::Warn, "Not right yet"))
            ul { @for error in problem.body().errors { li { code { (error.field) } ": " (error.reason) } } }
        }
    }
}

fn draw(viewer: &Viewer, name: Option<&str>, typed: &Form, errors: &Errors) -> Response {
    let (title, path) = match name {
        Some(name) => (format!("Edit {name}"), format!("/catalog/{name}/edit")),
        None => ("New event type".to_owned(), "/catalog/new".to_owned()),
    };
    let back = name.map_or_else(|| "/catalog".to_owned(), |name| format!("/catalog/{name}"));
    let status = match errors {
        errors if errors.is_empty() => StatusCode::OK,
        errors if errors.detail.is_some() => Code::Conflict.status(),
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = Page::new(viewer, Place::Catalog, title).below("Event catalog", "/catalog").status(status);
    let page = match name {
        Some(name) => page.below(name, &back),
        None => {
            page.lead(html! { "Your own systems publish events of it by API; webhooks that listen to it get them." })
        }
    };
    let preview = viewer.path("/catalog/preview");
    let schema = typed.text("schema");
    page.show(html! {
        (error_summary(errors))
        form method="post" action=(viewer.path(&path)) data-preview=(preview) data-preview-into=(PREVIEW) {
            div.halves {
                section.card {
                    h2 { "Definition" }
                    @if name.is_none() {
                        (Field::new("name", "Name").value(typed.text("name")).required().code().placeholder("invoice.paid")
                            .autocomplete("off").errors(errors)
                            .hint(html! { "2 to 5 parts of lower-case letters, digits and _, joined by dots. It cannot be changed later." }).show())
                    }
                    (Field::new("description", "Description").value(typed.text("description")).lines(3).errors(errors)
                        .hint(html! { "When it fires and what it is for." }).show())
                    (Field::new("schema", "JSON Schema").value(typed.raw("schema")).lines(14).code().errors(errors)
                        .hint(html! { "What payloads have to satisfy (draft 2020-12). Empty: any JSON." }).show())
                    (Field::new("example", "Example").value(typed.raw("example")).lines(8).code().errors(errors)
                        .hint(html! { "A believable payload. Tests send it, so it must fit the schema." }).show())
                    div.form-foot {
                        button.primary { @if name.is_some() { "Save" } @else { "Create event type" } }
                        a.button.quiet href=(viewer.path(&back)) { "Cancel" }
                    }
                }
                section.card.flush aria-live="polite" {
                    div.card-head { h2 { "Fields" } span.small.muted { "as they will be shown" } }
                    div id=(PREVIEW) {
                        @match serde_json::from_str::<Value>(schema) {
                            Ok(schema) if check_schema(&schema).is_ok() => (fields_of(Some(&schema))),
                            Ok(_) => p.padded.muted { "As soon as the schema is right, its fields show here." },
                            Err(_) if schema.is_empty() => (fields_of(None)),
                            Err(_) => p.padded.muted { "As soon as the schema is JSON, its fields show here." },
                        }
                    }
                }
            }
        }
    })
}
