//! Facts about by what people are found, and about two who become one, and two again.

use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{ContactId, VisitId};
use beckon_domain::identity::merge::{Merge, merged};
use beckon_domain::identity::{EmailHash, IdentifierKind, IdentityChange, IdentityNote, LinkedIn, Refusal, Standing};
use beckon_domain::qualify::LastFiring;
use beckon_domain::segment::Subject;
use beckon_domain::signal::{Intent, SignalKind, SignalStory};
use beckon_domain::visit::{PageView, Visitor};

use super::given::at;
use super::intake::{commit, read};
use super::{Given, assert_not_found, assert_refused, everything};
use crate::SharedStore;
use crate::identity::NotesOf;
use crate::intake::{
    Firing, IntakeChanges, IntakeQuery, IntakeState, NewIntent, NewListMember, NewPageView, SignalFilter, SignalRecord,
    SubjectId, VisitRecord,
};
use crate::people::ContactFilter;

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

async fn put(given: &Given, contacts: Vec<Contact>) {
    commit(given, IntakeChanges { contacts, ..IntakeChanges::default() }).await.unwrap();
}

fn ids(state: &IntakeState) -> Vec<ContactId> {
    state.contacts.keys().copied().collect()
}

async fn of_email(given: &Given, address: &str) -> Vec<ContactId> {
    ids(&read(given, IntakeQuery { emails: [email(address)].into(), ..IntakeQuery::default() }).await)
}

async fn of_hash(given: &Given, address: &str) -> Vec<ContactId> {
    let hash = EmailHash::of(&email(address));
    ids(&read(given, IntakeQuery { email_hashes: [hash].into(), ..IntakeQuery::default() }).await)
}

/// Further addresses, the hash of each, and a LinkedIn profile; what is taken off somebody is free.
pub async fn a_contact_is_found_by_everything_it_is_known_by(store: &SharedStore) {
    let given = Given::new(store).await;
    let (mut ann, mut bob) = (given.a_contact("ann@acme.com"), given.a_contact("bob@acme.com"));
    ann.identity.other_emails = vec![email("ann@home.com")];
    ann.identity.linkedin = LinkedIn::parse("linkedin.com/in/ann");
    put(&given, vec![ann.clone(), bob.clone()]).await;
    for address in ["ann@acme.com", "ann@home.com"] {
        assert_eq!(of_email(&given, address).await, [ann.id], "{address}");
        assert_eq!(of_hash(&given, address).await, [ann.id], "the hash of {address}");
        let filter = ContactFilter { email: Some(email(address)), ..ContactFilter::default() };
        let listed = store.list_contacts(given.workspace, &filter, everything()).await.unwrap().rows;
        assert_eq!(listed, std::slice::from_ref(&ann), "{address}");
        let filter = ContactFilter { text: Some(address.to_owned()), ..ContactFilter::default() };
        assert_eq!(store.list_contacts(given.workspace, &filter, everything()).await.unwrap().rows, [ann.clone()]);
    }
    let linkedin =
        || IntakeQuery { linkedins: ann.identity.linkedin.iter().cloned().collect(), ..IntakeQuery::default() };
    assert_eq!(ids(&read(&given, linkedin()).await), [ann.id]);
    assert_eq!(ids(&read(&given.other().await, linkedin()).await), []);

    bob.identity.other_emails = std::mem::take(&mut ann.identity.other_emails);
    bob.identity.linkedin = ann.identity.linkedin.clone();
    let by_linkedin = linkedin();
    ann.identity.linkedin = None;
    put(&given, vec![bob.clone(), ann.clone()]).await;
    assert_eq!(of_email(&given, "ann@home.com").await, [bob.id], "it moved with one commit, whoever is named first");
    assert_eq!(of_hash(&given, "ann@home.com").await, [bob.id]);
    assert_eq!(ids(&read(&given, by_linkedin).await), [bob.id]);
    store.erase_contact(given.workspace, bob.id, at(40)).await.unwrap();
    assert_eq!(of_email(&given, "ann@home.com").await, []);
    assert_eq!(of_hash(&given, "bob@acme.com").await, []);
}

