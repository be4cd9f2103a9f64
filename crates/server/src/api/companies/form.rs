//! A company as the API takes and shows it.

use std::collections::BTreeMap;

use beckon_domain::company::Company;
use beckon_domain::id::CompanyId;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_intake::CompanyUpsert;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::fields;
use crate::docs;
use crate::patch::{Patch, Set};

/// What is said of a company: absent keeps what is known, null clears it, a value sets it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpsertCompany")]
pub(super) struct CompanyForm {
    /// The domain that identifies the company.
    #[serde(default)]
    domain: Set<String>,
    /// The id the company has in your own system.
    #[serde(default)]
    group_id: Set<String>,
    /// Name.
    #[serde(default)]
    name: Patch<String>,
    /// LinkedIn page.
    #[serde(default)]
    linkedin_url: Patch<String>,
    /// Industry.
    #[serde(default)]
    industry: Patch<String>,
    /// Number of employees.
    #[serde(default)]
    employees: Patch<u64>,
    /// Country.
    #[serde(default)]
    country: Patch<String>,
    /// Further traits. Those not named stay; one that is null goes.
    #[serde(default)]
    traits: Patch<Map<String, Value>>,
}

impl CompanyForm {
    /// The company to make, or to change if there is one of that domain or group id.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_new(self) -> Result<CompanyUpsert, Invalid> {
        let mut findings = Findings::default();
        if self.domain == Set::Absent && self.group_id == Set::Absent {
            findings.add("domain", "is required, or else group_id");
        }
        if self.traits == Patch::Null {
            findings.add("traits", "can only be null in a change of a company by its id");
        }
        let upsert = findings.take(self.into_upsert());
        findings.into_result(upsert.unwrap_or_default())
    }

    /// The change of this one company.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_change(self, company: &Company) -> Result<CompanyUpsert, Invalid> {
        let clear_traits = self.traits == Patch::Null;
        let mut upsert = CompanyUpsert { id: Some(company.id), ..self.into_upsert()? };
        if clear_traits {
            upsert.traits = company.traits.keys().map(|name| (name.clone(), Value::Null)).collect();
        }
        Ok(upsert)
    }

    fn into_upsert(self) -> Result<CompanyUpsert, Invalid> {
        let mut findings = Findings::default();
        let mut upsert = CompanyUpsert::default();
        if let Set::Value(domain) = self.domain {
            upsert.domain = findings.take(fields::domain("domain", &domain));
        }
        if let Set::Value(group_id) = self.group_id {
            upsert.group_id = findings.take(fields::key("group_id", &group_id));
        }
        upsert.profile = said([
            ("name", self.name.map(Value::from)),
            ("linkedin_url", self.linkedin_url.map(Value::from)),
            ("industry", self.industry.map(Value::from)),
            ("employees", self.employees.map(Value::from)),
            ("country", self.country.map(Value::from)),
        ]);
        if let Patch::Value(traits) = self.traits {
            upsert.traits = traits;
        }
        findings.into_result(upsert)
    }
}

/// The fields that are said: a value, or null to clear it.
fn said<const N: usize>(fields: [(&str, Patch<Value>); N]) -> BTreeMap<String, Value> {
    let said = fields.into_iter().filter_map(|(name, field)| match field {
        Patch::Absent => None,
        Patch::Null => Some((name.to_owned(), Value::Null)),
        Patch::Value(value) => Some((name.to_owned(), value)),
    });
    said.collect()
}

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Company")]
pub(super) struct CompanyView {
    /// Its id.
    id: CompanyId,
    /// The domain that identifies the company; null while only its `group_id` is known.
    domain: Option<String>,
    /// The id the company has in your own system.
    group_id: Option<String>,
    /// Name.
    name: Option<String>,
    /// LinkedIn page.
    linkedin_url: Option<String>,
    /// Industry.
    industry: Option<String>,
    /// Number of employees.
    employees: Option<u64>,
    /// Country.
    country: Option<String>,
    /// Further traits.
    traits: Map<String, Value>,
    /// When we first heard of the company.
    #[schemars(schema_with = "docs::timestamp")]
    created_at: Timestamp,
    /// When anything of this last changed.
    #[schemars(schema_with = "docs::timestamp")]
    updated_at: Timestamp,
}

impl From<Company> for CompanyView {
    fn from(company: Company) -> CompanyView {
        CompanyView {
            id: company.id,
            domain: company.domain.map(|domain| domain.to_string()),
            group_id: company.group_id,
            name: company.profile.name,
            linkedin_url: company.profile.linkedin_url,
            industry: company.profile.industry,
            employees: company.profile.employees,
            country: company.profile.country,
            traits: company.traits,
            created_at: company.created_at,
            updated_at: company.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use beckon_domain::company::CompanyProfile;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn form(json: Value) -> CompanyForm {
        serde_json::from_value(json).unwrap()
    }

    fn company(traits: Value) -> Company {
        Company {
            id: CompanyId::from(Uuid::from_u128(1)),
            domain: None,
            group_id: Some("g1".to_owned()),
            profile: CompanyProfile::default(),
            traits: traits.as_object().unwrap().clone(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    // behaviour A3
    #[test]
    fn absent_keeps_null_clears_and_a_value_sets() {
        let upsert = form(json!({ "domain": "www.Acme.com", "employees": 12, "country": null }));
        let upsert = upsert.into_change(&company(json!({}))).unwrap();
        assert_eq!(upsert.domain.unwrap().as_str(), "acme.com");
        assert_eq!(upsert.profile, [("country".to_owned(), Value::Null), ("employees".to_owned(), json!(12))].into());

        let cleared = form(json!({ "traits": null })).into_change(&company(json!({ "plan": "pro" }))).unwrap();
        assert_eq!(Value::Object(cleared.traits), json!({ "plan": null }));
    }

    // behaviour A6
    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = form(json!({ "domain": "acme", "group_id": " " })).into_new();
        let fields: Vec<_> = wrong.unwrap_err().0.into_iter().map(|field| field.field).collect();
        assert_eq!(fields, ["domain", "group_id"]);
        assert_eq!(form(json!({ "name": "Acme" })).into_new().unwrap_err().0[0].field, "domain");
    }

    #[test]
    fn a_company_is_shown_with_every_field() {
        let view = serde_json::to_value(CompanyView::from(company(json!({ "plan": "pro" })))).unwrap();
        let expected = json!({
            "id": CompanyId::from(Uuid::from_u128(1)), "domain": null, "group_id": "g1", "name": null, "linkedin_url": null,
            "industry": null, "employees": null, "country": null, "traits": { "plan": "pro" },
            "created_at": "1970-01-01T00:00:00Z", "updated_at": "1970-01-01T00:00:00Z",
        });
        assert_eq!(view, expected);
    }
}
