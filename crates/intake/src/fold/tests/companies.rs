//! Which account is it?

use super::*;
use crate::testing::{From, everybody, group, identify, page, segment, viewed};
use beckon_domain::company::Domain;
use beckon_domain::segment::Subject;
use beckon_domain::signal::{CompanyTraits, SignalBody};

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

// behaviour Q6 (in part)
#[test]
fn an_anonymous_visitor_of_a_known_company_announces_the_company_without_a_contact() {
    let mut world =
        World::with(vec![segment(1, Subject::Company, everybody()), segment(2, Subject::Contact, everybody())]);
    world.take_all([group(0, "g1", "Acme").browser("b"), page(1, "/").browser("b")]);
    let [event] = world.events() else { panic!("one event, not {}", world.events().len()) };
    let told = payload(event);
    assert_eq!(event.event_type, "company.visited");
    assert_eq!(told["company"]["name"], "Acme");
    assert_eq!(told.get("contact"), None);
    assert_eq!(told["visit"]["path"], "/");
    assert_eq!(event.source.company_id, world.working.company_of_group_id("g1"));
}

#[test]
fn a_visitor_who_is_a_known_contact_speaks_for_themself_only() {
    let mut world = World::with(vec![segment(1, Subject::Company, everybody())]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), page(1, "/").browser("b")]);
    assert_eq!(world.announced(), []);
}

#[test]
fn a_company_that_becomes_known_during_a_visit_has_viewed_its_pages() {
    let mut world = World::with(vec![segment(1, Subject::Company, viewed("/pricing", 2))]);
    world.take_all([page(0, "/pricing").browser("b"), page(1, "/pricing").browser("b")]);
    world.take(group(2, "g1", "Acme").browser("b"));
    assert_eq!(world.announced(), [("company.visited".to_owned(), 1, minute(2))]);
}

#[test]
fn the_group_in_the_context_tells_the_company_too() {
    let mut world = World::with(vec![segment(1, Subject::Company, everybody())]);
    world.take(page(0, "/").browser("b").in_group("g1"));
    assert_eq!(world.announced().len(), 1);
    assert_eq!(world.working.visitor("b").unwrap().company_id, world.working.company_of_group_id("g1"));
}

#[test]
fn an_address_at_work_tells_the_company_and_a_free_mailbox_does_not() {
    let mut world = World::with(vec![]);
    world.take_all([identify(0, "ann@acme.test").browser("a"), identify(0, "bob@gmail.com").browser("b")]);
    let acme = world.working.company_of_domain(&domain("acme.test"));
    assert!(acme.is_some());
    assert_eq!(world.contact_of_email("ann@acme.test").company_id, acme);
    assert_eq!(world.contact_of_email("bob@gmail.com").company_id, None);
}

#[test]
fn what_is_said_of_the_company_goes_before_the_address_and_makes_no_other() {
    let mut world = World::with(vec![]);
    let mut signal = identify(0, "ann@agency.test").browser("a");
    let SignalBody::Identify(person) = &mut signal.body else { unreachable!() };
    person.company = Some(CompanyTraits { domain: Some(domain("client.test")), ..CompanyTraits::default() });
    world.take(signal);
    let client = world.working.company_of_domain(&domain("client.test"));
    assert_eq!(world.contact_of_email("ann@agency.test").company_id, client);
    assert_eq!(world.changes().companies.len(), 1);
}

#[test]
fn a_group_call_puts_the_person_and_the_browser_into_the_company() {
    let mut world = World::with(vec![]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), group(1, "g1", "Acme Group").browser("b")]);
    let company = world.working.company_of_group_id("g1");
    assert_eq!(world.contact_of_email("ann@acme.test").company_id, company);
    assert_eq!(world.working.visitor("b").unwrap().company_id, company);
}

#[test]
fn a_company_is_found_by_either_key_and_two_are_never_made_one() {
    let mut world = World::with(vec![]);
    let of = |group_id: Option<&str>, site: Option<&str>| {
        let company = CompanyTraits {
            group_id: group_id.map(str::to_owned),
            domain: site.map(domain),
            ..CompanyTraits::default()
        };
        crate::testing::signal(0, SignalBody::Group(company)).browser("b")
    };
    world.take_all([of(Some("g1"), None), of(Some("g1"), Some("acme.test"))]);
    let first = world.working.company_of_group_id("g1");
    assert_eq!(world.working.company_of_domain(&domain("acme.test")), first, "had no domain, and it was free");

    world.take(of(Some("g2"), Some("acme.test")));
    let second = world.working.company_of_group_id("g2").unwrap();
    assert_ne!(Some(second), first);
    assert_eq!(world.working.company(second).unwrap().domain, None, "the domain stays with the first");

    world.take_all([of(None, Some("other.test")), of(Some("g3"), Some("other.test"))]);
    let other = world.working.company_of_domain(&domain("other.test"));
    assert_eq!(world.working.company_of_group_id("g3"), other, "had no group id");
}

#[test]
fn the_company_of_somebody_else_does_not_stay_with_the_browser() {
    let mut world = World::with(vec![]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), group(1, "g1", "Acme").browser("b")]);
    world.take(identify(2, "bob@gmail.com").browser("b"));
    assert_eq!(world.working.visitor("b").unwrap().company_id, None);
    assert_eq!(world.contact_of_email("bob@gmail.com").company_id, None);
}

#[test]
fn an_employer_nobody_named_is_told_by_the_company() {
    let mut world = World::with(vec![segment(1, Subject::Contact, everybody())]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), group(1, "g1", "Acme").browser("b")]);
    world.take(page(2, "/").browser("b"));
    assert_eq!(payload(&world.events()[0])["contact"]["company"], "Acme");
}
