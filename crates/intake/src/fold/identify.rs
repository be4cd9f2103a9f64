//! Who is it?
//!
//! A person is found by user id first, then by address, else made if a signal carries one of them; never
//! invented, and two persons are never made one. A visitor is whoever it was last identified as.

use beckon_domain::bot::BotReason;
use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, ContactId};
use beckon_domain::signal::{IntentTraits, PersonTraits, RecognisedBy, Signal, SignalBody};
use beckon_domain::visit::Visitor;
use serde_json::Map;

use super::keys::{Keys, company_of_network};
use super::profile::fill_contact;
use super::working::Working;
use super::{Means, Who, company};

/// Finds out who sent a signal: makes the visitor known, links it to its person and account, and writes
/// down what the signal says about them. Also says how the person was recognised. Nothing is made of what a bot says.
pub(super) fn sender(
    working: &mut Working,
    keys: &Keys,
    signal: &Signal,
    bot: Option<BotReason>,
    means: Means<'_>,
) -> (Who, Option<RecognisedBy>) {
    if let Some(key) = &keys.visitor {
        meet(working, key, means);
    }
    let named = person(working, keys, means);
    let visitor = keys.visitor.as_ref().and_then(|key| working.visitor(key));
    let met = visitor.and_then(|visitor| visitor.contact_id).map(|contact| (contact, RecognisedBy::Visitor));
    let (contact, by) = named.or(met).unzip();
    if let Some(contact) = contact {
        if let Some(key) = &keys.visitor {
            link(working, key, contact, signal);
        }
        if let Some(key) = &keys.aliased
            && working.visitor(key).is_some_and(|visitor| visitor.contact_id.is_none())
        {
            link(working, key, contact, signal);
        }
    }
    if bot.is_none()
        && let Some(company) = account(working, keys, signal, means)
    {
        join(working, keys, contact, company, means);
    }
    if let SignalBody::Identify(traits) = &signal.body
        && let Some(contact) = contact
    {
        describe(working, contact, traits, keys.email.as_ref(), means);
    }
    let own = contact.and_then(|id| working.contact(id)).and_then(|contact| contact.company_id);
    let visitor = keys.visitor.as_ref().and_then(|key| working.visitor(key));
    let company = own.or_else(|| visitor.and_then(|visitor| visitor.company_id));
    if contact.is_some() || company.is_some() {
        return (Who { contact, company }, by);
    }
    let company = by_network(working, keys, signal, means);
    (Who { contact, company }, company.map(|_| RecognisedBy::Network))
}

/// The account in whose network a visitor is whom nobody knows, or in whose it was on this visit.
fn by_network(working: &mut Working, keys: &Keys, signal: &Signal, means: Means<'_>) -> Option<CompanyId> {
    if let Some(told) = company_of_network(signal) {
        return company::of_network(working, told, means);
    }
    let visit = working.visitor(keys.visitor.as_ref()?)?.visit.as_ref().filter(|visit| visit.takes(signal.at))?;
    // Unless it was erased since.
    visit.network_company_id.filter(|id| working.company(*id).is_some())
}

/// Who is known behind the sender of a signal that means nothing, and how.
pub(super) fn known(working: &Working, keys: &Keys) -> (Who, Option<RecognisedBy>) {
    let Some(visitor) = keys.visitor.as_ref().and_then(|key| working.visitor(key)) else {
        return (Who::default(), None);
    };
    let own = visitor.contact_id.and_then(|id| working.contact(id)).and_then(|contact| contact.company_id);
    let who = Who { contact: visitor.contact_id, company: own.or(visitor.company_id) };
    (who, who.contact.map(|_| RecognisedBy::Visitor))
}

/// Finds out whose interest a report tells of, and how that was recognised, and writes down what it says about them.
pub(super) fn person_of_intent(
    working: &mut Working,
    keys: &Keys,
    report: &IntentTraits,
    means: Means<'_>,
) -> (Who, Option<RecognisedBy>) {
    let Some((contact, by)) = person(working, keys, means) else { return (Who::default(), None) };
    if let Some(said) = &report.person.company
        && let Some(company) = company::resolve(working, said, means)
    {
        join(working, keys, Some(contact), company, means);
    }
    describe(working, contact, &report.person, keys.email.as_ref(), means);
    let company = working.contact(contact).and_then(|contact| contact.company_id);
    (Who { contact: Some(contact), company }, Some(by))
}

fn meet(working: &mut Working, key: &str, means: Means<'_>) {
    if working.visitor(key).is_none() {
        working.put_visitor(Visitor {
            id: means.ambient.new_id(),
            key: key.to_owned(),
            contact_id: None,
            company_id: None,
            visit: None,
            created_at: means.now,
        });
    }
}

