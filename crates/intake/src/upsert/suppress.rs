//! Has somebody cause no more events.

use beckon_domain::contact::Contact;
use beckon_domain::id::ContactId;

use crate::fold::Means;
use crate::fold::working::Working;

/// The contact as it is then; `None` if there is none of that id.
pub(crate) fn suppress(working: &mut Working, id: ContactId, suppressed: bool, means: Means<'_>) -> Option<Contact> {
    let contact = working.contact(id)?.clone();
    let suppressed_at = suppressed.then(|| contact.suppressed_at.unwrap_or(means.now));
    working.put_contact(Contact { suppressed_at, ..contact }, means.now);
    working.contact(id).cloned()
}
