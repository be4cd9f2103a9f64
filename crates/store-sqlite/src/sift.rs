//! Walks an index from its newest entries back, and sifts what it gives, so much at a time.
//!
//! Where the filters of a list are not those of an index, most of what an index gives may not fit, or all of it. So a
//! page looks at a bounded number of entries, and says how far it came: it may be short, or empty, and still have one
//! that follows.
//! Promise: pages that follow one another leave nothing out and show nothing twice, however short they are.
//! Not here: which index is walked (`deliveries/list.rs`, `events.rs`).

use beckon_store::{Page, PageRequest, Result};
use rusqlite::Row;

use crate::columns::Columns;
use crate::filter::Conditions;
use crate::paging::{List, begin, cursor, cut, rows_wanted};
use crate::sql::Sql;

/// A place in a walk: the time, the key, and the row if an entry of the index gives several.
pub(crate) type Entry = (i64, i64, i64);

/// How much a page may look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Entries of the index, where that is all that is read of what does not fit.
    pub(crate) entries: i64,
    /// Entries whose rows are read too, to see whether they fit.
    pub(crate) rows: i64,
    /// Entries that are looked at first, before it is asked where the bounds are.
    pub(crate) first: i64,
}

/// Most entries of an index that a page looks at.
const SIFTED_ENTRIES_MAX: i64 = 40_000;
/// Most rows that a page looks at beside those of its first look.
const SIFTED_ROWS_MAX: i64 = 3_000;
/// Entries of a page's first look, which most pages are filled with.
const FIRST_LOOK_ENTRIES: i64 = 1_000;

impl Bounds {
    /// What a page may look at.
    pub(crate) const OF_A_PAGE: Bounds =
        Bounds { entries: SIFTED_ENTRIES_MAX, rows: SIFTED_ROWS_MAX, first: FIRST_LOOK_ENTRIES };
}

/// A way through an index, and what is wanted of what lies there.
pub(crate) struct Sift {
    /// Which list its cursors are of.
    pub(crate) list: List,
    /// The index.
    pub(crate) walked: &'static str,
    /// What is read beside it.
    pub(crate) joined: &'static str,
    /// The time and the key that the index is in the order of.
    pub(crate) order: [&'static str; 2],
    /// What tells apart the rows of an entry that gives several.
    pub(crate) row: Option<&'static str>,
    /// Where the walk goes, as far as it is not a matter of time.
    pub(crate) range: Conditions,
    /// The first moment that is not too early, in milliseconds.
    pub(crate) since: Option<i64>,
    /// The first moment that is too late, in milliseconds.
    pub(crate) until: Option<i64>,
    /// What is wanted that the index has.
    pub(crate) light: Conditions,
    /// What is wanted that only a row has.
    pub(crate) heavy: Conditions,
}

impl Sift {
    /// Whether no more than so many entries lie ahead.
    pub(crate) fn is_shorter_than(&self, sql: &Sql<'_>, page: &PageRequest, entries: i64) -> Result<bool> {
        let from = begin::<Entry>(self.list, page)?;
        Ok(self.entry_after(sql, from, None, entries, false)?.is_none())
    }