/// With the address, whoever asks for it; not once it has what it waits for.
pub async fn a_browser_that_waits_for_an_address_is_found_with_it(store: &SharedStore) {
    let given = Given::new(store).await;
    let hash = EmailHash::of(&email("ann@acme.com"));
    let waiting = Visitor { email_hash: Some(hash), ..given.a_visitor("anon-1") };
    let other = given.a_visitor("anon-2");
    let changes = IntakeChanges { visitors: vec![waiting.clone(), other], ..IntakeChanges::default() };
    commit(&given, changes).await.unwrap();
    let query = || IntakeQuery { emails: [email("ann@acme.com")].into(), ..IntakeQuery::default() };
    let found = read(&given, query()).await.visitors;
    assert_eq!(found.into_values().collect::<Vec<_>>(), std::slice::from_ref(&waiting));
    assert!(read(&given.other().await, query()).await.visitors.is_empty());
    let done = Visitor { email_hash: None, ..waiting };
    commit(&given, IntakeChanges { visitors: vec![done], ..IntakeChanges::default() }).await.unwrap();
    assert!(read(&given, query()).await.visitors.is_empty());
}

/// By its id, and the browsers of a person.
pub async fn visitors_are_read_by_id_and_by_person(store: &SharedStore) {
    let given = Given::new(store).await;
    let ann = given.a_contact("ann@acme.com");
    let hers = Visitor { contact_id: Some(ann.id), ..given.a_visitor("anon-1") };
    let nobodys = given.a_visitor("anon-2");
    let visitors = vec![hers.clone(), nobodys.clone()];
    commit(&given, IntakeChanges { contacts: vec![ann.clone()], visitors, ..IntakeChanges::default() }).await.unwrap();
    assert_eq!(store.get_visitor(given.workspace, nobodys.id).await.unwrap(), nobodys);
    assert_eq!(store.list_visitors_of(given.workspace, ann.id).await.unwrap(), std::slice::from_ref(&hers));
    let other = given.other().await;
    assert_not_found(store.get_visitor(other.workspace, hers.id).await);
    assert_eq!(store.list_visitors_of(other.workspace, ann.id).await.unwrap(), []);
}

/// The latest first, of one browser or of one person, until the person is erased.
pub async fn what_happened_to_an_identity_is_noted(store: &SharedStore) {
    let given = Given::new(store).await;
    let ann = given.a_contact("ann@acme.com");
    let hers = Visitor { contact_id: Some(ann.id), ..given.a_visitor("anon-1") };
    let note = |second, visitor: bool, contact: bool| IdentityNote {
        at: at(second),
        signal_id: Some(given.ambient.new_id()),
        visitor_id: visitor.then_some(hers.id),
        contact_id: contact.then_some(ann.id),
        change: IdentityChange::Added {
            kind: IdentifierKind::Email,
            value: format!("{second}@acme.com"),
            standing: Standing::Verified,
        },
    };
    let joe = given.a_contact("joe@acme.com");
    let of_joe = IdentityNote {
        contact_id: Some(joe.id),
        change: IdentityChange::Refused {
            kind: IdentifierKind::Email,
            value: "ann@acme.com".to_owned(),
            reason: Refusal::Taken,
        },
        ..note(4, false, false)
    };
    let kept = IdentityNote { contact_id: Some(joe.id), ..note(5, false, false) };
    let notes = vec![note(1, true, false), note(2, true, true), note(3, false, true), of_joe.clone(), kept.clone()];
    let changes = IntakeChanges {
        contacts: vec![ann.clone(), joe.clone()],
        visitors: vec![hers.clone()],
        identity_notes: notes.clone(),
        ..IntakeChanges::default()
    };
    commit(&given, changes).await.unwrap();
    let list = async |of, limit| store.list_identity_notes(given.workspace, of, limit).await.unwrap();
    let of = |places: &[usize]| places.iter().map(|place| notes[*place].clone()).collect::<Vec<_>>();
    assert_eq!(list(NotesOf::Visitor(hers.id), 9).await, of(&[1, 0]));
    assert_eq!(list(NotesOf::Contact(ann.id), 9).await, of(&[2, 1]));
    assert_eq!(list(NotesOf::Contact(ann.id), 1).await, of(&[2]));
    let other = given.other().await;
    assert_eq!(store.list_identity_notes(other.workspace, NotesOf::Contact(ann.id), 9).await.unwrap(), []);
    store.erase_contact(given.workspace, ann.id, at(40)).await.unwrap();
    assert_eq!(list(NotesOf::Contact(ann.id), 9).await, []);
    assert_eq!(list(NotesOf::Visitor(hers.id), 9).await, []);
    assert_eq!(
        list(NotesOf::Contact(joe.id), 9).await,
        [kept],
        "nor is it kept what was refused to Joe because it is hers"
    );
}

