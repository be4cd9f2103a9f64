//! The queue: many submitters, one turn after the other, bounded.

use super::*;
use beckon_domain::company::Domain;
use beckon_domain::email::Email;
use beckon_intake::{CompanyUpsert, ContactUpsert, Error, Taken};
use beckon_store::{IntakeStore, PeopleStore};
use serde_json::json;
use std::time::Duration;

fn page_of(user: usize) -> Value {
    json!({ "type": "page", "userId": format!("u{user}"), "messageId": format!("m{user}") })
}

#[tokio::test]
async fn many_submitters_at_once_are_all_answered_and_share_commits() {
    let house = Arc::new(House::open().await);
    house.webhook().await;
    house.everybody().await;
    let before = house.store.commits();
    let submitters = (1..=200).map(|user| {
        let house = house.clone();
        tokio::spawn(async move { house.submit([page_of(user)]).await })
    });
    for submitter in submitters.collect::<Vec<_>>() {
        assert!(matches!(submitter.await.unwrap()[..], [Taken::Stored { contact_id: Some(_), .. }]));
    }
    assert_eq!((house.events().await.len(), house.deliveries().await.len()), (200, 200));
    assert!(house.store.commits() - before < 100, "{} commits", house.store.commits() - before);
}

#[tokio::test]
async fn the_same_message_from_many_submitters_at_once_is_one_signal() {
    let house = Arc::new(House::open().await);
    let submitters: Vec<_> = (0..50)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { house.submit([page_of(1)]).await })
        })
        .collect();
    let mut stored = 0;
    for submitter in submitters {
        stored += usize::from(submitter.await.unwrap() != [Taken::Duplicate]);
    }
    assert_eq!(stored, 1);
    let signals = house.store.list_signals(house.workspace, &SignalFilter::default(), latest()).await.unwrap();
    assert_eq!(signals.rows.len(), 1);
}

// behaviour F5
#[tokio::test]
async fn what_does_not_fit_the_queue_is_refused_with_a_time_to_come_back_and_nothing_of_it_is_taken() {
    let house = House::with(Options { queue_signals_max: 10, ..Options::default() }).await;
    let signals = |users: std::ops::Range<usize>| users.map(|user| house.signal(page_of(user))).collect::<Vec<_>>();
    let (first, second, third) = tokio::join!(
        biased;
        house.intake.submit(house.workspace, signals(1..9)),
        house.intake.submit(house.workspace, signals(11..14)),
        house.intake.submit(house.workspace, signals(21..23)),
    );
    assert_eq!(first.unwrap().len(), 8);
    assert!(matches!(second, Err(Error::Overloaded { retry_after }) if retry_after > Duration::ZERO), "{second:?}");
    assert_eq!(third.unwrap().len(), 2, "this one still fitted");
    let signals = house.store.list_signals(house.workspace, &SignalFilter::default(), latest()).await.unwrap();
    assert_eq!(signals.rows.len(), 10);
    house.submit([page_of(30)]).await;
}

#[tokio::test]
async fn a_workspace_that_cannot_be_stored_fails_alone() {
    let house = House::open().await;
    let nowhere: WorkspaceId = house.ambient.new_id();
    let (bad, good) = tokio::join!(
        house.intake.submit(nowhere, vec![house.signal(page_of(1))]),
        house.intake.submit(house.workspace, vec![house.signal(page_of(2))]),
    );
    assert!(matches!(bad, Err(Error::Store(_))), "{bad:?}");
    assert!(matches!(good.unwrap()[..], [Taken::Stored { .. }]));
}

#[tokio::test]
async fn on_shutdown_what_was_submitted_is_finished_and_nothing_more_is_taken() {
    let house = House::open().await;
    let submitted = house.intake.submit(house.workspace, vec![house.signal(page_of(1))]);
    let (taken, ()) = tokio::join!(biased; submitted, async { house.shutdown.cancel() });
    assert_eq!(taken.unwrap().len(), 1);
    house.running.await.unwrap();
    assert!(!house.intake.is_running());
    let late = house.intake.submit(house.workspace, vec![]).await;
    assert!(matches!(late, Err(Error::Stopped)), "{late:?}");
}

