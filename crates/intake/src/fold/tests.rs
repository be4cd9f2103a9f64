//! What signals do to a workspace, batch by batch, without a store.

mod clients;
mod companies;
mod identity;
mod people;
mod segments;
mod stories;
mod visits;

use beckon_domain::contact::Contact;
use beckon_domain::event::NewEvent;
use beckon_domain::network::Network;
use beckon_domain::segment::Segment;
use beckon_domain::signal::Signal;
use beckon_domain::visit::Visit;
use beckon_store::WorkspaceConfig;
use beckon_store::intake::{IntakeChanges, IntakeState};
use serde_json::Value;

use super::*;
use crate::testing::{ambient, config, email, minute, webhook};

/// A workspace, and what one batch does to it.
struct World {
    working: Working,
    compiled: Compiled,
    ambient: Ambient,
}

impl World {
    fn with(segments: Vec<Segment>) -> World {
        World::of(config(segments, vec![webhook(7)]))
    }

    fn of(config: WorkspaceConfig) -> World {
        World {
            working: Working::new(IntakeState::default()),
            compiled: Compiled::new(Arc::new(config)),
            ambient: ambient(),
        }
    }

    fn knowing(self, state: IntakeState) -> World {
        World { working: Working::new(state), ..self }
    }

    fn take(&mut self, signal: Signal) -> Taken {
        let means = Means {
            compiled: &self.compiled,
            free_mail: &Default::default(),
            now: minute(100_000),
            ambient: &self.ambient,
        };
        apply(&mut self.working, &signal, means)
    }

    fn take_all(&mut self, signals: impl IntoIterator<Item = Signal>) {
        for signal in signals {
            self.take(signal);
        }
    }

    fn contact_of_email(&self, address: &str) -> &Contact {
        let id = self.working.contact_of_email(&email(address)).expect("a contact of that address");
        self.working.contact(id).unwrap()
    }

    fn contact_of_user(&self, user_id: &str) -> &Contact {
        let id = self.working.contact_of_user_id(user_id).expect("a contact of that user id");
        self.working.contact(id).unwrap()
    }

    fn contact_behind(&self, browser: &str) -> Option<ContactId> {
        self.working.visitor(browser).unwrap().contact_id
    }

    fn visit_of(&self, browser: &str) -> Visit {
        self.working.visitor(browser).unwrap().visit.clone().unwrap()
    }

    fn events(&self) -> &[NewEvent] {
        &self.working.changes.events
    }

    /// Type, segment and time of each event.
    fn announced(&self) -> Vec<(String, i64, Timestamp)> {
        let of = |event: &NewEvent| {
            let at = payload(event)["timestamp"].as_str().unwrap().parse().unwrap();
            (event.event_type.clone(), event.source.segment_id.unwrap().0, at)
        };
        self.events().iter().map(of).collect()
    }

    fn changes(self) -> IntakeChanges {
        self.working.into_changes(minute(100_000))
    }
}

fn payload(event: &NewEvent) -> Value {
    serde_json::from_slice(&event.payload).unwrap()
}
