//! What the signal pipeline reads and writes: one read and one commit per batch.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use beckon_domain::company::{Company, Domain};
use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::event::NewEvent;
use beckon_domain::id::{CompanyId, ContactId, ListId, SegmentId, SignalId, VisitId, VisitorId, WorkspaceId};
use beckon_domain::identity::merge::Merge;
use beckon_domain::identity::{EmailHash, IdentityNote, LinkedIn};
use beckon_domain::qualify::LastFiring;
use beckon_domain::signal::{Intent, SignalKind, SignalStory};
use beckon_domain::visit::{PageView, Visit, Visitor};
use jiff::Timestamp;

use crate::Result;
use crate::config::ConfigVersion;

/// Most page views, and most intents, of one contact or company that rules look at: the latest.
pub const HISTORY_ROWS_MAX: u32 = 1_000;

/// Most visitors of one hash that are found when its address becomes known.
pub const WAITING_MAX: u32 = 100;

/// Whose history or firings something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectId {
    /// A person's.
    Contact(ContactId),
    /// An account's.
    Company(CompanyId),
}

/// What a batch needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeQuery {
    /// Visitors by their key.
    pub visitor_keys: BTreeSet<String>,
    /// Contacts by address.
    pub emails: BTreeSet<Email>,
    /// Contacts by the customer's id.
    pub user_ids: BTreeSet<String>,
    /// Contacts by the hash of an address.
    pub email_hashes: BTreeSet<EmailHash>,
    /// Contacts by their LinkedIn profile.
    pub linkedins: BTreeSet<LinkedIn>,
    /// Companies by domain.
    pub domains: BTreeSet<Domain>,
    /// Companies by the customer's id.
    pub group_ids: BTreeSet<String>,
    /// Contacts by id.
    pub contact_ids: BTreeSet<ContactId>,
    /// Message ids that may have been seen.
    pub message_ids: BTreeSet<String>,
    /// Read page views at or after this; `None` reads none.
    pub page_views_since: Option<Timestamp>,
    /// Read intents at or after this; `None` reads none.
    pub intents_since: Option<Timestamp>,
    /// Read which lists contacts and companies are on.
    pub lists: bool,
    /// Read no page views and intents of companies: nobody asks for them, and a company can have many.
    pub of_contacts_only: bool,
}

/// What a batch knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntakeState {
    /// Visitors asked for that exist, and those that wait for one of the addresses asked for, at most [`WAITING_MAX`] each.
    pub visitors: HashMap<String, Visitor>,
    /// Contacts asked for that exist, by any of their addresses, those of the visitors, and those whose links in mails
    /// the visitors have followed.
    pub contacts: HashMap<ContactId, Contact>,
    /// Companies asked for that exist, and those of the visitors, of their current visits and of the contacts.
    pub companies: HashMap<CompanyId, Company>,
    /// Which of the addresses asked for are on the suppression list.
    pub suppressed_emails: BTreeSet<Email>,
    /// Which of the user ids asked for are on it.
    pub suppressed_user_ids: BTreeSet<String>,
    /// Which of the message ids asked for were seen before.
    pub seen_message_ids: HashSet<String>,
    /// Page views and intents of all contacts and, unless only those of contacts were asked for, of all companies
    /// above, as far back as asked.
    pub history: HashMap<SubjectId, History>,
    /// The lists that contacts and companies above are on, if asked for; who is on none is left out.
    pub lists: HashMap<SubjectId, Vec<ListId>>,
    /// Last firings of all contacts and companies above, by segment and event type.
    pub firings: HashMap<(SubjectId, SegmentId, String), LastFiring>,
    /// Page views of the current visits of the visitors above that have no contact yet, in no particular
    /// order; the latest [`HISTORY_ROWS_MAX`] of each visit. Who is identified late has made them.
    pub unclaimed: Vec<NewPageView>,
}

/// What a contact or company did, in no particular order; the latest [`HISTORY_ROWS_MAX`] of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Pages viewed.
    pub page_views: Vec<PageView>,
    /// Interests shown.
    pub intents: Vec<Intent>,
}

