//! Which person do identifiers name?
//!
//! They are looked for in the order of [`IdentifierKind`]. If several people are found who may be one, they are made one
//! ([`merge::may`]); if not, the identifier that counts most decides, and the others stay whose they are. Whoever is not
//! known yet is made, if a user id or an address names them, or a server a LinkedIn profile; a hash names nobody new.
//! What is refused is noted, so that somebody can see why.

use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::id::ContactId;
use beckon_domain::identity::merge::{self, Merge};
use beckon_domain::identity::{
    CONTACT_EMAILS_MAX, EmailHash, IdentifierKind, Identity, IdentityChange, Refusal, Standing,
};
use beckon_domain::signal::{RecognisedBy, Signal};
use serde_json::Map;

use super::Means;
use super::keys::Keys;
use super::working::Working;

/// The person of a signal's identifiers, and by which they were recognised; `None` if it has none that names anybody.
pub(super) fn resolve(
    working: &mut Working,
    keys: &Keys,
    signal: &Signal,
    means: Means<'_>,
) -> Option<(ContactId, RecognisedBy)> {
    let mut naming = Naming { working, keys, signal, means };
    for (kind, value) in &keys.blocked {
        naming.refuse(*kind, value, Refusal::Blocked, None);
    }
    let (id, by) = naming.find_or_make()?;
    naming.adopt(id);
    Some((id, by))
}

/// One signal's identifiers, being looked into.
struct Naming<'a, 'm> {
    working: &'a mut Working,
    keys: &'a Keys,
    signal: &'a Signal,
    means: Means<'m>,
}

impl Naming<'_, '_> {
    fn standing(&self) -> Standing {
        self.signal.standing
    }

    /// Everybody whom the identifiers name, in the order in which they count.
    fn named(&self) -> Vec<(IdentifierKind, ContactId)> {
        let Keys { user_id, email, email_hash, linkedin, .. } = self.keys;
        let found = [
            (IdentifierKind::UserId, user_id.as_deref().and_then(|id| self.working.contact_of_user_id(id))),
            (IdentifierKind::Email, email.as_ref().and_then(|email| self.working.contact_of_email(email))),
            (IdentifierKind::EmailSha256, email_hash.as_ref().and_then(|hash| self.working.contact_of_hash(hash))),
            (IdentifierKind::LinkedinUrl, linkedin.as_ref().and_then(|name| self.working.contact_of_linkedin(name))),
        ];
        found.into_iter().filter_map(|(kind, id)| Some((kind, id?))).collect()
    }

    fn find_or_make(&mut self) -> Option<(ContactId, RecognisedBy)> {
        let mut named = self.named();
        let user_id = self.keys.user_id.as_deref();
        if user_id.is_some_and(|id| self.working.contact_of_user_id(id).is_none()) {
            // Whoever has another user id is somebody else, and keeps what they are found by.
            named.retain(|(kind, id)| !self.is_under_another_user_id(*kind, *id));
        }
        let Some((kind, mut person)) = named.first().copied() else { return self.make() };
        for (kind, other) in named.into_iter().skip(1) {
            if other != person && self.working.contact(other).is_some() {
                person = self.make_one(person, other, kind);
            }
        }
        Some((person, recognised_by(kind)))
    }

    /// Whether somebody found by another identifier has a user id already, unless that was only claimed and this one is verified.
    fn is_under_another_user_id(&mut self, kind: IdentifierKind, id: ContactId) -> bool {
        let Some(contact) = self.working.contact(id) else { return true };
        let Some(claimed) = contact.user_id.clone() else { return false };
        if self.standing() == Standing::Claimed || contact.identity.verified.contains("user_id") {
            self.refuse(kind, &self.keys.value(kind), Refusal::Taken, Some(id));
            return true;
        }
        let mut contact = contact.clone();
        contact.user_id = None;
        self.working.put_contact(contact, self.means.now);
        self.note(Some(id), IdentityChange::Displaced { kind: IdentifierKind::UserId, value: claimed, to: id });
        false
    }

