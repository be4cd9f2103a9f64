//! Facts about members, invitations and sessions.

use beckon_domain::email::Email;
use beckon_domain::member::{Invitation, MEMBERS_MAX, Member, Role, Session};
use beckon_domain::secret::SecretText;
use jiff::SignedDuration;

use super::given::at;
use super::{Given, assert_exists, assert_not_found, assert_refused};
use crate::SharedStore;
use crate::members::TokenHash;

/// Somebody who is not stored yet.
pub(super) fn a_member(given: &Given, name: &str, role: Role) -> Member {
    Member {
        id: given.ambient.new_id(),
        workspace_id: given.workspace,
        email: address(name),
        name: name.to_owned(),
        role,
        password_hash: password("first"),
        created_at: given.now(),
        signed_in_at: None,
    }
}

fn address(name: &str) -> Email {
    Email::parse(&format!("{name}@acme.com")).unwrap()
}

fn password(text: &str) -> SecretText {
    SecretText::new(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdA${text}"))
}

/// An invitation, made now and good for a minute, that is not stored yet.
fn an_invitation(given: &Given, name: Option<&str>, role: Role) -> Invitation {
    Invitation {
        id: given.ambient.new_id(),
        workspace_id: given.workspace,
        email: name.map(address),
        role,
        resets: None,
        made_by: None,
        created_at: given.now(),
        expires_at: given.now() + SignedDuration::from_mins(1),
    }
}

fn a_reset(given: &Given, of: &Member) -> Invitation {
    Invitation { resets: Some(of.id), ..an_invitation(given, None, of.role) }
}

/// Stores a member by the only way there is: they are invited and accept.
pub(super) async fn member(given: &Given, name: &str, role: Role) -> Member {
    let member = a_member(given, name, role);
    given.store.create_invitation(&an_invitation(given, Some(name), role), [255; 32]).await.unwrap();
    given.store.accept_invitation([255; 32], &member, given.now()).await.unwrap();
    member
}

/// A session of a member, from now on for a minute.
async fn sign_in(given: &Given, of: &Member, hash: TokenHash) -> Session {
    let session =
        Session { member_id: of.id, created_at: given.now(), expires_at: given.now() + SignedDuration::from_mins(1) };
    given.store.create_session(&session, hash).await.unwrap();
    session
}

async fn is_signed_in(given: &Given, hash: TokenHash) -> bool {
    given.store.find_session(hash, given.now()).await.unwrap().is_some()
}

/// Each of them, whichever role; and nothing of it is set-up.
pub async fn a_member_is_read_back_and_found_by_address(store: &SharedStore) {
    let given = Given::new(store).await;
    let version = store.config_version(given.workspace);
    let mut all = Vec::new();
    for role in Role::ALL {
        all.push(member(&given, role.as_str(), role).await);
        given.tick();
    }
    for member in &all {
        assert_eq!(store.get_member(given.workspace, member.id).await.unwrap(), *member);
        assert_eq!(store.find_member(&member.email).await.unwrap().as_ref(), Some(member));
    }
    assert_eq!(store.find_member(&address("nobody")).await.unwrap(), None);
    assert_eq!(store.list_members(given.workspace).await.unwrap(), all, "oldest first");

    let changed = Member {
        email: address("joe"),
        name: "Joe Ü".to_owned(),
        role: Role::Admin,
        password_hash: password("second"),
        signed_in_at: Some(at(9)),
        ..all[3].clone()
    };
    store.update_member(&changed, None).await.unwrap();
    assert_eq!(store.get_member(given.workspace, changed.id).await.unwrap(), changed);
    assert_eq!(store.find_member(&all[3].email).await.unwrap(), None);
    assert_eq!(store.config_version(given.workspace), version);
}

/// Neither removed nor made something else, until there is another.
pub async fn the_last_owner_can_not_be_removed(store: &SharedStore) {
    let given = Given::new(store).await;
    let owner = member(&given, "olga", Role::Owner).await;
    let admin = member(&given, "adam", Role::Admin).await;
    let lesser = Member { role: Role::Admin, ..owner.clone() };
    assert_refused(store.update_member(&lesser, None).await);
    assert_refused(store.delete_member(given.workspace, owner.id).await);
    assert_eq!(store.get_member(given.workspace, owner.id).await.unwrap(), owner);
    store.update_member(&Member { name: "Olga".to_owned(), ..owner.clone() }, None).await.unwrap();

    let other = given.other().await;
    member(&other, "theirs", Role::Owner).await;
    assert_refused(store.delete_member(given.workspace, owner.id).await);

    store.update_member(&Member { role: Role::Owner, ..admin.clone() }, None).await.unwrap();
    store.update_member(&lesser, None).await.unwrap();
    assert_refused(store.delete_member(given.workspace, admin.id).await);
    store.delete_member(given.workspace, owner.id).await.unwrap();
    assert_not_found(store.get_member(given.workspace, owner.id).await);
    assert_not_found(store.delete_member(given.workspace, owner.id).await);
    assert_not_found(store.update_member(&owner, None).await);
}

/// In whichever workspace.
pub async fn an_address_is_of_one_member(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (jane, joe) = (member(&given, "jane", Role::Owner).await, member(&given, "joe", Role::Viewer).await);
    assert_exists(store.update_member(&Member { email: jane.email.clone(), ..joe.clone() }, None).await);
    assert_eq!(store.get_member(given.workspace, joe.id).await.unwrap(), joe);
    for workspace in [&given, &other] {
        assert_exists(store.create_invitation(&an_invitation(workspace, Some("jane"), Role::Viewer), [1; 32]).await);
    }
    // Invited before somebody else came with the same address.
    store.create_invitation(&an_invitation(&other, Some("mary"), Role::Viewer), [2; 32]).await.unwrap();
    member(&given, "mary", Role::Viewer).await;
    assert_exists(store.accept_invitation([2; 32], &a_member(&other, "mary", Role::Viewer), given.now()).await);
    assert!(store.find_invitation([2; 32]).await.unwrap().is_some(), "what failed changed nothing");
    assert_eq!(store.list_members(other.workspace).await.unwrap(), []);
}

/// Also when two use it at the same time; and only for whom it was made.
pub async fn an_invitation_is_used_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let invitation = an_invitation(&given, Some("jane"), Role::Admin);
    store.create_invitation(&invitation, [1; 32]).await.unwrap();
    assert_eq!(store.find_invitation([1; 32]).await.unwrap(), Some(invitation.clone()));
    assert_eq!(store.find_invitation([2; 32]).await.unwrap(), None);

    let jane = a_member(&given, "jane", Role::Admin);
    for another in [
        Member { role: Role::Owner, ..jane.clone() },
        Member { email: address("eve"), ..jane.clone() },
        Member { workspace_id: other.workspace, ..jane.clone() },
    ] {
        assert_refused(store.accept_invitation([1; 32], &another, given.now()).await);
    }
    assert_not_found(store.accept_invitation([2; 32], &jane, given.now()).await);
    let again = a_member(&given, "jane", Role::Admin);
    let both = tokio::join!(
        store.accept_invitation([1; 32], &jane, given.now()),
        store.accept_invitation([1; 32], &again, given.now()),
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    assert_not_found(if both.0.is_ok() { both.1 } else { both.0 });
    assert_not_found(store.accept_invitation([1; 32], &jane, given.now()).await);
    assert_eq!(store.find_invitation([1; 32]).await.unwrap(), None);
    assert_eq!(store.list_members(given.workspace).await.unwrap().len(), 1);
}

/// For the same address, the same member, or the first owner; and it can be taken back, and ends by itself.
pub async fn an_invitation_takes_the_place_of_the_one_before(store: &SharedStore) {
    let given = Given::new(store).await;
    let jane = member(&given, "jane", Role::Owner).await;
    let makers: [&dyn Fn() -> Invitation; 3] =
        [&|| an_invitation(&given, None, Role::Owner), &|| an_invitation(&given, Some("joe"), Role::Viewer), &|| {
            a_reset(&given, &jane)
        }];
    let mut wanted = Vec::new();
    for (n, make) in (0..).zip(makers) {
        store.create_invitation(&make(), [n; 32]).await.unwrap();
        given.tick();
        wanted.push(make());
        store.create_invitation(&wanted[usize::from(n)], [100 + n; 32]).await.unwrap();
        assert_eq!(store.find_invitation([n; 32]).await.unwrap(), None);
        given.tick();
    }
    assert_eq!(store.list_invitations(given.workspace).await.unwrap(), wanted, "oldest first");
    store.delete_invitation(given.workspace, wanted[1].id).await.unwrap();
    assert_not_found(store.delete_invitation(given.workspace, wanted[1].id).await);
    assert_not_found(store.accept_invitation([101; 32], &a_member(&given, "joe", Role::Viewer), given.now()).await);

    // The first owner says which address is theirs, until the invitation ends.
    let owner = a_member(&given, "anybody", Role::Owner);
    assert_not_found(store.accept_invitation([100; 32], &owner, wanted[0].expires_at).await);
    assert_eq!(store.find_invitation([100; 32]).await.unwrap().as_ref(), Some(&wanted[0]), "expired or not");
    store.accept_invitation([100; 32], &owner, given.now()).await.unwrap();
    assert_eq!(store.find_member(&owner.email).await.unwrap(), Some(owner));
    assert_eq!(store.list_invitations(given.workspace).await.unwrap(), [wanted[2].clone()]);
}

/// And changes nothing else about the member; what was for them goes with them.
pub async fn an_invitation_to_reset_changes_a_password_and_ends_all_sessions(store: &SharedStore) {
    let given = Given::new(store).await;
    let owner = member(&given, "olga", Role::Owner).await;
    let jane = member(&given, "jane", Role::Viewer).await;
    sign_in(&given, &jane, [1; 32]).await;
    sign_in(&given, &owner, [2; 32]).await;
    store.create_invitation(&a_reset(&given, &jane), [3; 32]).await.unwrap();
    let says = Member { password_hash: password("second"), ..a_member(&given, "eve", Role::Owner) };
    store.accept_invitation([3; 32], &says, given.now()).await.unwrap();
    let now = store.get_member(given.workspace, jane.id).await.unwrap();
    let signed_in_at = Some(given.now());
    assert_eq!(now, Member { password_hash: password("second"), signed_in_at, ..jane.clone() });
    assert_eq!(store.find_member(&says.email).await.unwrap(), None);
    assert!(!is_signed_in(&given, [1; 32]).await && is_signed_in(&given, [2; 32]).await);

    store.create_invitation(&a_reset(&given, &jane), [4; 32]).await.unwrap();
    sign_in(&given, &jane, [5; 32]).await;
    store.delete_member(given.workspace, jane.id).await.unwrap();
    assert_eq!(store.find_invitation([4; 32]).await.unwrap(), None);
    assert!(!is_signed_in(&given, [5; 32]).await);
    assert_not_found(store.create_invitation(&a_reset(&given, &jane), [6; 32]).await);
}

/// A link that resets somebody is for who they were; one that somebody made, for what they may still do.
pub async fn links_end_with_what_they_were_made_by(store: &SharedStore) {
    let given = Given::new(store).await;
    let owner = member(&given, "olga", Role::Owner).await;
    let admin = member(&given, "adam", Role::Admin).await;
    let jane = member(&given, "jane", Role::Member).await;
    let exists = async |hash| store.find_invitation(hash).await.unwrap().is_some();
    let mut jane = jane;
    for (n, change) in (1..)
        .zip([&(|was: Member| Member { role: Role::Owner, ..was }) as &dyn Fn(Member) -> Member, &|was: Member| {
            Member { password_hash: password("another"), ..was }
        }])
    {
        store.create_invitation(&a_reset(&given, &jane), [n; 32]).await.unwrap();
        jane = Member { name: format!("Jane {n}"), ..jane };
        store.update_member(&jane, None).await.unwrap();
        assert!(exists([n; 32]).await, "another name ends nothing");
        jane = change(jane);
        store.update_member(&jane, None).await.unwrap();
        assert!(!exists([n; 32]).await);
    }

    let by =
        |maker: &Member, name, role| Invitation { made_by: Some(maker.id), ..an_invitation(&given, Some(name), role) };
    let made = [
        by(&owner, "one", Role::Owner),
        by(&owner, "two", Role::Viewer),
        by(&admin, "three", Role::Admin),
        Invitation { made_by: Some(admin.id), ..a_reset(&given, &jane) },
        an_invitation(&given, Some("four"), Role::Admin),
    ];
    for (n, invitation) in (10..).zip(&made) {
        store.create_invitation(invitation, [n; 32]).await.unwrap();
        given.tick();
    }
    let left = async || {
        let left = store.list_invitations(given.workspace).await.unwrap();
        (0..made.len()).filter(|n| left.iter().any(|one| one.id == made[*n].id)).collect::<Vec<_>>()
    };
    assert_eq!(left().await, [0, 1, 2, 3, 4]);
    store.update_member(&Member { role: Role::Admin, ..owner.clone() }, None).await.unwrap();
    assert_eq!(left().await, [1, 2, 3, 4], "an admin could not have invited an owner");
    store.delete_member(given.workspace, admin.id).await.unwrap();
    assert_eq!(left().await, [1, 4]);
    store.update_member(&Member { role: Role::Viewer, ..owner }, None).await.unwrap();
    assert_eq!(left().await, [4]);
}

/// So it is with another role; another name ends nothing.
pub async fn a_session_ends_when_the_password_changes_but_the_one_that_changed_it_stays(store: &SharedStore) {
    let given = Given::new(store).await;
    let owner = member(&given, "olga", Role::Owner).await;
    let jane = member(&given, "jane", Role::Viewer).await;
    for (n, of) in [(1, &jane), (2, &jane), (3, &jane), (4, &owner)] {
        sign_in(&given, of, [n; 32]).await;
    }
    let signed_in = async || {
        let mut found = Vec::new();
        for n in 1..=4 {
            if is_signed_in(&given, [n; 32]).await {
                found.push(n);
            }
        }
        found
    };
    let jane = Member { name: "Jane Doe".to_owned(), ..jane };
    store.update_member(&jane, None).await.unwrap();
    assert_eq!(signed_in().await, [1, 2, 3, 4]);
    let jane = Member { password_hash: password("second"), ..jane };
    store.update_member(&jane, Some([2; 32])).await.unwrap();
    assert_eq!(signed_in().await, [2, 4]);
    store.update_member(&Member { role: Role::Admin, ..jane.clone() }, None).await.unwrap();
    assert_eq!(signed_in().await, [4]);
}

/// With its member as they are now; one that is ended or expired is not found.
pub async fn a_session_is_found_until_it_ends(store: &SharedStore) {
    let given = Given::new(store).await;
    let jane = member(&given, "jane", Role::Owner).await;
    given.tick();
    let first = sign_in(&given, &jane, [1; 32]).await;
    let signed_in_at = Some(first.created_at);
    let found = store.find_session([1; 32], given.now()).await.unwrap();
    assert_eq!(found, Some((first.clone(), Member { signed_in_at, ..jane.clone() })));
    assert_eq!(store.find_session([2; 32], given.now()).await.unwrap(), None);
    assert!(store.find_session([1; 32], first.expires_at).await.unwrap().is_none());

    given.tick();
    let second = sign_in(&given, &jane, [2; 32]).await;
    let found = store.find_session([1; 32], given.now()).await.unwrap().unwrap();
    assert_eq!((found.0, found.1.signed_in_at), (first, Some(second.created_at)));
    store.delete_session([1; 32]).await.unwrap();
    store.delete_session([1; 32]).await.unwrap();
    assert!(!is_signed_in(&given, [1; 32]).await && is_signed_in(&given, [2; 32]).await);

    // Those that have expired are dropped with the next sign-in, whoever signs in.
    let joe = member(&given, "joe", Role::Viewer).await;
    let later = Session { member_id: joe.id, created_at: second.expires_at, expires_at: at(1_000) };
    store.create_session(&later, [3; 32]).await.unwrap();
    assert!(!is_signed_in(&given, [2; 32]).await);
    assert_exists(store.create_session(&later, [3; 32]).await);
    assert_not_found(store.create_session(&Session { member_id: given.ambient.new_id(), ..later }, [4; 32]).await);
}

/// Who is invited counts; who is invited to choose a new password does not.
pub async fn a_workspace_has_room_for_so_many_members(store: &SharedStore) {
    let given = Given::new(store).await;
    let owner = member(&given, "olga", Role::Owner).await;
    let mut inviting = tokio::task::JoinSet::new();
    let hash = |n: usize| {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        hash
    };
    for n in 1..MEMBERS_MAX {
        let (store, invitation) = (store.clone(), an_invitation(&given, Some(&n.to_string()), Role::Viewer));
        inviting.spawn(async move { store.create_invitation(&invitation, hash(n)).await });
    }
    assert!(inviting.join_all().await.into_iter().all(|invited| invited.is_ok()));
    let one_more = an_invitation(&given, Some("joe"), Role::Viewer);
    assert_refused(store.create_invitation(&one_more, [9; 32]).await);
    let once_more = an_invitation(&given, Some("7"), Role::Admin);
    store.create_invitation(&once_more, [7; 32]).await.unwrap();
    store.create_invitation(&a_reset(&given, &owner), [8; 32]).await.unwrap();
    assert_refused(store.create_invitation(&one_more, [9; 32]).await);
    store.delete_invitation(given.workspace, once_more.id).await.unwrap();
    store.create_invitation(&one_more, [9; 32]).await.unwrap();
}

// behaviour R9
/// Reading, listing, changing, removing, inviting.
pub async fn members_of_another_workspace_are_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let jane = member(&other, "jane", Role::Owner).await;
    let joe = member(&other, "joe", Role::Viewer).await;
    let invitation = an_invitation(&other, Some("mary"), Role::Viewer);
    store.create_invitation(&invitation, [1; 32]).await.unwrap();
    assert_not_found(store.get_member(given.workspace, jane.id).await);
    assert_not_found(store.update_member(&Member { workspace_id: given.workspace, ..joe.clone() }, None).await);
    assert_not_found(store.delete_member(given.workspace, joe.id).await);
    assert_not_found(store.delete_invitation(given.workspace, invitation.id).await);
    assert_not_found(store.create_invitation(&a_reset(&given, &joe), [2; 32]).await);
    assert_eq!(store.list_members(given.workspace).await.unwrap(), []);
    assert_eq!(store.list_invitations(given.workspace).await.unwrap(), []);
    assert_eq!(store.list_members(other.workspace).await.unwrap(), [jane, joe]);
    assert_eq!(store.list_invitations(other.workspace).await.unwrap(), [invitation]);
    let homeless = Invitation { workspace_id: given.ambient.new_id(), ..an_invitation(&given, None, Role::Owner) };
    assert_not_found(store.create_invitation(&homeless, [3; 32]).await);
}
