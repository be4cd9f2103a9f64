//! Which ids say who somebody is, and which are what programs write when they don't know.

/// What broken clients send in place of an id, in lower case. (The lists of Segment Unify and PostHog, in
/// their documentation on identity.)
const PLACEHOLDERS: &[&str] = &[
    "-1",
    "[object object]",
    "anonymous",
    "distinct_id",
    "distinctid",
    "email",
    "false",
    "guest",
    "id",
    "nan",
    "nil",
    "none",
    "not_authenticated",
    "null",
    "true",
    "undefined",
    "unknown",
    "void",
];

/// What the keys of visitors begin with who are known by a user id only.
const OF_USER: &str = "user:";

/// How long the longest of them is, in characters.
const PLACEHOLDER_CHARS_MAX: usize = "not_authenticated".len();

/// The id, trimmed; `None` if it is blank or names nobody, so that strangers don't become one person.
pub(crate) fn usable(id: &str) -> Option<&str> {
    let id = id.trim();
    // Lower case never has fewer characters.
    let is_short = id.chars().nth(PLACEHOLDER_CHARS_MAX).is_none();
    let placeholder = is_short && PLACEHOLDERS.contains(&id.to_lowercase().as_str());
    // Also "", "0", "---" and the all-zero UUID.
    let blank = id.chars().all(|c| matches!(c, '0' | '-'));
    (!placeholder && !blank).then_some(id)
}

/// Whether a visitor's key is that of a person whose server sends no anonymous id.
pub(crate) fn is_of_user(visitor_key: &str) -> bool {
    visitor_key.starts_with(OF_USER)
}

/// The key of the visitor who sends no anonymous id: a server that only knows the person.
pub(crate) fn visitor_key_of_user(user_id: &str) -> String {
    format!("{OF_USER}{user_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_names_nobody_is_absent() {
        for id in [
            "",
            " ",
            "0",
            "000",
            "-",
            "--0-",
            "-1",
            "null",
            "NULL",
            "Anonymous",
            "guest",
            "undefined",
            "[object Object]",
            "NaN",
            "none",
            "true",
            "False",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(usable(id), None, "{id:?}");
        }
    }

    #[test]
    fn no_placeholder_is_longer_than_is_looked_at() {
        assert_eq!(PLACEHOLDERS.iter().map(|word| word.chars().count()).max(), Some(PLACEHOLDER_CHARS_MAX));
    }

    #[test]
    fn an_id_is_taken_as_it_is_without_space_around_it() {
        for id in ["u1", "10", "-2", "nullable", "jane@acme.com"] {
            assert_eq!(usable(&format!(" {id} ")), Some(id));
        }
    }
}
