//! Facts about the signal pipeline's two steps.

use beckon_domain::bot::BotReason;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::event::EventId;
use beckon_domain::id::{CompanyId, ContactId, SegmentId, VisitId};
use beckon_domain::identity::EmailHash;
use beckon_domain::qualify::LastFiring;
use beckon_domain::signal::{Intent, RecognisedBy, SignalKind, SignalStory};
use beckon_domain::visit::{PageView, Visitor};
use jiff::Timestamp;

use super::given::at;
use super::{Given, assert_exists, assert_not_found, assert_stale, everything, walk};
use crate::intake::{
    Firing, HISTORY_ROWS_MAX, IntakeChanges, IntakeQuery, IntakeState, NewIntent, NewPageView, SignalFilter,
    SignalRecord, SubjectId, VisitRecord,
};
use crate::people::ContactFilter;
use crate::{Result, SharedStore};

pub(super) async fn commit(given: &Given, changes: IntakeChanges) -> Result<()> {
    given.store.commit_intake(given.workspace, given.store.config_version(given.workspace), changes).await
}

pub(super) async fn read(given: &Given, query: IntakeQuery) -> IntakeState {
    given.store.read_intake(given.workspace, &query).await.unwrap()
}

pub(super) fn page_view(
    visit_id: VisitId,
    contact_id: Option<ContactId>,
    company_id: Option<CompanyId>,
    path: &str,
    at: Timestamp,
) -> NewPageView {
    NewPageView { visit_id, contact_id, company_id, page_view: PageView { path: path.to_owned(), at } }
}

pub(super) fn intent(contact_id: ContactId, company_id: Option<CompanyId>, topic: &str, at: Timestamp) -> NewIntent {
    let intent = Intent { topic: topic.to_owned(), score: Some(0.1 + 0.2), source: None, observed_at: at };
    NewIntent { contact_id, company_id, intent }
}

pub(super) fn signal(given: &Given, contact_id: Option<ContactId>) -> SignalRecord {
    SignalRecord {
        id: given.ambient.new_id(),
        kind: SignalKind::Page,
        at: given.now(),
        received_at: given.now(),
        visitor_id: None,
        contact_id,
        company_id: None,
        story: SignalStory::default(),
        raw: "{\"type\": \"page\" }".to_owned(),
    }
}

/// A known contact of a known company, on a visit.
pub(super) fn people(given: &Given) -> (Visitor, Contact, Company) {
    let company = Company { group_id: Some("g1".to_owned()), ..given.a_company("acme.com") };
    let contact =
        Contact { user_id: Some("u1".to_owned()), company_id: Some(company.id), ..given.a_contact("jane@acme.com") };
    let visitor = Visitor { contact_id: Some(contact.id), ..given.a_visitor("anon-1") };
    (visitor, contact, company)
}

