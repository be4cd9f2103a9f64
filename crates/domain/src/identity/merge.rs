//! Whether two contacts are one person, what becomes of them, and the way back.
//!
//! Pure. Promise: who has an id in the customer's own system is never made one with somebody who has another; a browser's
//! word never moves what was verified; [`split`] gives back both as they were, but for what became known since.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CONTACT_EMAILS_MAX, LINKS_MAX, Refusal, SPLITS_MAX, Standing};
use crate::contact::{Contact, ContactProfile};
use crate::email::Email;
use crate::id::{ContactId, ListId, MergeId, SignalId, VisitorId};

/// Two contacts that were made one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    /// Its id.
    pub id: MergeId,
    /// Who is still there.
    pub survivor: ContactId,
    /// Who is not, as they were.
    pub loser: Contact,
    /// The survivor as they were.
    pub survivor_before: Contact,
    /// When.
    pub at: Timestamp,
    /// The signal that showed it; `None` if a person said so.
    pub signal_id: Option<SignalId>,
    /// The browsers that were the loser's. Filled in by the store.
    #[serde(default)]
    pub visitors: Vec<VisitorId>,
    /// The lists that the loser was on, and whether the survivor was not. Filled in by the store.
    #[serde(default)]
    pub lists: Vec<(ListId, bool)>,
    /// When it was undone.
    #[serde(default)]
    pub undone_at: Option<Timestamp>,
}

/// Which of the two stays: who has a user id, else whose address was verified, else the older.
pub fn order<'c>(a: &'c Contact, b: &'c Contact) -> (&'c Contact, &'c Contact) {
    let rank = |contact: &Contact| {
        (
            contact.user_id.is_none(),
            !contact.identity.verified.contains("email"),
            contact.email.is_none(),
            contact.created_at,
            contact.id,
        )
    };
    if rank(a) <= rank(b) { (a, b) } else { (b, a) }
}

/// Whether one signal that names both makes them one person, on the word of a server or of a browser.
///
/// # Errors
/// Why not.
pub fn may(a: &Contact, b: &Contact, standing: Standing) -> Result<(), Refusal> {
    let (survivor, loser) = order(a, b);
    if a.user_id.is_some() && b.user_id.is_some() {
        return Err(Refusal::TwoUserIds);
    }
    if a.identity.not.contains(&b.id) || b.identity.not.contains(&a.id) {
        return Err(Refusal::SplitBefore);
    }
    if standing == Standing::Claimed && !loser.identity.verified.is_empty() {
        return Err(Refusal::Unproven);
    }
    if emails(survivor).chain(emails(loser)).collect::<BTreeSet<_>>().len() > CONTACT_EMAILS_MAX {
        return Err(Refusal::TooManyEmails);
    }
    Ok(())
}

