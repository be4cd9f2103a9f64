//! Erasing goes through the same queue as signals.

use super::*;
use beckon_intake::Error;
use beckon_store::{PeopleStore, StoreError};
use serde_json::json;

// behaviour Q14
#[tokio::test]
async fn an_erased_contact_is_a_stranger_to_the_next_signal() {
    let house = House::open().await;
    house.everybody().await;
    let page = json!({ "type": "page", "anonymousId": "b" });
    house
        .submit([
            json!({ "type": "identify", "anonymousId": "b", "traits": { "email": "ann@acme.test" } }),
            page.clone(),
        ])
        .await;
    let contacts = house.store.list_contacts(house.workspace, &ContactFilter::default(), latest()).await.unwrap();
    let ann = contacts.rows[0].id;

    // Queued one behind the other; the page view must find the contact gone.
    let (erased, taken) = tokio::join!(
        house.intake.erase_contact(house.workspace, ann),
        house.intake.submit(house.workspace, vec![house.signal(page)]),
    );
    erased.unwrap();
    assert!(matches!(taken.unwrap()[0], beckon_intake::Taken::Stored { contact_id: None, .. }));
    assert!(matches!(house.store.get_contact(house.workspace, ann).await, Err(StoreError::NotFound(_))));
    assert_eq!(house.events().await.len(), 1);

    let again = house.intake.erase_contact(house.workspace, ann).await;
    assert!(matches!(again, Err(Error::Store(StoreError::NotFound(_)))), "{again:?}");
}
