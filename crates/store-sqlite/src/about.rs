//! Walks the events about some contacts and companies, from the newest back.
//!
//! An index has each one's events in the order of time; a stretch of each is read, and put in one order as far down as
//! nobody's stretch ends. What is wanted besides is seen from the rows, a bounded number of them per page.
//! Promise: pages that follow one another leave nothing out and show nothing twice, however short they are.
//! Not here: what is read of an event (`events.rs`, `deliveries/list.rs`).

use std::collections::BTreeSet;

use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::id::WorkspaceId;
use beckon_store::people::ABOUT_PEOPLE_MAX;
use beckon_store::{Page, PageRequest, Result};
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use crate::columns::Columns;
use crate::filter::whole_millis;
use crate::paging::{List, begin, cursor, cut, rows_wanted};
use crate::people::search::{Effort, Wanted, look};
use crate::people::words::{Found, asked};
use crate::sift::Entry;
use crate::sql::Sql;

/// How far a page reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Most events whose rows are looked at.
    pub(crate) events: usize,
    /// How often a stretch of everybody's is read.
    pub(crate) stretches: usize,
    /// How long such a stretch is, at least.
    pub(crate) stretch_min: usize,
}

impl Reach {
    /// How far a page reaches.
    pub(crate) const OF_A_PAGE: Reach = Reach { events: 3_000, stretches: 4, stretch_min: 20 };
}

/// Those whom a text finds: the newest contacts and companies.
pub(crate) struct People {
    contacts: Vec<Uuid>,
    companies: Vec<Uuid>,
}

impl People {
    /// Finds them; `None` if the text says nothing.
    pub(crate) fn find(sql: &Sql<'_>, workspace: WorkspaceId, text: &str) -> Result<Option<People>> {
        let wanted = Wanted { words: asked(text), company: None };
        if wanted.words.is_empty() {
            return Ok(None);
        }
        Ok(Some(People {
            contacts: newest::<Contact>(sql, workspace, &wanted)?,
            companies: newest::<Company>(sql, workspace, &wanted)?,
        }))
    }

    /// Whether the event of that key is about one of them.
    pub(crate) fn includes(&self, sql: &Sql<'_>, event: i64) -> Result<bool> {
        let who = sql.find("SELECT contact_id, company_id FROM event WHERE seq = ?1", params![event], |row| {
            let mut columns = Columns::of("event", row);
            Ok((columns.value::<Option<Uuid>>()?, columns.value::<Option<Uuid>>()?))
        })?;
        let (contact, company) = who.unwrap_or_default();
        Ok(contact.is_some_and(|id| self.contacts.contains(&id))
            || company.is_some_and(|id| self.companies.contains(&id)))
    }
}

fn newest<T: Found>(sql: &Sql<'_>, workspace: WorkspaceId, wanted: &Wanted) -> Result<Vec<Uuid>> {
    let looked = look::<T>(sql, workspace, wanted, (Uuid::max(), ABOUT_PEOPLE_MAX), Effort::OF_A_PAGE)?;
    Ok(looked.found.into_iter().map(|(id, _)| id).collect())
}

/// A walk through the events about some people.
pub(crate) struct Walk<'s> {
    pub(crate) sql: &'s Sql<'s>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) people: &'s People,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) reach: Reach,
}

/// Events, newest first, of which none is missing down to a place.
struct Stretch {
    events: BTreeSet<(i64, i64)>,
    goes_on_behind: Option<(i64, i64)>,
}

/// An event that the walk has come to.
pub(crate) struct Met {
    /// Its key.
    pub(crate) seq: i64,
    /// Only its rows with a smaller key than this are left to show; none if it is 0.
    pub(crate) rows_before: i64,
    /// Most rows that are wanted of it.
    pub(crate) rows_wanted: i64,
}

impl Walk<'_> {
    /// A page of what `read` gives of the events, in their order.
    pub(crate) fn page<T>(
        &self,
        list: List,
        page: &PageRequest,
        mut read: impl FnMut(Met) -> Result<Vec<(Entry, T)>>,
    ) -> Result<Page<T>> {
        let wanted = rows_wanted(page);
        let resumed = begin::<Entry>(list, page)?;
        // More of the event that was shown last may be to come.
        let mut before = resumed.map_or((i64::MAX, i64::MAX), |(at, seq, _)| (at, seq.saturating_add(1)));
        let mut rows: Vec<(Entry, T)> = Vec::new();
        let mut events = 0;
        for _ in 0..self.reach.stretches {
            let stretch = self.stretch(before)?;
            for (at, seq) in stretch.events.into_iter().rev() {
                let shown = resumed.filter(|(time, key, _)| (*time, *key) == (at, seq));
                let rows_before = shown.map_or(i64::MAX, |(_, _, row)| row);
                let missing = wanted - i64::try_from(rows.len()).unwrap_or(i64::MAX);
                rows.extend(read(Met { seq, rows_before, rows_wanted: missing })?);
                events += 1;
                before = (at, seq);
                if rows.len() as i64 >= wanted {
                    return Ok(cut(list, page, rows));
                }
                if events == self.reach.events {
                    return Ok(short(list, rows, before));
                }
            }
            match stretch.goes_on_behind {
                Some(place) => before = place,
                None => return Ok(cut(list, page, rows)),
            }
        }
        Ok(short(list, rows, before))
    }

    /// The next events before a place.
    fn stretch(&self, before: (i64, i64)) -> Result<Stretch> {
        let People { contacts, companies } = self.people;
        let each = (self.reach.events / (contacts.len() + companies.len()).max(1)).max(self.reach.stretch_min);
        let before = self.until.map_or(before, |until| before.min((whole_millis(until), i64::MIN)));
        let since = self.since.map_or(i64::MIN, whole_millis);
        let mut stretch = Stretch { events: BTreeSet::new(), goes_on_behind: None };
        for (who, ids) in [("contact", contacts), ("company", companies)] {
            let text = stretch_of(who);
            for id in ids {
                let limit = i64::try_from(each).unwrap_or(i64::MAX);
                let events: Vec<(i64, i64)> = self.sql.list(
                    &text,
                    params![self.workspace.uuid(), id, before.0, before.1, since, limit],
                    |row| {
                        let mut columns = Columns::of("index entry", row);
                        Ok((columns.value()?, columns.value()?))
                    },
                )?;
                if events.len() == each {
                    stretch.goes_on_behind = stretch.goes_on_behind.max(events.last().copied());
                }
                stretch.events.extend(events);
            }
        }
        if let Some(place) = stretch.goes_on_behind {
            // Whoever has more may have some in between.
            stretch.events = stretch.events.split_off(&place);
        }
        Ok(stretch)
    }
}

/// The next events about one contact or company.
fn stretch_of(who: &str) -> String {
    format!(
        "SELECT created_at, seq FROM event INDEXED BY event_of_{who}
         WHERE workspace_id = ?1 AND {who}_id = ?2 AND (created_at, seq) < (?3, ?4) AND created_at >= ?5
         ORDER BY created_at DESC, seq DESC LIMIT ?6"
    )
}

/// A page that was given up behind an event.
fn short<T>(list: List, rows: Vec<(Entry, T)>, (at, seq): (i64, i64)) -> Page<T> {
    Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next: Some(cursor(list, (at, seq, 0))) }
}

#[cfg(test)]
mod tests;
