//! What a store needs before anyone can use it: the default workspace, an API key, a write key, and a link that makes the
//! owner's account.
//!
//! Promise: keys are made once and handed out once, after they are on disk; a start that was cut off is
//! finished by the next one. Keys the operator gives are added whenever they are not there yet. As long as nobody has an
//! account, every start makes a new link, and the one before opens nothing any more.

use beckon_domain::ambient::Ambient;
use beckon_domain::id::WorkspaceId;
use beckon_domain::key::{ApiKey, Workspace, WriteKey, WriteKeyKind};
use beckon_domain::member::Invitation;
use beckon_server::auth;
use beckon_store::{KeyStore, MemberStore, PageRequest, Result, StoreError};

use crate::config::value::Secret;

/// The name of the workspace that the first start makes.
const WORKSPACE_NAME: &str = "Default";
const GIVEN_KEY_NAME: &str = "from the configuration";
const MADE_KEY_NAME: &str = "made at the first start";

/// The keys the operator gave.
#[derive(Debug, Default)]
pub(crate) struct GivenKeys<'a> {
    /// An API key.
    pub(crate) api_key: Option<&'a Secret>,
    /// A write key.
    pub(crate) write_key: Option<&'a Secret>,
}

/// What was made just now, and must be shown, for it is the only time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    /// Whether the store was empty.
    pub(crate) workspace: bool,
    /// The API key, unless one was given.
    pub(crate) api_key: Option<String>,
    /// The write key, unless one was given.
    pub(crate) write_key: Option<String>,
}

/// A link that makes the account of a workspace's first owner.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OwnerLink {
    /// What people call the workspace.
    pub(crate) workspace: String,
    /// Its path.
    pub(crate) path: String,
}

/// The path of a link with that token.
pub(crate) fn link_path(token: &str) -> String {
    format!("/welcome/{token}")
}

/// Makes a link for each workspace in which nobody has an account yet, in place of the one before.
pub(crate) async fn invite_owners<S>(store: &S, ambient: &Ambient) -> Result<Vec<OwnerLink>>
where
    S: KeyStore + MemberStore + ?Sized,
{
    let mut links = vec![];
    for Workspace { id, name, .. } in store.list_workspaces().await? {
        if !store.list_members(id).await?.is_empty() {
            continue;
        }
        let token = auth::generate_token(ambient);
        let invitation = Invitation::of_first_owner(id, ambient.new_id(), ambient.now());
        store.create_invitation(&invitation, auth::hash(&token)).await?;
        links.push(OwnerLink { workspace: name, path: link_path(&token) });
    }
    Ok(links)
}

/// Makes what is missing.
pub(crate) async fn prepare(store: &dyn KeyStore, given: GivenKeys<'_>, ambient: &Ambient) -> Result<Made> {
    let mut made = Made::default();
    let workspace = match store.list_workspaces().await?.into_iter().next() {
        Some(workspace) => workspace.id,
        None => {
            made.workspace = true;
            create_workspace(store, ambient).await?
        }
    };
    if let Some(key) = given.api_key {
        add_api_key(store, workspace, key.expose(), GIVEN_KEY_NAME, ambient).await?;
    } else if store.list_api_keys(workspace, PageRequest::default()).await?.rows.is_empty() {
        let key = auth::generate(ambient);
        add_api_key(store, workspace, &key, MADE_KEY_NAME, ambient).await?;
        made.api_key = Some(key);
    }
    if let Some(key) = given.write_key {
        add_write_key(store, workspace, key.expose(), GIVEN_KEY_NAME, ambient).await?;
    } else if store.list_write_keys(workspace, PageRequest::default()).await?.rows.is_empty() {
        let key = auth::generate_write_key(ambient);
        add_write_key(store, workspace, &key, MADE_KEY_NAME, ambient).await?;
        made.write_key = Some(key);
    }
    Ok(made)
}

async fn create_workspace(store: &dyn KeyStore, ambient: &Ambient) -> Result<WorkspaceId> {
    let id = ambient.new_id();
    store.create_workspace(&Workspace { id, name: WORKSPACE_NAME.to_owned(), created_at: ambient.now() }).await?;
    Ok(id)
}

async fn add_api_key(
    store: &dyn KeyStore,
    workspace_id: WorkspaceId,
    key: &str,
    name: &str,
    ambient: &Ambient,
) -> Result<()> {
    let hash = auth::hash(key);
    if let Some(found) = store.find_api_key(hash).await? {
        return expect_usable("API key", found.workspace_id == workspace_id, found.revoked_at.is_some());
    }
    let key = ApiKey {
        id: ambient.new_id(),
        workspace_id,
        name: name.to_owned(),
        hint: auth::hint(key),
        created_at: ambient.now(),
        revoked_at: None,
    };
    store.create_api_key(&key, hash).await
}

async fn add_write_key(
    store: &dyn KeyStore,
    workspace_id: WorkspaceId,
    key: &str,
    name: &str,
    ambient: &Ambient,
) -> Result<()> {
    if let Some(found) = store.find_write_key(key).await? {
        return expect_usable("write key", found.workspace_id == workspace_id, found.revoked_at.is_some());
    }
    let key = WriteKey {
        id: ambient.new_id(),
        workspace_id,
        name: name.to_owned(),
        key: key.to_owned(),
        created_at: ambient.now(),
        kind: WriteKeyKind::Browser,
        revoked_at: None,
    };
    store.create_write_key(&key).await
}

