//! Sections as tables on a terminal.

use std::fmt::Write as _;

use crate::figure::{Figure, UNKNOWN};
use crate::section::Section;

/// Least width of the column of names.
const NAME_WIDTH_MIN: usize = 36;

/// A section as text.
pub(crate) fn table(section: &Section) -> String {
    let mut columns: Vec<Figure> = section.rows.iter().flat_map(|row| row.figures().keys().copied()).collect();
    columns.sort_unstable();
    columns.dedup();
    let cells: Vec<Vec<String>> = section
        .rows
        .iter()
        .map(|row| {
            let cell =
                |figure: &Figure| row.figures().get(figure).map_or(UNKNOWN.to_owned(), |value| figure.text(*value));
            columns.iter().map(cell).collect()
        })
        .collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| {
            let heads = columns[at].head().map(|line| line.chars().count()).into_iter();
            heads.chain(cells.iter().map(|row| row[at].chars().count())).max().unwrap_or_default()
        })
        .collect();
    let names = section.rows.iter().map(|row| row.name.chars().count());
    let name_width = names.max().unwrap_or_default().max(NAME_WIDTH_MIN);

    let mut text = format!("{}\n", section.title);
    for note in &section.notes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {note}");
    }
    let mut line = |name: &str, cells: Vec<&str>| {
        let _ = write!(text, "  {name:<name_width$}");
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    };
    for at in 0..2 {
        line("", columns.iter().map(|figure| figure.head()[at]).collect());
    }
    for (row, cells) in section.rows.iter().zip(&cells) {
        line(&row.name, cells.iter().map(String::as_str).collect());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figures;
    use crate::section::Row;

    #[test]
    fn columns_are_what_any_row_has_and_what_is_missing_is_a_dash() {
        let row = |name: &str, figures: Figures| Row { name: name.to_owned(), runs: vec![figures], median: 0 };
        let section = Section {
            title: "A title".to_owned(),
            notes: vec!["A note.".to_owned()],
            rows: vec![
                row("fast", Figures::from([(Figure::PerSecond, 12_345.0), (Figure::P99, 1.5)])),
                row("idle", Figures::from([(Figure::Rss, 17.2)])),
            ],
        };
        let text = table(&section);
        let words: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[0], ["A", "title"]);
        assert_eq!(words[1], ["A", "note."]);
        assert_eq!(words[2], ["rate", "memory", "p99"]);
        assert_eq!(words[3], ["/s", "MiB", "ms"]);
        assert_eq!(words[4], ["fast", "12,345", "-", "1.50"]);
        assert_eq!(words[5], ["idle", "-", "17", "-"]);
        let ends: Vec<usize> = text.lines().skip(2).map(|line| line.chars().count()).collect();
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    }
}
