//! Writes the configuration in force as lines of TOML, each with where its value comes from.
//!
//! Promise: no secret is in it.

use std::fmt::Write as _;

use super::reader::Reader;
use super::value::Setting;
use super::{Config, KEYS};

impl Config {
    /// One line per setting: `key = value  # from source`.
    pub(crate) fn show(&self, reader: &Reader) -> String {
        let settings = KEYS.map(|key| (key, self.shown(key)));
        let width = settings.iter().map(|(key, value)| key.len() + value.len()).filter(|width| *width <= 60).max();
        let mut lines = String::new();
        for (key, value) in settings {
            let origin = reader.origin(key).named(key);
            if value.is_empty() {
                // Writing to a String cannot fail.
                let _ = writeln!(lines, "# {key} is not set");
                continue;
            }
            let pad = width.unwrap_or(0).saturating_sub(key.len() + value.len());
            let _ = writeln!(lines, "{key} = {value}{:pad$}  # from {origin}", "");
        }
        lines
    }

    /// The value of a setting as TOML; empty if it has none.
    fn shown(&self, key: &str) -> String {
        match key {
            "listen" => self.listen.show(),
            "data_dir" => self.data_dir.show(),
            "database_url" => self.database_url.show(),
            "allow_nets" => self.allow_nets.show(),
            "https_only" => self.https_only.show(),
            "api_key" => self.api_key.show(),
            "write_key" => self.write_key.show(),
            "encryption_key" => self.encryption_key.show(),
            "retry_schedule" => self.retry_schedule.show(),
            "timeout" => self.timeout.show(),
            "disable_after" => self.disable_after.show(),
            "proxy" => self.proxy.show(),
            "proxy_resolves_names" => self.proxy_resolves_names.show(),
            "public_url" => self.public_url.show(),
            "portal_name" => self.portal_name.show(),
            "portal_logo" => self.portal_logo.show(),
            "portal_accent" => self.portal_accent.show(),
            "portal_frame_ancestors" if self.portal_frame_ancestors.0.is_empty() => String::new(),
            "portal_frame_ancestors" => self.portal_frame_ancestors.show(),
            "smtp_url" => self.smtp_url.show(),
            "mail_from" => self.mail_from.show(),
            "mail_to" if self.mail_to.is_empty() => String::new(),
            "mail_to" => self.mail_to.show(),
            "company_mmdb" if self.company_mmdb.0.is_empty() => String::new(),
            "company_mmdb" => self.company_mmdb.show(),
            "company_networks" => self.company_networks.show(),
            "trusted_proxies" => self.trusted_proxies.show(),
            "free_mail_domains" if self.free_mail_domains.0.is_empty() => String::new(),
            "free_mail_domains" => self.free_mail_domains.show(),
            "detect_bots" => self.detect_bots.show(),
            "shutdown_grace" => self.shutdown_grace.show(),
            "payload_bytes_max" => self.payload_bytes_max.show(),
            "body_bytes_max" => self.body_bytes_max.show(),
            "log_format" => self.log_format.show(),
            "log_level" => self.log_level.show(),
            _ => String::new(),
        }
    }
}
