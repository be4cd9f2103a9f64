//! Facts about answers kept for idempotency keys.

use super::Given;
use super::given::at;
use crate::SharedStore;
use crate::idempotency::KeptAnswer;

fn answer(n: u8, second: i64) -> KeptAnswer {
    KeptAnswer {
        request_hash: [n; 32],
        status: 201,
        content_type: (n > 1).then(|| "application/json".to_owned()),
        location: (n > 1).then(|| format!("/api/v1/events/{n}")),
        body: vec![n, 0, 255],
        created_at: at(second),
    }
}

// behaviour A1
/// Whatever is kept under the same key later.
pub async fn the_first_answer_stays(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    assert_eq!(store.find_answer(ws, "k", at(0)).await.unwrap(), None);
    store.keep_answer(ws, "k", &answer(1, 10), at(0)).await.unwrap();
    store.keep_answer(ws, "k", &answer(2, 11), at(0)).await.unwrap();
    store.keep_answer(ws, "other", &answer(3, 11), at(0)).await.unwrap();
    assert_eq!(store.find_answer(ws, "k", at(10)).await.unwrap(), Some(answer(1, 10)));
    assert_eq!(store.find_answer(ws, "other", at(10)).await.unwrap(), Some(answer(3, 11)));
}

/// It is not found, and another takes its place.
pub async fn an_old_answer_is_as_good_as_none(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    for n in 0..50 {
        store.keep_answer(ws, &format!("old {n}"), &answer(1, 1), at(0)).await.unwrap();
    }
    store.keep_answer(ws, "zz", &answer(1, 2), at(0)).await.unwrap();
    assert_eq!(store.find_answer(ws, "zz", at(3)).await.unwrap(), None);
    store.keep_answer(ws, "zz", &answer(2, 20), at(3)).await.unwrap();
    assert_eq!(store.find_answer(ws, "zz", at(3)).await.unwrap(), Some(answer(2, 20)));
    assert_eq!(store.find_answer(ws, "zz", at(20)).await.unwrap(), Some(answer(2, 20)));
}

// behaviour R9
/// The same key is two keys in two workspaces.
pub async fn answers_of_workspaces_are_apart(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    store.keep_answer(given.workspace, "k", &answer(1, 10), at(0)).await.unwrap();
    assert_eq!(store.find_answer(other.workspace, "k", at(0)).await.unwrap(), None);
    store.keep_answer(other.workspace, "k", &answer(2, 100), at(50)).await.unwrap();
    assert_eq!(store.find_answer(given.workspace, "k", at(0)).await.unwrap(), Some(answer(1, 10)));
}
