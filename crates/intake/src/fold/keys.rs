//! By which keys a signal is recognised, and what a batch therefore has to read.

use beckon_domain::email::{Email, FreeMail};
use beckon_domain::identity::{EmailHash, IdentifierKind, LinkedIn, Standing};
use beckon_domain::network::NetworkCompany;
use beckon_domain::segment::Subject;
use beckon_domain::segment::evaluate::Needs;
use beckon_domain::segment::rule::Lookback;
use beckon_domain::settings::Blocked;
use beckon_domain::signal::{CompanyTraits, PersonTraits, Signal, SignalBody};
use beckon_store::intake::IntakeQuery;
use jiff::Timestamp;

use super::Compiled;
use crate::ids::{usable, visitor_key_of_user};

/// The keys a signal carries; those that name nobody left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// Of the visitor who sent it.
    pub(super) visitor: Option<String>,
    /// Of another visitor who is the same person, the sender says.
    pub(super) aliased: Option<String>,
    /// Of the person.
    pub(super) user_id: Option<String>,
    /// Of the person.
    pub(super) email: Option<Email>,
    /// Of the person, where no address is given.
    pub(super) email_hash: Option<EmailHash>,
    /// Of the person, where a server says so.
    pub(super) linkedin: Option<LinkedIn>,
    /// Of the account.
    pub(super) group_id: Option<String>,
    /// What the workspace has said names nobody.
    pub(super) blocked: Vec<(IdentifierKind, String)>,
}

impl Keys {
    pub(super) fn of(signal: &Signal, blocked: &Blocked) -> Keys {
        let person = person_in(signal);
        let owned = |id: &Option<String>| id.as_deref().and_then(usable).map(str::to_owned);
        let user_id = person.and_then(|person| owned(&person.user_id)).or_else(|| owned(&signal.from.user_id));
        let anonymous_id = owned(&signal.from.anonymous_id);
        let verified = signal.standing == Standing::Verified;
        let has_email = person.is_some_and(|person| person.email.is_some());
        let mut keys = Keys {
            email: person.and_then(|person| person.email.clone()),
            email_hash: person.and_then(|person| person.email_hash.clone()).filter(|_| !has_email),
            linkedin: person.filter(|_| verified).and_then(linkedin_of),
            group_id: owned(&signal.from.group_id),
            ..Keys::default()
        };
        match &signal.body {
            SignalBody::Intent(_) => {}
            SignalBody::Alias { previous_id } => {
                keys.visitor = anonymous_id;
                keys.aliased = usable(previous_id)
                    .filter(|id| user_id.as_deref() != Some(*id) && keys.visitor.as_deref() != Some(*id))
                    .map(str::to_owned);
            }
            _ => keys.visitor = anonymous_id.or_else(|| user_id.as_deref().map(visitor_key_of_user)),
        }
        keys.user_id = user_id;
        keys.without(blocked)
    }

    /// Without what the workspace has blocked.
    fn without(mut self, blocked: &Blocked) -> Keys {
        if blocked.is_empty() {
            return self;
        }
        let user_id = self.user_id.take_if(|id| blocked.has(id));
        let email = self.email.take_if(|email| blocked.has(email.as_str()));
        let visitor = self.visitor.take_if(|id| blocked.has(id));
        self.group_id.take_if(|id| blocked.has(id));
        self.aliased.take_if(|id| blocked.has(id));
        if let Some(user_id) = &user_id
            && self.visitor.as_deref() == Some(&*visitor_key_of_user(user_id))
        {
            self.visitor = None;
        }
        self.blocked.extend(user_id.map(|id| (IdentifierKind::UserId, id)));
        self.blocked.extend(email.map(|email| (IdentifierKind::Email, email.to_string())));
        self.blocked.extend(visitor.map(|id| (IdentifierKind::AnonymousId, id)));
        self
    }

    /// The identifier of that kind, as text.
    pub(super) fn value(&self, kind: IdentifierKind) -> String {
        match kind {
            IdentifierKind::UserId => self.user_id.clone(),
            IdentifierKind::Email => self.email.as_ref().map(Email::to_string),
            IdentifierKind::EmailSha256 => self.email_hash.as_ref().map(EmailHash::to_string),
            IdentifierKind::LinkedinUrl => self.linkedin.as_ref().map(LinkedIn::to_string),
            IdentifierKind::AnonymousId => self.visitor.clone(),
        }
        .unwrap_or_default()
    }
}

fn linkedin_of(person: &PersonTraits) -> Option<LinkedIn> {
    person.profile.linkedin_url.as_deref().and_then(LinkedIn::parse)
}

fn person_in(signal: &Signal) -> Option<&PersonTraits> {
    match &signal.body {
        SignalBody::Identify(person) => Some(person),
        SignalBody::Intent(report) => Some(&report.person),
        _ => None,
    }
}

/// The company in whose network the client is.
pub(super) fn company_of_network(signal: &Signal) -> Option<&NetworkCompany> {
    signal.client.network.as_ref()?.company.as_ref()
}

fn company_in(signal: &Signal) -> Option<&CompanyTraits> {
    match &signal.body {
        SignalBody::Group(company) => Some(company),
        _ => person_in(signal)?.company.as_ref(),
    }
}

/// Adds to `query` all that deciding on `signals` needs to know.
pub(crate) fn ask_for(query: &mut IntakeQuery, signals: &[Signal], compiled: &Compiled, free_mail: &FreeMail) {
    let catalog = &compiled.catalog;
    for signal in signals {
        let keys = Keys::of(signal, &compiled.blocked);
        query.visitor_keys.extend([keys.visitor, keys.aliased].into_iter().flatten());
        query.domains.extend(keys.email.as_ref().and_then(|email| email.work_domain(free_mail)));
        query.emails.extend(keys.email);
        query.user_ids.extend(keys.user_id);
        query.email_hashes.extend(keys.email_hash);
        query.contact_ids.extend(signal.email_link.as_ref().map(|link| link.contact));
        query.linkedins.extend(keys.linkedin);
        query.group_ids.extend(keys.group_id);
        if let Some(company) = company_in(signal) {
            query.domains.extend(company.domain.clone());
            query.group_ids.extend(company.group_id.as_deref().and_then(usable).map(str::to_owned));
        }
        if let Some(of_network) = company_of_network(signal) {
            query.domains.insert(of_network.domain.clone());
        }
        query.message_ids.extend(signal.message_id.clone());
    }
    let Some(earliest) = signals.iter().map(|signal| signal.at).min() else { return };
    let of_companies = catalog.needs(Subject::Company);
    let Needs { page_views, intents, lists } = catalog.needs(Subject::Contact).and(of_companies);
    query.of_contacts_only = !of_companies.history();
    query.lists = lists;
    let since = |lookback: Lookback| match lookback {
        Lookback::Window(window) => earliest.checked_sub(window).unwrap_or(Timestamp::UNIX_EPOCH),
        Lookback::Ever => Timestamp::UNIX_EPOCH,
    };
    let earlier = |kept: Option<Timestamp>, asked: Option<Timestamp>| kept.into_iter().chain(asked).min();
    query.page_views_since = earlier(query.page_views_since, page_views.map(since));
    query.intents_since = earlier(query.intents_since, intents.map(since));
}
