//! What the lists of deliveries and events are narrowed with: in the address, so that it can be shared.
//!
//! A page takes what the API takes, and beside that what people type: empty fields, moments without an offset (in the
//! workspace's time zone), and a period that goes along with the time (`period=24h`).

use beckon_domain::invalid::{Findings, Invalid};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::extract::Listing;
use crate::problem::Problem;
use crate::web::form::Errors;
use crate::web::parts::{Field, Tone, note};
use crate::web::viewer::Viewer;

/// Quick choices of time: value in the address, words, length in hours.
const PERIODS: [(&str, &str, i64); 3] =
    [("1h", "Last hour", 1), ("24h", "Last 24 hours", 24), ("7d", "Last 7 days", 7 * 24)];
/// What is in an address beside filters.
const NO_FILTERS: [&str; 3] = ["cursor", "limit", "said"];
/// How a moment stands in a field of the type `datetime-local`.
const FIELD_FORMAT: &str = "%Y-%m-%dT%H:%M";

/// What the address of a list says.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct Filters {
    /// What is given, without empty values.
    pairs: Vec<(String, String)>,
}

/// A filter that is on, as it is told: its name in the address, what it is called, its value in words.
pub(in crate::web) type Narrowed<'a> = (&'a str, &'a str, String);

impl Filters {
    /// Reads them from a query.
    pub(in crate::web) fn of(query: Option<&str>) -> Filters {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let given = pairs.map(|(name, value)| (name.into_owned(), value.trim().to_owned()));
        Filters { pairs: given.filter(|(name, value)| !value.is_empty() && name != "said").collect() }
    }

    /// A value; empty if it is not given.
    pub(in crate::web) fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether nothing is narrowed.
    pub(in crate::web) fn is_empty(&self) -> bool {
        self.pairs.iter().all(|(name, _)| NO_FILTERS.contains(&name.as_str()))
    }

    /// Whether it is the first page of the list.
    pub(in crate::web) fn is_first_page(&self) -> bool {
        self.get("cursor").is_empty()
    }

    /// `path` with these filters but the one called `name`, from the first page on.
    pub(in crate::web) fn without(&self, path: &str, name: &str) -> String {
        let kept = |(known, _): &&(String, String)| known != name && !NO_FILTERS.contains(&known.as_str());
        address(path, self.pairs.iter().filter(kept))
    }

    /// `path` with these filters.
    pub(in crate::web) fn on(&self, path: &str) -> String {
        self.without(path, "")
    }

    /// What is wanted, as the API reads it; or all that is wrong, by name.
    pub(in crate::web) fn read<F>(&self, now: Timestamp, zone: &TimeZone) -> Result<Listing<F>, Problem>
    where
        F: DeserializeOwned + JsonSchema + 'static,
    {
        let pairs = self.as_api(now, zone)?;
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Listing::read(&query)
    }

    /// The same as the API takes it: moments with their offset, and the period as the moment it began.
    pub(in crate::web) fn as_api(&self, now: Timestamp, zone: &TimeZone) -> Result<Vec<(String, String)>, Invalid> {
        let mut findings = Findings::default();
        let mut pairs = vec![];
        let mut began = None;
        for (name, value) in &self.pairs {
            match name.as_str() {
                "period" => match PERIODS.iter().find(|(known, ..)| known == value) {
                    Some((.., hours)) => began = now.checked_sub(SignedDuration::from_hours(*hours)).ok(),
                    None => findings.add("period", format!("{value:?} is none: choose 1h, 24h or 7d")),
                },
                "since" | "until" => {
                    let at = instant(value, zone).map_or_else(|| value.clone(), |at| at.to_string());
                    pairs.push((name.clone(), at));
                }
                _ => pairs.push((name.clone(), value.clone())),
            }
        }
        if let Some(began) = began {
            // Both hold: the later one is the one that narrows.
            let given = pairs.iter_mut().find(|(name, _)| name == "since");
            match given.map(|(_, value)| (value.parse::<Timestamp>(), value)) {
                None => pairs.push(("since".to_owned(), began.to_string())),
                Some((Ok(since), value)) if since < began => *value = began.to_string(),
                Some(_) => {}
            }
        }
        findings.into_result(pairs)
    }

    /// Fields for a period, and for a time of one's own.
    pub(in crate::web) fn time_fields(&self, zone: &TimeZone, errors: &Errors) -> Markup {
        let periods = [("", "Any time")].into_iter().chain(PERIODS.map(|(value, words, _)| (value, words)));
        let own = !self.get("since").is_empty() || !self.get("until").is_empty();
        let zone_name = zone.iana_name().unwrap_or("UTC");
        html! {
            (Field::new("period", "Time").value(self.get("period")).errors(errors).select(periods))
            details.more open[own] {
                summary { "Own time" }
                div.row {
                    @for (name, label) in [("since", "From"), ("until", "Until")] {
                        (self.moment_field(name, label, zone, errors))
                    }
                    span.small.muted { "Times in " (zone_name) "." }
                }
            }
        }
    }

