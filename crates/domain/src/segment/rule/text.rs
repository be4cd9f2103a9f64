//! Texts that compare without case.

use std::borrow::Cow;

/// A text of a rule, kept as typed and ready to be compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    typed: String,
    /// In lower case. A rule is read once and compared often.
    folded: String,
}

impl Text {
    /// Makes one.
    pub fn new(typed: impl Into<String>) -> Text {
        let typed = typed.into();
        Text { folded: typed.to_lowercase(), typed }
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// In lower case, as [`fold`] makes it.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether `other` is this text.
    pub fn equals(&self, other: &str) -> bool {
        if other.is_ascii() { other.eq_ignore_ascii_case(&self.folded) } else { other.to_lowercase() == self.folded }
    }

    /// Whether this text is somewhere in `other`.
    pub fn is_in(&self, other: &str) -> bool {
        let needle = self.folded.as_bytes();
        if needle.is_empty() {
            true
        } else if other.is_ascii() {
            other.as_bytes().windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle))
        } else {
            other.to_lowercase().contains(&self.folded)
        }
    }

    /// Whether `other` starts with this text.
    pub fn starts(&self, other: &str) -> bool {
        let needle = self.folded.as_bytes();
        if other.is_ascii() {
            other.as_bytes().get(..needle.len()).is_some_and(|start| start.eq_ignore_ascii_case(needle))
        } else {
            other.to_lowercase().starts_with(&self.folded)
        }
    }

    /// Whether `other` ends with this text.
    pub fn ends(&self, other: &str) -> bool {
        let needle = self.folded.as_bytes();
        if other.is_ascii() {
            let from = other.len().checked_sub(needle.len());
            from.is_some_and(|from| other.as_bytes()[from..].eq_ignore_ascii_case(needle))
        } else {
            other.to_lowercase().ends_with(&self.folded)
        }
    }
}

/// A text in the form in which texts that differ by case alone are the same.
pub fn fold(text: &str) -> Cow<'_, str> {
    let is_folded = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_folded { text.into() } else { text.to_lowercase().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_no_difference_in_any_alphabet() {
        for (rule, fact) in [("vp", "VP"), ("ÉTÉ", "été"), ("ВП", "вп"), ("k", "\u{212A}")] {
            let text = Text::new(rule);
            assert!(text.equals(fact) && text.is_in(fact) && text.starts(fact) && text.ends(fact), "{rule} {fact}");
        }
    }

    #[test]
    fn a_part_is_found_where_it_is_and_nowhere_else() {
        let text = Text::new("Mark");
        assert!(text.is_in("head of marketing") && text.is_in("ÉTÉ MARKETING"));
        assert!(!text.is_in("mar") && !text.is_in("é mar") && !text.is_in(""));
        assert!(text.starts("MARKETING") && !text.starts("Remark") && !text.starts("ma"));
        assert!(text.ends("reMARK") && !text.ends("marks") && !text.ends("rk"));
        assert!(!Text::new("é").is_in("e"));
    }
}
