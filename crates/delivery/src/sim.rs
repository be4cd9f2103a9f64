//! A simulation of the delivery engine: the real one, in a world that is drawn from a seed.
//!
//! The real service runs on one thread, on tokio's paused time, in front of a model of the store and of the
//! receivers. Receivers hang, fail, flap, ask for patience and come back; the store is slow, fails before or after
//! it committed, and goes away; the clock is set; the process is killed and started again; people publish, resend,
//! cancel, disable, replay. Somebody watches all the time (`watch`), and at the end, when all faults are over and
//! time has run on, everything owed must have come to its end.
//! Promise: the same seed is the same simulation, line by line.
//!
//! To repeat one: `BECKON_SIM_SEED=<seed> cargo test -p beckon-delivery sim::`. To look for more:
//! `BECKON_SIM_SECONDS=600 cargo test -p beckon-delivery sim::open_ended`, or `make sim`.

mod clock;
mod dice;
mod people;
mod process;
mod receivers;
mod run;
mod scene;
mod store;
mod trace;
mod watch;
mod world;

use std::sync::Arc;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::id::WebhookId;
use beckon_testkit::SeededEntropy;
use beckon_testkit::builders::a_workspace;

use clock::SimClock;
use dice::Dice;
use people::People;
use process::Process;
use receivers::{Mood, Receivers};
use scene::Scene;
use store::{Model, Weather};
use watch::{Limits, Watch};
use world::{Shared, World};

/// Once the faults are over, everything owed must come to its end within this time. Long, because what is to be retried
/// at a time waits for it, also when the clock was set back by hours.
const ENDS_WITHIN: Duration = Duration::from_secs(48 * 3600);

/// What came of a simulation.
struct Outcome {
    seed: u64,
    violations: Vec<String>,
    hash: u64,
    lines: usize,
    tail: String,
    requests: usize,
    deliveries: usize,
}

/// Runs the simulation of a seed.
fn simulate(seed: u64) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(play(seed))
}

async fn play(seed: u64) -> Outcome {
    let dice = Dice::of(seed, "people");
    let clock = Arc::new(SimClock::new());
    let ambient = Ambient::new(clock.clone(), Arc::new(SeededEntropy::new(seed)));
    let scene = Scene::draw(&Dice::of(seed, "scene"), &ambient);
    let world = Shared::new(World {
        model: Model::default(),
        weather: Weather::Calm,
        receivers: Receivers::default(),
        watch: Watch::new(Limits {
            in_flight_max: scene.options.in_flight_max,
            in_flight_per_webhook_max: scene.options.in_flight_per_webhook_max,
            retry_schedule: scene.options.retry_schedule.clone(),
        }),
    });
    let steady = set_up(&world, &scene);
    let people = People { world: &world, dice: &dice, ambient: &ambient, clock: &clock, steady: &steady };
    let start = |number| Process::start(number, seed, &world, &clock, &ambient, &scene.options);

    let mut process = start(1);
    let began = tokio::time::Instant::now();
    while began.elapsed() < scene.lasts && world.lock().watch.violations.is_empty() {
        tokio::time::sleep(dice.millis(0, 4_000)).await;
        let number = process.run.number();
        match dice.between(1, 100) {
            1..=4 => {
                process.kill(&world).await;
                tokio::time::sleep(dice.millis(0, 20_000)).await;
                process = start(number + 1);
            }
            5 => {
                process.stop(&world, scene.options.shutdown_grace).await;
                tokio::time::sleep(dice.millis(0, 20_000)).await;
                process = start(number + 1);
            }
            _ => {
                // Somebody who is kept waiting while the power fails is not waited for.
                let patience = dice.millis(0, 30_000);
                tokio::time::timeout(patience, people.act(&process)).await.ok();
            }
        }
    }
    end_faults(&world, &dice);
    let ended = tokio::time::timeout(ENDS_WITHIN, all_ends(&world, &process)).await;

    let mut world_at_last = world.lock();
    let World { model, watch, .. } = &mut *world_at_last;
    if watch.violations.is_empty() {
        if ended.is_err() {
            watch.violations.push("something never ends".to_owned());
        }
        watch.reckon(model, &steady);
    }
    Outcome {
        seed,
        violations: std::mem::take(&mut watch.violations),
        hash: watch.trace.hash(),
        lines: watch.trace.lines(),
        tail: watch.trace.tail(),
        requests: watch.requests,
        deliveries: model.deliveries.len(),
    }
}

/// Puts the scene into the world; gives the webhooks that are left alone.
fn set_up(world: &Shared, scene: &Scene) -> Vec<WebhookId> {
    let mut world = world.lock();
    let World { model, receivers, watch, .. } = &mut *world;
    model.create_workspace(a_workspace().id);
    for character in &scene.characters {
        model.insert_webhook(character.webhook.clone());
        receivers.moods.insert(character.webhook.id, character.mood);
        watch.set_up(&character.webhook);
        watch.trace.note(format_args!("{} is {:?}", character.webhook.id, character.mood));
    }
    scene.characters.iter().filter(|character| character.steady).map(|character| character.webhook.id).collect()
}

/// The store is calm, and most receivers are well again.
fn end_faults(world: &Shared, dice: &Dice) {
    let mut world = world.lock();
    world.weather = Weather::Calm;
    world.watch.weather(true);
    for mood in world.receivers.moods.values_mut() {
        if !dice.percent(15) {
            *mood = Mood::Well;
        }
    }
    world.watch.trace.note(format_args!("the faults are over"));
}

/// Waits until nothing waits any more, or something went wrong.
async fn all_ends(world: &Shared, process: &Process) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let world = world.lock();
        let still =
            world.model.anything_waits() || !world.model.jobs_have_ended() || process.handle.health().in_flight > 0;
        if !still || !world.watch.violations.is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
