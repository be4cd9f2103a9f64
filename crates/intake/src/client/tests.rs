//! Who is at the other end of a call.

use beckon_domain::id::SignalId;
use uuid::Uuid;

use super::rate::{PAGE_VIEWS_OF_ADDRESS_MAX, PAGE_VIEWS_OF_VISITOR_MAX};
use super::*;
use crate::testing::{From as _, identify, minute, page, workspace};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

fn browser(address: Option<&str>, user_agent: Option<&str>) -> Call {
    Call::Browser { address: address.map(|text| text.parse().unwrap()), user_agent: user_agent.map(str::to_owned) }
}

fn stored() -> Taken {
    Taken::Stored { signal_id: SignalId::from(Uuid::nil()), visitor_id: None, contact_id: None }
}

/// What a call with that one signal is taken for.
fn judged(call: &Call, signal: Signal) -> Option<BotReason> {
    judged_by(&Clients::default(), call, signal)
}

fn judged_by(clients: &Clients, call: &Call, signal: Signal) -> Option<BotReason> {
    let mut signals = [signal];
    let uncounted = clients.judge(workspace(), call, &mut signals);
    clients.count(uncounted, &[stored()]);
    signals[0].client.bot
}

fn with_agent(mut signal: Signal, agent: &str) -> Signal {
    signal.client.user_agent = Some(agent.to_owned());
    signal
}

// behaviour Q12 (in part)
#[test]
fn a_browser_is_judged_by_the_call_and_not_by_what_it_says() {
    let view = || page(0, "/").browser("b");
    assert_eq!(judged(&browser(None, Some(FIREFOX)), view()), None);
    assert_eq!(judged(&browser(None, Some("curl/8.5.0")), with_agent(view(), FIREFOX)), Some(BotReason::UserAgent));
    for missing in [None, Some(""), Some(" ")] {
        assert_eq!(judged(&browser(None, missing), with_agent(view(), FIREFOX)), Some(BotReason::NoUserAgent));
    }
    let mut driven = view();
    driven.client.webdriver = true;
    assert_eq!(judged(&browser(None, Some(FIREFOX)), driven), Some(BotReason::Webdriver));
}

// behaviour Q12 (in part)
#[test]
fn a_servers_visitors_are_judged_by_what_it_says_of_them_unless_it_names_them() {
    let view = || page(0, "/").browser("b");
    assert_eq!(judged(&Call::Server, view()), None, "says nothing");
    assert_eq!(judged(&Call::Server, with_agent(view(), FIREFOX)), None);
    assert_eq!(judged(&Call::Server, with_agent(view(), "Googlebot/2.1")), Some(BotReason::UserAgent));
    assert_eq!(judged(&Call::Server, with_agent(view().user("u1"), "okhttp/4.9.0")), None);
}

// behaviour Q12 (in part)
#[test]
fn more_page_views_in_a_minute_than_a_person_makes_are_a_bots_for_half_an_hour() {
    let clients = Clients::default();
    let call = browser(None, Some(FIREFOX));
    let of = |signal| judged_by(&clients, &call, signal);
    for _ in 0..PAGE_VIEWS_OF_VISITOR_MAX {
        assert_eq!(of(page(0, "/").browser("b")), None);
        assert_eq!(of(identify(0, "ann@acme.test").browser("b")), None, "not a page view");
    }
    assert_eq!(of(page(0, "/").browser("b")), Some(BotReason::Rate));
    assert_eq!(of(page(0, "/").browser("other")), None);
    assert_eq!(of(page(30, "/").browser("b")), Some(BotReason::Rate));
    assert_eq!(of(identify(30, "ann@acme.test").browser("b")), Some(BotReason::Rate));
    assert_eq!(of(page(31, "/").browser("b")), None);
}

#[test]
fn page_views_of_an_hour_that_come_together_are_no_bots() {
    let clients = Clients::default();
    let mut signals: Vec<_> = (0..PAGE_VIEWS_OF_VISITOR_MAX as i64 * 3).map(|n| page(n, "/").browser("b")).collect();
    let uncounted = clients.judge(workspace(), &browser(None, Some(FIREFOX)), &mut signals);
    assert!(signals.iter().all(|signal| signal.client.bot.is_none() && signal.at <= minute(1_000)));
    clients.count(uncounted, &vec![stored(); signals.len()]);
}

// behaviour Q12 (in part)
#[test]
fn visitors_that_change_with_every_page_view_are_told_by_their_address() {
    let clients = Clients::default();
    let call = browser(Some("203.0.113.7"), Some(FIREFOX));
    let mut signals: Vec<_> = (0..=PAGE_VIEWS_OF_ADDRESS_MAX).map(|n| page(0, "/").browser(&format!("b{n}"))).collect();
    let uncounted = clients.judge(workspace(), &call, &mut signals);
    let marked = signals.iter().filter(|signal| signal.client.bot == Some(BotReason::Rate)).count();
    assert_eq!(marked, 1);
    clients.count(uncounted, &vec![stored(); signals.len()]);
    assert_eq!(judged_by(&clients, &call, page(1, "/").browser("c")), Some(BotReason::Rate));
    assert_eq!(judged_by(&clients, &browser(Some("203.0.113.8"), Some(FIREFOX)), page(1, "/").browser("c")), None);
}

#[test]
fn a_server_that_gives_one_address_for_all_its_visitors_sends_no_bots() {
    let clients = Clients::default();
    let views = (0..3 * PAGE_VIEWS_OF_ADDRESS_MAX).map(|n| {
        let mut view = page(0, "/").browser(&format!("b{n}"));
        view.client.address = "203.0.113.7".parse().ok();
        view
    });
    let mut signals: Vec<_> = views.collect();
    let uncounted = clients.judge(workspace(), &Call::Server, &mut signals);
    clients.count(uncounted, &vec![stored(); signals.len()]);
    assert!(signals.iter().all(|signal| signal.client.bot.is_none()));
}

#[test]
fn what_is_not_on_disk_does_not_count() {
    let clients = Clients::default();
    let call = browser(None, Some(FIREFOX));
    for _ in 0..3 * PAGE_VIEWS_OF_VISITOR_MAX {
        let mut signals = [page(0, "/").browser("b")];
        let uncounted = clients.judge(workspace(), &call, &mut signals);
        assert_eq!(signals[0].client.bot, None);
        clients.count(uncounted, &[Taken::Duplicate]);
    }
}

#[test]
fn where_bots_are_not_looked_for_nothing_is_one() {
    let clients = Clients::new(Networks::default(), false);
    assert_eq!(judged_by(&clients, &browser(None, None), page(0, "/").browser("b")), None);
}
