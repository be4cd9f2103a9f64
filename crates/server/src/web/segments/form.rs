//! Making and editing a segment, with a preview beside it.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use beckon_domain::id::SegmentId;
use beckon_domain::segment::{Action, Segment, Subject};
use http::StatusCode;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::template::Template;
use super::{find, members, words};
use crate::api::segments::{self, FrequencyForm, NewSegment, PreviewForm, PreviewView, SegmentChange};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form, read};
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, card, choice, choice_card, error_summary};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// Where a form that is filled in asks for its preview.
const PREVIEW: &str = "/segments/preview";
/// The element that shows it.
const PREVIEW_INTO: &str = "segment-preview";

/// The form as it is filled in.
struct Filled {
    /// The segment that is edited; `None` for a new one.
    id: Option<SegmentId>,
    name: String,
    subject: String,
    /// JSON, or what somebody typed as such.
    rule: String,
    enabled: bool,
    webhook: bool,
    frequency: String,
    cooldown: String,
}

impl Filled {
    fn blank() -> Filled {
        Filled {
            id: None,
            name: String::new(),
            subject: "contact".to_owned(),
            rule: indented(&json!({"all": []})),
            enabled: true,
            webhook: true,
            frequency: "every_visit".to_owned(),
            cooldown: "24h".to_owned(),
        }
    }

    fn of_template(template: &Template) -> Filled {
        let (name, subject) = (template.title.to_owned(), subject_name(template.subject).to_owned());
        Filled { name, subject, rule: indented(&template.rule()), ..Filled::blank() }
    }

    fn of_segment(segment: &Segment) -> Filled {
        let frequency = FrequencyForm::from(segment.frequency);
        let blank = Filled::blank();
        Filled {
            id: Some(segment.id),
            name: segment.name.clone(),
            subject: subject_name(segment.subject).to_owned(),
            rule: indented(&segment.rule.to_json()),
            enabled: segment.enabled,
            webhook: segment.actions.contains(&Action::Webhook),
            frequency: frequency.0.as_str().unwrap_or("cooldown").to_owned(),
            cooldown: frequency.cooldown().map_or(blank.cooldown, str::to_owned),
        }
    }

    fn of_form(id: Option<SegmentId>, form: &Form) -> Filled {
        Filled {
            id,
            name: form.raw("name").to_owned(),
            subject: form.text("subject").to_owned(),
            rule: form.raw("rule").to_owned(),
            enabled: form.has("enabled"),
            webhook: form.all("actions").any(|action| action == "webhook"),
            frequency: form.text("frequency").to_owned(),
            cooldown: form.text("frequency/cooldown").to_owned(),
        }
    }

    /// What the API takes.
    fn to_json(&self) -> Value {
        let frequency = match self.frequency.as_str() {
            "cooldown" => json!({ "cooldown": self.cooldown }),
            word => json!(word),
        };
        json!({
            "name": self.name,
            "subject": self.subject,
            "rule": read_json(&self.rule).unwrap_or(Value::Null),
            "enabled": self.enabled,
            "actions": if self.webhook { vec!["webhook"] } else { vec![] },
            "frequency": frequency,
        })
    }

    /// What the API said, with what it could not know: that the rule was no JSON at all.
    fn errors(&self, problem: Problem) -> Result<Errors, Failure> {
        let problem = match read_json(&self.rule) {
            Ok(_) => problem,
            Err(reason) => problem.saying("rule", &reason),
        };
        Errors::of(problem)
    }
}

pub(super) async fn blank(viewer: Viewer) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let query = viewer.here.split_once('?').map_or("", |(_, query)| query);
    let query = Form::of(url::form_urlencoded::parse(query.as_bytes()));
    let filled = Template::find(query.text("template")).map_or_else(Filled::blank, Filled::of_template);
    Ok(page(&viewer, &filled, &Errors::default(), None, StatusCode::OK))
}

pub(super) async fn edit(viewer: Viewer, Path(ById { id }): Path<ById<SegmentId>>) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let filled = Filled::of_segment(find(&viewer.workspace, id)?);
    Ok(page(&viewer, &filled, &Errors::default(), None, StatusCode::OK))
}

