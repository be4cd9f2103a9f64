//! Facts about contacts and companies.

use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::event::{EventSource, NewEvent};
use beckon_domain::id::{CompanyId, ContactId, SegmentId};
use beckon_domain::qualify::LastFiring;
use beckon_domain::visit::Visitor;

use super::given::at;
use super::intake::{commit, intent, page_view, people, read, signal};
use super::{Given, assert_not_found, assert_refused, everything, garbage, walk};
use crate::intake::{Firing, IntakeChanges, IntakeQuery, SignalFilter, SignalRecord, SubjectId, VisitRecord};
use crate::people::{CompanyFilter, ContactFilter, ERASED_PAYLOAD, Happening};
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
        let answer = store.list_contacts(given.workspace, &ContactFilter::default(), page).await;
        more += 1;
        let contacts = vec![given.a_contact(&format!("{more}@acme.com"))];
        commit(&given, IntakeChanges { contacts, ..IntakeChanges::default() }).await.unwrap();
        answer
    });
    assert_eq!(listed.await, contacts);
    let of = |email| ContactFilter { email, ..ContactFilter::default() };
    let found = store.list_contacts(given.workspace, &of(contacts[2].email.clone()), everything()).await.unwrap();
    assert_eq!((found.rows, found.next), (vec![contacts[2].clone()], None));
    let nobody = beckon_domain::email::Email::parse("nobody@acme.com");
    assert_eq!(store.list_contacts(given.workspace, &of(nobody), everything()).await.unwrap().rows, []);
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        assert_refused(store.list_contacts(given.workspace, &ContactFilter::default(), page.clone()).await);
        assert_refused(store.list_companies(given.workspace, &CompanyFilter::default(), page).await);
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
    let listed =
        walk(2, async |page| store.list_companies(given.workspace, &CompanyFilter::default(), page).await).await;
    assert_eq!(listed, companies);
    let filter = CompanyFilter { domain: companies[3].domain.clone(), ..CompanyFilter::default() };
    let found = store.list_companies(given.workspace, &filter, everything()).await.unwrap();
    assert_eq!(found.rows, [companies[3].clone()]);
}

// behaviour V6
/// Their browser is anonymous again; what was announced of them tells nothing any more and goes in the end; others are not
/// touched.
pub async fn an_erased_contact_leaves_no_trace(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let (visitor, contact, company) = people(&given);
    let joe = given.a_contact("joe@acme.com");
    let visit = visitor.visit.clone().unwrap();
    let mut event = given.an_event(&[webhook]);
    event.source.contact_id = Some(contact.id);
    let mut of_joe = given.an_event(&[webhook]);
    of_joe.source.contact_id = Some(joe.id);
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
        events: vec![event.clone(), of_joe.clone()],
        ..IntakeChanges::default()
    };
    commit(&given, changes).await.unwrap();
    store.erase_contact(given.workspace, contact.id, at(40)).await.unwrap();

    assert_not_found(store.get_contact(given.workspace, contact.id).await);
    assert_not_found(store.erase_contact(given.workspace, contact.id, at(40)).await);
    assert_eq!(store.list_signals(given.workspace, &SignalFilter::default(), everything()).await.unwrap().rows, [his]);
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
    let ws = given.workspace;
    assert_eq!(store.get_event(ws, &event.id).await.unwrap().payload.as_ref(), ERASED_PAYLOAD);
    assert_eq!(store.get_event(ws, &of_joe.id).await.unwrap().payload, of_joe.payload);
    let waiting = store.list_erased_deliveries(ws).await.unwrap();
    assert_eq!(waiting, [event.deliveries[0].id]);
    assert_eq!(store.list_erased_deliveries(given.other().await.workspace).await.unwrap(), []);
    store.cancel_delivery(ws, waiting[0], at(41)).await.unwrap();
    assert_eq!(store.list_erased_deliveries(ws).await.unwrap(), []);
    assert_eq!(given.due(webhook).await.len(), 1, "his");
    assert_eq!(store.forget_erased(ws, at(40), 9).await.unwrap(), 0, "a request may be under way");
    assert!(store.get_event(ws, &event.id).await.is_ok());
    assert_eq!(store.forget_erased(ws, at(99), 9).await.unwrap(), 1);
    assert_not_found(store.get_event(ws, &event.id).await);
    assert!(store.get_event(ws, &of_joe.id).await.is_ok());
    assert_eq!(store.forget_erased(ws, at(99), 9).await.unwrap(), 0);

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
    assert_not_found(store.erase_contact(given.workspace, contact.id, at(40)).await);
    assert_not_found(store.erase_company(given.workspace, company.id).await);
    let text = || Some("acme".to_owned());
    for filter in [
        ContactFilter::default(),
        ContactFilter { email: contact.email.clone(), ..ContactFilter::default() },
        ContactFilter { company_id: Some(company.id), ..ContactFilter::default() },
        ContactFilter { text: text(), ..ContactFilter::default() },
    ] {
        assert_eq!(store.list_contacts(given.workspace, &filter, everything()).await.unwrap().rows, [], "{filter:?}");
    }
    for filter in [
        CompanyFilter::default(),
        CompanyFilter { domain: company.domain.clone(), ..CompanyFilter::default() },
        CompanyFilter { text: text(), ..CompanyFilter::default() },
    ] {
        assert_eq!(store.list_companies(given.workspace, &filter, everything()).await.unwrap().rows, [], "{filter:?}");
    }
    for of in [SubjectId::Contact(contact.id), SubjectId::Company(company.id)] {
        assert_not_found(store.list_happenings(given.workspace, of, None, 10).await);
    }
    assert_eq!(store.get_contact(other.workspace, contact.id).await.unwrap(), contact);
    assert_eq!(store.get_company(other.workspace, company.id).await.unwrap(), company);
}

