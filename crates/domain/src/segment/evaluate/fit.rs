//! Decides who fits the ideal customer profile.
//!
//! Whoever fits matches every list that is not empty; with all of them empty, nobody does. Where there is no contact, as
//! in every company segment, only the target accounts can be asked for: the other lists are left out, and a profile
//! without target accounts fits no company.
//! Promise: what is missed is said list by list; who misses nothing fits.
//! Not here: what may stand in a profile ([`crate::settings`]).

use super::Facts;
use crate::segment::rule::{CompanyProperty, ContactProperty, Property, Text, fold};
use crate::settings::Icp;

/// What the titles are looked for in.
pub(super) static TITLE: Property = Property::Contact(ContactProperty::Title);
/// What the seniorities are compared with.
pub(super) static SENIORITY: Property = Property::Contact(ContactProperty::Seniority);
/// What the target accounts are compared with.
pub(super) static COMPANY_DOMAIN: Property = Property::Company(CompanyProperty::Domain);

/// The ideal customer profile, ready to be asked.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// A title has one of these words or phrases.
    pub(super) titles: Vec<Phrase>,
    /// A title has none of these.
    titles_not: Vec<Phrase>,
    /// The seniority is one of these.
    pub(super) seniorities: Vec<Text>,
    /// The company's domain is one of these.
    pub(super) domains: Vec<Text>,
}

/// A list that is not met, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Miss<'a> {
    /// The profile is empty.
    NothingAsked,
    /// There is no contact, and the profile names no target accounts.
    NoAccounts,
    /// The title has none of the words.
    Title(Option<&'a str>),
    /// The title has a word that none is to have.
    TitleWithout {
        /// The title.
        title: &'a str,
        /// The word.
        word: &'a str,
    },
    /// The seniority is none of them.
    Seniority(Option<&'a str>),
    /// The company is no target account.
    Account(Option<&'a str>),
}

impl Profile {
    pub(super) fn of(icp: &Icp) -> Profile {
        let texts = |words: &[String]| words.iter().map(|word| Text::new(word.trim())).collect();
        let phrases = |words: &[String]| words.iter().map(|word| Phrase::new(word)).collect();
        Profile {
            titles: phrases(&icp.titles),
            titles_not: phrases(&icp.titles_not),
            seniorities: texts(&icp.seniorities),
            domains: texts(&icp.domains),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.titles.is_empty() && self.titles_not.is_empty() && self.seniorities.is_empty() && self.domains.is_empty()
    }

    /// What it looks at.
    pub(super) fn properties(&self) -> impl Iterator<Item = &'static Property> {
        let titles = !self.titles.is_empty() || !self.titles_not.is_empty();
        let looked_at =
            [(&TITLE, titles), (&SENIORITY, !self.seniorities.is_empty()), (&COMPANY_DOMAIN, !self.domains.is_empty())];
        looked_at.into_iter().filter_map(|(property, asked)| asked.then_some(property))
    }

    /// The lists that are not met.
    pub(super) fn misses<'a>(&'a self, facts: &Facts<'a>) -> Vec<Miss<'a>> {
        if self.is_empty() {
            return vec![Miss::NothingAsked];
        }
        let mut misses = Vec::new();
        match facts.contact {
            None if self.domains.is_empty() => misses.push(Miss::NoAccounts),
            None => {}
            Some(contact) => {
                let title = contact.profile.title.as_deref();
                if !self.titles.is_empty() && first_in(&self.titles, title).is_none() {
                    misses.push(Miss::Title(title));
                }
                if let (Some(title), Some(phrase)) = (title, first_in(&self.titles_not, title)) {
                    misses.push(Miss::TitleWithout { title, word: &phrase.typed });
                }
                let seniority = contact.profile.seniority.as_deref();
                if !self.seniorities.is_empty() && !is_one_of(&self.seniorities, seniority) {
                    misses.push(Miss::Seniority(seniority));
                }
            }
        }
        let domain = facts.company.and_then(|company| company.domain.as_ref()).map(|domain| domain.as_str());
        if !self.domains.is_empty() && !is_one_of(&self.domains, domain) {
            misses.push(Miss::Account(domain));
        }
        misses
    }
}

fn is_one_of(texts: &[Text], value: Option<&str>) -> bool {
    value.is_some_and(|value| texts.iter().any(|text| text.equals(value)))
}

/// The first of the phrases that is in a title.
fn first_in<'a>(phrases: &'a [Phrase], title: Option<&str>) -> Option<&'a Phrase> {
    let title = spaced(title?);
    phrases.iter().find(|phrase| phrase.is_in(&title))
}

/// A word, or several in a row, to be found where words begin and end.
#[derive(Debug)]
pub(super) struct Phrase {
    typed: String,
    /// In lower case, with one blank between words.
    folded: String,
}

impl Phrase {
    fn new(typed: &str) -> Phrase {
        Phrase { typed: typed.trim().to_owned(), folded: spaced(typed) }
    }

    /// Whether it is in a text in lower case, and not as part of a longer word.
    fn is_in(&self, text: &str) -> bool {
        let (begins, ends) =
            (self.folded.starts_with(char::is_alphanumeric), self.folded.ends_with(char::is_alphanumeric));
        !self.folded.is_empty()
            && places(text, &self.folded).any(|at| {
                let (before, after) = (&text[..at], &text[at + self.folded.len()..]);
                !(begins && before.ends_with(char::is_alphanumeric) || ends && after.starts_with(char::is_alphanumeric))
            })
    }
}

/// Where a part is in a text, also where two of them overlap.
fn places<'t>(text: &'t str, part: &'t str) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find(part)?;
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        Some(at)
    })
}

/// In lower case, with one blank between words.
fn spaced(text: &str) -> String {
    fold(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

#[cfg(test)]
mod tests;
