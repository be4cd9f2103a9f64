//! The words that contacts and companies are found by, and keeping them.
//!
//! A word is a run of letters and digits in lower case; an address is one as a whole too. They are kept in a table of their
//! own, beside the rows they come from, and written only where they changed.
//! Promise: who is written is found by what they are now, who is erased leaves no word behind.
//! Not here: finding (`search.rs`). Whoever changes what somebody's words are fills the table anew with a migration.

use std::collections::BTreeSet;

use beckon_domain::company::{Company, Domain};
use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, WorkspaceId};
use beckon_domain::identity::merge::emails;
use beckon_store::Result;
use rusqlite::params;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::columns::Columns;
use crate::sql::Sql;

/// Most words that somebody is found by; those of a long title may be left out.
const WORDS_MAX: usize = 32;
/// Longest word, in characters: what is longer is cut, here and where it is looked for.
const WORD_CHARS_MAX: usize = 64;

/// Writes down one word.
pub(crate) const INSERT: &str =
    "INSERT INTO search_word (workspace_id, kind, word, id) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

/// Somebody who is found by words.
pub(crate) trait Found: DeserializeOwned {
    /// The column `kind`.
    const KIND: i64;
    /// The table they are in.
    const TABLE: &'static str;
    /// The words they are found by.
    fn words(&self) -> BTreeSet<String>;
    /// The company they work for.
    fn company(&self) -> Option<CompanyId>;
}

impl Found for Contact {
    const KIND: i64 = 0;
    const TABLE: &'static str = "contact";

    fn words(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for email in emails(self).map(Email::as_str) {
            words.insert(word(&email.to_lowercase()));
            add(&mut words, email);
        }
        let profile = &self.profile;
        for text in [&profile.first_name, &profile.last_name, &profile.company, &profile.title].into_iter().flatten() {
            add(&mut words, text);
        }
        words
    }

    fn company(&self) -> Option<CompanyId> {
        self.company_id
    }
}

impl Found for Company {
    const KIND: i64 = 1;
    const TABLE: &'static str = "company";

    fn words(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for text in [self.domain.as_ref().map(Domain::as_str), self.profile.name.as_deref()].into_iter().flatten() {
            add(&mut words, text);
        }
        words
    }

    fn company(&self) -> Option<CompanyId> {
        None
    }
}

fn add(words: &mut BTreeSet<String>, text: &str) {
    for run in runs(&text.to_lowercase()) {
        if words.len() < WORDS_MAX {
            words.insert(run);
        }
    }
}

fn runs(lower: &str) -> impl Iterator<Item = String> {
    lower.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()).map(word)
}

fn word(text: &str) -> String {
    text.chars().take(WORD_CHARS_MAX).collect()
}

/// The beginnings of words that a text asks for. An address, or the beginning of one, is asked for as a whole.
pub(crate) fn asked(text: &str) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for part in text.to_lowercase().split_whitespace() {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric() && c != '@').trim_start_matches('@');
        if part.contains('@') {
            asked.insert(word(part));
        } else {
            asked.extend(runs(part));
        }
    }
    asked
}

/// Whether each of what was asked for begins one of the words.
pub(super) fn fit(words: &BTreeSet<String>, asked: &BTreeSet<String>) -> bool {
    asked.iter().all(|asked| words.range(asked.clone()..).next().is_some_and(|word| word.starts_with(asked.as_str())))
}

/// Brings somebody's words to what they are `after`; to none if they go. The table still has them as they were.
pub(crate) fn change<T: Found>(sql: &Sql<'_>, workspace: WorkspaceId, id: Uuid, after: Option<&T>) -> Result<()> {
    let text = format!("SELECT doc FROM {} WHERE workspace_id = ?1 AND id = ?2", T::TABLE);
    let doc = sql.find(&text, params![workspace.uuid(), id], |row| Columns::of(T::TABLE, row).value::<String>())?;
    let before = match doc.map(|doc| serde_json::from_str::<T>(&doc)) {
        None => BTreeSet::new(),
        Some(Ok(before)) => before.words(),
        Some(Err(_unreadable)) => {
            // Nothing tells which words they were: all are looked through, which hardly ever happens.
            let text = "DELETE FROM search_word WHERE workspace_id = ?1 AND kind = ?2 AND id = ?3";
            sql.run(text, params![workspace.uuid(), T::KIND, id])?;
            BTreeSet::new()
        }
    };
    let after = after.map(T::words).unwrap_or_default();
    for gone in before.difference(&after) {
        sql.run(
            "DELETE FROM search_word WHERE workspace_id = ?1 AND kind = ?2 AND word = ?3 AND id = ?4",
            params![workspace.uuid(), T::KIND, gone, id],
        )?;
    }
    for new in after.difference(&before) {
        sql.run(INSERT, params![workspace.uuid(), T::KIND, new, id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_asks_for_the_beginnings_of_words() {
        let words = |text: &str| asked(text).into_iter().collect::<Vec<_>>();
        assert_eq!(words("  Jane  DOE "), ["doe", "jane"]);
        assert_eq!(words("Acme, Inc. (Ltd)"), ["acme", "inc", "ltd"]);
        assert_eq!(words("jane.doe@Acme.com"), ["jane.doe@acme.com"]);
        assert_eq!(words("@acme.com"), ["acme", "com"]);
        assert_eq!(words("jane@"), ["jane@"]);
        assert_eq!(words("--- ."), [""; 0]);
        assert_eq!(words(&"x".repeat(200)), ["x".repeat(WORD_CHARS_MAX)]);
    }

    #[test]
    fn somebody_has_a_bounded_number_of_words() {
        let jane = beckon_testkit::builders::a_contact();
        let words: Vec<_> = jane.words().into_iter().collect();
        let wanted = ["acme", "com", "corp", "doe", "example", "jane", "jane.doe@example.com", "manager", "marketing"];
        assert_eq!(words, wanted);
        let mut verbose = jane;
        verbose.profile.title = Some((0..1_000).map(|n| format!("w{n} ")).collect());
        assert_eq!(verbose.words().len(), WORDS_MAX);
        assert!(fit(&verbose.words(), &asked("jane doe acme w1")));
    }

    #[test]
    fn each_word_asked_for_must_begin_one() {
        let words = beckon_testkit::builders::a_contact().words();
        for text in ["", "j", "JANE d", "jane.doe@ex", "acme corp marketing", "jane jan"] {
            assert!(fit(&words, &asked(text)), "{text}");
        }
        for text in ["ane", "jane x", "jane.doe@ax", "janes"] {
            assert!(!fit(&words, &asked(text)), "{text}");
        }
    }
}
