//! Known people on a visit, as they stand when rules are asked.

use beckon_domain::company::{Company, CompanyProfile, Domain};
use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, ContactId, VisitId, VisitorId};
use beckon_domain::segment::evaluate::Facts;
use beckon_domain::visit::{Page, PageView, Utm, Visit};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::rules;

/// Page views that each has behind them.
const HISTORY: usize = 50;

/// One of them.
pub(crate) struct OnVisit {
    contact: Contact,
    company: Company,
    visit: Visit,
    page_views: Vec<PageView>,
    now: Timestamp,
}

impl OnVisit {
    /// Person `n`, who is looking at a page at `now` and has looked at others on the days before. The page is a winning
    /// one for one person in ten, among so many segments.
    pub(crate) fn new(n: usize, segments: usize, now: Timestamp) -> OnVisit {
        let path = if n.is_multiple_of(10) {
            rules::winning_page(n / 10 % (segments / rules::WINNER_EVERY))
        } else {
            rules::other_page(n)
        };
        let mut page_views: Vec<PageView> = (1..HISTORY)
            .map(|page| PageView {
                path: rules::other_page(n * 7 + page),
                at: now - SignedDuration::from_hours(i64::try_from(page).unwrap_or_default()),
            })
            .collect();
        page_views.push(PageView { path: path.clone(), at: now });
        let id = Uuid::from_u128(n as u128);
        OnVisit {
            contact: contact(n, now),
            company: company(n, now),
            visit: Visit {
                id: VisitId::from(id),
                visitor_id: VisitorId::from(id),
                started_at: now,
                last_seen_at: now,
                page_views: 1,
                first_visit: false,
                network_company_id: None,
                page: Page { url: Some(format!("https://www.example.com{path}?ref=nav")), path, ..Page::default() },
                referrer: Some("https://www.example.com/".to_owned()),
                utm: Utm {
                    source: Some("newsletter".to_owned()),
                    campaign: Some("spring".to_owned()),
                    ..Utm::default()
                },
            },
            page_views,
            now,
        }
    }

    /// What rules can ask.
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            contact: Some(&self.contact),
            company: Some(&self.company),
            visit: Some(&self.visit),
            page_views: &self.page_views,
            intents: &[],
            lists: &[],
            now: self.now,
        }
    }
}

fn contact(n: usize, now: Timestamp) -> Contact {
    Contact {
        id: ContactId::from(Uuid::from_u128(n as u128)),
        email: Email::parse(&rules::email(n)),
        user_id: None,
        company_id: None,
        profile: ContactProfile {
            first_name: Some("Jane".to_owned()),
            last_name: Some(format!("Doe {n}")),
            title: Some(rules::TITLES[n % rules::TITLES.len()].to_owned()),
            country: Some("Austria".to_owned()),
            ..ContactProfile::default()
        },
        traits: [("owner".to_owned(), format!("rep-{}", n % 7).into())].into_iter().collect(),
        identity: Default::default(),
        suppressed_at: None,
        created_at: now,
        updated_at: now,
    }
}

fn company(n: usize, now: Timestamp) -> Company {
    Company {
        id: CompanyId::from(Uuid::from_u128(n as u128)),
        domain: Domain::parse(&rules::domain(n)),
        group_id: None,
        profile: CompanyProfile {
            name: Some(format!("Company {}", n / 10)),
            industry: Some(rules::INDUSTRIES[(n / 10) % rules::INDUSTRIES.len()].to_owned()),
            employees: Some(40 + n as u64 / 10),
            ..CompanyProfile::default()
        },
        traits: Default::default(),
        created_at: now,
        updated_at: now,
    }
}
