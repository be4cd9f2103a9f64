//! Facts about contacts and companies.

use beckon_domain::contact::Contact;
use beckon_domain::id::SegmentId;
use beckon_domain::qualify::LastFiring;
use beckon_domain::visit::Visitor;

use super::given::at;
use super::intake::{commit, intent, page_view, people, read, signal};
use super::{Given, assert_not_found, assert_refused, everything, garbage, walk};
use crate::intake::{Firing, IntakeChanges, IntakeQuery, SignalRecord, SubjectId, VisitRecord};
use crate::{PageRequest, SharedStore};

// behaviour A4
/// In pages, while more arrive.
pub async fn contacts_are_listed_newest_first_or_by_address(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut contacts: Vec<_> = (0..5).map(|n| given.a_contact(&format!("{n}@acme.com"))).collect();
    commit(&given, IntakeChanges { contacts: contacts.clone(), ..IntakeChanges::default() }).await.unwrap();
    contacts.reverse();
    assert_eq!(store.get_contact(given.workspace, contacts[0].id).await.unwrap(), contacts[0]);
    let mut more = 10;
    let listed = walk(2, async |page| {
        let answer = store.list_contacts(given.workspace, None, page).await;
        more += 1;
        let contacts = vec![given.a_contact(&format!("{more}@acme.com"))];
        commit(&given, IntakeChanges { contacts, ..IntakeChanges::default() }).await.unwrap();
        answer
    });
    assert_eq!(listed.await, contacts);
    let found = store.list_contacts(given.workspace, contacts[2].email.as_ref(), everything()).await.unwrap();
    assert_eq!((found.rows, found.next), (vec![contacts[2].clone()], None));
    let nobody = beckon_domain::email::Email::parse("nobody@acme.com");
    assert_eq!(store.list_contacts(given.workspace, nobody.as_ref(), everything()).await.unwrap().rows, []);
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        assert_refused(store.list_contacts(given.workspace, None, page.clone()).await);
        assert_refused(store.list_companies(given.workspace, None, page).await);
    }
}

// behaviour A4
/// In pages.
pub async fn companies_are_listed_newest_first_or_by_domain(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut companies: Vec<_> = (0..5).map(|n| given.a_company(&format!("acme{n}.com"))).collect();
    commit(&given, IntakeChanges { companies: companies.clone(), ..IntakeChanges::default() }).await.unwrap();
    companies.reverse();
    assert_eq!(store.get_company(given.workspace, companies[0].id).await.unwrap(), companies[0]);
    let listed = walk(2, async |page| store.list_companies(given.workspace, None, page).await).await;
    assert_eq!(listed, companies);
    let found = store.list_companies(given.workspace, companies[3].domain.as_ref(), everything()).await.unwrap();
    assert_eq!(found.rows, [companies[3].clone()]);
}

// behaviour V6 (in part)
/// Their browser is anonymous again; events keep their payload; others are not touched.
pub async fn an_erased_contact_leaves_no_trace(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let (visitor, contact, company) = people(&given);
    let joe = given.a_contact("joe@acme.com");
    let visit = visitor.visit.clone().unwrap();
    let event = given.an_event(&[webhook]);
    let (hers, his) = (signal(&given, Some(contact.id)), signal(&given, Some(joe.id)));
    let earlier = SignalRecord { visitor_id: Some(visitor.id), ..signal(&given, None) };
    let changes = IntakeChanges {
        signals: vec![earlier, hers, his.clone()],
        visitors: vec![visitor.clone()],
        visits: vec![VisitRecord { visit: visit.clone(), contact_id: Some(contact.id), company_id: None }],
        contacts: vec![contact.clone(), joe.clone()],
        companies: vec![company.clone()],
        page_views: vec![
            page_view(visit.id, Some(contact.id), Some(company.id), "/", at(1)),
            page_view(visit.id, Some(joe.id), None, "/joe", at(1)),
        ],
        intents: vec![intent(contact.id, Some(company.id), "crm", at(1))],
        firings: vec![Firing {
            subject: SubjectId::Contact(contact.id),
            segment_id: SegmentId(7),
            event_type: "contact.visited".to_owned(),
            firing: LastFiring { at: at(1), visit_id: None },
        }],
        events: vec![event.clone()],
        ..IntakeChanges::default()
    };
    commit(&given, changes).await.unwrap();
    store.erase_contact(given.workspace, contact.id).await.unwrap();

    assert_not_found(store.get_contact(given.workspace, contact.id).await);
    assert_not_found(store.erase_contact(given.workspace, contact.id).await);
    assert_eq!(store.list_signals(given.workspace, everything()).await.unwrap().rows, [his]);
    let query = IntakeQuery {
        visitor_keys: [visitor.key.clone()].into(),
        emails: contact.email.clone().into_iter().chain(joe.email.clone()).collect(),
        domains: company.domain.clone().into_iter().collect(),
        page_views_since: Some(at(0)),
        intents_since: Some(at(0)),
        ..IntakeQuery::default()
    };
    let state = read(&given, query.clone()).await;
    assert_eq!(state.visitors[&visitor.key].contact_id, None);
    assert_eq!(state.visitors[&visitor.key].id, visitor.id);
    assert_eq!(state.contacts, [(joe.id, joe.clone())].into());
    assert_eq!(state.firings.len(), 0);
    assert_eq!(
        state.history.keys().collect::<Vec<_>>(),
        [&SubjectId::Contact(joe.id)],
        "nothing of her counts for Acme"
    );
    assert_eq!(store.get_event(given.workspace, &event.id).await.unwrap().payload, event.payload);
    assert_eq!(given.due(webhook).await.len(), 1);

    let back = Contact { traits: Default::default(), ..contact.clone() };
    commit(&given, IntakeChanges { contacts: vec![back], ..IntakeChanges::default() }).await.unwrap();
    let state = read(&given, query).await;
    assert!(!state.history.contains_key(&SubjectId::Contact(contact.id)), "the same id later finds nothing");
}

