//! Suppressing goes through the same queue as signals.

use super::*;
use beckon_domain::email::Email;
use beckon_domain::segment::Subject;
use beckon_domain::signal::PersonTraits;
use beckon_intake::Error;
use beckon_intake::intent::{IntentReport, intent_signal};
use beckon_store::{PeopleStore, StoreError};
use jiff::SignedDuration;
use serde_json::json;

fn page(browser: &str) -> Value {
    json!({ "type": "page", "anonymousId": browser })
}

fn interest(house: &House) -> Signal {
    let person = PersonTraits { email: Email::parse("ann@acme.test"), ..PersonTraits::default() };
    let report = IntentReport { person, topic: "crm".to_owned(), ..IntentReport::default() };
    intent_signal(report, house.ambient.now(), &house.ambient).unwrap()
}

// behaviour Q14
#[tokio::test]
async fn a_suppressed_contact_causes_no_event_until_that_is_taken_back() {
    let house = House::open().await;
    house.everybody().await;
    house.segment(Segment { subject: Subject::Company, ..a_segment() }).await;
    let identify = json!({ "type": "identify", "anonymousId": "b", "traits": { "email": "ann@acme.test" } });
    house.submit([identify.clone(), page("b")]).await;
    assert_eq!(house.events().await.len(), 1);
    let contacts = house.store.list_contacts(house.workspace, &ContactFilter::default(), latest()).await.unwrap();
    let ann = contacts.rows[0].id;

    // Queued one behind the other; the page view must find the contact suppressed. It is of another visit.
    house.clock.advance(SignedDuration::from_hours(1));
    let (suppressed, taken) = tokio::join!(
        house.intake.suppress_contact(house.workspace, ann, true),
        house.intake.submit(house.workspace, vec![house.signal(page("b"))]),
    );
    let since = suppressed.unwrap().suppressed_at;
    assert_eq!(since, Some(house.ambient.now()));
    taken.unwrap();
    house.intake.submit(house.workspace, vec![interest(&house)]).await.unwrap();
    // Nor on another device, nor by another way of being told who it is.
    house
        .submit([json!({ "type": "identify", "anonymousId": "c", "traits": { "email": "ann@acme.test" } }), page("c")])
        .await;
    assert_eq!(house.events().await.len(), 1, "of neither kind");
    let stored = house.store.get_contact(house.workspace, ann).await.unwrap();
    assert_eq!(stored.suppressed_at, since);

    house.clock.advance(SignedDuration::from_hours(1));
    let again = house.intake.suppress_contact(house.workspace, ann, true).await.unwrap();
    assert_eq!(again.suppressed_at, since, "the time since when stays");
    let free = house.intake.suppress_contact(house.workspace, ann, false).await.unwrap();
    assert_eq!(free.suppressed_at, None);
    house.submit([page("b")]).await;
    assert_eq!(house.events().await.len(), 2);
}

#[tokio::test]
async fn nobody_is_suppressed_who_is_not_there() {
    let house = House::open().await;
    let nobody = house.intake.suppress_contact(house.workspace, house.ambient.new_id(), true).await;
    assert!(matches!(nobody, Err(Error::Store(StoreError::NotFound("contact")))), "{nobody:?}");
}
