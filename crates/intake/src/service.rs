//! The queue in front of the pipeline, and the loop behind it.
//!
//! What is submitted waits in memory, bounded, until its workspace's turn; the turns of one workspace never
//! overlap, those of different workspaces do, so that a slow one holds up nobody else. A turn takes all that
//! waits, up to [`Options::batch_signals_max`], and everyone is answered after its commit.
//! Promise: nothing is answered with success before it is on disk; on shutdown what waits is finished first.
//! Not here: what a turn does (`batch.rs`).

mod turns;

use std::sync::Arc;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::email::FreeMail;
use beckon_domain::id::{CompanyId, ContactId, MergeId, SignalId, VisitorId, WorkspaceId};
use beckon_domain::identity::merge::Merge;
use beckon_domain::invalid::Invalid;
use beckon_domain::signal::Signal;
use beckon_store::intake::SubjectId;
use beckon_store::{ConfigCache, SharedStore};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::batch::{Answer, Batches, Job, Work};
use crate::upsert::{CompanyUpsert, ContactUpsert, Upserted};
use turns::Turns;

/// How long whoever finds the queue full is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How the intake works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Most signals (or contacts, or companies) decided together, unless one submission alone has more.
    pub batch_signals_max: usize,
    /// Most that may wait to be decided. What comes on top is refused with [`Error::Overloaded`].
    pub queue_signals_max: usize,
    /// Largest payload of an event published directly, in bytes.
    pub payload_bytes_max: usize,
    /// Where anybody can open a mailbox, so that an address there tells no company.
    pub free_mail: FreeMail,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            batch_signals_max: 500,
            queue_signals_max: 20_000,
            payload_bytes_max: 256 * 1024,
            free_mail: FreeMail::default(),
        }
    }
}

/// What became of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is on disk, with all that follows from it.
    Stored {
        /// Its id.
        signal_id: SignalId,
        /// The visitor it came from, if from one.
        visitor_id: Option<VisitorId>,
        /// The person behind it, if known.
        contact_id: Option<ContactId>,
    },
    /// A signal of the same message id was there already; this one changed nothing.
    Duplicate,
}

/// The intake. Made with its [`Handle`], then run.
pub struct Service {
    queue: mpsc::UnboundedReceiver<Job>,
    turns: Turns,
}

/// Submits to a running [`Service`].
#[derive(Clone)]
pub struct Handle {
    queue: mpsc::UnboundedSender<Job>,
    room: Arc<Semaphore>,
    room_max: usize,
    batch_max: usize,
}

impl Service {
    /// An intake in front of `store`. Nothing happens until it is run.
    pub fn new(store: SharedStore, config: Arc<ConfigCache>, ambient: Ambient, options: Options) -> (Service, Handle) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let room_max = options.queue_signals_max.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let batch_max = options.batch_signals_max.max(1);
        let room = Arc::new(Semaphore::new(room_max));
        let turns = Turns::new(Batches::new(store, config, ambient, options.free_mail), batch_max);
        (Service { queue: receiver, turns }, Handle { queue: sender, room, room_max, batch_max })
    }

    /// Works until `shutdown`, finishes what was submitted before it, and returns.
    pub async fn run(self, shutdown: CancellationToken) {
        let Service { mut queue, mut turns } = self;
        loop {
            tokio::select! {
                job = queue.recv() => match job {
                    Some(job) => turns.add(job),
                    None => break,
                },
                () = turns.finished() => {}
                () = shutdown.cancelled(), if !queue.is_closed() => queue.close(),
            }
        }
        turns.finish().await;
    }
}

impl Handle {
    /// Takes signals of one workspace, in order, and returns once they are on disk with all that follows.
    ///
    /// # Errors
    /// [`Error::Overloaded`] if too much is waiting: nothing was taken.
    pub async fn submit(&self, workspace: WorkspaceId, signals: Vec<Signal>) -> Result<Vec<Taken>, Error> {
        let room = self.room_now(signals.len())?;
        self.ask(workspace, room, |answer| Work::Signals(signals, answer)).await
    }

