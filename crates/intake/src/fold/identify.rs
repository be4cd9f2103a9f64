//! Who is it?
//!
//! A visitor is whoever it was last identified as. Which person a signal's identifiers name says `person.rs`; nobody is
//! invented. What a browser says does not take the place of what a server said.

use beckon_domain::bot::BotReason;
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, ContactId};
use beckon_domain::identity::{IdentifierKind, IdentityChange, Refusal, Standing};
use beckon_domain::signal::{IntentTraits, PersonTraits, RecognisedBy, Signal, SignalBody};
use beckon_domain::visit::Visitor;

use super::keys::{Keys, company_of_network};
use super::profile::fill_contact;
use super::working::Working;
use super::{Means, Who, company, email_link, person};
use crate::ids::is_of_user;

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
    let named = person::resolve(working, keys, signal, means);
    let visitor = keys.visitor.as_ref().and_then(|key| working.visitor(key));
    let met = visitor.and_then(|visitor| visitor.contact_id).map(|contact| (contact, RecognisedBy::Visitor));
    let followed = match &keys.visitor {
        Some(key) if named.is_none() && bot.is_none() => email_link::follow(working, key, signal, means),
        _ => None,
    };
    let followed = followed.map(|contact| (contact, RecognisedBy::EmailLink));
    let (contact, by) = named.or(met).or(followed).unzip();
    if let Some(contact) = contact {
        if let Some(key) = &keys.visitor {
            link(working, keys, key, (contact, by.unwrap_or(RecognisedBy::Visitor)), signal, means);
        }
        if let Some(key) = &keys.aliased
            && working.visitor(key).is_some_and(|visitor| visitor.contact_id.is_none())
        {
            link(working, keys, key, (contact, by.unwrap_or(RecognisedBy::Visitor)), signal, means);
        }
        person::take_waiting(working, contact, means);
    } else {
        wait(working, keys, signal, means);
    }
    if bot.is_none()
        && let Some(company) = account(working, keys, signal, means)
    {
        join(working, keys, contact, (company, signal.standing), means);
    }
    if let SignalBody::Identify(traits) = &signal.body
        && let Some(contact) = contact
    {
        describe(working, contact, traits, keys.email.as_ref(), signal.standing, means);
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
    signal: &Signal,
    report: &IntentTraits,
    means: Means<'_>,
) -> (Who, Option<RecognisedBy>) {
    let Some((contact, by)) = person::resolve(working, keys, signal, means) else { return (Who::default(), None) };
    if let Some(said) = &report.person.company
        && let Some(company) = company::resolve(working, said, means)
    {
        join(working, keys, Some(contact), (company, signal.standing), means);
    }
    describe(working, contact, &report.person, keys.email.as_ref(), signal.standing, means);
    person::take_waiting(working, contact, means);
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
            email_hash: None,
            link: None,
            refused: None,
            created_at: means.now,
        });
    }
}

/// Makes a visitor this person from now on, if they may have one more browser. What it did before as somebody else stays
/// theirs; what it did on this visit as nobody becomes this person's.
fn link(
    working: &mut Working,
    keys: &Keys,
    key: &str,
    (contact, by): (ContactId, RecognisedBy),
    signal: &Signal,
    means: Means<'_>,
) {
    let Some(visitor) = working.visitor(key) else { return };
    let (id, before, visit) = (visitor.id, visitor.contact_id, visitor.visit.as_ref());
    let claimed = visit.filter(|visit| visit.takes(signal.at)).map(|visit| visit.id);
    if before != Some(contact) {
        if !is_of_user(key) && !take_browser(working, contact, means) {
            let refused = (IdentifierKind::AnonymousId, key, Refusal::TooManyBrowsers);
            return person::refuse(working, keys, signal, refused, Some(contact), means);
        }
        working.change_visitor(key, |visitor| {
            visitor.contact_id = Some(contact);
            visitor.email_hash = None;
            visitor.link = None;
            visitor.refused = None;
            if before.is_some() {
                // The account was the other person's.
                visitor.company_id = None;
            }
        });
        // That a link was followed is noted already.
        if by != RecognisedBy::EmailLink {
            let change = IdentityChange::Linked { by: kind_of(by), standing: signal.standing, before };
            working.note_identity(signal, Some(id), Some(contact), change, means.now);
        }
    }
    if let Some(visit) = claimed {
        working.claim(visit, contact);
    }
}

fn take_browser(working: &mut Working, contact: ContactId, means: Means<'_>) -> bool {
    let Some(mut person) = working.contact(contact).cloned() else { return true };
    let has_room = person.identity.take_browser(means.now);
    if has_room {
        working.put_contact(person, means.now);
    }
    has_room
}

fn kind_of(by: RecognisedBy) -> IdentifierKind {
    match by {
        RecognisedBy::Email | RecognisedBy::EmailLink => IdentifierKind::Email,
        RecognisedBy::UserId => IdentifierKind::UserId,
        RecognisedBy::EmailSha256 => IdentifierKind::EmailSha256,
        RecognisedBy::LinkedinUrl => IdentifierKind::LinkedinUrl,
        RecognisedBy::Visitor | RecognisedBy::Network => IdentifierKind::AnonymousId,
    }
}

/// Remembers the hash of an address that nobody known has.
fn wait(working: &mut Working, keys: &Keys, signal: &Signal, means: Means<'_>) {
    let (Some(key), Some(hash)) = (&keys.visitor, &keys.email_hash) else { return };
    let Some(visitor) = working.visitor(key).filter(|visitor| visitor.email_hash.as_ref() != Some(hash)) else {
        return;
    };
    let id = visitor.id;
    working.change_visitor(key, |visitor| visitor.email_hash = Some(hash.clone()));
    working.note_identity(signal, Some(id), None, IdentityChange::Waits { email_sha256: hash.to_string() }, means.now);
}

/// Writes down what is said about a person. An address at work tells the account, if nothing else did.
fn describe(
    working: &mut Working,
    contact: ContactId,
    said: &PersonTraits,
    email: Option<&Email>,
    standing: Standing,
    means: Means<'_>,
) {
    let Some(mut person) = working.contact(contact).cloned() else { return };
    fill_contact(&mut person, &said.profile, &said.traits, standing);
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
fn join(
    working: &mut Working,
    keys: &Keys,
    contact: Option<ContactId>,
    (company, standing): (CompanyId, Standing),
    means: Means<'_>,
) {
    if let Some(key) = &keys.visitor
        && working.visitor(key).is_some_and(|visitor| visitor.company_id != Some(company))
    {
        working.change_visitor(key, |visitor| visitor.company_id = Some(company));
    }
    if let Some(mut person) = contact.and_then(|id| working.contact(id)).cloned() {
        if person.company_id.is_some() && !person.identity.yields("company_id", standing) {
            return;
        }
        person.company_id = Some(company);
        person.identity.note("company_id", standing);
        working.put_contact(person, means.now);
    }
}
