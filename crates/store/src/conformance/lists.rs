//! Facts about named lists, and who is on them.

use beckon_domain::contact::Contact;
use beckon_domain::list::{LISTS_MAX, List};
use beckon_domain::segment::Subject;

use super::given::at;
use super::intake::{commit, read};
use super::{Given, assert_exists, assert_not_found, assert_refused, assert_stale, everything, garbage, walk};
use crate::intake::{IntakeChanges, IntakeQuery, NewListMember, SubjectId};
use crate::lists::{CountedList, ListMember, Listed};
use crate::{PageRequest, SharedStore};

fn a_list(given: &Given, name: &str, subject: Subject) -> List {
    List { id: given.ambient.new_id(), name: name.to_owned(), subject, created_at: at(0), updated_at: at(0) }
}

async fn list(given: &Given, name: &str, subject: Subject) -> List {
    let list = a_list(given, name, subject);
    given.store.create_list(given.workspace, &list).await.unwrap();
    list
}

async fn contacts(given: &Given, count: usize) -> Vec<Contact> {
    let made: Vec<_> = (0..count).map(|n| given.a_contact(&format!("{n}@acme.com"))).collect();
    commit(given, IntakeChanges { contacts: made.clone(), ..IntakeChanges::default() }).await.unwrap();
    made
}

async fn count(given: &Given, list: &List) -> u64 {
    given.store.get_list(given.workspace, list.id).await.unwrap().members
}

/// Made, read, renamed, deleted; each counts up the config version, and the set-up has it.
pub async fn a_list_is_part_of_the_set_up(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    let first = list(&given, "Target accounts", Subject::Company).await;
    let before = store.load_config(ws).await.unwrap();
    assert_eq!(before.lists, std::slice::from_ref(&first));
    assert_eq!(before.catalog().list(first.id), Some(&first));
    let counted = CountedList { list: first.clone(), members: 0 };
    assert_eq!(store.get_list(ws, first.id).await.unwrap(), counted);
    let renamed = store.rename_list(ws, first.id, "Accounts \u{0}", at(9)).await.unwrap();
    let expected = List { name: "Accounts \u{0}".to_owned(), updated_at: at(9), ..first.clone() };
    assert_eq!(renamed, CountedList { list: expected.clone(), members: 0 });
    let after = store.load_config(ws).await.unwrap();
    assert_eq!((after.lists, after.version), (vec![expected], before.version + 1));
    store.delete_list(ws, first.id).await.unwrap();
    let gone = store.load_config(ws).await.unwrap();
    assert_eq!((gone.lists, gone.version), (vec![], after.version + 1));
    assert_not_found(store.get_list(ws, first.id).await);
    assert_not_found(store.rename_list(ws, first.id, "x", at(9)).await);
    assert_not_found(store.delete_list(ws, first.id).await);
    assert_not_found(store.list_listed(ws, first.id, everything()).await);
}

/// Whatever the case, among those of its subject; a name that was given up is free.
pub async fn a_name_is_of_one_list_of_a_subject(store: &SharedStore) {
    let given = Given::new(store).await;
    let first = list(&given, "Été", Subject::Contact).await;
    assert_exists(store.create_list(given.workspace, &a_list(&given, "ÉTÉ", Subject::Contact)).await);
    list(&given, "Été", Subject::Company).await;
    let other = list(&given, "Hiver", Subject::Contact).await;
    assert_exists(store.rename_list(given.workspace, other.id, "été", at(1)).await);
    store.rename_list(given.workspace, first.id, "ÉTÉ", at(1)).await.unwrap();
    store.rename_list(given.workspace, first.id, "Automne", at(1)).await.unwrap();
    store.rename_list(given.workspace, other.id, "été", at(1)).await.unwrap();
}

/// So that what is set up stays small enough to be held in memory.
pub async fn a_workspace_has_room_for_so_many_lists(store: &SharedStore) {
    let given = Given::new(store).await;
    let all: Vec<_> = (0..LISTS_MAX).map(|n| a_list(&given, &format!("List {n}"), Subject::Contact)).collect();
    for list in &all {
        store.create_list(given.workspace, list).await.unwrap();
    }
    let one_more = a_list(&given, "One more", Subject::Company);
    assert_refused(store.create_list(given.workspace, &one_more).await);
    store.delete_list(given.workspace, all[0].id).await.unwrap();
    store.create_list(given.workspace, &one_more).await.unwrap();
}

// behaviour A4
/// In pages, of one subject or both.
pub async fn lists_are_listed_newest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut all = Vec::new();
    for n in 0..6 {
        let subject = if n % 2 == 0 { Subject::Contact } else { Subject::Company };
        all.push(list(&given, &format!("List {n}"), subject).await);
    }
    all.reverse();
    for subject in [None, Some(Subject::Contact), Some(Subject::Company)] {
        let listed = walk(2, async |page| store.list_lists(given.workspace, subject, page).await).await;
        let expected: Vec<_> = all.iter().filter(|list| subject.is_none_or(|asked| list.subject == asked)).collect();
        assert_eq!(listed.iter().map(|counted| &counted.list).collect::<Vec<_>>(), expected, "{subject:?}");
    }
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        assert_refused(store.list_lists(given.workspace, None, page.clone()).await);
        assert_refused(store.list_listed(given.workspace, all[0].id, page).await);
    }
}