    fn moment_field(&self, name: &'static str, label: &'static str, zone: &TimeZone, errors: &Errors) -> Markup {
        let given = self.get(name);
        let field = Field::new(name, label).errors(errors);
        match instant(given, zone) {
            Some(at) => {
                let local = at.to_zoned_datetime(zone.clone()).strftime(FIELD_FORMAT).to_string();
                field.kind("datetime-local").value(local).show()
            }
            None if given.is_empty() => field.kind("datetime-local").show(),
            // A field for moments would not show what is none.
            None => field.value(given).show(),
        }
    }

    /// The filters of time that are on, in words.
    pub(in crate::web) fn narrowed_time(&self, zone: &TimeZone) -> Vec<Narrowed<'static>> {
        let mut on = vec![];
        let period = self.get("period");
        if !period.is_empty() {
            let words = PERIODS.iter().find(|(known, ..)| *known == period).map_or(period, |(_, words, _)| words);
            on.push(("period", "Time", words.to_owned()));
        }
        for (name, label) in [("since", "From"), ("until", "Until")] {
            let given = self.get(name);
            if !given.is_empty() {
                let words =
                    instant(given, zone).map(|at| at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %Z"));
                on.push((name, label, words.map_or_else(|| given.to_owned(), |words| words.to_string())));
            }
        }
        on
    }

    /// The filters that are on, each to be taken away, and all at once.
    pub(in crate::web) fn tags(&self, viewer: &Viewer, path: &str, on: &[Narrowed<'_>]) -> Markup {
        let path = viewer.path(path);
        html! {
            @if !on.is_empty() {
                div.row.chosen role="group" aria-label="Chosen filters" {
                    @for (name, label, value) in on {
                        a.tag.removable href=(self.without(&path, name)) aria-label={ "Remove filter " (label) ": " (value) } {
                            (label) ": " (value) " " span aria-hidden="true" { "×" }
                        }
                    }
                    a.small href=(path) { "Clear all" }
                }
            }
        }
    }
}

/// What is said of filters that cannot be used.
pub(in crate::web) fn refused(errors: &Errors, clear: &str) -> Markup {
    let text = html! {
        @if let Some(detail) = &errors.detail { p { (detail) } }
        @if !errors.all().is_empty() {
            ul { @for error in errors.all() { li { code { (error.field) } ": " (error.reason) } } }
        }
    };
    note(Tone::Bad, "These filters cannot be used", text, Some(html! { a.button.small href=(clear) { "Clear all" } }))
}

fn address<'a>(path: &str, pairs: impl Iterator<Item = &'a (String, String)>) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A moment with an offset, or one of the clock on the wall.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned_datetime(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(query: &str) -> Vec<(String, String)> {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        Filters::of(Some(query)).as_api(now, &TimeZone::get("Europe/Berlin").unwrap()).unwrap()
    }

    fn one(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn what_people_type_is_read_as_the_api_takes_it() {
        assert_eq!(api("status=&about=+jane+&said=resent"), one("about", "jane"));
        assert_eq!(api("since=2026-11-20T10:30"), one("since", "2026-11-20T09:30:00Z"));
        assert_eq!(api("until=2026-11-20T10:30:00%2B05:00"), one("until", "2026-11-20T05:30:00Z"));
        assert_eq!(api("since=yesterday"), one("since", "yesterday"), "the API refuses it by name");
    }

    #[test]
    fn a_period_goes_along_with_the_time_and_the_later_beginning_holds() {
        assert_eq!(api("period=24h"), one("since", "2026-11-19T12:00:00Z"));
        assert_eq!(api("period=1h&since=2026-11-20T01:00:00Z"), one("since", "2026-11-20T11:00:00Z"));
        assert_eq!(api("since=2026-11-20T11:59:00Z&period=7d"), one("since", "2026-11-20T11:59:00Z"));
        let filters = Filters::of(Some("period=2y"));
        let refused = filters.as_api(Timestamp::UNIX_EPOCH, &TimeZone::UTC).unwrap_err();
        assert_eq!(refused.0[0].field, "period");
    }

    #[test]
    fn taking_one_filter_away_keeps_the_others_and_begins_anew() {
        let filters = Filters::of(Some("status=failed&about=a%26b&cursor=xyz"));
        assert_eq!(filters.without("/deliveries", "status"), "/deliveries?about=a%26b");
        assert_eq!(filters.on("/deliveries"), "/deliveries?status=failed&about=a%26b");
        assert_eq!(Filters::of(Some("status=failed")).without("/deliveries", "status"), "/deliveries");
        assert!(Filters::of(Some("cursor=x&said=resent")).is_empty());
    }
}
