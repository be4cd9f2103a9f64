//! Identities as the API shows them, in words for people too.

use beckon_domain::contact::Contact;
use beckon_domain::id::{CompanyId, ContactId, MergeId, SignalId, VisitorId};
use beckon_domain::identity::merge::{Merge, emails};
use beckon_domain::identity::{IdentifierKind, IdentityChange, IdentityNote, LinkOutcome, Refusal, Standing};
use beckon_domain::visit::Visitor;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::docs;

/// A browser.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Visitor")]
pub(crate) struct VisitorView {
    /// Its id.
    pub(crate) id: VisitorId,
    /// The id it keeps itself; `user:` and the user id for what servers send of people without one.
    pub(crate) anonymous_id: String,
    /// Whom it is taken for.
    pub(crate) contact_id: Option<ContactId>,
    /// The account it said it belongs to.
    pub(crate) company_id: Option<CompanyId>,
    /// The hash of an address that it waits for: nobody known has it.
    pub(crate) waits_for_email_sha256: Option<String>,
    /// When it was first seen.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When its latest visit was last heard of.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) last_seen_at: Option<Timestamp>,
}

impl From<Visitor> for VisitorView {
    fn from(visitor: Visitor) -> VisitorView {
        VisitorView {
            id: visitor.id,
            anonymous_id: visitor.key,
            contact_id: visitor.contact_id,
            company_id: visitor.company_id,
            waits_for_email_sha256: visitor.email_hash.map(|hash| hash.to_string()),
            created_at: visitor.created_at,
            last_seen_at: visitor.visit.map(|visit| visit.last_seen_at),
        }
    }
}

/// One thing by which a contact is known.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Identifier")]
pub(crate) struct IdentifierView {
    /// Its kind.
    pub(crate) kind: IdentifierKind,
    /// The identifier.
    pub(crate) value: String,
    /// Whether a server said so, or a browser.
    pub(crate) standing: Standing,
}

/// One thing that happened to an identity.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "IdentityNote")]
pub(crate) struct NoteView {
    /// When.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) at: Timestamp,
    /// What: `made`, `linked`, `added`, `displaced`, `merged`, `split`, `waits`, `link_followed` or `refused`.
    pub(crate) change: &'static str,
    /// The same in words.
    pub(crate) text: String,
    /// The signal that gave rise to it.
    pub(crate) signal_id: Option<SignalId>,
    /// The browser.
    pub(crate) visitor_id: Option<VisitorId>,
    /// The contact.
    pub(crate) contact_id: Option<ContactId>,
}

/// Whom a visitor is taken for, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VisitorIdentity {
    /// The visitor.
    pub(crate) visitor: VisitorView,
    /// Why it is taken for whom it is taken, in words.
    pub(crate) why: String,
    /// By what the contact behind it is known; empty if nobody is.
    pub(crate) identifiers: Vec<IdentifierView>,
    /// What happened, newest first.
    pub(crate) log: Vec<NoteView>,
}

impl VisitorIdentity {
    pub(super) fn new(visitor: Visitor, contact: Option<&Contact>, notes: &[IdentityNote]) -> VisitorIdentity {
        VisitorIdentity {
            why: why(&visitor, notes),
            identifiers: contact.map(identifiers).unwrap_or_default(),
            log: notes.iter().map(note).collect(),
            visitor: visitor.into(),
        }
    }
}

/// Two contacts that were made one.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Merge")]
pub(crate) struct MergeView {
    /// Its id.
    pub(crate) id: MergeId,
    /// The contact that went.
    pub(crate) contact_id: ContactId,
    /// By what that one was known.
    pub(crate) identifiers: Vec<IdentifierView>,
    /// When.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) at: Timestamp,
    /// The signal that named both.
    pub(crate) signal_id: Option<SignalId>,
    /// When it was undone.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) undone_at: Option<Timestamp>,
}

