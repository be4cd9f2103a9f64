//! For which segments?
//!
//! Whoever is known as a person qualifies as a contact; only visits of unknown persons speak for their
//! account. Once per segment and visit, and as the segment's frequency says. Whoever asked for it qualifies for nothing.

use beckon_domain::catalog::payload::{CompanyVisited, ContactIntent, ContactVisited, Payload};
use beckon_domain::id::{ListId, SegmentId};
use beckon_domain::qualify::{LastFiring, Occasion, may_fire};
use beckon_domain::segment::Subject;
use beckon_domain::segment::evaluate::Facts;
use beckon_domain::signal::{Intent, Signal};
use beckon_domain::visit::{PageView, Visit};
use beckon_store::intake::{Firing, History, NewIntent, SubjectId};
use jiff::Timestamp;

use super::event::{self, Announcement, Trigger};
use super::visit::Seen;
use super::working::Working;
use super::{Means, Who};

/// Somebody who may qualify for segments now.
struct Candidate<'a> {
    subject: SubjectId,
    who: Who,
    event_type: &'static str,
    trigger: Trigger<'a>,
    /// Since when the occasion has been going on, unless this signal began it.
    since: Option<Timestamp>,
    /// When the signal happened.
    at: Timestamp,
    /// As of when rules are asked.
    asked_at: Timestamp,
}

/// Announces what the one behind a visit qualifies for with this signal.
pub(super) fn visited(working: &mut Working, signal: &Signal, seen: &Seen, means: Means<'_>) {
    let (subject, event_type) = match seen.who {
        Who { contact: Some(contact), .. } => (SubjectId::Contact(contact), ContactVisited::EVENT_TYPE),
        Who { company: Some(company), .. } => (SubjectId::Company(company), CompanyVisited::EVENT_TYPE),
        _ => return,
    };
    let candidate = Candidate {
        subject,
        who: seen.who,
        event_type,
        trigger: Trigger::Visit(&seen.visit),
        since: (!seen.begun).then_some(seen.visit.started_at),
        at: signal.at,
        // A signal that was overtaken by page views still sees them.
        asked_at: signal.at.max(seen.visit.last_seen_at),
    };
    qualify(working, &candidate, means);
}

/// Notes an interest and announces what its person qualifies for with it.
pub(super) fn shown_intent(working: &mut Working, signal: &Signal, who: Who, intent: &Intent, means: Means<'_>) {
    let Some(contact) = who.contact else { return };
    working.add_intent(NewIntent { contact_id: contact, company_id: who.company, intent: intent.clone() });
    let candidate = Candidate {
        subject: SubjectId::Contact(contact),
        who,
        event_type: ContactIntent::EVENT_TYPE,
        trigger: Trigger::Intent(intent),
        since: None,
        at: signal.at,
        asked_at: signal.at.max(intent.observed_at),
    };
    qualify(working, &candidate, means);
}

fn qualify(working: &mut Working, candidate: &Candidate<'_>, means: Means<'_>) {
    let contact = candidate.who.contact.and_then(|id| working.contact(id));
    if contact.is_some_and(|contact| contact.suppressed_at.is_some()) {
        return;
    }
    for segment in matching(working, candidate, means) {
        let Some(segment) = means.compiled.catalog.get(segment) else { continue };
        let last = working.last_firing(candidate.subject, segment.id, candidate.event_type);
        let fires = may_fire(segment.frequency, candidate.occasion(), last, candidate.at);
        if !fires || candidate.was_announced_meanwhile(last) {
            continue;
        }
        working.add_firing(Firing {
            subject: candidate.subject,
            segment_id: segment.id,
            event_type: candidate.event_type.to_owned(),
            firing: LastFiring {
                // Of signals out of order, the latest time counts.
                at: last.map_or(candidate.at, |last| last.at.max(candidate.at)),
                visit_id: candidate.visit().map(|visit| visit.id),
            },
        });
        let announcement = Announcement {
            segment,
            event_type: candidate.event_type,
            who: candidate.who,
            contact: candidate.who.contact.and_then(|id| working.contact(id)),
            company: candidate.who.company.and_then(|id| working.company(id)),
            trigger: &candidate.trigger,
            at: candidate.at,
        };
        let event = event::build(&announcement, means);
        working.changes.events.extend(event);
    }
}

impl<'a> Candidate<'a> {
    fn visit(&self) -> Option<&'a Visit> {
        match self.trigger {
            Trigger::Visit(visit) => Some(visit),
            Trigger::Intent(_) => None,
        }
    }

    fn occasion(&self) -> Occasion {
        self.visit().map_or(Occasion::Intent, |visit| Occasion::Visit(visit.id))
    }

    /// Whether the last firing was made while this visit was already going on.
    ///
    /// One person on two devices, or two persons of one account, take turns in the one firing that is kept;
    /// without this, each page view of the one would follow the other's and fire again.
    fn was_announced_meanwhile(&self, last: Option<LastFiring>) -> bool {
        last.zip(self.since).is_some_and(|(last, since)| last.at >= since)
    }
}

fn matching(working: &Working, candidate: &Candidate<'_>, means: Means<'_>) -> Vec<SegmentId> {
    let nothing = History::default();
    let history = working.history(candidate.subject).unwrap_or(&nothing);
    let (about, contact) = match candidate.subject {
        SubjectId::Contact(id) => (Subject::Contact, working.contact(id)),
        SubjectId::Company(_) => (Subject::Company, None),
    };
    // An account that becomes known during a visit has made the visit's earlier pages.
    let mut with_earlier: Vec<PageView> = Vec::new();
    if let (Subject::Company, Some(visit)) = (about, candidate.visit()) {
        with_earlier.extend(working.page_views_of_nobody(visit.id).map(|view| view.page_view.clone()));
        if !with_earlier.is_empty() {
            with_earlier.extend_from_slice(&history.page_views);
        }
    }
    let of_company = candidate.who.company.map(SubjectId::Company);
    let of_contact = candidate.who.contact.map(SubjectId::Contact);
    let lists: Vec<ListId> =
        of_contact.into_iter().chain(of_company).flat_map(|subject| working.lists(subject)).copied().collect();
    let facts = Facts {
        contact,
        company: candidate.who.company.and_then(|id| working.company(id)),
        visit: candidate.visit(),
        page_views: if with_earlier.is_empty() { &history.page_views } else { &with_earlier },
        intents: &history.intents,
        lists: &lists,
        now: candidate.asked_at,
    };
    means.compiled.catalog.matching(about, &facts).into_iter().map(|segment| segment.id).collect()
}
