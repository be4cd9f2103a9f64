//! Importing a CSV file: the page that asks for it, and what is answered.
//!
//! With scripts the file is posted as `text/csv`, and the answer is a line of JSON for each step and a last one with the
//! report; without, a form is posted, and the page with the report is the answer. An import that has begun goes on when
//! the page is closed.
//! Not here: reading and writing the lines (`api/imports.rs`).

mod form_data;
mod report;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use beckon_domain::segment::Subject;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use serde_json::json;
use tokio::sync::mpsc;

use super::failure::Failure;
use super::form::Errors;
use super::page::{Page, Place};
use super::parts::{Field, card, error_summary};
use super::people;
use super::viewer::Viewer;
use crate::api::imports::{self, ImportReport, Progress};
use crate::api::lists::Onto;
use crate::app::App;
use crate::problem::{Code, Problem};

/// The field of the form that holds the file.
const FILE: &str = "file";
/// The field, and the parameter, that names a list.
const LIST: &str = "list";
/// How many lines of progress may wait for a browser that reads slowly; what comes on top is left out.
const PROGRESS_WAITING_MAX: usize = 16;

/// What is imported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Where in the navigation.
    pub(super) place: Place,
    /// What the list is called.
    pub(super) list: &'static str,
    /// Where the list is.
    pub(super) path: &'static str,
    /// The columns, as the importer knows them: name and what it holds.
    pub(super) columns: &'static [(&'static str, &'static str)],
    /// A line of a file, to begin with.
    pub(super) example: &'static str,
    /// Which lists they can be put on.
    pub(super) subject: Subject,
}

/// What the browser sent.
pub(super) struct Upload {
    /// The file.
    pub(super) file: Bytes,
    /// The list they are put on, if one was named.
    pub(super) onto: Onto,
    /// Whether it reads lines of progress.
    watches: bool,
}

/// What came, and as what list it was to be kept, so that a form that is shown again has it.
pub(super) struct Received {
    upload: Result<Upload, Problem>,
    list: String,
}

/// Reads what was sent, in either form.
pub(super) async fn receive(app: &App, request: Request) -> Received {
    let asked = list_asked(request.uri().query());
    match read(app, request).await {
        Ok((file, watches, list)) => {
            let list = list.unwrap_or(asked);
            let onto = Onto { list: Some(list.clone()) };
            Received { upload: file.map(|file| Upload { file, onto, watches }), list }
        }
        Err(problem) => Received { upload: Err(problem), list: asked },
    }
}

/// The list that an address names.
pub(super) fn list_asked(query: Option<&str>) -> String {
    people::query(query).text(LIST).to_owned()
}

/// The file, whether lines of progress are read, and the list, if the form has one.
async fn read(app: &App, request: Request) -> Result<(Result<Bytes, Problem>, bool, Option<String>), Problem> {
    let kind = text(request.headers(), CONTENT_TYPE.as_str()).to_owned();
    let body = imports::collect(request.into_body(), app.options.import_bytes_max).await?;
    if kind.to_ascii_lowercase().starts_with("text/csv") {
        return Ok((Ok(body), true, None));
    }
    let boundary = form_data::boundary(&kind);
    let boundary = boundary.ok_or_else(|| Problem::new(Code::UnsupportedMediaType, "send the file with the form"))?;
    let list = form_data::find_part(&body, &boundary, LIST).map(|name| String::from_utf8_lossy(&name).into_owned());
    let file = match form_data::find_part(&body, &boundary, FILE) {
        None => Err(Problem::field(FILE, "choose a CSV file")),
        Some(file) if file.is_empty() => {
            Err(Problem::field(FILE, "choose a CSV file: this one is empty, or none was chosen"))
        }
        Some(file) => Ok(file),
    };
    Ok((file, false, list))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The page that asks, with a list filled in.
pub(super) fn ask(viewer: &Viewer, kind: Kind, list: &str, errors: &Errors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let body = html! {
        div.columns {
            div.stack { (form(viewer, kind, list, errors)) div #import-report.stack aria-live="polite" {} }
            (help(viewer, kind))
        }
    };
    page(viewer, kind).status(status).show(body)
}

fn page(viewer: &Viewer, kind: Kind) -> Page<'_> {
    let title = format!("Import {}", kind.list.to_lowercase());
    let lead = html! { "A line that is wrong fails alone. Importing the same file again does no harm." };
    Page::new(viewer, kind.place, title).below(kind.list, kind.path).lead(lead)
}

fn form(viewer: &Viewer, kind: Kind, list: &str, errors: &Errors) -> Markup {
    let wrong = errors.at(FILE);
    let described = if wrong.is_some() { "file-hint file-error" } else { "file-hint" };
    html! {
        section.card {
            form method="post" action=(viewer.path(&format!("{}/import", kind.path))) enctype="multipart/form-data" data-import="import-report" {
                (error_summary(errors))
                div.field {
                    label for="file" { "CSV file" }
                    span.hint id="file-hint" { "Choose a file, or drop it on the field. The first line names the columns." }
                    input.drop #file type="file" name=(FILE) accept=".csv,text/csv" required aria-describedby=(described)
                        aria-invalid=[wrong.is_some().then_some("true")];
                    @if let Some(wrong) = wrong { span.error id="file-error" { (wrong) } }
                }
                (Field::new(LIST, "Put them on a list").value(list).placeholder("Target accounts").autocomplete("off").list("lists").errors(errors)
                    .hint(html! { "Only if you want to: the name of a list. If there is none of that name, it is made." }).show())
                datalist #lists {
                    @for known in viewer.workspace.lists.iter().filter(|known| known.subject == kind.subject) { option value=(known.name) {} }
                }
                div.progress hidden data-import-progress {
                    progress value="0" max="1" aria-label="Progress of the import" {}
                    span role="status" { "Uploading…" }
                }
                div.form-foot {
                    button.primary { "Import" }
                    a.button.quiet href=(viewer.path(kind.path)) { "Cancel" }
                }
            }
        }
    }
}

