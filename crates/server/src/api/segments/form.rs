//! A segment as the API takes and shows it.
//!
//! Promise: everything wrong with a segment is named at once, also inside its rule, where the field is the
//! node's JSON pointer behind `rule`.

use beckon_domain::channel::Channel;
use beckon_domain::id::SegmentId;
use beckon_domain::invalid::{Findings, Invalid, InvalidField};
use beckon_domain::segment::evaluate::SegmentCatalog;
use beckon_domain::segment::rule::Rule;
use beckon_domain::segment::{Action, Frequency, Segment, Subject};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::frequency::FrequencyForm;
use crate::api::fields;
use crate::patch::{Patch, Set};

/// Longest name, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 200;

const SUBJECT_DEFAULT: Subject = Subject::Contact;
const ENABLED_DEFAULT: bool = true;
const ACTIONS_DEFAULT: [Action; 1] = [Action::Webhook];

/// A segment to make.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateSegment")]
pub(crate) struct NewSegment {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX))]
    name: String,
    /// Who it is about; contacts if not given.
    #[serde(default = "subject_default")]
    subject: Subject,
    /// Who is in it.
    #[schemars(with = "Rule")]
    rule: Value,
    /// Whether anyone can qualify; true if not given.
    #[serde(default = "enabled_default")]
    enabled: bool,
    /// What happens when someone does; `webhook` if not given.
    #[serde(default = "actions_default")]
    actions: Vec<Action>,
    /// How often the same one may; every visit if not given.
    #[serde(default = "frequency_default")]
    frequency: FrequencyForm,
}

pub(super) fn subject_default() -> Subject {
    SUBJECT_DEFAULT
}

fn enabled_default() -> bool {
    ENABLED_DEFAULT
}

fn actions_default() -> Vec<Action> {
    ACTIONS_DEFAULT.to_vec()
}

fn frequency_default() -> FrequencyForm {
    Frequency::default().into()
}

impl NewSegment {
    /// The segment, without its number.
    pub(super) fn into_segment(self, catalog: &SegmentCatalog, now: Timestamp) -> Result<Segment, Invalid> {
        let mut findings = Findings::default();
        let name = findings.take(read_name(&self.name));
        let rule = findings.take(read_rule(&self.rule, None, self.subject, catalog));
        let frequency = findings.take(self.frequency.read());
        let parts = name.zip(rule).zip(frequency);
        let Some(((name, rule), frequency)) = findings.into_result(parts)? else {
            return Err(Invalid::one("", "the segment cannot be read"));
        };
        Ok(Segment {
            id: SegmentId(0),
            name,
            subject: self.subject,
            rule,
            enabled: self.enabled,
            actions: without_repeats(self.actions),
            frequency,
            revision: 0,
            created_at: now,
            updated_at: now,
        })
    }
}

/// A change of a segment: absent keeps, null makes it as if it had not been given when the segment was made,
/// a value sets. Name, subject and rule cannot be null.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateSegment")]
pub(crate) struct SegmentChange {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(min = 1, max = NAME_CHARS_MAX))]
    name: Set<String>,
    /// Who it is about. Cannot change while other segments refer to this one.
    #[serde(default)]
    subject: Set<Subject>,
    /// Who is in it.
    #[serde(default)]
    #[schemars(with = "Set<Rule>")]
    rule: Set<Value>,
    /// Whether anyone can qualify.
    #[serde(default)]
    enabled: Patch<bool>,
    /// What happens when someone does.
    #[serde(default)]
    actions: Patch<Vec<Action>>,
    /// How often the same one may.
    #[serde(default)]
    frequency: Patch<FrequencyForm>,
}

