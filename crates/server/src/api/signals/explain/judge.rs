//! Asks the conditions one after the other. Pure.

use std::sync::Arc;

use beckon_domain::catalog::payload::{CompanyVisited, ContactIntent, ContactVisited, Payload};
use beckon_domain::channel::Channel;
use beckon_domain::qualify::{LastFiring, Occasion, may_fire};
use beckon_domain::routing::{Obstacle, obstacles};
use beckon_domain::segment::evaluate::{Facts, Finding, FindingKind, SegmentCatalog};
use beckon_domain::segment::{Action, Frequency, Segment, Subject};
use beckon_domain::signal::{RecognisedBy, SignalKind};
use beckon_domain::webhook::Webhook;
use beckon_store::intake::SubjectId;
use jiff::Timestamp;

use super::evidence::Evidence;
use super::{Condition, ConditionView, ExplanationView, TakerView};
use crate::api::segments::preview::lists_of;

pub(super) fn judge(
    evidence: &Evidence,
    segment: &Segment,
    catalog: &SegmentCatalog,
    webhooks: &[Arc<Webhook>],
) -> ExplanationView {
    let record = &evidence.record;
    let contact = if segment.subject == Subject::Contact { evidence.contact.as_ref() } else { None };
    let of_contact = contact.map(|contact| SubjectId::Contact(contact.id));
    let of_company = evidence.company.as_ref().map(|company| SubjectId::Company(company.id));
    let lists = lists_of([of_contact, of_company], &evidence.state);
    let facts = Facts {
        contact,
        company: evidence.company.as_ref(),
        visit: evidence.visit.as_ref(),
        page_views: &evidence.history.page_views,
        intents: &evidence.history.intents,
        lists: &lists,
        now: record.at,
    };
    let rule = catalog.explain(&segment.rule, &facts);
    let event_id = record.story.fired.iter().find(|(id, _)| *id == segment.id).map(|(_, event)| event.clone());
    let event_type = event_type(record.kind, segment.subject);
    let takers: Vec<TakerView> = webhooks.iter().map(|webhook| taker(webhook, segment, event_type)).collect();
    let conditions = vec![
        no_bot(evidence),
        recognised(evidence),
        occasion(evidence),
        subject(evidence, segment),
        not_suppressed(evidence),
        holds(Condition::Enabled, segment.enabled, "it is enabled", "it is disabled"),
        holds(
            Condition::Action,
            segment.actions.contains(&Action::Webhook),
            "its webhook action is on",
            "its webhook action is off",
        ),
        holds(Condition::Rule, rule.holds, "it holds", &why_rule_fails(&rule)),
        frequency(evidence, segment, event_type, event_id.is_some()),
        taken(&takers),
    ];
    let answer = answer(evidence, segment, &conditions, event_id.is_some());
    ExplanationView {
        signal_id: record.id,
        segment_id: segment.id,
        segment_name: segment.name.clone(),
        event_id,
        answer,
        conditions,
        rule,
        webhooks: takers,
    }
}

fn event_type(kind: SignalKind, subject: Subject) -> &'static str {
    match (kind, subject) {
        (_, Subject::Company) => CompanyVisited::EVENT_TYPE,
        (SignalKind::Intent, Subject::Contact) => ContactIntent::EVENT_TYPE,
        (_, Subject::Contact) => ContactVisited::EVENT_TYPE,
    }
}

fn holds(name: Condition, holds: bool, yes: &str, no: &str) -> ConditionView {
    ConditionView { name, holds: Some(holds), words: if holds { yes } else { no }.to_owned() }
}

fn no_bot(evidence: &Evidence) -> ConditionView {
    match evidence.record.story.bot {
        None => holds(Condition::NoBot, true, "nothing speaks for a bot", ""),
        Some(reason) => holds(Condition::NoBot, false, "", &format!("it was taken for a bot's: {}", reason.words())),
    }
}

