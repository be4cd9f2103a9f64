//! From which network, and is it a bot?

use super::*;
use crate::testing::{From, everybody, group, identify, page, segment, track, viewed};
use beckon_domain::company::{Company, Domain};
use beckon_domain::network::{NetworkCompany, NetworkKind};
use beckon_domain::segment::Subject;
use beckon_domain::signal::RecognisedBy;

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn in_network(mut signal: Signal, of: &str, name: &str) -> Signal {
    let company = NetworkCompany { domain: domain(of), name: Some(name.to_owned()) };
    signal.client.network = Some(Network { kind: NetworkKind::Business, company: Some(company) });
    signal
}

fn in_network_of(mut signal: Signal, kind: NetworkKind) -> Signal {
    signal.client.network = Some(Network { kind, company: None });
    signal
}

fn of_bot(mut signal: Signal, reason: BotReason) -> Signal {
    signal.client.bot = Some(reason);
    signal
}

fn of_both() -> World {
    World::with(vec![segment(1, Subject::Company, everybody()), segment(2, Subject::Contact, everybody())])
}

impl World {
    fn company(&self, of: &str) -> Option<&Company> {
        self.working.company_of_domain(&domain(of)).and_then(|id| self.working.company(id))
    }

    fn last_story(&self) -> &SignalStory {
        &self.working.changes.signals.last().unwrap().story
    }
}

// behaviour Q6 (in part)
#[test]
fn an_unknown_visitor_in_a_companys_network_announces_the_company() {
    let mut world = of_both();
    world.take(in_network(page(0, "/pricing").browser("b"), "acme.com", "Acme, Inc."));
    let [event] = world.events() else { panic!("one event, not {}", world.events().len()) };
    let told = payload(event);
    assert_eq!(event.event_type, "company.visited");
    assert_eq!((&told["company"]["domain"], &told["company"]["name"]), (&"acme.com".into(), &"Acme, Inc.".into()));
    assert_eq!(told.get("contact"), None);
    assert_eq!(world.last_story().recognised_by, Some(RecognisedBy::Network));
    assert_eq!(world.working.visitor("b").unwrap().company_id, None, "it is the visit's company and not the browser's");
}

// behaviour Q6 (in part)
#[test]
fn the_network_of_somebody_who_connects_others_makes_no_company() {
    for kind in
        [NetworkKind::Isp, NetworkKind::Hosting, NetworkKind::Mobile, NetworkKind::Education, NetworkKind::Other]
    {
        let mut world = of_both();
        world.take(in_network_of(page(0, "/").browser("b"), kind));
        assert_eq!(world.announced(), [], "{kind:?}");
        assert!(world.changes().companies.is_empty());
    }
}

#[test]
fn who_is_known_belongs_to_their_own_company_wherever_they_are() {
    let mut world = of_both();
    world.take(identify(0, "ann@globex.test").browser("b"));
    world.take(in_network(page(1, "/").browser("b"), "acme.com", "Acme"));
    let [event] = world.events() else { panic!("one event") };
    assert_eq!(event.event_type, "contact.visited");
    assert_eq!(payload(event)["company"]["domain"], "globex.test");
    assert!(world.company("acme.com").is_none(), "nobody unknown was in its network");

    world.take(identify(2, "bob@gmail.com").browser("c"));
    world.take(in_network(page(3, "/").browser("c"), "acme.com", "Acme"));
    assert_eq!(payload(&world.events()[1]).get("company"), None, "a guest in an office does not work there");
}

#[test]
fn a_company_named_by_the_sender_goes_before_the_network() {
    let mut world = of_both();
    world.take(group(0, "g1", "Globex").browser("b"));
    world.take(in_network(page(1, "/").browser("b"), "acme.com", "Acme"));
    assert_eq!(payload(&world.events()[0])["company"]["name"], "Globex");
}

#[test]
fn a_company_that_is_known_already_keeps_its_name() {
    let mut world = of_both();
    let mut named = group(0, "g1", "Acme").browser("a");
    let SignalBody::Group(said) = &mut named.body else { unreachable!() };
    said.domain = Some(domain("acme.com"));
    world.take(named);
    world.take(in_network(page(1, "/").browser("b"), "acme.com", "ACME-AS"));
    let told = payload(&world.events()[0]);
    assert_eq!(told["company"]["name"], "Acme");
}

