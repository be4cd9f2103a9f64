//! What the imports of contacts and companies share: the body, the steps, the report.
//!
//! A file is read where it holds up nobody, and written in small steps, between which signals have their
//! turn; whoever watches hears after each how far it has come. A line that is wrong fails alone. Importing the same
//! file again does no harm.
//! Not here: what a line says (`beckon_intake::import`).

use std::future::Future;
use std::time::Duration;

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::{MediaType, Operation, RequestBody, SchemaObject};
use aide::operation::set_body;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use beckon_domain::id::ListId;
use beckon_domain::invalid::{Invalid, InvalidField};
use beckon_intake::Upserted;
use beckon_intake::import::Line;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use schemars::{JsonSchema, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::audit::as_shown;
use crate::problem::{Code, Problem};

/// How many lines are written in one step.
const STEP_LINES: usize = 500;
/// Most errors listed in a report; it counts them all.
const ERRORS_LISTED_MAX: usize = 1_000;
/// How often one step is tried again when too much is waiting.
const STEP_TRIES_MAX: usize = 5;
/// Longest wait before a step is tried again.
const STEP_WAIT_MAX: Duration = Duration::from_secs(2);

const CSV: &str = "text/csv";

/// A CSV file, as the whole body.
pub(crate) struct CsvFile(pub(crate) Bytes);

impl FromRequest<App> for CsvFile {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<CsvFile, Problem> {
        let given = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        if !given.is_some_and(is_csv) {
            return Err(Problem::new(Code::UnsupportedMediaType, "send the file as text/csv"));
        }
        collect(request.into_body(), app.options.import_bytes_max).await.map(CsvFile)
    }
}

/// Reads a body that is at most so long.
pub(crate) async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Code::PayloadTooLarge, format!("the file is longer than {bytes_max} bytes")))
        }
        Err(_) => Err(Problem::field("file", "the body broke off")),
    }
}

fn is_csv(content_type: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(CSV)
}

impl OperationInput for CsvFile {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let schema = json_schema!({ "type": "string", "description": "A header line that names the columns, then one line each." });
        let schema = SchemaObject { json_schema: schema, example: None, external_docs: None };
        let content = [(CSV.to_owned(), MediaType { schema: Some(schema), ..MediaType::default() })];
        let body = RequestBody { content: content.into_iter().collect(), required: true, ..RequestBody::default() };
        set_body(ctx, operation, body);
    }
}

/// What an import did.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct ImportReport {
    /// How many lines the file has, without its header.
    pub(crate) lines: usize,
    /// How many made something new.
    pub(crate) created: usize,
    /// How many changed, or confirmed, what was there.
    pub(crate) updated: usize,
    /// How many were not taken.
    pub(crate) failed: usize,
    /// What was wrong with those: the first 1000 errors.
    pub(crate) errors: Vec<LineError>,
    /// How many errors there are in all. A line can have several.
    pub(crate) errors_total: usize,
    /// The list that everybody who was taken is on now, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) list_id: Option<ListId>,
}

/// Something wrong with a line.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct LineError {
    /// The line's number in the file; its header is line 1.
    pub(crate) line: u64,
    /// Which column.
    pub(crate) field: String,
    /// What is wrong, and what would be right.
    pub(crate) reason: String,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Progress {
    /// How many lines the file has, without its header.
    pub(crate) lines: usize,
    /// How many of them made something new.
    pub(crate) created: usize,
    /// How many changed, or confirmed, what was there.
    pub(crate) updated: usize,
    /// How many were not taken.
    pub(crate) failed: usize,
}

impl ImportReport {
    /// How far it has come.
    pub(crate) fn progress(&self) -> Progress {
        Progress { lines: self.lines, created: self.created, updated: self.updated, failed: self.failed }
    }

    /// What the audit log says of it.
    pub(crate) fn noted(&self) -> Value {
        let mut noted = as_shown(&self.progress());
        if let Some(list) = self.list_id {
            noted["list_id"] = as_shown(&list);
        }
        noted
    }