fn help(viewer: &Viewer, kind: Kind) -> Markup {
    card(
        "Columns",
        html! {
            p.small.muted { "In any order, in any case, with spaces or " code { "_" } " between words. Any other column becomes a trait. An empty cell keeps what is known." }
            dl.facts.tall { @for (name, about) in kind.columns { dt { code { (name) } } dd { (about) } } }
            div.actions { a.button.small href=(viewer.path(&format!("{}/import/template.csv", kind.path))) download { "Download template" } }
        },
    )
}

/// A file with the columns and a line to show how.
pub(super) fn template(kind: Kind) -> Response {
    let names: Vec<&str> = kind.columns.iter().map(|(name, _)| *name).collect();
    let disposition = format!("attachment; filename=\"{}.csv\"", kind.list.to_lowercase());
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, format!("{}\r\n{}\r\n", names.join(","), kind.example)).into_response()
}

/// Imports what was sent with `import`, which gets the file and somewhere to tell how far it has come.
pub(super) async fn take<F>(
    viewer: &Viewer,
    kind: Kind,
    received: Received,
    import: impl FnOnce(Bytes, Onto, Watch) -> F,
) -> Result<Response, Failure>
where
    F: Future<Output = Result<ImportReport, Problem>> + Send + 'static,
{
    let Received { upload, list: named } = received;
    let Upload { file, onto, watches } = match upload {
        Ok(upload) => upload,
        Err(problem) => return Ok(ask(viewer, kind, &named, &Errors::of(problem)?)),
    };
    let (sender, receiver) = mpsc::channel(PROGRESS_WAITING_MAX);
    // On a task of its own, so that it goes on when nobody waits for the answer any more.
    let importing = tokio::spawn(import(file, onto, Watch(sender.clone())));
    let ways =
        report::Ways { list: kind.list.to_lowercase(), path: viewer.path(kind.path), lists: viewer.path("/lists") };
    if watches {
        return Ok(watched(importing, sender, receiver, ways));
    }
    drop(receiver);
    match importing.await.unwrap_or_else(|error| Err(Problem::internal(&error))) {
        Ok(report) => Ok(page(viewer, kind).show(html! { div.stack { (report::show(&report, &ways)) } })),
        Err(problem) => Ok(ask(viewer, kind, &named, &Errors::of(problem)?)),
    }
}

/// Tells a browser how far an import has come. Never waits for it.
pub(super) struct Watch(mpsc::Sender<String>);

impl Watch {
    /// Tells it.
    pub(super) fn tell(&self, progress: &Progress) {
        // A browser that is behind, or gone, misses a step of the way, not the report.
        let _ = self.0.try_send(line(&json!({ "progress": progress })));
    }
}

fn line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

/// Lines of JSON: `progress` for each step, and at the end `html`, or `problem`.
fn watched(
    importing: tokio::task::JoinHandle<Result<ImportReport, Problem>>,
    sender: mpsc::Sender<String>,
    receiver: mpsc::Receiver<String>,
    ways: report::Ways,
) -> Response {
    tokio::spawn(async move {
        let last = match importing.await.unwrap_or_else(|error| Err(Problem::internal(&error))) {
            Ok(report) => json!({ "html": report::show(&report, &ways).into_string() }),
            Err(problem) => {
                let body = problem.body();
                let reasons: Vec<_> = body.errors.iter().map(|error| error.reason.as_str()).collect();
                json!({ "problem": if reasons.is_empty() { body.detail.clone() } else { reasons.join("; ") } })
            }
        };
        // Who has gone does not hear it.
        let _ = sender.send(line(&last)).await;
    });
    let lines = stream::unfold(receiver, async |mut receiver| {
        let line = receiver.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(line), receiver))
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}
