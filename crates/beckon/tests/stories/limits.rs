//! docs/limits.md against the sources: every named limit is there, with its value and what it says of itself.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::sources::rust_files;

const HEAD: &str = "\
# Limits

Everything that can grow has a limit. These are all of them, as the code names them; a test
(`docs_limits_lists_every_named_limit`) keeps this table, and rewrites it when run with `UPDATE_LIMITS=1`. Those that an
operator can set are in `beckon serve --help`; the values here are then the defaults or the bounds.
";
/// What ends the name of a limit.
const ENDINGS: [&str; 6] = ["_MAX", "_MIN", "_TIMEOUT", "_EVERY", "_AFTER", "_DAYS"];

#[test]
fn docs_limits_lists_every_named_limit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let document = root.join("docs/limits.md");
    let mut should = HEAD.to_owned();
    for part in ["domain", "store", "store-sqlite", "intake", "delivery", "server", "beckon"] {
        let limits: Vec<_> = rust_files(&root.join("crates").join(part).join("src"))
            .iter()
            .filter(|file| !file.to_string_lossy().contains("test"))
            .flat_map(|file| limits_in(&fs::read_to_string(file).expect("a source file")))
            .collect();
        write!(should, "\n## {part}\n\n| limit | value | what |\n| --- | --- | --- |\n").expect("a string");
        for limit in limits {
            writeln!(should, "| `{}` | `{}` | {} |", limit.name, limit.value, limit.what).expect("a string");
        }
    }
    if std::env::var_os("UPDATE_LIMITS").is_some() {
        fs::write(&document, &should).expect("docs/limits.md is written");
    }
    let is = fs::read_to_string(&document).expect("docs/limits.md");
    assert_eq!(is, should, "docs/limits.md is behind the code: UPDATE_LIMITS=1 mends it");
}

struct Limit {
    name: String,
    value: String,
    what: String,
}

fn limits_in(text: &str) -> Vec<Limit> {
    let mut limits = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.trim().strip_prefix("///") {
            said.push(comment.trim());
            continue;
        }
        if let Some((name, value)) = constant(line)
            && ENDINGS.iter().any(|ending| name.ends_with(ending))
        {
            assert!(!said.is_empty(), "the limit {name} does not say what it is");
            let what = said.join(" ").replace('|', "\\|");
            limits.push(Limit { name: name.to_owned(), value: value.to_owned(), what });
        }
        said.clear();
    }
    limits
}

/// Name and value of a constant at the outermost level.
fn constant(line: &str) -> Option<(&str, &str)> {
    let at = line.find("const ").filter(|at| *at == 0 || line[..*at].starts_with("pub"))?;
    let (declared, value) = line[at + "const ".len()..].split_once(" = ")?;
    let (name, _) = declared.split_once(':')?;
    Some((name, value.strip_suffix(';')?))
}
