//! What lists are asked for: every combination of filters, as paths.

use jiff::{SignedDuration, Timestamp};

use super::LIMIT;
use crate::history::story::{channel, type_name};

/// Of the combinations of three filters and more, every so many-th is asked for. It divides no number of values, so
/// that all values of all filters come.
const STRIDE: usize = 7;
/// Combinations of so many filters are all asked for.
const FILTERS_ALWAYS: usize = 2;

/// A filter as it stands in a query; empty if there is none.
type Filter = String;

/// The lists of deliveries.
pub(super) fn of_deliveries(webhooks: &[String], now: Timestamp) -> Vec<String> {
    let statuses = ["pending", "retrying", "delivered", "failed", "canceled"].map(str::to_owned);
    let filters =
        [options("webhook_id", webhooks), options("status", &statuses), types("event_type"), channels(), times(now)];
    asked(&combinations(&filters)).map(|query| format!("/api/v1/deliveries?{query}limit={LIMIT}")).collect()
}

/// The lists of events.
pub(super) fn of_events(now: Timestamp) -> Vec<String> {
    let filters = [types("type"), channels(), times(now)];
    combinations(&filters).into_iter().map(|(_, query)| format!("/api/v1/events?{query}limit={LIMIT}")).collect()
}

/// A path without its ids and values.
pub(super) fn shape(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let names = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).filter(|name| *name != "limit");
    let path = path.split('/').map(|part| if part.len() > 25 { "…" } else { part }).collect::<Vec<_>>().join("/");
    format!("{path} {}", names.collect::<Vec<_>>().join("+")).trim_end().to_owned()
}

/// No filter, or one of these values.
fn options(name: &str, values: &[String]) -> Vec<Filter> {
    [Filter::new()].into_iter().chain(values.iter().map(|value| format!("{name}={value}&"))).collect()
}

fn types(name: &str) -> Vec<Filter> {
    options(name, &[0, 10, 18, 19].map(type_name))
}

fn channels() -> Vec<Filter> {
    options("channel", &[0, 150, 297, 299, 400].map(|n| channel(n).as_str().to_owned()))
}

fn times(now: Timestamp) -> Vec<Filter> {
    let day = |ago: i64| now - SignedDuration::from_hours(24 * ago);
    vec![
        Filter::new(),
        format!("since={}&", day(1)),
        format!("until={}&", day(45)),
        format!("until={}&", day(89)),
        format!("since={}&until={}&", day(60), day(30)),
    ]
}

/// Every combination, with the number of its filters.
fn combinations(filters: &[Vec<Filter>]) -> Vec<(usize, String)> {
    filters.iter().fold(vec![(0, String::new())], |all, options| {
        let with = |(count, query): &(usize, String)| -> Vec<_> {
            options.iter().map(|option| (count + usize::from(!option.is_empty()), format!("{query}{option}"))).collect()
        };
        all.iter().flat_map(with).collect()
    })
}

/// Which of the combinations are asked for.
fn asked(combinations: &[(usize, String)]) -> impl Iterator<Item = &str> {
    let mut rest = 0;
    combinations.iter().filter_map(move |(count, query)| {
        if *count > FILTERS_ALWAYS {
            rest += 1;
        }
        (*count <= FILTERS_ALWAYS || rest % STRIDE == 0).then_some(query.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_filter_and_every_pair_is_asked_for() {
        let webhooks = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let paths = of_deliveries(&webhooks, Timestamp::UNIX_EPOCH);
        let asked = |query: &str| paths.contains(&format!("/api/v1/deliveries?{query}limit={LIMIT}"));
        let channel = channel(299);
        let channel = channel.as_str();
        assert!(asked("") && asked("status=failed&") && asked("webhook_id=e&"));
        assert!(asked("webhook_id=b&status=canceled&"));
        assert!(asked(&format!("event_type=type.19&channel={channel}&")));
        let few = paths.iter().filter(|path| path.matches('&').count() <= 2 && !path.contains("since")).count();
        // None, 5 + 5 + 4 + 5 + 2 alone, and the pairs of those; "since" is counted apart.
        assert_eq!(few, 1 + 21 + (21 * 21 - (25 + 25 + 16 + 25 + 4)) / 2);
        assert!(paths.len() < 1_100, "{}", paths.len());
    }

    #[test]
    fn a_shape_has_the_names_of_filters_and_no_ids() {
        assert_eq!(shape("/api/v1/deliveries?status=failed&since=2&limit=50"), "/api/v1/deliveries status+since");
        let id = "whk_01arz3ndektsv4rrffq69g5fav";
        assert_eq!(shape(&format!("/api/v1/webhooks/{id}/attempts?limit=50")), "/api/v1/webhooks/…/attempts");
    }
}
