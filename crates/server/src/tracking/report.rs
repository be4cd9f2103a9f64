//! What became of each item of a call.
//!
//! Promise: the items that were not taken are all named, each with its place in the batch; the others are
//! on disk.

use beckon_domain::ambient::Ambient;
use beckon_domain::identity::Standing;
use beckon_domain::settings::Gate;
use beckon_domain::signal::{KEY_BYTES_MAX, Signal};
use beckon_intake::Taken;
use beckon_intake::tracking::{self, ItemError, Kind};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{privacy, sites};
use crate::email_links::Signer;

/// What became of the call.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "TrackingReport")]
pub(super) struct Report {
    /// Always true: the call as a whole was taken.
    success: bool,
    /// How many items are on disk now that were not before.
    accepted: usize,
    /// How many items had the message id of one that was there already, and changed nothing.
    duplicates: usize,
    /// The items that were not taken, and why. Sending them again unchanged will not help.
    rejected: Vec<Rejected>,
}

/// An item that was not taken.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TrackingRejection")]
struct Rejected {
    /// Its place in the batch, from 0.
    index: usize,
    /// Its message id, if it has one.
    message_id: Option<String>,
    /// The reason, for programs.
    code: String,
    /// The reason, for people.
    message: String,
}

/// Whose call it is.
pub(super) struct Of<'a> {
    /// Which sites may send; all may if there is none.
    pub(super) gate: Option<&'a Gate>,
    /// How far it is believed.
    pub(super) standing: Standing,
    /// With what links in mails are signed.
    pub(super) links: Signer<'a>,
}

/// When and how items came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// The kind the path says; a batch leaves it to its items.
    pub(super) kind: Option<Kind>,
    /// When the call reached us.
    pub(super) received_at: Timestamp,
    /// When the sender says it left.
    pub(super) sent_at: Option<Timestamp>,
}

/// Reads the items of a call: the signals in them, and a report that lacks only what becomes of those.
pub(super) fn read(items: &[Value], arrival: Arrival, of: &Of<'_>, ambient: &Ambient) -> (Vec<Signal>, Report) {
    let mut signals = Vec::with_capacity(items.len());
    let mut report = Report { success: true, ..Report::default() };
    for (index, item) in items.iter().enumerate() {
        match read_item(item, arrival, of, ambient) {
            Ok(signal) => signals.push(signal),
            Err(error) => report.rejected.push(rejected(index, item, error)),
        }
    }
    (signals, report)
}

/// A report of items that are all refused for one reason.
pub(super) fn refused(items: &[Value], reason: &ItemError) -> Report {
    let all = items.iter().enumerate().map(|(index, item)| rejected(index, item, reason.clone()));
    Report { success: true, rejected: all.collect(), ..Report::default() }
}

fn rejected(index: usize, item: &Value, ItemError { code, message }: ItemError) -> Rejected {
    let message_id = item.get("messageId").and_then(Value::as_str).map(excerpt);
    Rejected { index, message_id, code: code.to_owned(), message }
}

fn read_item(item: &Value, arrival: Arrival, of: &Of<'_>, ambient: &Ambient) -> Result<Signal, ItemError> {
    let object = item
        .as_object()
        .ok_or_else(|| ItemError { code: "not_an_object", message: "a call must be a JSON object".to_owned() })?;
    if let Some(gate) = of.gate {
        sites::check(gate, arrival.kind, object)?;
    }
    privacy::check(arrival.kind, object)?;
    let own_sent_at = object.get("sentAt").and_then(Value::as_str).and_then(tracking::read_time);
    let sent_at = own_sent_at.or(arrival.sent_at);
    let signal = tracking::read(arrival.kind, object, arrival.received_at, sent_at, ambient)?;
    let email_link = of.links.followed(object, arrival.received_at);
    Ok(Signal { standing: of.standing, email_link, ..signal })
}

fn excerpt(message_id: &str) -> String {
    message_id[..message_id.floor_char_boundary(KEY_BYTES_MAX)].to_owned()
}

impl Report {
    /// Whether anything of the call is on disk, now or before.
    pub(super) fn has_taken(&self) -> bool {
        self.accepted + self.duplicates > 0
    }

    /// Completes the report with what became of the signals.
    pub(super) fn with(mut self, taken: &[Taken]) -> Report {
        self.duplicates = taken.iter().filter(|taken| matches!(taken, Taken::Duplicate)).count();
        self.accepted = taken.len() - self.duplicates;
        self
    }
}

#[cfg(test)]
mod tests {
    use beckon_testkit::fake_ambient;
    use serde_json::json;

    use super::*;

    fn read_all(kind: Option<Kind>, items: &[Value]) -> (Vec<Signal>, Report) {
        let ambient = fake_ambient();
        let arrival = Arrival { kind, received_at: Timestamp::from_second(1_000_000).unwrap(), sent_at: None };
        let links = Signer { key: &[7; 32], workspace: uuid::Uuid::from_u128(1).into() };
        read(items, arrival, &Of { gate: None, standing: Standing::Claimed, links }, &ambient)
    }

    // behaviour W4
    #[test]
    fn one_bad_item_does_not_fail_its_batch() {
        let items = [
            json!({ "type": "track", "event": "Signed Up", "userId": "u1", "messageId": "m0" }),
            json!("not a call"),
            json!({ "type": "track", "event": "Nobody", "messageId": "m2" }),
            json!({ "type": "page", "anonymousId": "a1", "context": { "page": { "url": "https://x.test/pricing" } } }),
        ];
        let (signals, report) = read_all(None, &items);
        assert_eq!(signals.len(), 2);
        let rejected: Vec<_> = report.rejected.iter().map(|item| (item.index, item.message_id.as_deref())).collect();
        assert_eq!(rejected, [(1, None), (2, Some("m2"))]);
        assert!(report.rejected.iter().all(|item| !item.code.is_empty() && !item.message.is_empty()));
    }

    #[test]
    fn the_kind_of_the_path_counts_for_an_item_without_a_type() {
        let item = json!({ "event": "Signed Up", "userId": "u1" });
        assert_eq!(read_all(Some(Kind::Track), std::slice::from_ref(&item)).0.len(), 1);
        assert_eq!(read_all(None, std::slice::from_ref(&item)).1.rejected.len(), 1);
    }

    #[test]
    fn the_report_counts_what_is_new_and_what_was_there() {
        let stored = Taken::Stored {
            signal_id: beckon_domain::id::SignalId::from(uuid_of(1)),
            contact_id: None,
            visitor_id: None,
        };
        let (_, report) = read_all(None, &[json!(7)]);
        let report = serde_json::to_value(report.with(&[stored, Taken::Duplicate, stored])).unwrap();
        let rejected = json!([{ "index": 0, "messageId": null, "code": "not_an_object", "message": "a call must be a JSON object" }]);
        assert_eq!(report, json!({ "success": true, "accepted": 2, "duplicates": 1, "rejected": rejected }));
    }

    fn uuid_of(n: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(n)
    }

    #[test]
    fn a_long_message_id_is_cut_between_characters() {
        assert_eq!(excerpt(&"ä".repeat(200)).len(), KEY_BYTES_MAX - 1);
        assert_eq!(excerpt("m1"), "m1");
    }
}
