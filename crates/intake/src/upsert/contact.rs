//! Writes one contact.

use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::id::ContactId;
use beckon_domain::identity::{Identity, LinkedIn, Standing};
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::segment::Subject;
use beckon_store::intake::SubjectId;

use super::check::{check_key, check_list, check_text, refuse_unidentified, write_traits};
use super::{Change, ContactUpsert, Upserted};
use crate::fold::profile::trait_name;
use crate::fold::working::Working;
use crate::fold::{Means, company, person};

/// Writes one contact, or says all that is wrong.
///
/// By id, else by user id, else by address. An address or user id that is somebody else's is refused.
pub(crate) fn upsert(
    working: &mut Working,
    said: &ContactUpsert,
    means: Means<'_>,
) -> Result<Upserted<Contact>, Invalid> {
    let mut findings = Findings::default();
    check_key("user_id", said.user_id.new_value().map(String::as_str), &mut findings);
    refuse_suppressed(working, said, &mut findings);
    let known = find(working, said, &mut findings);
    let created = known.is_none();
    let mut contact = known.unwrap_or_else(|| Contact {
        id: means.ambient.new_id(),
        email: None,
        user_id: None,
        company_id: None,
        profile: ContactProfile::default(),
        traits: serde_json::Map::new(),
        identity: Default::default(),
        suppressed_at: None,
        created_at: means.now,
        updated_at: means.now,
    });
    set_email(&mut contact, said);
    said.user_id.apply(&mut contact.user_id);
    if !created && contact.email.is_none() && contact.user_id.is_none() {
        let cleared = [("email", said.email == Change::Clear), ("user_id", said.user_id == Change::Clear)];
        refuse_unidentified("contact", cleared, &mut findings);
    }
    for (name, value) in &said.profile {
        match contact.profile.field_mut(name) {
            Some(field) => {
                *field = check_text(name, value.as_deref(), &mut findings);
                mark(&mut contact.identity, name, contact.profile.field(name).is_some());
            }
            None => {
                findings.add(name, format!("a contact has no such field; it has {}", ContactProfile::FIELDS.join(", ")))
            }
        }
    }
    write_traits(&mut contact.traits, said.clear_traits, &said.traits, &mut findings);
    mark_traits(&mut contact, said);
    if said.email == Change::Clear || said.email.new_value().is_some_and(|email| contact.email.as_ref() == Some(email))
    {
        mark(&mut contact.identity, "email", contact.email.is_some());
    }
    if said.user_id != Change::Keep {
        mark(&mut contact.identity, "user_id", contact.user_id.is_some());
    }
    adopt_linkedin(working, &mut contact, said);
    check_list(said.list, Subject::Contact, means, &mut findings);
    findings.into_result(())?;

    // Nothing can be wrong any more, so a company that is not known yet is made.
    let domain = match &said.company {
        Change::Set(named) => Some(named.domain.clone()),
        Change::Keep if contact.company_id.is_none() => {
            said.email.new_value().and_then(|email| email.work_domain(means.free_mail))
        }
        Change::Keep | Change::Clear => None,
    };
    if said.company == Change::Clear {
        contact.company_id = None;
    }
    if let Some(domain) = domain {
        contact.company_id = company::of_domain(working, &domain, means).or(contact.company_id);
    }
    if said.company != Change::Keep {
        mark(&mut contact.identity, "company_id", contact.company_id.is_some());
    }
    let id = contact.id;
    working.put_contact(contact.clone(), means.now);
    person::take_waiting(working, id, means);
    if let Some(list) = said.list {
        working.put_on_list(list, SubjectId::Contact(id), means.now);
    }
    Ok(Upserted { value: working.contact(id).cloned().unwrap_or(contact), created })
}

