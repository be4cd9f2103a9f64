//! Nouns with believable values. Tests change what matters to them:
//! `Webhook { url, ..a_webhook() }`.

use beckon_domain::ambient::Ambient;
use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::delivery::{DueAttempt, Trigger};
use beckon_domain::email::Email;
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::id::{ContactId, DeliveryId, SegmentId, WebhookId, WorkspaceId};
use beckon_domain::key::Workspace;
use beckon_domain::segment::rule::Rule;
use beckon_domain::segment::{Action, Frequency, Segment, Subject};
use beckon_domain::signing::{KeyMaterial, SigningKey, SigningScheme};
use beckon_domain::webhook::Webhook;
use bytes::Bytes;
use url::Url;
use uuid::Uuid;

use crate::ambient::FAKE_NOW;

/// The secret of Standard Webhooks' own example.
pub const A_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The workspace that the other nouns belong to.
pub fn a_workspace() -> Workspace {
    Workspace { id: WorkspaceId::from(Uuid::from_u128(1)), name: "Acme".to_owned(), created_at: FAKE_NOW }
}

/// An enabled webhook for `contact.visited`, without channels.
pub fn a_webhook() -> Webhook {
    Webhook {
        id: WebhookId::from(Uuid::from_u128(2)),
        workspace_id: a_workspace().id,
        description: "CRM".to_owned(),
        url: Url::parse("https://receiver.example/hook").unwrap(),
        event_types: vec!["contact.visited".to_owned()],
        channels: vec![],
        headers: Default::default(),
        enabled: true,
        disabled_reason: None,
        retry_schedule: None,
        metadata: Default::default(),
        revision: 0,
        created_at: FAKE_NOW,
        updated_at: FAKE_NOW,
        deleted_at: None,
        rate_limit: None,
        fifo: false,
        ca_certificates: None,
        signing_keys: vec![SigningKey::new(KeyMaterial::parse(A_SECRET).unwrap(), FAKE_NOW)],
        auth: None,
        client_identity: None,
    }
}

/// A webhook of its own id and secret that leads to `url`.
pub fn a_webhook_to(ambient: &Ambient, url: &str) -> Webhook {
    Webhook {
        id: ambient.new_id(),
        url: Url::parse(url).unwrap(),
        signing_keys: vec![SigningKey::new(KeyMaterial::generate(SigningScheme::HmacSha256, ambient), ambient.now())],
        ..a_webhook()
    }
}

/// An enabled segment over contacts whom everyone is in.
pub fn a_segment() -> Segment {
    Segment {
        id: SegmentId(7264),
        name: "High Intent - ABM Contacts".to_owned(),
        subject: Subject::Contact,
        rule: serde_json::from_value::<Rule>(serde_json::json!({ "all": [] })).unwrap(),
        enabled: true,
        actions: vec![Action::Webhook],
        frequency: Frequency::EveryVisit,
        revision: 0,
        created_at: FAKE_NOW,
        updated_at: FAKE_NOW,
    }
}

/// Jane Doe of Acme.
pub fn a_contact() -> Contact {
    let text = |text: &str| Some(text.to_owned());
    Contact {
        id: ContactId::from(Uuid::from_u128(3)),
        email: Some(Email::parse("jane.doe@example.com").unwrap()),
        user_id: None,
        company_id: None,
        profile: ContactProfile {
            first_name: text("Jane"),
            last_name: text("Doe"),
            title: text("Marketing Manager"),
            company: text("Acme Corp"),
            linkedin_url: text("https://linkedin.com/in/janedoe"),
            ..ContactProfile::default()
        },
        traits: Default::default(),
        identity: Default::default(),
        suppressed_at: None,
        created_at: FAKE_NOW,
        updated_at: FAKE_NOW,
    }
}

/// A `contact.visited` owed to each of `webhooks`, announced now. All are of one workspace.
pub fn an_event(ambient: &Ambient, webhooks: &[&Webhook]) -> NewEvent {
    let owed = |webhook: &&Webhook| NewDelivery { id: ambient.new_id::<DeliveryId>(), webhook_id: webhook.id };
    NewEvent {
        id: EventId::generate(ambient),
        workspace_id: webhooks.first().map_or(a_workspace().id, |webhook| webhook.workspace_id),
        event_type: "contact.visited".to_owned(),
        channels: vec![],
        payload: Bytes::from_static(br#"{"event":"contact.visited"}"#),
        source: EventSource::default(),
        created_at: ambient.now(),
        deliveries: webhooks.iter().map(owed).collect(),
    }
}

/// The first scheduled request of a delivery to [`a_webhook`], due now by the fake clock.
pub fn a_due_attempt() -> DueAttempt {
    DueAttempt {
        delivery_id: DeliveryId::from(Uuid::from_u128(4)),
        workspace_id: a_workspace().id,
        webhook_id: a_webhook().id,
        event_id: EventId::parse("msg_p5jXN8AQM9LWM0D4loKWxJek").unwrap(),
        event_type: "contact.visited".to_owned(),
        channels: vec![],
        payload: Bytes::from_static(br#"{"test": 2432232314}"#),
        trigger: Trigger::Schedule,
        due_at: FAKE_NOW,
        scheduled_attempts: 0,
        attempt_count: 0,
    }
}
