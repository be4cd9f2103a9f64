//! A contact as the API takes it.

use std::collections::BTreeMap;

use beckon_domain::contact::{Contact, ContactProfile};
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::signal::{CompanyTraits, PersonTraits};
use beckon_intake::{CompanyRef, ContactUpsert};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::fields;
use crate::patch::{Patch, Set};

/// What is said of a person: absent keeps what is known, null clears it, a value sets it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpsertContact")]
pub(in crate::api) struct ContactForm {
    /// The address that identifies the person.
    #[serde(default)]
    email: Set<String>,
    /// The id the person has in your own system.
    #[serde(default)]
    user_id: Set<String>,
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
    /// The domain of the company the person works for. One that is not known yet is made.
    #[serde(default)]
    company_domain: Set<String>,
    /// Further traits. Those not named stay; one that is null goes.
    #[serde(default)]
    traits: Patch<Map<String, Value>>,
}

impl ContactForm {
    /// The contact to make, or to change if there is one of that address or user id.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_new(self) -> Result<ContactUpsert, Invalid> {
        let mut findings = Findings::default();
        if self.email == Set::Absent && self.user_id == Set::Absent {
            findings.add("email", "is required, or else user_id");
        }
        if self.traits == Patch::Null {
            findings.add("traits", "can only be null in a change of a contact by its id");
        }
        let upsert = findings.take(self.into_upsert());
        findings.into_result(upsert.unwrap_or_default())
    }

    /// The change of this one contact.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_change(self, contact: &Contact) -> Result<ContactUpsert, Invalid> {
        let clear_traits = self.traits == Patch::Null;
        let mut upsert = ContactUpsert { id: Some(contact.id), ..self.into_upsert()? };
        if clear_traits {
            upsert.traits = contact.traits.keys().map(|name| (name.clone(), Value::Null)).collect();
        }
        Ok(upsert)
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
        let company = company.map(|company| CompanyTraits { domain: Some(company.domain), ..CompanyTraits::default() });
        Ok(PersonTraits { email, user_id, profile, company, traits })
    }

    fn into_upsert(self) -> Result<ContactUpsert, Invalid> {
        let mut findings = Findings::default();
        let mut upsert = ContactUpsert::default();
        if let Set::Value(email) = self.email {
            upsert.email = findings.take(fields::email("email", &email));
        }
        if let Set::Value(user_id) = self.user_id {
            upsert.user_id = findings.take(fields::key("user_id", &user_id));
        }
        if let Set::Value(domain) = self.company_domain {
            upsert.company =
                findings.take(fields::domain("company_domain", &domain)).map(|domain| CompanyRef { domain });
        }
        upsert.profile = said([
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
        if let Patch::Value(traits) = self.traits {
            upsert.traits = traits;
        }
        findings.into_result(upsert)
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
    use beckon_domain::id::ContactId;
    use jiff::Timestamp;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn form(json: Value) -> ContactForm {
        serde_json::from_value(json).unwrap()
    }

    fn contact(traits: Value) -> Contact {
        Contact {
            id: ContactId::from(Uuid::from_u128(1)),
            email: None,
            user_id: Some("u1".to_owned()),
            company_id: None,
            profile: ContactProfile::default(),
            traits: traits.as_object().unwrap().clone(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    // behaviour A3
    #[test]
    fn absent_keeps_null_clears_and_a_value_sets() {
        let upsert = form(json!({ "title": "CMO", "phone": null, "traits": { "plan": null, "seats": 3 } }));
        let upsert = upsert.into_change(&contact(json!({ "plan": "pro", "vip": true }))).unwrap();
        assert_eq!(upsert.id, Some(ContactId::from(Uuid::from_u128(1))));
        let profile = [("phone".to_owned(), None), ("title".to_owned(), Some("CMO".to_owned()))];
        assert_eq!(upsert.profile, profile.into());
        assert_eq!(Value::Object(upsert.traits), json!({ "plan": null, "seats": 3 }));

        let cleared =
            form(json!({ "traits": null })).into_change(&contact(json!({ "plan": "pro", "vip": true }))).unwrap();
        assert_eq!(Value::Object(cleared.traits), json!({ "plan": null, "vip": null }));
    }

    // behaviour A6
    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong =
            form(json!({ "email": "jane", "user_id": "", "company_domain": "acme", "traits": null })).into_new();
        let fields: Vec<_> = wrong.unwrap_err().0.into_iter().map(|field| field.field).collect();
        assert_eq!(fields, ["traits", "email", "user_id", "company_domain"]);
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
