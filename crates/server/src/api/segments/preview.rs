//! Who is in a segment, or would be: a count and some of them, for the API and the pages.
//!
//! Promise: what is asked is bounded in rows and in time, and the answer says how many were looked at and whether that
//! was everybody; a workspace looks one preview at a time, so that typing into a form costs no more than one of them.
//! The evaluator is the one that signals go through. Nothing is written, and nobody qualifies by being looked at.
//! Not here: who qualifies now (`beckon-intake`). A preview has no visit to look at, only what is known and kept.

use std::collections::HashMap;
use std::time::Duration;

use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::id::{CompanyId, ListId, SegmentId, WorkspaceId};
use beckon_domain::invalid::Invalid;
use beckon_domain::segment::Subject;
use beckon_domain::segment::evaluate::{Facts, Needs, SegmentCatalog};
use beckon_domain::segment::rule::{Lookback, Property, Rule};
use beckon_store::intake::{IntakeQuery, IntakeState, SubjectId};
use beckon_store::page::PAGE_ROWS_MAX;
use beckon_store::{Cursor, PageRequest, StoreError};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::form::read_rule;
use crate::app::App;
use crate::problem::Problem;

/// Most contacts or companies a preview looks at: the latest.
pub(crate) const LOOKED_AT_MAX: usize = 10_000;
/// Most members a preview shows.
pub(crate) const SAMPLE_MAX: usize = 20;
/// How long a preview looks. What it has begun to read by then, it finishes.
const LOOKING_MAX: Duration = Duration::from_secs(2);
/// How many are read at once if their histories are read with them: each can have thousands of rows.
const WITH_HISTORY_ROWS: u32 = 100;

/// A rule to preview.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PreviewSegment")]
pub(crate) struct PreviewForm {
    /// Who it is about; contacts if not given.
    #[serde(default = "super::form::subject_default")]
    pub(crate) subject: Subject,
    /// Who is in it.
    #[schemars(with = "Rule")]
    pub(crate) rule: Value,
}

impl PreviewForm {
    /// The rule, or everything that is wrong with it. `id` is the segment whose rule it is to become.
    pub(crate) fn read(&self, id: Option<SegmentId>, catalog: &SegmentCatalog) -> Result<Rule, Invalid> {
        read_rule(&self.rule, id, self.subject, catalog)
    }
}

/// Who is in a segment, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SegmentPreview")]
pub(crate) struct PreviewView {
    /// The rule in words.
    pub(crate) sentence: String,
    /// How many of those looked at it holds for.
    pub(crate) count: usize,
    /// How many were looked at, the latest first.
    pub(crate) looked_at: usize,
    /// Whether there are more that were not looked at.
    pub(crate) more: bool,
    /// Whether the rule asks about the visit in progress. A preview has none, so what it says of that is not known.
    pub(crate) asks_about_visit: bool,
    /// Some of those it holds for, the latest first.
    pub(crate) sample: Vec<MemberView>,
}

/// Somebody it holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SegmentMember")]
pub(crate) struct MemberView {
    /// Its id: of a contact or of a company.
    pub(crate) id: String,
    /// What it is called: the name, or else the address, the domain or the id in your own system.
    pub(crate) name: Option<String>,
    /// The title, or the industry.
    pub(crate) about: Option<String>,
    /// The company's name or domain.
    pub(crate) company: Option<String>,
}

/// Looks who a rule holds for. The rule must be right for the subject, and its references for the catalog.
pub(crate) async fn preview(
    app: &App,
    workspace: WorkspaceId,
    catalog: &SegmentCatalog,
    subject: Subject,
    rule: &Rule,
) -> Result<PreviewView, Problem> {
    let _turn = app.edit_turns().take((workspace, "segment previews".to_owned())).await;
    let now = app.ambient.now();
    let look = Look {
        app,
        workspace,
        catalog,
        rule,
        now,
        needs: catalog.needs_of(rule),
        needs_company: catalog
            .looks_at(rule, |property| matches!(property, Property::Company(_) | Property::CompanyTrait(_))),
    };
    let mut seen = PreviewView {
        sentence: rule.sentence(catalog),
        count: 0,
        looked_at: 0,
        more: false,
        asks_about_visit: catalog.looks_at(rule, |property| matches!(property, Property::Visit(_))),
        sample: vec![],
    };
    let ends = Instant::now() + LOOKING_MAX;
    let mut after = None;
    loop {
        let room = u32::try_from(LOOKED_AT_MAX - seen.looked_at).unwrap_or(PAGE_ROWS_MAX);
        let page = PageRequest { limit: look.rows_at_once().min(room), after };
        after = match subject {
            Subject::Contact => look.at_contacts(page, &mut seen).await?,
            Subject::Company => look.at_companies(page, &mut seen).await?,
        };
        if after.is_none() || seen.looked_at >= LOOKED_AT_MAX || Instant::now() >= ends {
            break;
        }
    }
    seen.more = after.is_some();
    Ok(seen)
}

struct Look<'a> {
    app: &'a App,
    workspace: WorkspaceId,
    catalog: &'a SegmentCatalog,
    rule: &'a Rule,
    now: Timestamp,
    needs: Needs,
    needs_company: bool,
}

