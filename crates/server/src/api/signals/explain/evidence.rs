//! What is known about a signal: who is behind it, on which visit, and what they had done by then.

use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::id::{CompanyId, WorkspaceId};
use beckon_domain::segment::evaluate::Needs;
use beckon_domain::signal::{Signal, SignalBody};
use beckon_domain::visit::{SILENCE_MAX, Visit, Visitor};
use beckon_store::StoreError;
use beckon_store::intake::{History, IntakeQuery, IntakeState, SignalRecord, SubjectId};

use super::super::reading::read_again;
use crate::api::segments::preview::since;
use crate::app::App;

/// What is known about a signal.
pub(super) struct Evidence {
    pub(super) record: SignalRecord,
    pub(super) contact: Option<Contact>,
    pub(super) company: Option<Company>,
    /// The visit as the signal left it, as far as that is known.
    pub(super) visit: Option<Visit>,
    /// Up to the signal's time, itself included.
    pub(super) history: History,
    /// With the last announcements of the person and the account.
    pub(super) state: IntakeState,
}

impl Evidence {
    /// Whom a segment can speak of: the person or, if nobody is known, the account.
    pub(super) fn subject(&self) -> Option<SubjectId> {
        let contact = self.record.contact_id.map(SubjectId::Contact);
        contact.or(self.record.company_id.map(SubjectId::Company))
    }
}

pub(super) async fn gather(
    app: &App,
    workspace: WorkspaceId,
    record: SignalRecord,
    needs: &Needs,
) -> Result<Evidence, StoreError> {
    let signal = read_again(&record, &app.ambient);
    let company = match record.company_id {
        Some(id) => company(app, workspace, id).await?,
        None => None,
    };
    let query = IntakeQuery {
        visitor_keys: signal.as_ref().and_then(visitor_key).into_iter().collect(),
        contact_ids: record.contact_id.into_iter().collect(),
        domains: company.iter().filter_map(|company| company.domain.clone()).collect(),
        group_ids: company.iter().filter_map(|company| company.group_id.clone()).collect(),
        page_views_since: needs.page_views.map(|lookback| since(lookback, record.at)),
        intents_since: needs.intents.map(|lookback| since(lookback, record.at)),
        lists: needs.lists,
        // An account can have many: only read them if it is what the signal speaks for.
        of_contacts_only: record.contact_id.is_some(),
        ..IntakeQuery::default()
    };
    let state = app.store.read_intake(workspace, &query).await?;
    let visitor = state.visitors.values().find(|visitor| Some(visitor.id) == record.visitor_id);
    Ok(Evidence {
        contact: record.contact_id.and_then(|id| state.contacts.get(&id)).cloned(),
        visit: visit(&record, signal.as_ref(), visitor),
        history: history(&record, &state),
        company,
        record,
        state,
    })
}

async fn company(app: &App, workspace: WorkspaceId, id: CompanyId) -> Result<Option<Company>, StoreError> {
    match app.store.get_company(workspace, id).await {
        Ok(company) => Ok(Some(company)),
        // Erased since.
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Under which key the visitor is kept (see [`Visitor::key`]).
fn visitor_key(signal: &Signal) -> Option<String> {
    let by_user = || signal.from.user_id.as_ref().map(|id| format!("user:{id}"));
    signal.from.anonymous_id.clone().or_else(by_user)
}

/// The visit of a signal. The one that is kept with the visitor is the latest; of an earlier one only what the signal
/// itself says is known.
fn visit(record: &SignalRecord, signal: Option<&Signal>, visitor: Option<&Visitor>) -> Option<Visit> {
    let id = record.story.visit_id?;
    let kept = visitor.and_then(|visitor| visitor.visit.as_ref()).filter(|visit| visit.id == id);
    let landing = signal.and_then(|signal| match &signal.body {
        SignalBody::Page { page, referrer, utm } => Some((page, referrer, utm)),
        _ => None,
    });
    if let Some(kept) = kept {
        let page = landing.map_or_else(|| kept.page.clone(), |(page, ..)| page.clone());
        return Some(Visit { page, ..kept.clone() });
    }
    let (page, referrer, utm) = landing?;
    Some(Visit {
        id,
        visitor_id: record.visitor_id?,
        started_at: record.at,
        last_seen_at: record.at,
        page_views: 1,
        first_visit: visitor.is_some_and(|visitor| record.at.duration_since(visitor.created_at) <= SILENCE_MAX),
        network_company_id: None,
        page: page.clone(),
        referrer: referrer.clone(),
        utm: utm.clone(),
    })
}

/// What was done by then. Page views of the visit that nobody had claimed are the account's.
fn history(record: &SignalRecord, state: &IntakeState) -> History {
    let subject = record.contact_id.map(SubjectId::Contact).or(record.company_id.map(SubjectId::Company));
    let mut history = subject.and_then(|subject| state.history.get(&subject)).cloned().unwrap_or_default();
    if record.contact_id.is_none() {
        let unclaimed = state.unclaimed.iter().filter(|view| Some(view.visit_id) == record.story.visit_id);
        let fresh: Vec<_> =
            unclaimed.map(|view| view.page_view.clone()).filter(|view| !history.page_views.contains(view)).collect();
        history.page_views.extend(fresh);
    }
    history.page_views.retain(|view| view.at <= record.at);
    history.intents.retain(|intent| intent.observed_at <= record.at);
    history
}
