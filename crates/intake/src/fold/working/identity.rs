//! What a batch knows of identities, as it changes: who was merged, what is noted, which browsers wait.

use beckon_domain::contact::Contact;
use beckon_domain::id::{ContactId, VisitorId};
use beckon_domain::identity::merge::{Merge, emails, merged};
use beckon_domain::identity::{EmailHash, IdentityChange, IdentityNote};
use beckon_domain::signal::Signal;
use beckon_domain::visit::Visitor;
use beckon_store::intake::SubjectId;
use jiff::Timestamp;

use super::Working;

impl Working {
    /// Nobody is found any more by what this contact was found by.
    pub(super) fn unknow_contact(&mut self, contact: &Contact) {
        for email in emails(contact) {
            self.by_email.remove(email);
            self.by_hash.remove(&EmailHash::of(email));
        }
        contact.user_id.as_ref().and_then(|user_id| self.by_user_id.remove(user_id));
        contact.identity.linkedin.as_ref().and_then(|name| self.by_linkedin.remove(name));
    }

    /// Makes the loser one with the survivor: who looks for either finds the one, who did what both did.
    pub(crate) fn merge(&mut self, merge: Merge, now: Timestamp) {
        let (survivor, loser) = (merge.survivor, merge.loser.id);
        let one = merged(&merge.survivor_before, &merge.loser, now);
        self.unknow_contact(&merge.loser);
        self.contacts.remove(&loser);
        self.changed_contacts.remove(&loser);
        self.put_contact(one, now);
        let theirs = self.visitors.values_mut().filter(|visitor| visitor.contact_id == Some(loser));
        for visitor in theirs {
            visitor.contact_id = Some(survivor);
            self.changed_visitors.insert(visitor.key.clone());
        }
        if let Some(theirs) = self.history.remove(&SubjectId::Contact(loser)) {
            let all = self.history.entry(SubjectId::Contact(survivor)).or_default();
            all.page_views.extend(theirs.page_views);
            all.intents.extend(theirs.intents);
        }
        if let Some(theirs) = self.lists.remove(&SubjectId::Contact(loser)) {
            self.lists.entry(SubjectId::Contact(survivor)).or_default().extend(theirs);
        }
        let fired: Vec<_> = self.firings.keys().filter(|(of, ..)| *of == SubjectId::Contact(loser)).cloned().collect();
        for key in fired {
            let Some(firing) = self.firings.remove(&key) else { continue };
            let own = self.firings.entry((SubjectId::Contact(survivor), key.1, key.2)).or_insert(firing);
            if firing.at > own.at {
                *own = firing;
            }
        }
        self.changes.merges.push(merge);
    }

    /// Notes what happened to somebody's identity.
    pub(crate) fn note_identity(
        &mut self,
        signal: &Signal,
        visitor_id: Option<VisitorId>,
        contact_id: Option<ContactId>,
        change: IdentityChange,
        at: Timestamp,
    ) {
        let signal_id = Some(signal.id);
        self.changes.identity_notes.push(IdentityNote { at, signal_id, visitor_id, contact_id, change });
    }

    /// As [`Working::note_identity`], of a browser that has not sent anything just now.
    pub(crate) fn note_late_link(
        &mut self,
        visitor_id: VisitorId,
        contact_id: ContactId,
        change: IdentityChange,
        at: Timestamp,
    ) {
        let (visitor_id, contact_id) = (Some(visitor_id), Some(contact_id));
        self.changes.identity_notes.push(IdentityNote { at, signal_id: None, visitor_id, contact_id, change });
    }

    /// The keys of the browsers that nobody is known behind and that wait for an address of one of these hashes.
    pub(crate) fn waiting_for(&self, hashes: &[EmailHash]) -> Vec<String> {
        let waits = |visitor: &&Visitor| {
            visitor.contact_id.is_none() && visitor.email_hash.as_ref().is_some_and(|hash| hashes.contains(hash))
        };
        let mut keys: Vec<String> = self.visitors.values().filter(waits).map(|visitor| visitor.key.clone()).collect();
        keys.sort();
        keys
    }
}
