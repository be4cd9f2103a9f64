//! Asks for every list with every combination of filters, tells how long the answers took, and checks them.
//!
//! A page may come short and be continued by its cursor; what counts is how long it takes until it is filled, or the
//! list ends.
//! Promise: it fails if a list shows anything twice or out of order, or if a whole list has another number of rows than
//! were seeded.

mod paths;

use std::collections::{BTreeMap, HashSet};

use anyhow::Context;
use hyper::Method;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::census::Total;
use crate::post::Connection;
use crate::server::{AUTHORIZATION, Server, get};
use paths::shape;

/// Rows of a page.
const LIMIT: usize = 50;
/// How many pages are followed of a list.
const PAGES: usize = 3;
/// Rows asked for at once where a whole list is walked: as many as the API gives.
const LIMIT_MAX: usize = 250;
/// How many calls may fill one page.
const CALLS_MAX: usize = 1_000;
/// How many calls go deep into the whole lists.
const DEEP_CALLS: usize = 400;
/// The webhooks whose lists are asked for: common, never failing, with pending, rare, of the beginning.
const WEBHOOKS: [usize; 5] = [0, 5, 6, 8, 9];

/// How long a list took, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Each page, until it was filled or the list ended.
    pub(crate) pages_us: Vec<u64>,
    /// Each call.
    pub(crate) calls_us: Vec<u64>,
}

/// Asks a server; by the path and the names of the filters, how long it took. `totals` are the whole lists whose
/// length is known.
pub(crate) async fn lists(
    server: &Server,
    now: Timestamp,
    totals: &[Total],
) -> anyhow::Result<BTreeMap<String, Times>> {
    let mut asker = Asker { connection: server.connect().await?, times: BTreeMap::new() };
    let webhooks = asker.webhooks().await?;
    let chosen: Vec<String> = WEBHOOKS.iter().filter_map(|n| webhooks.get(*n).cloned()).collect();
    for path in paths::of_deliveries(&chosen, now).into_iter().chain(paths::of_events(now)) {
        asker.follow(&path).await?;
    }
    for webhook in &webhooks {
        asker.follow(&format!("/api/v1/webhooks/{webhook}/attempts?limit={LIMIT}")).await?;
        let some = get(&mut asker.connection, &format!("/api/v1/webhooks/{webhook}/deliveries?limit=5")).await?;
        for delivery in some["data"].as_array().context("deliveries")? {
            let id = delivery["id"].as_str().context("the id of a delivery")?;
            asker.follow(&format!("/api/v1/deliveries/{id}/attempts?limit={LIMIT}")).await?;
            let event = delivery["event_id"].as_str().context("the event of a delivery")?;
            asker.follow(&format!("/api/v1/events/{event}/deliveries?limit={LIMIT}")).await?;
            for webhook in chosen.iter().take(2) {
                let query = format!("event_id={event}&webhook_id={webhook}&status=failed&limit={LIMIT}");
                asker.follow(&format!("/api/v1/deliveries?{query}")).await?;
            }
        }
    }
    for path in ["/api/v1/deliveries", "/api/v1/events"] {
        asker.go_deep(path).await?;
    }
    for Total { list, rows } in totals {
        let listed = asker.walk(list).await?;
        anyhow::ensure!(listed == *rows, "GET {list}: {rows} were seeded, but {listed} are listed");
    }
    Ok(asker.times)
}

struct Asker {
    connection: Connection,
    times: BTreeMap<String, Times>,
}

impl Asker {
    /// The ids of all webhooks, by description: in the order in which they were seeded.
    async fn webhooks(&mut self) -> anyhow::Result<Vec<String>> {
        let page = get(&mut self.connection, "/api/v1/webhooks?limit=50").await?;
        let named =
            |webhook: &Value| Some((webhook["description"].as_str()?.to_owned(), webhook["id"].as_str()?.to_owned()));
        let webhooks: Option<BTreeMap<_, _>> = page["data"].as_array().context("webhooks")?.iter().map(named).collect();
        Ok(webhooks.context("a webhook with description and id")?.into_values().collect())
    }

    /// Follows a list for a few pages.
    async fn follow(&mut self, path: &str) -> anyhow::Result<()> {
        let (mut walk, shape) = (Walk::of(path), shape(path));
        for _ in 0..PAGES {
            let (mut rows, mut calls_us) = (0, Vec::new());
            while rows < LIMIT && !walk.ended {
                anyhow::ensure!(calls_us.len() < CALLS_MAX, "GET {path}: no full page in {CALLS_MAX} calls");
                let (came, took_us) = walk.step(&mut self.connection).await?;
                rows += came;
                calls_us.push(took_us);
            }
            let times = self.times.entry(shape.clone()).or_default();
            times.pages_us.push(calls_us.iter().sum());
            times.calls_us.append(&mut calls_us);
            if walk.ended {
                break;
            }
        }
        Ok(())
    }

