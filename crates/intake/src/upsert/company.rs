//! Writes one company.

use beckon_domain::company::{Company, CompanyProfile};
use beckon_domain::id::CompanyId;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::segment::Subject;
use beckon_domain::whole::whole;
use beckon_store::intake::SubjectId;
use serde_json::Value;

use super::check::{check_key, check_list, check_text, refuse_unidentified, write_traits};
use super::{COMPANY_FIELDS, Change, CompanyUpsert, Upserted};
use crate::fold::Means;
use crate::fold::working::Working;

/// Writes one company, or says all that is wrong.
///
/// By id, else by the customer's own id, else by domain. A domain or group id that is another's is refused.
pub(crate) fn upsert(
    working: &mut Working,
    said: &CompanyUpsert,
    means: Means<'_>,
) -> Result<Upserted<Company>, Invalid> {
    let mut findings = Findings::default();
    check_key("group_id", said.group_id.new_value().map(String::as_str), &mut findings);
    let known = find(working, said, &mut findings);
    let created = known.is_none();
    let mut company = known.unwrap_or_else(|| Company {
        id: means.ambient.new_id(),
        domain: None,
        group_id: None,
        profile: CompanyProfile::default(),
        traits: serde_json::Map::new(),
        created_at: means.now,
        updated_at: means.now,
    });
    said.domain.apply(&mut company.domain);
    said.group_id.apply(&mut company.group_id);
    if !created && company.domain.is_none() && company.group_id.is_none() {
        let cleared = [("domain", said.domain == Change::Clear), ("group_id", said.group_id == Change::Clear)];
        refuse_unidentified("company", cleared, &mut findings);
    }
    for (name, value) in &said.profile {
        write_field(&mut company.profile, name, value, &mut findings);
    }
    write_traits(&mut company.traits, said.clear_traits, &said.traits, &mut findings);
    check_list(said.list, Subject::Company, means, &mut findings);
    findings.into_result(())?;

    let id = company.id;
    working.put_company(company.clone(), means.now);
    if let Some(list) = said.list {
        working.put_on_list(list, SubjectId::Company(id), means.now);
    }
    Ok(Upserted { value: working.company(id).cloned().unwrap_or(company), created })
}

fn write_field(profile: &mut CompanyProfile, name: &str, value: &Value, findings: &mut Findings) {
    let field = match name {
        "name" => &mut profile.name,
        "linkedin_url" => &mut profile.linkedin_url,
        "industry" => &mut profile.industry,
        "country" => &mut profile.country,
        "employees" => {
            profile.employees = value.as_number().and_then(whole);
            if !value.is_null() && profile.employees.is_none() {
                findings.add(name, format!("{value} is not a whole number"));
            }
            return;
        }
        _ => {
            return findings.add(name, format!("a company has no such field; it has {}", COMPANY_FIELDS.join(", ")));
        }
    };
    match value {
        Value::Null => *field = None,
        Value::String(text) => *field = check_text(name, Some(text), findings),
        _ => findings.add(name, format!("{value} is not text")),
    }
}

fn find(working: &Working, said: &CompanyUpsert, findings: &mut Findings) -> Option<Company> {
    let of_group = said.group_id.new_value().and_then(|id| working.company_of_group_id(id));
    let of_domain = said.domain.new_value().and_then(|domain| working.company_of_domain(domain));
    let target = match said.id {
        Some(id) if working.company(id).is_none() => {
            findings.add("id", format!("there is no company {id}"));
            return None;
        }
        Some(id) => Some(id),
        None if said.group_id.new_value().is_none() && said.domain.new_value().is_none() => {
            findings.add("domain", "a company needs a domain or a group_id");
            None
        }
        None => of_group.or_else(|| of_domain.filter(|id| may_take_group_id(working, *id, said))),
    };
    let domain = said.domain.new_value().map(|domain| domain.as_str());
    check_free("domain", domain, of_domain, target, working, findings);
    check_free("group_id", said.group_id.new_value().map(String::as_str), of_group, target, working, findings);
    working.company(target?).cloned()
}

/// Whether the company found by domain is the one of this group id too, or can become it.
fn may_take_group_id(working: &Working, id: CompanyId, said: &CompanyUpsert) -> bool {
    let known = working.company(id).and_then(|company| company.group_id.as_ref());
    known.is_none() || said.group_id.new_value().is_none()
}

fn check_free(
    field: &str,
    identifier: Option<&str>,
    owner: Option<CompanyId>,
    target: Option<CompanyId>,
    working: &Working,
    findings: &mut Findings,
) {
    let Some(identifier) = identifier else { return };
    match owner {
        Some(owner) if Some(owner) != target => {
            findings.add(field, format!("{identifier} belongs to another company, {owner}"));
        }
        None if working.was_given_up(identifier) => {
            findings.add(field, format!("{identifier} belonged to another company a moment ago: send this again"));
        }
        _ => {}
    }
}