pub(super) async fn create(state: State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let filled = Filled::of_form(None, &form);
    if form.has("preview") {
        return page_with_preview(state, &viewer, &filled).await;
    }
    let made = match read::<NewSegment>(&filled.to_json()) {
        Ok(new) => segments::create(state, viewer.caller, Json(new)).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(made) => saved(&viewer, made.value.id, "created"),
        Err(problem) => again(&viewer, &filled, problem),
    }
}

pub(super) async fn change(
    state: State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<SegmentId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    find(&viewer.workspace, id)?;
    let filled = Filled::of_form(Some(id), &form);
    if form.has("preview") {
        return page_with_preview(state, &viewer, &filled).await;
    }
    let changed = match read::<SegmentChange>(&filled.to_json()) {
        Ok(change) => segments::change(state, viewer.caller, Path(ById { id }), Json(change)).await,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(_) => saved(&viewer, id, "saved"),
        Err(problem) => again(&viewer, &filled, problem),
    }
}

fn saved(viewer: &Viewer, id: SegmentId, said: &str) -> Result<Response, Failure> {
    Ok(Redirect::to(&viewer.path(&saying(&format!("/segments/{id}"), said))).into_response())
}

fn again(viewer: &Viewer, filled: &Filled, problem: Problem) -> Result<Response, Failure> {
    let errors = filled.errors(problem)?;
    Ok(page(viewer, filled, &errors, None, StatusCode::UNPROCESSABLE_ENTITY))
}

/// The fragment that stands beside the form: the rule in words, and who it holds for.
pub(super) async fn preview(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let id = form.given("id").and_then(|text| text.parse().ok());
    let filled = Filled::of_form(id, &form);
    Ok(Html(look(&app, &viewer, &filled).await?.into_string()).into_response())
}

async fn page_with_preview(State(app): State<App>, viewer: &Viewer, filled: &Filled) -> Result<Response, Failure> {
    let preview = look(&app, viewer, filled).await?;
    Ok(page(viewer, filled, &Errors::default(), Some(preview), StatusCode::OK))
}

async fn look(app: &App, viewer: &Viewer, filled: &Filled) -> Result<Markup, Failure> {
    let rule = match read_json(&filled.rule) {
        Ok(rule) => rule,
        Err(reason) => return Ok(what_is_wrong(&filled.errors(Problem::field("rule", reason))?)),
    };
    let looked = match read::<PreviewForm>(&json!({ "subject": filled.subject, "rule": rule })) {
        Ok(form) => {
            segments::preview_of(app, viewer.caller.workspace_id, filled.id, &form).await.map(|seen| (form, seen))
        }
        Err(problem) => Err(problem),
    };
    match looked {
        Ok((form, seen)) => Ok(what_was_seen(viewer, form.subject, &seen)),
        Err(problem) => Ok(what_is_wrong(&Errors::of(problem)?)),
    }
}

fn what_was_seen(viewer: &Viewer, subject: Subject, seen: &PreviewView) -> Markup {
    html! {
        p.rule-sentence { (seen.sentence) }
        (members::members(viewer, subject, seen))
    }
}

/// Every wrong part of the rule, with its place for `rule.js` to show it there.
fn what_is_wrong(errors: &Errors) -> Markup {
    html! {
        p { strong { "The rule is not finished" } }
        ul {
            @for error in errors.all() {
                li data-wrong-at=(error.field.strip_prefix("rule").unwrap_or(&error.field)) data-wrong=(error.reason) {
                    code { (error.field) } ": " (error.reason)
                }
            }
            @if let Some(detail) = &errors.detail { li { (detail) } }
        }
    }
}

