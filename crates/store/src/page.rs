//! Lists, a page at a time.

/// Most rows a page can have.
pub const PAGE_ROWS_MAX: u32 = 250;
/// Rows a page has when nobody says.
pub const PAGE_ROWS_DEFAULT: u32 = 50;

/// Where a page begins: opaque outside the engine that made it, and only good for the list it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Vec<u8>);

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Most rows wanted, `1..=PAGE_ROWS_MAX`.
    pub limit: u32,
    /// Begin behind this; `None` begins at the newest.
    pub after: Option<Cursor>,
}

impl Default for PageRequest {
    fn default() -> PageRequest {
        PageRequest { limit: PAGE_ROWS_DEFAULT, after: None }
    }
}

/// A page of a list, newest first unless the list says otherwise.
///
/// Following `next` until it is `None` shows every row that was there at the beginning exactly once,
/// whatever is added meanwhile. A page of a list with filters may be short, or empty, and still have a `next`: it was
/// given up looking for what fits, and goes on there.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}
