//! Looks up the addresses of host names.
//!
//! The system's resolver takes as long as it likes, cannot be called off, and holds a thread meanwhile, of
//! the threads that a store's reads may run on too.
//! Promise: one look-up per name at a time, whose answer goes to all who ask meanwhile; and at most
//! [`LOOKUPS_MAX`] of all names. So a name that hangs costs one thread, and many leave threads for others.
//! Not here: how long anyone waits for an answer (`sender/connect.rs`), which addresses are let through
//! (`guard.rs`), and keeping answers: every look-up begins anew.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most names looked up at once.
pub(crate) const LOOKUPS_MAX: usize = 64;

type Found = Result<Arc<[IpAddr]>, Arc<io::Error>>;
type LookUp = Shared<BoxFuture<'static, Found>>;
/// What looks a name up.
pub(crate) type Resolver = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// Looks up names. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Names {
    resolver: Arc<Resolver>,
    under_way: Arc<Mutex<HashMap<String, LookUp>>>,
    room: Arc<Semaphore>,
}

impl Names {
    /// Asks the system.
    pub(crate) fn of_system() -> Names {
        Names::of(Arc::new(|name: &str| {
            Ok((name, 0).to_socket_addrs()?.map(|address: SocketAddr| address.ip()).collect())
        }))
    }

    /// Asks `resolver`, which may take as long as it likes.
    pub(crate) fn of(resolver: Arc<Resolver>) -> Names {
        Names { resolver, under_way: Arc::default(), room: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }

    /// The addresses of a name, in the order in which the system would try them.
    pub(crate) async fn look_up(&self, name: &str) -> Found {
        let under_way = self.under_way().get(name).cloned();
        if let Some(under_way) = under_way {
            return under_way.await;
        }
        // Closed never; and whoever gives up waiting here leaves no look-up behind.
        let room = self.room.clone().acquire_owned().await.map_err(|closed| Arc::new(io::Error::other(closed)))?;
        let look_up = self.under_way().entry(name.to_owned()).or_insert_with(|| self.start(name, room)).clone();
        look_up.await
    }

    /// Starts a look-up that ends on its own, whoever still waits for it.
    fn start(&self, name: &str, room: OwnedSemaphorePermit) -> LookUp {
        let (names, name) = (self.clone(), name.to_owned());
        let looked_up = tokio::task::spawn_blocking(move || {
            let found = (names.resolver)(&name);
            names.under_way().remove(&name);
            drop(room);
            found
        });
        let found = looked_up.map(|found| found.unwrap_or_else(|error| Err(io::Error::other(error))));
        found.map(|found| found.map(Arc::from).map_err(Arc::new)).boxed().shared()
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, LookUp>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::RwLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::mpsc;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// Names that hang as long as `gate` is write-locked; `begun` hears of each look-up.
    fn hanging(gate: &Arc<RwLock<()>>) -> (Names, mpsc::UnboundedReceiver<usize>) {
        let (tell, begun) = mpsc::unbounded_channel();
        let (gate, at_once) = (gate.clone(), AtomicUsize::new(0));
        let names = Names::of(Arc::new(move |_: &str| {
            tell.send(at_once.fetch_add(1, Ordering::SeqCst) + 1).ok();
            drop(gate.read().unwrap());
            at_once.fetch_sub(1, Ordering::SeqCst);
            Ok(vec![ADDRESS])
        }));
        (names, begun)
    }

    #[tokio::test]
    async fn a_name_that_hangs_is_looked_up_once_for_all_who_ask() {
        let gate = Arc::default();
        let (names, mut begun) = hanging(&gate);
        let shut = gate.write().unwrap();
        let asked = join_all((0..50).map(|_| names.look_up("hangs.test")));
        let (answers, ()) = tokio::join!(asked, async move {
            begun.recv().await;
            drop(shut);
            tokio::task::yield_now().await;
            assert!(begun.try_recv().is_err(), "looked up again");
        });
        assert!(answers.iter().all(|found| **found.as_ref().unwrap() == [ADDRESS]));
        assert_eq!(*names.look_up("hangs.test").await.unwrap(), [ADDRESS], "and again when asked again");
    }

    #[tokio::test]
    async fn names_that_hang_leave_threads_for_others() {
        let gate = Arc::default();
        let (names, mut begun) = hanging(&gate);
        let shut = gate.write().unwrap();
        let asked: Vec<String> = (0..LOOKUPS_MAX + 100).map(|n| format!("{n}.test")).collect();
        let asked = join_all(asked.iter().map(|name| names.look_up(name)));
        let (answers, mut begun) = tokio::join!(asked, async move {
            let mut most = 0;
            while most < LOOKUPS_MAX {
                most = begun.recv().await.unwrap().max(most);
            }
            drop(shut);
            begun
        });
        assert!(answers.iter().all(Result::is_ok));
        drop(names);
        while let Some(count) = begun.recv().await {
            assert!(count <= LOOKUPS_MAX, "{count} at once");
        }
    }
}
