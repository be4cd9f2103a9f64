//! Writes finished attempts, as many at a time as have come together.
//!
//! Promises: what was made is written sooner or later, however long the store is away; until then its
//! request counts as in flight, so that this process does not make it again. Nothing waits to be batched:
//! a batch is what finished while the one before was being written. A record that had to be tried again does not
//! overwrite what a later one told of the webhook's health.
//! Not here: what a record says (`attempt.rs`).

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use beckon_domain::delivery::{Attempt, Verdict};
use beckon_domain::id::WebhookId;
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{Result as StoreResult, StoreError};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::dispatcher::answered;

/// Most attempts written in one call.
const BATCH_MAX: usize = 256;
/// How often a record that the store refuses to write, while it writes others, is tried.
const TRIES_MAX: u32 = 5;

/// An attempt whose record is written, or given up.
pub(crate) struct Recorded {
    /// The attempt.
    pub(crate) attempt: Attempt,
    /// What became of the delivery.
    pub(crate) verdict: Verdict,
    /// Whether it disabled the webhook.
    pub(crate) disables: bool,
    /// How writing ended.
    pub(crate) end: End,
}

/// How writing a record ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It is on disk.
    Written,
    /// What it belongs to is gone from the store.
    Orphaned(StoreError),
    /// The store cannot take it.
    Unwritable(StoreError),
}

struct Waiting {
    finished: Arc<FinishedAttempt>,
    /// Counts what came, from 1.
    number: u64,
    tries: u32,
}

/// Which record told last of each webhook's health, while older ones still have to be tried again.
#[derive(Default)]
struct Told(BTreeMap<WebhookId, u64>);

impl Told {
    /// Takes the health out of a record that is older than one that told of it already.
    fn check(&self, waiting: &mut Waiting) {
        let told = self.0.get(&waiting.finished.attempt.webhook_id);
        if told.is_some_and(|told| *told > waiting.number) {
            Arc::make_mut(&mut waiting.finished).health = None;
        }
    }

    fn note(&mut self, waiting: &Waiting) {
        if waiting.finished.health.is_some() {
            self.0.insert(waiting.finished.attempt.webhook_id, waiting.number);
        }
    }
}

/// Writes what comes from `finished`, with `write` (`DeliveryStore::finish_attempts`), until that is closed
/// and all is written.
pub(crate) async fn record<W, F>(
    write: W,
    mut finished: mpsc::UnboundedReceiver<FinishedAttempt>,
    recorded: mpsc::UnboundedSender<Recorded>,
) where
    W: Fn(Vec<Arc<FinishedAttempt>>) -> F,
    F: Future<Output = StoreResult<Vec<StoreResult<()>>>>,
{
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut retry: Vec<Waiting> = Vec::new();
    let mut backoff = Backoff::default();
    let mut retry_at: Option<Instant> = None;
    let mut count = 0;
    let mut told = Told::default();
    loop {
        if waiting.is_empty() {
            let mut fresh = Vec::new();
            tokio::select! {
                biased;
                received = finished.recv_many(&mut fresh, BATCH_MAX) => {
                    if received == 0 && retry.is_empty() {
                        return;
                    }
                    if received == 0 && let Some(at) = retry_at {
                        tokio::time::sleep_until(at).await;
                    }
                }
                () = sleep_until(retry_at) => {}
            }
            waiting.extend(fresh.into_iter().map(|finished| {
                count += 1;
                Waiting { finished: Arc::new(finished), number: count, tries: 0 }
            }));
        }
        if retry_at.is_some_and(|at| at <= Instant::now()) {
            retry_at = None;
            waiting.append(&mut retry);
            // Of a webhook's health, the store keeps what is written last.
            waiting.sort_by_key(|waiting| waiting.number);
        }
        let mut batch: Vec<Waiting> = waiting.drain(..waiting.len().min(BATCH_MAX)).collect();
        if batch.is_empty() {
            continue;
        }
        batch.iter_mut().for_each(|waiting| told.check(waiting));
        let attempts = batch.iter().map(|waiting| waiting.finished.clone()).collect();
        let failed = sort_out(batch, answered(write(attempts)).await, &mut told, &recorded);
        if failed.is_empty() {
            backoff.reset();
            if retry.is_empty() && waiting.is_empty() {
                told = Told::default();
            }
        } else {
            retry.extend(failed);
            retry_at.get_or_insert_with(|| Instant::now() + backoff.next());
        }
    }
}

