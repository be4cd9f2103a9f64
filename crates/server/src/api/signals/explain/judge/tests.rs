//! Each condition alone is the answer, and what is not known is not guessed.

use beckon_domain::id::{SegmentId, VisitId};
use beckon_domain::segment::rule::Rule;
use beckon_domain::signal::SignalStory;
use beckon_domain::visit::PageView;
use beckon_store::intake::{History, IntakeState, SignalRecord};
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_713_191_520 + minute * 60).unwrap()
}

fn visit(n: u128) -> VisitId {
    VisitId::from(Uuid::from_u128(n))
}

/// A VP who looked at the prices in visit 1, at minute 100.
fn evidence() -> Evidence {
    let mut contact = beckon_testkit::builders::a_contact();
    contact.profile.title = Some("VP Sales".to_owned());
    contact.updated_at = at(0);
    let story =
        SignalStory { recognised_by: Some(RecognisedBy::Visitor), visit_id: Some(visit(1)), ..SignalStory::default() };
    Evidence {
        record: SignalRecord {
            id: Uuid::from_u128(9).into(),
            kind: SignalKind::Page,
            at: at(100),
            received_at: at(100),
            visitor_id: None,
            contact_id: Some(contact.id),
            company_id: None,
            story,
            raw: String::new(),
        },
        contact: Some(contact),
        company: None,
        visit: None,
        history: History { page_views: vec![PageView { path: "/pricing".to_owned(), at: at(100) }], intents: vec![] },
        state: IntakeState::default(),
    }
}

fn segment(rule: Value) -> Segment {
    Segment {
        id: SegmentId(7264),
        subject: Subject::Contact,
        rule: Rule::parse(&rule).unwrap(),
        enabled: true,
        actions: vec![Action::Webhook],
        frequency: Frequency::EveryVisit,
        updated_at: at(0),
        ..beckon_testkit::builders::a_segment()
    }
}

fn prices() -> Segment {
    segment(json!({"visited": {"path": "/pricing", "match": "exactly"}}))
}

fn explained(evidence: &Evidence, segment: &Segment) -> ExplanationView {
    judge(evidence, segment, &SegmentCatalog::new(vec![segment.clone()]), &[])
}

/// The answer, and the first condition that does not hold.
fn why_not(evidence: &Evidence, segment: &Segment) -> (Condition, String) {
    let told = explained(evidence, segment);
    let first = told.conditions.iter().find(|found| found.holds != Some(true)).unwrap();
    assert!(told.answer.contains(&first.words), "{} is not about {:?}", told.answer, first);
    (first.name, told.answer)
}

#[test]
fn each_condition_alone_is_the_answer() {
    let unknown = {
        let mut evidence = evidence();
        (evidence.record.contact_id, evidence.contact) = (None, None);
        evidence
    };
    assert_eq!(why_not(&unknown, &prices()).0, Condition::Recognised);

    let mut idle = evidence();
    (idle.record.kind, idle.record.story.visit_id) = (SignalKind::Identify, None);
    assert_eq!(why_not(&idle, &prices()).0, Condition::Occasion);

    let of_companies = Segment { subject: Subject::Company, ..prices() };
    assert_eq!(why_not(&evidence(), &of_companies).0, Condition::Subject);

    let mut suppressed = evidence();
    suppressed.contact.as_mut().unwrap().suppressed_at = Some(at(1));
    assert_eq!(why_not(&suppressed, &prices()).0, Condition::NotSuppressed);

    assert_eq!(why_not(&evidence(), &Segment { enabled: false, ..prices() }).0, Condition::Enabled);
    assert_eq!(why_not(&evidence(), &Segment { actions: vec![], ..prices() }).0, Condition::Action);

    let (condition, answer) = why_not(
        &evidence(),
        &segment(json!({"all": [
            {"visited": {"path": "/pricing", "match": "exactly"}, "count": {"op": "gte", "value": 3}, "within": "7d"},
            {"prop": "contact.title", "op": "contains", "value": "cto"}]})),
    );
    assert_eq!(condition, Condition::Rule);
    assert_eq!(
        answer,
        "No: 1 page view there, the latest just then; wanted was: visited /pricing at least 3 times within 7 days."
    );
}

