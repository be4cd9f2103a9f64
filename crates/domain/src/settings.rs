//! What a workspace sets for itself as a whole.

mod identity;
mod pixel;
mod sites;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::email::Email;
use crate::invalid::{Findings, Invalid};
pub use identity::{BLOCKED_VALUE_CHARS_MAX, BLOCKED_VALUES_MAX, Blocked, IdentitySettings};
pub use pixel::{PIXEL_BASE_BYTES_MAX, PIXEL_NAME_BYTES_MAX, PIXEL_PATH_BYTES_MAX, Pixel};
pub use sites::{Gate, SITE_BYTES_MAX, SITES_MAX, Sites};

/// Longest name of a workspace, in characters.
pub const WORKSPACE_NAME_CHARS_MAX: usize = 100;
/// Most words of a list of the ideal customer profile.
pub const ICP_WORDS_MAX: usize = 200;
/// Longest word of such a list, in characters.
pub const ICP_WORD_CHARS_MAX: usize = 200;
/// Most people who get notices by mail.
pub const NOTICE_MAILS_MAX: usize = 20;
/// Shortest and longest time that something is kept, in days.
pub const RETENTION_DAYS: std::ops::RangeInclusive<u32> = 1..=3650;

/// The settings of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceSettings {
    /// In which days begin, as an IANA name such as `Europe/Berlin`.
    pub time_zone: String,
    /// From which websites browsers may send signals.
    pub sites: Sites,
    /// What the pixel is called on websites.
    pub pixel: Pixel,
    /// Whom the company wants to sell to.
    pub icp: Icp,
    /// What names nobody.
    pub identity: IdentitySettings,
    /// How long things are kept.
    pub retention: Retention,
    /// Who is told of troubles.
    pub notices: Notices,
    /// Whether anybody may read the event catalog at `/public/<workspace id>/catalog`.
    pub public_catalog: bool,
}

impl Default for WorkspaceSettings {
    fn default() -> WorkspaceSettings {
        WorkspaceSettings {
            time_zone: "UTC".to_owned(),
            sites: Sites::default(),
            pixel: Pixel::default(),
            icp: Icp::default(),
            identity: IdentitySettings::default(),
            retention: Retention::default(),
            notices: Notices::default(),
            public_catalog: false,
        }
    }
}

/// The ideal customer profile: who fits it matches every list that is not empty. If all are empty, nobody does.
///
/// Rules of segments ask for it with `{"icp": true}`. Titles and seniorities are those of a contact: where there is none,
/// as in a company segment, only the target accounts count, and a profile without them fits no company.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Icp {
    /// A title has one of these words or phrases, compared without case and as whole words: `VP` is in `VP Sales`, not
    /// in `Development`.
    pub titles: Vec<String>,
    /// A title has none of these words or phrases. Who has no title has none of them.
    pub titles_not: Vec<String>,
    /// A seniority is one of these, compared without case.
    pub seniorities: Vec<String>,
    /// The domain of the company is one of these: the target accounts.
    pub domains: Vec<String>,
}

impl Icp {
    /// Whether nobody has said anything.
    pub fn is_empty(&self) -> bool {
        *self == Icp::default()
    }
}

/// How many days things are kept; `None` is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Signals as they came, and page views.
    pub signals_days: Option<u32>,
    /// Events that have ended, with their payloads, deliveries and attempts.
    pub events_days: Option<u32>,
    /// The audit log.
    pub audit_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { signals_days: Some(90), events_days: Some(90), audit_days: Some(365) }
    }
}

/// Who is told when a webhook fails or is disabled, beside those the operator has configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Notices {
    /// Addresses.
    #[schemars(with = "Vec<String>")]
    pub mail_to: Vec<Email>,
}

impl WorkspaceSettings {
    /// All that is wrong with it.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        if TimeZone::get(&self.time_zone).is_err() {
            findings.add(
                "time_zone",
                format!("there is no time zone {:?}; give a name such as Europe/Berlin", self.time_zone),
            );
        }
        let bounded = [
            ("sites/allow", self.sites.allow.len(), SITES_MAX),
            ("sites/deny", self.sites.deny.len(), SITES_MAX),
            ("icp/titles", self.icp.titles.len(), ICP_WORDS_MAX),
            ("icp/titles_not", self.icp.titles_not.len(), ICP_WORDS_MAX),
            ("icp/seniorities", self.icp.seniorities.len(), ICP_WORDS_MAX),
            ("icp/domains", self.icp.domains.len(), ICP_WORDS_MAX),
            ("notices/mail_to", self.notices.mail_to.len(), NOTICE_MAILS_MAX),
        ];
        for (field, count, max) in bounded {
            if count > max {
                findings.add(field, format!("{count} are too many: at most {max}"));
            }
        }
        findings.take(self.sites.check());
        findings.take(self.pixel.check());
        self.identity.check(&mut findings);
        let words = [("icp/titles", &self.icp.titles), ("icp/titles_not", &self.icp.titles_not)];
        for (field, words) in words.into_iter().chain([("icp/seniorities", &self.icp.seniorities)]) {
            if words.iter().any(|word| word.chars().count() > ICP_WORD_CHARS_MAX) {
                findings.add(field, format!("at most {ICP_WORD_CHARS_MAX} characters each"));
            }
        }
        let kept = [
            ("retention/signals_days", self.retention.signals_days),
            ("retention/events_days", self.retention.events_days),
            ("retention/audit_days", self.retention.audit_days),
        ];
        for (field, days) in kept {
            if days.is_some_and(|days| !RETENTION_DAYS.contains(&days)) {
                findings.add(field, format!("give {} to {} days", RETENTION_DAYS.start(), RETENTION_DAYS.end()));
            }
        }
        findings.into_result(())
    }

    /// The time zone; UTC if its name is no longer known.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_named() {
        let settings = WorkspaceSettings {
            time_zone: "Mars/Olympus".to_owned(),
            retention: Retention { signals_days: Some(0), ..Retention::default() },
            ..WorkspaceSettings::default()
        };
        let fields: Vec<_> = settings.check().unwrap_err().0.into_iter().map(|found| found.field).collect();
        assert_eq!(fields, ["time_zone", "retention/signals_days"]);
        assert!(
            WorkspaceSettings { time_zone: "Europe/Berlin".to_owned(), ..settings }.time_zone().iana_name().is_some()
        );
        assert_eq!(WorkspaceSettings::default().check(), Ok(()));
    }
}