    fn fail(&mut self, line: u64, Invalid(fields): Invalid) {
        self.failed += 1;
        self.errors_total += fields.len();
        let room = ERRORS_LISTED_MAX - self.errors.len();
        let errors = fields.into_iter().map(|InvalidField { field, reason }| LineError { line, field, reason });
        self.errors.extend(errors.take(room));
    }

    fn record<T>(&mut self, line: u64, written: Result<Upserted<T>, Invalid>) {
        match written {
            Ok(Upserted { created: true, .. }) => self.created += 1,
            Ok(Upserted { created: false, .. }) => self.updated += 1,
            Err(invalid) => self.fail(line, invalid),
        }
    }
}

/// What a reader of files makes of one.
type Read<U> = Result<Vec<Line<U>>, Invalid>;

/// Reads a file with `read`, off the threads that serve requests.
pub(super) async fn parse<U: Send + 'static>(file: Bytes, read: fn(&[u8]) -> Read<U>) -> Result<Vec<Line<U>>, Problem> {
    match tokio::task::spawn_blocking(move || read(&file)).await {
        Ok(lines) => Ok(lines?),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// What became of the one thing that was written alone.
pub(super) fn only<T>(written: Vec<Result<Upserted<T>, Invalid>>) -> Result<Upserted<T>, Problem> {
    match written.into_iter().next() {
        Some(one) => Ok(one?),
        None => Err(Problem::new(Code::Internal, "something went wrong on our side")),
    }
}

/// Writes lines with `write`, in steps; `watch` hears before the first and after each how far it has come.
///
/// # Errors
/// Only if nothing was written. What goes wrong later is in the report: each line that was not written, and why.
pub(super) async fn import<U, T, W>(
    lines: Vec<Line<U>>,
    write: impl Fn(Vec<U>) -> W,
    mut watch: impl FnMut(&Progress),
) -> Result<ImportReport, Problem>
where
    U: Clone,
    W: Future<Output = Result<Vec<Result<Upserted<T>, Invalid>>, beckon_intake::Error>>,
{
    let mut report = ImportReport { lines: lines.len(), ..ImportReport::default() };
    let mut lines = lines.into_iter();
    let mut failure: Option<beckon_intake::Error> = None;
    loop {
        watch(&report.progress());
        let step: Vec<Line<U>> = lines.by_ref().take(STEP_LINES).collect();
        if step.is_empty() {
            return Ok(report);
        }
        let (mut numbers, mut upserts) = (Vec::with_capacity(step.len()), Vec::with_capacity(step.len()));
        for Line { number, result } in step {
            match (result, &failure) {
                (Err(invalid), _) => report.fail(number, invalid),
                (Ok(_), Some(error)) => report.fail(number, not_reached(error)),
                (Ok(upsert), None) => {
                    numbers.push(number);
                    upserts.push(upsert);
                }
            }
        }
        if upserts.is_empty() {
            continue;
        }
        match write_step(upserts, &write).await {
            Ok(written) => numbers.into_iter().zip(written).for_each(|(line, written)| report.record(line, written)),
            Err(error) if report.created + report.updated == 0 => return Err(error.into()),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an import broke off");
                numbers.into_iter().for_each(|line| report.fail(line, not_reached(&error)));
                failure = Some(error);
            }
        }
    }
}

/// Writes one step, patiently: an import can wait, signals cannot.
async fn write_step<U, T, W>(upserts: Vec<U>, write: impl Fn(Vec<U>) -> W) -> Result<T, beckon_intake::Error>
where
    U: Clone,
    W: Future<Output = Result<T, beckon_intake::Error>>,
{
    for _ in 1..STEP_TRIES_MAX {
        match write(upserts.clone()).await {
            Err(beckon_intake::Error::Overloaded { retry_after }) => {
                tokio::time::sleep(retry_after.min(STEP_WAIT_MAX)).await;
            }
            other => return other,
        }
    }
    write(upserts).await
}