    /// A page of `columns`, of which the first are those of the place.
    pub(crate) fn page<T>(
        &self,
        sql: &Sql<'_>,
        columns: &str,
        page: &PageRequest,
        bounds: Bounds,
        mut read: impl FnMut(&Row<'_>) -> Result<(Entry, T)>,
    ) -> Result<Page<T>> {
        let wanted = rows_wanted(page);
        let mut from = begin::<Entry>(self.list, page)?;
        let mut rows = Vec::new();
        let all = if self.light.is_empty() && !self.heavy.is_empty() { bounds.rows } else { bounds.entries };
        let looks = if self.is_exact() { vec![None] } else { vec![Some(bounds.first), Some(all)] };
        let last = looks.len() - 1;
        for (n, entries) in looks.into_iter().enumerate() {
            let mut to = match entries {
                Some(entries) => self.entry_after(sql, from, None, entries, false)?,
                None => None,
            };
            if n == last && !self.heavy.is_empty() && !self.light.is_empty() {
                to = self.entry_after(sql, from, to, bounds.rows, true)?.or(to);
            }
            let missing = wanted - i64::try_from(rows.len()).unwrap_or(i64::MAX);
            rows.extend(self.read(sql, columns, from, to, missing, &mut read)?);
            if rows.len() as i64 >= wanted || to.is_none() {
                return Ok(cut(self.list, page, rows));
            }
            from = to;
        }
        Ok(Page {
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            next: from.map(|place| cursor(self.list, place)),
        })
    }

    /// Whether all that lies in the way fits.
    fn is_exact(&self) -> bool {
        self.light.is_empty() && self.heavy.is_empty()
    }

    /// What fits between two places; what stands at `to` is not looked at any more.
    fn read<T>(
        &self,
        sql: &Sql<'_>,
        columns: &str,
        from: Option<Entry>,
        to: Option<Entry>,
        limit: i64,
        read: &mut impl FnMut(&Row<'_>) -> Result<(Entry, T)>,
    ) -> Result<Vec<(Entry, T)>> {
        let (text, conditions) = self.select(columns, from, to, limit);
        sql.list(&text, conditions.values(), read)
    }

    pub(crate) fn select(
        &self,
        columns: &str,
        from: Option<Entry>,
        to: Option<Entry>,
        limit: i64,
    ) -> (String, Conditions) {
        let mut conditions = self.between(from, to);
        conditions.and_all(&self.light);
        conditions.and_all(&self.heavy);
        let [time, key] = self.order;
        if let (Some(row), Some((at, in_time, last))) = (self.row, from)
            && last != i64::MAX
        {
            conditions.and_place(&[time, key, row], "<", &[at, in_time, last]);
        }
        let row = self.row.map(|row| format!(", {row} DESC")).unwrap_or_default();
        let text = format!(
            "SELECT {columns} FROM {} {} WHERE {} ORDER BY {time} DESC, {key} DESC{row} LIMIT ?",
            self.walked,
            self.joined,
            conditions.text()
        );
        conditions.value(limit);
        (text, conditions)
    }

    /// The entry so many entries behind a place, if it is before another; only those that fit count, if `fitting`.
    /// The place is just before the entry: nothing of it was looked at.
    fn entry_after(
        &self,
        sql: &Sql<'_>,
        from: Option<Entry>,
        to: Option<Entry>,
        entries: i64,
        fitting: bool,
    ) -> Result<Option<Entry>> {
        let (text, conditions) = self.select_entry(from, to, entries, fitting);
        let found = sql.find(&text, conditions.values(), |row| {
            let mut columns = Columns::of("index entry", row);
            Ok((columns.value()?, columns.value()?))
        })?;
        Ok(found.map(|(time, key)| (time, key, i64::MAX)))
    }

    pub(crate) fn select_entry(
        &self,
        from: Option<Entry>,
        to: Option<Entry>,
        entries: i64,
        fitting: bool,
    ) -> (String, Conditions) {
        let mut conditions = self.between(from, to);
        if fitting {
            conditions.and_all(&self.light);
        }
        let [time, key] = self.order;
        let text = format!(
            "SELECT {time}, {key} FROM {} WHERE {} ORDER BY {time} DESC, {key} DESC LIMIT 1 OFFSET ?",
            self.walked,
            conditions.text()
        );
        conditions.value(entries);
        (text, conditions)
    }

    /// The way from behind one place to before another. Of two bounds on the same side only the nearer is given, or the
    /// index might be walked up to the other.
    fn between(&self, from: Option<Entry>, to: Option<Entry>) -> Conditions {
        let [time, key] = self.order;
        let mut conditions = self.range.clone();
        match (from, self.until) {
            (Some((at, ..)), Some(until)) if at >= until => conditions.and(&format!("{time} < ?"), until),
            (None, Some(until)) => conditions.and(&format!("{time} < ?"), until),
            // More of the entry may be to come.
            (Some((at, in_time, row)), _) if self.row.is_some() || row == i64::MAX => {
                conditions.and_place(&[time, key], "<=", &[at, in_time]);
            }
            (Some((at, in_time, _)), _) => conditions.and_place(&[time, key], "<", &[at, in_time]),
            (None, None) => {}
        }
        match (to, self.since) {
            (Some((at, in_time, _)), _) => conditions.and_place(&[time, key], ">", &[at, in_time]),
            (None, Some(since)) => conditions.and(&format!("{time} >= ?"), since),
            (None, None) => {}
        }
        conditions
    }
}
