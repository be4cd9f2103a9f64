//! What can be shown of segments without a server.

use beckon_domain::invalid::Invalid;
use beckon_domain::segment::evaluate::SegmentCatalog;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn catalog_of(segments: &[Segment]) -> SegmentCatalog {
    SegmentCatalog::new(segments.to_vec())
}

fn make(json: Value, among: &[Segment]) -> Result<Segment, Invalid> {
    serde_json::from_value::<NewSegment>(json).unwrap().into_segment(&catalog_of(among), at(1))
}

fn segment(id: i64, rule: Value) -> Segment {
    let id = SegmentId(id);
    Segment { id, ..make(json!({ "name": format!("S{id}"), "rule": rule }), &[]).unwrap() }
}

fn changed(before: &Segment, change: Value, among: &[Segment]) -> Result<Segment, Invalid> {
    serde_json::from_value::<SegmentChange>(change).unwrap().apply(before, &catalog_of(among), at(2))
}

fn fields(invalid: Result<Segment, Invalid>) -> Vec<String> {
    invalid.unwrap_err().0.into_iter().map(|field| field.field).collect()
}

#[test]
fn a_segment_is_about_contacts_enabled_and_announces_every_visit_unless_told_otherwise() {
    let view = serde_json::to_value(SegmentView::from(segment(7264, json!({ "all": [] })))).unwrap();
    let expected = json!({
        "id": "7264", "name": "S7264", "subject": "contact", "rule": { "all": [] }, "enabled": true,
        "actions": ["webhook"], "frequency": "every_visit", "channel": "segment_7264",
        "created_at": "1970-01-01T00:00:01Z", "updated_at": "1970-01-01T00:00:01Z",
    });
    assert_eq!(view, expected);
}

// behaviour A6
#[test]
fn every_wrong_part_is_named_at_once_and_by_its_place_in_the_rule() {
    let rule =
        json!({ "all": [{ "prop": "contact.title", "op": "exists" }, { "prop": "contact.title", "op": "is" }, 7] });
    let wrong = make(json!({ "name": " ", "rule": rule, "frequency": "daily" }), &[]);
    assert_eq!(fields(wrong), ["name", "rule/all/1/op", "rule/all/2", "frequency"]);
}

#[test]
fn a_rule_may_only_refer_to_segments_there_are_and_of_its_own_subject() {
    let among = [segment(1, json!({ "all": [] }))];
    let rule = json!({ "any": [{ "segment": "1" }, { "segment": "2" }] });
    assert_eq!(fields(make(json!({ "name": "n", "rule": rule }), &among)), ["rule/any/1/segment"]);
    let rule = json!({ "any": [{ "segment": "1" }, { "prop": "contact.title", "op": "exists" }] });
    let wrong = make(json!({ "name": "n", "subject": "company", "rule": rule }), &among);
    assert_eq!(fields(wrong), ["rule/any/1/prop", "rule/any/0/segment"]);
}

#[test]
fn a_segment_cannot_come_to_refer_to_itself() {
    let first = segment(1, json!({ "all": [] }));
    let second = Segment {
        id: SegmentId(2),
        ..make(json!({ "name": "n", "rule": { "segment": "1" } }), std::slice::from_ref(&first)).unwrap()
    };
    let circle = changed(&first, json!({ "rule": { "not": { "segment": "2" } } }), &[first.clone(), second]);
    assert_eq!(fields(circle), ["rule/not/segment"]);
}

// behaviour A3
#[test]
fn absent_keeps_null_goes_back_to_the_default_and_a_value_sets() {
    let before = segment(1, json!({ "all": [] }));
    let all = json!({ "name": " New ", "rule": { "any": [] }, "enabled": false, "actions": [], "frequency": { "cooldown": "7d" } });
    let set = changed(&before, all, &[]).unwrap();
    let view = serde_json::to_value(SegmentView::from(set.clone())).unwrap();
    assert_eq!(view["name"], "New");
    assert_eq!(view["rule"], json!({ "any": [] }));
    assert_eq!(
        (&view["enabled"], &view["actions"], &view["frequency"]),
        (&json!(false), &json!([]), &json!({ "cooldown": "7d" }))
    );
    assert_eq!((set.created_at, set.updated_at), (at(1), at(2)));

    assert!(same_but_for_the_time(&changed(&set, json!({}), &[]).unwrap(), &set));
    let nulls = changed(&set, json!({ "enabled": null, "actions": null, "frequency": null }), &[]).unwrap();
    assert_eq!((nulls.enabled, nulls.actions, nulls.frequency), (before.enabled, before.actions, before.frequency));
    for field in ["name", "subject"] {
        assert!(serde_json::from_value::<SegmentChange>(json!({ (field): null })).is_err(), "{field}");
    }
    assert_eq!(fields(changed(&set, json!({ "rule": null }), &[])), ["rule"]);
}

#[test]
fn a_new_subject_must_suit_the_rule_that_stays() {
    let before = segment(1, json!({ "prop": "contact.title", "op": "exists" }));
    assert_eq!(fields(changed(&before, json!({ "subject": "company" }), &[])), ["rule/prop"]);
    let both =
        changed(&before, json!({ "subject": "company", "rule": { "prop": "company.name", "op": "exists" } }), &[]);
    assert!(both.is_ok(), "{both:?}");
}

#[test]
fn who_refers_to_a_segment_is_named_and_the_rest_counted() {
    let refer = |id| Segment {
        id: SegmentId(id),
        ..make(json!({ "name": format!("S{id}"), "rule": { "segment": "1" } }), &[segment(1, json!({ "all": [] }))])
            .unwrap()
    };
    let workspace_id = WorkspaceId::from(Uuid::from_u128(1));
    let config = |segments| WorkspaceConfig {
        workspace_id,
        name: "Acme".to_owned(),
        settings: Default::default(),
        version: 1,
        webhooks: vec![],
        segments,
        event_types: vec![],
        lists: vec![],
    };
    assert_eq!(referring(&config(vec![segment(1, json!({ "all": [] }))]), SegmentId(1)), None);
    assert_eq!(referring(&config(vec![refer(2), refer(3)]), SegmentId(1)).unwrap(), "2 (S2), 3 (S3)");
    let many = referring(&config((2..14).map(refer).collect()), SegmentId(1)).unwrap();
    assert!(many.ends_with("11 (S11), and 2 more"), "{many}");
}
