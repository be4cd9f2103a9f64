//! Facts about workspaces and keys.

use beckon_domain::key::{ApiKey, Workspace, WriteKey, WriteKeyKind};

use super::given::at;
use super::{Given, assert_exists, assert_not_found, assert_refused, everything, garbage, walk};
use crate::{PageRequest, SharedStore};

fn api_key(given: &Given) -> ApiKey {
    ApiKey {
        id: given.ambient.new_id(),
        workspace_id: given.workspace,
        name: "CI".to_owned(),
        hint: "bk_ab".to_owned(),
        created_at: given.now(),
        revoked_at: None,
    }
}

fn write_key(given: &Given, key: &str) -> WriteKey {
    WriteKey {
        id: given.ambient.new_id(),
        workspace_id: given.workspace,
        name: "website".to_owned(),
        key: key.to_owned(),
        created_at: given.now(),
        kind: WriteKeyKind::Server,
        revoked_at: None,
    }
}

/// And an id is used once.
pub async fn workspaces_are_listed_oldest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    given.tick();
    let second = Workspace { id: given.ambient.new_id(), name: "Übung".to_owned(), created_at: given.now() };
    store.create_workspace(&second).await.unwrap();
    assert_exists(store.create_workspace(&second).await);
    let listed = store.list_workspaces().await.unwrap();
    assert_eq!(listed.iter().map(|workspace| workspace.id).collect::<Vec<_>>(), [given.workspace, second.id]);
    assert_eq!(listed[1], second);
}

/// Revoked keys stay readable, with the time of the first revocation.
pub async fn an_api_key_is_found_by_its_hash_until_it_is_revoked(store: &SharedStore) {
    let given = Given::new(store).await;
    let (first, second) = (api_key(&given), api_key(&given));
    store.create_api_key(&first, [1; 32]).await.unwrap();
    store.create_api_key(&second, [2; 32]).await.unwrap();
    assert_eq!(store.find_api_key([1; 32]).await.unwrap(), Some(first.clone()));
    assert_eq!(store.find_api_key([3; 32]).await.unwrap(), None);
    let revoked = ApiKey { revoked_at: Some(at(7)), ..first.clone() };
    assert_eq!(store.revoke_api_key(given.workspace, first.id, at(7)).await.unwrap(), revoked);
    assert_eq!(store.revoke_api_key(given.workspace, first.id, at(8)).await.unwrap(), revoked);
    assert_eq!(store.find_api_key([1; 32]).await.unwrap(), Some(revoked.clone()));
    assert_eq!(store.list_api_keys(given.workspace, everything()).await.unwrap().rows, [second, revoked]);
}

/// As API keys, but by their text.
pub async fn a_write_key_is_found_by_its_text(store: &SharedStore) {
    let given = Given::new(store).await;
    let (first, second) = (write_key(&given, "one"), write_key(&given, "two"));
    store.create_write_key(&first).await.unwrap();
    store.create_write_key(&second).await.unwrap();
    assert_eq!(store.find_write_key("one").await.unwrap(), Some(first.clone()));
    assert_eq!(store.find_write_key("ONE").await.unwrap(), None);
    let revoked = WriteKey { revoked_at: Some(at(7)), ..first.clone() };
    assert_eq!(store.revoke_write_key(given.workspace, first.id, at(7)).await.unwrap(), revoked);
    assert_eq!(store.revoke_write_key(given.workspace, first.id, at(8)).await.unwrap(), revoked);
    assert_eq!(store.find_write_key("one").await.unwrap(), Some(revoked.clone()));
    assert_eq!(store.list_write_keys(given.workspace, everything()).await.unwrap().rows, [second, revoked]);
}

// behaviour A4
/// In pages, while more arrive.
pub async fn keys_are_listed_newest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut made = 0;
    let mut make = async || {
        made += 1;
        let (api, write) = (api_key(&given), write_key(&given, &made.to_string()));
        store.create_api_key(&api, [made; 32]).await.unwrap();
        store.create_write_key(&write).await.unwrap();
        (api, write)
    };
    let (mut api_keys, mut write_keys) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let (api, write) = make().await;
        api_keys.insert(0, api);
        write_keys.insert(0, write);
    }
    let listed = walk(2, async |page| {
        let answer = store.list_api_keys(given.workspace, page).await;
        make().await;
        answer
    });
    assert_eq!(listed.await, api_keys);
    write_keys.splice(0..0, store.list_write_keys(given.workspace, everything()).await.unwrap().rows.drain(..3));
    assert_eq!(walk(3, async |page| store.list_write_keys(given.workspace, page).await).await, write_keys);
    for cursor in garbage() {
        let page = || PageRequest { after: Some(cursor.clone()), ..PageRequest::default() };
        assert_refused(store.list_api_keys(given.workspace, page()).await);
        assert_refused(store.list_write_keys(given.workspace, page()).await);
    }
}

/// In any workspace.
pub async fn a_key_is_there_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    store.create_api_key(&api_key(&given), [1; 32]).await.unwrap();
    assert_exists(store.create_api_key(&api_key(&other), [1; 32]).await);
    store.create_write_key(&write_key(&given, "one")).await.unwrap();
    assert_exists(store.create_write_key(&write_key(&other, "one")).await);
}

// behaviour R9
/// Listing and revoking; and a key needs a workspace.
pub async fn keys_of_workspaces_are_apart(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (api, write) = (api_key(&other), write_key(&other, "one"));
    store.create_api_key(&api, [1; 32]).await.unwrap();
    store.create_write_key(&write).await.unwrap();
    assert_not_found(store.revoke_api_key(given.workspace, api.id, given.now()).await);
    assert_not_found(store.revoke_write_key(given.workspace, write.id, given.now()).await);
    assert_eq!(store.list_api_keys(given.workspace, everything()).await.unwrap().rows, []);
    assert_eq!(store.list_write_keys(given.workspace, everything()).await.unwrap().rows, []);
    assert_eq!(store.list_api_keys(other.workspace, everything()).await.unwrap().rows, [api]);
    let homeless = ApiKey { workspace_id: given.ambient.new_id(), ..api_key(&given) };
    assert_not_found(store.create_api_key(&homeless, [2; 32]).await);
    let homeless = WriteKey { workspace_id: given.ambient.new_id(), ..write_key(&given, "two") };
    assert_not_found(store.create_write_key(&homeless).await);
}
