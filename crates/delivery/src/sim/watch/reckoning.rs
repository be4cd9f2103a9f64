//! What holds when it is over: faults have ended, and time has run on.

use std::collections::BTreeMap;
use std::time::Duration;

use beckon_domain::catalog::NOTICES;
use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled};
use beckon_domain::delivery::{DeliveryStatus, Trigger};
use beckon_domain::id::WebhookId;
use tokio::time::Instant;

use super::Watch;
use crate::sim::store::Model;

/// A webhook that is well gets what it is owed within this, whatever happens to others: far below the sweep, so that
/// nothing is found by luck.
pub(in crate::sim) const HEALTHY_WITHIN: Duration = Duration::from_secs(20);

impl Watch {
    /// Holds the end against what was promised. `steady` are webhooks whose receivers were well all the time, and
    /// that nobody touched.
    pub(in crate::sim) fn reckon(&mut self, model: &Model, steady: &[WebhookId]) {
        self.nothing_is_forgotten(model);
        self.every_request_is_accounted_for();
        self.notices_are_told_once(model);
        self.the_steady_are_not_held_up(model, steady);
    }

    fn nothing_is_forgotten(&mut self, model: &Model) {
        for owed in &model.deliveries {
            let taken = self.first_taken_at.contains_key(&owed.id);
            let wrong = match owed.status {
                DeliveryStatus::Pending | DeliveryStatus::Retrying => Some("is forgotten"),
                DeliveryStatus::Delivered => (!taken).then_some("is said to be delivered, and no receiver took it"),
                DeliveryStatus::Failed => (owed.attempt_count == 0).then_some("has failed without a request"),
                DeliveryStatus::Canceled => None,
            };
            if let Some(wrong) = wrong {
                let (id, webhook, due_at) = (owed.id, owed.webhook_id, owed.schedule_due_at);
                self.broken(format!("{id} to {webhook} {wrong}: {:?}, due {due_at:?}", owed.status));
            }
        }
        if !model.jobs_have_ended() {
            self.broken("a job never ends".to_owned());
        }
    }

    /// Every request that was written is recorded once, or was cut off by the end of its run; and a run cuts off at
    /// most one of a kind.
    fn every_request_is_accounted_for(&mut self) {
        let mut cut_off: BTreeMap<_, u32> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (number, flight) in self.flights.iter().enumerate() {
            if !flight.over {
                wrong.push(format!("flight {number} of {} never ended", flight.delivery));
            }
            if flight.written && !flight.recorded {
                *cut_off.entry((flight.delivery, flight.trigger, flight.run)).or_default() += 1;
            }
        }
        let repeated = cut_off.into_iter().filter(|(_, times)| *times > 1);
        wrong.extend(repeated.map(|((id, trigger, run), times)| {
            format!("{times} requests of {id} ({trigger:?}) in run {run} left no record")
        }));
        wrong.into_iter().for_each(|wrong| self.broken(wrong));
    }

    fn notices_are_told_once(&mut self, model: &Model) {
        for webhook in std::mem::take(&mut self.recovered) {
            self.broken(format!("{webhook} was announced as failing, and its recovery is not"));
        }
        let mut exhausted: BTreeMap<String, usize> = BTreeMap::new();
        let mut disabled: BTreeMap<String, usize> = BTreeMap::new();
        for event in model.events.iter().filter(|event| NOTICES.contains(&event.event_type.as_str())) {
            let payload: serde_json::Value = serde_json::from_slice(&event.payload).unwrap_or_default();
            let told = |of: &str| payload[of]["id"].as_str().unwrap_or_default().to_owned();
            if event.event_type == DeliveryExhausted::EVENT_TYPE {
                *exhausted.entry(told("delivery")).or_default() += 1;
            } else if event.event_type == WebhookDisabled::EVENT_TYPE {
                *disabled.entry(told("webhook")).or_default() += 1;
            }
        }
        let happened = |(id, times): (String, usize)| (times > 0).then_some((id, times));
        let really: BTreeMap<_, _> =
            self.exhaustions.iter().filter_map(|(id, times)| happened((id.to_string(), *times))).collect();
        if exhausted != really {
            self.broken(format!("exhausted: {really:?}; announced: {exhausted:?}"));
        }
        let really: BTreeMap<_, _> =
            self.disablements.iter().filter_map(|(id, times)| happened((id.to_string(), *times))).collect();
        if disabled != really {
            self.broken(format!("disabled: {really:?}; announced: {disabled:?}"));
        }
    }

    fn the_steady_are_not_held_up(&mut self, model: &Model, steady: &[WebhookId]) {
        let mut late = Vec::new();
        for owed in model.deliveries.iter().filter(|owed| steady.contains(&owed.webhook_id)) {
            let (Some(from), Some(taken)) = (self.owed_at.get(&owed.id), self.first_taken_at.get(&owed.id)) else {
                continue;
            };
            let manual = model.events[owed.event].source.test || owed.scheduled_trigger() == Trigger::Replay;
            let by = self.expected_by(*from);
            if *taken > by && !manual {
                late.push(format!("{} to {}, which is well, took {:?}", owed.id, owed.webhook_id, *taken - *from));
            }
        }
        late.into_iter().for_each(|late| self.broken(late));
    }

    /// When something owed at that moment is to be there: soon, once nothing disturbs it any more.
    fn expected_by(&self, owed_at: Instant) -> Instant {
        self.disturbances.iter().fold(owed_at + HEALTHY_WITHIN, |by, (from, until)| match until {
            Some(until) if *from <= by && *until + HEALTHY_WITHIN > by => *until + HEALTHY_WITHIN,
            _ => by,
        })
    }
}
