//! What is sent to the tracking API, and what is to follow from it.

use beckon_domain::id::SegmentId;
use serde_json::{Value, json};

use super::rules;
use super::workspace::WRITE_KEY;

/// Where it is sent.
pub(crate) const PATH: &str = "/v1/batch";
/// Page views of each visitor; one of them qualifies.
pub(super) const PAGES_PER_VISITOR: usize = 10;

/// Who must have qualified (their address), and for which segment.
pub(super) type Qualified = (String, String);

/// Bodies that make everybody known, so many in each.
pub(crate) fn identifies(visitors: usize, batch: usize) -> Vec<String> {
    (0..visitors).map(identify).collect::<Vec<_>>().chunks(batch).map(body).collect()
}

/// Bodies of page views, so many in each.
///
/// Everybody looks at their first page, then everybody at their second, and so on: a batch holds page views of as many
/// visitors as it has items, which is the most work a batch can be. One in ten of each batch qualifies.
pub(crate) fn page_views(visitors: usize, segments: usize, batch: usize) -> Vec<String> {
    let looks: Vec<(usize, usize)> =
        (0..PAGES_PER_VISITOR).flat_map(|page| (0..visitors).map(move |visitor| (visitor, page))).collect();
    let item = |(visitor, page): &(usize, usize)| {
        let path = match (visitor + page).is_multiple_of(PAGES_PER_VISITOR) {
            true => rules::winning_page(winner(*visitor, segments)),
            false => rules::other_page(visitor * 7 + page),
        };
        page_view(*visitor, *page, &path)
    };
    looks.chunks(batch).map(|looks| body(&looks.iter().map(item).collect::<Vec<_>>())).collect()
}

/// Who must have qualified for which segment once all page views are in, sorted.
pub(super) fn expected(visitors: usize, segments: &[SegmentId]) -> Vec<Qualified> {
    let qualified = |visitor| {
        let segment = segments[winner(visitor, segments.len()) * rules::WINNER_EVERY];
        (rules::email(visitor), segment.to_string())
    };
    let mut all: Vec<_> = (0..visitors).map(qualified).collect();
    all.sort_unstable();
    all
}

/// Which of the winning segments a visitor qualifies for.
fn winner(visitor: usize, segments: usize) -> usize {
    visitor % (segments / rules::WINNER_EVERY)
}

/// Of whom and which segment an event is that arrived.
pub(super) fn qualified(event: &str) -> anyhow::Result<Qualified> {
    let event: Value = serde_json::from_str(event)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok((text(&event["contact"]["email"]), text(&event["segment"]["id"])))
}

fn body(items: &[Value]) -> String {
    json!({ "batch": items, "writeKey": WRITE_KEY }).to_string()
}

/// A page view as `@segment/analytics-node` sends it for a browser.
fn page_view(visitor: usize, page: usize, path: &str) -> Value {
    let url = format!("https://www.example.com{path}?ref=nav");
    json!({
        "integrations": {},
        "type": "page",
        "properties": { "path": path, "url": url, "title": format!("Page {path}"), "referrer": "https://www.example.com/" },
        "context": {
            "ip": "203.0.113.7",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "locale": "en-US",
            "library": { "name": "@segment/analytics-node", "version": "3.1.0" },
        },
        "anonymousId": format!("7f3a9c1e-0000-4000-8000-{visitor:012}"),
        "messageId": format!("node-next-1795423698669-cdd1e73f-{page:04}-4000-8000-{visitor:012}"),
        "_metadata": { "nodeVersion": "v20.20.2", "jsRuntime": "node" },
    })
}

fn identify(visitor: usize) -> Value {
    json!({
        "type": "identify",
        "anonymousId": format!("7f3a9c1e-0000-4000-8000-{visitor:012}"),
        "messageId": format!("node-next-1795423698669-identify-{visitor:012}"),
        "traits": rules::traits(visitor),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_page_view_in_ten_of_each_batch_qualifies_and_each_visitor_once() {
        let bodies = page_views(200, 100, 50);
        assert_eq!(bodies.len(), 200 * PAGES_PER_VISITOR / 50);
        for body in &bodies {
            let body: Value = serde_json::from_str(body).unwrap();
            let pages = body["batch"].as_array().unwrap();
            let winning = |page: &&Value| page["properties"]["path"].as_str().unwrap().starts_with("/solutions/");
            assert_eq!((pages.len(), pages.iter().filter(winning).count()), (50, 5));
        }
        let segments: Vec<_> = (0..100).map(SegmentId).collect();
        assert_eq!(expected(200, &segments).len(), 200);
    }
}