/// Whichever key was asked for, those behind it come along.
pub async fn a_batch_is_read_back_by_every_key(store: &SharedStore) {
    let given = Given::new(store).await;
    let (visitor, contact, company) = people(&given);
    let visit = visitor.visit.clone().unwrap();
    let firing = LastFiring { at: at(5), visit_id: Some(visit.id) };
    let contact_id = Some(contact.id);
    let changes = IntakeChanges {
        signals: vec![signal(&given, contact_id)],
        visitors: vec![visitor.clone()],
        visits: vec![VisitRecord { visit: visit.clone(), contact_id, company_id: Some(company.id) }],
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        page_views: vec![page_view(visit.id, contact_id, Some(company.id), "/pricing", at(1))],
        intents: vec![intent(contact.id, Some(company.id), "crm", at(2))],
        firings: vec![Firing {
            subject: SubjectId::Contact(contact.id),
            segment_id: SegmentId(7264),
            event_type: "contact.visited".to_owned(),
            firing,
        }],
        ..IntakeChanges::default()
    };
    commit(&given, changes.clone()).await.unwrap();

    let everything_since = IntakeQuery {
        page_views_since: Some(Timestamp::UNIX_EPOCH),
        intents_since: Some(Timestamp::UNIX_EPOCH),
        ..IntakeQuery::default()
    };
    let by = |query: IntakeQuery| read(&given, query);
    let of_visitor = by(IntakeQuery { visitor_keys: ["anon-1".into()].into(), ..everything_since.clone() }).await;
    assert_eq!(of_visitor.visitors, [("anon-1".to_owned(), visitor.clone())].into());
    for query in [
        IntakeQuery { visitor_keys: ["anon-1".into(), "nobody".into()].into(), ..everything_since.clone() },
        IntakeQuery { emails: contact.email.clone().into_iter().collect(), ..everything_since.clone() },
        IntakeQuery { user_ids: ["u1".into(), "u2".into()].into(), ..everything_since.clone() },
        IntakeQuery { contact_ids: [contact.id, given.ambient.new_id()].into(), ..everything_since.clone() },
    ] {
        let state = by(query.clone()).await;
        assert_eq!(state.contacts, [(contact.id, contact.clone())].into(), "{query:?}");
        assert_eq!(state.companies, [(company.id, company.clone())].into(), "{query:?}");
        for subject in [SubjectId::Contact(contact.id), SubjectId::Company(company.id)] {
            let history = &state.history[&subject];
            assert_eq!(history.page_views, [changes.page_views[0].page_view.clone()], "{query:?}");
            assert_eq!(history.intents, [changes.intents[0].intent.clone()], "{query:?}");
        }
        let key = (SubjectId::Contact(contact.id), SegmentId(7264), "contact.visited".to_owned());
        assert_eq!(state.firings, [(key, firing)].into(), "{query:?}");
    }
    let of_contacts =
        IntakeQuery { visitor_keys: ["anon-1".into()].into(), of_contacts_only: true, ..everything_since.clone() };
    let state = by(of_contacts).await;
    assert_eq!(state.companies.len(), 1);
    let subjects: Vec<_> = state.history.keys().copied().collect();
    assert_eq!(subjects, [SubjectId::Contact(contact.id)], "of no company where only those of contacts were asked for");
    for query in [
        IntakeQuery { domains: company.domain.clone().into_iter().collect(), ..IntakeQuery::default() },
        IntakeQuery { group_ids: ["g1".into()].into(), ..IntakeQuery::default() },
    ] {
        let state = by(query).await;
        assert_eq!(state.companies, [(company.id, company.clone())].into());
        assert_eq!((state.contacts.len(), state.history.len()), (0, 0), "no history where none was asked for");
    }
    assert_eq!(by(IntakeQuery::default()).await, IntakeState::default());
}

/// Same id or key, new facts.
pub async fn a_batch_replaces_what_it_changed(store: &SharedStore) {
    let given = Given::new(store).await;
    let (visitor, contact, company) = people(&given);
    let subject = SubjectId::Company(company.id);
    let firing = |second| Firing {
        subject,
        segment_id: SegmentId(7),
        event_type: "company.visited".to_owned(),
        firing: LastFiring { at: at(second), visit_id: None },
    };
    let first = IntakeChanges {
        visitors: vec![visitor.clone()],
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        firings: vec![firing(1)],
        ..IntakeChanges::default()
    };
    commit(&given, first).await.unwrap();
    let contact = Contact { email: None, user_id: Some("u9".to_owned()), updated_at: at(9), ..contact };
    let company = Company { domain: beckon_domain::company::Domain::parse("new.com"), ..company };
    let visitor = Visitor { visit: None, company_id: Some(company.id), ..visitor };
    let second = IntakeChanges {
        visitors: vec![visitor.clone()],
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        firings: vec![firing(2)],
        ..IntakeChanges::default()
    };
    commit(&given, second).await.unwrap();
    let query = IntakeQuery { visitor_keys: ["anon-1".into()].into(), ..IntakeQuery::default() };
    let state = read(&given, query).await;
    assert_eq!(state.visitors["anon-1"], visitor);
    assert_eq!(state.contacts, [(contact.id, contact)].into());
    assert_eq!(state.companies, [(company.id, company)].into());
    assert_eq!(state.firings.into_values().collect::<Vec<_>>(), [firing(2).firing]);
    let gone = IntakeQuery {
        emails: beckon_domain::email::Email::parse("jane@acme.com").into_iter().collect(),
        user_ids: ["u1".into()].into(),
        domains: beckon_domain::company::Domain::parse("acme.com").into_iter().collect(),
        ..IntakeQuery::default()
    };
    assert_eq!(read(&given, gone).await, IntakeState::default());
}