/// Sets the first address. One that is a further address already takes the first one's place; a contact that was found by a
/// further address keeps its first.
fn set_email(contact: &mut Contact, said: &ContactUpsert) {
    let Some(email) = said.email.new_value() else { return said.email.apply(&mut contact.email) };
    let is_other = contact.identity.other_emails.contains(email);
    if is_other && said.id.is_none() && said.user_id.new_value().is_none_or(|id| contact.user_id.as_ref() != Some(id)) {
        return contact.identity.note(email.as_str(), Standing::Verified);
    }
    contact.identity.other_emails.retain(|other| other != email);
    contact.identity.verified.remove(email.as_str());
    contact.email = Some(email.clone());
}

/// Nobody on the suppression list becomes known, or known by what is on it.
fn refuse_suppressed(working: &Working, said: &ContactUpsert, findings: &mut Findings) {
    let reason = "is on the suppression list: take it off first (DELETE /suppressions/{id})";
    if working.is_suppressed(said.email.new_value(), None) {
        findings.add("email", reason);
    }
    if working.is_suppressed(None, said.user_id.new_value().map(String::as_str)) {
        findings.add("user_id", reason);
    }
}

/// What people and other systems write is verified, and what they clear is open again.
fn mark(identity: &mut Identity, name: &str, is_known: bool) {
    if is_known {
        identity.note(name, Standing::Verified);
    } else {
        identity.verified.remove(name);
    }
}

fn mark_traits(contact: &mut Contact, said: &ContactUpsert) {
    for name in said.traits.keys() {
        mark(&mut contact.identity, &trait_name(name), contact.traits.contains_key(name));
    }
    if said.clear_traits {
        let Contact { identity, traits, .. } = contact;
        identity.verified.retain(|name| name.strip_prefix("traits.").is_none_or(|name| traits.contains_key(name)));
    }
}

/// A profile that is nobody else's becomes what the contact is found by.
fn adopt_linkedin(working: &Working, contact: &mut Contact, said: &ContactUpsert) {
    if !said.profile.contains_key("linkedin_url") {
        return;
    }
    let name = contact.profile.linkedin_url.as_deref().and_then(LinkedIn::parse);
    let is_free = |name: &LinkedIn| working.contact_of_linkedin(name).is_none_or(|owner| owner == contact.id);
    contact.identity.linkedin = name.filter(is_free);
}

fn find(working: &Working, said: &ContactUpsert, findings: &mut Findings) -> Option<Contact> {
    let of_user_id = said.user_id.new_value().and_then(|id| working.contact_of_user_id(id));
    let of_email = said.email.new_value().and_then(|email| working.contact_of_email(email));
    let target = match said.id {
        Some(id) if working.contact(id).is_none() => {
            findings.add("id", format!("there is no contact {id}"));
            return None;
        }
        Some(id) => Some(id),
        None if said.user_id.new_value().is_none() && said.email.new_value().is_none() => {
            findings.add("email", "a contact needs an email or a user_id");
            None
        }
        None => of_user_id.or_else(|| of_email.filter(|id| may_take_user_id(working, *id, said))),
    };
    let email = said.email.new_value().map(|email| email.as_str());
    check_free("email", email, of_email, target, findings);
    check_free("user_id", said.user_id.new_value().map(String::as_str), of_user_id, target, findings);
    working.contact(target?).cloned()
}

/// Whether the contact found by address is the one of this user id too, or can become it.
fn may_take_user_id(working: &Working, id: ContactId, said: &ContactUpsert) -> bool {
    let known = working.contact(id).and_then(|contact| contact.user_id.as_ref());
    known.is_none() || said.user_id.new_value().is_none()
}

fn check_free(
    field: &str,
    identifier: Option<&str>,
    owner: Option<ContactId>,
    target: Option<ContactId>,
    findings: &mut Findings,
) {
    let Some(identifier) = identifier else { return };
    match owner {
        Some(owner) if Some(owner) != target => {
            findings.add(field, format!("{identifier} belongs to another contact, {owner}"));
        }
        _ => {}
    }
}
