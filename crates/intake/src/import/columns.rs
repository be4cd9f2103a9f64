//! Which column is what?

use crate::tracking::{canonical, company_field, names_domain, person_field};

/// The columns of contacts, and what each holds.
pub const CONTACT_COLUMNS: &[(&str, &str)] = &[
    ("email", "The address that identifies the person. This or user_id is needed."),
    ("user_id", "The id the person has in your own system."),
    ("first_name", "Given name."),
    ("last_name", "Family name."),
    ("title", "Job title."),
    ("company", "The name of the company they work for."),
    ("linkedin_url", "LinkedIn profile."),
    ("seniority", "Level, such as C-suite, Director or Manager."),
    ("department", "Department, such as Marketing."),
    ("country", "Country."),
    ("phone", "Telephone number."),
    ("company_domain", "The domain of the account they belong to. One that is not known yet is made."),
];

/// The columns of companies, and what each holds.
pub const COMPANY_COLUMNS: &[(&str, &str)] = &[
    ("domain", "The domain that identifies the company. This or group_id is needed."),
    ("group_id", "The id the company has in your own system."),
    ("name", "Name."),
    ("linkedin_url", "LinkedIn page."),
    ("industry", "Industry."),
    ("employees", "Number of employees."),
    ("country", "Country."),
];

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

#[cfg(test)]
mod tests {
    use beckon_domain::contact::ContactProfile;

    use super::*;
    use crate::COMPANY_FIELDS;

    #[test]
    fn every_column_that_is_named_is_read_as_a_field_and_no_field_is_missing() {
        let fields = |columns: &[(&str, &str)], read: fn(&str) -> Column| {
            let fields = columns.iter().filter_map(|(name, _)| match read(name) {
                Column::Field(field) => Some(field.to_owned()),
                Column::Trait(name) => panic!("{name} would be a trait"),
                _ => None,
            });
            fields.collect::<std::collections::BTreeSet<String>>()
        };
        assert_eq!(fields(CONTACT_COLUMNS, contact_column), ContactProfile::FIELDS.map(str::to_owned).into());
        let of_companies: Vec<String> = COMPANY_FIELDS.iter().map(|&field| field.to_owned()).collect();
        assert_eq!(fields(COMPANY_COLUMNS, company_column), of_companies.into_iter().collect());
    }
}