fn recognised(evidence: &Evidence) -> ConditionView {
    let words = match (evidence.subject(), evidence.record.story.recognised_by) {
        (Some(SubjectId::Contact(_)), Some(RecognisedBy::Email)) => "a contact, by the address in the signal",
        (Some(SubjectId::Contact(_)), Some(RecognisedBy::UserId)) => "a contact, by the user id in the signal",
        (Some(SubjectId::Contact(_)), Some(RecognisedBy::EmailSha256)) => {
            "a contact, by the hash of the address in the signal"
        }
        (Some(SubjectId::Contact(_)), Some(RecognisedBy::LinkedinUrl)) => {
            "a contact, by the LinkedIn profile in the signal"
        }
        (Some(SubjectId::Contact(_)), Some(RecognisedBy::EmailLink)) => {
            "a contact, by the link in a mail that they followed"
        }
        (Some(SubjectId::Contact(_)), Some(RecognisedBy::Visitor)) => "a contact, by the browser known from before",
        (Some(SubjectId::Contact(_)), None | Some(RecognisedBy::Network)) => "a contact",
        (Some(SubjectId::Company(_)), Some(RecognisedBy::Network)) => {
            "nobody by name, but the address is in the company's network"
        }
        (Some(SubjectId::Company(_)), _) => "nobody by name, but the company is known",
        (None, _) => "nobody is known behind this visitor, and no company either",
    };
    holds(Condition::Recognised, evidence.subject().is_some(), words, words)
}

fn occasion(evidence: &Evidence) -> ConditionView {
    let (ok, words) = match (evidence.record.kind, evidence.record.story.visit_id) {
        (SignalKind::Intent, _) => (true, "it is an intent"),
        (_, Some(_)) => (true, "it belongs to a visit"),
        (SignalKind::Page, None) => (true, "it is a page view"),
        (_, None) => (false, "it came while no visit was going on, so it is no occasion to announce anything"),
    };
    holds(Condition::Occasion, ok, words, words)
}

fn subject(evidence: &Evidence, segment: &Segment) -> ConditionView {
    let (ok, words) = match (segment.subject, evidence.subject(), evidence.record.kind) {
        (Subject::Contact, Some(SubjectId::Contact(_)), _) => (true, "it is about contacts, and this is one"),
        (Subject::Contact, Some(SubjectId::Company(_)), _) => {
            (false, "it is about contacts, and who visited is not known by name")
        }
        (Subject::Company, Some(SubjectId::Contact(_)), _) => {
            (false, "it is about companies, which speaks of visitors nobody knows; this is a known contact")
        }
        (Subject::Company, Some(SubjectId::Company(_)), SignalKind::Intent) => {
            (false, "it is about companies, and only visits speak for a company")
        }
        (Subject::Company, Some(SubjectId::Company(_)), _) => {
            (true, "it is about companies, and this is an unknown visitor from one")
        }
        (_, None, _) => (false, "there is nobody it could be about"),
    };
    holds(Condition::Subject, ok, words, words)
}

fn not_suppressed(evidence: &Evidence) -> ConditionView {
    let suppressed = evidence.contact.as_ref().and_then(|contact| contact.suppressed_at);
    let words = match suppressed {
        Some(at) => format!("they asked to cause no events; suppressed since {}", moment(at)),
        None => "they may cause events".to_owned(),
    };
    holds(Condition::NotSuppressed, suppressed.is_none(), &words, &words)
}

/// The first part of the rule that keeps it from holding, in words.
fn why_rule_fails(rule: &Finding) -> String {
    let found = |finding: &Finding| finding.found.clone().unwrap_or_else(|| finding.wanted.clone());
    let failing = rule.parts.iter().find(|part| !part.holds);
    match (rule.is, failing, rule.parts.first()) {
        (FindingKind::All | FindingKind::Segment, Some(part), _) => why_rule_fails(part),
        (FindingKind::Any, Some(_), _) => {
            let all: Vec<String> = rule.parts.iter().map(why_rule_fails).collect();
            format!("none of {} alternatives holds: {}", all.len(), all.join("; "))
        }
        (FindingKind::Not, _, Some(part)) => format!("{}, and that must not be: {}", found(part), part.wanted),
        _ => match &rule.found {
            Some(found) => format!("{found}; wanted was: {}", rule.wanted),
            None => format!("it does not hold: {}", rule.wanted),
        },
    }
}

