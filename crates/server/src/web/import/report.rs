//! What an import did, and which lines it did not take.

use maud::{Markup, html};

use crate::api::imports::{ImportReport, LineError};
use crate::web::parts::{Tone, note, number, row_cell, stat, table};

/// Most errors shown on the page; the file has all that were listed.
const SHOWN_MAX: usize = 100;

/// Where a report leads.
pub(super) struct Ways {
    /// What was imported.
    pub(super) list: String,
    /// Where they are now.
    pub(super) path: String,
    /// Below which path lists are.
    pub(super) lists: String,
}

/// The report.
pub(super) fn show(report: &ImportReport, ways: &Ways) -> Markup {
    let Ways { list, path, lists } = ways;
    let tone = if report.failed == 0 { Tone::Good } else { Tone::Warn };
    let title = if report.failed == 0 { "Imported" } else { "Imported, but not every line" };
    html! {
        (note(tone, title, html! { (number(report.lines as u64)) " lines were read." }, Some(html! {
            @if let Some(id) = report.list_id { a.button.small href={ (lists) "/" (id) } { "Show the list" } }
            a.button.small href=(path) { "Show " (list) }
        })))
        dl.stats {
            (stat("Created", &number(report.created as u64), None))
            (stat("Updated", &number(report.updated as u64), None))
            (stat("Failed", &number(report.failed as u64), None))
        }
        @if !report.errors.is_empty() { (errors(report, list)) }
    }
}

fn errors(report: &ImportReport, list: &str) -> Markup {
    let rows = html! {
        @for error in report.errors.iter().take(SHOWN_MAX) {
            tr {
                (row_cell("Line", html! { (error.line) }))
                (row_cell("Field", html! { code { (error.field) } }))
                (row_cell("What is wrong", html! { (error.reason) }))
            }
        }
    };
    let shown = report.errors.len().min(SHOWN_MAX);
    html! {
        section.card.flush {
            div.card-head {
                h2 { "Lines that were not taken" }
                div.actions { a.button.small href=(as_link(&report.errors)) download={ (list) "-errors.csv" } { "Download the errors as CSV" } }
            }
            (table("Lines that were not taken", &["Line", "Field", "What is wrong"], rows))
            @if report.errors_total > shown { div.table-foot { "The first " (shown) " of " (number(report.errors_total as u64)) " errors." } }
        }
    }
}

/// The errors as a file, inside its own address, so that nothing need be kept for it.
fn as_link(errors: &[LineError]) -> String {
    let mut csv = "line,field,reason\r\n".to_owned();
    for LineError { line, field, reason } in errors {
        csv.push_str(&format!("{line},{},{}\r\n", cell(field), cell(reason)));
    }
    // Everything but letters and digits written in code: what is not could end the address.
    let encoded: String = csv
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("data:text/csv;charset=utf-8,{encoded}")
}

/// A cell (RFC 4180). What a spreadsheet would take for a formula is made plain text: it comes from somebody's file.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_are_a_file_that_runs_nothing() {
        let error = LineError { line: 4, field: "=HYPERLINK(1)".to_owned(), reason: "\"x\", no".to_owned() };
        let link = as_link(&[error]);
        let bytes = link.strip_prefix("data:text/csv;charset=utf-8,").unwrap();
        let pairs = format!("a={}", bytes);
        let (_, csv) = url::form_urlencoded::parse(pairs.as_bytes()).next().unwrap();
        assert_eq!(csv, "line,field,reason\r\n4,\"'=HYPERLINK(1)\",\"\"\"x\"\", no\"\r\n");
    }

    #[test]
    fn what_stood_in_the_file_is_escaped() {
        let error = LineError { line: 2, field: "<b>".to_owned(), reason: "<script>".to_owned() };
        let report =
            ImportReport { lines: 1, failed: 1, errors: vec![error], errors_total: 1, ..ImportReport::default() };
        let ways = Ways { list: "contacts".to_owned(), path: "/contacts".to_owned(), lists: "/lists".to_owned() };
        let shown = show(&report, &ways).into_string();
        assert!(shown.contains("&lt;script&gt;") && !shown.contains("<script>"), "{shown}");
    }
}
