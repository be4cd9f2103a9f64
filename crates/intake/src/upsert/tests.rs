//! Contacts and companies written one after the other, without a store.

use super::*;
use crate::fold::working::Working;
use crate::fold::{Compiled, Means};
use crate::testing::{ambient, config, email, identify, minute};
use beckon_domain::ambient::Ambient;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::invalid::Invalid;
use beckon_domain::list::List;
use beckon_domain::segment::Subject;
use beckon_store::intake::{IntakeState, NewListMember, SubjectId};
use serde_json::json;
use std::sync::Arc;

struct World {
    working: Working,
    compiled: Compiled,
    ambient: Ambient,
    now: i64,
}

fn world() -> World {
    World {
        working: Working::new(IntakeState::default()),
        compiled: Compiled::new(Arc::new(config(vec![], vec![]))),
        ambient: ambient(),
        now: 0,
    }
}

impl World {
    fn contact(&mut self, said: ContactUpsert) -> Result<Upserted<Contact>, Invalid> {
        self.now += 1;
        let means = Means {
            compiled: &self.compiled,
            free_mail: &Default::default(),
            now: minute(self.now),
            ambient: &self.ambient,
        };
        contact(&mut self.working, &said, means)
    }

    fn company(&mut self, said: CompanyUpsert) -> Result<Upserted<Company>, Invalid> {
        self.now += 1;
        let means = Means {
            compiled: &self.compiled,
            free_mail: &Default::default(),
            now: minute(self.now),
            ambient: &self.ambient,
        };
        company(&mut self.working, &said, means)
    }
}

fn by_email(address: &str) -> ContactUpsert {
    ContactUpsert { email: Change::Set(email(address)), ..ContactUpsert::default() }
}

fn by_user(user_id: &str) -> ContactUpsert {
    ContactUpsert { user_id: Change::Set(user_id.to_owned()), ..ContactUpsert::default() }
}

fn of_domain(domain: &str) -> CompanyUpsert {
    CompanyUpsert { domain: Domain::parse(domain).into(), ..CompanyUpsert::default() }
}

