//! A contact as the API takes it.

use std::collections::BTreeMap;

use beckon_domain::contact::ContactProfile;
use beckon_domain::id::ContactId;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::signal::{CompanyTraits, PersonTraits};
use beckon_intake::{CompanyRef, ContactUpsert};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::fields;
use crate::patch::Patch;

/// What is said of a person: absent keeps what is known, null clears it, a value sets it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpsertContact")]
pub(crate) struct ContactForm {
    /// The address that identifies the person.
    #[serde(default)]
    email: Patch<String>,
    /// The id the person has in your own system.
    #[serde(default)]
    user_id: Patch<String>,
    /// Given name.
    #[serde(default)]
    first_name: Patch<String>,
    /// Family name.
    #[serde(default)]
    last_name: Patch<String>,
    /// Job title.
    #[serde(default)]
    title: Patch<String>,
    /// The name of the company the person works for.
    #[serde(default)]
    company: Patch<String>,
    /// LinkedIn profile.
    #[serde(default)]
    linkedin_url: Patch<String>,
    /// Level, such as `C-suite`, `Director` or `Manager`.
    #[serde(default)]
    seniority: Patch<String>,
    /// Department, such as `Marketing`.
    #[serde(default)]
    department: Patch<String>,
    /// Country.
    #[serde(default)]
    country: Patch<String>,
    /// Telephone number.
    #[serde(default)]
    phone: Patch<String>,
    /// The domain of the company the person works for. One that is not known yet is made; with null the person
    /// belongs to none.
    #[serde(default)]
    company_domain: Patch<String>,
    /// Further traits. Those not named stay; one that is null goes; null instead of all of them clears them.
    #[serde(default)]
    traits: Patch<Map<String, Value>>,
}

impl ContactForm {
    /// The contact to make, or to change if there is one of that address or user id. An identifier that is
    /// null is not given.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_new(self) -> Result<ContactUpsert, Invalid> {
        let form = ContactForm { email: self.email.without_null(), user_id: self.user_id.without_null(), ..self };
        let mut findings = Findings::default();
        if form.email == Patch::Absent && form.user_id == Patch::Absent {
            findings.add("email", "is required, or else user_id");
        }
        let upsert = findings.take(form.into_upsert());
        findings.into_result(upsert.unwrap_or_default())
    }

    /// The change of this one contact.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_change(self, id: ContactId) -> Result<ContactUpsert, Invalid> {
        Ok(ContactUpsert { id: Some(id), ..self.into_upsert()? })
    }

    /// What it says of a person, where there may be nothing to clear.
    ///
    /// # Errors
    /// Every wrong field.
    pub(in crate::api) fn into_traits(self) -> Result<PersonTraits, Invalid> {
        let ContactUpsert { email, user_id, profile: said, company, mut traits, .. } = self.into_upsert()?;
        let mut profile = ContactProfile::default();
        for (name, value) in said {
            if let Some(field) = profile.field_mut(&name) {
                *field = value;
            }
        }
        traits.retain(|_, value| !value.is_null());
        let of_domain = |CompanyRef { domain }| CompanyTraits { domain: Some(domain), ..CompanyTraits::default() };
        let company = company.into_new_value().map(of_domain);
        let (email, user_id) = (email.into_new_value(), user_id.into_new_value());
        Ok(PersonTraits { email, email_hash: None, user_id, profile, company, traits })
    }

    fn into_upsert(self) -> Result<ContactUpsert, Invalid> {
        let mut findings = Findings::default();
        let company = |field: &str, text: &str| Ok(CompanyRef { domain: fields::domain(field, text)? });
        let email = findings.take(fields::change("email", self.email, fields::email));
        let user_id = findings.take(fields::change("user_id", self.user_id, fields::key));
        let company = findings.take(fields::change("company_domain", self.company_domain, company));
        let profile = said([
            ("first_name", self.first_name),
            ("last_name", self.last_name),
            ("title", self.title),
            ("company", self.company),
            ("linkedin_url", self.linkedin_url),
            ("seniority", self.seniority),
            ("department", self.department),
            ("country", self.country),
            ("phone", self.phone),
        ]);
        let (clear_traits, traits) = fields::traits(self.traits);
        findings.into_result(ContactUpsert {
            id: None,
            email: email.unwrap_or_default(),
            user_id: user_id.unwrap_or_default(),
            profile,
            company: company.unwrap_or_default(),
            clear_traits,
            traits,
            list: None,
        })
    }
}