    /// Makes two people one, if they may be; says who is there then.
    fn make_one(&mut self, person: ContactId, other: ContactId, kind: IdentifierKind) -> ContactId {
        let (Some(a), Some(b)) = (self.working.contact(person), self.working.contact(other)) else { return person };
        match merge::may(a, b, self.standing()) {
            Ok(()) => {
                let (survivor, loser) = merge::order(a, b);
                let merge = Merge {
                    id: self.means.ambient.new_id(),
                    survivor: survivor.id,
                    loser: loser.clone(),
                    survivor_before: survivor.clone(),
                    at: self.means.now,
                    signal_id: Some(self.signal.id),
                    visitors: Vec::new(),
                    lists: Vec::new(),
                    undone_at: None,
                };
                let (survivor, change) =
                    (merge.survivor, IdentityChange::Merged { merge_id: merge.id, other: merge.loser.id });
                self.working.merge(merge, self.means.now);
                self.note(Some(survivor), change);
                survivor
            }
            Err(reason) => {
                if !self.displace_email(person, other, kind) {
                    self.refuse(kind, &self.keys.value(kind), reason, Some(person));
                }
                person
            }
        }
    }

    /// Takes an address off whoever only claimed it, because a server says whose it is.
    fn displace_email(&mut self, to: ContactId, from: ContactId, kind: IdentifierKind) -> bool {
        let (Some(email), Some(holder)) = (&self.keys.email, self.working.contact(from)) else { return false };
        let name = if holder.email.as_ref() == Some(email) { "email" } else { email.as_str() };
        let holds_by_claim = kind == IdentifierKind::Email && !holder.identity.verified.contains(name);
        if self.standing() == Standing::Claimed || !holds_by_claim || holder.user_id.is_none() {
            return false;
        }
        let (mut holder, value) = (holder.clone(), email.to_string());
        holder.email.take_if(|own| own == email);
        holder.identity.other_emails.retain(|own| own != email);
        if holder.email.is_none() && !holder.identity.other_emails.is_empty() {
            holder.email = Some(holder.identity.other_emails.remove(0));
        }
        self.working.put_contact(holder, self.means.now);
        self.note(Some(from), IdentityChange::Displaced { kind, value, to });
        true
    }

    /// Somebody nobody had heard of; `None` if nothing names them. They are recognised by the address, if they get it.
    fn make(&mut self) -> Option<(ContactId, RecognisedBy)> {
        let free_email = self.keys.email.clone().filter(|email| self.working.contact_of_email(email).is_none());
        let kind = if free_email.is_some() {
            IdentifierKind::Email
        } else if self.keys.user_id.is_some() {
            IdentifierKind::UserId
        } else {
            let name = self.keys.linkedin.as_ref()?;
            self.working.contact_of_linkedin(name).is_none().then_some(IdentifierKind::LinkedinUrl)?
        };
        let now = self.means.now;
        let contact = Contact {
            id: self.means.ambient.new_id(),
            email: free_email,
            user_id: self.keys.user_id.clone(),
            company_id: None,
            profile: ContactProfile::default(),
            traits: Map::new(),
            identity: Identity::default(),
            suppressed_at: None,
            created_at: now,
            updated_at: now,
        };
        let id = contact.id;
        self.working.put_contact(contact, now);
        self.note(Some(id), IdentityChange::Made { kind, standing: self.standing() });
        Some((id, recognised_by(kind)))
    }

    /// Gives the person the identifiers that are nobody's yet, and notes which of theirs are verified now.
    fn adopt(&mut self, id: ContactId) {
        let Some(mut contact) = self.working.contact(id).cloned() else { return };
        let (standing, mut added) = (self.standing(), Vec::new());
        if let Some(user_id) = &self.keys.user_id {
            if contact.user_id.is_none() && self.working.contact_of_user_id(user_id).is_none() {
                contact.user_id = Some(user_id.clone());
                added.push((IdentifierKind::UserId, user_id.clone()));
            }
            if contact.user_id.as_ref() == Some(user_id) {
                contact.identity.note("user_id", standing);
            }
        }
        if let Some(email) = &self.keys.email {
            let owner = self.working.contact_of_email(email);
            if owner.is_none() {
                if merge::emails(&contact).count() < CONTACT_EMAILS_MAX {
                    add_email(&mut contact, email, standing);
                    added.push((IdentifierKind::Email, email.to_string()));
                } else {
                    self.refuse(IdentifierKind::Email, email.as_str(), Refusal::TooManyEmails, Some(id));
                }
            }
            if contact.email.as_ref() == Some(email) {
                contact.identity.note("email", standing);
            } else if contact.identity.other_emails.contains(email) {
                contact.identity.note(email.as_str(), standing);
            }
        }
        if let Some(name) = &self.keys.linkedin
            && contact.identity.linkedin.is_none()
            && self.working.contact_of_linkedin(name).is_none()
        {
            contact.identity.linkedin = Some(name.clone());
        }
        self.working.put_contact(contact, self.means.now);
        for (kind, value) in added {
            self.note(Some(id), IdentityChange::Added { kind, value, standing });
        }
    }

