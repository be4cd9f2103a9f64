//! What comes in.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bot::BotReason;
use crate::company::Domain;
use crate::email::Email;
use crate::event::EventId;
use crate::id::{ContactId, SegmentId, SignalId, VisitId};
use crate::identity::{EmailHash, Standing};
use crate::network::Network;
use crate::visit::{Page, Utm};

/// Longest anonymous id, user id, group id or message id taken, in bytes.
pub const KEY_BYTES_MAX: usize = 255;
/// How long a `messageId` is remembered, so that a repeat is one signal.
pub const MESSAGE_ID_DAYS: i64 = 7;

/// One thing that came in, read and checked, not yet understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// The sender's id for it; a second signal with the same one is dropped.
    pub message_id: Option<String>,
    /// When it happened, by the sender's clock as far as that can be trusted.
    pub at: Timestamp,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Who sent it.
    pub from: Sender,
    /// How far it is believed what it says of people.
    pub standing: Standing,
    /// The link in a mail that led its sender here.
    pub email_link: Option<FollowedLink>,
    /// What is known of the client behind it.
    pub client: Client,
    /// What it says.
    pub body: SignalBody,
    /// The JSON as it came, for the log.
    pub raw: String,
}

/// A link in a mail that was followed. It is one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedLink {
    /// To whom the mail went.
    pub contact: ContactId,
    /// Which link it is.
    pub nonce: String,
    /// Whether it is too old.
    pub expired: bool,
}

/// The client behind a signal: the visitor's browser or app. None of it is stored but the reason why it is a bot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Its address on the internet.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// Whether a program drives it, by its own word.
    pub webdriver: bool,
    /// Whether it asks not to be told on (Global Privacy Control): then nobody asks whose network it is in.
    pub gpc: bool,
    /// The network that its address is in, if that was looked up and found.
    pub network: Option<Network>,
    /// Why it was taken for a bot. [`BotReason::Hosting`] stands in `network`.
    pub bot: Option<BotReason>,
}

/// The identifiers a signal carries. At least one of them is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The browser's own id.
    pub anonymous_id: Option<String>,
    /// The person's id in the customer's own system.
    pub user_id: Option<String>,
    /// The account's id in the customer's own system, when the signal names it.
    pub group_id: Option<String>,
}

/// What a signal says.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalBody {
    /// A page (or a screen of an app) was looked at.
    Page {
        /// The page.
        page: Page,
        /// Where the browser came from.
        referrer: Option<String>,
        /// The campaign in the page's address.
        utm: Utm,
    },
    /// Traits of a person.
    Identify(PersonTraits),
    /// Something was done.
    Track {
        /// Its name.
        event: String,
    },
    /// The person or browser belongs to an account.
    Group(CompanyTraits),
    /// Two ids are the same person, the sender says.
    Alias {
        /// The id used so far.
        previous_id: String,
    },
    /// Interest shown elsewhere.
    Intent(IntentTraits),
}

impl SignalBody {
    /// The kind's name in logs and lists.
    pub fn kind(&self) -> SignalKind {
        match self {
            SignalBody::Page { .. } => SignalKind::Page,
            SignalBody::Identify(_) => SignalKind::Identify,
            SignalBody::Track { .. } => SignalKind::Track,
            SignalBody::Group(_) => SignalKind::Group,
            SignalBody::Alias { .. } => SignalKind::Alias,
            SignalBody::Intent(_) => SignalKind::Intent,
        }
    }
}

/// The kinds of signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; SignalBody explains each")]
pub enum SignalKind {
    Page,
    Identify,
    Track,
    Group,
    Alias,
    Intent,
}

impl SignalKind {
    /// The name in logs and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            SignalKind::Page => "page",
            SignalKind::Identify => "identify",
            SignalKind::Track => "track",
            SignalKind::Group => "group",
            SignalKind::Alias => "alias",
            SignalKind::Intent => "intent",
        }
    }
}

/// What became of a signal, as it was decided when it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalStory {
    /// How the person, or the company of nobody by name, was recognised; `None` if nobody was, or a call named the company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recognised_by: Option<RecognisedBy>,
    /// The visit it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_id: Option<VisitId>,
    /// Why it was taken for a bot's, and means nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotReason>,
    /// The segments that somebody qualified for with it, and the events that were announced of that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fired: Vec<(SegmentId, EventId)>,
}

/// How somebody was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecognisedBy {
    /// The signal gives their address.
    Email,
    /// The signal gives their id in the customer's own system.
    UserId,
    /// The signal gives the hash of their address.
    EmailSha256,
    /// The signal gives their LinkedIn profile.
    LinkedinUrl,
    /// They followed a link in a mail to them.
    EmailLink,
    /// The browser is known to be theirs, from an earlier signal.
    Visitor,
    /// Nobody by name: the address is in a company's network.
    Network,
}

/// What somebody says about a person. Absent keeps what is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PersonTraits {
    /// Address, the identifier.
    pub email: Option<Email>,
    /// The hash of an address, where the address itself is not given.
    pub email_hash: Option<EmailHash>,
    /// Id in the customer's own system, the other identifier.
    pub user_id: Option<String>,
    /// Profile fields that were given.
    pub profile: crate::contact::ContactProfile,
    /// The account, when it was given by more than its name.
    pub company: Option<CompanyTraits>,
    /// All other traits.
    pub traits: Map<String, Value>,
}

/// What somebody says about an account. Absent keeps what is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompanyTraits {
    /// Domain, the key.
    pub domain: Option<Domain>,
    /// Id in the customer's own system.
    pub group_id: Option<String>,
    /// Profile fields that were given.
    pub profile: crate::company::CompanyProfile,
    /// All other traits.
    pub traits: Map<String, Value>,
}

/// Interest shown elsewhere: by a person, or by somebody unknown at an account.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentTraits {
    /// The person.
    pub person: PersonTraits,
    /// The interest itself.
    pub intent: Intent,
}

/// One interest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// What it is about.
    pub topic: String,
    /// How strong, from 0 to 100, if the source says.
    pub score: Option<f64>,
    /// Who observed it.
    pub source: Option<String>,
    /// When it was observed.
    pub observed_at: Timestamp,
}