/// Somebody with a name, a title and an employer.
fn somebody(given: &Given, email: &str, [first, last, title, company]: [&str; 4]) -> Contact {
    let text = |text: &str| Some(text.to_owned());
    let profile = ContactProfile {
        first_name: text(first),
        last_name: text(last),
        title: text(title),
        company: text(company),
        ..ContactProfile::default()
    };
    Contact { profile, ..given.a_contact(email) }
}

async fn found(given: &Given, filter: &ContactFilter) -> Vec<ContactId> {
    let found = walk(2, async |page| given.store.list_contacts(given.workspace, filter, page).await).await;
    found.into_iter().map(|contact| contact.id).collect()
}

fn by_text(text: &str) -> ContactFilter {
    ContactFilter { text: Some(text.to_owned()), ..ContactFilter::default() }
}

/// Newest first, whatever the case; each word must begin one of theirs.
pub async fn contacts_are_found_by_the_beginnings_of_their_words(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let jane = somebody(&given, "jane.doe@acme.com", ["Jane", "Doe", "Head of Marketing", "Acme Corp"]);
    let joe = somebody(&given, "joe@other.test", ["Joe", "D\u{f6}ner", "VP", "Acme & Sons"]);
    let nameless = given.a_contact("info@acme.com");
    let jan = somebody(&given, "j@jan.test", ["\u{130}rem", "X", "", "%_"]);
    let contacts = vec![jane.clone(), joe.clone(), nameless.clone(), jan.clone()];
    commit(&given, IntakeChanges { contacts: contacts.clone(), ..IntakeChanges::default() }).await.unwrap();
    let theirs = contacts.into_iter().map(|contact| Contact { id: given.ambient.new_id(), ..contact }).collect();
    commit(&other, IntakeChanges { contacts: theirs, ..IntakeChanges::default() }).await.unwrap();
    let (jane, joe, nameless, jan) = (jane.id, joe.id, nameless.id, jan.id);
    let facts: [(&str, &[ContactId]); 20] = [
        ("jane", &[jane]),
        ("JAN", &[jan, jane]),
        ("acme", &[nameless, joe, jane]),
        ("acme j", &[joe, jane]),
        ("j acme doe", &[jane]),
        ("doe, jane", &[jane]),
        ("d\u{d6}NER", &[joe]),
        ("market head", &[jane]),
        ("jane.doe@acme.com", &[jane]),
        ("jane.doe@a", &[jane]),
        ("@acme.com", &[nameless, jane]),
        ("acme.com", &[nameless, jane]),
        ("\u{130}rem", &[jan]),
        ("ane", &[]),
        ("jane x", &[]),
        ("doe@acme.com", &[]),
        ("nobody", &[]),
        ("acme%", &[nameless, joe, jane]),
        ("_", &[jan, nameless, joe, jane]),
        ("", &[jan, nameless, joe, jane]),
    ];
    for (text, wanted) in facts {
        assert_eq!(found(&given, &by_text(text)).await, wanted, "{text:?}");
    }
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        assert_refused(store.list_contacts(given.workspace, &by_text("acme"), page).await);
    }
}

