//! Tells by e-mail what Beckon announces of its own troubles: webhooks that fail, are disabled or have
//! recovered, deliveries that failed for good.
//!
//! The story. A notice gets into the store's **outbox** in the step that announces it. The service looks there
//! every so often, and soon after the engine says that it recorded one. What it finds it **gathers**: one mail
//! for all that is to be told now, and about one webhook no more than one mail in a quarter of an hour,
//! however much goes wrong. The mail is written as a **letter** and handed to the **post**; once the server has
//! taken it, the notices leave the outbox. The operator's recipients get one letter about everything; those a workspace
//! has named get one about that workspace only.
//!
//! Promises: each notice is told at least once, and twice only if the process dies between the server's word
//! and the outbox. A server that is away is tried again, ever less often; a letter that it refuses for good is
//! given up, with a log line. Nothing here holds up deliveries. What names and errors contain cannot become a
//! header.
//! Not here: when a notice is due (`decide.rs`); the address guard, for the mail server is the operator's choice.

mod gather;
mod letter;
mod notice;
mod options;
mod post;
mod recipients;
mod server;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::event::EventId;
use beckon_domain::id::WorkspaceId;
use beckon_store::MailStore;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use gather::{Gatherer, Group, LIST_MAX};
use letter::Letter;
use notice::Notice;
use post::{Fate, Post};

pub use options::{MailAddress, Options, RECIPIENTS_MAX};
pub use recipients::Recipients;
pub use server::SmtpServer;

/// How often the outbox is looked at although nobody said that something is in it.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How long to wait for more, once something is in the outbox: what happens together is told together.
const GATHER_FOR: Duration = Duration::from_secs(1);
/// First wait for a server that is away.
const RETRY_WAIT_MIN: Duration = Duration::from_secs(2);
/// Longest wait for a server that is away.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(10 * 60);
/// How often a mail is offered once more to recipients that the server puts off while it takes it for others.
const LATE_TRIES_MAX: u32 = 5;
/// How long a mail under way may still take once the end was asked for.
const END_ALLOWANCE: Duration = Duration::from_secs(5);

/// The outbox.
pub type SharedMailStore = Arc<dyn MailStore + Send + Sync>;

/// Names a notice.
type NoticeId = (WorkspaceId, EventId);

/// Sends the mails. Does nothing until it is [run](Service::run).
pub struct Service {
    store: SharedMailStore,
    recipients: Arc<dyn Recipients>,
    ambient: Ambient,
    options: Options,
    post: Post,
    noticed: Arc<Notify>,
    gatherer: Gatherer,
    /// Told, and perhaps still in the outbox.
    told: HashSet<NoticeId>,
    failures: u32,
}

/// Why the service could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// TLS cannot be set up.
    #[error("the mail server cannot be spoken to over TLS")]
    Tls(#[source] lettre::transport::smtp::Error),
}

impl Service {
    /// Makes a service. It looks into the outbox soon after `noticed` was used (see
    /// [`crate::Handle::noticed`]), and every now and then without.
    pub fn new(
        store: SharedMailStore,
        recipients: Arc<dyn Recipients>,
        ambient: Ambient,
        options: Options,
        noticed: Arc<Notify>,
    ) -> Result<Service, Error> {
        let post = Post::new(&options).map_err(Error::Tls)?;
        let (gatherer, told) = (Gatherer::default(), HashSet::new());
        Ok(Service { store, recipients, ambient, options, post, noticed, gatherer, told, failures: 0 })
    }