/// Contacts and visitors stay.
pub async fn an_erased_company_belongs_to_nobody(store: &SharedStore) {
    let given = Given::new(store).await;
    let (visitor, contact, company) = people(&given);
    let visitor = Visitor { company_id: Some(company.id), ..visitor };
    let visit = visitor.visit.clone().unwrap();
    let changes = IntakeChanges {
        visitors: vec![visitor.clone()],
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        page_views: vec![page_view(visit.id, Some(contact.id), Some(company.id), "/", at(1))],
        firings: vec![Firing {
            subject: SubjectId::Company(company.id),
            segment_id: SegmentId(7),
            event_type: "company.visited".to_owned(),
            firing: LastFiring { at: at(1), visit_id: None },
        }],
        ..IntakeChanges::default()
    };
    commit(&given, changes).await.unwrap();
    store.erase_company(given.workspace, company.id).await.unwrap();

    assert_not_found(store.get_company(given.workspace, company.id).await);
    assert_not_found(store.erase_company(given.workspace, company.id).await);
    let query = IntakeQuery {
        visitor_keys: [visitor.key.clone()].into(),
        page_views_since: Some(at(0)),
        ..IntakeQuery::default()
    };
    let state = read(&given, query).await;
    assert_eq!(state.visitors[&visitor.key], Visitor { company_id: None, ..visitor });
    assert_eq!(state.contacts, [(contact.id, Contact { company_id: None, ..contact.clone() })].into());
    assert_eq!(state.companies.len(), 0);
    assert_eq!(state.history.keys().collect::<Vec<_>>(), [&SubjectId::Contact(contact.id)]);

    commit(&given, IntakeChanges { companies: vec![company.clone()], ..IntakeChanges::default() }).await.unwrap();
    let query = IntakeQuery {
        domains: company.domain.into_iter().collect(),
        page_views_since: Some(at(0)),
        ..IntakeQuery::default()
    };
    let state = read(&given, query).await;
    assert_eq!((state.history.len(), state.firings.len()), (0, 0), "the same id later finds nothing");
}

// behaviour R9
/// Reading, listing, erasing.
pub async fn people_of_another_workspace_are_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (_, contact, company) = people(&other);
    let changes =
        IntakeChanges { contacts: vec![contact.clone()], companies: vec![company.clone()], ..IntakeChanges::default() };
    commit(&other, changes).await.unwrap();
    assert_not_found(store.get_contact(given.workspace, contact.id).await);
    assert_not_found(store.get_company(given.workspace, company.id).await);
    assert_not_found(store.erase_contact(given.workspace, contact.id).await);
    assert_not_found(store.erase_company(given.workspace, company.id).await);
    for email in [None, contact.email.as_ref()] {
        assert_eq!(store.list_contacts(given.workspace, email, everything()).await.unwrap().rows, []);
    }
    for domain in [None, company.domain.as_ref()] {
        assert_eq!(store.list_companies(given.workspace, domain, everything()).await.unwrap().rows, []);
    }
    assert_eq!(store.get_contact(other.workspace, contact.id).await.unwrap(), contact);
    assert_eq!(store.get_company(other.workspace, company.id).await.unwrap(), company);
}
