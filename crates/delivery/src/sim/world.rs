//! All that lives on when the process dies: the database, the receivers, and whoever watches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::receivers::Receivers;
use super::store::{Model, Weather};
use super::watch::Watch;

/// The world around the engine.
pub(super) struct World {
    pub(super) model: Model,
    pub(super) weather: Weather,
    pub(super) receivers: Receivers,
    pub(super) watch: Watch,
}

/// The world, as everyone holds it. Nobody waits for anything while holding it.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(super) fn new(world: World) -> Shared {
        Shared(Arc::new(Mutex::new(world)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
