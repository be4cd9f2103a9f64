//! Connections kept open between requests.
//!
//! Promise: bounded in number and in time. One that its receiver closes is let go at the latest when the pool is gone
//! through, or when it would be used. A kept connection leads to the address it was
//! vetted for; only requests to the same scheme, host and port, with the same TLS settings, use it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};
use url::Host;

use super::line::Line;
use crate::tls::TlsId;

/// How long an unused connection is kept.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// Most unused connections kept in all. For one more, the one that was unused for longest is closed.
const IDLE_IN_ALL_MAX: usize = 512;
/// How long an answered connection may take to be ready for the next request.
const READY_TIMEOUT: Duration = Duration::from_secs(1);

/// What a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    /// Whether header names keep their owner's spelling, which costs a little.
    pub(crate) spelled: bool,
    /// How TLS is spoken: a connection that trusts or shows something special is not for others.
    pub(crate) tls: TlsId,
}

/// Connections that nobody uses at the moment.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    lines: HashMap<Origin, VecDeque<(Instant, Line)>>,
    count: usize,
}

impl Idle {
    /// Closes the connection that was unused for longest.
    fn drop_oldest(&mut self) {
        // Those to one origin lie in the order in which they came back.
        let since = |lines: &VecDeque<(Instant, Line)>| lines.front().map(|(since, _)| *since);
        let oldest = self.lines.iter().min_by_key(|(_, lines)| since(lines)).map(|(origin, _)| origin.clone());
        let Some((origin, lines)) = oldest.and_then(|origin| self.lines.get_mut(&origin).map(|lines| (origin, lines)))
        else {
            return;
        };
        self.count -= usize::from(lines.pop_front().is_some());
        if lines.is_empty() {
            self.lines.remove(&origin);
        }
    }
}

impl Pool {
    /// The connection to `origin` that was used last, if one is still good.
    pub(super) fn take(&self, origin: &Origin) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = &mut *idle;
        let lines = idle.lines.get_mut(origin)?;
        let mut good = None;
        while let Some((since, mut line)) = lines.pop_back() {
            idle.count -= 1;
            if since.elapsed() < IDLE_MAX && line.is_ready() {
                good = Some(line);
                break;
            }
        }
        if lines.is_empty() {
            idle.lines.remove(origin);
        }
        good
    }

    /// Keeps a connection whose answer was read to the end.
    pub(super) fn keep_when_ready(self: &Arc<Pool>, mut line: Line) {
        if line.is_ready() {
            self.keep(line);
            return;
        }
        let pool = self.clone();
        tokio::spawn(async move {
            if let Ok(true) = timeout(READY_TIMEOUT, line.become_ready()).await {
                pool.keep(line);
            }
        });
    }

    /// Closes what has been unused for too long.
    pub(super) fn drop_old(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        for lines in idle.lines.values_mut() {
            lines.retain_mut(|(since, line)| since.elapsed() < IDLE_MAX && line.is_ready());
        }
        idle.lines.retain(|_, lines| !lines.is_empty());
        idle.count = idle.lines.values().map(VecDeque::len).sum();
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).count == 0
    }

    fn keep(&self, line: Line) {
        let origin = line.origin.clone();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.count >= IDLE_IN_ALL_MAX {
            idle.drop_oldest();
        }
        idle.count += 1;
        idle.lines.entry(origin).or_default().push_back((Instant::now(), line));
    }
}
