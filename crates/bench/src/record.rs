//! All that was measured, as JSON.

use serde_json::{Value, json};

use crate::figure::Figures;
use crate::machine::Machine;
use crate::section::Section;

/// The whole record: every run of every row.
pub(crate) fn record(machine: &Machine, limit: f64, sections: &[(&str, Section)]) -> Value {
    let sections: Vec<Value> = sections.iter().map(|(case, section)| of_section(case, section)).collect();
    json!({ "machine": machine, "limit_per_second": limit, "cases": sections })
}

fn of_section(case: &str, section: &Section) -> Value {
    let rows: Vec<Value> = section
        .rows
        .iter()
        .map(|row| {
            let runs: Vec<Value> = row.runs.iter().map(of_figures).collect();
            json!({ "name": row.name, "median": of_figures(row.figures()), "runs": runs })
        })
        .collect();
    json!({ "case": case, "title": section.title, "notes": section.notes, "rows": rows })
}

fn of_figures(figures: &Figures) -> Value {
    figures
        .iter()
        .map(|(figure, value)| (figure.key().to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
