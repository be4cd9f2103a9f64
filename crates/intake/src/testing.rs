//! What this crate's unit tests share: a stopped clock, a workspace that is set up, and signals for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use beckon_domain::ambient::{Ambient, Clock, Entropy};
use beckon_domain::company::CompanyProfile;
use beckon_domain::email::Email;
use beckon_domain::id::{SegmentId, WebhookId, WorkspaceId};
use beckon_domain::segment::rule::Rule;
use beckon_domain::segment::{Action, Frequency, Segment, Subject};
use beckon_domain::signal::{CompanyTraits, Intent, IntentTraits, PersonTraits, Sender, Signal, SignalBody};
use beckon_domain::visit::{Page, Utm};
use beckon_domain::webhook::Webhook;
use beckon_store::WorkspaceConfig;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        minute(100_000)
    }
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(count.iter().cycle()).for_each(|(byte, n)| *byte = *n);
    }
}

/// A clock that stands still and randomness that counts.
pub(crate) fn ambient() -> Ambient {
    Ambient::new(Arc::new(Stopped), Arc::new(Counter::default()))
}

/// So many minutes into a day in 2026.
pub(crate) fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000).unwrap() + SignedDuration::from_mins(n)
}

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::from(Uuid::from_u128(1))
}

/// A segment that is enabled and announced on every visit.
pub(crate) fn segment(id: i64, subject: Subject, rule: Value) -> Segment {
    Segment {
        id: SegmentId(id),
        name: format!("Segment {id}"),
        subject,
        rule: Rule::parse(&rule).unwrap(),
        enabled: true,
        actions: vec![Action::Webhook],
        frequency: Frequency::EveryVisit,
        revision: 0,
        created_at: minute(0),
        updated_at: minute(0),
    }
}

/// A rule everybody fits.
pub(crate) fn everybody() -> Value {
    json!({ "all": [] })
}

/// A rule for those who viewed a page so often.
pub(crate) fn viewed(path: &str, times: u64) -> Value {
    json!({ "visited": { "path": path, "match": "exactly" }, "count": { "op": "gte", "value": times }, "within": "7d" })
}

/// A webhook that takes all built-in events about people and companies.
pub(crate) fn webhook(n: u128) -> Webhook {
    Webhook {
        id: WebhookId::from(Uuid::from_u128(n)),
        workspace_id: workspace(),
        description: String::new(),
        url: "https://receiver.example/".parse().unwrap(),
        event_types: ["contact.visited", "contact.intent", "company.visited"].map(str::to_owned).to_vec(),
        channels: vec![],
        headers: Default::default(),
        enabled: true,
        disabled_reason: None,
        retry_schedule: None,
        metadata: Default::default(),
        revision: 0,
        created_at: minute(0),
        updated_at: minute(0),
        deleted_at: None,
        rate_limit: None,
        fifo: false,
        ca_certificates: None,
        signing_keys: vec![],
        auth: None,
        client_identity: None,
    }
}

pub(crate) fn config(segments: Vec<Segment>, webhooks: Vec<Webhook>) -> WorkspaceConfig {
    WorkspaceConfig {
        workspace_id: workspace(),
        name: "Acme".to_owned(),
        settings: Default::default(),
        version: 1,
        webhooks: webhooks.into_iter().map(Arc::new).collect(),
        segments,
        event_types: vec![],
        lists: vec![],
    }
}

/// A signal of a browser, `at` that minute, with no ids yet.
pub(crate) fn signal(at: i64, body: SignalBody) -> Signal {
    Signal {
        id: ambient().new_id(),
        message_id: None,
        at: minute(at),
        received_at: minute(at),
        from: Sender::default(),
        standing: Default::default(),
        email_link: None,
        client: Default::default(),
        body,
        raw: "{}".to_owned(),
    }
}

pub(crate) fn page(at: i64, path: &str) -> Signal {
    let page = Page { url: Some(format!("https://acme.test{path}")), path: path.to_owned(), ..Page::default() };
    signal(at, SignalBody::Page { page, referrer: None, utm: Utm::default() })
}

pub(crate) fn track(at: i64) -> Signal {
    signal(at, SignalBody::Track { event: "Clicked".to_owned() })
}

pub(crate) fn identify(at: i64, address: &str) -> Signal {
    let person = PersonTraits { email: Email::parse(address), ..PersonTraits::default() };
    signal(at, SignalBody::Identify(person))
}

pub(crate) fn group(at: i64, id: &str, name: &str) -> Signal {
    let profile = CompanyProfile { name: Some(name.to_owned()), ..CompanyProfile::default() };
    let company = CompanyTraits { group_id: Some(id.to_owned()), profile, ..CompanyTraits::default() };
    signal(at, SignalBody::Group(company))
}

pub(crate) fn alias(at: i64, previous_id: &str) -> Signal {
    signal(at, SignalBody::Alias { previous_id: previous_id.to_owned() })
}

pub(crate) fn intent(at: i64, address: &str, topic: &str, score: f64) -> Signal {
    let person = PersonTraits { email: Email::parse(address), ..PersonTraits::default() };
    let intent = Intent {
        topic: topic.to_owned(),
        score: Some(score),
        source: Some("reviews".to_owned()),
        observed_at: minute(at),
    };
    signal(at, SignalBody::Intent(IntentTraits { person, intent }))
}

/// Who sends a signal.
pub(crate) trait From {
    fn browser(self, id: &str) -> Self;
    fn user(self, id: &str) -> Self;
    fn in_group(self, id: &str) -> Self;
    fn message(self, id: &str) -> Self;
}

impl From for Signal {
    fn browser(mut self, id: &str) -> Signal {
        self.from.anonymous_id = Some(id.to_owned());
        self
    }
    fn user(mut self, id: &str) -> Signal {
        self.from.user_id = Some(id.to_owned());
        self
    }
    fn in_group(mut self, id: &str) -> Signal {
        self.from.group_id = Some(id.to_owned());
        self
    }
    fn message(mut self, id: &str) -> Signal {
        self.message_id = Some(id.to_owned());
        self
    }
}