/// The fields that are said: a value, or `None` to clear it.
fn said<const N: usize>(fields: [(&str, Patch<String>); N]) -> BTreeMap<String, Option<String>> {
    let said = fields.into_iter().filter_map(|(name, field)| match field {
        Patch::Absent => None,
        Patch::Null => Some((name.to_owned(), None)),
        Patch::Value(value) => Some((name.to_owned(), Some(value))),
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use beckon_intake::Change;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn form(json: Value) -> ContactForm {
        serde_json::from_value(json).unwrap()
    }

    // behaviour A3
    #[test]
    fn absent_keeps_null_clears_and_a_value_sets() {
        let id = ContactId::from(Uuid::from_u128(1));
        let upsert = form(json!({ "title": "CMO", "phone": null, "traits": { "plan": null, "seats": 3 } }));
        let upsert = upsert.into_change(id).unwrap();
        assert_eq!((upsert.id, &upsert.email), (Some(id), &Change::Keep));
        let profile = [("phone".to_owned(), None), ("title".to_owned(), Some("CMO".to_owned()))];
        assert_eq!(upsert.profile, profile.into());
        assert_eq!((upsert.clear_traits, Value::Object(upsert.traits)), (false, json!({ "plan": null, "seats": 3 })));

        let all = json!({ "email": null, "user_id": null, "company_domain": null, "traits": null });
        let cleared = form(all).into_change(id).unwrap();
        let expected = ContactUpsert {
            id: Some(id),
            email: Change::Clear,
            user_id: Change::Clear,
            company: Change::Clear,
            clear_traits: true,
            ..ContactUpsert::default()
        };
        assert_eq!(cleared, expected);
    }

    #[test]
    fn an_identifier_that_is_null_is_not_given_when_a_contact_is_made() {
        let made = form(json!({ "email": null, "user_id": "u1", "traits": null })).into_new().unwrap();
        assert_eq!((made.email, made.user_id), (Change::Keep, Change::Set("u1".to_owned())));
        let nobody = form(json!({ "email": null, "user_id": null })).into_new();
        assert_eq!(nobody.unwrap_err().0[0].field, "email");
    }

    // behaviour A6
    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = form(json!({ "email": "jane", "user_id": "", "company_domain": "acme" })).into_new();
        let fields: Vec<_> = wrong.unwrap_err().0.into_iter().map(|field| field.field).collect();
        assert_eq!(fields, ["email", "user_id", "company_domain"]);
        assert_eq!(form(json!({ "title": "CMO" })).into_new().unwrap_err().0[0].field, "email");
    }

    #[test]
    fn every_profile_field_can_be_given() {
        let all = ContactProfile::FIELDS.map(|name| (name.to_owned(), json!(name))).into_iter().collect();
        let traits = form(Value::Object(all)).into_traits().unwrap();
        for name in ContactProfile::FIELDS {
            assert_eq!(traits.profile.field(name), Some(name));
        }
    }

    #[test]
    fn what_is_said_with_an_intent_has_nothing_to_clear() {
        let said = json!({ "email": "Jane@Acme.com", "company_domain": "www.acme.com", "phone": null, "traits": { "a": null, "b": 1 } });
        let traits = form(said).into_traits().unwrap();
        assert_eq!(traits.email.unwrap().as_str(), "jane@acme.com");
        assert_eq!(traits.company.unwrap().domain.unwrap().as_str(), "acme.com");
        assert_eq!((traits.profile.phone, Value::Object(traits.traits)), (None, json!({ "b": 1 })));
    }
}