/// Once, and only on a list of their kind.
pub async fn somebody_is_put_on_a_list_and_taken_off(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    let people = list(&given, "People", Subject::Contact).await;
    let accounts = list(&given, "Accounts", Subject::Company).await;
    let jane = contacts(&given, 1).await.remove(0);
    let acme = given.a_company("acme.com");
    commit(&given, IntakeChanges { companies: vec![acme.clone()], ..IntakeChanges::default() }).await.unwrap();
    let (contact, company) = (SubjectId::Contact(jane.id), SubjectId::Company(acme.id));
    assert!(store.put_on_list(ws, people.id, contact, at(1)).await.unwrap());
    assert!(!store.put_on_list(ws, people.id, contact, at(2)).await.unwrap(), "she is on it");
    assert!(store.put_on_list(ws, accounts.id, company, at(3)).await.unwrap());
    assert_not_found(store.put_on_list(ws, accounts.id, contact, at(4)).await);
    assert_not_found(store.put_on_list(ws, people.id, company, at(4)).await);
    assert_not_found(store.put_on_list(ws, people.id, SubjectId::Contact(given.ambient.new_id()), at(4)).await);
    assert_not_found(store.put_on_list(ws, given.ambient.new_id(), contact, at(4)).await);
    assert_eq!((count(&given, &people).await, count(&given, &accounts).await), (1, 1));
    let listed = store.list_listed(ws, people.id, everything()).await.unwrap().rows;
    assert_eq!(listed, [ListMember { who: Listed::Contact(Box::new(jane)), added_at: at(1) }]);
    let listed = store.list_listed(ws, accounts.id, everything()).await.unwrap().rows;
    assert_eq!(listed, [ListMember { who: Listed::Company(Box::new(acme)), added_at: at(3) }]);
    assert_eq!(store.lists_of(ws, contact).await.unwrap(), [people.id]);
    assert!(store.take_off_list(ws, people.id, contact).await.unwrap());
    assert!(!store.take_off_list(ws, people.id, contact).await.unwrap(), "she is not on it");
    assert_not_found(store.take_off_list(ws, given.ambient.new_id(), contact).await);
    assert_eq!((count(&given, &people).await, store.lists_of(ws, contact).await.unwrap()), (0, vec![]));
}

// behaviour A4
/// Those first who came to be known last, while more arrive.
pub async fn members_of_a_list_are_listed_a_page_at_a_time(store: &SharedStore) {
    let given = Given::new(store).await;
    let people = list(&given, "People", Subject::Contact).await;
    let mut expected = Vec::new();
    for contact in contacts(&given, 5).await {
        store.put_on_list(given.workspace, people.id, SubjectId::Contact(contact.id), at(1)).await.unwrap();
        expected.push(ListMember { who: Listed::Contact(Box::new(contact)), added_at: at(1) });
    }
    expected.reverse();
    let mut more = 10;
    let listed = walk(2, async |page| {
        let answer = store.list_listed(given.workspace, people.id, page).await;
        more += 1;
        let late = given.a_contact(&format!("{more}@acme.com"));
        let list_members =
            vec![NewListMember { list_id: people.id, member: SubjectId::Contact(late.id), added_at: at(2) }];
        let changes = IntakeChanges { contacts: vec![late], list_members, ..IntakeChanges::default() };
        commit(&given, changes).await.unwrap();
        answer
    });
    assert_eq!(listed.await, expected);
    assert_eq!(count(&given, &people).await, 8);
}

/// With the contact itself, in one step; and is read where lists are asked for.
pub async fn a_batch_puts_people_on_lists_and_reads_which(store: &SharedStore) {
    let given = Given::new(store).await;
    let people = list(&given, "People", Subject::Contact).await;
    let accounts = list(&given, "Accounts", Subject::Company).await;
    let company = given.a_company("acme.com");
    let jane = Contact { company_id: Some(company.id), ..given.a_contact("jane@acme.com") };
    let on = |list_id, member| NewListMember { list_id, member, added_at: at(1) };
    let (contact, account) = (SubjectId::Contact(jane.id), SubjectId::Company(company.id));
    let changes = IntakeChanges {
        contacts: vec![jane.clone()],
        companies: vec![company],
        list_members: vec![
            on(people.id, contact),
            on(accounts.id, account),
            on(people.id, contact),
            on(accounts.id, contact),
            on(given.ambient.new_id(), contact),
        ],
        ..IntakeChanges::default()
    };
    let decided_at = store.config_version(given.workspace);
    given.segment().await;
    assert_stale(store.commit_intake(given.workspace, decided_at, changes.clone()).await);
    assert_eq!(count(&given, &people).await, 0);
    commit(&given, changes).await.unwrap();
    assert_eq!((count(&given, &people).await, count(&given, &accounts).await), (1, 1));
    let query = IntakeQuery { contact_ids: [jane.id].into(), ..IntakeQuery::default() };
    assert!(read(&given, query.clone()).await.lists.is_empty(), "nobody asked");
    let lists = read(&given, IntakeQuery { lists: true, of_contacts_only: true, ..query }).await.lists;
    assert_eq!(lists, [(contact, vec![people.id]), (account, vec![accounts.id])].into());
}