/// Whatever the order in which the batch names them.
pub async fn addresses_can_move_between_contacts_of_a_batch(store: &SharedStore) {
    let given = Given::new(store).await;
    let (a, b) = (given.a_contact("a@acme.com"), given.a_contact("b@acme.com"));
    commit(&given, IntakeChanges { contacts: vec![a.clone(), b.clone()], ..IntakeChanges::default() }).await.unwrap();
    let swapped =
        vec![Contact { email: b.email.clone(), ..a.clone() }, Contact { email: a.email.clone(), ..b.clone() }];
    commit(&given, IntakeChanges { contacts: swapped, ..IntakeChanges::default() }).await.unwrap();
    let filter = ContactFilter { email: a.email.clone(), ..ContactFilter::default() };
    let found = store.list_contacts(given.workspace, &filter, everything()).await.unwrap().rows;
    assert_eq!(found.iter().map(|contact| contact.id).collect::<Vec<_>>(), [b.id]);
}

/// In a workspace; and a company's domain too.
pub async fn an_address_belongs_to_one_contact(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    for given in [&given, &other] {
        let contacts = vec![given.a_contact("a@acme.com")];
        let companies = vec![given.a_company("acme.com")];
        commit(given, IntakeChanges { contacts, companies, ..IntakeChanges::default() }).await.unwrap();
    }
    let contacts = vec![given.a_contact("a@acme.com")];
    assert_exists(commit(&given, IntakeChanges { contacts, ..IntakeChanges::default() }).await);
    let companies = vec![given.a_company("acme.com")];
    assert_exists(commit(&given, IntakeChanges { companies, ..IntakeChanges::default() }).await);
}

/// The latest rows count.
pub async fn history_begins_where_it_was_asked_for_and_is_bounded(store: &SharedStore) {
    let given = Given::new(store).await;
    let (_, contact, company) = people(&given);
    let visit = given.ambient.new_id();
    let rows = i64::from(HISTORY_ROWS_MAX) + 5;
    let changes = IntakeChanges {
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        page_views: (0..rows).map(|n| page_view(visit, Some(contact.id), Some(company.id), "/", at(n))).collect(),
        intents: (0..rows).map(|n| intent(contact.id, Some(company.id), "crm", at(n))).collect(),
        ..IntakeChanges::default()
    };
    commit(&given, changes).await.unwrap();
    let query = |page_views_since, intents_since| {
        read(
            &given,
            IntakeQuery { contact_ids: [contact.id].into(), page_views_since, intents_since, ..IntakeQuery::default() },
        )
    };
    for subject in [SubjectId::Contact(contact.id), SubjectId::Company(company.id)] {
        let history = query(Some(at(0)), Some(at(0))).await.history.remove(&subject).unwrap();
        let first = history.page_views.iter().map(|view| view.at).min();
        assert_eq!((history.page_views.len(), first), (HISTORY_ROWS_MAX as usize, Some(at(5))));
        let first = history.intents.iter().map(|intent| intent.observed_at).min();
        assert_eq!((history.intents.len(), first), (HISTORY_ROWS_MAX as usize, Some(at(5))));
        let history = query(Some(at(rows - 3)), None).await.history.remove(&subject).unwrap();
        assert_eq!((history.page_views.len(), history.intents.len()), (3, 0));
        let history = query(None, Some(at(rows - 1))).await.history.remove(&subject).unwrap();
        assert_eq!((history.page_views.len(), history.intents.len()), (0, 1));
    }
}

