//! Reads the columns of a row, one after the other.
//!
//! Promise: what cannot be read is [`StoreError::Corrupt`], with the kind of row named; never a panic.

use std::error::Error;

use beckon_domain::channel::Channel;
use beckon_domain::delivery::{DeliveryStatus, Trigger};
use beckon_domain::job::JobStatus;
use beckon_domain::secret::SecretText;
use beckon_store::Vault;
use beckon_store::deliveries::Lane;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The columns of a row, from the left.
pub(crate) struct Columns<'r> {
    row: &'r Row<'r>,
    what: &'static str,
    next: usize,
}

impl<'r> Columns<'r> {
    /// The columns of a row that holds a `what`.
    pub(crate) fn of(what: &'static str, row: &'r Row<'r>) -> Columns<'r> {
        Columns { row, what, next: 0 }
    }

    /// Begins again from the left.
    pub(crate) fn rewind(&mut self) {
        self.next = 0;
    }

    /// The next column, as SQLite has it.
    pub(crate) fn value<T: FromSql>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.get(index).map_err(|error| corrupt(self.what, error))
    }

    /// A number of things.
    pub(crate) fn count(&mut self) -> Result<u64> {
        u64::try_from(self.value::<i64>()?).map_err(|error| corrupt(self.what, error))
    }

    pub(crate) fn id<I: From<Uuid>>(&mut self) -> Result<I> {
        self.value::<Uuid>().map(I::from)
    }

    pub(crate) fn maybe_id<I: From<Uuid>>(&mut self) -> Result<Option<I>> {
        Ok(self.value::<Option<Uuid>>()?.map(I::from))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        Timestamp::from_millisecond(self.value()?).map_err(|error| corrupt(self.what, error))
    }

    pub(crate) fn maybe_time(&mut self) -> Result<Option<Timestamp>> {
        let millis = self.value::<Option<i64>>()?;
        millis.map(Timestamp::from_millisecond).transpose().map_err(|error| corrupt(self.what, error))
    }

    /// A text in a form of its own.
    pub(crate) fn parsed<T, E: Into<Box<dyn Error + Send + Sync>>>(
        &mut self,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        let text: String = self.value()?;
        parse(&text).map_err(|error| corrupt(self.what, error))
    }

    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        self.parsed(|text| serde_json::from_str(text))
    }

    /// Channels, as [`joined`] writes them.
    pub(crate) fn channels(&mut self) -> Result<Vec<Channel>> {
        self.parsed(|text| text.split(' ').filter(|channel| !channel.is_empty()).map(Channel::parse).collect())
    }

    pub(crate) fn status(&mut self) -> Result<DeliveryStatus> {
        let code: i64 = self.value()?;
        let known = DeliveryStatus::ALL.into_iter().find(|status| status_code(*status) == code);
        known.ok_or_else(|| corrupt(self.what, format!("there is no status {code}")))
    }

    pub(crate) fn trigger(&mut self) -> Result<Trigger> {
        let code: i64 = self.value()?;
        let known = Trigger::ALL.into_iter().find(|trigger| trigger_code(*trigger) == code);
        known.ok_or_else(|| corrupt(self.what, format!("there is no trigger {code}")))
    }

    pub(crate) fn job_status(&mut self) -> Result<JobStatus> {
        let code: i64 = self.value()?;
        let known = JobStatus::ALL.into_iter().find(|status| job_status_code(*status) == code);
        known.ok_or_else(|| corrupt(self.what, format!("there is no job status {code}")))
    }

    /// A text that was sealed for `place`.
    pub(crate) fn sealed(&mut self, vault: &Vault, place: &[u8]) -> Result<SecretText> {
        let sealed: Vec<u8> = self.value()?;
        vault.open(place, &sealed).map_err(|error| corrupt(self.what, error))
    }
}

/// Says that a row cannot be read.
pub(crate) fn corrupt(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Corrupt { what, source: source.into() }
}

/// A noun as its `doc`.
pub(crate) fn doc(doing: &'static str, noun: &impl Serialize) -> Result<String> {
    serde_json::to_string(noun).map_err(|error| StoreError::Failed { doing, source: Box::new(error) })
}

/// A number of things as a column.
pub(crate) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Channels as one text.
pub(crate) fn joined(channels: &[Channel]) -> String {
    channels.iter().map(Channel::as_str).collect::<Vec<_>>().join(" ")
}

/// A status as a column.
pub(crate) fn status_code(status: DeliveryStatus) -> i64 {
    match status {
        DeliveryStatus::Pending => 0,
        DeliveryStatus::Retrying => 1,
        DeliveryStatus::Delivered => 2,
        DeliveryStatus::Failed => 3,
        DeliveryStatus::Canceled => 4,
    }
}

/// A trigger as a column.
pub(crate) fn trigger_code(trigger: Trigger) -> i64 {
    match trigger {
        Trigger::Schedule => 0,
        Trigger::Resend => 1,
        Trigger::Test => 2,
        Trigger::Replay => 3,
    }
}

/// A lane as a column.
pub(crate) fn lane_code(lane: Lane) -> i64 {
    match lane {
        Lane::Test => 0,
        Lane::First => 1,
        Lane::Resend => 2,
        Lane::Retry => 3,
        Lane::Replay => 4,
    }
}

/// A job's status as a column.
pub(crate) fn job_status_code(status: JobStatus) -> i64 {
    match status {
        JobStatus::Running => 0,
        JobStatus::Done => 1,
        JobStatus::Canceled => 2,
        JobStatus::Failed => 3,
    }
}
