//! What the load posts: requests written once, in which only digits change; or all of them made before.

use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::page_views::calls;
use crate::payload::{self, PAYLOAD_BYTES};
use crate::server::{AUTHORIZATION, EVENT_TYPE};

use super::line::find;

/// What is in the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Script {
    /// One event each.
    Event,
    /// So many events each.
    Batch(u64),
    /// Makes visitors known, a batch of them each.
    Identifies { visitors: usize, batch: usize },
    /// Page views of visitors, a batch of them each, with so many segments.
    PageViews { visitors: usize, segments: usize, batch: usize },
}

/// A request as it is written to the wire.
#[derive(Debug, Clone)]
pub(super) enum Request {
    Event(Template),
    Batch(Template),
    /// All there are, and how many items are in each.
    Made {
        all: Rc<[Vec<u8>]>,
        items: usize,
    },
}

/// A request that is written again and again.
#[derive(Debug, Clone)]
pub(super) struct Template {
    bytes: Vec<u8>,
    /// Where in it the payloads begin.
    payloads: Vec<usize>,
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Script::Event => f.write_str("one by one"),
            Script::Batch(events) => write!(f, "batches of {events}"),
            Script::Identifies { batch, .. } => write!(f, "identifies in batches of {batch}"),
            Script::PageViews { batch, .. } => write!(f, "page views in batches of {batch}"),
        }
    }
}

impl Script {
    /// Events, or visitors, in each request.
    pub(crate) fn events(self) -> u64 {
        match self {
            Script::Event => 1,
            Script::Batch(events) => events,
            Script::Identifies { batch, .. } | Script::PageViews { batch, .. } => batch as u64,
        }
    }

    /// A request to the server at `address`, with nothing filled in yet.
    pub(super) fn request(self, address: &str) -> Request {
        let event = format!(r#"{{"type":"{EVENT_TYPE}","payload":{}}}"#, payload::blank());
        let made = |bodies: Vec<String>, items| {
            let all = bodies.iter().map(|body| written(address, calls::PATH, "", body).into_bytes()).collect();
            Request::Made { all, items }
        };
        match self {
            Script::Event => Request::Event(Template::new(address, "/api/v1/events", &event)),
            Script::Batch(events) => {
                let events = vec![event; events as usize].join(",");
                let body = format!(r#"{{"events":[{events}]}}"#);
                Request::Batch(Template::new(address, "/api/v1/events/batch", &body))
            }
            Script::Identifies { visitors, batch } => made(calls::identifies(visitors, batch), batch),
            Script::PageViews { visitors, segments, batch } => {
                made(calls::page_views(visitors, segments, batch), batch)
            }
        }
    }
}

fn written(address: &str, path: &str, more: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n{more}content-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Template {
    fn new(address: &str, path: &str, body: &str) -> Template {
        let text = written(address, path, &format!("authorization: {AUTHORIZATION}\r\n"), body);
        let payloads = text.match_indices(r#""payload":"#).map(|(at, key)| at + key.len()).collect();
        Template { bytes: text.into_bytes(), payloads }
    }
}

impl Request {
    /// How many there are; `None` if there is no end of them.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Request::Event(_) | Request::Batch(_) => None,
            Request::Made { all, .. } => Some(all.len() as u64),
        }
    }

    /// Request `n`, due at a moment.
    pub(super) fn filled(&mut self, n: u64, at_ns: u64) -> &[u8] {
        match self {
            Request::Event(template) | Request::Batch(template) => {
                let first = n * template.payloads.len() as u64;
                for (event, begin) in (first..).zip(&template.payloads) {
                    payload::fill(&mut template.bytes[*begin..begin + PAYLOAD_BYTES], event, at_ns);
                }
                &template.bytes
            }
            Request::Made { all, .. } => &all[n as usize],
        }
    }

    /// Whether the answer says that all of it was taken.
    pub(super) fn is_taken(&self, answer: &[u8]) -> bool {
        match self {
            Request::Event(_) => true,
            Request::Batch(_) => find(answer, br#""error":"#).is_none(),
            Request::Made { items, .. } => {
                serde_json::from_slice::<Value>(answer).is_ok_and(|report| report["accepted"] == *items)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8]) -> serde_json::Value {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn every_event_of_every_request_has_its_own_number() {
        let mut request = Script::Batch(3).request("localhost:1");
        let numbers = |value: serde_json::Value| -> Vec<String> {
            let events = value["events"].as_array().unwrap().clone();
            events.iter().map(|event| event["payload"]["n"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(numbers(body(request.filled(0, 1))), ["0000000000", "0000000001", "0000000002"]);
        assert_eq!(numbers(body(request.filled(5, 1))), ["0000000015", "0000000016", "0000000017"]);
        let mut request = Script::Event.request("localhost:1");
        let event = body(request.filled(5, 77));
        assert_eq!(event["payload"]["n"], "0000000005");
        assert_eq!(event["payload"]["at"], "00000000000000000077");
        assert_eq!(event["type"], EVENT_TYPE);
    }

    #[test]
    fn a_batch_with_a_refusal_in_it_is_not_taken() {
        let request = Script::Batch(2).request("localhost:1");
        assert!(request.is_taken(br#"{"events":[{"id":"evt_1"},{"id":"evt_2"}]}"#));
        assert!(!request.is_taken(br#"{"events":[{"id":"evt_1"},{"error":{"code":"invalid"}}]}"#));
    }

    #[test]
    fn page_views_are_taken_if_all_were_accepted() {
        let mut request = Script::PageViews { visitors: 20, segments: 10, batch: 50 }.request("localhost:1");
        assert_eq!(request.count(), Some(4));
        assert_eq!(body(request.filled(3, 1))["batch"].as_array().unwrap().len(), 50);
        assert!(request.is_taken(br#"{"accepted":50}"#));
        assert!(!request.is_taken(br#"{"accepted":49}"#));
    }
}