// behaviour A5 (in part)
/// Address, company and text, each alone and with every other.
pub async fn contacts_are_listed_by_every_combination_of_filters(store: &SharedStore) {
    let given = Given::new(store).await;
    let (acme, other) = (given.a_company("acme.com"), given.a_company("other.test"));
    let mut all = Vec::new();
    for n in 0..24 {
        let title = ["Head of Sales", "Sales Rep", "Buyer"][n % 3];
        let company_id = [None, Some(acme.id), Some(acme.id), Some(other.id)][n % 4];
        let one = somebody(&given, &format!("p{n}@acme.com"), ["P", "Q", title, ""]);
        all.push(Contact { company_id, ..one });
    }
    let changes =
        IntakeChanges { contacts: all.clone(), companies: vec![acme.clone(), other], ..IntakeChanges::default() };
    commit(&given, changes).await.unwrap();
    all.reverse();
    for model in [&all[3], &all[5]] {
        for combination in 0..8 {
            let on = |bit: u32| combination & (1 << bit) != 0;
            let filter = ContactFilter {
                email: model.email.clone().filter(|_| on(0)),
                company_id: on(1).then_some(acme.id),
                text: on(2).then(|| "sal acme".to_owned()),
            };
            let fits = |contact: &&Contact| {
                (!on(0) || contact.email == model.email)
                    && (!on(1) || contact.company_id == Some(acme.id))
                    && (!on(2) || contact.profile.title.as_ref().unwrap().contains("Sales"))
            };
            let wanted: Vec<_> = all.iter().filter(fits).map(|contact| contact.id).collect();
            assert_eq!(found(&given, &filter).await, wanted, "{filter:?}");
        }
    }
}

/// By name and domain.
pub async fn companies_are_found_by_the_beginnings_of_their_words(store: &SharedStore) {
    let given = Given::new(store).await;
    let named = |domain: &str, name: &str| {
        let mut company = given.a_company(domain);
        company.profile.name = Some(name.to_owned());
        company
    };
    let companies =
        vec![named("acme.com", "Acme Corp"), named("sons.test", "ACME & Sons"), given.a_company("acme-uk.com")];
    commit(&given, IntakeChanges { companies: companies.clone(), ..IntakeChanges::default() }).await.unwrap();
    let [acme, sons, uk] = [0, 1, 2].map(|n: usize| companies[n].id);
    let facts: [(&str, &[CompanyId]); 6] = [
        ("acme", &[uk, sons, acme]),
        ("acme c", &[uk, acme]),
        ("son", &[sons]),
        ("acme-uk.com", &[uk]),
        ("orp", &[]),
        ("", &[uk, sons, acme]),
    ];
    for (text, wanted) in facts {
        let filter = CompanyFilter { text: Some(text.to_owned()), ..CompanyFilter::default() };
        let found = walk(1, async |page| store.list_companies(given.workspace, &filter, page).await).await;
        assert_eq!(found.into_iter().map(|company| company.id).collect::<Vec<_>>(), wanted, "{text:?}");
    }
    let both = CompanyFilter { domain: companies[0].domain.clone(), text: Some("sons".to_owned()) };
    assert_eq!(store.list_companies(given.workspace, &both, everything()).await.unwrap().rows, []);
}

/// And no longer by what they were; who is erased, by nothing.
pub async fn who_changes_is_found_by_what_they_are_now(store: &SharedStore) {
    let given = Given::new(store).await;
    let jane = somebody(&given, "jane@acme.com", ["Jane", "Doe", "Rep", "Acme"]);
    let joe = somebody(&given, "joe@acme.com", ["Joe", "Doe", "Rep", "Acme"]);
    let contacts = vec![jane.clone(), joe.clone()];
    commit(&given, IntakeChanges { contacts, ..IntakeChanges::default() }).await.unwrap();
    let married = Contact { email: joe.email.clone(), ..somebody(&given, "x@x.test", ["Jane", "Roe", "Head", "Acme"]) };
    let married = Contact { id: jane.id, ..married };
    let moved = Contact { email: jane.email.clone(), ..joe.clone() };
    let contacts = vec![married, moved];
    commit(&given, IntakeChanges { contacts, ..IntakeChanges::default() }).await.unwrap();
    assert_eq!(found(&given, &by_text("jane")).await, [joe.id, jane.id], "the one by the address, the other by name");
    assert_eq!(found(&given, &by_text("jane@")).await, [joe.id]);
    assert_eq!(found(&given, &by_text("roe head")).await, [jane.id]);
    assert_eq!(found(&given, &by_text("doe")).await, [joe.id]);
    store.erase_contact(given.workspace, jane.id, at(40)).await.unwrap();
    assert_eq!(found(&given, &by_text("acme")).await, [joe.id]);
    let back = Contact { id: jane.id, ..given.a_contact("new@new.test") };
    commit(&given, IntakeChanges { contacts: vec![back], ..IntakeChanges::default() }).await.unwrap();
    assert_eq!(found(&given, &by_text("roe")).await, [], "the same id later is not found by what was");
    assert_eq!(found(&given, &by_text("new")).await, [jane.id]);
}

