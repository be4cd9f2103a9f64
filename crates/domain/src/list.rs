//! Named lists of contacts or of companies, which rules of segments ask for.
//!
//! A list holds people or accounts, never both; its name is taken once among those of its kind, whatever the case.
//! Not here: who is on a list (the store), and what a rule makes of it ([`crate::segment::rule`]).

use jiff::Timestamp;

use crate::id::ListId;
use crate::segment::Subject;

/// Longest name of a list, in characters.
pub const LIST_NAME_CHARS_MAX: usize = 100;
/// Most lists of a workspace.
pub const LISTS_MAX: usize = 1_000;

/// A named list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// What people call it.
    pub name: String,
    /// Whether it holds contacts or companies.
    pub subject: Subject,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last renamed.
    pub updated_at: Timestamp,
}

/// The form of a name in which two that differ by case alone are the same.
pub fn name_key(name: &str) -> String {
    name.to_lowercase()
}
