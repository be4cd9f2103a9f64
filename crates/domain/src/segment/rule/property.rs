//! What a rule can look at.

use std::fmt;

use super::TEXT_CHARS_MAX;
use super::named::named;

named! {
    /// What is known of a contact.
    pub enum ContactProperty {
        Email = "email",
        FirstName = "first_name",
        LastName = "last_name",
        Title = "title",
        Company = "company",
        LinkedinUrl = "linkedin_url",
        Seniority = "seniority",
        Department = "department",
        Country = "country",
        Phone = "phone",
        UserId = "user_id",
    }
}

named! {
    /// What is known of a company.
    pub enum CompanyProperty {
        Domain = "domain",
        Name = "name",
        LinkedinUrl = "linkedin_url",
        Industry = "industry",
        Employees = "employees",
        Country = "country",
    }
}

named! {
    /// What is known of the visit in progress. `url`, `path` and `title` are those of the page it is
    /// on; `referrer` and `utm.*` are those it came from.
    pub enum VisitProperty {
        Url = "url",
        Path = "path",
        Title = "title",
        Referrer = "referrer",
        PageViews = "page_views",
        FirstVisit = "first_visit",
        UtmSource = "utm.source",
        UtmMedium = "utm.medium",
        UtmCampaign = "utm.campaign",
        UtmTerm = "utm.term",
        UtmContent = "utm.content",
    }
}

/// What a `prop` leaf looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Property {
    /// `contact.…`
    Contact(ContactProperty),
    /// `contact.traits.…`: a trait as the customer named it. Dots lead into objects, unless a trait has
    /// just that name.
    ContactTrait(String),
    /// `company.…`
    Company(CompanyProperty),
    /// `company.traits.…`
    CompanyTrait(String),
    /// `visit.…`
    Visit(VisitProperty),
}

impl Property {
    /// Reads a property's name; `None` if there is no such property.
    pub fn parse(name: &str) -> Option<Property> {
        let (noun, rest) = name.split_once('.')?;
        let of_traits = rest.strip_prefix("traits.").filter(|path| is_trait_path(path)).map(str::to_owned);
        match noun {
            "contact" => {
                of_traits.map(Property::ContactTrait).or_else(|| ContactProperty::parse(rest).map(Property::Contact))
            }
            "company" => {
                of_traits.map(Property::CompanyTrait).or_else(|| CompanyProperty::parse(rest).map(Property::Company))
            }
            "visit" => VisitProperty::parse(rest).map(Property::Visit),
            _ => None,
        }
    }

    /// Every property that has a name of ours, with the patterns of those that have the customer's.
    pub fn words() -> String {
        format!(
            "contact.({}), contact.traits.<name>, company.({}), company.traits.<name>, visit.({})",
            ContactProperty::words(),
            CompanyProperty::words(),
            VisitProperty::words()
        )
    }

    /// Whether it needs a contact to look at.
    pub fn is_of_contact(&self) -> bool {
        matches!(self, Property::Contact(_) | Property::ContactTrait(_))
    }
}

fn is_trait_path(path: &str) -> bool {
    path.chars().count() <= TEXT_CHARS_MAX && path.split('.').all(|name| !name.is_empty())
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Property::Contact(property) => write!(f, "contact.{}", property.as_str()),
            Property::ContactTrait(path) => write!(f, "contact.traits.{path}"),
            Property::Company(property) => write!(f, "company.{}", property.as_str()),
            Property::CompanyTrait(path) => write!(f, "company.traits.{path}"),
            Property::Visit(property) => write!(f, "visit.{}", property.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_reads_back_as_written() {
        for name in [
            "contact.email",
            "contact.traits.plan.name",
            "company.traits.Tier",
            "company.employees",
            "visit.utm.source",
        ] {
            assert_eq!(Property::parse(name).unwrap().to_string(), name);
        }
    }

    #[test]
    fn an_unknown_property_is_none() {
        for name in [
            "",
            "email",
            "contact",
            "contact.",
            "contact.traits",
            "contact.traits.",
            "contact.traits.a..b",
            "visit.traits.x",
            "Contact.email",
            "deal.amount",
        ] {
            assert_eq!(Property::parse(name), None, "{name:?}");
        }
    }
}