/// Tells of what is settled; gives back what is to be tried again.
fn sort_out(
    batch: Vec<Waiting>,
    results: StoreResult<Vec<StoreResult<()>>>,
    told: &mut Told,
    recorded: &mpsc::UnboundedSender<Recorded>,
) -> Vec<Waiting> {
    let results = match results {
        Ok(results) => results,
        Err(error) => {
            tracing::warn!(%error, attempts = batch.len(), "attempts could not be recorded; trying again");
            return batch;
        }
    };
    let mut again = Vec::new();
    for (waiting, result) in batch.into_iter().zip(results) {
        let tries = waiting.tries + 1;
        let end = match result {
            Ok(()) => {
                told.note(&waiting);
                End::Written
            }
            Err(error @ (StoreError::Unavailable(_) | StoreError::Full(_))) => {
                tracing::warn!(error = %error, "an attempt could not be recorded; trying again");
                again.push(waiting);
                continue;
            }
            Err(error @ StoreError::NotFound(_)) => End::Orphaned(error),
            Err(error) if tries < TRIES_MAX => {
                tracing::warn!(error = %error, tries, "an attempt could not be recorded; trying again");
                again.push(Waiting { tries, ..waiting });
                continue;
            }
            Err(error) => End::Unwritable(error),
        };
        let FinishedAttempt { attempt, verdict, disable_webhook, .. } = Arc::unwrap_or_clone(waiting.finished);
        recorded.send(Recorded { attempt, verdict, disables: disable_webhook.is_some(), end }).ok();
    }
    again
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use beckon_domain::ambient::Ambient;
    use beckon_domain::delivery::DueAttempt;
    use beckon_domain::health::Health;
    use beckon_testkit::builders::a_due_attempt;
    use beckon_testkit::fake_ambient;
    use futures_util::FutureExt;
    use jiff::Timestamp;

    type Answer = StoreResult<Vec<StoreResult<()>>>;

    fn finished(ambient: &Ambient) -> FinishedAttempt {
        let due = DueAttempt { delivery_id: ambient.new_id(), ..a_due_attempt() };
        FinishedAttempt {
            workspace_id: due.workspace_id,
            attempt: Attempt::begun(ambient.new_id(), &due, ambient.now()),
            verdict: Verdict::Delivered,
            disable_webhook: None,
            health: None,
            notices: vec![],
            mail_notices: false,
        }
    }

    fn away() -> StoreError {
        StoreError::Unavailable("it is away".into())
    }

    /// Records `count` attempts with a store that gives these answers, then writes everything. Gives how
    /// each ended, and how many attempts each call to the store had.
    async fn record_with(count: usize, answers: impl IntoIterator<Item = Answer>) -> (Vec<Recorded>, Vec<usize>) {
        let ambient = fake_ambient();
        let answers: Mutex<VecDeque<Answer>> = Mutex::new(answers.into_iter().collect());
        let calls: Arc<Mutex<Vec<usize>>> = Arc::default();
        let seen = calls.clone();
        let write = move |batch: Vec<Arc<FinishedAttempt>>| {
            seen.lock().unwrap().push(batch.len());
            let answer = answers.lock().unwrap().pop_front();
            std::future::ready(answer.unwrap_or_else(|| Ok(batch.iter().map(|_| Ok(())).collect())))
        };
        let (sender, to_record) = mpsc::unbounded_channel();
        let (written, mut recorded) = mpsc::unbounded_channel();
        for _ in 0..count {
            sender.send(finished(&ambient)).unwrap();
        }
        drop(sender);
        record(write, to_record, written).await;
        let mut all = Vec::new();
        while let Some(one) = recorded.recv().await {
            all.push(one);
        }
        let calls = calls.lock().unwrap().clone();
        (all, calls)
    }

    #[tokio::test(start_paused = true)]
    async fn what_finished_together_is_written_together() {
        let (recorded, calls) = record_with(BATCH_MAX + 3, []).await;
        assert_eq!((recorded.len(), calls), (BATCH_MAX + 3, vec![BATCH_MAX, 3]));
        assert!(recorded.iter().all(|one| matches!(one.end, End::Written)));
    }

    // behaviour D5
    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_is_waited_for_without_hurry() {
        let begun = Instant::now();
        let (recorded, calls) = record_with(3, (0..30).map(|_| Err(away()))).await;
        assert!(recorded.len() == 3 && recorded.iter().all(|one| matches!(one.end, End::Written)));
        assert_eq!(calls.len(), 31);
        assert!(begun.elapsed().as_secs() > 60, "waits grow: {:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_panics_is_asked_again() {
        let (ambient, calls) = (fake_ambient(), Mutex::new(0));
        let write = |batch: Vec<Arc<FinishedAttempt>>| {
            *calls.lock().unwrap() += 1;
            let first = *calls.lock().unwrap() == 1;
            async move {
                assert!(!first, "it breaks");
                Ok(batch.iter().map(|_| Ok(())).collect())
            }
        };
        let (sender, to_record) = mpsc::unbounded_channel();
        let (written, mut recorded) = mpsc::unbounded_channel();
        sender.send(finished(&ambient)).unwrap();
        drop(sender);
        record(write, to_record, written).await;
        assert!(matches!(recorded.recv().await.unwrap().end, End::Written));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_fails_does_not_hold_up_the_others() {
        let odd = || StoreError::Failed { doing: "recording", source: "odd".into() };
        let first = Ok(vec![Ok(()), Err(StoreError::NotFound("delivery")), Err(odd()), Err(away())]);
        let later = (0..10).map(|_| Ok(vec![Err(odd()), Ok(())])).take(1).chain((0..10).map(|_| Ok(vec![Err(odd())])));
        let (recorded, calls) = record_with(4, [first].into_iter().chain(later)).await;
        let ends: Vec<&End> = recorded.iter().map(|one| &one.end).collect();
        assert!(matches!(ends[..], [End::Written, End::Orphaned(_), End::Written, End::Unwritable(_)]), "{ends:?}");
        assert_eq!(calls, [4, 2, 1, 1, 1], "given up after {TRIES_MAX} tries");
    }

    /// Records that tell of one webhook's health, by their numbers (0 tells nothing), in three lots: the first comes
    /// while the store is away, the second when it is back, the third while that is being written, which takes longer
    /// than what failed waits. Gives what the store was told then, in this order.
    async fn told_in_lots([first, second, third]: [Vec<u16>; 3]) -> Vec<u16> {
        let ambient = fake_ambient();
        let health = |number: u16| {
            let mut health = Health::default();
            health.failing_since = Some(Timestamp::from_second(number.into()).unwrap());
            health
        };
        let record = |number| FinishedAttempt { health: (number > 0).then(|| health(number)), ..finished(&ambient) };
        let (sender, to_record) = mpsc::unbounded_channel();
        let (recorded, _recorded) = mpsc::unbounded_channel();
        let calls_away = first.len().div_ceil(BATCH_MAX);
        first.into_iter().for_each(|number| sender.send(record(number)).unwrap());
        let told: Arc<Mutex<Vec<u16>>> = Arc::default();
        let (seen, calls, sender) = (told.clone(), Mutex::new(0), Mutex::new(Some(sender)));
        let write = |batch: Vec<Arc<FinishedAttempt>>| {
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            if *calls <= calls_away {
                if *calls == calls_away {
                    second.iter().for_each(|n| sender.lock().unwrap().as_ref().unwrap().send(record(*n)).unwrap());
                }
                return std::future::ready(Err(away())).boxed();
            }
            if let Some(sender) = sender.lock().unwrap().take() {
                third.iter().for_each(|number| sender.send(record(*number)).unwrap());
            }
            let since = |finished: &FinishedAttempt| finished.health.as_ref().and_then(|health| health.failing_since);
            let numbers = batch.iter().map(|finished| since(finished).map_or(0, |at| at.as_second() as u16));
            seen.lock().unwrap().extend(numbers);
            let answer = Ok(batch.iter().map(|_| Ok(())).collect());
            tokio::time::sleep(Duration::from_secs(4)).map(|()| answer).boxed()
        };
        super::record(write, to_record, recorded).await;
        let told = told.lock().unwrap();
        told.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn records_tried_again_are_written_before_the_later_ones_of_their_batch() {
        assert_eq!(told_in_lots([vec![1, 2], vec![0], vec![3]]).await, [0, 1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_a_batch_tried_again_overwrites_nothing_later_either() {
        let many = BATCH_MAX as u16 + 44;
        let told = told_in_lots([(1..=many).collect(), vec![many + 1], vec![]]).await;
        assert_eq!(told.len(), usize::from(many) + 1);
        assert_eq!(told.into_iter().filter(|number| *number > 0).collect::<Vec<_>>(), [many + 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_tried_again_does_not_overwrite_what_a_later_one_told_of_the_health() {
        let ambient = fake_ambient();
        let telling = |notices| {
            let mut health = Health::default();
            health.notices = notices;
            FinishedAttempt { health: Some(health), ..finished(&ambient) }
        };
        let written: Arc<Mutex<Vec<Option<u8>>>> = Arc::default();
        let (seen, calls) = (written.clone(), Mutex::new(0));
        let write = move |batch: Vec<Arc<FinishedAttempt>>| {
            *calls.lock().unwrap() += 1;
            let fails = *calls.lock().unwrap() == 1;
            let results = batch.into_iter().enumerate().map(|(n, finished)| {
                if fails && n == 0 {
                    return Err(away());
                }
                seen.lock().unwrap().push(finished.health.as_ref().map(|health| health.notices));
                Ok(())
            });
            std::future::ready(Ok(results.collect()))
        };
        let (sender, to_record) = mpsc::unbounded_channel();
        let (recorded, _recorded) = mpsc::unbounded_channel();
        sender.send(telling(1)).unwrap();
        sender.send(telling(2)).unwrap();
        drop(sender);
        record(write, to_record, recorded).await;
        assert_eq!(*written.lock().unwrap(), [Some(2), None]);
    }
}