impl SegmentChange {
    /// The segment as it is after the change.
    pub(super) fn apply(&self, before: &Segment, catalog: &SegmentCatalog, now: Timestamp) -> Result<Segment, Invalid> {
        let mut after = Segment { updated_at: now, ..before.clone() };
        let mut findings = Findings::default();
        if let Set::Value(name) = &self.name {
            findings.take(read_name(name)).into_iter().for_each(|name| after.name = name);
        }
        if let Set::Value(subject) = self.subject {
            after.subject = subject;
        }
        if let Set::Value(rule) = &self.rule {
            let rule = findings.take(read_rule(rule, Some(before.id), after.subject, catalog));
            rule.into_iter().for_each(|rule| after.rule = rule);
        } else if after.subject != before.subject {
            findings.take(check_rule(&before.rule, Some(before.id), after.subject, catalog));
        }
        match self.enabled {
            Patch::Absent => {}
            Patch::Null => after.enabled = ENABLED_DEFAULT,
            Patch::Value(enabled) => after.enabled = enabled,
        }
        match &self.actions {
            Patch::Absent => {}
            Patch::Null => after.actions = ACTIONS_DEFAULT.to_vec(),
            Patch::Value(actions) => after.actions = without_repeats(actions.clone()),
        }
        match &self.frequency {
            Patch::Absent => {}
            Patch::Null => after.frequency = Frequency::default(),
            Patch::Value(form) => {
                findings.take(form.read()).into_iter().for_each(|frequency| after.frequency = frequency);
            }
        }
        findings.into_result(after)
    }
}

fn read_name(name: &str) -> Result<String, Invalid> {
    fields::name(name, NAME_CHARS_MAX)
}

pub(super) fn read_rule(
    json: &Value,
    id: Option<SegmentId>,
    subject: Subject,
    catalog: &SegmentCatalog,
) -> Result<Rule, Invalid> {
    let rule = Rule::parse(json).map_err(under_rule)?;
    check_rule(&rule, id, subject, catalog)?;
    Ok(rule)
}

fn check_rule(rule: &Rule, id: Option<SegmentId>, subject: Subject, catalog: &SegmentCatalog) -> Result<(), Invalid> {
    let mut findings = Findings::default();
    findings.take(rule.check_for(subject));
    findings.take(catalog.check_references(id, subject, rule));
    findings.into_result(()).map_err(under_rule)
}

fn under_rule(Invalid(fields): Invalid) -> Invalid {
    let under = |InvalidField { field, reason }| InvalidField { field: format!("rule{field}"), reason };
    Invalid(fields.into_iter().map(under).collect())
}

fn without_repeats(actions: Vec<Action>) -> Vec<Action> {
    let mut once = Vec::new();
    for action in actions {
        if !once.contains(&action) {
            once.push(action);
        }
    }
    once
}

/// A segment.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Segment")]
pub(crate) struct SegmentView {
    /// Its number.
    pub(crate) id: SegmentId,
    /// What people call it.
    pub(crate) name: String,
    /// Who it is about.
    pub(crate) subject: Subject,
    /// Who is in it, with defaults spelt out.
    pub(crate) rule: Rule,
    /// Whether anyone can qualify.
    pub(crate) enabled: bool,
    /// What happens when someone does.
    pub(crate) actions: Vec<Action>,
    /// How often the same one may.
    pub(crate) frequency: FrequencyForm,
    /// The label its events carry, which webhooks may be limited to.
    pub(crate) channel: Channel,
    /// When it was made.
    #[schemars(schema_with = "crate::docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it last changed.
    #[schemars(schema_with = "crate::docs::timestamp")]
    pub(crate) updated_at: Timestamp,
}

impl From<Segment> for SegmentView {
    fn from(segment: Segment) -> SegmentView {
        SegmentView {
            id: segment.id,
            name: segment.name,
            subject: segment.subject,
            rule: segment.rule,
            enabled: segment.enabled,
            actions: segment.actions,
            frequency: segment.frequency.into(),
            channel: Channel::of_segment(segment.id),
            created_at: segment.created_at,
            updated_at: segment.updated_at,
        }
    }
}
