//! What a batch knows, as it changes while the batch is decided, and the changes to commit in the end.
//!
//! Promise: an identifier (address, user id, domain, group id) belongs to one contact or company at most,
//! as in the store; and what was only looked at is not written.

mod identity;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use beckon_domain::company::{Company, Domain};
use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, ContactId, ListId, SegmentId, VisitId};
use beckon_domain::identity::merge::emails;
use beckon_domain::identity::{EmailHash, LinkedIn};
use beckon_domain::qualify::LastFiring;
use beckon_domain::signal::{MESSAGE_ID_DAYS, Signal};
use beckon_domain::visit::{Visit, Visitor};
use beckon_store::intake::{
    Firing, History, IntakeChanges, IntakeState, NewIntent, NewListMember, NewPageView, SubjectId, VisitRecord,
};
use jiff::{SignedDuration, Timestamp};

use super::Who;

/// What a batch knows and has changed.
pub(crate) struct Working {
    visitors: HashMap<String, Visitor>,
    contacts: HashMap<ContactId, Contact>,
    companies: HashMap<CompanyId, Company>,
    by_email: HashMap<Email, ContactId>,
    by_user_id: HashMap<String, ContactId>,
    by_hash: HashMap<EmailHash, ContactId>,
    by_linkedin: HashMap<LinkedIn, ContactId>,
    by_domain: HashMap<Domain, CompanyId>,
    by_group_id: HashMap<String, CompanyId>,
    seen_message_ids: HashSet<String>,
    suppressed_emails: BTreeSet<Email>,
    suppressed_user_ids: BTreeSet<String>,
    history: HashMap<SubjectId, History>,
    firings: HashMap<(SubjectId, SegmentId, String), LastFiring>,
    /// Which lists somebody is on, as far as it was asked for.
    lists: HashMap<SubjectId, Vec<ListId>>,
    /// Page views without a contact, by visit.
    unclaimed: HashMap<VisitId, Vec<NewPageView>>,
    /// Visits of this batch that are nobody's current one, by visitor key.
    aside: HashMap<String, Vec<Visit>>,
    changed_visitors: BTreeSet<String>,
    changed_contacts: BTreeSet<ContactId>,
    changed_companies: BTreeSet<CompanyId>,
    visits: BTreeMap<VisitId, VisitRecord>,
    /// Identifiers that were taken off a company in this batch. Nobody else gets them before the commit,
    /// because a store checks uniqueness row by row.
    given_up: HashSet<String>,
    /// Signals, message ids, page views, claims, intents, list members, firings and events so far.
    pub(crate) changes: IntakeChanges,
}

impl Working {
    pub(crate) fn new(state: IntakeState) -> Working {
        let mut working = Working {
            by_email: HashMap::new(),
            by_user_id: HashMap::new(),
            by_hash: HashMap::new(),
            by_linkedin: HashMap::new(),
            by_domain: HashMap::new(),
            by_group_id: HashMap::new(),
            contacts: HashMap::new(),
            companies: HashMap::new(),
            visitors: state.visitors,
            seen_message_ids: state.seen_message_ids,
            suppressed_emails: state.suppressed_emails,
            suppressed_user_ids: state.suppressed_user_ids,
            history: state.history,
            firings: state.firings,
            lists: state.lists,
            unclaimed: HashMap::new(),
            aside: HashMap::new(),
            changed_visitors: BTreeSet::new(),
            changed_contacts: BTreeSet::new(),
            changed_companies: BTreeSet::new(),
            visits: BTreeMap::new(),
            given_up: HashSet::new(),
            changes: IntakeChanges::default(),
        };
        for view in state.unclaimed {
            working.unclaimed.entry(view.visit_id).or_default().push(view);
        }
        state.contacts.into_values().for_each(|contact| working.know_contact(contact));
        state.companies.into_values().for_each(|company| working.know_company(company));
        working
    }

    /// All that changed, ready to commit at `now`.
    pub(crate) fn into_changes(self, now: Timestamp) -> IntakeChanges {
        let Working { mut visitors, mut contacts, mut companies, mut changes, .. } = self;
        changes.visitors = self.changed_visitors.iter().filter_map(|key| visitors.remove(key)).collect();
        changes.contacts = self.changed_contacts.iter().filter_map(|id| contacts.remove(id)).collect();
        changes.companies = self.changed_companies.iter().filter_map(|id| companies.remove(id)).collect();
        changes.visits = self.visits.into_values().collect();
        if !changes.message_ids.is_empty() {
            changes.forget_message_ids_before = now.checked_sub(SignedDuration::from_hours(24 * MESSAGE_ID_DAYS)).ok();
        }
        changes
    }

