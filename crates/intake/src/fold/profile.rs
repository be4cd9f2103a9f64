//! What is said about a person or an account, written into what is known. Absent keeps.
//!
//! What a signal says in excess of the limits is cut or dropped: nobody is there to mend it. (Upserts refuse
//! it instead.)

use beckon_domain::company::{Company, CompanyProfile};
use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::identity::Standing;
use serde_json::{Map, Value};

/// Longest value of a profile field, in characters.
pub(crate) const PROFILE_CHARS_MAX: usize = 512;
/// Most traits of a contact or company.
pub(crate) const TRAITS_MAX: usize = 100;
/// Largest traits of a contact or company together, in bytes of JSON.
pub(crate) const TRAITS_BYTES_MAX: usize = 16 * 1024;

/// Fills in what is said of a person.
pub(crate) fn fill_contact(
    contact: &mut Contact,
    said: &ContactProfile,
    traits: &Map<String, Value>,
    standing: Standing,
) {
    for name in ContactProfile::FIELDS {
        if let (Some(value), Some(field)) = (said.field(name), contact.profile.field_mut(name))
            && (field.is_none() || contact.identity.yields(name, standing))
        {
            fill(field, Some(value));
            contact.identity.note(name, standing);
        }
    }
    let yields =
        |name: &str| !contact.traits.contains_key(name) || contact.identity.yields(&trait_name(name), standing);
    let taken: Map<String, Value> =
        traits.iter().filter(|(name, _)| yields(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    add_traits(&mut contact.traits, &taken);
    for name in taken.keys().filter(|name| contact.traits.contains_key(*name)) {
        contact.identity.note(&trait_name(name), standing);
    }
}

/// The name of a trait among what was verified.
pub(crate) fn trait_name(name: &str) -> String {
    format!("traits.{name}")
}

/// Fills in what is said of an account.
pub(crate) fn fill_company(company: &mut Company, said: &CompanyProfile, traits: &Map<String, Value>) {
    let profile = &mut company.profile;
    fill(&mut profile.name, said.name.as_deref());
    fill(&mut profile.linkedin_url, said.linkedin_url.as_deref());
    fill(&mut profile.industry, said.industry.as_deref());
    fill(&mut profile.country, said.country.as_deref());
    profile.employees = said.employees.or(profile.employees);
    add_traits(&mut company.traits, traits);
}

fn fill(field: &mut Option<String>, said: Option<&str>) {
    let said = said.map(str::trim).filter(|said| !said.is_empty());
    if let Some(said) = said
        && field.as_deref() != Some(said)
    {
        *field = Some(said.chars().take(PROFILE_CHARS_MAX).collect());
    }
}

fn add_traits(known: &mut Map<String, Value>, said: &Map<String, Value>) {
    for (name, value) in said.iter().filter(|(_, value)| !value.is_null()) {
        if known.get(name) == Some(value) {
            continue;
        }
        let before = known.insert(name.clone(), value.clone());
        if !fits(known) {
            match before {
                Some(before) => known.insert(name.clone(), before),
                None => known.shift_remove(name),
            };
        }
    }
}

/// Whether traits are within the limits.
pub(crate) fn fits(traits: &Map<String, Value>) -> bool {
    traits.len() <= TRAITS_MAX && serde_json::to_string(traits).is_ok_and(|json| json.len() <= TRAITS_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_or_null_keeps_and_what_is_too_much_is_left_out() {
        let mut known = Map::from_iter([("plan".to_owned(), "pro".into()), ("seats".to_owned(), 3.into())]);
        let huge = "x".repeat(TRAITS_BYTES_MAX);
        let said = Map::from_iter([
            ("plan".to_owned(), Value::Null),
            ("seats".to_owned(), huge.into()),
            ("vip".to_owned(), true.into()),
        ]);
        add_traits(&mut known, &said);
        assert_eq!(Value::Object(known), serde_json::json!({ "plan": "pro", "seats": 3, "vip": true }));
    }

    #[test]
    fn a_person_has_no_more_traits_than_the_limit() {
        let said = Map::from_iter((0..TRAITS_MAX + 5).map(|n| (format!("t{n}"), n.into())));
        let mut known = Map::new();
        add_traits(&mut known, &said);
        assert_eq!(known.len(), TRAITS_MAX);
    }

    #[test]
    fn a_profile_value_is_trimmed_and_cut() {
        let mut field = Some("old".to_owned());
        fill(&mut field, Some("  "));
        assert_eq!(field.as_deref(), Some("old"));
        fill(&mut field, Some(&format!(" {} ", "y".repeat(PROFILE_CHARS_MAX + 9))));
        assert_eq!(field.unwrap().chars().count(), PROFILE_CHARS_MAX);
    }
}