// behaviour Q4
/// Also those of the same batch; what has an owner keeps it.
pub async fn page_views_of_a_visit_can_be_claimed_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let (jane, joe) = (given.a_contact("jane@acme.com"), given.a_contact("joe@acme.com"));
    let (visit, elsewhere): (VisitId, VisitId) = (given.ambient.new_id(), given.ambient.new_id());
    let anonymous = IntakeChanges {
        contacts: vec![jane.clone(), joe.clone()],
        page_views: vec![
            page_view(visit, None, None, "/one", at(1)),
            page_view(elsewhere, None, None, "/other", at(1)),
        ],
        ..IntakeChanges::default()
    };
    commit(&given, anonymous).await.unwrap();
    let identified = IntakeChanges {
        page_views: vec![page_view(visit, None, None, "/two", at(2))],
        claims: vec![(visit, jane.id)],
        ..IntakeChanges::default()
    };
    commit(&given, identified).await.unwrap();
    commit(&given, IntakeChanges { claims: vec![(visit, joe.id)], ..IntakeChanges::default() }).await.unwrap();
    let query =
        IntakeQuery { contact_ids: [jane.id, joe.id].into(), page_views_since: Some(at(0)), ..IntakeQuery::default() };
    let state = read(&given, query).await;
    let mut paths: Vec<_> =
        state.history[&SubjectId::Contact(jane.id)].page_views.iter().map(|view| &view.path).collect();
    paths.sort();
    assert_eq!(paths, ["/one", "/two"]);
    assert!(!state.history.contains_key(&SubjectId::Contact(joe.id)));
}

// behaviour Q11
/// Ones that are not old stay.
pub async fn a_message_id_is_seen_until_it_is_forgotten(store: &SharedStore) {
    let given = Given::new(store).await;
    let seen = |ids: [&str; 3]| {
        let message_ids = ids.into_iter().map(ToOwned::to_owned).collect();
        let query = IntakeQuery { message_ids, ..IntakeQuery::default() };
        async {
            let mut seen: Vec<_> = read(&given, query).await.seen_message_ids.into_iter().collect();
            seen.sort();
            seen
        }
    };
    let message_ids = vec![("old".to_owned(), at(1)), ("young".to_owned(), at(9))];
    commit(&given, IntakeChanges { message_ids, ..IntakeChanges::default() }).await.unwrap();
    assert_eq!(seen(["old", "young", "new"]).await, ["old", "young"]);
    let forgetting = IntakeChanges {
        message_ids: vec![("new".to_owned(), at(10)), ("young".to_owned(), at(10))],
        forget_message_ids_before: Some(at(5)),
        ..IntakeChanges::default()
    };
    commit(&given, forgetting).await.unwrap();
    let still = seen(["old", "young", "new"]).await;
    assert!(still == ["new", "young"] || still == ["new", "old", "young"], "old ones may stay a while: {still:?}");
}

/// From their `created_at`.
pub async fn events_of_a_batch_are_due(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let event = beckon_domain::event::NewEvent { created_at: at(-5), ..given.an_event(&[webhook]) };
    commit(&given, IntakeChanges { events: vec![event.clone()], ..IntakeChanges::default() }).await.unwrap();
    let due = given.only_due(webhook).await;
    assert_eq!((due.event_id, due.due_at), (event.id.clone(), at(-5)));
    assert_eq!(store.get_event(given.workspace, &event.id).await.unwrap().delivery_count, 1);
}