/// The person of a user id and an address, and which of the two it was; `None` if there is neither.
fn person(working: &mut Working, keys: &Keys, means: Means<'_>) -> Option<(ContactId, RecognisedBy)> {
    let (user_id, email) = (keys.user_id.as_deref(), keys.email.as_ref());
    let (contact, by) = find_or_make(working, user_id, email, means)?;
    let id = contact.id;
    working.put_contact(contact, means.now);
    Some((id, by))
}

/// Who is made is recognised by the address, if they get it.
fn find_or_make(
    working: &Working,
    user_id: Option<&str>,
    email: Option<&Email>,
    means: Means<'_>,
) -> Option<(Contact, RecognisedBy)> {
    let of_user_id = user_id.and_then(|id| working.contact_of_user_id(id));
    let of_email = email.and_then(|email| working.contact_of_email(email));
    let known = |id| working.contact(id).cloned();
    let free_email = email.filter(|email| of_email.is_none() && !working.was_given_up(email.as_str()));
    let free_user_id = user_id.filter(|id| of_user_id.is_none() && !working.was_given_up(id));
    if let Some(mut contact) = of_user_id.and_then(known) {
        contact.email = contact.email.or_else(|| free_email.cloned());
        return Some((contact, RecognisedBy::UserId));
    }
    match of_email.and_then(known) {
        // Somebody else of the same address, who keeps it. (That user id is nobody's, or it was found above.)
        Some(contact) if contact.user_id.is_some() && user_id.is_some() => {}
        Some(mut contact) => {
            contact.user_id = contact.user_id.or_else(|| free_user_id.map(str::to_owned));
            return Some((contact, RecognisedBy::Email));
        }
        None => {}
    }
    let by = if free_email.is_some() { RecognisedBy::Email } else { RecognisedBy::UserId };
    let made = || Contact {
        id: means.ambient.new_id(),
        email: free_email.cloned(),
        user_id: free_user_id.map(str::to_owned),
        company_id: None,
        profile: ContactProfile::default(),
        traits: Map::new(),
        suppressed_at: None,
        created_at: means.now,
        updated_at: means.now,
    };
    (free_user_id.is_some() || free_email.is_some()).then(|| (made(), by))
}

/// Makes a visitor this person from now on. What it did before as somebody else stays theirs; what it did
/// on this visit as nobody becomes this person's.
fn link(working: &mut Working, key: &str, contact: ContactId, signal: &Signal) {
    let Some(visitor) = working.visitor(key) else { return };
    let (before, visit) = (visitor.contact_id, visitor.visit.as_ref());
    let claimed = visit.filter(|visit| visit.takes(signal.at)).map(|visit| visit.id);
    if before != Some(contact) {
        working.change_visitor(key, |visitor| {
            visitor.contact_id = Some(contact);
            if before.is_some() {
                // The account was the other person's.
                visitor.company_id = None;
            }
        });
    }
    if let Some(visit) = claimed {
        working.claim(visit, contact);
    }
}

/// Writes down what is said about a person. An address at work tells the account, if nothing else did.
fn describe(working: &mut Working, contact: ContactId, said: &PersonTraits, email: Option<&Email>, means: Means<'_>) {
    let Some(mut person) = working.contact(contact).cloned() else { return };
    fill_contact(&mut person, &said.profile, &said.traits);
    if person.company_id.is_none()
        && person.email.as_ref() == email
        && let Some(domain) = email.and_then(|email| email.work_domain(means.free_mail))
    {
        person.company_id = company::of_domain(working, &domain, means);
    }
    working.put_contact(person, means.now);
}

/// The account a signal names, if it does.
fn account(working: &mut Working, keys: &Keys, signal: &Signal, means: Means<'_>) -> Option<CompanyId> {
    let said = match &signal.body {
        SignalBody::Group(said) => Some(said),
        SignalBody::Identify(person) => person.company.as_ref(),
        _ => None,
    };
    said.and_then(|said| company::resolve(working, said, means))
        .or_else(|| keys.group_id.as_deref().and_then(|id| company::of_group_id(working, id, means)))
}

/// Puts the sender, and the person behind it, into an account.
fn join(working: &mut Working, keys: &Keys, contact: Option<ContactId>, company: CompanyId, means: Means<'_>) {
    if let Some(key) = &keys.visitor
        && working.visitor(key).is_some_and(|visitor| visitor.company_id != Some(company))
    {
        working.change_visitor(key, |visitor| visitor.company_id = Some(company));
    }
    if let Some(mut person) = contact.and_then(|id| working.contact(id)).cloned() {
        person.company_id = Some(company);
        working.put_contact(person, means.now);
    }
}
