//! The load's own process.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::Semaphore;
use tokio::task::LocalSet;

use super::line::Line;
use super::script::Request;
use super::{Ask, Plan, Posted};
use crate::clock::{Turns, now_ns};
use crate::role::Prompter;

/// Does what it is asked until its input ends.
pub(crate) async fn perform() -> anyhow::Result<()> {
    let mut prompter = Prompter::listen();
    let mut prepared = None;
    while let Some(ask) = prompter.hear().await? {
        match ask {
            Ask::Prepare(plan) => {
                prepared = Some(prepare(plan).await?);
                prompter.answer(&())?;
            }
            Ask::Go => {
                let (plan, callers) = prepared.take().context("asked to go before it was prepared")?;
                prompter.answer(&LocalSet::new().run_until(post(plan, callers)).await?)?;
            }
        }
    }
    Ok(())
}

/// A connection, and what is written to it.
struct Caller {
    line: Line,
    request: Request,
}

async fn prepare(plan: Plan) -> anyhow::Result<(Plan, Vec<Caller>)> {
    let request = plan.script.request(&plan.address);
    let all = request.count().is_none_or(|count| plan.requests <= count);
    anyhow::ensure!(all, "{} requests of a script that has fewer", plan.requests);
    let mut callers = Vec::with_capacity(plan.callers);
    for _ in 0..plan.callers {
        callers.push(Caller { line: Line::open(&plan.address).await?, request: request.clone() });
    }
    Ok((plan, callers))
}

/// What the callers share; there is one thread.
struct Shared {
    requests: u64,
    next: Cell<u64>,
    acknowledged: Cell<u64>,
    pace: Option<Pace>,
}

/// A fixed rate: who has taken a number waits for its turn.
struct Pace {
    turns: Arc<Turns>,
    come: Arc<Semaphore>,
}

impl Pace {
    /// Turns begin to come now, in all as many as there are requests.
    fn begin(per_second: u32, requests: u64) -> anyhow::Result<Pace> {
        let pace = Pace { turns: Arc::new(Turns::begin(per_second)?), come: Arc::new(Semaphore::new(0)) };
        let (turns, semaphore) = (pace.turns.clone(), pace.come.clone());
        tokio::task::spawn_blocking(move || {
            let mut left = requests;
            while left > 0 {
                // If the timer cannot be read, nobody waits for ever.
                let Ok(come) = turns.come() else { return semaphore.close() };
                semaphore.add_permits(come.min(left) as usize);
                left -= come.min(left);
            }
        });
        Ok(pace)
    }

    /// Waits for turn `n`, which must be the n-th that is waited for; the moment from which it counts, however late it is.
    async fn turn(&self, n: u64) -> anyhow::Result<u64> {
        self.come.acquire().await.context("waiting for a turn")?.forget();
        Ok(self.turns.moment_ns(n))
    }
}

async fn post(plan: Plan, callers: Vec<Caller>) -> anyhow::Result<Posted> {
    let begun_ns = now_ns();
    let pace = match plan.per_second {
        Some(per_second) => Some(Pace::begin(per_second, plan.requests)?),
        None => None,
    };
    let shared = Rc::new(Shared { requests: plan.requests, next: Cell::new(0), acknowledged: Cell::new(0), pace });
    let callers: Vec<_> =
        callers.into_iter().map(|caller| tokio::task::spawn_local(call(caller, shared.clone()))).collect();
    for caller in callers {
        caller.await.context("a caller")??;
    }
    Ok(Posted { begun_ns, ended_ns: now_ns(), acknowledged: shared.acknowledged.get() })
}

async fn call(mut caller: Caller, shared: Rc<Shared>) -> anyhow::Result<()> {
    loop {
        let n = shared.next.get();
        if n >= shared.requests {
            return Ok(());
        }
        shared.next.set(n + 1);
        let at_ns = match &shared.pace {
            None => now_ns(),
            Some(pace) => pace.turn(n).await?,
        };
        let answer = caller.line.exchange(caller.request.filled(n, at_ns)).await?;
        anyhow::ensure!(caller.request.is_taken(answer), "refused in part: {}", String::from_utf8_lossy(answer));
        shared.acknowledged.set(shared.acknowledged.get() + 1);
    }
}
