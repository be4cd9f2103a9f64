//! What a batch of signals means: a pure function of what is known, what is set up, and the signals.
//!
//! [`working`] is what is known, as it changes signal by signal; a signal goes through `bot` (does it mean anything?), `identify` and
//! `company` (who is it?), `visit` (on which visit?), `qualify` (for which segments?) and `event` (what is
//! announced, to whom?), and leaves its traces in the changes to commit.
//! Promise: the same state, set-up, signals, time and randomness give the same changes; nothing is read or
//! written here, so a decision that was overtaken is simply made again.

mod bot;
pub(crate) mod company;
mod email_link;
pub(crate) mod event;
mod identify;
mod keys;
pub(crate) mod person;
pub(crate) mod profile;
mod qualify;
mod suppressed;
mod visit;
pub(crate) mod working;

#[cfg(test)]
mod tests;

use beckon_domain::ambient::Ambient;
use beckon_domain::bot::BotReason;
use beckon_domain::email::FreeMail;
use beckon_domain::event::{EventId, NewEvent};
use beckon_domain::id::{CompanyId, ContactId, SegmentId};
use beckon_domain::segment::evaluate::SegmentCatalog;
use beckon_domain::settings::Blocked;
use beckon_domain::signal::{Signal, SignalBody, SignalStory};
use beckon_store::WorkspaceConfig;
use beckon_store::intake::SignalRecord;
use jiff::Timestamp;
use std::sync::Arc;

use crate::Taken;
use keys::Keys;
use working::Working;

pub(crate) use keys::ask_for;

/// What a workspace has set up, ready to be asked.
pub(crate) struct Compiled {
    pub(crate) config: Arc<WorkspaceConfig>,
    pub(crate) catalog: SegmentCatalog,
    /// The identifiers that name nobody here.
    pub(crate) blocked: Blocked,
}

impl Compiled {
    pub(crate) fn new(config: Arc<WorkspaceConfig>) -> Compiled {
        Compiled { catalog: config.catalog(), blocked: config.settings.identity.blocked(), config }
    }
}

/// With what a decision is made, besides what is known.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    pub(crate) compiled: &'a Compiled,
    pub(crate) free_mail: &'a FreeMail,
    pub(crate) now: Timestamp,
    pub(crate) ambient: &'a Ambient,
}

/// Who a signal turned out to be about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) contact: Option<ContactId>,
    pub(crate) company: Option<CompanyId>,
}

/// Takes one signal in: all it changes is in `working` afterwards.
pub(crate) fn apply(working: &mut Working, signal: &Signal, means: Means<'_>) -> Taken {
    if !working.note_message_id(signal) {
        return Taken::Duplicate;
    }
    let named = Keys::of(signal, &means.compiled.blocked);
    let stripped = suppressed::stripped(working, &named, signal, means);
    let (signal, keys) = stripped.as_ref().map_or((signal, named), |(signal, keys)| (signal, keys.clone()));
    let announced_before = working.changes.events.len();
    let bot = bot::reason(working, &keys, signal);
    let mut visit_id = None;
    let (who, recognised_by) = match &signal.body {
        _ if bot.is_some_and(BotReason::holds_for_known_people) => identify::known(working, &keys),
        SignalBody::Intent(report) => {
            let (who, by) = identify::person_of_intent(working, &keys, signal, report, means);
            qualify::shown_intent(working, signal, who, &report.intent, means);
            (who, by)
        }
        _ => {
            let (who, by) = identify::sender(working, &keys, signal, bot, means);
            // An aliased visitor that was somebody else already is left alone.
            let aliased = keys.aliased.as_ref().filter(|key| {
                who.contact.is_some() && working.visitor(key).is_some_and(|visitor| visitor.contact_id == who.contact)
            });
            for key in keys.visitor.iter().chain(aliased) {
                if let Some(seen) = visit::place(working, key, signal, who, means) {
                    if bot.is_none() {
                        qualify::visited(working, signal, &seen, means);
                    }
                    visit_id.get_or_insert(seen.visit.id);
                }
            }
            (who, by)
        }
    };
    let visitor = keys.visitor.as_ref().and_then(|key| working.visitor(key)).map(|visitor| visitor.id);
    let fired = working.changes.events.iter().skip(announced_before).filter_map(fired).collect();
    working.changes.signals.push(SignalRecord {
        id: signal.id,
        kind: signal.body.kind(),
        at: signal.at,
        received_at: signal.received_at,
        visitor_id: visitor,
        contact_id: who.contact,
        company_id: who.company,
        story: SignalStory { recognised_by, visit_id, bot, fired },
        raw: signal.raw.clone(),
    });
    Taken::Stored { signal_id: signal.id, visitor_id: visitor, contact_id: who.contact }
}

/// For which segment an event was announced.
fn fired(event: &NewEvent) -> Option<(SegmentId, EventId)> {
    event.source.segment_id.map(|segment| (segment, event.id.clone()))
}
