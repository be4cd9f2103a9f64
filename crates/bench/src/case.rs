//! A case: events published by some callers at once, until every delivery has arrived.

use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use crate::CALLERS;
use crate::receiver::Receiver;
use crate::report::Measured;
use crate::server::{Server, call};

/// How long a run may take before it is called lost.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// Webhooks that take every event.
    pub(crate) webhooks: u64,
    /// Events per request.
    pub(crate) batch: u64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.batch == 1 { "one by one".to_owned() } else { format!("batches of {}", self.batch) };
        write!(f, "{how}, {} webhook{}", self.webhooks, if self.webhooks == 1 { "" } else { "s" })
    }
}

impl Case {
    pub(crate) async fn run(self, events: u64) -> anyhow::Result<Measured> {
        let receiver = Receiver::start().await?;
        let server = Rc::new(Server::start().await?);
        server.set_up(&receiver.address, self.webhooks).await?;
        let (cpu_before, begun) = (server.process.cpu_us()?, Instant::now());
        let next = Rc::new(AtomicU64::new(0));
        let local = tokio::task::LocalSet::new();
        let callers: Vec<_> =
            (0..CALLERS).map(|_| local.spawn_local(self.publish(server.clone(), next.clone(), events))).collect();
        local
            .run_until(async {
                for caller in callers {
                    caller.await.context("a caller")??;
                }
                anyhow::Ok(())
            })
            .await?;
        let expected = events * self.webhooks;
        while receiver.seen().await?.1 < expected {
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "{:?} of {expected} arrived in {PATIENCE:?}",
                receiver.seen().await?
            );
            sleep(Duration::from_millis(5)).await;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let (requests, distinct) = receiver.seen().await?;
        anyhow::ensure!(requests == expected && distinct == expected, "{requests} requests for {expected} deliveries");
        Ok(Measured {
            per_second: expected as f64 / seconds,
            cpu_us: (server.process.cpu_us()? - cpu_before) / expected as f64,
            rss_mib: server.process.rss_mib()?,
        })
    }

    async fn publish(self, server: Rc<Server>, next: Rc<AtomicU64>, events: u64) -> anyhow::Result<()> {
        let mut connection = server.connect().await?;
        loop {
            let n = next.fetch_add(self.batch, Ordering::Relaxed);
            if n >= events {
                return Ok(());
            }
            let event = |n: u64| json!({ "type": "bench.ran", "payload": { "n": n, "filler": "x".repeat(270) } });
            if self.batch == 1 {
                call(&mut connection, "/api/v1/events", &event(n)).await?;
            } else {
                let batch: Vec<Value> = (n..events.min(n + self.batch)).map(event).collect();
                call(&mut connection, "/api/v1/events/batch", &json!({ "events": batch })).await?;
            }
        }
    }
}
