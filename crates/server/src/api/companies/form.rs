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
use crate::extract::Whole;
use crate::patch::Patch;

/// What is said of a company: absent keeps what is known, null clears it, a value sets it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpsertCompany")]
pub(crate) struct CompanyForm {
    /// The domain that identifies the company.
    #[serde(default)]
    domain: Patch<String>,
    /// The id the company has in your own system.
    #[serde(default)]
    group_id: Patch<String>,
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
    employees: Patch<Whole<u64>>,
    /// Country.
    #[serde(default)]
    country: Patch<String>,
    /// Further traits. Those not named stay; one that is null goes; null instead of all of them clears them.
    #[serde(default)]
    traits: Patch<Map<String, Value>>,
}

impl CompanyForm {
    /// The company to make, or to change if there is one of that domain or group id. An identifier that is
    /// null is not given.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_new(self) -> Result<CompanyUpsert, Invalid> {
        let form = CompanyForm { domain: self.domain.without_null(), group_id: self.group_id.without_null(), ..self };
        let mut findings = Findings::default();
        if form.domain == Patch::Absent && form.group_id == Patch::Absent {
            findings.add("domain", "is required, or else group_id");
        }
        let upsert = findings.take(form.into_upsert());
        findings.into_result(upsert.unwrap_or_default())
    }

    /// The change of this one company.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn into_change(self, id: CompanyId) -> Result<CompanyUpsert, Invalid> {
        Ok(CompanyUpsert { id: Some(id), ..self.into_upsert()? })
    }

    fn into_upsert(self) -> Result<CompanyUpsert, Invalid> {
        let mut findings = Findings::default();
        let domain = findings.take(fields::change("domain", self.domain, fields::domain));
        let group_id = findings.take(fields::change("group_id", self.group_id, fields::key));
        let profile = said([
            ("name", self.name.map(Value::from)),
            ("linkedin_url", self.linkedin_url.map(Value::from)),
            ("industry", self.industry.map(Value::from)),
            ("employees", self.employees.map(|Whole(count)| Value::from(count))),
            ("country", self.country.map(Value::from)),
        ]);
        let (clear_traits, traits) = fields::traits(self.traits);
        findings.into_result(CompanyUpsert {
            id: None,
            domain: domain.unwrap_or_default(),
            group_id: group_id.unwrap_or_default(),
            profile,
            clear_traits,
            traits,
            list: None,
        })
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
pub(crate) struct CompanyView {
    /// Its id.
    pub(crate) id: CompanyId,
    /// The domain that identifies the company; null while only its `group_id` is known.
    pub(crate) domain: Option<String>,
    /// The id the company has in your own system.
    pub(crate) group_id: Option<String>,
    /// Name.
    pub(crate) name: Option<String>,
    /// LinkedIn page.
    pub(crate) linkedin_url: Option<String>,
    /// Industry.
    pub(crate) industry: Option<String>,
    /// Number of employees.
    pub(crate) employees: Option<u64>,
    /// Country.
    pub(crate) country: Option<String>,
    /// Further traits.
    pub(crate) traits: Map<String, Value>,
    /// When we first heard of the company.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When anything of this last changed.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) updated_at: Timestamp,
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
    use beckon_domain::company::{CompanyProfile, Domain};
    use beckon_intake::Change;
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
        let upsert = form(json!({ "domain": "www.Acme.com", "employees": 12.0, "country": null }));
        let id = CompanyId::from(Uuid::from_u128(1));
        let upsert = upsert.into_change(id).unwrap();
        assert_eq!((upsert.domain, upsert.group_id), (Domain::parse("acme.com").into(), Change::Keep));
        assert_eq!(upsert.profile, [("country".to_owned(), Value::Null), ("employees".to_owned(), json!(12))].into());

        let cleared = form(json!({ "domain": null, "group_id": null, "traits": null })).into_change(id).unwrap();
        let (domain, group_id) = (Change::Clear, Change::Clear);
        let expected = CompanyUpsert { id: Some(id), domain, group_id, clear_traits: true, ..CompanyUpsert::default() };
        assert_eq!(cleared, expected);
    }

    #[test]
    fn an_identifier_that_is_null_is_not_given_when_a_company_is_made() {
        let made = form(json!({ "domain": null, "group_id": "g1" })).into_new().unwrap();
        assert_eq!((made.domain, made.group_id), (Change::Keep, Change::Set("g1".to_owned())));
        assert_eq!(form(json!({ "domain": null })).into_new().unwrap_err().0[0].field, "domain");
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
