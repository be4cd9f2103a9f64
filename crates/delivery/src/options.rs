//! What an operator can set about deliveries, and the bounds of it.
//!
//! Not here: what the owner of a webhook can set (`beckon_domain::webhook`).

use std::time::Duration;

use beckon_domain::health::DISABLE_AFTER_DEFAULT;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::retry::RetrySchedule;
use ipnet::IpNet;
use jiff::SignedDuration;

use crate::proxy::ProxyUrl;

/// Shortest timeout of a request.
pub const TIMEOUT_MIN: Duration = Duration::from_secs(1);
/// Longest timeout of a request.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(30);
/// Most requests that can be allowed on the way at once.
pub const IN_FLIGHT_LIMIT: usize = 10_000;
/// Most bytes of a response body that can be kept.
pub const RESPONSE_BODY_KEPT_LIMIT: usize = 64 * 1024;
/// Soonest that a webhook can be disabled for failing.
pub const DISABLE_AFTER_MIN: SignedDuration = SignedDuration::from_secs(1);
/// Latest that a webhook can be disabled for failing.
pub const DISABLE_AFTER_MAX: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Longest grace at shutdown.
pub const SHUTDOWN_GRACE_MAX: Duration = Duration::from_secs(600);

/// How deliveries are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a request may take, from opening the connection to the end of the answer.
    /// [`TIMEOUT_MIN`] to [`TIMEOUT_MAX`].
    pub timeout: Duration,
    /// How long each of resolving, connecting and the TLS handshake may take. At most `timeout`.
    pub connect_timeout: Duration,
    /// When to try again, where the webhook does not say.
    pub retry_schedule: RetrySchedule,
    /// Nothing but failures for so long disables a webhook. [`DISABLE_AFTER_MIN`] to [`DISABLE_AFTER_MAX`].
    pub disable_after: SignedDuration,
    /// How long a receiver may take to answer, from the request being handed over to the end of the answer's head.
    /// `None` leaves it all of `timeout`, which ends it in any case.
    pub first_byte_timeout: Option<Duration>,
    /// Networks that deliveries may go to although they are not public.
    pub allow_nets: Vec<IpNet>,
    /// Refuse to send over plain http.
    pub https_only: bool,
    /// What every request goes through, on its way to receivers and to authorization servers. Its own address is
    /// the operator's choice and not vetted.
    pub proxy: Option<ProxyUrl>,
    /// Give host names to the proxy instead of the addresses they were resolved to here. For proxies that insist on
    /// names. Then where a name leads is the proxy's business: only addresses typed as such, and names of this
    /// machine, are still vetted here.
    pub proxy_resolves_names: bool,
    /// Whether notices go into the outbox of mails too: somebody has to take them out again ([`crate::mail`]).
    pub mail_notices: bool,
    /// Most requests on the way to receivers. (Those whose record is still being written are bounded apart.)
    pub in_flight_max: usize,
    /// Most requests on the way to one webhook. At most `in_flight_max`.
    pub in_flight_per_webhook_max: usize,
    /// How long requests in flight may go on after a shutdown was asked for.
    pub shutdown_grace: Duration,
    /// Most bytes of a response body that are kept to be shown.
    pub response_body_kept_max: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: None,
            retry_schedule: RetrySchedule::default(),
            disable_after: DISABLE_AFTER_DEFAULT,
            allow_nets: Vec::new(),
            https_only: false,
            proxy: None,
            proxy_resolves_names: false,
            mail_notices: false,
            in_flight_max: 512,
            in_flight_per_webhook_max: 32,
            shutdown_grace: Duration::from_secs(20),
            response_body_kept_max: 16 * 1024,
        }
    }
}

impl Options {
    /// Checks every bound, naming each option that is outside of its own.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        if !(TIMEOUT_MIN..=TIMEOUT_MAX).contains(&self.timeout) {
            let (min, max) = (TIMEOUT_MIN.as_secs(), TIMEOUT_MAX.as_secs());
            findings.add("timeout", format!("between {min} and {max} seconds"));
        }
        if self.connect_timeout.is_zero() || self.connect_timeout > self.timeout {
            findings.add("connect_timeout", "more than nothing, and no longer than timeout");
        }
        if self.first_byte_timeout.is_some_and(|limit| limit.is_zero()) {
            findings.add("first_byte_timeout", "more than nothing");
        }
        findings.take(self.retry_schedule.check("retry_schedule"));
        if !(DISABLE_AFTER_MIN..=DISABLE_AFTER_MAX).contains(&self.disable_after) {
            findings.add("disable_after", "between 1 second and 365 days");
        }
        if !(1..=IN_FLIGHT_LIMIT).contains(&self.in_flight_max) {
            findings.add("in_flight_max", format!("between 1 and {IN_FLIGHT_LIMIT}"));
        }
        if !(1..=self.in_flight_max).contains(&self.in_flight_per_webhook_max) {
            findings.add("in_flight_per_webhook_max", "between 1 and in_flight_max");
        }
        if self.shutdown_grace > SHUTDOWN_GRACE_MAX {
            findings.add("shutdown_grace", format!("at most {} seconds", SHUTDOWN_GRACE_MAX.as_secs()));
        }
        if self.response_body_kept_max > RESPONSE_BODY_KEPT_LIMIT {
            findings.add("response_body_kept_max", format!("at most {RESPONSE_BODY_KEPT_LIMIT} bytes"));
        }
        findings.into_result(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_bounds_and_everything_outside_is_named() {
        assert_eq!(Options::default().check(), Ok(()));
        let wrong = Options {
            timeout: Duration::from_secs(31),
            connect_timeout: Duration::ZERO,
            disable_after: DISABLE_AFTER_MAX + DISABLE_AFTER_MIN,
            in_flight_max: 0,
            in_flight_per_webhook_max: 1,
            response_body_kept_max: usize::MAX,
            ..Options::default()
        };
        let fields: Vec<_> = wrong.check().unwrap_err().0.into_iter().map(|wrong| wrong.field).collect();
        let expected = [
            "timeout",
            "connect_timeout",
            "disable_after",
            "in_flight_max",
            "in_flight_per_webhook_max",
            "response_body_kept_max",
        ];
        assert_eq!(fields, expected);
    }
}