/// Two people, of whom one has done something.
struct Two {
    given: Given,
    ann: Contact,
    bob: Contact,
    visit: VisitId,
    browser: Visitor,
    list: beckon_domain::list::List,
    segment: beckon_domain::segment::Segment,
}

impl Two {
    /// Bob has a browser, three page views, an intent, a signal, a visit, a firing, an event, and is on a list.
    async fn new(store: &SharedStore) -> Two {
        let given = Given::new(store).await;
        let (ann, bob) = (given.a_contact("ann@acme.com"), given.a_contact("bob@acme.com"));
        let list = beckon_domain::list::List {
            id: given.ambient.new_id(),
            name: "Beta".to_owned(),
            subject: Subject::Contact,
            created_at: at(0),
            updated_at: at(0),
        };
        store.create_list(given.workspace, &list).await.unwrap();
        let segment = given.segment().await;
        let browser = Visitor { contact_id: Some(bob.id), ..given.a_visitor("anon-b") };
        let visit = browser.visit.clone().unwrap();
        let page_view = |second| NewPageView {
            visit_id: visit.id,
            contact_id: Some(bob.id),
            company_id: None,
            page_view: PageView { path: "/pricing".to_owned(), at: at(second) },
        };
        let intent = Intent { topic: "crm".to_owned(), score: None, source: None, observed_at: at(1) };
        let changes = IntakeChanges {
            contacts: vec![ann.clone(), bob.clone()],
            visitors: vec![browser.clone()],
            page_views: vec![page_view(1), page_view(2), page_view(3)],
            intents: vec![NewIntent { contact_id: bob.id, company_id: None, intent }],
            visits: vec![VisitRecord { visit: visit.clone(), contact_id: Some(bob.id), company_id: None }],
            signals: vec![SignalRecord {
                id: given.ambient.new_id(),
                kind: SignalKind::Page,
                at: at(1),
                received_at: at(1),
                visitor_id: Some(browser.id),
                contact_id: Some(bob.id),
                company_id: None,
                story: SignalStory::default(),
                raw: "{}".to_owned(),
            }],
            firings: vec![Firing {
                subject: SubjectId::Contact(bob.id),
                segment_id: segment.id,
                event_type: "contact.visited".to_owned(),
                firing: LastFiring { at: at(2), visit_id: Some(visit.id) },
            }],
            list_members: vec![NewListMember { list_id: list.id, member: SubjectId::Contact(bob.id), added_at: at(0) }],
            ..IntakeChanges::default()
        };
        commit(&given, changes).await.unwrap();
        Two { visit: visit.id, given, ann, bob, browser, list, segment }
    }

    /// Bob becomes Ann.
    async fn merge(&self) -> Merge {
        let merge = Merge {
            id: self.given.ambient.new_id(),
            survivor: self.ann.id,
            loser: self.bob.clone(),
            survivor_before: self.ann.clone(),
            at: at(10),
            signal_id: None,
            visitors: vec![],
            lists: vec![],
            undone_at: None,
        };
        let one = merged(&self.ann, &self.bob, at(10));
        let changes = IntakeChanges { contacts: vec![one], merges: vec![merge.clone()], ..IntakeChanges::default() };
        commit(&self.given, changes).await.unwrap();
        merge
    }