/// What a batch changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntakeChanges {
    /// Signals taken, in order.
    pub signals: Vec<SignalRecord>,
    /// Message ids now seen, with when they came; older ones than `forget_message_ids_before` may be dropped.
    pub message_ids: Vec<(String, Timestamp)>,
    /// See `message_ids`.
    pub forget_message_ids_before: Option<Timestamp>,
    /// Visitors as they are now, new or changed. Their current visit is inside.
    pub visitors: Vec<Visitor>,
    /// Visits as they are now, new or changed.
    pub visits: Vec<VisitRecord>,
    /// Contacts as they are now, new or changed.
    pub contacts: Vec<Contact>,
    /// Companies as they are now, new or changed.
    pub companies: Vec<Company>,
    /// Page views made.
    pub page_views: Vec<NewPageView>,
    /// Page views of these visits that have no contact yet now have this one.
    pub claims: Vec<(VisitId, ContactId)>,
    /// Interests shown.
    pub intents: Vec<NewIntent>,
    /// Contacts that are one from now on, in this order: the survivors are among `contacts`, the losers go, and all that was
    /// theirs becomes the survivors'; what is much moves in steps ([`crate::IdentityStore::move_merged`]).
    pub merges: Vec<Merge>,
    /// What happened to identities.
    pub identity_notes: Vec<IdentityNote>,
    /// Who is on which list from now on. Being put on one again changes nothing.
    pub list_members: Vec<NewListMember>,
    /// Who qualified for what, now.
    pub firings: Vec<Firing>,
    /// The events that follow.
    pub events: Vec<NewEvent>,
}

/// A signal as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalRecord {
    /// Its id.
    pub id: SignalId,
    /// Its kind.
    pub kind: SignalKind,
    /// When it happened.
    pub at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// The visitor, if it had one.
    pub visitor_id: Option<VisitorId>,
    /// The person, if known.
    pub contact_id: Option<ContactId>,
    /// The account, if known.
    pub company_id: Option<CompanyId>,
    /// What became of it.
    pub story: SignalStory,
    /// The JSON as it came.
    pub raw: String,
}

/// Which signals. All conditions hold together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignalFilter {
    /// Only of this kind.
    pub kind: Option<SignalKind>,
    /// Only of this person.
    pub contact_id: Option<ContactId>,
}

/// A visit, and who was behind it at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRecord {
    /// The visit.
    pub visit: Visit,
    /// The person, if known.
    pub contact_id: Option<ContactId>,
    /// The account, if known.
    pub company_id: Option<CompanyId>,
}

/// A page view to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPageView {
    /// In which visit.
    pub visit_id: VisitId,
    /// By whom, if known.
    pub contact_id: Option<ContactId>,
    /// From which account, if known.
    pub company_id: Option<CompanyId>,
    /// The page and the time.
    pub page_view: PageView,
}

/// An interest to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewIntent {
    /// By whom.
    pub contact_id: ContactId,
    /// From which account, if known.
    pub company_id: Option<CompanyId>,
    /// The interest.
    pub intent: Intent,
}

/// Somebody put on a list of their kind. A list that is gone takes nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewListMember {
    /// Which list.
    pub list_id: ListId,
    /// Who.
    pub member: SubjectId,
    /// When.
    pub added_at: Timestamp,
}

/// Someone qualified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// Who.
    pub subject: SubjectId,
    /// For what.
    pub segment_id: SegmentId,
    /// As which event.
    pub event_type: String,
    /// When, and in which visit. Replaces the last firing of the same three.
    pub firing: LastFiring,
}

/// The signal pipeline's two steps.
#[async_trait]
pub trait IntakeStore {
    /// Reads what a batch needs, as of one moment.
    async fn read_intake(&self, workspace: WorkspaceId, query: &IntakeQuery) -> Result<IntakeState>;
    /// Stores all a batch changed, or nothing. Deliveries are due at their event's `created_at`.
    /// [`crate::StoreError::Stale`] if the workspace's config version is no longer `decided_at`.
    async fn commit_intake(
        &self,
        workspace: WorkspaceId,
        decided_at: ConfigVersion,
        changes: IntakeChanges,
    ) -> Result<()>;
    /// The signals that came last, newest first.
    async fn list_signals(
        &self,
        workspace: WorkspaceId,
        filter: &SignalFilter,
        page: crate::PageRequest,
    ) -> Result<crate::Page<SignalRecord>>;
    /// A signal.
    async fn get_signal(&self, workspace: WorkspaceId, id: SignalId) -> Result<SignalRecord>;
}