    /// Notes a signal's message id; `false` if it was seen before.
    pub(crate) fn note_message_id(&mut self, signal: &Signal) -> bool {
        let Some(id) = &signal.message_id else { return true };
        let new = self.seen_message_ids.insert(id.clone());
        if new {
            self.changes.message_ids.push((id.clone(), signal.received_at));
        }
        new
    }

    /// Whether one of these is on the suppression list.
    pub(crate) fn is_suppressed(&self, email: Option<&Email>, user_id: Option<&str>) -> bool {
        email.is_some_and(|email| self.suppressed_emails.contains(email))
            || user_id.is_some_and(|id| self.suppressed_user_ids.contains(id))
    }

    pub(crate) fn visitor(&self, key: &str) -> Option<&Visitor> {
        self.visitors.get(key)
    }

    pub(crate) fn put_visitor(&mut self, visitor: Visitor) {
        self.changed_visitors.insert(visitor.key.clone());
        self.visitors.insert(visitor.key.clone(), visitor);
    }

    /// Changes a visitor, if there is one of that key.
    pub(crate) fn change_visitor(&mut self, key: &str, change: impl FnOnce(&mut Visitor)) {
        if let Some(visitor) = self.visitors.get_mut(key) {
            change(visitor);
            note(&mut self.changed_visitors, key);
        }
    }

    /// The visit that a visitor is on at `at`, to be changed.
    pub(crate) fn current_visit_mut(&mut self, key: &str, at: Timestamp) -> Option<&mut Visit> {
        let visit = self.visitors.get_mut(key)?.visit.as_mut().filter(|visit| visit.takes(at))?;
        note(&mut self.changed_visitors, key);
        Some(visit)
    }

    pub(crate) fn contact(&self, id: ContactId) -> Option<&Contact> {
        self.contacts.get(&id)
    }

    pub(crate) fn contact_of_email(&self, email: &Email) -> Option<ContactId> {
        self.by_email.get(email).copied()
    }

    pub(crate) fn contact_of_user_id(&self, user_id: &str) -> Option<ContactId> {
        self.by_user_id.get(user_id).copied()
    }

    pub(crate) fn contact_of_hash(&self, hash: &EmailHash) -> Option<ContactId> {
        self.by_hash.get(hash).copied()
    }

    pub(crate) fn contact_of_linkedin(&self, name: &LinkedIn) -> Option<ContactId> {
        self.by_linkedin.get(name).copied()
    }

    /// Writes a contact, new or changed, unless it is as it was; `now` becomes the time of its change.
    pub(crate) fn put_contact(&mut self, mut contact: Contact, now: Timestamp) {
        let before = self.contacts.get(&contact.id);
        if before == Some(&contact) {
            return;
        }
        if let Some(before) = before {
            contact.updated_at = now;
            let before = before.clone();
            self.unknow_contact(&before);
        }
        self.changed_contacts.insert(contact.id);
        self.know_contact(contact);
    }

    fn know_contact(&mut self, contact: Contact) {
        for email in emails(&contact) {
            self.by_email.insert(email.clone(), contact.id);
            self.by_hash.insert(EmailHash::of(email), contact.id);
        }
        if let Some(name) = &contact.identity.linkedin {
            self.by_linkedin.insert(name.clone(), contact.id);
        }
        if let Some(user_id) = &contact.user_id {
            self.by_user_id.insert(user_id.clone(), contact.id);
        }
        self.contacts.insert(contact.id, contact);
    }

    pub(crate) fn company(&self, id: CompanyId) -> Option<&Company> {
        self.companies.get(&id)
    }

    pub(crate) fn company_of_domain(&self, domain: &Domain) -> Option<CompanyId> {
        self.by_domain.get(domain).copied()
    }

    pub(crate) fn company_of_group_id(&self, group_id: &str) -> Option<CompanyId> {
        self.by_group_id.get(group_id).copied()
    }

    /// As [`Working::put_contact`].
    pub(crate) fn put_company(&mut self, mut company: Company, now: Timestamp) {
        let before = self.companies.get(&company.id);
        if before == Some(&company) {
            return;
        }
        if let Some(before) = before {
            company.updated_at = now;
            let (domain, group_id) = (before.domain.clone(), before.group_id.clone());
            if let Some(domain) = domain.filter(|domain| company.domain.as_ref() != Some(domain)) {
                self.by_domain.remove(&domain);
                self.given_up.insert(domain.to_string());
            }
            if let Some(group_id) = group_id.filter(|id| company.group_id.as_ref() != Some(id)) {
                self.by_group_id.remove(&group_id);
                self.given_up.insert(group_id);
            }
        }
        self.changed_companies.insert(company.id);
        self.know_company(company);
    }

