//! Somebody follows a link in a mail to a contact: is it them?
//!
//! Programs that check mails open links too, and people forward mails. So a link makes a browser the contact's only if it is
//! nobody's yet, stays for [`LINK_STAY`] by our own clock and then sends something more, and is the first to do so:
//! that binds the link to it. From another browser the link was forwarded, probably, and identifies nobody.

use beckon_domain::id::{ContactId, VisitorId};
use beckon_domain::identity::{IdentityChange, LINKS_MAX, LinkOutcome};
use beckon_domain::signal::{FollowedLink, Signal};
use beckon_domain::visit::PendingLink;
use jiff::SignedDuration;

use super::Means;
use super::working::Working;

/// How long somebody stays on the page that a link in a mail led to, before it is taken for them.
pub(crate) const LINK_STAY: SignedDuration = SignedDuration::from_secs(3);

/// Whom the browser `key` is taken for, because of a link it follows now or has followed; `None` if nobody.
pub(super) fn follow(working: &mut Working, key: &str, signal: &Signal, means: Means<'_>) -> Option<ContactId> {
    let visitor = working.visitor(key).filter(|visitor| visitor.contact_id.is_none())?;
    let (id, pending) = (visitor.id, visitor.link.clone());
    if let Some(pending) = pending
        && signal.received_at.duration_since(pending.since) >= LINK_STAY
        && let Some(mut contact) = working.contact(pending.contact).cloned()
    {
        let links = &mut contact.identity.links;
        while links.len() >= LINKS_MAX {
            links.pop_front();
        }
        links.push_back((pending.nonce, id));
        working.put_contact(contact, means.now);
        working.change_visitor(key, |visitor| visitor.link = None);
        let change = IdentityChange::LinkFollowed { outcome: LinkOutcome::Identified };
        working.note_identity(signal, Some(id), Some(pending.contact), change, means.now);
        return Some(pending.contact);
    }
    let link = signal.email_link.as_ref()?;
    begin(working, key, id, link, signal, means);
    None
}

fn begin(working: &mut Working, key: &str, id: VisitorId, link: &FollowedLink, signal: &Signal, means: Means<'_>) {
    let Some(contact) = working.contact(link.contact) else { return };
    let bound_to = contact.identity.links.iter().find(|(nonce, _)| *nonce == link.nonce).map(|(_, visitor)| *visitor);
    let outcome = match bound_to {
        _ if link.expired => LinkOutcome::Expired,
        Some(other) if other != id => LinkOutcome::Probable,
        _ => {
            let is_known = |visitor: &beckon_domain::visit::Visitor| {
                visitor.link.as_ref().is_some_and(|pending| pending.nonce == link.nonce)
            };
            if !working.visitor(key).is_some_and(is_known) {
                let pending =
                    PendingLink { contact: link.contact, nonce: link.nonce.clone(), since: signal.received_at };
                working.change_visitor(key, |visitor| visitor.link = Some(pending));
            }
            return;
        }
    };
    let change = IdentityChange::LinkFollowed { outcome };
    // Once, however many pages of the link's landing say so.
    let mark = change.mark();
    if working.visitor(key).is_some_and(|visitor| visitor.refused.as_ref() == Some(&mark)) {
        return;
    }
    working.change_visitor(key, |visitor| visitor.refused = Some(mark));
    working.note_identity(signal, Some(id), Some(link.contact), change, means.now);
}
