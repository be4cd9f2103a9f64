//! Finds the value of a property.

use serde_json::{Map, Value};

use super::Facts;
use super::compare::{Atom, Numeric};
use crate::company::Company;
use crate::contact::Contact;
use crate::segment::rule::{CompanyProperty, ContactProperty, Property, VisitProperty};
use crate::visit::Visit;

/// The value of a property.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    /// A single value.
    One(Atom<'a>),
    /// A list.
    Many(&'a [Value]),
    /// Something known that equals nothing: an object.
    Opaque,
}

impl<'a> Found<'a> {
    /// Whether the value, or an element of the list, passes.
    pub(super) fn any(self, mut passes: impl FnMut(Atom<'a>) -> bool) -> bool {
        match self {
            Found::One(atom) => passes(atom),
            Found::Many(values) => values.iter().filter_map(Atom::of).any(passes),
            Found::Opaque => false,
        }
    }

    fn of(value: &'a Value) -> Option<Found<'a>> {
        match value {
            Value::Null => None,
            Value::Array(values) => Some(Found::Many(values)),
            Value::Object(_) => Some(Found::Opaque),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Atom::of(value).map(Found::One),
        }
    }
}

/// What is known under that name, or `None` if nothing is.
pub(super) fn find<'a>(property: &Property, facts: &Facts<'a>) -> Option<Found<'a>> {
    match property {
        Property::Contact(property) => of_contact(*property, facts.contact?),
        Property::ContactTrait(path) => of_traits(path, &facts.contact?.traits),
        Property::Company(property) => of_company(*property, facts.company?),
        Property::CompanyTrait(path) => of_traits(path, &facts.company?.traits),
        Property::Visit(property) => of_visit(*property, facts.visit?),
    }
}

fn text(text: &str) -> Found<'_> {
    Found::One(Atom::Text(text))
}

fn of_contact(property: ContactProperty, contact: &Contact) -> Option<Found<'_>> {
    let profile = &contact.profile;
    match property {
        ContactProperty::Email => contact.email.as_ref().map(|email| email.as_str()),
        ContactProperty::UserId => contact.user_id.as_deref(),
        ContactProperty::FirstName => profile.first_name.as_deref(),
        ContactProperty::LastName => profile.last_name.as_deref(),
        ContactProperty::Title => profile.title.as_deref(),
        ContactProperty::Company => profile.company.as_deref(),
        ContactProperty::LinkedinUrl => profile.linkedin_url.as_deref(),
        ContactProperty::Seniority => profile.seniority.as_deref(),
        ContactProperty::Department => profile.department.as_deref(),
        ContactProperty::Country => profile.country.as_deref(),
        ContactProperty::Phone => profile.phone.as_deref(),
    }
    .map(text)
}

fn of_company(property: CompanyProperty, company: &Company) -> Option<Found<'_>> {
    let profile = &company.profile;
    match property {
        CompanyProperty::Domain => company.domain.as_ref().map(|domain| domain.as_str()),
        CompanyProperty::Name => profile.name.as_deref(),
        CompanyProperty::LinkedinUrl => profile.linkedin_url.as_deref(),
        CompanyProperty::Industry => profile.industry.as_deref(),
        CompanyProperty::Country => profile.country.as_deref(),
        CompanyProperty::Employees => {
            return profile.employees.map(|employees| Found::One(Atom::Number(Numeric::Whole(employees.into()))));
        }
    }
    .map(text)
}

fn of_visit(property: VisitProperty, visit: &Visit) -> Option<Found<'_>> {
    match property {
        VisitProperty::Url => visit.page.url.as_deref(),
        VisitProperty::Path => Some(visit.page.path.as_str()),
        VisitProperty::Title => visit.page.title.as_deref(),
        VisitProperty::Referrer => visit.referrer.as_deref(),
        VisitProperty::PageViews => return Some(Found::One(Atom::Number(Numeric::Whole(visit.page_views.into())))),
        VisitProperty::FirstVisit => return Some(Found::One(Atom::Bool(visit.first_visit))),
        VisitProperty::UtmSource => visit.utm.source.as_deref(),
        VisitProperty::UtmMedium => visit.utm.medium.as_deref(),
        VisitProperty::UtmCampaign => visit.utm.campaign.as_deref(),
        VisitProperty::UtmTerm => visit.utm.term.as_deref(),
        VisitProperty::UtmContent => visit.utm.content.as_deref(),
    }
    .map(text)
}

/// A trait of just that name wins over one inside an object.
fn of_traits<'a>(path: &str, traits: &'a Map<String, Value>) -> Option<Found<'a>> {
    let value = traits.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        rest.split('.').try_fold(traits.get(first)?, |value, name| value.as_object()?.get(name))
    });
    Found::of(value?)
}
