//! What is counted, as the transactions count that do it.
//!
//! A transaction that many share notes what it did in memory, and adds each sum once, just before it commits. Per
//! attempt there is one sum, and one more if it ended its delivery, each of its webhook and of all webhooks together; in a
//! commit, alike ones are one. So a commit writes at most four small rows per attempt, and far fewer where many go to one
//! webhook.
//! Promise: what is counted is exactly what was committed: a request that is taken back takes back what it counted.
//! Not here: reading the figures (`stats.rs`), and what counts (who calls [`Tallies::add`]).

use std::time::Duration;

use beckon_domain::histogram::{BUCKETS, bucket_of};
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::stats::Measure;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Milliseconds of an hour.
const HOUR_MILLIS: i64 = 3_600_000;
/// So many codes belong to one kind of count: as many as there are buckets, and more than that.
const CODES_OF_KIND: i64 = 128;
/// The bucket of what has no duration.
const NO_BUCKET: i64 = CODES_OF_KIND - 1;

/// One thing that is counted. Several measures are read from one: an attempt, and how long its answer took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Count {
    Signal,
    Event,
    Attempt { succeeded: bool, answered_in: Option<u8> },
    Delivered { after: Option<u8> },
    Failed,
    BotSignal,
}

impl Count {
    /// As the column `measure`.
    pub(crate) fn code(self) -> i64 {
        let of = |kind: i64, bucket: Option<u8>| kind * CODES_OF_KIND + bucket.map_or(NO_BUCKET, i64::from);
        match self {
            Count::Signal => of(0, None),
            Count::Event => of(1, None),
            Count::Attempt { succeeded: true, answered_in } => of(2, answered_in),
            Count::Attempt { succeeded: false, answered_in } => of(3, answered_in),
            Count::Delivered { after } => of(4, after),
            Count::Failed => of(5, None),
            Count::BotSignal => of(6, None),
        }
    }

    /// The codes of all attempts that succeeded, or of all that failed: from the first to the last.
    pub(crate) fn codes_of_attempts(succeeded: bool) -> (i64, i64) {
        let code = |answered_in| Count::Attempt { succeeded, answered_in }.code();
        (code(Some(0)), code(None))
    }

    /// Reads the column `measure`.
    pub(crate) fn of_code(code: i64) -> Option<Count> {
        let bucket = match code.rem_euclid(CODES_OF_KIND) {
            NO_BUCKET => None,
            bucket => Some(u8::try_from(bucket).ok().filter(|bucket| usize::from(*bucket) < BUCKETS)?),
        };
        match (code.div_euclid(CODES_OF_KIND), bucket) {
            (0, None) => Some(Count::Signal),
            (1, None) => Some(Count::Event),
            (2, answered_in) => Some(Count::Attempt { succeeded: true, answered_in }),
            (3, answered_in) => Some(Count::Attempt { succeeded: false, answered_in }),
            (4, after) => Some(Count::Delivered { after }),
            (5, None) => Some(Count::Failed),
            (6, None) => Some(Count::BotSignal),
            _ => None,
        }
    }

    /// The measures that it is part of.
    pub(crate) fn measures(self) -> impl Iterator<Item = Measure> {
        let (one, other) = match self {
            Count::Signal => (Measure::Signals, None),
            Count::Event => (Measure::Events, None),
            Count::Attempt { succeeded: true, answered_in } => {
                (Measure::AttemptsSucceeded, answered_in.map(Measure::ResponseTime))
            }
            Count::Attempt { succeeded: false, answered_in } => {
                (Measure::AttemptsFailed, answered_in.map(Measure::ResponseTime))
            }
            Count::Delivered { after } => (Measure::Delivered, after.map(Measure::TimeToDeliver)),
            Count::Failed => (Measure::Failed, None),
            Count::BotSignal => (Measure::BotSignals, None),
        };
        [Some(one), other].into_iter().flatten()
    }
}

/// The bucket of a duration.
pub(crate) fn bucket(duration: Duration) -> Option<u8> {
    u8::try_from(bucket_of(duration)).ok()
}