fn frequency(evidence: &Evidence, segment: &Segment, event_type: &str, fired: bool) -> ConditionView {
    let view = |holds, words: String| ConditionView { name: Condition::Frequency, holds, words };
    if fired {
        return view(Some(true), "it was announced with this signal".to_owned());
    }
    let last: Option<LastFiring> = evidence
        .subject()
        .and_then(|subject| evidence.state.firings.get(&(subject, segment.id, event_type.to_owned())))
        .copied();
    let Some(last) = last else { return view(Some(true), "it was never announced for them".to_owned()) };
    let record = &evidence.record;
    let when = moment(last.at);
    if last.at > record.at {
        let words = format!("it was announced later, on {when}; whether it had been before is no longer known");
        return view(None, words);
    }
    let occasion = record.story.visit_id.map_or(Occasion::Intent, Occasion::Visit);
    let in_visit = record.story.visit_id.is_some() && last.visit_id == record.story.visit_id;
    let meanwhile = record.story.visit_id.is_some()
        && evidence.visit.as_ref().is_some_and(|visit| visit.started_at < record.at && last.at >= visit.started_at);
    let words = match segment.frequency {
        _ if in_visit => format!("it was announced in this visit already, on {when}"),
        _ if meanwhile => format!("it was announced on {when}, while this visit was going on"),
        Frequency::FirstVisit => format!("it is announced only the first time, and that was on {when}"),
        Frequency::Cooldown(pause) => {
            let until = last.at.checked_add(pause).map_or_else(|_| "for ever".to_owned(), moment);
            format!("it was announced on {when}, with a pause until {until}")
        }
        Frequency::EveryVisit => format!("it was announced last on {when}, which does not matter"),
    };
    let may = !meanwhile && may_fire(segment.frequency, occasion, Some(last), record.at);
    view(Some(may), words)
}

fn taker(webhook: &Webhook, segment: &Segment, event_type: &str) -> TakerView {
    let reason = |obstacle: Obstacle| match obstacle {
        Obstacle::NotLive => "it is disabled".to_owned(),
        Obstacle::TypeNotListed => format!("it does not list {event_type}"),
        Obstacle::OtherChannels => {
            let channels: Vec<_> = webhook.channels.iter().map(Channel::as_str).collect();
            format!("it is limited to {}", channels.join(", "))
        }
    };
    let found = obstacles(webhook, event_type, &[Channel::of_segment(segment.id)]);
    TakerView {
        id: webhook.id,
        description: webhook.description.clone(),
        takes: found.is_empty(),
        reasons: found.into_iter().map(reason).collect(),
    }
}

fn taken(takers: &[TakerView]) -> ConditionView {
    let count = takers.iter().filter(|taker| taker.takes).count();
    let words = match (count, takers.len()) {
        (_, 0) => "there are no webhooks".to_owned(),
        (0, 1) => "the only webhook does not take it".to_owned(),
        (0, all) => format!("none of the {all} webhooks takes it"),
        (1, _) => "1 webhook takes it".to_owned(),
        (many, _) => format!("{many} webhooks take it"),
    };
    holds(Condition::Webhooks, count > 0, &words, &words)
}

fn answer(evidence: &Evidence, segment: &Segment, conditions: &[ConditionView], fired: bool) -> String {
    let untaken = conditions.iter().any(|found| found.name == Condition::Webhooks && found.holds == Some(false));
    if fired {
        return if untaken {
            "Yes: it was announced, but as things are now no webhook takes such an event.".to_owned()
        } else {
            "Yes: it was announced with this signal.".to_owned()
        };
    }
    let deciding = |found: &&ConditionView| found.name != Condition::Webhooks;
    if let Some(found) = conditions.iter().filter(deciding).find(|found| found.holds == Some(false)) {
        return format!("No: {}.", found.words);
    }
    if let Some(found) = conditions.iter().filter(deciding).find(|found| found.holds.is_none()) {
        return format!("It was not announced with this signal, and why is no longer known for sure: {}.", found.words);
    }
    let came = evidence.record.received_at;
    let mut changed = Vec::new();
    if segment.updated_at > came {
        changed.push(format!("the segment was changed on {}", moment(segment.updated_at)));
    }
    if let Some(contact) = evidence.contact.as_ref().filter(|contact| contact.updated_at > came) {
        changed.push(format!("the contact was changed on {}", moment(contact.updated_at)));
    }
    if changed.is_empty() {
        changed.push("something else was changed".to_owned());
    }
    format!("It was not announced when the signal came, but would be now: {} since.", changed.join(", and "))
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d at %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
