//! The receivers of a simulation, and the way to them.
//!
//! A receiver has a mood, which may change at any time. What is written to it arrives a little later, whether or
//! not whoever wrote it is still alive; only then does it know of the event.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use beckon_domain::delivery::Exchange;
use beckon_domain::id::{DeliveryId, WebhookId};
use http::StatusCode;

use super::dice::Dice;
use super::run::Run;
use super::watch::Answer;
use super::world::Shared;
use crate::sender::failure::SendFailure;
use crate::sender::{Head, Sent};
use crate::transport::{Shipment, Transport};

/// How long a request may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(15);

/// How a receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It takes everything, at once.
    Well,
    /// It takes everything, after a second or two.
    Slow,
    /// It answers so slowly that some answers come too late.
    Drips,
    /// Half of what comes fails.
    Flaky,
    /// It answers 500.
    Down,
    /// It answers 429 or 503, mostly with `Retry-After`.
    Busy,
    /// It never answers.
    Hangs,
    /// Nobody listens.
    Refuses,
    /// It breaks connections, sometimes after it took the event.
    Resets,
    /// It answers 410.
    Gone,
}

/// All receivers.
#[derive(Default)]
pub(super) struct Receivers {
    pub(super) moods: BTreeMap<WebhookId, Mood>,
    /// What each has taken: answered with 2xx, whether or not that was heard.
    pub(super) taken: BTreeSet<DeliveryId>,
}

/// What becomes of one request.
struct Fate {
    /// Until it arrives; `None` if it never does.
    arrives: Option<Duration>,
    /// Until whoever wrote it knows.
    known: Duration,
    answer: Answer,
}

/// The way to the receivers, for one run of the process.
pub(super) struct SimTransport {
    pub(super) world: Shared,
    pub(super) run: Run,
    pub(super) dice: Dice,
}

#[async_trait]
impl Transport for SimTransport {
    async fn send_if(&self, wanted: &(dyn Fn() -> bool + Send + Sync), shipment: Shipment<'_>) -> Option<Sent> {
        self.run.alive().await;
        let Shipment { webhook, due, at } = shipment;
        let (flight, mood) = {
            let mut world = self.world.lock();
            let super::world::World { model, watch, receivers, .. } = &mut *world;
            let mood = receivers.moods.get(&webhook.id).copied().unwrap_or(Mood::Well);
            (watch.begun(model, &self.run, webhook, due, at), mood)
        };
        // The same time every time where a rate is limited, so that the receiver sees the pace that was kept.
        let connect = match webhook.rate_limit {
            Some(_) => Duration::from_millis(5),
            None if self.dice.percent(10) => self.dice.millis(60, 4_000),
            None => self.dice.millis(1, 60),
        };
        tokio::time::sleep(connect).await;
        let still_wanted = wanted();
        if mood == Mood::Refuses {
            return Some(self.answered(flight, Answer::Refused));
        }
        if !still_wanted {
            self.world.lock().watch.not_wanted(flight);
            return None;
        }
        {
            let mut world = self.world.lock();
            let super::world::World { model, watch, .. } = &mut *world;
            watch.written(model, flight);
        }
        let fate = self.draw(mood);
        if let Some(arrives) = fate.arrives {
            let (world, run) = (self.world.clone(), self.run.clone());
            let (delivery, takes) = (due.delivery_id, fate.answer.is_taken() || mood == Mood::Resets);
            let lost_if_cut = self.dice.percent(50);
            tokio::spawn(async move {
                tokio::time::sleep(arrives).await;
                if takes && !(run.is_dead() && lost_if_cut) {
                    world.lock().receivers.taken.insert(delivery);
                }
            });
        }
        tokio::time::sleep(fate.known).await;
        Some(self.answered(flight, fate.answer))
    }

    fn drop_idle(&self) {}
}

impl SimTransport {
    fn draw(&self, mood: Mood) -> Fate {
        let dice = &self.dice;
        let quick = dice.millis(1, 40);
        let answers = |after: Duration, answer| Fate { arrives: Some(after / 2), known: after, answer };
        match mood {
            Mood::Well => answers(quick, Answer::Status(200, None)),
            Mood::Slow => answers(dice.millis(500, 2_000), Answer::Status(202, None)),
            Mood::Drips => {
                let after = dice.millis(5_000, 20_000);
                if after < TIMEOUT {
                    return answers(after, Answer::Status(200, None));
                }
                Fate { arrives: Some(quick), known: TIMEOUT, answer: Answer::Timeout }
            }
            Mood::Flaky => {
                let status = if dice.percent(50) { 200 } else { *dice.one_of(&[400, 404, 500, 502, 301]) };
                answers(quick, Answer::Status(status, None))
            }
            Mood::Down => answers(quick, Answer::Status(500, None)),
            Mood::Busy => {
                let asked = *dice.one_of(&["1", "7", "30", "120", "soon", "-5", ""]);
                let asked = (!asked.is_empty()).then_some(asked);
                answers(quick, Answer::Status(*dice.one_of(&[429, 503]), asked))
            }
            Mood::Hangs | Mood::Refuses => Fate { arrives: None, known: TIMEOUT, answer: Answer::Timeout },
            Mood::Resets => {
                Fate { arrives: dice.percent(50).then_some(quick / 2), known: quick, answer: Answer::Reset }
            }
            Mood::Gone => answers(quick, Answer::Status(410, None)),
        }
    }

    fn answered(&self, flight: usize, answer: Answer) -> Sent {
        self.world.lock().watch.answered(flight, answer);
        // The record of the attempt says which flight it was.
        let mut exchange = Exchange { url: format!("flight:{flight}"), ..Exchange::default() };
        let result = match answer {
            Answer::Status(status, retry_after) => {
                exchange.status = Some(status);
                let status = StatusCode::from_u16(status).expect("a status");
                Ok(Head { status, retry_after: retry_after.map(str::to_owned) })
            }
            Answer::Timeout => Err(SendFailure::Timeout(TIMEOUT)),
            Answer::Reset => Err(SendFailure::Reset),
            Answer::Refused => Err(SendFailure::Refused(io::Error::from(io::ErrorKind::ConnectionRefused))),
        };
        Sent { exchange, result }
    }
}
