//! A change of settings as the API takes it.

use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::settings::{
    Icp, IdentitySettings, Notices, Pixel, Retention, Sites, WORKSPACE_NAME_CHARS_MAX, WorkspaceSettings,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::fields;
use crate::extract::Whole;
use crate::patch::{Patch, Set};

/// What is to change: absent keeps, null sets back to what a new workspace has.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateSettings")]
pub(crate) struct ChangeSettings {
    /// What people call the workspace.
    #[serde(default)]
    #[schemars(length(min = 1, max = WORKSPACE_NAME_CHARS_MAX))]
    name: Set<String>,
    /// In which days begin, as an IANA name such as `Europe/Berlin`.
    #[serde(default)]
    time_zone: Patch<String>,
    /// From which websites browsers may send signals.
    #[serde(default)]
    sites: Patch<ChangeSites>,
    /// What the pixel is called on websites.
    #[serde(default)]
    pixel: Patch<ChangePixel>,
    /// Whom the company wants to sell to.
    #[serde(default)]
    icp: Patch<ChangeIcp>,
    /// How people are recognised.
    #[serde(default)]
    identity: Patch<ChangeIdentity>,
    /// How long things are kept.
    #[serde(default)]
    retention: Patch<ChangeRetention>,
    /// Who is told of troubles, beside those the operator has configured.
    #[serde(default)]
    notices: Patch<ChangeNotices>,
    /// Whether anybody may read the event catalog.
    #[serde(default)]
    public_catalog: Patch<bool>,
}

/// Which websites.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateSites")]
struct ChangeSites {
    /// Hosts that may: `example.com` is that host only, `*.example.com` every host below it. Empty means all.
    #[serde(default)]
    allow: Patch<Vec<String>>,
    /// Hosts, or addresses that pages begin with, that may not. They win.
    #[serde(default)]
    deny: Patch<Vec<String>>,
}

/// What the pixel is called.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdatePixel")]
struct ChangePixel {
    /// The path of the script: `/`, a name of letters, digits, `-`, `_` and `.`, and `.js` at its end.
    #[serde(default)]
    path: Patch<String>,
    /// The name of the function that pages call.
    #[serde(default)]
    name: Patch<String>,
    /// Below which address or path websites reach this server through a proxy of their own. Null: they reach it directly.
    #[serde(default)]
    base: Patch<String>,
}

/// The ideal customer profile.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateIcp")]
struct ChangeIcp {
    /// A title has one of these words.
    #[serde(default)]
    titles: Patch<Vec<String>>,
    /// A title has none of these words.
    #[serde(default)]
    titles_not: Patch<Vec<String>>,
    /// A seniority is one of these.
    #[serde(default)]
    seniorities: Patch<Vec<String>>,
    /// A company's domain is one of these.
    #[serde(default)]
    domains: Patch<Vec<String>>,
}

/// How people are recognised.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateIdentity")]
struct ChangeIdentity {
    /// User ids, addresses, anonymous ids and account ids that name nobody.
    #[serde(default)]
    blocked_values: Patch<Vec<String>>,
}

/// How many days things are kept; null is for ever.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateRetention")]
struct ChangeRetention {
    /// Signals as they came, and page views.
    #[serde(default)]
    signals_days: Patch<Whole<u32>>,
    /// Events that have ended, with their payloads, deliveries and attempts.
    #[serde(default)]
    events_days: Patch<Whole<u32>>,
    /// The audit log.
    #[serde(default)]
    audit_days: Patch<Whole<u32>>,
}

/// Who is told of troubles.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateNotices")]
struct ChangeNotices {
    /// Mail addresses.
    #[serde(default)]
    mail_to: Patch<Vec<String>>,
}

impl ChangeSettings {
    /// The name and settings as they are then.
    ///
    /// # Errors
    /// Every wrong field.
    pub(super) fn apply(
        self,
        name: String,
        mut settings: WorkspaceSettings,
    ) -> Result<(String, WorkspaceSettings), Invalid> {
        let mut findings = Findings::default();
        let name = match self.name {
            Set::Absent => Some(name),
            Set::Value(name) => findings.take(fields::name(&name, WORKSPACE_NAME_CHARS_MAX)),
        };
        let time_zone = self.time_zone.map(|name| name.trim().to_owned());
        set_back(time_zone, WorkspaceSettings::default().time_zone, &mut settings.time_zone);
        match self.sites {
            Patch::Absent => {}
            Patch::Null => settings.sites = Sites::default(),
            Patch::Value(ChangeSites { allow, deny }) => {
                allow.map(lines).apply(&mut settings.sites.allow);
                deny.map(lines).apply(&mut settings.sites.deny);
            }
        }
        match self.pixel {
            Patch::Absent => {}
            Patch::Null => settings.pixel = Pixel::default(),
            Patch::Value(ChangePixel { path, name, base }) => {
                let usual = Pixel::default();
                let trimmed = |text: String| text.trim().to_owned();
                set_back(path.map(trimmed), usual.path, &mut settings.pixel.path);
                set_back(name.map(trimmed), usual.name, &mut settings.pixel.name);
                base.map(trimmed).apply_optional(&mut settings.pixel.base);
            }
        }
        match self.icp {
            Patch::Absent => {}
            Patch::Null => settings.icp = Icp::default(),
            Patch::Value(change) => {
                change.titles.map(lines).apply(&mut settings.icp.titles);
                change.titles_not.map(lines).apply(&mut settings.icp.titles_not);
                change.seniorities.map(lines).apply(&mut settings.icp.seniorities);
                read_all("icp/domains", change.domains, &mut settings.icp.domains, &mut findings, |field, text| {
                    fields::domain(field, text).map(|domain| domain.to_string())
                });
            }
        }
        match self.identity {
            Patch::Absent => {}
            Patch::Null => settings.identity = IdentitySettings::default(),
            Patch::Value(ChangeIdentity { blocked_values }) => {
                blocked_values.map(lines).apply(&mut settings.identity.blocked_values);
            }
        }
        match self.retention {
            Patch::Absent => {}
            Patch::Null => settings.retention = Retention::default(),
            Patch::Value(change) => {
                let days = |Whole(days)| days;
                change.signals_days.map(days).apply_optional(&mut settings.retention.signals_days);
                change.events_days.map(days).apply_optional(&mut settings.retention.events_days);
                change.audit_days.map(days).apply_optional(&mut settings.retention.audit_days);
            }
        }
        match self.notices {
            Patch::Absent => {}
            Patch::Null => settings.notices = Notices::default(),
            Patch::Value(ChangeNotices { mail_to }) => {
                read_all("notices/mail_to", mail_to, &mut settings.notices.mail_to, &mut findings, fields::email);
            }
        }
        self.public_catalog.apply(&mut settings.public_catalog);
        findings.take(settings.check());
        findings.into_result((name.unwrap_or_default(), settings))
    }
}

/// Null is what a new workspace has.
fn set_back(said: Patch<String>, usual: String, slot: &mut String) {
    match said {
        Patch::Null => *slot = usual,
        said => said.apply(slot),
    }
}

/// Trimmed, without empty ones and repetitions.
fn lines(all: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = vec![];
    for line in all.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
        if !kept.iter().any(|known| known == line) {
            kept.push(line.to_owned());
        }
    }
    kept
}