fn page(viewer: &Viewer, filled: &Filled, errors: &Errors, preview: Option<Markup>, status: StatusCode) -> Response {
    let old = filled.id.and_then(|id| find(&viewer.workspace, id).ok());
    let (title, button) =
        if old.is_some() { ("Edit segment", "Save segment") } else { ("New segment", "Create segment") };
    let path = match filled.id {
        Some(id) => format!("/segments/{id}/edit"),
        None => "/segments/new".to_owned(),
    };
    let back = filled.id.map_or("/segments".to_owned(), |id| format!("/segments/{id}"));
    let body = html! {
        form #segment-form method="post" action=(viewer.path(&path)) data-preview=(viewer.path(PREVIEW)) data-preview-into=(PREVIEW_INTO) {
            (error_summary(errors))
            @if let Some(id) = filled.id { input type="hidden" name="id" value=(id); }
            div.columns.wide-side {
                div.stack {
                    (card("Segment", whom(filled, errors)))
                    (card("Rule", rule(viewer, filled, errors)))
                    (card("When somebody fits it", what_happens(filled, errors)))
                    div.form-foot {
                        button.primary { (button) }
                        a.button.quiet href=(viewer.path(&back)) { "Cancel" }
                    }
                }
                div.side-by {
                    (card("Preview", html! {
                        div.stack #(PREVIEW_INTO) aria-live="polite" {
                            @match preview {
                                Some(preview) => { (preview) }
                                None => { p.muted { "Who it holds for now shows here." } }
                            }
                        }
                        button.small name="preview" value="1" data-preview-button { "Preview" }
                    }))
                }
            }
        }
    };
    let mut page = Page::new(viewer, Place::Segments, title).below("Segments", "/segments").status(status);
    if let Some(old) = old {
        page = page.below(&old.name, format!("/segments/{}", old.id));
    }
    page.show(body)
}

fn whom(filled: &Filled, errors: &Errors) -> Markup {
    html! {
        (Field::new("name", "Name").required().value(&filled.name).placeholder("High intent – ABM contacts").errors(errors).show())
        (Field::new("subject", "Who it is about").value(&filled.subject).errors(errors)
            .hint(html! { "Contacts are people you know. A company segment speaks of visitors nobody knows, from a company that is known." })
            .select([("contact", "Contacts"), ("company", "Companies")]))
    }
}

fn rule(viewer: &Viewer, filled: &Filled, errors: &Errors) -> Markup {
    html! {
        div.stack data-rule-editor data-rule-words=(words::for_editor(&viewer.workspace, filled.id)) {
            (Field::new("rule", "Rule as JSON").code().lines(14).required().value(&filled.rule).errors(errors)
                .hint(html! {
                    "A tree of " code { "all" } ", " code { "any" } " and " code { "not" } " over " code { "prop" } ", "
                    code { "visited" } ", " code { "intent" } ", " code { "segment" } ", " code { "icp" } " and " code { "list" } "."
                })
                .show())
        }
    }
}

fn what_happens(filled: &Filled, errors: &Errors) -> Markup {
    let card = |value: &str, words: &str, hint: &str| {
        choice_card("frequency", value, filled.frequency == value, html! { (words) }, Some(hint))
    };
    html! {
        div.choices {
            (choice("actions", "webhook", filled.webhook, html! { "Tell webhooks" }, Some("Its webhook action: an event for every webhook that listens to it.")))
            (choice("enabled", "true", filled.enabled, html! { "Enabled" }, Some("Nobody qualifies for a segment that is not.")))
        }
        fieldset {
            legend { "How often for the same one" }
            div.choice-cards {
                (card("every_visit", "Every visit", "Once in each visit, and for each intent."))
                (card("first_visit", "Only the first time", "Once ever."))
                (card("cooldown", "With a pause", "Once, then not again for the pause."))
            }
        }
        (Field::new("frequency/cooldown", "Pause").value(&filled.cooldown).placeholder("24h").errors(errors)
            .hint(html! { "Minutes, hours or days: " code { "30m" } ", " code { "24h" } ", " code { "7d" } ". Only used with a pause." }).show())
    }
}

fn subject_name(subject: Subject) -> &'static str {
    match subject {
        Subject::Contact => "contact",
        Subject::Company => "company",
    }
}

fn read_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))
}

fn indented(rule: &Value) -> String {
    serde_json::to_string_pretty(rule).unwrap_or_default()
}
