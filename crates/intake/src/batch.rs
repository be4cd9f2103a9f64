//! One turn of a workspace: read once, decide, commit once, answer everyone.
//!
//! Promise: submissions of a turn are decided in the order in which they came; if the set-up changes
//! meanwhile, all is decided again; a submission that cannot be stored fails alone.
//! Not here: what is decided (`fold.rs`, `upsert.rs`), and whose turn it is (`service.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::email::FreeMail;
use beckon_domain::id::{ContactId, MergeId, WorkspaceId};
use beckon_domain::identity::merge::Merge;
use beckon_domain::invalid::Invalid;
use beckon_domain::signal::Signal;
use beckon_store::intake::{IntakeChanges, IntakeQuery, SubjectId};
use beckon_store::{ConfigCache, SharedStore, StoreError};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use crate::fold::working::Working;
use crate::fold::{self, Compiled, Means};
use crate::{CompanyUpsert, ContactUpsert, Error, Taken, Upserted, upsert};

/// Most rows of each log that go in a step of an erasure.
pub(crate) const ERASED_ROWS_MAX: u32 = 1_000;
/// Most rows of each log that are moved in a step after a merge.
pub(crate) const MOVED_ROWS_MAX: u32 = 1_000;
/// How long something is decided again and again while the set-up keeps changing under it: longer than a
/// script takes that sets up a thousand webhooks one after the other.
pub(crate) const DECIDING_MAX: Duration = Duration::from_secs(10);

/// Where an answer goes.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// What became of each upsert.
pub(crate) type Upserts<T> = Vec<Result<Upserted<T>, Invalid>>;

/// Something submitted.
pub(crate) struct Job {
    pub(crate) workspace: WorkspaceId,
    /// How many signals, contacts or companies it has; at least one.
    pub(crate) size: usize,
    pub(crate) work: Work,
    /// Its room in the queue, given back when it is answered.
    pub(crate) room: OwnedSemaphorePermit,
}

/// What is to be done, and who waits for it.
pub(crate) enum Work {
    Signals(Vec<Signal>, Answer<Vec<Taken>>),
    Contacts(Vec<ContactUpsert>, Answer<Upserts<Contact>>),
    Companies(Vec<CompanyUpsert>, Answer<Upserts<Company>>),
    Erase(SubjectId, Answer<()>),
    Split(MergeId, Answer<Merge>),
    Suppress(ContactId, bool, Answer<Contact>),
}

/// What was decided on a job.
enum Decided {
    Signals(Vec<Taken>),
    Contacts(Upserts<Contact>),
    Companies(Upserts<Company>),
    /// `None` if there is no such contact.
    Suppressed(Option<Box<Contact>>),
    Nothing,
}

/// Does the turns.
pub(crate) struct Batches {
    store: SharedStore,
    config: Arc<ConfigCache>,
    ambient: Ambient,
    free_mail: FreeMail,
    compiled: Mutex<HashMap<WorkspaceId, Arc<Compiled>>>,
}

impl Batches {
    pub(crate) fn new(store: SharedStore, config: Arc<ConfigCache>, ambient: Ambient, free_mail: FreeMail) -> Batches {
        Batches { store, config, ambient, free_mail, compiled: Mutex::default() }
    }

    /// Does all jobs, which are of one workspace, and answers each.
    pub(crate) async fn run(&self, workspace: WorkspaceId, jobs: Vec<Job>) {
        let mut together = Vec::new();
        for job in jobs {
            let Job { work, room, .. } = job;
            match work {
                Work::Erase(subject, answer) => {
                    self.settle(workspace, std::mem::take(&mut together)).await;
                    let erased = match subject {
                        SubjectId::Contact(id) => self.erase_contact(workspace, id).await,
                        SubjectId::Company(id) => self.store.erase_company(workspace, id).await,
                    };
                    // Who no longer waits for an answer does not get one; here and below.
                    answer.send(erased.map_err(Error::Store)).ok();
                }
                Work::Split(id, answer) => {
                    self.settle(workspace, std::mem::take(&mut together)).await;
                    let undone = self.store.undo_merge(workspace, id, self.ambient.now()).await;
                    self.move_merged(workspace).await;
                    answer.send(undone.map_err(Error::Store)).ok();
                }
                work => together.push((work, room)),
            }
        }
        self.settle(workspace, together).await;
    }

