//! Decides which notices go into a mail now.
//!
//! Pure: time is an argument. Promises: about one webhook at most one mail in [`WEBHOOK_EVERY`]; in all, at most
//! one in a minute, and less often while there is something to tell all the time; what has to wait is told in the
//! next one. When more waits than can be looked at, deliveries that failed for good are counted instead of kept:
//! only that count is lost if the process dies.

use std::collections::HashMap;
use std::time::Duration;

use beckon_domain::id::{WebhookId, WorkspaceId};
use tokio::time::Instant;

use super::NoticeId;
use super::notice::{Notice, What};

/// Most notices looked at at once.
pub(super) const LIST_MAX: u32 = 1_000;
/// Least time between two mails about the same webhook.
pub(super) const WEBHOOK_EVERY: Duration = Duration::from_secs(15 * 60);
/// Least time between two mails.
const MAIL_WAIT_MIN: Duration = Duration::from_secs(60);
/// Least time between two mails, while there is something to tell all the time.
const MAIL_WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Most failed deliveries of a webhook that are kept while they have to wait and others press.
const KEPT_MAX: usize = 20;

type Key = (WorkspaceId, WebhookId);

/// What is to be told of one webhook.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    key: Key,
    /// In the order in which they happened; never empty.
    pub(super) notices: Vec<Notice>,
    /// Further deliveries that failed for good.
    pub(super) folded: usize,
}

impl Group {
    /// In which workspace.
    pub(super) fn workspace_id(&self) -> WorkspaceId {
        self.key.0
    }

    /// Which webhook.
    pub(super) fn webhook_id(&self) -> WebhookId {
        self.key.1
    }

    /// Which notices.
    pub(super) fn ids(&self) -> impl Iterator<Item = NoticeId> + '_ {
        self.notices.iter().map(|notice| notice.id.clone())
    }
}

/// What to do now.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// To be told in one mail.
    pub(super) groups: Vec<Group>,
    /// Counted, and not needed any more.
    pub(super) surplus: Vec<NoticeId>,
    /// When there will be something to tell, if only what waits now.
    pub(super) look_at: Option<Instant>,
}

/// Remembers what was told when.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    held_until: HashMap<Key, Instant>,
    folded: HashMap<Key, usize>,
    mail_wait: Duration,
    next_mail_at: Option<Instant>,
}

impl Gatherer {
    /// Sorts what the outbox holds into what is told now and what waits.
    pub(super) fn gather(&mut self, notices: Vec<Notice>, now: Instant) -> Gathered {
        let others_press = notices.len() >= LIST_MAX as usize;
        let mut gathered = Gathered::default();
        for Group { key, notices, .. } in by_webhook(notices) {
            let held_until = self.held_until.get(&key).copied().filter(|until| *until > now);
            let tell_at = held_until.max(self.next_mail_at).filter(|at| *at > now);
            let Some(tell_at) = tell_at else {
                let folded = self.folded.get(&key).copied().unwrap_or(0);
                gathered.groups.push(Group { key, notices, folded });
                continue;
            };
            gathered.look_at = Some(gathered.look_at.map_or(tell_at, |earlier| earlier.min(tell_at)));
            if others_press {
                let surplus = exhausted_beyond(&notices, KEPT_MAX);
                *self.folded.entry(key).or_default() += surplus.len();
                gathered.surplus.extend(surplus);
            }
        }
        gathered
    }

    /// Notes that these were told.
    pub(super) fn note_told(&mut self, groups: &[Group], now: Instant) {
        let goes_on = self.next_mail_at.is_some_and(|at| now < at + self.mail_wait);
        let wait = if goes_on { self.mail_wait * 2 } else { MAIL_WAIT_MIN };
        self.mail_wait = wait.min(MAIL_WAIT_MAX);
        self.next_mail_at = Some(now + self.mail_wait);
        self.held_until.retain(|_, until| *until > now);
        for group in groups {
            self.held_until.insert(group.key, now + WEBHOOK_EVERY);
            self.folded.remove(&group.key);
        }
    }
}