fn fields<T: std::fmt::Debug>(refused: Result<T, Invalid>) -> Vec<String> {
    refused.unwrap_err().0.into_iter().map(|field| field.field).collect()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn who_is_taken_is_put_on_the_list_and_a_list_that_is_gone_is_refused() {
    let list = |n: u128, subject| List {
        id: ListId::from(uuid::Uuid::from_u128(n)),
        name: format!("List {n}"),
        subject,
        created_at: minute(0),
        updated_at: minute(0),
    };
    let (people, accounts) = (list(1, Subject::Contact), list(2, Subject::Company));
    let mut world = world();
    let set_up =
        beckon_store::WorkspaceConfig { lists: vec![people.clone(), accounts.clone()], ..config(vec![], vec![]) };
    world.compiled = Compiled::new(Arc::new(set_up));
    let onto = |list: &List, said: ContactUpsert| ContactUpsert { list: Some(list.id), ..said };
    let jane = world.contact(onto(&people, by_email("jane@acme.test"))).unwrap().value;
    world.contact(onto(&people, by_email("jane@acme.test"))).unwrap();
    assert_eq!(fields(world.contact(onto(&accounts, by_email("joe@acme.test")))), ["list"]);
    assert_eq!(fields(world.contact(onto(&list(3, Subject::Contact), by_email("joe@acme.test")))), ["list"]);
    let acme = world.company(CompanyUpsert { list: Some(accounts.id), ..of_domain("acme.test") }).unwrap().value;
    let changes = world.working.into_changes(minute(9));
    let on = |list: &List, member, at| NewListMember { list_id: list.id, member, added_at: minute(at) };
    let expected = [on(&people, SubjectId::Contact(jane.id), 1), on(&accounts, SubjectId::Company(acme.id), 5)];
    assert_eq!(changes.list_members, expected);
    assert_eq!(changes.contacts.len(), 1, "who is refused is not written");
}

// behaviour A3
#[test]
fn absent_keeps_null_clears_and_a_value_sets() {
    let mut world = world();
    let profile = |fields: &[(&str, Option<&str>)]| {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect()
    };
    let made = world.contact(ContactUpsert {
        profile: profile(&[("first_name", Some("Ann")), ("title", Some("VP")), ("phone", Some("1"))]),
        traits: object(json!({ "plan": "pro", "seats": 3 })),
        ..by_email("ann@acme.test")
    });
    assert!(made.unwrap().created);
    let changed = world.contact(ContactUpsert {
        profile: profile(&[("title", Some(" CEO ")), ("phone", None)]),
        traits: object(json!({ "plan": null, "vip": true })),
        ..by_email("ann@acme.test")
    });
    let Upserted { value, created } = changed.unwrap();
    assert!(!created);
    let of = |name| value.profile.field(name);
    assert_eq!([of("first_name"), of("title"), of("phone")], [Some("Ann"), Some("CEO"), None]);
    assert_eq!(Value::Object(value.traits.clone()), json!({ "seats": 3, "vip": true }));
    assert_eq!((value.created_at, value.updated_at), (minute(1), minute(2)));
}

// behaviour A3
#[test]
fn identifiers_company_and_all_traits_can_be_cleared() {
    let mut world = world();
    let made = ContactUpsert {
        email: Change::Set(email("ann@acme.test")),
        traits: object(json!({ "plan": "pro", "seats": 3 })),
        ..by_user("u1")
    };
    let ann = world.contact(made).unwrap().value;
    assert!(ann.company_id.is_some());
    let cleared = world.contact(ContactUpsert {
        id: Some(ann.id),
        email: Change::Clear,
        company: Change::Clear,
        clear_traits: true,
        traits: object(json!({ "vip": true })),
        ..ContactUpsert::default()
    });
    let cleared = cleared.unwrap().value;
    assert_eq!((&cleared.email, cleared.company_id, cleared.user_id.as_deref()), (&None, None, Some("u1")));
    assert_eq!(Value::Object(cleared.traits), json!({ "vip": true }));
    assert_eq!(world.working.contact_of_email(&email("ann@acme.test")), None);

    let acme = CompanyUpsert {
        group_id: Change::Set("g1".to_owned()),
        traits: object(json!({ "plan": "pro" })),
        ..of_domain("acme.test")
    };
    let id = Some(world.company(acme).unwrap().value.id);
    let cleared = CompanyUpsert { id, domain: Change::Clear, clear_traits: true, ..CompanyUpsert::default() };
    let cleared = world.company(cleared).unwrap().value;
    assert_eq!((cleared.domain, cleared.group_id.as_deref(), cleared.traits.len()), (None, Some("g1"), 0));
}

// behaviour A3
#[test]
fn the_last_identifier_cannot_be_cleared() {
    let mut world = world();
    let ann = world.contact(by_email("ann@acme.test")).unwrap().value;
    let change = |email, user_id| ContactUpsert { id: Some(ann.id), email, user_id, ..ContactUpsert::default() };
    assert_eq!(fields(world.contact(change(Change::Clear, Change::Keep))), ["email"]);
    assert_eq!(fields(world.contact(change(Change::Clear, Change::Clear))), ["email", "user_id"]);
    let replaced = world.contact(change(Change::Clear, Change::Set("u1".to_owned()))).unwrap().value;
    assert_eq!((replaced.email, replaced.user_id.as_deref()), (None, Some("u1")));

    let acme = world.company(of_domain("other.test")).unwrap().value;
    let change = CompanyUpsert { id: Some(acme.id), domain: Change::Clear, ..CompanyUpsert::default() };
    assert_eq!(fields(world.company(change)), ["domain"]);
    assert_eq!(world.working.company(acme.id), Some(&acme), "nothing changed");
}

#[test]
fn a_contact_is_found_by_id_user_id_or_address_and_gets_the_others() {
    let mut world = world();
    let id = world.contact(by_email("ann@acme.test")).unwrap().value.id;
    let with_user =
        world.contact(ContactUpsert { email: Change::Set(email("ann@acme.test")), ..by_user("u1") }).unwrap();
    assert_eq!((with_user.value.id, with_user.created), (id, false));
    let moved = world.contact(ContactUpsert { email: Change::Set(email("ann@new.test")), ..by_user("u1") }).unwrap();
    assert_eq!((moved.value.id, moved.value.email), (id, Some(email("ann@new.test"))));
    let by_id = world.contact(ContactUpsert {
        id: Some(id),
        user_id: Change::Set("u2".to_owned()),
        ..ContactUpsert::default()
    });
    assert_eq!(by_id.unwrap().value.user_id.as_deref(), Some("u2"));
    assert_eq!(world.working.contact_of_user_id("u1"), None);
}

#[test]
fn what_belongs_to_another_contact_is_refused_by_name() {
    let mut world = world();
    let ann =
        world.contact(ContactUpsert { email: Change::Set(email("ann@acme.test")), ..by_user("ua") }).unwrap().value;
    world.contact(ContactUpsert { email: Change::Set(email("bob@acme.test")), ..by_user("ub") }).unwrap();
    let bobs_address = ContactUpsert { email: Change::Set(email("bob@acme.test")), ..by_user("ua") };
    assert_eq!(fields(world.contact(bobs_address)), ["email"]);
    let both = ContactUpsert { id: Some(ann.id), email: Change::Set(email("bob@acme.test")), ..by_user("ub") };
    assert_eq!(fields(world.contact(both)), ["email", "user_id"]);
    let another_user = ContactUpsert { email: Change::Set(email("ann@acme.test")), ..by_user("uc") };
    assert_eq!(fields(world.contact(another_user)), ["email"]);
    assert_eq!(world.working.contact(ann.id), Some(&ann), "nothing changed");
}

#[test]
fn an_address_that_was_given_up_is_free_at_once() {
    let mut world = world();
    let mut state = IntakeState::default();
    let ann = world.contact(by_email("ann@acme.test")).unwrap().value;
    state.contacts.insert(ann.id, ann.clone());
    world.working = Working::new(state);
    world.contact(ContactUpsert { id: Some(ann.id), ..by_email("new@acme.test") }).unwrap();
    let another = world.contact(by_email("ann@acme.test")).unwrap();
    assert!(another.created && another.value.id != ann.id);
}

#[test]
fn every_wrong_field_is_found_at_once_and_nothing_is_written() {
    let mut world = world();
    let wrong = ContactUpsert {
        user_id: Change::Set("null".to_owned()),
        profile: [("title".to_owned(), Some("x".repeat(513))), ("shoe_size".to_owned(), None)].into(),
        traits: object(json!({ "x": "y".repeat(16 * 1024) })),
        company: Change::Set(CompanyRef { domain: Domain::parse("acme.test").unwrap() }),
        ..ContactUpsert::default()
    };
    assert_eq!(fields(world.contact(wrong)), ["user_id", "shoe_size", "title", "traits"]);
    assert_eq!(fields(world.contact(ContactUpsert::default())), ["email"]);
    let unknown = ContactUpsert { id: Some(world.ambient.new_id()), ..ContactUpsert::default() };
    assert_eq!(fields(world.contact(unknown)), ["id"]);
    assert_eq!(world.working.into_changes(minute(9)), Default::default());
}

#[test]
fn a_contact_is_put_into_the_company_named_or_that_of_the_address() {
    let mut world = world();
    let ann = world.contact(by_email("ann@acme.test")).unwrap().value;
    let acme = world.working.company_of_domain(&Domain::parse("acme.test").unwrap());
    assert_eq!(ann.company_id, acme);
    let named = CompanyRef { domain: Domain::parse("other.test").unwrap() };
    let ann = world.contact(ContactUpsert { company: Change::Set(named), ..by_email("ann@acme.test") }).unwrap().value;
    assert_ne!(ann.company_id, acme);
    let again = world.contact(by_email("ann@acme.test")).unwrap().value;
    assert_eq!(again.company_id, ann.company_id, "what was named stays");
}

#[test]
fn signals_and_upserts_speak_of_the_same_contact() {
    let mut world = world();
    let ann = world.contact(by_email("ann@acme.test")).unwrap().value;
    let means =
        Means { compiled: &world.compiled, free_mail: &Default::default(), now: minute(9), ambient: &world.ambient };
    let mut signal = identify(9, "ann@acme.test");
    signal.from.anonymous_id = Some("b".to_owned());
    crate::fold::apply(&mut world.working, &signal, means);
    assert_eq!(world.working.visitor("b").unwrap().contact_id, Some(ann.id));
}

#[test]
fn a_company_is_written_by_its_keys() {
    let mut world = world();
    let acme = of_domain("acme.test");
    let made = world.company(CompanyUpsert {
        profile: [("name".to_owned(), json!("Acme")), ("employees".to_owned(), json!(42))].into(),
        ..acme.clone()
    });
    let made = made.unwrap();
    assert!(made.created);
    let changed = world.company(CompanyUpsert {
        group_id: Change::Set("g1".to_owned()),
        profile: [("name".to_owned(), Value::Null)].into(),
        ..acme.clone()
    });
    let changed = changed.unwrap().value;
    assert_eq!((changed.id, changed.group_id.as_deref()), (made.value.id, Some("g1")));
    assert_eq!((changed.profile.name, changed.profile.employees), (None, Some(42)));
    let by_id = CompanyUpsert { id: Some(made.value.id), ..of_domain("new.test") };
    assert_eq!(world.company(by_id).unwrap().value.domain, Domain::parse("new.test"));
    let whole = CompanyUpsert { profile: [("employees".to_owned(), json!(5.0))].into(), ..of_domain("new.test") };
    assert_eq!(world.company(whole).unwrap().value.profile.employees, Some(5));
}

#[test]
fn a_company_that_is_wrong_is_refused_field_by_field() {
    let mut world = world();
    let acme = of_domain("acme.test");
    world.company(CompanyUpsert { group_id: Change::Set("g1".to_owned()), ..acme.clone() }).unwrap();
    assert_eq!(
        fields(world.company(CompanyUpsert { group_id: Change::Set("g2".to_owned()), ..acme.clone() })),
        ["domain"]
    );
    assert_eq!(fields(world.company(CompanyUpsert::default())), ["domain"]);
    let wrong = [("employees", json!(5.5)), ("industry", json!(7)), ("mood", json!("good"))];
    let profile = wrong.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(fields(world.company(CompanyUpsert { profile, ..acme })), ["employees", "industry", "mood"]);
}

// behaviour Q14
#[test]
fn who_is_on_the_suppression_list_is_refused_by_field() {
    let mut world = world();
    world.working = Working::new(IntakeState {
        suppressed_emails: [email("ann@acme.test")].into(),
        suppressed_user_ids: ["ua".to_owned()].into(),
        ..IntakeState::default()
    });
    assert_eq!(fields(world.contact(by_email("ann@acme.test"))), ["email"]);
    assert_eq!(fields(world.contact(by_user("ua"))), ["user_id"]);
    let bob = world.contact(by_email("bob@acme.test")).unwrap().value;
    let renamed = ContactUpsert { id: Some(bob.id), ..by_email("ann@acme.test") };
    assert_eq!(fields(world.contact(renamed)), ["email"]);
}
