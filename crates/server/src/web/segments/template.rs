//! Segments to begin with.

use beckon_domain::segment::Subject;
use serde_json::{Value, json};

/// A segment that is filled in but for what only the customer knows.
pub(super) struct Template {
    /// Its name in addresses.
    pub(super) name: &'static str,
    /// What the segment is called at first.
    pub(super) title: &'static str,
    /// Whom it finds.
    pub(super) about: &'static str,
    /// Who it is about.
    pub(super) subject: Subject,
    rule: fn() -> Value,
}

impl Template {
    /// The rule.
    pub(super) fn rule(&self) -> Value {
        (self.rule)()
    }

    /// The one of that name.
    pub(super) fn find(name: &str) -> Option<&'static Template> {
        ALL.iter().find(|template| template.name == name)
    }
}

/// All of them.
pub(super) const ALL: &[Template] = &[
    Template {
        name: "pricing",
        title: "Pricing page visitors",
        about: "Contacts who looked at your pricing page at least 3 times within 7 days.",
        subject: Subject::Contact,
        rule: || {
            json!({"all": [
                {"visited": {"path": "/pricing", "match": "prefix"}, "count": {"op": "gte", "value": 3}, "within": "7d"}]})
        },
    },
    Template {
        name: "intent",
        title: "High intent",
        about: "Decision makers who showed strong intent elsewhere within 14 days.",
        subject: Subject::Contact,
        rule: || {
            json!({"all": [
                {"prop": "contact.title", "op": "contains_any", "value": ["vp", "head", "director", "chief"]},
                {"intent": {"topic": []}, "score": {"op": "gte", "value": 70}, "within": "14d"}]})
        },
    },
    Template {
        name: "accounts",
        title: "Target company on the site",
        about: "Somebody unknown from one of your target companies is on the website.",
        subject: Subject::Company,
        rule: || {
            json!({"all": [
                {"prop": "company.domain", "op": "in", "value": ["example.com"]}]})
        },
    },
];

#[cfg(test)]
mod tests {
    use beckon_domain::segment::rule::Rule;

    use super::*;

    #[test]
    fn every_template_is_a_rule_that_its_subject_can_have() {
        for template in ALL {
            let rule = Rule::parse(&template.rule()).unwrap();
            assert_eq!(rule.check_for(template.subject), Ok(()), "{}", template.name);
            assert_eq!(Template::find(template.name).unwrap().title, template.title);
        }
    }
}
