//! Which account is it?
//!
//! Found by the customer's own id first, then by domain, else made. Two accounts are never made one.

use beckon_domain::company::{Company, CompanyProfile, Domain};
use beckon_domain::id::CompanyId;
use beckon_domain::network::NetworkCompany;
use beckon_domain::signal::CompanyTraits;
use serde_json::Map;

use super::Means;
use super::profile::fill_company;
use super::working::Working;
use crate::ids::usable;

/// The account that is spoken of, with what is said about it written down; `None` if nothing says which.
pub(super) fn resolve(working: &mut Working, said: &CompanyTraits, means: Means<'_>) -> Option<CompanyId> {
    let group_id = said.group_id.as_deref().and_then(usable);
    let mut company = find_or_make(working, said.domain.as_ref(), group_id, means)?;
    fill_company(&mut company, &said.profile, &said.traits);
    let id = company.id;
    working.put_company(company, means.now);
    Some(id)
}

/// The account of a domain.
pub(crate) fn of_domain(working: &mut Working, domain: &Domain, means: Means<'_>) -> Option<CompanyId> {
    resolve(working, &CompanyTraits { domain: Some(domain.clone()), ..CompanyTraits::default() }, means)
}

/// The account in whose network somebody is. One that is known already stays as it is: what files of networks call
/// companies is no better than what people say of them.
pub(super) fn of_network(working: &mut Working, told: &NetworkCompany, means: Means<'_>) -> Option<CompanyId> {
    if let Some(known) = working.company_of_domain(&told.domain) {
        return Some(known);
    }
    let profile = CompanyProfile { name: told.name.clone(), ..CompanyProfile::default() };
    resolve(working, &CompanyTraits { domain: Some(told.domain.clone()), profile, ..CompanyTraits::default() }, means)
}

/// The account of an id of the customer's.
pub(super) fn of_group_id(working: &mut Working, group_id: &str, means: Means<'_>) -> Option<CompanyId> {
    resolve(working, &CompanyTraits { group_id: Some(group_id.to_owned()), ..CompanyTraits::default() }, means)
}

fn find_or_make(
    working: &Working,
    domain: Option<&Domain>,
    group_id: Option<&str>,
    means: Means<'_>,
) -> Option<Company> {
    let of_domain = domain.and_then(|domain| working.company_of_domain(domain));
    let of_group = group_id.and_then(|id| working.company_of_group_id(id));
    let known = |id| working.company(id).cloned();
    let free_domain = domain.filter(|domain| of_domain.is_none() && !working.was_given_up(domain.as_str()));
    let free_group_id = group_id.filter(|id| of_group.is_none() && !working.was_given_up(id));
    if let Some(mut company) = of_group.and_then(known) {
        company.domain = company.domain.or_else(|| free_domain.cloned());
        return Some(company);
    }
    match of_domain.and_then(known) {
        // Another account of the same domain keeps the domain.
        Some(company) if company.group_id.is_some() && group_id.is_some() => {}
        Some(mut company) => {
            company.group_id = company.group_id.or_else(|| free_group_id.map(str::to_owned));
            return Some(company);
        }
        None => {}
    }
    (free_domain.is_some() || free_group_id.is_some()).then(|| Company {
        id: means.ambient.new_id(),
        domain: free_domain.cloned(),
        group_id: free_group_id.map(str::to_owned),
        profile: CompanyProfile::default(),
        traits: Map::new(),
        created_at: means.now,
        updated_at: means.now,
    })
}