    /// Goes deep into a whole list, in large pages.
    async fn go_deep(&mut self, path: &str) -> anyhow::Result<()> {
        let mut walk = Walk::of(&format!("{path}?limit={LIMIT_MAX}"));
        for call in 0..DEEP_CALLS {
            if walk.ended {
                break;
            }
            let (_, us) = walk.step(&mut self.connection).await?;
            let half = if call < DEEP_CALLS / 2 { "first" } else { "next" };
            let times = self.times.entry(format!("{path}, {half} {} × {LIMIT_MAX}", DEEP_CALLS / 2)).or_default();
            times.pages_us.push(us);
            times.calls_us.push(us);
        }
        Ok(())
    }

    /// Follows a list to its end; how many rows it has.
    async fn walk(&mut self, list: &str) -> anyhow::Result<u64> {
        let mut walk = Walk::of(&format!("{list}&limit={LIMIT_MAX}"));
        while !walk.ended {
            walk.step(&mut self.connection).await?;
        }
        Ok(walk.seen.len() as u64)
    }
}

/// A list that is being followed by its cursors.
struct Walk {
    path: String,
    cursor: String,
    ended: bool,
    seen: HashSet<String>,
    /// When the last row was made, where rows tell.
    last_made_at: Option<Timestamp>,
}

impl Walk {
    fn of(path: &str) -> Walk {
        Walk { path: path.to_owned(), cursor: String::new(), ended: false, seen: HashSet::new(), last_made_at: None }
    }

    /// Asks for what comes next; how many rows came, and how many microseconds that took, without reading them.
    async fn step(&mut self, connection: &mut Connection) -> anyhow::Result<(usize, u64)> {
        let path = format!("{}{}", self.path, self.cursor);
        let begun = Instant::now();
        let (status, answer) = connection.send(Method::GET, &path, &[("authorization", AUTHORIZATION)], "").await?;
        let took_us = micros(begun);
        anyhow::ensure!(status.is_success(), "GET {path}: {status}: {}", String::from_utf8_lossy(&answer));
        let page = serde_json::from_slice(&answer).with_context(|| format!("the answer to GET {path}"))?;
        let rows = self.take(&page).with_context(|| format!("GET {path}"))?;
        Ok((rows, took_us))
    }

    /// Takes a page: no row was there before, none is newer than one before it.
    fn take(&mut self, page: &Value) -> anyhow::Result<usize> {
        let rows = page["data"].as_array().context("a page without data")?;
        for row in rows {
            let id = row["id"].as_str().context("a row without id")?;
            anyhow::ensure!(self.seen.insert(id.to_owned()), "{id} is listed twice");
            // Attempts have no such field.
            let Some(made_at) = row["created_at"].as_str() else { continue };
            let made_at: Timestamp = made_at.parse().with_context(|| format!("created_at of {id}"))?;
            let in_order = self.last_made_at.is_none_or(|last| made_at <= last);
            anyhow::ensure!(in_order, "{id} is newer than the row before it");
            self.last_made_at = Some(made_at);
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => self.cursor = format!("&cursor={cursor}"),
            None => self.ended = true,
        }
        Ok(rows.len())
    }
}

fn micros(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(rows: &[(&str, &str)]) -> Value {
        let rows: Vec<_> = rows.iter().map(|(id, at)| json!({ "id": id, "created_at": at })).collect();
        json!({ "data": rows, "next_cursor": "more" })
    }

    #[test]
    fn a_row_that_comes_again_or_out_of_order_fails() {
        let (early, late) = ("2024-04-15T14:32:00Z", "2024-04-15T14:33:00Z");
        let mut walk = Walk::of("/list?limit=2");
        assert_eq!(walk.take(&page(&[("d", late), ("c", early)])).unwrap(), 2);
        assert_eq!((walk.cursor.as_str(), walk.ended), ("&cursor=more", false));
        assert!(walk.take(&page(&[("c", early)])).is_err());
        assert!(walk.take(&page(&[("b", late)])).is_err());
        assert_eq!(walk.take(&json!({ "data": [{ "id": "a" }], "next_cursor": null })).unwrap(), 1);
        assert!(walk.ended);
    }
}