/// The others stay, and are counted.
pub async fn who_is_erased_is_on_no_list(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    let (one, two) = (list(&given, "One", Subject::Contact).await, list(&given, "Two", Subject::Contact).await);
    let accounts = list(&given, "Accounts", Subject::Company).await;
    let people = contacts(&given, 2).await;
    let acme = given.a_company("acme.com");
    commit(&given, IntakeChanges { companies: vec![acme.clone()], ..IntakeChanges::default() }).await.unwrap();
    for (list, who) in [(&one, &people[0]), (&one, &people[1]), (&two, &people[0])] {
        store.put_on_list(ws, list.id, SubjectId::Contact(who.id), at(1)).await.unwrap();
    }
    store.put_on_list(ws, accounts.id, SubjectId::Company(acme.id), at(1)).await.unwrap();
    store.erase_contact(ws, people[0].id, at(40)).await.unwrap();
    store.erase_company(ws, acme.id).await.unwrap();
    assert_eq!((count(&given, &one).await, count(&given, &two).await, count(&given, &accounts).await), (1, 0, 0));
    assert_eq!(store.list_listed(ws, one.id, everything()).await.unwrap().rows.len(), 1);
    assert_eq!(store.list_listed(ws, accounts.id, everything()).await.unwrap().rows, []);
    assert_eq!(store.lists_of(ws, SubjectId::Contact(people[0].id)).await.unwrap(), []);
}

/// However many they are.
pub async fn a_deleted_list_has_no_members_left(store: &SharedStore) {
    let given = Given::new(store).await;
    let (list_, kept) = (list(&given, "Big", Subject::Contact).await, list(&given, "Kept", Subject::Contact).await);
    let people = contacts(&given, 3).await;
    // More than one step, in any engine that takes steps of thousands.
    let mut members: Vec<_> = people.iter().map(|contact| SubjectId::Contact(contact.id)).collect();
    members.extend((0..6_000).map(|_| SubjectId::Contact(given.ambient.new_id())));
    let on = |list_id, member: &SubjectId| NewListMember { list_id, member: *member, added_at: at(1) };
    let mut list_members: Vec<_> = members.iter().map(|member| on(list_.id, member)).collect();
    list_members.push(on(kept.id, &members[0]));
    commit(&given, IntakeChanges { list_members, ..IntakeChanges::default() }).await.unwrap();
    assert_eq!(count(&given, &list_).await, 6_003);
    store.delete_list(given.workspace, list_.id).await.unwrap();
    assert_eq!(store.lists_of(given.workspace, members[0]).await.unwrap(), [kept.id]);
    assert_eq!(store.lists_of(given.workspace, members[6_002]).await.unwrap(), []);
    assert_eq!(count(&given, &kept).await, 1);
}

// behaviour R9
/// Reading, renaming, deleting, who is on it, and being put on it.
pub async fn a_list_of_another_workspace_is_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let theirs = list(&other, "People", Subject::Contact).await;
    let (ours, them) = (contacts(&given, 1).await.remove(0), contacts(&other, 1).await.remove(0));
    let (us, they) = (SubjectId::Contact(ours.id), SubjectId::Contact(them.id));
    store.put_on_list(other.workspace, theirs.id, they, at(1)).await.unwrap();
    let ws = given.workspace;
    assert_not_found(store.get_list(ws, theirs.id).await);
    assert_not_found(store.rename_list(ws, theirs.id, "x", at(1)).await);
    assert_not_found(store.delete_list(ws, theirs.id).await);
    assert_not_found(store.list_listed(ws, theirs.id, everything()).await);
    assert_not_found(store.put_on_list(ws, theirs.id, us, at(1)).await);
    assert_not_found(store.take_off_list(ws, theirs.id, they).await);
    assert_not_found(store.put_on_list(other.workspace, theirs.id, us, at(1)).await);
    assert_eq!(store.lists_of(ws, they).await.unwrap(), []);
    assert_eq!(store.list_lists(ws, None, everything()).await.unwrap().rows, []);
    let mine = list(&given, "People", Subject::Contact).await;
    let member = NewListMember { list_id: theirs.id, member: us, added_at: at(1) };
    commit(&given, IntakeChanges { list_members: vec![member], ..IntakeChanges::default() }).await.unwrap();
    assert_eq!((count(&other, &theirs).await, count(&given, &mine).await), (1, 0));
}