#[test]
fn what_was_announced_before_is_told_with_its_time() {
    let fired = |minute, in_visit| {
        let mut evidence = evidence();
        let key = (evidence.subject().unwrap(), SegmentId(7264), ContactVisited::EVENT_TYPE.to_owned());
        evidence.state.firings.insert(key, LastFiring { at: at(minute), visit_id: Some(visit(in_visit)) });
        evidence
    };
    let with = |frequency| Segment { frequency, ..prices() };
    let frequency = |evidence: &Evidence, segment: &Segment| {
        let told = explained(evidence, segment);
        told.conditions.into_iter().find(|found| found.name == Condition::Frequency).unwrap()
    };
    let (condition, answer) = why_not(&fired(90, 1), &prices());
    assert_eq!(condition, Condition::Frequency);
    assert_eq!(answer, "No: it was announced in this visit already, on 2024-04-15 at 16:02 UTC.");
    assert_eq!(frequency(&fired(10, 2), &prices()).holds, Some(true));
    assert_eq!(frequency(&fired(10, 2), &with(Frequency::FirstVisit)).holds, Some(false));
    let pause = with(Frequency::Cooldown(SignedDuration::from_hours(2)));
    assert_eq!(
        frequency(&fired(10, 2), &pause).words,
        "it was announced on 2024-04-15 at 14:42 UTC, with a pause until 2024-04-15 at 16:42 UTC"
    );
    assert_eq!(frequency(&fired(10, 2), &pause).holds, Some(false));
    assert_eq!(frequency(&fired(200, 2), &prices()).holds, None, "what was before a later one is not kept");
}

#[test]
fn an_announcement_is_told_and_every_webhook_with_its_reasons() {
    let mut evidence = evidence();
    let event = beckon_domain::event::EventId::parse("evt_1").unwrap();
    evidence.record.story.fired = vec![(SegmentId(7264), event.clone())];
    let takes = Webhook {
        enabled: true,
        event_types: vec![ContactVisited::EVENT_TYPE.to_owned()],
        channels: vec![],
        ..beckon_testkit::builders::a_webhook()
    };
    let limited = Webhook { channels: vec![Channel::of_segment(SegmentId(1))], enabled: false, ..takes.clone() };
    let segment = prices();
    let catalog = SegmentCatalog::new(vec![segment.clone()]);
    let told = judge(&evidence, &segment, &catalog, &[Arc::new(takes), Arc::new(limited.clone())]);
    assert_eq!((told.event_id, told.answer.as_str()), (Some(event), "Yes: it was announced with this signal."));
    assert!(told.conditions.iter().all(|found| found.holds == Some(true)), "{:?}", told.conditions);
    assert_eq!(told.webhooks[1].reasons, ["it is disabled", "it is limited to segment_1"]);
    let told = judge(&evidence, &segment, &catalog, &[Arc::new(limited)]);
    assert!(told.answer.contains("no webhook takes"), "{}", told.answer);
}

#[test]
fn what_would_be_announced_now_says_what_changed_since() {
    let changed = Segment { updated_at: at(120), ..prices() };
    let answer = explained(&evidence(), &changed).answer;
    assert!(answer.contains("would be now: the segment was changed on 2024-04-15 at 16:32 UTC"), "{answer}");
}

// behaviour Q12 (in part)
#[test]
fn a_bots_signal_is_answered_with_what_gave_it_away() {
    let mut evidence = evidence();
    evidence.record.story.bot = Some(beckon_domain::bot::BotReason::Hosting);
    let judged = judge(&evidence, &segment(json!({ "all": [] })), &SegmentCatalog::new(vec![]), &[]);
    let words = "No: it was taken for a bot's: it came from a data center, and nobody is known behind it.";
    assert_eq!(judged.answer, words);
    assert_eq!((judged.conditions[0].name, judged.conditions[0].holds), (Condition::NoBot, Some(false)));
}