    /// Adds a company that was read apart from the batch's state.
    pub(crate) fn know_company(&mut self, company: Company) {
        if let Some(domain) = &company.domain {
            self.by_domain.insert(domain.clone(), company.id);
        }
        if let Some(group_id) = &company.group_id {
            self.by_group_id.insert(group_id.clone(), company.id);
        }
        self.companies.insert(company.id, company);
    }

    /// Whether an identifier was another company's when the batch began.
    pub(crate) fn was_given_up(&self, identifier: &str) -> bool {
        self.given_up.contains(identifier)
    }

    /// Writes a visit, and who is behind it.
    pub(crate) fn put_visit(&mut self, visit: Visit, who: Who) {
        let record = VisitRecord { contact_id: who.contact, company_id: who.company, visit };
        self.visits.insert(record.visit.id, record);
    }

    /// The visits of this batch that are not their visitor's current one.
    pub(crate) fn aside_mut(&mut self, key: &str) -> &mut Vec<Visit> {
        self.aside.entry(key.to_owned()).or_default()
    }

    /// Adds a page view to the history of who made it.
    pub(crate) fn add_page_view(&mut self, view: NewPageView) {
        for subject in subjects(view.contact_id, view.company_id) {
            self.history.entry(subject).or_default().page_views.push(view.page_view.clone());
        }
        if view.contact_id.is_none() {
            self.unclaimed.entry(view.visit_id).or_default().push(view.clone());
        }
        self.changes.page_views.push(view);
    }

    /// Page views of a visit that have neither contact nor company.
    pub(crate) fn page_views_of_nobody(&self, visit: VisitId) -> impl Iterator<Item = &NewPageView> {
        self.unclaimed.get(&visit).into_iter().flatten().filter(|view| view.company_id.is_none())
    }

    /// Gives the page views of a visit that have no contact to this one.
    pub(crate) fn claim(&mut self, visit: VisitId, contact: ContactId) {
        let Some(views) = self.unclaimed.remove(&visit) else { return };
        let history = self.history.entry(SubjectId::Contact(contact)).or_default();
        history.page_views.extend(views.into_iter().map(|view| view.page_view));
        for view in &mut self.changes.page_views {
            if view.visit_id == visit && view.contact_id.is_none() {
                view.contact_id = Some(contact);
            }
        }
        self.changes.claims.push((visit, contact));
    }

    /// Adds an interest to the history of who showed it.
    pub(crate) fn add_intent(&mut self, intent: NewIntent) {
        for subject in subjects(Some(intent.contact_id), intent.company_id) {
            self.history.entry(subject).or_default().intents.push(intent.intent.clone());
        }
        self.changes.intents.push(intent);
    }

    pub(crate) fn history(&self, subject: SubjectId) -> Option<&History> {
        self.history.get(&subject)
    }

    pub(crate) fn lists(&self, subject: SubjectId) -> &[ListId] {
        self.lists.get(&subject).map_or(&[], Vec::as_slice)
    }

    /// Puts somebody on a list; signals after this see it.
    pub(crate) fn put_on_list(&mut self, list_id: ListId, member: SubjectId, now: Timestamp) {
        let lists = self.lists.entry(member).or_default();
        if !lists.contains(&list_id) {
            lists.push(list_id);
            self.changes.list_members.push(NewListMember { list_id, member, added_at: now });
        }
    }

    pub(crate) fn last_firing(&self, subject: SubjectId, segment: SegmentId, event_type: &str) -> Option<LastFiring> {
        self.firings.get(&(subject, segment, event_type.to_owned())).copied()
    }

    pub(crate) fn add_firing(&mut self, firing: Firing) {
        let key = (firing.subject, firing.segment_id, firing.event_type.clone());
        self.firings.insert(key, firing.firing);
        self.changes.firings.push(firing);
    }
}

fn note(changed: &mut BTreeSet<String>, key: &str) {
    if !changed.contains(key) {
        changed.insert(key.to_owned());
    }
}

fn subjects(contact: Option<ContactId>, company: Option<CompanyId>) -> impl Iterator<Item = SubjectId> {
    contact.map(SubjectId::Contact).into_iter().chain(company.map(SubjectId::Company))
}
