//! Finds contacts and companies, newest first.
//!
//! Of the words of a text, one that few have gives all who may fit, and the rest is seen from their rows. If all are
//! common, whoever is newest is looked at one after the other: then many fit.
//! Promise: a page looks at a bounded number of entries and rows, so it may be short, or empty, and still have one that
//! follows; pages that follow one another leave nobody out.
//! Not here: the words (`words.rs`).

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use beckon_domain::id::{CompanyId, WorkspaceId};
use beckon_store::{Page, PageRequest, Result};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::words::{Found, fit};
use crate::columns::Columns;
use crate::paging::{List, begin, cursor, cut, rows_wanted};
use crate::sql::Sql;

/// How much a page may look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// A word that more entries have than that is common.
    pub(crate) common_entries: usize,
    /// Most rows that are looked at, to see whether they fit.
    pub(crate) rows: usize,
}

impl Effort {
    /// What a page may look at.
    pub(crate) const OF_A_PAGE: Effort = Effort { common_entries: 10_000, rows: 2_000 };
}

/// So many words of a text are asked for, the longest: those that fewest have, most likely.
const WORDS_TRIED: usize = 4;

/// Who is wanted. All conditions hold together.
#[derive(Default)]
pub(crate) struct Wanted {
    /// Only those who have words that begin like these.
    pub(crate) words: BTreeSet<String>,
    /// Only contacts of this company.
    pub(crate) company: Option<CompanyId>,
}

/// Those who were found, and where it was given up to look for more, if it was.
pub(crate) struct Looked<T> {
    pub(crate) found: Vec<(Uuid, T)>,
    given_up_at: Option<Uuid>,
    last: Option<Uuid>,
    rows_left: usize,
}

/// A page of those who are wanted.
pub(super) fn page<T: Found>(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    list: List,
    wanted: &Wanted,
    page: &PageRequest,
) -> Result<Page<T>> {
    page_within(sql, workspace, list, wanted, page, Effort::OF_A_PAGE)
}

fn page_within<T: Found>(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    list: List,
    wanted: &Wanted,
    page: &PageRequest,
    effort: Effort,
) -> Result<Page<T>> {
    let before = begin(list, page)?.unwrap_or(Uuid::max());
    let limit = usize::try_from(rows_wanted(page)).unwrap_or(usize::MAX);
    let looked = look::<T>(sql, workspace, wanted, (before, limit), effort)?;
    Ok(match looked.given_up_at {
        Some(last) => {
            Page { rows: looked.found.into_iter().map(|(_, noun)| noun).collect(), next: Some(cursor(list, last)) }
        }
        None => cut(list, page, looked.found),
    })
}

/// The newest who are wanted: before an id, and at most so many.
pub(crate) fn look<T: Found>(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    wanted: &Wanted,
    (before, limit): (Uuid, usize),
    effort: Effort,
) -> Result<Looked<T>> {
    let mut looked = Looked { found: Vec::new(), given_up_at: None, last: None, rows_left: effort.rows };
    let workspace = workspace.uuid();
    if let Some(candidates) = candidates::<T>(sql, workspace, &wanted.words, effort.common_entries)? {
        let text = format!("SELECT doc FROM {} WHERE workspace_id = ?1 AND id = ?2", T::TABLE);
        for id in candidates.into_iter().filter(|id| *id < before) {
            let noun = sql.find(&text, params![workspace, id], |row| Columns::of(T::TABLE, row).json::<T>())?;
            if noun.is_some_and(|noun| looked.at(id, noun, wanted, limit).is_break()) {
                break;
            }
        }
        return Ok(looked);
    }
    // One more tells whether there are any.
    let rows = if wanted.words.is_empty() { limit } else { effort.rows + 1 };
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let read = |row: &Row<'_>| {
        let mut columns = Columns::of(T::TABLE, row);
        let (id, noun) = (columns.value()?, columns.json::<T>()?);
        Ok(looked.at(id, noun, wanted, limit))
    };
    match wanted.company {
        Some(company) => sql.scan(
            "SELECT id, doc FROM contact INDEXED BY contact_of_company
             WHERE workspace_id = ?1 AND company_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4",
            params![workspace, company.uuid(), before, rows],
            read,
        )?,
        None => {
            let text = format!(
                "SELECT id, doc FROM {} WHERE workspace_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
                T::TABLE
            );
            sql.scan(&text, params![workspace, before, rows], read)?;
        }
    }
    Ok(looked)
}

impl Wanted {
    /// Whether somebody is wanted.
    pub(super) fn fits<T: Found>(&self, noun: &T) -> bool {
        self.company.is_none_or(|company| noun.company() == Some(company))
            && (self.words.is_empty() || fit(&noun.words(), &self.words))
    }
}

impl<T: Found> Looked<T> {
    /// Looks at one more, unless it is enough.
    fn at(&mut self, id: Uuid, noun: T, wanted: &Wanted, limit: usize) -> ControlFlow<()> {
        if self.rows_left == 0 {
            self.given_up_at = self.last;
            return ControlFlow::Break(());
        }
        self.rows_left -= 1;
        self.last = Some(id);
        if wanted.fits(&noun) {
            self.found.push((id, noun));
        }
        if self.found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// All who have a word that few have, newest first; `None` if all words are common, or there are none.
fn candidates<T: Found>(
    sql: &Sql<'_>,
    workspace: Uuid,
    words: &BTreeSet<String>,
    common_entries: usize,
) -> Result<Option<Vec<Uuid>>> {
    let mut tried: Vec<&String> = words.iter().collect();
    tried.sort_by_key(|word| Reverse(word.len()));
    tried.truncate(WORDS_TRIED);
    let mut fewest: Option<Vec<Uuid>> = None;
    for word in tried {
        let most = fewest.as_ref().map_or(common_entries, Vec::len);
        let entries: Vec<Uuid> = sql.list(
            "SELECT id FROM search_word WHERE workspace_id = ?1 AND kind = ?2 AND word >= ?3 AND word < ?4 LIMIT ?5",
            // No character comes after the last one, so all that begin with the word are between the two.
            params![
                workspace,
                T::KIND,
                word,
                format!("{word}{}", char::MAX),
                i64::try_from(most + 1).unwrap_or(i64::MAX)
            ],
            |row| Columns::of("word", row).value(),
        )?;
        if entries.len() <= most {
            fewest = Some(entries);
        }
    }
    Ok(fewest.map(|mut ids| {
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.dedup();
        ids
    }))
}

#[cfg(test)]
mod tests;