/// The notices by their webhook, webhooks in the order of their first.
fn by_webhook(notices: Vec<Notice>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::new();
    for notice in notices {
        let key = (notice.id.0, notice.webhook_id);
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.notices.push(notice),
            None => groups.push(Group { key, notices: vec![notice], folded: 0 }),
        }
    }
    groups
}

fn exhausted_beyond(notices: &[Notice], kept: usize) -> Vec<NoticeId> {
    let exhausted = notices.iter().filter(|notice| matches!(notice.what, What::Exhausted { .. }));
    exhausted.skip(kept).map(|notice| notice.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_domain::event::EventId;
    use uuid::Uuid;

    /// Notices of a webhook, numbered from `first`.
    fn exhausted(webhook: u128, first: usize, count: usize) -> Vec<Notice> {
        let notice = |n: usize| Notice {
            id: (WorkspaceId::from(Uuid::from_u128(1)), EventId::parse(&format!("evt-{webhook}-{n}")).unwrap()),
            webhook_id: WebhookId::from(Uuid::from_u128(webhook)),
            description: String::new(),
            what: What::Exhausted {
                delivery: "dlv".to_owned(),
                event_type: "invoice.paid".to_owned(),
                attempts: 8,
                last_error: "no".to_owned(),
            },
        };
        (first..first + count).map(notice).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn about_one_webhook_there_is_one_mail_in_a_quarter_of_an_hour_and_others_do_not_wait_for_it() {
        let (mut gatherer, begun) = (Gatherer::default(), Instant::now());
        let first = gatherer.gather(exhausted(1, 0, 1), begun);
        assert_eq!(first.groups.len(), 1);
        gatherer.note_told(&first.groups, begun);

        let soon = begun + MAIL_WAIT_MIN;
        let both = [exhausted(1, 1, 5), exhausted(2, 0, 1)].concat();
        let second = gatherer.gather(both, soon);
        assert_eq!(second.groups.iter().map(Group::webhook_id).collect::<Vec<_>>(), [Uuid::from_u128(2).into()]);
        assert_eq!(second.look_at, Some(begun + WEBHOOK_EVERY));
        gatherer.note_told(&second.groups, soon);

        let third = gatherer.gather(exhausted(1, 1, 5), begun + WEBHOOK_EVERY);
        assert_eq!(third.groups[0].notices.len(), 5, "what waited is told together");
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_over_many_webhooks_becomes_ever_fewer_mails() {
        let (mut gatherer, mut now) = (Gatherer::default(), Instant::now());
        let (begun, mut mails) = (now, 0);
        // Every second another webhook has something to tell.
        for webhook in 0..2 * 3_600 {
            let gathered = gatherer.gather(exhausted(webhook, 0, 1), now);
            if !gathered.groups.is_empty() {
                mails += 1;
                gatherer.note_told(&gathered.groups, now);
            }
            now += Duration::from_secs(1);
        }
        assert!(mails <= 13, "{mails} mails in {:?}", now.duration_since(begun));
        let after = now + 3 * MAIL_WAIT_MAX;
        let gathered = gatherer.gather(exhausted(1, 1, 1), after);
        gatherer.note_told(&gathered.groups, after);
        let next = gatherer.gather(exhausted(2, 1, 1), after + MAIL_WAIT_MIN);
        assert_eq!(next.groups.len(), 1, "after a silence it begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn one_webhooks_storm_is_counted_so_that_it_hides_nobody_elses_notice() {
        let (mut gatherer, begun) = (Gatherer::default(), Instant::now());
        let first = gatherer.gather(exhausted(1, 0, 1), begun);
        gatherer.note_told(&first.groups, begun);
        let full = gatherer.gather(exhausted(1, 1, LIST_MAX as usize), begun + MAIL_WAIT_MIN);
        assert_eq!((full.groups.len(), full.surplus.len()), (0, LIST_MAX as usize - KEPT_MAX));

        let then = gatherer.gather(exhausted(1, 1, KEPT_MAX), begun + WEBHOOK_EVERY);
        let group = &then.groups[0];
        assert_eq!(group.notices.len() + group.folded, LIST_MAX as usize, "all are told of");
    }
}
