//! Decides which webhooks get an event.
//!
//! Whether the segment is enabled and has the webhook action is asked before an event exists
//! ([`crate::segment::Segment::announces`]); the other three conditions are here.

use crate::channel::Channel;
use crate::webhook::Webhook;

/// Whether `webhook` gets an event of `event_type` that carries `channels`.
///
/// It must be live, list the event type, and have no channels or share one with the event. An event
/// without channels never reaches a webhook that has some.
pub fn wants(webhook: &Webhook, event_type: &str, channels: &[Channel]) -> bool {
    webhook.is_live() && lists(webhook, event_type) && hears(webhook, channels)
}

/// A condition that keeps an event away from a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// It is disabled or deleted.
    NotLive,
    /// It does not list the event type.
    TypeNotListed,
    /// It is limited to channels that the event does not carry.
    OtherChannels,
}

/// Everything that keeps an event away from a webhook; nothing if it [wants] it.
pub fn obstacles(webhook: &Webhook, event_type: &str, channels: &[Channel]) -> Vec<Obstacle> {
    let conditions = [
        (webhook.is_live(), Obstacle::NotLive),
        (lists(webhook, event_type), Obstacle::TypeNotListed),
        (hears(webhook, channels), Obstacle::OtherChannels),
    ];
    conditions.into_iter().filter(|(holds, _)| !holds).map(|(_, obstacle)| obstacle).collect()
}

fn lists(webhook: &Webhook, event_type: &str) -> bool {
    webhook.event_types.iter().any(|wanted| wanted == event_type)
}

fn hears(webhook: &Webhook, channels: &[Channel]) -> bool {
    webhook.channels.is_empty() || webhook.channels.iter().any(|wanted| channels.contains(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SegmentId, WebhookId, WorkspaceId};
    use jiff::Timestamp;
    use url::Url;
    use uuid::Uuid;

    fn webhook(event_types: &[&str], channels: &[i64]) -> Webhook {
        Webhook {
            id: WebhookId::from(Uuid::nil()),
            workspace_id: WorkspaceId::from(Uuid::nil()),
            description: String::new(),
            url: Url::parse("https://example.com/").unwrap(),
            event_types: event_types.iter().map(ToString::to_string).collect(),
            channels: segments(channels),
            headers: Default::default(),
            enabled: true,
            disabled_reason: None,
            retry_schedule: None,
            metadata: Default::default(),
            revision: 0,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            deleted_at: None,
            rate_limit: None,
            fifo: false,
            ca_certificates: None,
            signing_keys: vec![],
            auth: None,
            client_identity: None,
        }
    }

    fn segments(ids: &[i64]) -> Vec<Channel> {
        ids.iter().map(|id| Channel::of_segment(SegmentId(*id))).collect()
    }

    // behaviour R1
    #[test]
    fn each_condition_alone_keeps_an_event_away() {
        let visited = "contact.visited";
        let fits = webhook(&[visited], &[7]);
        assert!(wants(&fits, visited, &segments(&[7])));

        assert!(!wants(&Webhook { enabled: false, ..fits.clone() }, visited, &segments(&[7])), "disabled");
        let deleted = Webhook { deleted_at: Some(Timestamp::UNIX_EPOCH), ..fits.clone() };
        assert!(!wants(&deleted, visited, &segments(&[7])), "deleted");
        assert!(!wants(&fits, "contact.intent", &segments(&[7])), "another event type");
        assert!(!wants(&fits, visited, &segments(&[8])), "another channel");
    }

    #[test]
    fn an_event_that_is_not_wanted_has_every_reason_named() {
        let limited = Webhook { enabled: false, ..webhook(&["a.b"], &[7]) };
        assert_eq!(
            obstacles(&limited, "c.d", &segments(&[8])),
            [Obstacle::NotLive, Obstacle::TypeNotListed, Obstacle::OtherChannels]
        );
        for channels in [&[7][..], &[8], &[]] {
            for event_type in ["a.b", "c.d"] {
                let fits = webhook(&["a.b"], &[7]);
                let (wanted, found) =
                    (wants(&fits, event_type, &segments(channels)), obstacles(&fits, event_type, &segments(channels)));
                assert_eq!(wanted, found.is_empty(), "{event_type} {channels:?}");
            }
        }
    }

    // behaviour R2
    #[test]
    fn channels_overlap_and_an_unlabelled_event_skips_a_limited_webhook() {
        let limited = webhook(&["a.b"], &[7, 8]);
        let open = webhook(&["a.b"], &[]);
        assert!(wants(&limited, "a.b", &segments(&[8, 9])));
        assert!(!wants(&limited, "a.b", &[]));
        assert!(wants(&open, "a.b", &[]));
        assert!(wants(&open, "a.b", &segments(&[1])));
    }
}