#[test]
fn the_visit_stays_the_companys_where_a_signal_does_not_tell_the_network() {
    let mut world = World::with(vec![segment(1, Subject::Company, viewed("/pricing", 2))]);
    world.take(in_network(page(0, "/pricing").browser("b"), "acme.com", "Acme"));
    world.take(page(1, "/pricing").browser("b"));
    assert_eq!(world.announced(), [("company.visited".to_owned(), 1, minute(1))]);
    world.take(page(100, "/pricing").browser("b"));
    assert_eq!(world.last_story().recognised_by, None, "another visit, from who knows where");
    world.take(in_network(page(200, "/pricing").browser("b"), "globex.example", "Globex"));
    assert_eq!(world.announced().len(), 1, "a company of its own");
}

#[test]
fn who_says_who_they_are_in_mid_visit_is_a_contact_and_no_longer_the_company() {
    let mut world = of_both();
    world.take(in_network(page(0, "/").browser("b"), "acme.com", "Acme"));
    world.take(in_network(identify(1, "ann@globex.test").browser("b"), "acme.com", "Acme"));
    let told: Vec<_> = world.announced().into_iter().map(|(event, ..)| event).collect();
    assert_eq!(told, ["company.visited", "contact.visited"]);
    assert_eq!(payload(&world.events()[1])["company"]["domain"], "globex.test");
}

// behaviour Q12 (in part)
#[test]
fn a_bots_signal_is_kept_with_the_reason_and_means_nothing() {
    for reason in [BotReason::UserAgent, BotReason::NoUserAgent, BotReason::Webdriver, BotReason::Rate] {
        let mut world = of_both();
        world.take_all([
            of_bot(identify(0, "ann@acme.test").browser("b"), reason),
            of_bot(group(0, "g1", "Acme").browser("b"), reason),
            of_bot(in_network(page(1, "/").browser("b").user("u1"), "acme.com", "Acme"), reason),
        ]);
        assert_eq!(world.announced(), [], "{reason:?}");
        assert!(world.working.changes.signals.iter().all(|signal| signal.story.bot == Some(reason)));
        let changes = world.changes();
        assert_eq!(changes.signals.len(), 3);
        let made = (changes.contacts.len(), changes.companies.len(), changes.visitors.len(), changes.visits.len());
        assert_eq!(made, (0, 0, 0, 0));
        assert!(changes.page_views.is_empty() && changes.firings.is_empty());
    }
}

// behaviour Q12 (in part)
#[test]
fn what_a_bot_views_in_a_known_browser_counts_for_nobody() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 2))]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), page(1, "/pricing").browser("b")]);
    world.take(of_bot(page(2, "/pricing").browser("b"), BotReason::Rate));
    assert_eq!(world.announced(), []);
    assert_eq!(world.visit_of("b").page_views, 1);
    let kept = world.working.changes.signals.last().unwrap();
    assert_eq!(kept.contact_id, Some(world.contact_of_email("ann@acme.test").id), "whose browser it was is told");
    world.take(page(3, "/pricing").browser("b"));
    assert_eq!(world.announced().len(), 1);
}

// behaviour Q12 (in part)
#[test]
fn what_comes_from_a_data_centre_is_a_bots_unless_somebody_is_known_behind_it() {
    let hosted = |signal| in_network_of(signal, NetworkKind::Hosting);
    let mut world = of_both();
    world.take_all([
        hosted(group(0, "g1", "Acme").browser("b")),
        hosted(page(1, "/").browser("b")),
        hosted(track(2).browser("b")),
    ]);
    assert_eq!(world.announced(), []);
    assert_eq!(world.last_story().bot, Some(BotReason::Hosting));
    assert!(world.working.company_of_group_id("g1").is_none());

    world.take(hosted(identify(3, "ann@acme.test").browser("b")));
    assert_eq!(world.last_story().bot, None);
    assert_eq!(world.announced(), [("contact.visited".to_owned(), 2, minute(3))], "somebody behind a VPN");
    world.take(hosted(page(100, "/").browser("b")));
    assert_eq!(world.announced().len(), 2);
}

#[test]
fn the_pages_of_somebody_behind_a_vpn_count_once_they_say_who_they_are() {
    let hosted = |signal| in_network_of(signal, NetworkKind::Hosting);
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 2))]);
    world.take_all([hosted(page(0, "/pricing").browser("b")), hosted(page(1, "/pricing").browser("b"))]);
    world.take(hosted(identify(2, "ann@acme.test").browser("b")));
    assert_eq!(world.announced().len(), 1);
}