/// The beginning of the hour of a moment, in milliseconds.
pub(crate) fn hour_of(at: Timestamp) -> i64 {
    let millis = at.as_millisecond();
    millis - millis.rem_euclid(HOUR_MILLIS)
}

/// Of whom, in which hour, what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    workspace: WorkspaceId,
    webhook: Option<WebhookId>,
    hour: i64,
    count: Count,
}

/// What a transaction counted, in the order in which it did.
#[derive(Debug, Default)]
pub(crate) struct Tallies(Vec<(Key, i64)>);

impl Tallies {
    /// Counts `times` things that happened at `at`.
    pub(crate) fn add(
        &mut self,
        workspace: WorkspaceId,
        webhook: Option<WebhookId>,
        at: Timestamp,
        count: Count,
        times: usize,
    ) {
        if times > 0 {
            let key = Key { workspace, webhook, hour: hour_of(at), count };
            self.0.push((key, i64::try_from(times).unwrap_or(i64::MAX)));
        }
    }

    /// How much was counted so far, to take back what is counted from here on.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes back what was counted since there were so many.
    pub(crate) fn take_back_to(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Takes over what another counted.
    pub(crate) fn append(&mut self, other: &mut Tallies) {
        self.0.append(&mut other.0);
    }

    /// Adds what was counted to what the database says, one row for each key.
    pub(crate) fn write(mut self, connection: &Connection) -> Result<(), rusqlite::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let together = |(key, times): &(Key, i64)| key.webhook.map(|_| (Key { webhook: None, ..*key }, *times));
        let sums: Vec<_> = self.0.iter().filter_map(together).collect();
        self.0.extend(sums);
        // In the order of the table, so that neighbours are written together.
        self.0.sort_unstable_by_key(|(key, _)| *key);
        let mut statement = connection.prepare_cached(
            "INSERT INTO tally (workspace_id, webhook_id, hour, measure, count) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (workspace_id, webhook_id, hour, measure) DO UPDATE SET count = count + excluded.count",
        )?;
        for alike in self.0.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((key, _)) = alike.first() else { continue };
            let count: i64 = alike.iter().map(|(_, times)| times).sum();
            let webhook = key.webhook.map(|webhook| webhook.uuid());
            let webhook: &[u8] = webhook.as_ref().map_or(&[], |webhook| webhook.as_bytes());
            statement.execute(params![key.workspace.uuid(), webhook, key.hour, key.count.code(), count])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_read_back_from_its_code() {
        let buckets: Vec<_> = (0..BUCKETS).map(|bucket| Some(bucket as u8)).chain([None]).collect();
        let of_bucket = |bucket: Option<u8>| {
            [
                Count::Attempt { succeeded: true, answered_in: bucket },
                Count::Attempt { succeeded: false, answered_in: bucket },
                Count::Delivered { after: bucket },
            ]
        };
        let timed = buckets.into_iter().flat_map(of_bucket);
        let mut codes: Vec<i64> = Vec::new();
        for count in timed.chain([Count::Signal, Count::Event, Count::Failed, Count::BotSignal]) {
            assert_eq!(Count::of_code(count.code()), Some(count));
            codes.push(count.code());
        }
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all, "no two are alike");
        for strange in
            [-1, 5, BUCKETS as i64 + 2 * CODES_OF_KIND, 6 * CODES_OF_KIND, 7 * CODES_OF_KIND + NO_BUCKET, i64::MAX]
        {
            assert_eq!(Count::of_code(strange), None, "{strange}");
        }
    }

    #[test]
    fn an_hour_begins_before_what_is_in_it() {
        let millis = |millis| Timestamp::from_millisecond(millis).unwrap();
        for (at, hour) in [(0, 0), (1, 0), (HOUR_MILLIS - 1, 0), (HOUR_MILLIS, HOUR_MILLIS), (-1, -HOUR_MILLIS)] {
            assert_eq!(hour_of(millis(at)), hour);
        }
    }
}