    /// Erases a contact to the end, in steps between which others write. What a crash interrupts goes on with retention.
    async fn erase_contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<(), StoreError> {
        self.store.erase_contact(workspace, id, self.ambient.now()).await?;
        while self.store.erase_more(workspace, ERASED_ROWS_MAX).await? {}
        Ok(())
    }

    /// Decides and commits jobs together or, if something is wrong with one of them, each on its own.
    async fn settle(&self, workspace: WorkspaceId, jobs: Vec<(Work, OwnedSemaphorePermit)>) {
        let (works, rooms): (Vec<Work>, Vec<_>) = jobs.into_iter().unzip();
        match self.commit(workspace, &works).await {
            Ok(decided) => works.into_iter().zip(decided).for_each(|(work, decided)| answer(work, decided)),
            Err(error) if works.len() == 1 || is_outage(&error) => {
                tracing::warn!(%workspace, %error, "what came in could not be stored");
                works.into_iter().for_each(|work| refuse(work, &error));
            }
            Err(error) => {
                tracing::warn!(%workspace, %error, "a batch could not be stored; trying its parts");
                for work in works {
                    match self.commit(workspace, std::slice::from_ref(&work)).await {
                        Ok(mut decided) => answer(work, decided.pop().unwrap_or(Decided::Nothing)),
                        Err(error) => refuse(work, &error),
                    }
                }
            }
        }
        drop(rooms);
    }

    async fn commit(&self, workspace: WorkspaceId, works: &[Work]) -> Result<Vec<Decided>, StoreError> {
        if works.is_empty() {
            return Ok(Vec::new());
        }
        let give_up_at = Instant::now() + DECIDING_MAX;
        loop {
            let compiled = self.compiled(workspace).await?;
            let (decided, changes) = self.decide(workspace, works, &compiled).await?;
            if changes == IntakeChanges::default() {
                return Ok(decided);
            }
            let merges = !changes.merges.is_empty();
            match self.store.commit_intake(workspace, compiled.config.version, changes).await {
                Ok(()) => {
                    if merges {
                        self.move_merged(workspace).await;
                    }
                    return Ok(decided);
                }
                Err(StoreError::Stale(_)) if Instant::now() < give_up_at => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Moves to who stays what a merge left behind, in steps between which others write. What a crash interrupts goes on
    /// with the next merge, or with retention.
    async fn move_merged(&self, workspace: WorkspaceId) {
        loop {
            match self.store.move_merged(workspace, MOVED_ROWS_MAX).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%workspace, %error, "what was merged could not be moved in full; it goes on later");
                    return;
                }
            }
        }
    }

    async fn decide(
        &self,
        workspace: WorkspaceId,
        works: &[Work],
        compiled: &Compiled,
    ) -> Result<(Vec<Decided>, IntakeChanges), StoreError> {
        let mut query = IntakeQuery::default();
        for work in works {
            match work {
                Work::Signals(signals, _) => fold::ask_for(&mut query, signals, compiled, &self.free_mail),
                Work::Contacts(upserts, _) => upsert::ask_for_contacts(&mut query, upserts, &self.free_mail),
                Work::Companies(upserts, _) => upsert::ask_for_companies(&mut query, upserts),
                Work::Suppress(id, ..) => drop(query.contact_ids.insert(*id)),
                Work::Erase(..) | Work::Split(..) => {}
            }
        }
        let mut working = Working::new(self.store.read_intake(workspace, &query).await?);
        self.know_companies_by_id(workspace, works, &mut working).await?;

        let now = self.ambient.now();
        let means = Means { compiled, free_mail: &self.free_mail, now, ambient: &self.ambient };
        let decided = works.iter().map(|work| match work {
            Work::Signals(signals, _) => {
                Decided::Signals(signals.iter().map(|signal| fold::apply(&mut working, signal, means)).collect())
            }
            Work::Contacts(upserts, _) => {
                Decided::Contacts(upserts.iter().map(|upsert| upsert::contact(&mut working, upsert, means)).collect())
            }
            Work::Companies(upserts, _) => {
                Decided::Companies(upserts.iter().map(|upsert| upsert::company(&mut working, upsert, means)).collect())
            }
            Work::Suppress(id, suppressed, _) => {
                Decided::Suppressed(upsert::suppress(&mut working, *id, *suppressed, means).map(Box::new))
            }
            Work::Erase(..) | Work::Split(..) => Decided::Nothing,
        });
        let decided = decided.collect();
        Ok((decided, working.into_changes(now)))
    }