#[tokio::test]
async fn many_contacts_are_written_in_parts_and_one_that_is_wrong_fails_alone() {
    let house = House::with(Options { batch_signals_max: 7, queue_signals_max: 10, ..Options::default() }).await;
    let contact = |n: usize| ContactUpsert {
        email: Email::parse(&format!("p{n}@acme.test")).filter(|_| n != 13).into(),
        ..ContactUpsert::default()
    };
    let written = house.intake.upsert_contacts(house.workspace, (0..30).map(contact).collect()).await.unwrap();
    assert_eq!(written.len(), 30);
    let wrong: Vec<usize> = written.iter().enumerate().filter(|(_, one)| one.is_err()).map(|(n, _)| n).collect();
    assert_eq!(wrong, [13]);
    let acme = Domain::parse("acme.test");
    let filter = CompanyFilter { domain: acme, ..CompanyFilter::default() };
    let companies = house.store.list_companies(house.workspace, &filter, latest()).await;
    assert_eq!(companies.unwrap().rows.len(), 1, "all work at one company");
}

#[tokio::test]
async fn a_company_is_changed_by_its_id_alone() {
    let house = House::open().await;
    let acme = CompanyUpsert { domain: Domain::parse("acme.test").into(), ..CompanyUpsert::default() };
    let made = house.intake.upsert_companies(house.workspace, vec![acme]).await.unwrap().remove(0).unwrap().value;
    let named = CompanyUpsert {
        id: Some(made.id),
        profile: [("name".to_owned(), json!("Acme"))].into(),
        ..CompanyUpsert::default()
    };
    let unknown = CompanyUpsert { id: Some(house.ambient.new_id()), ..CompanyUpsert::default() };
    let written = house.intake.upsert_companies(house.workspace, vec![named, unknown]).await.unwrap();
    assert_eq!(written[0].as_ref().unwrap().value.profile.name.as_deref(), Some("Acme"));
    assert_eq!(written[1].as_ref().unwrap_err().0[0].field, "id");
    assert_eq!(house.store.get_company(house.workspace, made.id).await.unwrap().profile.name.as_deref(), Some("Acme"));
}

#[tokio::test]
async fn two_contacts_of_one_turn_cannot_get_one_address() {
    let house = House::open().await;
    let contact = |user: &str| ContactUpsert {
        email: Email::parse("one@acme.test").into(),
        user_id: Some(user.to_owned()).into(),
        ..ContactUpsert::default()
    };
    let (first, second) = tokio::join!(
        house.intake.upsert_contacts(house.workspace, vec![contact("a")]),
        house.intake.upsert_contacts(house.workspace, vec![contact("b")]),
    );
    let refused = [first.unwrap().remove(0), second.unwrap().remove(0)].into_iter().filter(Result::is_err).count();
    assert_eq!(refused, 1);
}

// behaviour R7
#[tokio::test]
async fn a_set_up_that_keeps_changing_loses_no_signal_and_reaches_no_disabled_webhook() {
    let house = Arc::new(House::open().await);
    let webhook = house.webhook().await;
    house.everybody().await;
    let changer = {
        let house = house.clone();
        tokio::spawn(async move {
            let mut webhook = house.store.get_webhook(house.workspace, webhook.id).await.unwrap();
            for turn in 0..40 {
                webhook.description = format!("turn {turn}");
                webhook = house.store.update_webhook(&webhook).await.unwrap();
            }
            webhook.enabled = false;
            house.store.update_webhook(&webhook).await.unwrap();
        })
    };
    let mut user = 0;
    while !changer.is_finished() {
        user += 1;
        house.submit([page_of(user)]).await;
    }
    changer.await.unwrap();
    assert_eq!(house.events().await.len(), user);
    house.submit([page_of(user + 1)]).await;
    assert_eq!(house.events().await[0].delivery_count, 0);
}
