//! The command line.

use std::path::PathBuf;

use anyhow::Context;

/// Runs of each case, unless told otherwise.
const RUNS: usize = 3;
/// Most runs taken.
const RUNS_MAX: usize = 99;

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) runs: usize,
    /// The program to measure, instead of the one built beside this one.
    pub(crate) server: Option<PathBuf>,
    /// A data directory with a long history, or an empty one to be filled, instead of one made for the purpose.
    pub(crate) history: Option<PathBuf>,
    /// Names of cases; all if empty.
    pub(crate) cases: Vec<String>,
}

impl Options {
    /// Reads the command line; `known` are the cases there are.
    pub(crate) fn read(words: impl IntoIterator<Item = String>, known: &[&str]) -> anyhow::Result<Options> {
        let mut options = Options { runs: RUNS, server: None, history: None, cases: Vec::new() };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--runs" => {
                    let text = value()?;
                    options.runs = text
                        .parse()
                        .ok()
                        .filter(|runs| (1..=RUNS_MAX).contains(runs))
                        .with_context(|| format!("--runs: a number from 1 to {RUNS_MAX}, this is {text:?}"))?;
                }
                "--server" => options.server = Some(absolute(&word, &value()?)?),
                "--history" => options.history = Some(absolute(&word, &value()?)?),
                name if known.contains(&name) => options.cases.push(word),
                name => anyhow::bail!(
                    "{name:?} is no case: there are {}; options are --runs N, --server PROGRAM, --history DIRECTORY",
                    known.join(", ")
                ),
            }
        }
        Ok(options)
    }
}

/// A path from the root: the server runs in a directory of its own.
fn absolute(option: &str, path: &str) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{option}: a path, this is {path:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> anyhow::Result<Options> {
        Options::read(line.split_whitespace().map(str::to_owned), &["idle", "latency"])
    }

    #[test]
    fn cases_are_named_among_options() {
        let all = Options { runs: RUNS, server: None, history: None, cases: vec![] };
        assert_eq!(read("").unwrap(), all);
        let one = read("--runs 1 idle --server ./beckon --history ./data").unwrap();
        let here = std::env::current_dir().unwrap();
        let (server, history) = (Some(here.join("beckon")), Some(here.join("data")));
        assert_eq!(one, Options { runs: 1, server, history, cases: vec!["idle".to_owned()] });
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        let error = read("idel").unwrap_err().to_string();
        assert!(error.contains("\"idel\"") && error.contains("idle, latency"), "{error}");
        for wrong in ["--runs", "--runs 0", "--runs many", "--runs 100"] {
            assert!(read(wrong).unwrap_err().to_string().contains("--runs"), "{wrong}");
        }
    }
}