    /// Reads the companies that upserts name by our id, which a batch's query cannot ask for.
    async fn know_companies_by_id(
        &self,
        workspace: WorkspaceId,
        works: &[Work],
        working: &mut Working,
    ) -> Result<(), StoreError> {
        for work in works {
            let Work::Companies(upserts, _) = work else { continue };
            for id in upserts.iter().filter_map(|upsert| upsert.id) {
                if working.company(id).is_some() {
                    continue;
                }
                match self.store.get_company(workspace, id).await {
                    Ok(company) => working.know_company(company),
                    // The upsert will say so.
                    Err(StoreError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// What the workspace has set up, compiled once for each version of it.
    async fn compiled(&self, workspace: WorkspaceId) -> Result<Arc<Compiled>, StoreError> {
        let config = self.config.get(workspace).await?;
        let kept = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace).cloned();
        if let Some(kept) = kept.filter(|kept| kept.config.version == config.version) {
            return Ok(kept);
        }
        let compiled = Arc::new(Compiled::new(config));
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace, Arc::clone(&compiled));
        Ok(compiled)
    }
}

fn answer(work: Work, decided: Decided) {
    match (work, decided) {
        (Work::Signals(_, answer), Decided::Signals(taken)) => answer.send(Ok(taken)).is_ok(),
        (Work::Contacts(_, answer), Decided::Contacts(upserts)) => answer.send(Ok(upserts)).is_ok(),
        (Work::Companies(_, answer), Decided::Companies(upserts)) => answer.send(Ok(upserts)).is_ok(),
        (Work::Suppress(.., answer), Decided::Suppressed(contact)) => {
            let contact = contact.map(|contact| *contact);
            answer.send(contact.ok_or(Error::Store(StoreError::NotFound("contact")))).is_ok()
        }
        // Every decision is of its own work; an answer that is dropped reads as `Stopped`.
        _ => false,
    };
}

fn refuse(work: Work, error: &StoreError) {
    let error = Error::Store(copy_of(error));
    match work {
        Work::Signals(_, answer) => answer.send(Err(error)).is_ok(),
        Work::Contacts(_, answer) => answer.send(Err(error)).is_ok(),
        Work::Companies(_, answer) => answer.send(Err(error)).is_ok(),
        Work::Suppress(.., answer) => answer.send(Err(error)).is_ok(),
        Work::Erase(_, answer) => answer.send(Err(error)).is_ok(),
        Work::Split(_, answer) => answer.send(Err(error)).is_ok(),
    };
}

/// Whether trying the parts of a batch is of no use, because the store takes nothing at all.
fn is_outage(error: &StoreError) -> bool {
    matches!(error, StoreError::Full(_) | StoreError::Unavailable(_) | StoreError::Stale(_))
}

/// The same error for another who waits; its cause in words.
fn copy_of(error: &StoreError) -> StoreError {
    match error {
        StoreError::NotFound(what) => StoreError::NotFound(what),
        StoreError::Exists(what) => StoreError::Exists(what.clone()),
        StoreError::Stale(what) => StoreError::Stale(what),
        StoreError::Refused(why) => StoreError::Refused(why.clone()),
        StoreError::Full(source) => StoreError::Full(source.to_string().into()),
        StoreError::Unavailable(source) => StoreError::Unavailable(source.to_string().into()),
        StoreError::Corrupt { what, source } => StoreError::Corrupt { what, source: source.to_string().into() },
        StoreError::Failed { doing, source } => StoreError::Failed { doing, source: source.to_string().into() },
    }
}
