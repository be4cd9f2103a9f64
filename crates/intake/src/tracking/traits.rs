//! Traits, by whatever name clients give them: `firstName`, `first_name` and `First Name` are one.

use beckon_domain::company::Domain;
use beckon_domain::email::Email;
use beckon_domain::identity::EmailHash;
use beckon_domain::signal::{CompanyTraits, KEY_BYTES_MAX, PersonTraits};
use beckon_domain::whole::whole;
use serde_json::{Map, Value};

use super::field::{as_text, canonical};
use crate::ids::usable;

/// The profile field of a person that goes by that name.
pub(crate) fn person_field(canonical: &str) -> Option<&'static str> {
    Some(match canonical {
        "firstname" | "givenname" => "first_name",
        "lastname" | "familyname" | "surname" => "last_name",
        "title" | "jobtitle" => "title",
        "company" | "companyname" => "company",
        "linkedinurl" | "linkedin" | "linkedinprofile" => "linkedin_url",
        "seniority" => "seniority",
        "department" => "department",
        "country" => "country",
        "phone" | "phonenumber" => "phone",
        _ => return None,
    })
}

/// The profile field of a company that goes by that name.
pub(crate) fn company_field(canonical: &str) -> Option<&'static str> {
    Some(match canonical {
        "name" | "companyname" => "name",
        "linkedinurl" | "linkedin" => "linkedin_url",
        "industry" => "industry",
        "employees" | "employeecount" | "numberofemployees" => "employees",
        "country" => "country",
        _ => return None,
    })
}

/// Whether a company's domain goes by that name.
pub(crate) fn names_domain(canonical: &str) -> bool {
    matches!(canonical, "domain" | "website" | "url" | "companydomain" | "companywebsite")
}

/// A number of people, as clients write it: a number, or digits in text.
pub(crate) fn employees(value: &Value) -> Option<u64> {
    value.as_number().and_then(whole).or_else(|| value.as_str()?.trim().replace([',', '_', ' '], "").parse().ok())
}

/// Reads traits of a person. What is no field of a profile stays a trait of its own name; an address that
/// cannot be one is left out.
pub fn person_traits(said: &Map<String, Value>) -> PersonTraits {
    let mut person = PersonTraits::default();
    for (name, value) in said {
        let canonical = canonical(name);
        match (canonical.as_str(), value) {
            (_, Value::Null) => {}
            ("email", Value::String(text)) if EmailHash::parse(text).is_some() => {
                person.email_hash = EmailHash::parse(text)
            }
            ("email", _) => person.email = value.as_str().and_then(Email::parse).or(person.email),
            ("emailsha256" | "emailhash" | "hashedemail" | "hem", Value::String(text)) => {
                match EmailHash::parse(text) {
                    Some(hash) => person.email_hash = Some(hash),
                    None => keep(&mut person.traits, name, value),
                }
            }
            ("company", Value::Object(company)) => {
                let company = company_traits(company);
                person.profile.company = company.profile.name.clone();
                if company.domain.is_some() || company.group_id.is_some() {
                    person.company = Some(company);
                }
            }
            (known, _) => match (person_field(known), as_text(value)) {
                (Some(field), Some(text)) => {
                    if let Some(field) = person.profile.field_mut(field) {
                        *field = Some(text);
                    }
                }
                (Some(_), None) if value.is_string() => {}
                _ => keep(&mut person.traits, name, value),
            },
        }
    }
    person
}

/// Reads traits of a company. What is no field of a profile stays a trait of its own name.
pub fn company_traits(said: &Map<String, Value>) -> CompanyTraits {
    let mut company = CompanyTraits::default();
    for (name, value) in said {
        let canonical = canonical(name);
        let text = as_text(value);
        match canonical.as_str() {
            _ if value.is_null() => {}
            known if names_domain(known) => match text.as_deref().and_then(Domain::parse) {
                // A domain goes before a website, which may be a page elsewhere.
                Some(domain) if canonical == "domain" || company.domain.is_none() => company.domain = Some(domain),
                Some(_) => {}
                None => keep(&mut company.traits, name, value),
            },
            "id" => {
                company.group_id =
                    text.as_deref().and_then(usable).filter(|id| id.len() <= KEY_BYTES_MAX).map(str::to_owned)
            }
            known => match (company_field(known), text) {
                (Some("employees"), _) => match employees(value) {
                    Some(count) => company.profile.employees = Some(count),
                    None => keep(&mut company.traits, name, value),
                },
                (Some("name"), Some(text)) => company.profile.name = Some(text),
                (Some("linkedin_url"), Some(text)) => company.profile.linkedin_url = Some(text),
                (Some("industry"), Some(text)) => company.profile.industry = Some(text),
                (Some("country"), Some(text)) => company.profile.country = Some(text),
                (Some(_), None) if value.is_string() => {}
                _ => keep(&mut company.traits, name, value),
            },
        }
    }
    company
}

fn keep(traits: &mut Map<String, Value>, name: &str, value: &Value) {
    traits.insert(name.to_owned(), value.clone());
}