/// By what a contact is known, and how that came about.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContactIdentity {
    /// The contact. Another one than was asked for, if that one was merged with it.
    pub(crate) contact_id: ContactId,
    /// By what it is known, what counts most first.
    pub(crate) identifiers: Vec<IdentifierView>,
    /// The fields and traits that were verified: a browser does not overwrite them.
    pub(crate) verified: Vec<String>,
    /// The browsers that are theirs, the latest 100.
    pub(crate) visitors: Vec<VisitorView>,
    /// The contacts that were merged with it, the latest 100.
    pub(crate) merges: Vec<MergeView>,
    /// What happened, newest first.
    pub(crate) log: Vec<NoteView>,
}

impl ContactIdentity {
    pub(super) fn new(contact: &Contact, visitors: Vec<Visitor>, merges: Vec<Merge>, notes: &[IdentityNote]) -> Self {
        ContactIdentity {
            contact_id: contact.id,
            identifiers: identifiers(contact),
            verified: contact.identity.verified.iter().filter(|name| !name.contains('@')).cloned().collect(),
            visitors: visitors.into_iter().map(VisitorView::from).collect(),
            merges: merges.into_iter().map(merge).collect(),
            log: notes.iter().map(note).collect(),
        }
    }
}

fn merge(merge: Merge) -> MergeView {
    MergeView {
        id: merge.id,
        contact_id: merge.loser.id,
        identifiers: identifiers(&merge.loser),
        at: merge.at,
        signal_id: merge.signal_id,
        undone_at: merge.undone_at,
    }
}

/// All by which a contact is known, what counts most first.
pub(super) fn identifiers(contact: &Contact) -> Vec<IdentifierView> {
    let verified = &contact.identity.verified;
    let standing = |name: &str| if verified.contains(name) { Standing::Verified } else { Standing::Claimed };
    let user_id = contact.user_id.iter().map(|id| (IdentifierKind::UserId, id.clone(), standing("user_id")));
    let addresses = emails(contact).map(|email| {
        let name = if contact.email.as_ref() == Some(email) { "email" } else { email.as_str() };
        (IdentifierKind::Email, email.to_string(), standing(name))
    });
    // A browser's word for a profile makes nobody known by it.
    let linkedin = contact.identity.linkedin.iter();
    let linkedin = linkedin.map(|name| (IdentifierKind::LinkedinUrl, name.to_string(), Standing::Verified));
    let all = user_id.chain(addresses).chain(linkedin);
    all.map(|(kind, value, standing)| IdentifierView { kind, value, standing }).collect()
}

fn why(visitor: &Visitor, notes: &[IdentityNote]) -> String {
    let linked = |note: &&IdentityNote| {
        note.contact_id == visitor.contact_id
            && matches!(
                note.change,
                IdentityChange::Linked { .. } | IdentityChange::LinkFollowed { outcome: LinkOutcome::Identified }
            )
    };
    match visitor.contact_id {
        Some(_) => match notes.iter().find(linked) {
            Some(note) => format!("Known since {}: {}", note.at, text(&note.change)),
            None => "Known; how that came about is no longer kept.".to_owned(),
        },
        None if visitor.email_hash.is_some() => {
            "Anonymous: it gave the hash of an address that nobody known has. It becomes the person's when the address gets known."
                .to_owned()
        }
        None if visitor.link.is_some() => {
            "Anonymous: a link in a mail was opened, and nobody stayed. A program that checks mails, probably.".to_owned()
        }
        None => {
            let refused = |note: &&IdentityNote| {
                matches!(note.change, IdentityChange::Refused { .. } | IdentityChange::LinkFollowed { .. })
            };
            match notes.iter().find(refused) {
                Some(note) => format!("Anonymous: {}", text(&note.change)),
                None => "Anonymous: nothing it sent says who uses it.".to_owned(),
            }
        }
    }
}

fn note(note: &IdentityNote) -> NoteView {
    NoteView {
        at: note.at,
        change: name(&note.change),
        text: text(&note.change),
        signal_id: note.signal_id,
        visitor_id: note.visitor_id,
        contact_id: note.contact_id,
    }
}

