//! On which visit?
//!
//! A page view belongs to the visit in progress or begins one; anything else keeps a visit going but begins
//! none. A page view that comes late, from before the visit in progress, has a visit of its own.

use beckon_domain::signal::{Signal, SignalBody};
use beckon_domain::visit::{Page, PageView, Utm, Visit, Visitor};
use beckon_store::intake::NewPageView;

use super::working::Working;
use super::{Means, Who};

/// A visit as a signal leaves it.
pub(super) struct Seen {
    pub(super) visit: Visit,
    /// Whether this signal began it.
    pub(super) begun: bool,
    pub(super) who: Who,
}

/// Finds the visit a visitor's signal belongs to and notes the signal there; `None` if it is on none.
///
/// `who` is who sent the signal; a visitor that is somebody else is asked itself.
pub(super) fn place(working: &mut Working, key: &str, signal: &Signal, who: Who, means: Means<'_>) -> Option<Seen> {
    let visitor = working.visitor(key)?;
    let who = if visitor.contact_id == who.contact { who } else { behind(working, visitor) };
    let (visit, begun) = match &signal.body {
        SignalBody::Page { page, referrer, utm } => {
            let (visit, begun) = view(working, key, signal, &Landing { page, referrer, utm }, means)?;
            working.add_page_view(NewPageView {
                visit_id: visit.id,
                contact_id: who.contact,
                company_id: who.company,
                page_view: PageView { path: page.path.clone(), at: signal.at },
            });
            (visit, begun)
        }
        _ => (keep_going(working, key, signal)?, false),
    };
    let visit = note_network(working, key, visit, who);
    working.put_visit(visit.clone(), who);
    Some(Seen { visit, begun, who })
}

/// Notes in the visit of somebody whom nobody knows which account's network told it: its other signals may not.
fn note_network(working: &mut Working, key: &str, mut visit: Visit, who: Who) -> Visit {
    let visitor_company = working.visitor(key).and_then(|visitor| visitor.company_id);
    let is_new = who.company.is_some() && visit.network_company_id != who.company;
    if who.contact.is_none() && is_new && visitor_company != who.company {
        visit.network_company_id = who.company;
        working.change_visitor(key, |visitor| {
            if let Some(current) = visitor.visit.as_mut().filter(|current| current.id == visit.id) {
                current.network_company_id = who.company;
            }
        });
    }
    visit
}

fn behind(working: &Working, visitor: &Visitor) -> Who {
    let own = visitor.contact_id.and_then(|id| working.contact(id)).and_then(|contact| contact.company_id);
    Who { contact: visitor.contact_id, company: own.or(visitor.company_id) }
}

/// How a page view came about.
struct Landing<'a> {
    page: &'a Page,
    referrer: &'a Option<String>,
    utm: &'a Utm,
}

/// The visit of a page view, as it leaves it, and whether it began it; `None` if there is no such visitor.
fn view(
    working: &mut Working,
    key: &str,
    signal: &Signal,
    landing: &Landing<'_>,
    means: Means<'_>,
) -> Option<(Visit, bool)> {
    if let Some(visit) = working.current_visit_mut(key, signal.at) {
        extend(visit, signal, landing);
        return Some((visit.clone(), false));
    }
    let visitor = working.visitor(key)?;
    let is_current = visitor.visit.as_ref().is_none_or(|current| current.last_seen_at < signal.at);
    let fresh = Visit {
        id: means.ambient.new_id(),
        visitor_id: visitor.id,
        started_at: signal.at,
        last_seen_at: signal.at,
        page_views: 1,
        first_visit: visitor.visit.is_none(),
        page: landing.page.clone(),
        referrer: landing.referrer.clone(),
        utm: landing.utm.clone(),
        network_company_id: None,
    };
    if is_current {
        working.change_visitor(key, |visitor| visitor.visit = Some(fresh.clone()));
        return Some((fresh, true));
    }
    // A browser that was offline sends what it kept, most often all in one.
    let aside = working.aside_mut(key);
    Some(match aside.iter_mut().find(|visit| visit.takes(signal.at)) {
        Some(visit) => {
            extend(visit, signal, landing);
            (visit.clone(), false)
        }
        None => {
            aside.push(fresh.clone());
            (fresh, true)
        }
    })
}

fn extend(visit: &mut Visit, signal: &Signal, landing: &Landing<'_>) {
    visit.page_views += 1;
    if signal.at >= visit.last_seen_at {
        visit.page = landing.page.clone();
    }
    if signal.at < visit.started_at {
        visit.referrer = landing.referrer.clone();
        visit.utm = landing.utm.clone();
    }
    visit.started_at = visit.started_at.min(signal.at);
    visit.last_seen_at = visit.last_seen_at.max(signal.at);
}

fn keep_going(working: &mut Working, key: &str, signal: &Signal) -> Option<Visit> {
    let visit = working.visitor(key)?.visit.as_ref().filter(|visit| visit.takes(signal.at))?;
    if signal.at <= visit.last_seen_at {
        return Some(visit.clone());
    }
    let visit = working.current_visit_mut(key, signal.at)?;
    visit.last_seen_at = signal.at;
    Some(visit.clone())
}