/// A key that is there already must be the default workspace's. One that was revoked stays so: a restart
/// must not bring back what a person has closed.
fn expect_usable(what: &str, is_ours: bool, is_revoked: bool) -> Result<()> {
    if !is_ours {
        return Err(StoreError::Refused(format!("the {what} in the configuration belongs to another workspace")));
    }
    if is_revoked {
        tracing::warn!("the {what} in the configuration was revoked and opens nothing: give another");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_store_sqlite::{Options, SqliteStore};
    use std::sync::Arc;

    struct Fixture {
        store: Arc<SqliteStore>,
        ambient: Ambient,
        _directory: tempfile::TempDir,
    }

    fn fixture() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let ambient = crate::ambient::real().unwrap();
        let store =
            SqliteStore::open(Options::new(directory.path(), beckon_testkit::a_vault()), ambient.clone()).unwrap();
        Fixture { store, ambient, _directory: directory }
    }

    impl Fixture {
        async fn start(&self, given: GivenKeys<'_>) -> Made {
            prepare(&*self.store, given, &self.ambient).await.unwrap()
        }
    }

    #[tokio::test]
    async fn until_somebody_has_an_account_every_start_makes_a_link_and_ends_the_one_before() {
        let fixture = fixture();
        fixture.start(GivenKeys::default()).await;
        let invite = async || invite_owners(&*fixture.store, &fixture.ambient).await.unwrap();
        let hash_of = |link: &OwnerLink| auth::hash(link.path.strip_prefix("/welcome/").unwrap());
        let (first, second) = (invite().await, invite().await);
        assert_eq!((first.len(), second.len(), first[0].workspace.as_str()), (1, 1, WORKSPACE_NAME));
        assert_eq!(fixture.store.find_invitation(hash_of(&first[0])).await.unwrap(), None);
        let invitation = fixture.store.find_invitation(hash_of(&second[0])).await.unwrap().unwrap();
        let owner = beckon_domain::member::Member {
            id: fixture.ambient.new_id(),
            workspace_id: invitation.workspace_id,
            email: beckon_domain::email::Email::parse("jane.doe@example.com").unwrap(),
            name: "Jane".to_owned(),
            role: invitation.role,
            password_hash: beckon_domain::secret::SecretText::new("hash"),
            created_at: fixture.ambient.now(),
            signed_in_at: None,
        };
        fixture.store.accept_invitation(hash_of(&second[0]), &owner, fixture.ambient.now()).await.unwrap();
        assert_eq!(invite().await, []);
    }

    fn secret(text: &str) -> Secret {
        use crate::config::value::Setting as _;
        Secret::read(&text.into()).unwrap()
    }

    #[tokio::test]
    async fn the_first_start_makes_a_workspace_and_keys_and_the_next_makes_nothing() {
        let fixture = fixture();
        let made = fixture.start(GivenKeys::default()).await;
        let found = fixture.store.find_api_key(auth::hash(&made.api_key.unwrap())).await.unwrap().unwrap();
        let workspaces = fixture.store.list_workspaces().await.unwrap();
        assert_eq!((workspaces.len(), workspaces[0].id), (1, found.workspace_id));
        let write_key = fixture.store.find_write_key(&made.write_key.unwrap()).await.unwrap().unwrap();
        assert_eq!(write_key.workspace_id, found.workspace_id);
        assert_eq!(fixture.start(GivenKeys::default()).await, Made::default());
    }

    #[tokio::test]
    async fn a_start_that_was_cut_off_before_its_keys_is_finished_by_the_next() {
        let fixture = fixture();
        create_workspace(&*fixture.store, &fixture.ambient).await.unwrap();
        let made = fixture.start(GivenKeys::default()).await;
        assert!(!made.workspace && made.api_key.is_some() && made.write_key.is_some(), "{made:?}");
    }

    #[tokio::test]
    async fn keys_of_the_configuration_are_added_once_and_never_shown() {
        let fixture = fixture();
        fixture.start(GivenKeys::default()).await;
        let (api_key, write_key) = (secret("key-from-the-operator"), secret("write-from-the-operator"));
        for _ in 0..2 {
            let given = GivenKeys { api_key: Some(&api_key), write_key: Some(&write_key) };
            assert_eq!(fixture.start(given).await, Made::default());
        }
        let workspace = fixture.store.list_workspaces().await.unwrap()[0].id;
        assert_eq!(fixture.store.list_api_keys(workspace, PageRequest::default()).await.unwrap().rows.len(), 2);
        assert_eq!(fixture.store.list_write_keys(workspace, PageRequest::default()).await.unwrap().rows.len(), 2);
    }

    #[tokio::test]
    async fn a_revoked_key_stays_revoked_although_the_configuration_still_has_it() {
        let fixture = fixture();
        let api_key = secret("key-from-the-operator");
        let given = || GivenKeys { api_key: Some(&api_key), write_key: None };
        fixture.start(given()).await;
        let hash = auth::hash(api_key.expose());
        let key = fixture.store.find_api_key(hash).await.unwrap().unwrap();
        fixture.store.revoke_api_key(key.workspace_id, key.id, fixture.ambient.now()).await.unwrap();
        fixture.start(given()).await;
        assert!(fixture.store.find_api_key(hash).await.unwrap().unwrap().revoked_at.is_some());
    }
}