fn name(change: &IdentityChange) -> &'static str {
    match change {
        IdentityChange::Made { .. } => "made",
        IdentityChange::Linked { .. } => "linked",
        IdentityChange::Added { .. } => "added",
        IdentityChange::Displaced { .. } => "displaced",
        IdentityChange::Merged { .. } => "merged",
        IdentityChange::Split { .. } => "split",
        IdentityChange::Waits { .. } => "waits",
        IdentityChange::LinkFollowed { .. } => "link_followed",
        IdentityChange::Refused { .. } => "refused",
    }
}

fn text(change: &IdentityChange) -> String {
    match change {
        IdentityChange::Made { kind, standing } => format!("first heard of, by {} {}", thing(*kind), said(*standing)),
        IdentityChange::Linked { by: IdentifierKind::EmailSha256, .. } => {
            "the browser had given the hash of their address".to_owned()
        }
        IdentityChange::Linked { by, standing, before } => {
            let before = if before.is_some() { ", and was somebody else's before" } else { "" };
            format!("the browser gave {} {}{before}", thing(*by), said(*standing))
        }
        IdentityChange::Added { kind, value, standing } => {
            format!("{} {value} was added {}", noun(*kind), said(*standing))
        }
        IdentityChange::Displaced { kind, value, to } => {
            format!("{} {value} had only been claimed; a server says it is that of {to}", noun(*kind))
        }
        IdentityChange::Merged { other, .. } => format!("{other} turned out to be the same person"),
        IdentityChange::Split { other, .. } => format!("the merge with {other} was undone"),
        IdentityChange::Waits { email_sha256 } => {
            format!("the browser waits for somebody with an address of the hash {email_sha256}")
        }
        IdentityChange::LinkFollowed { outcome } => match outcome {
            LinkOutcome::Identified => "they followed the link in a mail to them".to_owned(),
            LinkOutcome::Probable => {
                "a link was followed that another browser had followed first: a forwarded mail, probably".to_owned()
            }
            LinkOutcome::Expired => "a link in a mail was followed that was too old, or not ours".to_owned(),
        },
        IdentityChange::Refused { reason: Refusal::Suppressed, .. } => {
            "who it named is on the suppression list, and does not become known".to_owned()
        }
        IdentityChange::Refused { kind, value, reason } => {
            format!("{} {value} was not believed: {}", noun(*kind), because(*reason))
        }
    }
}

fn thing(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::UserId => "their user id",
        IdentifierKind::Email => "their address",
        IdentifierKind::EmailSha256 => "the hash of their address",
        IdentifierKind::LinkedinUrl => "their LinkedIn profile",
        IdentifierKind::AnonymousId => "the id of a browser of theirs",
    }
}

fn noun(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::UserId => "the user id",
        IdentifierKind::Email => "the address",
        IdentifierKind::EmailSha256 => "the hash",
        IdentifierKind::LinkedinUrl => "the LinkedIn profile",
        IdentifierKind::AnonymousId => "the browser",
    }
}

fn said(standing: Standing) -> &'static str {
    match standing {
        Standing::Claimed => "(as a browser says)",
        Standing::Verified => "(verified)",
    }
}

fn because(reason: Refusal) -> &'static str {
    match reason {
        Refusal::TwoUserIds => "both have a user id of their own, so they are two people",
        Refusal::Unproven => "it is verified for somebody else, and a browser's word does not move it",
        Refusal::SplitBefore => "the two were one before, and somebody made them two again",
        Refusal::TooManyEmails => "the contact has as many addresses as one may have",
        Refusal::TooManyBrowsers => "too many browsers have become this contact's within a week",
        Refusal::Blocked => "the settings of the workspace say that it names nobody",
        Refusal::Suppressed => "it is on the suppression list",
        Refusal::Taken => "it is that of somebody with another user id, who keeps it",
    }
}
