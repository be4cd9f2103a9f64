//! Lists, a page at a time: `limit` and `cursor` in, `data` and `next_cursor` out.
//!
//! Promise: a cursor is only taken by the list that gave it; anything else is refused by name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beckon_domain::invalid::Invalid;
use beckon_store::page::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use beckon_store::{Cursor, Page, PageRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How much of a cursor ties it to its list, in bytes.
const SEAL_BYTES: usize = 6;

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Most entries wanted; 50 if not given.
    #[schemars(range(min = 1, max = 250))]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The page of the list called `list`, or which parameter is wrong.
    pub fn request(&self, list: &str) -> Result<PageRequest, Invalid> {
        let limit = self.limit.unwrap_or(PAGE_ROWS_DEFAULT);
        if !(1..=PAGE_ROWS_MAX).contains(&limit) {
            return Err(Invalid::one("limit", format!("between 1 and {PAGE_ROWS_MAX}, this is {limit}")));
        }
        let after = self.cursor.as_deref().map(|text| open(list, text)).transpose()?;
        Ok(PageRequest { limit, after })
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Paged<T> {
    /// The entries. If little fits the filters there can be fewer than `limit`, or none, although others follow.
    pub data: Vec<T>,
    /// Give this as `cursor` to get the next page; null on the last one, and on no other.
    pub next_cursor: Option<String>,
}

impl<T> Paged<T> {
    /// A page of the list called `list`, each row shown by `show`.
    pub fn of<R>(list: &str, page: Page<R>, show: impl FnMut(R) -> T) -> Paged<T> {
        Paged {
            data: page.rows.into_iter().map(show).collect(),
            next_cursor: page.next.map(|cursor| close(list, &cursor)),
        }
    }
}

fn close(list: &str, Cursor(bytes): &Cursor) -> String {
    let mut sealed = seal(list, bytes).to_vec();
    sealed.extend_from_slice(bytes);
    URL_SAFE_NO_PAD.encode(sealed)
}

fn open(list: &str, text: &str) -> Result<Cursor, Invalid> {
    let foreign = || Invalid::one("cursor", "not a cursor of this list: give next_cursor of the page before");
    let sealed = URL_SAFE_NO_PAD.decode(text).ok().ok_or_else(foreign)?;
    let (found, bytes) = sealed.split_at_checked(SEAL_BYTES).ok_or_else(foreign)?;
    if found != seal(list, bytes) {
        return Err(foreign());
    }
    Ok(Cursor(bytes.to_vec()))
}

/// Not a secret, only a check: a cursor gives nobody anything they could not list anyway.
fn seal(list: &str, bytes: &[u8]) -> [u8; SEAL_BYTES] {
    let digest = Sha256::new().chain_update(list).chain_update([0]).chain_update(bytes).finalize();
    let mut seal = [0; SEAL_BYTES];
    seal.copy_from_slice(&digest[..SEAL_BYTES]);
    seal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, Invalid> {
        PageQuery { limit, cursor: cursor.map(str::to_owned) }.request("webhooks")
    }

    // behaviour A4
    #[test]
    fn a_limit_out_of_bounds_is_refused_by_name() {
        assert_eq!(asked(None, None).unwrap().limit, PAGE_ROWS_DEFAULT);
        assert_eq!(asked(Some(250), None).unwrap().limit, 250);
        for limit in [0, 251, u32::MAX] {
            assert_eq!(asked(Some(limit), None).unwrap_err().0[0].field, "limit");
        }
    }

    #[test]
    fn a_cursor_is_taken_by_its_own_list_only() {
        let cursor = Cursor(vec![1, 2, 3]);
        let page = Page { rows: vec![7], next: Some(cursor.clone()) };
        let text = Paged::of("webhooks", page, |row| row).next_cursor.unwrap();
        assert_eq!(asked(None, Some(&text)).unwrap().after, Some(cursor.clone()));

        let foreign = close("deliveries", &cursor);
        for odd in ["", "AAAA", "%%", &foreign, &text[1..], "AAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(asked(None, Some(odd)).unwrap_err().0[0].field, "cursor", "{odd}");
        }
    }
}
