//! By which keys a signal is recognised, and what a batch therefore has to read.

use beckon_domain::email::{Email, FreeMail};
use beckon_domain::network::NetworkCompany;
use beckon_domain::segment::Subject;
use beckon_domain::segment::evaluate::{Needs, SegmentCatalog};
use beckon_domain::segment::rule::Lookback;
use beckon_domain::signal::{CompanyTraits, PersonTraits, Signal, SignalBody};
use beckon_store::intake::IntakeQuery;
use jiff::Timestamp;

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
    /// Of the account.
    pub(super) group_id: Option<String>,
}

impl Keys {
    pub(super) fn of(signal: &Signal) -> Keys {
        let person = person_in(signal);
        let owned = |id: &Option<String>| id.as_deref().and_then(usable).map(str::to_owned);
        let user_id = person.and_then(|person| owned(&person.user_id)).or_else(|| owned(&signal.from.user_id));
        let anonymous_id = owned(&signal.from.anonymous_id);
        let mut keys = Keys {
            email: person.and_then(|person| person.email.clone()),
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
        keys
    }
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
pub(crate) fn ask_for(query: &mut IntakeQuery, signals: &[Signal], catalog: &SegmentCatalog, free_mail: &FreeMail) {
    for signal in signals {
        let keys = Keys::of(signal);
        query.visitor_keys.extend([keys.visitor, keys.aliased].into_iter().flatten());
        query.domains.extend(keys.email.as_ref().and_then(|email| email.work_domain(free_mail)));
        query.emails.extend(keys.email);
        query.user_ids.extend(keys.user_id);
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