fn not_reached(error: &beckon_intake::Error) -> Invalid {
    let why = match error {
        beckon_intake::Error::Overloaded { .. } => "too much else was waiting",
        beckon_intake::Error::Stopped => "the server was shutting down",
        beckon_intake::Error::Store(_) => "the database failed",
    };
    Invalid::one("", format!("may not have been imported, because {why}: import it again"))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn line(number: u64, result: Result<u64, Invalid>) -> Line<u64> {
        Line { number, result }
    }

    /// Odd numbers are new, multiples of ten are refused.
    fn write(upserts: Vec<u64>) -> Vec<Result<Upserted<()>, Invalid>> {
        let one = |n: u64| {
            if n.is_multiple_of(10) {
                Err(Invalid::one("email", "taken"))
            } else {
                Ok(Upserted { value: (), created: !n.is_multiple_of(2) })
            }
        };
        upserts.into_iter().map(one).collect()
    }

    #[tokio::test]
    async fn a_file_is_written_in_small_steps_and_wrong_lines_fail_alone() {
        let mut lines: Vec<_> = (1..=1_201).map(|n| line(n + 1, Ok(n))).collect();
        lines[2].result = Err(Invalid(vec![
            InvalidField { field: "email".to_owned(), reason: "is no address".to_owned() },
            InvalidField { field: "country".to_owned(), reason: "is too long".to_owned() },
        ]));
        let (steps, seen) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let report = import(
            lines,
            |upserts| {
                steps.borrow_mut().push(upserts.len());
                async { Ok(write(upserts)) }
            },
            |progress| seen.borrow_mut().push(progress.created + progress.updated + progress.failed),
        );
        let report = report.await.unwrap();
        assert_eq!(*seen.borrow(), [0, 500, 1_000, 1_201], "whoever watches sees every step");
        assert_eq!(*steps.borrow(), [499, 500, 201]);
        assert_eq!((report.lines, report.created, report.updated, report.failed), (1_201, 600, 480, 121));
        assert_eq!((report.errors.len(), report.errors_total), (122, 122));
        let first = LineError { line: 4, field: "email".to_owned(), reason: "is no address".to_owned() };
        assert_eq!(report.errors[0], first);
        assert_eq!(report.errors[2].line, 11, "line 11 says 10");
    }

    #[tokio::test]
    async fn the_report_lists_the_first_errors_and_counts_all() {
        let lines = (2..=2_501).map(|n| line(n, Err(Invalid::one("email", "is no address")))).collect();
        let report = import(lines, |upserts: Vec<u64>| async { Ok(write(upserts)) }, |_| {}).await.unwrap();
        assert_eq!((report.failed, report.errors.len(), report.errors_total), (2_500, ERRORS_LISTED_MAX, 2_500));
    }

    #[tokio::test(start_paused = true)]
    async fn an_import_waits_while_signals_go_first() {
        let tries = Cell::new(0);
        let report = import(
            vec![line(2, Ok(1))],
            |upserts| {
                tries.set(tries.get() + 1);
                let busy = tries.get() < 3;
                async move {
                    if busy {
                        Err(beckon_intake::Error::Overloaded { retry_after: Duration::from_secs(1) })
                    } else {
                        Ok(write(upserts))
                    }
                }
            },
            |_| {},
        );
        assert_eq!(report.await.unwrap().created, 1);
        assert_eq!(tries.get(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_import_that_breaks_off_says_which_lines_to_send_again() {
        let lines: Vec<_> = (1..=1_100).map(|n| line(n, Ok(1))).collect();
        let tries = Cell::new(0);
        let report = import(
            lines,
            |upserts| {
                tries.set(tries.get() + 1);
                let stopped = tries.get() == 2;
                async move { if stopped { Err(beckon_intake::Error::Stopped) } else { Ok(write(upserts)) } }
            },
            |_| {},
        );
        let report = report.await.unwrap();
        assert_eq!((report.created, report.failed, tries.get()), (500, 600, 2));
        assert_eq!((report.errors[0].line, report.errors_total), (501, 600));

        let nothing = import(
            vec![line(2, Ok(1))],
            |_| async { Err::<Vec<Result<Upserted<()>, Invalid>>, _>(beckon_intake::Error::Stopped) },
            |_| {},
        );
        assert_eq!(nothing.await.unwrap_err().code(), Code::Overloaded);
    }

    #[test]
    fn only_csv_is_taken() {
        assert!(is_csv("text/csv") && is_csv("Text/CSV; charset=utf-8"));
        assert!(!is_csv("application/json") && !is_csv(""));
    }
}