impl Look<'_> {
    fn rows_at_once(&self) -> u32 {
        if self.needs.history() { WITH_HISTORY_ROWS } else { PAGE_ROWS_MAX }
    }

    /// A query for histories as far back as the rule looks.
    fn query(&self) -> IntakeQuery {
        let since = |lookback: Lookback| since(lookback, self.now);
        IntakeQuery {
            page_views_since: self.needs.page_views.map(since),
            intents_since: self.needs.intents.map(since),
            lists: self.needs.lists,
            ..IntakeQuery::default()
        }
    }

    async fn at_contacts(&self, page: PageRequest, seen: &mut PreviewView) -> Result<Option<Cursor>, StoreError> {
        let page = self.app.store.list_contacts(self.workspace, &Default::default(), page).await?;
        let (mut known, mut companies) = (IntakeState::default(), HashMap::new());
        if self.needs != Needs::default() || self.needs_company {
            let contact_ids = page.rows.iter().map(|contact| contact.id).collect();
            let query = IntakeQuery { contact_ids, of_contacts_only: true, ..self.query() };
            known = self.app.store.read_intake(self.workspace, &query).await?;
            companies = std::mem::take(&mut known.companies);
        }
        for contact in &page.rows {
            let company = contact.company_id.and_then(|id| companies.get(&id));
            if self.holds(Some(contact), company, &known) {
                seen.add(|| MemberView::of_contact(contact, &companies));
            }
        }
        seen.looked_at += page.rows.len();
        Ok(page.next)
    }

    async fn at_companies(&self, page: PageRequest, seen: &mut PreviewView) -> Result<Option<Cursor>, StoreError> {
        let page = self.app.store.list_companies(self.workspace, &Default::default(), page).await?;
        let mut known = IntakeState::default();
        if self.needs != Needs::default() {
            let mut query = self.query();
            query.domains = page.rows.iter().filter_map(|company| company.domain.clone()).collect();
            query.group_ids = page.rows.iter().filter_map(|company| company.group_id.clone()).collect();
            known = self.app.store.read_intake(self.workspace, &query).await?;
        }
        for company in &page.rows {
            if self.holds(None, Some(company), &known) {
                seen.add(|| MemberView::of_company(company));
            }
        }
        seen.looked_at += page.rows.len();
        Ok(page.next)
    }

    /// Whether the rule holds for a contact, or else for a company. What is `known` is what they did, and their lists.
    fn holds(&self, contact: Option<&Contact>, company: Option<&Company>, known: &IntakeState) -> bool {
        let of_contact = contact.map(|contact| SubjectId::Contact(contact.id));
        let of_company = company.map(|company| SubjectId::Company(company.id));
        let history = of_contact.or(of_company).and_then(|subject| known.history.get(&subject));
        let (page_views, intents) =
            history.map_or((&[][..], &[][..]), |history| (&history.page_views[..], &history.intents[..]));
        let lists = lists_of([of_contact, of_company], known);
        let facts = Facts { contact, company, visit: None, page_views, intents, lists: &lists, now: self.now };
        self.catalog.holds(self.rule, &facts)
    }
}

/// The lists that somebody, and their account, are on.
pub(crate) fn lists_of(subjects: [Option<SubjectId>; 2], known: &IntakeState) -> Vec<ListId> {
    subjects.into_iter().flatten().filter_map(|subject| known.lists.get(&subject)).flatten().copied().collect()
}

/// The moment up to which something that looks back looks, from `now`.
pub(crate) fn since(lookback: Lookback, now: Timestamp) -> Timestamp {
    match lookback {
        Lookback::Window(window) => now.checked_sub(window).unwrap_or(Timestamp::UNIX_EPOCH),
        Lookback::Ever => Timestamp::UNIX_EPOCH,
    }
}

impl PreviewView {
    fn add(&mut self, member: impl FnOnce() -> MemberView) {
        self.count += 1;
        if self.sample.len() < SAMPLE_MAX {
            self.sample.push(member());
        }
    }
}

impl MemberView {
    /// A contact, with the company it belongs to if that was read.
    pub(crate) fn of_contact(contact: &Contact, companies: &HashMap<CompanyId, Company>) -> MemberView {
        let company = contact.company_id.and_then(|id| companies.get(&id)).and_then(company_name);
        MemberView {
            id: contact.id.to_string(),
            name: contact_name(contact),
            about: contact.profile.title.clone(),
            company: contact.profile.company.clone().or(company),
        }
    }

    /// A company.
    pub(crate) fn of_company(company: &Company) -> MemberView {
        MemberView {
            id: company.id.to_string(),
            name: company_name(company),
            about: company.profile.industry.clone(),
            company: company.domain.as_ref().map(ToString::to_string),
        }
    }
}

/// What a contact is called, as far as it is known.
pub(crate) fn contact_name(contact: &Contact) -> Option<String> {
    let profile = &contact.profile;
    let names: Vec<&str> =
        [&profile.first_name, &profile.last_name].into_iter().flatten().map(String::as_str).collect();
    let name = (!names.is_empty()).then(|| names.join(" "));
    name.or_else(|| contact.email.as_ref().map(ToString::to_string)).or_else(|| contact.user_id.clone())
}

/// What a company is called, as far as it is known.
pub(crate) fn company_name(company: &Company) -> Option<String> {
    let domain = || company.domain.as_ref().map(ToString::to_string);
    company.profile.name.clone().or_else(domain).or_else(|| company.group_id.clone())
}
