//! Cursors, and cutting what was read into pages.
//!
//! A cursor is the place of a page's last row in the list's order, behind a letter that says which list
//! it is of: one that comes from elsewhere is refused instead of showing some other page.

use beckon_store::page::PAGE_ROWS_MAX;
use beckon_store::{Cursor, Page, PageRequest, Result, StoreError};
use uuid::Uuid;

/// Which list a cursor is of.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum List {
    Webhooks = b'w',
    Segments = b's',
    Events = b'e',
    Deliveries = b'd',
    AttemptsOfDelivery = b'a',
    AttemptsOfWebhook = b'b',
    Contacts = b'c',
    Companies = b'o',
    Signals = b'i',
    ApiKeys = b'k',
    WriteKeys = b'l',
    Jobs = b'j',
    Audit = b'u',
    Suppressions = b'p',
    /// Lists of contacts or companies.
    Named = b'n',
    /// Who is on one of those.
    Listed = b'm',
    /// Go by their events, which is another order than that of other lists of deliveries.
    DeliveriesByEvent = b'f',
}

/// A place in the order of a list.
pub(crate) trait Place: Copy {
    fn write(self, bytes: &mut Vec<u8>);
    fn read(bytes: &[u8]) -> Option<Self>;
}

impl Place for i64 {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_be_bytes());
    }
    fn read(bytes: &[u8]) -> Option<i64> {
        bytes.try_into().ok().map(i64::from_be_bytes)
    }
}

impl Place for (i64, i64, i64) {
    fn write(self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
        self.2.write(bytes);
    }
    fn read(bytes: &[u8]) -> Option<(i64, i64, i64)> {
        let (first, rest) = bytes.split_at_checked(8)?;
        let (second, third) = rest.split_at_checked(8)?;
        Some((i64::read(first)?, i64::read(second)?, i64::read(third)?))
    }
}

impl Place for Uuid {
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.as_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Uuid> {
        Uuid::from_slice(bytes).ok()
    }
}

/// Where the page begins, if not at the beginning.
pub(crate) fn begin<P: Place>(list: List, page: &PageRequest) -> Result<Option<P>> {
    let Some(Cursor(bytes)) = &page.after else { return Ok(None) };
    let place = bytes.split_first().filter(|(tag, _)| **tag == list as u8).and_then(|(_, place)| P::read(place));
    place.map(Some).ok_or_else(|| StoreError::Refused("the cursor is not one of this list".to_owned()))
}

/// How many rows to read for a page: one more than it shows, to know whether another follows.
pub(crate) fn rows_wanted(page: &PageRequest) -> i64 {
    i64::from(page.limit.clamp(1, PAGE_ROWS_MAX)) + 1
}

/// The page, out of as many rows as [`rows_wanted`] asked for.
pub(crate) fn cut<P: Place, T>(list: List, page: &PageRequest, mut rows: Vec<(P, T)>) -> Page<T> {
    let shown = page.limit.clamp(1, PAGE_ROWS_MAX) as usize;
    let more = rows.len() > shown;
    rows.truncate(shown);
    let next = rows.last().filter(|_| more).map(|(place, _)| cursor(list, *place));
    Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next }
}

/// The cursor of a page that begins behind a place.
pub(crate) fn cursor<P: Place>(list: List, place: P) -> Cursor {
    let mut bytes = vec![list as u8];
    place.write(&mut bytes);
    Cursor(bytes)
}

/// Whether the page begins behind a cursor that says it is of that list.
pub(crate) fn is_begun(list: List, page: &PageRequest) -> bool {
    page.after.as_ref().is_some_and(|Cursor(bytes)| bytes.first() == Some(&(list as u8)))
}