    fn note(&mut self, contact: Option<ContactId>, change: IdentityChange) {
        let visitor = self.keys.visitor.as_ref().and_then(|key| self.working.visitor(key)).map(|visitor| visitor.id);
        self.working.note_identity(self.signal, visitor, contact, change, self.means.now);
    }

    fn refuse(&mut self, kind: IdentifierKind, value: &str, reason: Refusal, contact: Option<ContactId>) {
        refuse(self.working, self.keys, self.signal, (kind, value, reason), contact, self.means);
    }
}

/// Notes that an identifier was not believed: once, however often the browser says it.
pub(super) fn refuse(
    working: &mut Working,
    keys: &Keys,
    signal: &Signal,
    (kind, value, reason): (IdentifierKind, &str, Refusal),
    contact: Option<ContactId>,
    means: Means<'_>,
) {
    let change = IdentityChange::Refused { kind, value: value.to_owned(), reason };
    let visitor = keys.visitor.as_ref().and_then(|key| working.visitor(key));
    let mark = change.mark();
    if visitor.is_some_and(|visitor| visitor.refused.as_ref() == Some(&mark)) {
        return;
    }
    let visitor_id = visitor.map(|visitor| visitor.id);
    if let Some(key) = &keys.visitor {
        working.change_visitor(key, |visitor| visitor.refused = Some(mark));
    }
    working.note_identity(signal, visitor_id, contact, change, means.now);
}

/// The first address is the one a server said last, or else the one that was there first.
fn add_email(contact: &mut Contact, email: &beckon_domain::email::Email, standing: Standing) {
    match contact.email.take() {
        None => contact.email = Some(email.clone()),
        Some(before) if standing == Standing::Verified => {
            if contact.identity.verified.contains("email") {
                contact.identity.note(before.as_str(), Standing::Verified);
            }
            contact.identity.other_emails.push(before);
            contact.email = Some(email.clone());
        }
        Some(before) => {
            contact.email = Some(before);
            contact.identity.other_emails.push(email.clone());
        }
    }
}

/// The browsers that wait for somebody with one of these addresses to be known are theirs from now on.
pub(crate) fn take_waiting(working: &mut Working, contact: ContactId, means: Means<'_>) {
    let Some(person) = working.contact(contact) else { return };
    let hashes: Vec<EmailHash> = merge::emails(person).map(EmailHash::of).collect();
    for key in working.waiting_for(&hashes) {
        let Some(mut person) = working.contact(contact).cloned() else { return };
        if !person.identity.take_browser(means.now) {
            return;
        }
        working.put_contact(person, means.now);
        working.change_visitor(&key, |visitor| {
            visitor.contact_id = Some(contact);
            visitor.email_hash = None;
        });
        let Some(visitor) = working.visitor(&key) else { continue };
        let (visitor_id, visit) = (visitor.id, visitor.visit.as_ref().filter(|visit| visit.takes(means.now)));
        if let Some(visit) = visit.map(|visit| visit.id) {
            working.claim(visit, contact);
        }
        let change =
            IdentityChange::Linked { by: IdentifierKind::EmailSha256, standing: Standing::Claimed, before: None };
        working.note_late_link(visitor_id, contact, change, means.now);
    }
}

fn recognised_by(kind: IdentifierKind) -> RecognisedBy {
    match kind {
        IdentifierKind::UserId => RecognisedBy::UserId,
        IdentifierKind::Email => RecognisedBy::Email,
        IdentifierKind::EmailSha256 => RecognisedBy::EmailSha256,
        IdentifierKind::LinkedinUrl => RecognisedBy::LinkedinUrl,
        IdentifierKind::AnonymousId => RecognisedBy::Visitor,
    }
}
