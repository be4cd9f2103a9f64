//! Who fits the ideal customer profile.

use serde_json::json;

use super::super::SegmentCatalog;
use super::super::tests::World;
use super::*;
use crate::segment::rule::tests::rule;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Whether the VP Marketing of acme.com fits.
fn fits(icp: &Icp) -> bool {
    let world = World::new();
    SegmentCatalog::default().with_icp(icp).holds(&rule(json!({"icp": true})), &world.facts())
}

#[test]
fn every_list_that_is_not_empty_must_match() {
    let icp = Icp {
        titles: words(&["cto", "vp"]),
        titles_not: words(&["intern"]),
        seniorities: words(&["vp"]),
        domains: words(&["kestrel.example", "acme.com"]),
    };
    assert!(fits(&icp));
    assert!(!fits(&Icp { titles: words(&["cto"]), ..icp.clone() }));
    assert!(!fits(&Icp { titles_not: words(&["marketing"]), ..icp.clone() }));
    assert!(!fits(&Icp { seniorities: words(&["Director"]), ..icp.clone() }));
    assert!(!fits(&Icp { domains: words(&["kestrel.example"]), ..icp.clone() }));
    assert!(fits(&Icp { titles: vec![], domains: vec![], ..icp }));
}

#[test]
fn an_empty_profile_fits_nobody() {
    assert!(!fits(&Icp::default()));
    let world = World::new();
    let everyone = SegmentCatalog::default().holds(&rule(json!({"not": {"icp": true}})), &world.facts());
    assert!(everyone);
}

#[test]
fn a_word_is_found_where_words_begin_and_end() {
    let is_in = |phrase: &str, title: &str| Phrase::new(phrase).is_in(&spaced(title));
    assert!(is_in("VP", "vp sales") && is_in("vp", "Sales (VP)") && is_in("vp", "SVP/VP"));
    assert!(!is_in("VP", "Development") && !is_in("VP", "SVP") && !is_in("vp", "vp2"));
    assert!(is_in("head of", "Head  of Growth") && !is_in("head of", "Head offline") && is_in(" Head  of ", "head of"));
    assert!(is_in("C++", "C++ developer") && is_in("Ingénieur", "INGÉNIEUR en chef") && !is_in("chef", "cheffe"));
    assert!(!is_in("", "anything") && !is_in("vp", ""));
}

#[test]
fn of_a_company_only_the_target_accounts_count() {
    let world = World::new();
    let of_company = |icp: &Icp| {
        let facts = Facts { contact: None, ..world.facts() };
        SegmentCatalog::default().with_icp(icp).holds(&rule(json!({"icp": true})), &facts)
    };
    let accounts = Icp { domains: words(&["acme.com"]), ..Icp::default() };
    assert!(of_company(&accounts));
    assert!(of_company(&Icp { titles: words(&["CTO"]), seniorities: words(&["C-suite"]), ..accounts.clone() }));
    assert!(!of_company(&Icp { domains: words(&["other.example"]), ..accounts }));
    assert!(!of_company(&Icp { titles_not: words(&["intern"]), ..Icp::default() }), "it names no accounts");
}

#[test]
fn what_is_not_met_is_said_list_by_list() {
    let world = World::new();
    let found = |icp: &Icp| {
        let catalog = SegmentCatalog::default().with_icp(icp);
        let finding = catalog.explain(&rule(json!({"icp": true})), &world.facts());
        assert_eq!(finding.wanted, "fits the ideal customer profile");
        finding.found.unwrap()
    };
    let icp = Icp {
        titles: words(&["cto"]),
        titles_not: words(&["Marketing"]),
        seniorities: words(&["Director"]),
        domains: words(&["kestrel.example"]),
    };
    assert_eq!(
        found(&icp),
        "title is “VP Marketing”, and the profile asks for other words in it; \
         title is “VP Marketing”, and the profile wants none with “Marketing”; \
         seniority is “VP”, and the profile asks for others; \
         company domain is “acme.com”, which is no target account"
    );
    assert_eq!(found(&Icp::default()), "the profile is empty, so it fits nobody");
    assert_eq!(found(&Icp { seniorities: words(&["vp"]), ..Icp::default() }), "every list of the profile is met");
}