    /// All that hangs on a contact, as numbers: browsers, page views, intents, signals, firings, lists.
    async fn has(&self, contact: ContactId) -> [usize; 6] {
        let store = &self.given.store;
        let query = IntakeQuery {
            contact_ids: [contact].into(),
            page_views_since: Some(at(-9)),
            intents_since: Some(at(-9)),
            lists: true,
            ..IntakeQuery::default()
        };
        let state = read(&self.given, query).await;
        let subject = SubjectId::Contact(contact);
        let history = state.history.get(&subject).cloned().unwrap_or_default();
        let filter = SignalFilter { kind: None, contact_id: Some(contact) };
        [
            store.list_visitors_of(self.given.workspace, contact).await.unwrap().len(),
            history.page_views.len(),
            history.intents.len(),
            store.list_signals(self.given.workspace, &filter, everything()).await.unwrap().rows.len(),
            state.firings.keys().filter(|(of, ..)| *of == subject).count(),
            state.lists.get(&subject).map_or(0, Vec::len),
        ]
    }
}

/// All that was of the one who goes, and what they are found by; they lead to who stays.
pub async fn who_is_merged_leaves_everything_to_who_stays(store: &SharedStore) {
    let two = Two::new(store).await;
    assert_eq!((two.has(two.ann.id).await, two.has(two.bob.id).await), ([0; 6], [1, 3, 1, 1, 1, 1]));
    let merge = two.merge().await;
    assert_eq!(two.has(two.ann.id).await, [1, 3, 1, 1, 1, 1]);
    let ws = two.given.workspace;
    assert_not_found(store.get_contact(ws, two.bob.id).await);
    assert_eq!(of_email(&two.given, "bob@acme.com").await, [two.ann.id]);
    assert_eq!(store.find_survivor(ws, two.bob.id).await.unwrap(), Some(two.ann.id));
    assert_eq!(store.find_survivor(ws, two.ann.id).await.unwrap(), None);
    let kept = Merge { visitors: vec![two.browser.id], lists: vec![(two.list.id, true)], ..merge };
    assert_eq!(store.list_merges(ws, two.ann.id).await.unwrap(), [kept]);
    assert_eq!(store.get_list(ws, two.list.id).await.unwrap().members, 1);
    let other = two.given.other().await;
    assert_eq!(store.list_merges(other.workspace, two.ann.id).await.unwrap(), []);
    assert_eq!(store.find_survivor(other.workspace, two.bob.id).await.unwrap(), None);
    let _ = (&two.visit, &two.segment);
}

/// Each has what was theirs; what they did after the merge stays with who was there then.
pub async fn a_merge_that_is_undone_gives_back_what_was_theirs(store: &SharedStore) {
    let two = Two::new(store).await;
    let (ws, merge) = (two.given.workspace, two.merge().await);
    let later = NewPageView {
        visit_id: two.visit,
        contact_id: Some(two.ann.id),
        company_id: None,
        page_view: PageView { path: "/later".to_owned(), at: at(20) },
    };
    commit(&two.given, IntakeChanges { page_views: vec![later], ..IntakeChanges::default() }).await.unwrap();
    let other = two.given.other().await;
    assert_not_found(store.undo_merge(other.workspace, merge.id, at(30)).await);
    let undone = store.undo_merge(ws, merge.id, at(30)).await.unwrap();
    assert_eq!(undone.undone_at, Some(at(30)));
    assert_eq!(two.has(two.bob.id).await, [1, 3, 1, 1, 1, 1]);
    assert_eq!(
        two.has(two.ann.id).await,
        [0, 1, 0, 0, 1, 0],
        "and what was announced of either is not announced again"
    );
    assert_eq!(of_email(&two.given, "bob@acme.com").await, [two.bob.id]);
    assert_eq!(of_hash(&two.given, "bob@acme.com").await, [two.bob.id]);
    assert_eq!(store.get_contact(ws, two.bob.id).await.unwrap().profile, two.bob.profile);
    assert_eq!(store.find_survivor(ws, two.bob.id).await.unwrap(), None);
    assert_refused(store.undo_merge(ws, merge.id, at(31)).await);
    let split = store.list_identity_notes(ws, NotesOf::Contact(two.bob.id), 9).await.unwrap();
    assert!(matches!(split[0].change, IdentityChange::Split { other, .. } if other == two.ann.id));
}

