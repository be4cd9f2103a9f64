//! Which column is what?

use crate::tracking::{canonical, company_field, names_domain, person_field};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Email,
    UserId,
    Domain,
    GroupId,
    /// A field of the profile.
    Field(&'static str),
    /// Anything else, by this name.
    Trait(String),
}

/// What a column of contacts holds.
pub(super) fn contact_column(name: &str) -> Column {
    match canonical(name).as_str() {
        "email" | "emailaddress" | "businessemail" | "workemail" => Column::Email,
        "userid" => Column::UserId,
        // A URL of a person is seldom their employer's.
        known if names_domain(known) && known != "url" => Column::Domain,
        known => person_field(known).map_or_else(|| named_trait(name), Column::Field),
    }
}

/// What a column of companies holds.
pub(super) fn company_column(name: &str) -> Column {
    match canonical(name).as_str() {
        "groupid" => Column::GroupId,
        known if names_domain(known) => Column::Domain,
        "company" => Column::Field("name"),
        known => company_field(known).map_or_else(|| named_trait(name), Column::Field),
    }
}

fn named_trait(name: &str) -> Column {
    Column::Trait(name.strip_prefix("traits.").unwrap_or(name).to_owned())
}