    /// Writes contacts, each on its own: one that is invalid fails alone.
    ///
    /// Many are written in parts. If one part fails, those before it are written; to repeat all does no harm.
    ///
    /// # Errors
    /// As [`Handle::submit`].
    pub async fn upsert_contacts(
        &self,
        workspace: WorkspaceId,
        upserts: Vec<ContactUpsert>,
    ) -> Result<Vec<Result<Upserted<Contact>, Invalid>>, Error> {
        let mut room = Some(self.room_now(upserts.len().min(self.batch_max))?);
        let mut done = Vec::with_capacity(upserts.len());
        for part in parts(upserts, self.batch_max) {
            let room = match room.take() {
                Some(room) => room,
                None => self.room_soon(part.len()).await?,
            };
            done.extend(self.ask(workspace, room, |answer| Work::Contacts(part, answer)).await?);
        }
        Ok(done)
    }

    /// Writes companies, each on its own: one that is invalid fails alone.
    ///
    /// # Errors
    /// As [`Handle::upsert_contacts`].
    pub async fn upsert_companies(
        &self,
        workspace: WorkspaceId,
        upserts: Vec<CompanyUpsert>,
    ) -> Result<Vec<Result<Upserted<Company>, Invalid>>, Error> {
        let mut room = Some(self.room_now(upserts.len().min(self.batch_max))?);
        let mut done = Vec::with_capacity(upserts.len());
        for part in parts(upserts, self.batch_max) {
            let room = match room.take() {
                Some(room) => room,
                None => self.room_soon(part.len()).await?,
            };
            done.extend(self.ask(workspace, room, |answer| Work::Companies(part, answer)).await?);
        }
        Ok(done)
    }

    /// Erases a contact, after all that was submitted before and before all that is submitted later.
    ///
    /// # Errors
    /// As [`Handle::submit`], and the store's `NotFound`.
    pub async fn erase_contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<(), Error> {
        self.ask(workspace, self.room_now(1)?, |answer| Work::Erase(SubjectId::Contact(id), answer)).await
    }

    /// Makes two contacts again of one, after all that was submitted before.
    ///
    /// # Errors
    /// As [`Handle::submit`], and the store's `NotFound` and `Refused`.
    pub async fn undo_merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Merge, Error> {
        self.ask(workspace, self.room_now(1)?, |answer| Work::Split(id, answer)).await
    }

    /// Has a contact cause no more events, or again: from the next signal on, after all that was submitted before.
    /// Who is suppressed already keeps the time since when.
    ///
    /// # Errors
    /// As [`Handle::submit`], and the store's `NotFound`.
    pub async fn suppress_contact(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        suppressed: bool,
    ) -> Result<Contact, Error> {
        self.ask(workspace, self.room_now(1)?, |answer| Work::Suppress(id, suppressed, answer)).await
    }

    /// Erases a company, after all that was submitted before and before all that is submitted later.
    ///
    /// # Errors
    /// As [`Handle::submit`], and the store's `NotFound`.
    pub async fn erase_company(&self, workspace: WorkspaceId, id: CompanyId) -> Result<(), Error> {
        self.ask(workspace, self.room_now(1)?, |answer| Work::Erase(SubjectId::Company(id), answer)).await
    }

    /// Whether the service still takes anything.
    pub fn is_running(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Takes room for so many in the queue, if there is some. What is larger than the queue takes all of it.
    fn room_now(&self, size: usize) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.room)
            .try_acquire_many_owned(self.permits(size))
            .map_err(|_no_room| Error::Overloaded { retry_after: RETRY_AFTER })
    }

    /// Waits for room: of work that is part of something larger, which was let in.
    async fn room_soon(&self, size: usize) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.room).acquire_many_owned(self.permits(size)).await.map_err(|_closed| Error::Stopped)
    }

    fn permits(&self, size: usize) -> u32 {
        u32::try_from(size.clamp(1, self.room_max)).unwrap_or(u32::MAX)
    }

    /// Queues work and waits for its answer.
    async fn ask<T>(
        &self,
        workspace: WorkspaceId,
        room: OwnedSemaphorePermit,
        work: impl FnOnce(Answer<T>) -> Work,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job = Job { workspace, size: room.num_permits(), work: work(answer), room };
        self.queue.send(job).map_err(|_unsent| Error::Stopped)?;
        answered.await.unwrap_or(Err(Error::Stopped))
    }
}

fn parts<T>(all: Vec<T>, size: usize) -> impl Iterator<Item = Vec<T>> {
    let mut all = all.into_iter();
    std::iter::from_fn(move || {
        let part: Vec<T> = all.by_ref().take(size).collect();
        (!part.is_empty()).then_some(part)
    })
}