/// An address that went to somebody else meanwhile stays there.
pub async fn who_comes_back_takes_nothing_from_others(store: &SharedStore) {
    let two = Two::new(store).await;
    let merge = two.merge().await;
    let mut one = store.get_contact(two.given.workspace, two.ann.id).await.unwrap();
    one.identity.other_emails.clear();
    let carl = given_contact_with(&two.given, "bob@acme.com");
    put(&two.given, vec![one, carl.clone()]).await;
    store.undo_merge(two.given.workspace, merge.id, at(30)).await.unwrap();
    assert_eq!(of_email(&two.given, "bob@acme.com").await, [carl.id]);
    assert_eq!(store.get_contact(two.given.workspace, two.bob.id).await.unwrap().email, None);
}

fn given_contact_with(given: &Given, address: &str) -> Contact {
    Contact { user_id: None, ..given.a_contact(address) }
}

/// The last one first: what came with one merge went on with the next, and comes back with it.
pub async fn merges_are_undone_from_the_last_on(store: &SharedStore) {
    let two = Two::new(store).await;
    let (ws, first) = (two.given.workspace, two.merge().await);
    let carl = Contact { user_id: None, ..two.given.a_contact("carl@acme.com") };
    put(&two.given, vec![carl.clone()]).await;
    let ann = store.get_contact(ws, two.ann.id).await.unwrap();
    let second = Merge {
        id: two.given.ambient.new_id(),
        survivor: carl.id,
        loser: ann.clone(),
        survivor_before: carl.clone(),
        ..first.clone()
    };
    let one = merged(&carl, &ann, at(11));
    let changes = IntakeChanges { contacts: vec![one], merges: vec![second.clone()], ..IntakeChanges::default() };
    commit(&two.given, changes).await.unwrap();
    assert_eq!(two.has(carl.id).await, [1, 3, 1, 1, 1, 1]);
    assert_eq!(store.find_survivor(ws, two.bob.id).await.unwrap(), Some(carl.id), "from one to the next");
    assert_refused(store.undo_merge(ws, first.id, at(30)).await);
    store.undo_merge(ws, second.id, at(31)).await.unwrap();
    assert_eq!(two.has(two.ann.id).await, [1, 3, 1, 1, 1, 1]);
    store.undo_merge(ws, first.id, at(32)).await.unwrap();
    assert_eq!(two.has(two.bob.id).await, [1, 3, 1, 1, 1, 1]);
}

/// Whoever was in it: rows, the record of the merge, and what it kept of both.
pub async fn who_is_erased_is_erased_as_everybody_they_were(store: &SharedStore) {
    let two = Two::new(store).await;
    let (ws, merge) = (two.given.workspace, two.merge().await);
    store.erase_contact(ws, two.ann.id, at(40)).await.unwrap();
    assert_eq!(store.list_merges(ws, two.ann.id).await.unwrap(), []);
    assert_eq!(store.find_survivor(ws, two.bob.id).await.unwrap(), None);
    assert_not_found(store.undo_merge(ws, merge.id, at(30)).await);
    assert_eq!((two.has(two.ann.id).await, two.has(two.bob.id).await), ([0; 6], [0; 6]));
}

/// So that nobody waits for the merge of somebody who did much.
pub async fn what_is_much_moves_in_steps(store: &SharedStore) {
    let two = Two::new(store).await;
    let many = (0..1_200).map(|n| NewPageView {
        visit_id: two.visit,
        contact_id: Some(two.bob.id),
        company_id: None,
        page_view: PageView { path: "/docs".to_owned(), at: at(3 + n) },
    });
    commit(&two.given, IntakeChanges { page_views: many.collect(), ..IntakeChanges::default() }).await.unwrap();
    let merge = two.merge().await;
    let ws = two.given.workspace;
    let page_views = async |contact| two.has(contact).await[1];
    assert!(page_views(two.ann.id).await < 1_000, "not all at once");
    let mut steps = 0;
    while store.move_merged(ws, 100).await.unwrap() {
        steps += 1;
    }
    assert!(steps > 5, "{steps}");
    let history_rows_max = crate::intake::HISTORY_ROWS_MAX as usize;
    assert_eq!(page_views(two.ann.id).await, history_rows_max);
    store.undo_merge(ws, merge.id, at(30)).await.unwrap();
    while store.move_merged(ws, 100).await.unwrap() {}
    assert_eq!((page_views(two.ann.id).await, page_views(two.bob.id).await), (0, history_rows_max));
}
