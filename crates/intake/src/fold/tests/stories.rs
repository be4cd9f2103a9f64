//! What is written down of what became of a signal.

use beckon_domain::segment::Subject;
use beckon_domain::signal::RecognisedBy;

use super::*;
use crate::testing::{From, everybody, identify, intent, page, segment, track};

fn stories(world: &World) -> Vec<SignalStory> {
    world.working.changes.signals.iter().map(|signal| signal.story.clone()).collect()
}

#[test]
fn a_signal_tells_how_its_person_was_recognised() {
    let mut world = World::with(vec![]);
    world.take_all([
        page(0, "/").browser("b"),
        identify(1, "ann@acme.test").browser("b"),
        page(2, "/").browser("b"),
        identify(3, "ann@acme.test").browser("b").user("u1"),
        page(4, "/").browser("other").user("u1"),
        page(5, "/").browser("other"),
        identify(6, "bob@acme.test").browser("c").user("u2"),
        track(7).user("u3"),
        intent(8, "ann@acme.test", "crm", 90.0),
    ]);
    use RecognisedBy::{Email, UserId, Visitor};
    let by: Vec<_> = stories(&world).into_iter().map(|story| story.recognised_by).collect();
    let wanted = [
        None,
        Some(Email),
        Some(Visitor),
        Some(Email),
        Some(UserId),
        Some(Visitor),
        Some(Email),
        Some(UserId),
        Some(Email),
    ];
    assert_eq!(by, wanted);
}

#[test]
fn a_signal_tells_its_visit_and_what_fired_with_it() {
    let mut world = World::with(vec![
        segment(1001, Subject::Contact, everybody()),
        segment(1002, Subject::Contact, everybody()),
        segment(1003, Subject::Company, everybody()),
    ]);
    world.take_all([
        page(0, "/").browser("b"),
        identify(1, "ann@acme.test").browser("b"),
        page(2, "/").browser("b"),
        intent(3, "ann@acme.test", "crm", 90.0),
    ]);
    let stories = stories(&world);
    let visit = Some(world.visit_of("b").id);
    assert_eq!(stories.iter().map(|story| story.visit_id).collect::<Vec<_>>(), [visit, visit, visit, None]);
    let fired: Vec<Vec<i64>> =
        stories.iter().map(|story| story.fired.iter().map(|(segment, _)| segment.0).collect()).collect();
    assert_eq!(fired, [vec![], vec![1001, 1002], vec![], vec![1001, 1002]]);
    let ids: Vec<_> = stories.iter().flat_map(|story| &story.fired).map(|(_, event)| event.clone()).collect();
    assert_eq!(ids, world.events().iter().map(|event| event.id.clone()).collect::<Vec<_>>());
}

#[test]
fn a_story_reads_as_it_was_written() {
    let mut world = World::with(vec![segment(1001, Subject::Contact, everybody())]);
    world.take(identify(1, "ann@acme.test").browser("b"));
    world.take(page(2, "/").browser("b"));
    for story in stories(&world) {
        let text = serde_json::to_string(&story).unwrap();
        assert_eq!(serde_json::from_str::<SignalStory>(&text).unwrap(), story);
    }
    assert_eq!(serde_json::from_str::<SignalStory>("{}").unwrap(), SignalStory::default(), "of one that came before");
}