/// Here the last of its events cannot be stored.
pub async fn a_batch_is_stored_whole_or_not_at_all(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let taken = given.an_event(&[]);
    given.publish(&taken).await;
    let (visitor, contact, company) = people(&given);
    let changes = IntakeChanges {
        signals: vec![signal(&given, None)],
        message_ids: vec![("m1".to_owned(), at(0))],
        visitors: vec![visitor],
        contacts: vec![contact.clone()],
        companies: vec![company],
        events: vec![given.an_event(&[webhook]), taken],
        ..IntakeChanges::default()
    };
    assert_exists(commit(&given, changes).await);
    assert_not_found(store.get_contact(given.workspace, contact.id).await);
    assert_eq!(store.list_signals(given.workspace, &SignalFilter::default(), everything()).await.unwrap().rows, []);
    assert_eq!(given.due(webhook).await, []);
    let query = IntakeQuery {
        visitor_keys: ["anon-1".into()].into(),
        message_ids: ["m1".into()].into(),
        ..IntakeQuery::default()
    };
    assert_eq!(read(&given, query).await, IntakeState::default());
}

// behaviour Q9 (in part)
/// And nothing of it is stored.
pub async fn a_batch_decided_with_an_old_config_is_stale(store: &SharedStore) {
    let given = Given::new(store).await;
    let decided_at = store.config_version(given.workspace);
    given.segment().await;
    let contact = given.a_contact("jane@acme.com");
    let changes = IntakeChanges { contacts: vec![contact.clone()], ..IntakeChanges::default() };
    assert_stale(store.commit_intake(given.workspace, decided_at, changes.clone()).await);
    assert_not_found(store.get_contact(given.workspace, contact.id).await);
    assert_not_found(store.commit_intake(given.ambient.new_id(), 1, changes).await);
}

// behaviour R9
/// By any key, though all keys are the same.
pub async fn workspaces_see_nothing_of_each_other(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (visitor, contact, company) = people(&other);
    let visit = visitor.visit.clone().unwrap().id;
    let changes = IntakeChanges {
        signals: vec![signal(&other, None)],
        message_ids: vec![("m1".to_owned(), at(0))],
        visitors: vec![visitor],
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        page_views: vec![page_view(visit, None, None, "/", at(0))],
        ..IntakeChanges::default()
    };
    commit(&other, changes).await.unwrap();
    let query = IntakeQuery {
        visitor_keys: ["anon-1".into()].into(),
        email_hashes: contact.email.iter().map(EmailHash::of).collect(),
        emails: contact.email.into_iter().collect(),
        user_ids: ["u1".into()].into(),
        domains: company.domain.into_iter().collect(),
        group_ids: ["g1".into()].into(),
        contact_ids: [contact.id].into(),
        message_ids: ["m1".into()].into(),
        page_views_since: Some(at(-9)),
        intents_since: Some(at(-9)),
        lists: true,
        of_contacts_only: false,
        linkedins: Default::default(),
    };
    assert_eq!(read(&given, query.clone()).await, IntakeState::default());
    assert_eq!(store.list_signals(given.workspace, &SignalFilter::default(), everything()).await.unwrap().rows, []);
    commit(&given, IntakeChanges { claims: vec![(visit, contact.id)], ..IntakeChanges::default() }).await.unwrap();
    let theirs = read(&other, query).await;
    assert_eq!(theirs.visitors.len(), 1);
    assert!(!theirs.history.contains_key(&SubjectId::Contact(contact.id)), "a claim reaches its own workspace only");
}

// behaviour A4
/// As they came, in pages.
pub async fn signals_are_listed_newest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut all = Vec::new();
    for kind in [
        SignalKind::Page,
        SignalKind::Identify,
        SignalKind::Track,
        SignalKind::Group,
        SignalKind::Alias,
        SignalKind::Intent,
    ] {
        let one = SignalRecord {
            kind,
            visitor_id: Some(given.ambient.new_id()),
            company_id: Some(given.ambient.new_id()),
            at: at(-7),
            ..signal(&given, Some(given.ambient.new_id()))
        };
        let two = signal(&given, None);
        let signals = vec![one.clone(), two.clone()];
        commit(&given, IntakeChanges { signals, ..IntakeChanges::default() }).await.unwrap();
        all.extend([one, two]);
    }
    all.reverse();
    let listed = walk(5, async |page| {
        let answer = store.list_signals(given.workspace, &SignalFilter::default(), page).await;
        let signals = vec![signal(&given, None)];
        commit(&given, IntakeChanges { signals, ..IntakeChanges::default() }).await.unwrap();
        answer
    });
    assert_eq!(listed.await, all);
}

