//! One run of the process, from its start to its end.

use tokio_util::sync::CancellationToken;

/// A run of the process. Cheap to clone.
#[derive(Clone)]
pub(super) struct Run {
    number: u32,
    dead: CancellationToken,
}

impl Run {
    /// The run of that number, alive.
    pub(super) fn new(number: u32) -> Run {
        Run { number, dead: CancellationToken::new() }
    }

    /// Counts runs from 1.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Ends it as a power cut would.
    pub(super) fn kill(&self) {
        self.dead.cancel();
    }

    /// Whether it was killed.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.is_cancelled()
    }

    /// Goes on while the process lives: what a killed process was doing ends nowhere.
    pub(super) async fn alive(&self) {
        if self.is_dead() {
            std::future::pending().await
        }
    }

    /// What a caller outside the process hears: nothing, if the process is killed before.
    pub(super) async fn answer<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.dead.cancelled() => None,
            answer = call => Some(answer),
        }
    }
}
