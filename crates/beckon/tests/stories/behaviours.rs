//! docs/behaviours.md against the sources: what it says is shown by a test, is; what a test shows, it says.
//!
//! A test says what it shows in a comment, `// behaviour S4` or `// behaviour S4, Q9 (in part)`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::sources::rust_files;

const NOT_YET: &str = "not yet";
const IN_PART: &str = " (in part)";

/// The tests of a behaviour.
#[derive(Default)]
struct Shown {
    names: BTreeSet<String>,
    /// Whether a test shows all of it.
    whole: bool,
}

#[test]
fn docs_behaviours_lists_exactly_the_tests_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shown = tests_by_behaviour(&root.join("crates"));
    let document = root.join("docs/behaviours.md");
    let text = fs::read_to_string(&document).expect("docs/behaviours.md");
    let (renewed, listed) = with_tests(&text, &shown);

    let unknown: Vec<_> = shown.keys().filter(|number| !listed.contains(*number)).collect();
    assert!(unknown.is_empty(), "tests name behaviours that docs/behaviours.md does not have: {unknown:?}");
    if std::env::var_os("UPDATE_BEHAVIOURS").is_some() {
        fs::write(&document, &renewed).expect("docs/behaviours.md is written");
    } else if renewed != text {
        let pairs = text.lines().zip(renewed.lines());
        let wrong: Vec<_> = pairs.filter(|(old, new)| old != new).map(|(_, new)| new).collect();
        panic!(
            "docs/behaviours.md is behind the tests (UPDATE_BEHAVIOURS=1 mends it); these lines should read:\n{wrong:#?}"
        );
    }
}

/// The names of the tests that carry a `// behaviour` comment, by the behaviour's number.
fn tests_by_behaviour(folder: &Path) -> BTreeMap<String, Shown> {
    let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
    for file in rust_files(folder) {
        let text = fs::read_to_string(&file).expect("a source file");
        let mut lines = text.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            let Some(numbers) = line.strip_prefix("// behaviour ") else { continue };
            let name = lines.by_ref().take(6).find_map(function_name);
            let name = name.unwrap_or_else(|| panic!("{}: no test follows {line:?}", file.display()));
            for number in numbers.split(',').map(str::trim) {
                let whole = !number.ends_with(IN_PART);
                let entry = shown.entry(number.trim_end_matches(IN_PART).to_owned()).or_default();
                entry.names.insert(name.clone());
                entry.whole |= whole;
            }
        }
    }
    shown
}

fn function_name(line: &str) -> Option<String> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
    Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

/// The document with its last column as it should be, and the numbers it lists.
fn with_tests(text: &str, shown: &BTreeMap<String, Shown>) -> (String, BTreeSet<String>) {
    let mut listed = BTreeSet::new();
    let renewed = text.lines().map(|line| {
        let Some((number, what)) = row(line) else { return line.to_owned() };
        listed.insert(number.to_owned());
        let tests = shown.get(number).map(|shown| {
            let names: Vec<_> = shown.names.iter().map(|name| format!("`{name}`")).collect();
            format!("{}{}", if shown.whole { "" } else { "in part: " }, names.join("<br>"))
        });
        format!("| {number} | {what} | {} |", tests.unwrap_or_else(|| NOT_YET.to_owned()))
    });
    let renewed: Vec<_> = renewed.collect();
    (renewed.join("\n") + "\n", listed)
}

/// The number and the text of a row of the tables.
fn row(line: &str) -> Option<(&str, &str)> {
    let (number, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
    let is_number = number.len() >= 2
        && number.starts_with(|c: char| c.is_ascii_uppercase())
        && number[1..].bytes().all(|b| b.is_ascii_digit());
    let (what, _) = rest.rsplit_once(" | ")?;
    is_number.then_some((number, what))
}