/// Reads each entry of a list, and names each that cannot be read.
fn read_all<T: PartialEq>(
    field: &str,
    said: Patch<Vec<String>>,
    slot: &mut Vec<T>,
    findings: &mut Findings,
    read: impl Fn(&str, &str) -> Result<T, Invalid>,
) {
    let all = match said {
        Patch::Absent => return,
        Patch::Null => vec![],
        Patch::Value(all) => all,
    };
    slot.clear();
    for (place, text) in all.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let entry = read(&format!("{field}/{place}"), text).map_err(|Invalid(mut wrong)| {
            wrong.iter_mut().for_each(|found| found.reason = format!("{:?} {}", text.trim(), found.reason));
            Invalid(wrong)
        });
        if let Some(entry) = findings.take(entry)
            && !slot.contains(&entry)
        {
            slot.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn applied(change: Value, settings: WorkspaceSettings) -> Result<(String, WorkspaceSettings), Invalid> {
        serde_json::from_value::<ChangeSettings>(change).unwrap().apply("Acme".to_owned(), settings)
    }

    // behaviour A3
    #[test]
    fn absent_keeps_null_sets_back_and_a_value_sets() {
        let change = json!({
            "time_zone": " Europe/Berlin ", "sites": { "allow": ["example.com", " ", "example.com"] },
            "icp": { "domains": ["https://www.Acme.com/", "acme.com"], "titles": ["VP"] },
            "retention": { "signals_days": 30, "events_days": null }, "notices": { "mail_to": ["Ops@Acme.com"] },
            "pixel": { "path": " /a.js ", "base": "/w" }, "identity": { "blocked_values": [" Demo ", "", "x@acme.com"] },
        });
        let (name, set) = applied(change, WorkspaceSettings::default()).unwrap();
        assert_eq!((name.as_str(), set.time_zone.as_str()), ("Acme", "Europe/Berlin"));
        assert_eq!(
            (set.sites.allow.clone(), set.icp.domains.clone()),
            (vec!["example.com".to_owned()], vec!["acme.com".to_owned()])
        );
        assert_eq!(set.retention, Retention { signals_days: Some(30), events_days: None, audit_days: Some(365) });
        assert_eq!(set.notices.mail_to[0].as_str(), "ops@acme.com");
        assert_eq!(set.identity.blocked_values, ["Demo", "x@acme.com"]);

        assert_eq!((set.pixel.src("https://b.example").as_str(), set.pixel.name.as_str()), ("/w/a.js", "beckon"));
        let back = applied(json!({ "pixel": { "path": null, "base": null } }), set.clone()).unwrap().1;
        assert_eq!(back.pixel, Pixel::default());

        let kept = applied(json!({ "icp": { "titles_not": ["Intern"] } }), set.clone()).unwrap().1;
        assert_eq!(
            kept,
            WorkspaceSettings { icp: Icp { titles_not: vec!["Intern".to_owned()], ..set.icp.clone() }, ..set.clone() }
        );
        let nulls = json!({ "time_zone": null, "sites": null, "icp": null, "retention": null, "notices": null, "public_catalog": null, "pixel": null, "identity": null });
        assert_eq!(applied(nulls, set).unwrap().1, WorkspaceSettings::default());
    }

    // behaviour A6
    #[test]
    fn every_wrong_field_is_named_at_once() {
        let change = json!({
            "name": " ", "time_zone": "Mars/Olympus", "sites": { "deny": ["https://"] }, "icp": { "domains": ["ok.com", "acme"] },
            "retention": { "audit_days": 0 }, "notices": { "mail_to": ["nobody"] },
        });
        let wrong = applied(change, WorkspaceSettings::default()).unwrap_err().0;
        let fields: Vec<_> = wrong.iter().map(|found| found.field.as_str()).collect();
        assert_eq!(
            fields,
            ["name", "icp/domains/1", "notices/mail_to/0", "time_zone", "sites/deny/0", "retention/audit_days"]
        );
        assert!(wrong[1].reason.starts_with("\"acme\" is no domain"), "{}", wrong[1].reason);
    }
}
