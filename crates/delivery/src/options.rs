//! What an operator can set about deliveries, and the bounds of it.
//!
//! Not here: what the owner of a webhook can set (`beckon_domain::webhook`).

use std::time::Duration;

use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::retry::RetrySchedule;
use ipnet::IpNet;

/// Shortest timeout of a request.
pub const TIMEOUT_MIN: Duration = Duration::from_secs(1);
/// Longest timeout of a request.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(30);
/// Most requests that can be allowed in flight at once.
pub const IN_FLIGHT_LIMIT: usize = 10_000;
/// Most bytes of a response body that can be kept.
pub const RESPONSE_BODY_KEPT_LIMIT: usize = 64 * 1024;
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
    /// Networks that deliveries may go to although they are not public.
    pub allow_nets: Vec<IpNet>,
    /// Refuse to send over plain http.
    pub https_only: bool,
    /// Most requests in flight, those whose record is still being written included.
    pub in_flight_max: usize,
    /// Most requests in flight to one webhook. At most `in_flight_max`.
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
            retry_schedule: RetrySchedule::default(),
            allow_nets: Vec::new(),
            https_only: false,
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
        findings.take(self.retry_schedule.check("retry_schedule"));
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
            in_flight_max: 0,
            in_flight_per_webhook_max: 1,
            response_body_kept_max: usize::MAX,
            ..Options::default()
        };
        let fields: Vec<_> = wrong.check().unwrap_err().0.into_iter().map(|wrong| wrong.field).collect();
        let expected =
            ["timeout", "connect_timeout", "in_flight_max", "in_flight_per_webhook_max", "response_body_kept_max"];
        assert_eq!(fields, expected);
    }
}
