//! For which segments?
//!
//! Whoever is known as a person qualifies as a contact; only visits of unknown persons speak for their
//! account. Once per segment and visit, and as the segment's frequency says.

use beckon_domain::catalog::payload::{CompanyVisited, ContactIntent, ContactVisited, Payload};
use beckon_domain::id::{CompanyId, SegmentId};
use beckon_domain::qualify::{LastFiring, Occasion, may_fire};
use beckon_domain::segment::evaluate::Facts;
use beckon_domain::segment::{Segment, Subject};
use beckon_domain::signal::{Intent, Signal};
use beckon_domain::visit::{PageView, Visit};
use beckon_store::intake::{Firing, History, NewIntent, SubjectId};
use jiff::Timestamp;

use super::event::{self, Announcement, Trigger};
use super::visit::Seen;
use super::working::Working;
use super::{Means, Who};

/// Announces what the one behind a visit qualifies for with this signal.
pub(super) fn visited(working: &mut Working, signal: &Signal, seen: &Seen, means: Means<'_>) {
    let Who { contact, company } = seen.who;
    let (subject, about, event_type) = match (contact, company) {
        (Some(contact), _) => (SubjectId::Contact(contact), Subject::Contact, ContactVisited::EVENT_TYPE),
        (None, Some(company)) => (SubjectId::Company(company), Subject::Company, CompanyVisited::EVENT_TYPE),
        (None, None) => return,
    };
    // A signal that comes out of order still sees the pages that came before it.
    let asked_at = signal.at.max(seen.visit.last_seen_at);
    for segment in matching(working, about, subject, company, Some(&seen.visit), asked_at, means) {
        let Some(segment) = means.compiled.catalog.get(segment) else { continue };
        let last = working.last_firing(subject, segment.id, event_type);
        if announced_meanwhile(seen, last) {
            continue;
        }
        let occasion = Occasion::Visit(seen.visit.id);
        if !may_fire(segment.frequency, occasion, last, signal.at) {
            continue;
        }
        note(working, subject, segment, event_type, Some(seen), signal.at, last);
        let trigger = Trigger::Visit(&seen.visit);
        announce(working, segment, event_type, seen.who, &trigger, signal, means);
    }
}

/// Notes an interest and announces what its person qualifies for with it.
pub(super) fn shown_intent(working: &mut Working, signal: &Signal, who: Who, intent: &Intent, means: Means<'_>) {
    let Some(contact) = who.contact else { return };
    working.add_intent(NewIntent { contact_id: contact, company_id: who.company, intent: intent.clone() });
    let subject = SubjectId::Contact(contact);
    let event_type = ContactIntent::EVENT_TYPE;
    let asked_at = signal.at.max(intent.observed_at);
    for segment in matching(working, Subject::Contact, subject, who.company, None, asked_at, means) {
        let Some(segment) = means.compiled.catalog.get(segment) else { continue };
        let last = working.last_firing(subject, segment.id, event_type);
        if !may_fire(segment.frequency, Occasion::Intent, last, signal.at) {
            continue;
        }
        note(working, subject, segment, event_type, None, signal.at, last);
        announce(working, segment, event_type, who, &Trigger::Intent(intent), signal, means);
    }
}

/// Whether the last firing was made while this visit was already going on.
///
/// One person on two devices, or two persons of one account, take turns in the one firing that is kept;
/// without this, each page view of the one would follow the other's and fire again.
fn announced_meanwhile(seen: &Seen, last: Option<LastFiring>) -> bool {
    !seen.begun && last.is_some_and(|last| last.at >= seen.visit.started_at)
}

fn matching(
    working: &Working,
    about: Subject,
    subject: SubjectId,
    company: Option<CompanyId>,
    visit: Option<&Visit>,
    now: Timestamp,
    means: Means<'_>,
) -> Vec<SegmentId> {
    let nothing = History::default();
    let history = working.history(subject).unwrap_or(&nothing);
    // An account that becomes known during a visit has made the visit's earlier pages.
    let mut with_earlier: Vec<PageView> = Vec::new();
    if let (SubjectId::Company(_), Some(visit)) = (subject, visit) {
        with_earlier.extend(working.page_views_of_nobody(visit.id).map(|view| view.page_view.clone()));
        if !with_earlier.is_empty() {
            with_earlier.extend_from_slice(&history.page_views);
        }
    }
    let facts = Facts {
        contact: match subject {
            SubjectId::Contact(id) => working.contact(id),
            SubjectId::Company(_) => None,
        },
        company: company.and_then(|id| working.company(id)),
        visit,
        page_views: if with_earlier.is_empty() { &history.page_views } else { &with_earlier },
        intents: &history.intents,
        now,
    };
    means.compiled.catalog.matching(about, &facts).into_iter().map(|segment| segment.id).collect()
}

fn note(
    working: &mut Working,
    subject: SubjectId,
    segment: &Segment,
    event_type: &str,
    seen: Option<&Seen>,
    at: Timestamp,
    last: Option<LastFiring>,
) {
    working.add_firing(Firing {
        subject,
        segment_id: segment.id,
        event_type: event_type.to_owned(),
        // Of signals out of order, the latest time counts.
        firing: LastFiring { at: last.map_or(at, |last| last.at.max(at)), visit_id: seen.map(|seen| seen.visit.id) },
    });
}

fn announce(
    working: &mut Working,
    segment: &Segment,
    event_type: &str,
    who: Who,
    trigger: &Trigger<'_>,
    signal: &Signal,
    means: Means<'_>,
) {
    let announcement = Announcement {
        segment,
        event_type,
        who,
        contact: who.contact.and_then(|id| working.contact(id)),
        company: who.company.and_then(|id| working.company(id)),
        trigger,
        at: signal.at,
    };
    let event = event::build(&announcement, means);
    working.changes.events.extend(event);
}