/// Also when nobody said it of the visitor, and only the visit tells.
pub async fn the_company_in_whose_network_a_visit_is_comes_along(store: &SharedStore) {
    let given = Given::new(store).await;
    let company = given.a_company("acme.com");
    let mut visitor = given.a_visitor("a-1");
    visitor.company_id = None;
    visitor.contact_id = None;
    if let Some(visit) = &mut visitor.visit {
        visit.network_company_id = Some(company.id);
    }
    let changes =
        IntakeChanges { visitors: vec![visitor.clone()], companies: vec![company.clone()], ..IntakeChanges::default() };
    commit(&given, changes).await.unwrap();
    let query = IntakeQuery { visitor_keys: [visitor.key.clone()].into(), ..IntakeQuery::default() };
    let state = read(&given, query).await;
    assert_eq!(state.visitors[&visitor.key], visitor);
    assert_eq!(state.companies[&company.id], company);
}

/// Each exactly as it was stored, with what became of it.
pub async fn a_signal_is_read_back_with_its_story(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let story = SignalStory {
        recognised_by: Some(RecognisedBy::Visitor),
        visit_id: Some(given.ambient.new_id()),
        bot: Some(BotReason::Rate),
        fired: vec![
            (SegmentId(7264), EventId::generate(&given.ambient)),
            (SegmentId(8), EventId::parse("own").unwrap()),
        ],
    };
    let told = SignalRecord { story, kind: SignalKind::Intent, ..signal(&given, Some(given.ambient.new_id())) };
    let silent = signal(&given, None);
    let signals = vec![told.clone(), silent.clone()];
    commit(&given, IntakeChanges { signals, ..IntakeChanges::default() }).await.unwrap();
    for signal in [told, silent] {
        assert_eq!(store.get_signal(given.workspace, signal.id).await.unwrap(), signal);
        assert_not_found(store.get_signal(other.workspace, signal.id).await);
    }
    assert_not_found(store.get_signal(given.workspace, given.ambient.new_id()).await);
}

// behaviour A5 (in part)
/// Each alone and both together, in pages, while more arrive.
pub async fn signals_are_listed_by_kind_and_person(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (jane, joe) = (given.ambient.new_id(), given.ambient.new_id());
    let mut all = Vec::new();
    for n in 0..30 {
        let contact_id = [None, Some(jane), Some(joe), Some(jane)][n % 4];
        let kind =
            [SignalKind::Page, SignalKind::Track, SignalKind::Page, SignalKind::Identify, SignalKind::Page][n % 5];
        let one = SignalRecord { kind, contact_id, ..signal(&given, None) };
        commit(&given, IntakeChanges { signals: vec![one.clone()], ..IntakeChanges::default() }).await.unwrap();
        all.push(one);
    }
    all.reverse();
    for kind in [None, Some(SignalKind::Page), Some(SignalKind::Track), Some(SignalKind::Alias)] {
        for contact_id in [None, Some(jane), Some(given.ambient.new_id())] {
            let filter = SignalFilter { kind, contact_id };
            let fits = |signal: &&SignalRecord| {
                kind.is_none_or(|kind| kind == signal.kind)
                    && contact_id.is_none_or(|contact| Some(contact) == signal.contact_id)
            };
            let wanted: Vec<_> = all.iter().filter(fits).cloned().collect();
            let listed = walk(4, async |page| {
                let answer = store.list_signals(given.workspace, &filter, page).await;
                let more = vec![SignalRecord { kind: SignalKind::Page, ..signal(&given, Some(jane)) }];
                commit(&other, IntakeChanges { signals: more, ..IntakeChanges::default() }).await.unwrap();
                answer
            });
            assert_eq!(listed.await, wanted, "{filter:?}");
        }
    }
}