    /// Sends mails until `shutdown`. What is not told by then is told after the next start.
    pub async fn run(mut self, shutdown: CancellationToken) {
        loop {
            let wait = self.look(&shutdown).await;
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep_until(wait.until) => {}
                () = self.noticed.notified(), if wait.may_be_cut_short => {
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = sleep(GATHER_FOR) => {}
                    }
                }
            }
        }
    }

    /// Tells what is to be told now; says when to look again.
    async fn look(&mut self, shutdown: &CancellationToken) -> Wait {
        let (notices, unreadable) = match self.read_outbox().await {
            Ok(read) => read,
            Err(error) => {
                tracing::warn!(%error, "the outbox of mails cannot be read; trying again");
                return Wait::until(Instant::now() + LOOK_EVERY);
            }
        };
        let gathered = self.gatherer.gather(notices, Instant::now());
        let surplus = gathered.surplus.into_iter().chain(unreadable).collect();
        self.remove(surplus).await;
        if gathered.groups.is_empty() {
            let until = gathered.look_at.unwrap_or_else(|| Instant::now() + LOOK_EVERY);
            return Wait { until, may_be_cut_short: gathered.look_at.is_none() };
        }
        if self.tell(&gathered.groups, shutdown).await {
            self.failures = 0;
            self.gatherer.note_told(&gathered.groups, Instant::now());
            self.remove(gathered.groups.iter().flat_map(Group::ids).collect()).await;
            return Wait::until(Instant::now() + GATHER_FOR);
        }
        let wait = RETRY_WAIT_MIN.saturating_mul(2_u32.saturating_pow(self.failures)).min(RETRY_WAIT_MAX);
        self.failures = self.failures.saturating_add(1);
        Wait::until(Instant::now() + wait)
    }

    /// What is in the outbox and was not told yet, and what of it cannot be read.
    async fn read_outbox(&mut self) -> beckon_store::Result<(Vec<Notice>, Vec<NoticeId>)> {
        self.remove(Vec::new()).await;
        let listed = self.store.list_unmailed(LIST_MAX).await?;
        let (mut notices, mut unreadable) = (Vec::new(), Vec::new());
        for (workspace, event) in listed {
            let id = (workspace, event.id.clone());
            if self.told.contains(&id) {
                continue;
            }
            match Notice::read(workspace, &event) {
                Ok(notice) => notices.push(notice),
                Err(error) => {
                    tracing::warn!(%error, event = %event.id, "a notice cannot be read and is not told by mail");
                    unreadable.push(id);
                }
            }
        }
        Ok((notices, unreadable))
    }

    /// Takes notices out of the outbox, and whatever could not be taken out before.
    async fn remove(&mut self, notices: Vec<NoticeId>) {
        self.told.extend(notices);
        if self.told.is_empty() {
            return;
        }
        let told: Vec<NoticeId> = self.told.iter().cloned().collect();
        match self.store.remove_mailed(&told).await {
            Ok(()) => self.told.clear(),
            Err(error) => tracing::warn!(%error, "what was told by mail cannot be noted; trying again"),
        }
    }

    /// Sends a mail to everyone who is to get one. Answers whether there is nothing left to do about it.
    async fn tell(&self, groups: &[Group], shutdown: &CancellationToken) -> bool {
        let letters = match self.write_letters(groups).await {
            Ok(letters) => letters,
            Err(error) => {
                tracing::warn!(%error, "who is to get a mail cannot be read; trying again");
                return false;
            }
        };
        let mut pending: Vec<(&Letter, &MailAddress)> =
            letters.iter().flat_map(|(letter, to)| to.iter().map(move |to| (letter, to))).collect();
        let mut taken = false;
        for tries in 0..=LATE_TRIES_MAX {
            let mut put_off = Vec::new();
            for (letter, to) in pending {
                match self.hand_over(letter, to, shutdown).await {
                    Fate::Taken => taken = true,
                    Fate::Refused(reason) => {
                        tracing::error!(%reason, subject = letter.subject, "the mail server refused a mail: given up");
                    }
                    Fate::PutOff(reason) => {
                        tracing::warn!(%reason, "a mail cannot be sent for now; trying again");
                        put_off.push((letter, to));
                    }
                }
            }
            pending = put_off;
            // If the server takes it for nobody, everything is told later, with whatever has come by then.
            if pending.is_empty() || !taken {
                return pending.is_empty();
            }
            let wait = RETRY_WAIT_MIN.saturating_mul(4_u32.saturating_pow(tries)).min(RETRY_WAIT_MAX);
            if tries == LATE_TRIES_MAX || shutdown.run_until_cancelled(sleep(wait)).await.is_none() {
                break;
            }
        }
        tracing::error!(recipients = pending.len(), "mails were put off too often: given up");
        true
    }

    /// One letter about everything for the operator's recipients, and one for those of each workspace, who must learn
    /// nothing of others. Who gets the first gets no second.
    async fn write_letters(&self, groups: &[Group]) -> beckon_store::Result<Vec<(Letter, Vec<MailAddress>)>> {
        let now = self.ambient.now();
        let mut letters = vec![(Letter::write(groups, &self.options, now), self.options.to.clone())];
        let mut by_workspace: BTreeMap<WorkspaceId, Vec<Group>> = BTreeMap::new();
        for group in groups {
            by_workspace.entry(group.workspace_id()).or_default().push(group.clone());
        }
        for (workspace, its) in by_workspace {
            let named = self.recipients.mail_to(workspace).await?;
            let to: Vec<MailAddress> = named
                .iter()
                .filter(|email| !self.options.to.iter().any(|known| known.is(email)))
                .filter_map(|email| MailAddress::parse(email.as_str()).ok())
                .collect();
            if !to.is_empty() {
                letters.push((Letter::write(&its, &self.options, now), to));
            }
        }
        Ok(letters)
    }

    async fn hand_over(&self, letter: &Letter, to: &MailAddress, shutdown: &CancellationToken) -> Fate {
        let ended = async {
            shutdown.cancelled().await;
            sleep(END_ALLOWANCE).await;
        };
        tokio::select! {
            fate = self.post.send(letter, to) => fate,
            () = ended => Fate::PutOff("the process ends".to_owned()),
        }
    }
}

/// When to look into the outbox again.
struct Wait {
    until: Instant,
    /// Whether a new notice is a reason to look earlier.
    may_be_cut_short: bool,
}

impl Wait {
    fn until(until: Instant) -> Wait {
        Wait { until, may_be_cut_short: false }
    }
}