/// The survivor, with all that was known of the other and not of them.
///
/// What was verified goes before what was claimed. Who asked to be left alone as either is left alone.
pub fn merged(survivor: &Contact, loser: &Contact, now: Timestamp) -> Contact {
    let mut one = survivor.clone();
    let (own, other) = (&survivor.identity.verified, &loser.identity.verified);
    let takes =
        |name: &str, has: bool, offered: bool| offered && (!has || (other.contains(name) && !own.contains(name)));
    let mut taken: Vec<String> = Vec::new();

    for email in emails(survivor).chain(emails(loser)) {
        if one.email.is_none() {
            one.email = Some(email.clone());
            taken.push("email".to_owned());
        } else if one.email.as_ref() != Some(email) && !one.identity.other_emails.contains(email) {
            one.identity.other_emails.push(email.clone());
            let was_verified =
                other.contains(email.as_str()) || (loser.email.as_ref() == Some(email) && other.contains("email"));
            if was_verified {
                one.identity.verified.insert(email.to_string());
            }
        }
    }
    if one.user_id.is_none() && loser.user_id.is_some() {
        one.user_id.clone_from(&loser.user_id);
        taken.push("user_id".to_owned());
    }
    if one.identity.linkedin.is_none() {
        one.identity.linkedin.clone_from(&loser.identity.linkedin);
    }
    for name in ContactProfile::FIELDS {
        let offered = loser.profile.field(name);
        if takes(name, survivor.profile.field(name).is_some(), offered.is_some())
            && let Some(field) = one.profile.field_mut(name)
        {
            *field = offered.map(str::to_owned);
            taken.push(name.to_owned());
        }
    }
    if takes("company_id", survivor.company_id.is_some(), loser.company_id.is_some()) {
        one.company_id = loser.company_id;
        taken.push("company_id".to_owned());
    }
    for (name, value) in &loser.traits {
        let path = format!("traits.{name}");
        if takes(&path, survivor.traits.contains_key(name), true) {
            one.traits.insert(name.clone(), value.clone());
            taken.push(path);
        }
    }
    one.identity.verified.extend(taken.into_iter().filter(|name| other.contains(name)));
    one.identity.not.extend(loser.identity.not.iter().copied().filter(|id| *id != survivor.id));
    one.identity.browsers_at.extend(&loser.identity.browsers_at);
    one.identity.links.extend(loser.identity.links.iter().cloned());
    while one.identity.links.len() > LINKS_MAX {
        one.identity.links.pop_front();
    }
    one.suppressed_at = survivor.suppressed_at.into_iter().chain(loser.suppressed_at).min();
    one.created_at = survivor.created_at.min(loser.created_at);
    one.updated_at = now;
    one
}

/// Makes two of one again: the survivor, without what only the other had brought and nobody has changed since, and the
/// other as they were. Neither becomes the other again.
pub fn split(one: &Contact, merge: &Merge, now: Timestamp) -> (Contact, Contact) {
    let (before, mut other) = (&merge.survivor_before, merge.loser.clone());
    let brought = merged(before, &other, one.updated_at);
    let mut survivor = one.clone();

    let theirs: BTreeSet<&Email> = emails(&other).collect();
    survivor.identity.other_emails.retain(|email| !theirs.contains(email));
    if survivor.email.as_ref().is_some_and(|email| theirs.contains(email)) {
        survivor.email.clone_from(&before.email);
        survivor.identity.other_emails.retain(|email| survivor.email.as_ref() != Some(email));
    }
    if survivor.user_id == brought.user_id {
        survivor.user_id.clone_from(&before.user_id);
    }
    if survivor.identity.linkedin == brought.identity.linkedin {
        survivor.identity.linkedin.clone_from(&before.identity.linkedin);
    }
    for name in ContactProfile::FIELDS {
        if one.profile.field(name) == brought.profile.field(name)
            && let Some(field) = survivor.profile.field_mut(name)
        {
            *field = before.profile.field(name).map(str::to_owned);
        }
    }
    if one.company_id == brought.company_id {
        survivor.company_id = before.company_id;
    }
    for (name, value) in &brought.traits {
        if one.traits.get(name) == Some(value) {
            match before.traits.get(name) {
                Some(was) => survivor.traits.insert(name.clone(), was.clone()),
                None => survivor.traits.shift_remove(name),
            };
        }
    }
    survivor
        .identity
        .verified
        .retain(|name| before.identity.verified.contains(name) || !brought.identity.verified.contains(name));
    // Whoever asked to be left alone since did so as both.
    if one.suppressed_at == brought.suppressed_at {
        survivor.suppressed_at = before.suppressed_at;
    } else {
        other.suppressed_at = one.suppressed_at;
    }
    survivor.created_at = before.created_at;
    for (of, id) in [(&mut survivor, other.id), (&mut other, one.id)] {
        while of.identity.not.len() >= SPLITS_MAX {
            of.identity.not.pop_first();
        }
        of.identity.not.insert(id);
        of.updated_at = now;
    }
    (survivor, other)
}

/// All addresses of a contact, the first one first.
pub fn emails(contact: &Contact) -> impl Iterator<Item = &Email> {
    contact.email.iter().chain(&contact.identity.other_emails)
}

#[cfg(test)]
mod tests;
