//! Reads the columns of a row, one after the other.
//!
//! Promise: what cannot be read is [`StoreError::Corrupt`], with the kind of row named; never a panic.

use std::error::Error;

use beckon_domain::channel::Channel;
use beckon_domain::delivery::{DeliveryStatus, Trigger};
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

    /// The next column, as SQLite has it.
    pub(crate) fn value<T: FromSql>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.get(index).map_err(|error| corrupt(self.what, error))
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
        let known = TRIGGERS.into_iter().find(|trigger| trigger_code(*trigger) == code);
        known.ok_or_else(|| corrupt(self.what, format!("there is no trigger {code}")))
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

/// Every trigger.
pub(crate) const TRIGGERS: [Trigger; 3] = [Trigger::Schedule, Trigger::Resend, Trigger::Test];

/// A trigger as a column.
pub(crate) fn trigger_code(trigger: Trigger) -> i64 {
    match trigger {
        Trigger::Schedule => 0,
        Trigger::Resend => 1,
        Trigger::Test => 2,
    }
}
