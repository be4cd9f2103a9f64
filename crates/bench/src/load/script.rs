//! What the load posts: requests written once, in which only digits change.

use serde::{Deserialize, Serialize};

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
}

/// A request as it is written to the wire.
#[derive(Debug, Clone)]
pub(super) struct Request {
    bytes: Vec<u8>,
    /// Where in it the payloads begin.
    payloads: Vec<usize>,
    script: Script,
}

impl Script {
    /// Events in each request.
    pub(crate) fn events(self) -> u64 {
        match self {
            Script::Event => 1,
            Script::Batch(events) => events,
        }
    }

    /// A request to the server at `address`, with nothing filled in yet.
    pub(super) fn request(self, address: &str) -> Request {
        let event = format!(r#"{{"type":"{EVENT_TYPE}","payload":{}}}"#, payload::blank());
        let (path, body) = match self {
            Script::Event => ("/api/v1/events", event),
            Script::Batch(events) => {
                let events = vec![event; events as usize].join(",");
                ("/api/v1/events/batch", format!(r#"{{"events":[{events}]}}"#))
            }
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: {AUTHORIZATION}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let payloads = body.match_indices(r#""payload":"#).map(|(at, key)| head.len() + at + key.len()).collect();
        Request { bytes: (head + &body).into_bytes(), payloads, script: self }
    }
}

impl Request {
    /// Request `n`, due at a moment.
    pub(super) fn filled(&mut self, n: u64, at_ns: u64) -> &[u8] {
        for (event, begin) in (n * self.script.events()..).zip(&self.payloads) {
            payload::fill(&mut self.bytes[*begin..begin + PAYLOAD_BYTES], event, at_ns);
        }
        &self.bytes
    }

    /// Whether the answer says that all of it was taken.
    pub(super) fn is_taken(&self, answer: &[u8]) -> bool {
        match self.script {
            Script::Event => true,
            Script::Batch(_) => find(answer, br#""error":"#).is_none(),
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
}