/// Page views, intents and events in one order; of a contact, and of a company.
pub async fn what_somebody_did_is_listed_latest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    let (visitor, contact, company) = people(&given);
    let visit = visitor.visit.clone().unwrap();
    let event = |second: i64, contact_id: Option<ContactId>, segment: Option<i64>| NewEvent {
        created_at: at(second),
        source: EventSource {
            segment_id: segment.map(SegmentId),
            contact_id,
            company_id: Some(company.id),
            ..EventSource::default()
        },
        ..given.an_event(&[])
    };
    let (hers, theirs) = (event(4, Some(contact.id), Some(7)), event(9, None, None));
    let changes = IntakeChanges {
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        page_views: (0..4)
            .map(|n| page_view(visit.id, Some(contact.id), Some(company.id), &format!("/{n}"), at(2 * n)))
            .chain([
                page_view(visit.id, None, Some(company.id), "/somebody", at(5)),
                page_view(visit.id, None, None, "/nobody", at(5)),
            ])
            .collect(),
        intents: vec![intent(contact.id, Some(company.id), "crm", at(3))],
        events: vec![hers.clone(), theirs.clone()],
        ..IntakeChanges::default()
    };
    commit(&given, changes.clone()).await.unwrap();
    let viewed =
        |second: i64, path: &str| Happening::PageView { at: at(second), visit_id: visit.id, path: path.to_owned() };
    let announced = |event: &NewEvent| Happening::Event {
        at: event.created_at,
        id: event.id.clone(),
        event_type: event.event_type.clone(),
        segment_id: event.source.segment_id,
    };
    let interested = Happening::Intent(changes.intents[0].intent.clone());
    let jane =
        [viewed(6, "/3"), announced(&hers), viewed(4, "/2"), interested.clone(), viewed(2, "/1"), viewed(0, "/0")];
    let list = async |of, before, limit| store.list_happenings(given.workspace, of, before, limit).await.unwrap();
    let (of_jane, of_acme) = (SubjectId::Contact(contact.id), SubjectId::Company(company.id));
    assert_eq!(list(of_jane, None, 10).await, jane);
    assert_eq!(list(of_jane, Some(at(4)), 10).await, jane[3..]);
    assert_eq!(list(of_jane, None, 2).await, jane[..4], "two page views, and what else there is");
    let acme = list(of_acme, None, 10).await;
    assert_eq!(acme[..3], [announced(&theirs), viewed(6, "/3"), viewed(5, "/somebody")]);
    assert_eq!(acme[3..], jane[1..]);
    assert_not_found(store.list_happenings(given.workspace, SubjectId::Contact(given.ambient.new_id()), None, 1).await);
    assert_not_found(store.list_happenings(given.workspace, SubjectId::Company(given.ambient.new_id()), None, 1).await);
}

// behaviour V6 (in part)
/// So that nobody else waits for it; and it goes on where it was broken off.
pub async fn somebody_who_did_much_is_erased_in_steps(store: &SharedStore) {
    let given = Given::new(store).await;
    let (visitor, contact, _) = people(&given);
    let visit = visitor.visit.clone().unwrap();
    let views = (0..1_700).map(|n| page_view(visit.id, Some(contact.id), None, "/", at(n)));
    let changes = IntakeChanges {
        visitors: vec![visitor.clone()],
        contacts: vec![contact.clone()],
        page_views: views.collect(),
        ..IntakeChanges::default()
    };
    commit(&given, changes).await.unwrap();
    store.erase_contact(given.workspace, contact.id, at(40)).await.unwrap();
    let mut steps = 0;
    while store.erase_more(given.workspace, 200).await.unwrap() {
        steps += 1;
    }
    assert!(steps > 4, "{steps}");
    assert!(!store.erase_more(given.other().await.workspace, 200).await.unwrap());
    let back = Contact { traits: Default::default(), ..contact.clone() };
    commit(&given, IntakeChanges { contacts: vec![back], ..IntakeChanges::default() }).await.unwrap();
    let query =
        IntakeQuery { contact_ids: [contact.id].into(), page_views_since: Some(at(-1)), ..IntakeQuery::default() };
    assert!(!read(&given, query).await.history.contains_key(&SubjectId::Contact(contact.id)));
}

/// Nobody is left to have it canceled by: the engine that held it is gone.
pub async fn what_a_crash_left_to_be_sent_of_who_was_erased_is_not_sent(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let (_, contact, _) = people(&given);
    let mut event = given.an_event(&[webhook]);
    event.source.contact_id = Some(contact.id);
    let changes =
        IntakeChanges { contacts: vec![contact.clone()], events: vec![event.clone()], ..IntakeChanges::default() };
    commit(&given, changes).await.unwrap();
    store.erase_contact(given.workspace, contact.id, at(40)).await.unwrap();
    assert_eq!(store.forget_erased(given.workspace, at(99), 9).await.unwrap(), 1);
    assert_eq!(given.due(webhook).await, []);
    assert_not_found(store.get_event(given.workspace, &event.id).await);
}
