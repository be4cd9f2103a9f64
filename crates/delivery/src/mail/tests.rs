//! What arrives at a mail server, and when.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled, WebhookFailing, WebhookRecovered};
use beckon_domain::email::Email;
use beckon_domain::event::{Event, EventSource};
use beckon_domain::id::WebhookId;
use beckon_store::StoreError;
use beckon_testkit::fake_ambient;
use beckon_testkit::smtp::SmtpServer as FakeServer;
use tokio::task::JoinHandle;
use url::Url;
use uuid::Uuid;

use super::*;

/// An outbox in memory.
#[derive(Default)]
struct Outbox {
    notices: Mutex<Vec<(WorkspaceId, Event)>>,
    /// So many removals fail from now on.
    stuck: Mutex<u32>,
    changed: Notify,
}

#[async_trait]
impl MailStore for Outbox {
    async fn list_unmailed(&self, limit: u32) -> beckon_store::Result<Vec<(WorkspaceId, Event)>> {
        Ok(self.notices.lock().unwrap().iter().take(limit as usize).cloned().collect())
    }

    async fn remove_mailed(&self, told: &[(WorkspaceId, EventId)]) -> beckon_store::Result<()> {
        let fails = {
            let mut stuck = self.stuck.lock().unwrap();
            let fails = *stuck > 0;
            *stuck = stuck.saturating_sub(1);
            fails
        };
        if fails {
            return Err(StoreError::Unavailable("it is away".into()));
        }
        let told: BTreeSet<_> = told.iter().map(|(_, id)| id.clone()).collect();
        self.notices.lock().unwrap().retain(|(_, event)| !told.contains(&event.id));
        self.changed.notify_waiters();
        Ok(())
    }
}

impl Outbox {
    fn put<P: Payload>(&self, payload: &P) {
        self.put_in(1, payload);
    }

    fn put_in<P: Payload>(&self, workspace: u128, payload: &P) {
        let mut notices = self.notices.lock().unwrap();
        let event = Event {
            id: EventId::generate(&fake_ambient_number(notices.len())),
            event_type: P::EVENT_TYPE.to_owned(),
            channels: vec![],
            payload: serde_json::to_vec(payload).unwrap().into(),
            source: EventSource::default(),
            created_at: fake_ambient().now(),
            delivery_count: 0,
        };
        notices.push((WorkspaceId::from(Uuid::from_u128(workspace)), event));
    }

    async fn emptied(&self) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.notices.lock().unwrap().is_empty() {
                return;
            }
            changed.await;
        }
    }
}

/// Whom workspaces have named.
#[derive(Default)]
struct Named {
    by_workspace: Vec<(u128, &'static str)>,
    /// So many questions fail from now on.
    away: Mutex<u32>,
}

#[async_trait]
impl Recipients for Named {
    async fn mail_to(&self, workspace: WorkspaceId) -> beckon_store::Result<Vec<Email>> {
        let mut away = self.away.lock().unwrap();
        if *away > 0 {
            *away -= 1;
            return Err(StoreError::Unavailable("it is away".into()));
        }
        let its = self.by_workspace.iter().filter(|(id, _)| WorkspaceId::from(Uuid::from_u128(*id)) == workspace);
        Ok(its.map(|(_, address)| Email::parse(address).unwrap()).collect())
    }
}

/// Every number has ids of its own.
fn fake_ambient_number(number: usize) -> Ambient {
    let clock = beckon_testkit::FakeClock::default();
    clock.advance(jiff::SignedDuration::from_secs(number as i64));
    beckon_testkit::ambient::ambient_with(Arc::new(clock))
}

fn failing(webhook: u128) -> WebhookFailing {
    let mut notice = WebhookFailing::example();
    notice.webhook.id = WebhookId::from(Uuid::from_u128(webhook));
    notice.webhook.description = format!("Receiver {webhook}");
    notice
}

fn exhausted(webhook: u128) -> DeliveryExhausted {
    let mut notice = DeliveryExhausted::example();
    notice.webhook = failing(webhook).webhook;
    notice
}

fn options(server: &FakeServer, to: &[&str]) -> Options {
    Options {
        server: SmtpServer::parse(&server.url()).unwrap(),
        from: MailAddress::parse("Beckon <beckon@example.com>").unwrap(),
        to: to.iter().map(|to| MailAddress::parse(to).unwrap()).collect(),
        public_url: Some(Url::parse("https://beckon.example.com/").unwrap()),
    }
}

struct Running {
    outbox: Arc<Outbox>,
    noticed: Arc<Notify>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(outbox: Outbox, options: Options) -> Running {
        Running::start_with(outbox, Named::default(), options)
    }

    fn start_with(outbox: Outbox, named: Named, options: Options) -> Running {
        let (outbox, noticed, shutdown) = (Arc::new(outbox), Arc::new(Notify::new()), CancellationToken::new());
        let service = Service::new(outbox.clone(), Arc::new(named), fake_ambient(), options, noticed.clone()).unwrap();
        let task = tokio::spawn(service.run(shutdown.clone()));
        Running { outbox, noticed, shutdown, task }
    }

    async fn end(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

const OPS: &str = "Ops <ops@example.com>";

#[tokio::test]
async fn what_happened_together_is_one_mail_in_words_that_say_what_to_do() {
    let server = FakeServer::start().await;
    let outbox = Outbox::default();
    outbox.put(&failing(1));
    outbox.put(&exhausted(1));
    outbox.put(&exhausted(1));
    let running = Running::start(outbox, options(&server, &[OPS]));
    let mail = server.mails(1).await.remove(0);
    assert_eq!((mail.from.as_str(), &mail.to), ("beckon@example.com", &vec!["ops@example.com".to_owned()]));
    assert_eq!(mail.header("to").as_deref(), Some(OPS));
    assert_eq!(mail.header("subject").as_deref(), Some("[Beckon] Webhook \"Receiver 1\" is failing"));
    assert_eq!(mail.header("date").as_deref(), Some("Mon, 15 Apr 2024 14:32:00 +0000"));
    let text = mail.text();
    for part in [
        "nothing but failures since 2024-04-15 14:22 UTC",
        "Beckon stops sending to it on 2024-04-20 14:22 UTC",
        "503 Service Unavailable",
        "2 deliveries failed for good",
        "What to do: check that",
        "https://beckon.example.com/webhooks/wh_",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    running.outbox.emptied().await;
    running.end().await;
    assert_eq!(server.mails_so_far().len(), 1);
}

#[tokio::test]
async fn a_notice_recorded_later_is_told_soon() {
    let server = FakeServer::start().await;
    let running = Running::start(Outbox::default(), options(&server, &[OPS]));
    running.outbox.put(&WebhookDisabled::example());
    running.noticed.notify_one();
    let mail = tokio::time::timeout(LOOK_EVERY / 2, server.mails(1)).await.unwrap().remove(0);
    assert!(mail.header("subject").unwrap().ends_with("was switched off"), "{mail:?}");
    assert!(mail.text().contains("410 Gone"), "{}", mail.text());
    running.end().await;
}

#[tokio::test]
async fn a_server_that_was_away_gets_everything_when_it_is_back_and_once() {
    let server = FakeServer::start().await;
    let mut refusals = 0;
    server.object(move |command| {
        let away = refusals < 1 && command.starts_with("MAIL");
        refusals += usize::from(away);
        away.then(|| "421 not now".to_owned())
    });
    let outbox = Outbox::default();
    outbox.put(&failing(1));
    let running = Running::start(outbox, options(&server, &[OPS]));
    server.heard("MAIL", 1).await;
    running.outbox.put(&WebhookRecovered::example());
    let mail = server.mails(1).await.remove(0);
    assert_eq!(mail.header("subject").unwrap(), "[Beckon] News of 2 webhooks: \"Receiver 1\" and others");
    running.outbox.emptied().await;
    running.end().await;
    assert_eq!(server.mails_so_far().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_noted_as_told_is_not_told_again() {
    let server = FakeServer::start().await;
    let outbox = Outbox::default();
    outbox.put(&failing(1));
    *outbox.stuck.lock().unwrap() = 1;
    let running = Running::start(outbox, options(&server, &[OPS]));
    running.outbox.emptied().await;
    running.end().await;
    assert_eq!(server.mails_so_far().len(), 1);
}

#[tokio::test]
async fn a_recipient_refused_for_good_does_not_keep_the_mail_from_others() {
    let server = FakeServer::start().await;
    server.object(|command| command.contains("gone@").then(|| "550 no such user".to_owned()));
    let outbox = Outbox::default();
    outbox.put(&failing(1));
    let running = Running::start(outbox, options(&server, &["gone@example.com", OPS]));
    running.outbox.emptied().await;
    running.end().await;
    let mails = server.mails_so_far();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ops@example.com"]);
}

#[tokio::test]
async fn a_server_that_wants_another_password_is_asked_again_and_nothing_is_given_up() {
    let server = FakeServer::start().await;
    let mut refusals = 0;
    server.object(move |command| {
        let refused = refusals < 1 && command.starts_with("MAIL");
        refusals += usize::from(refused);
        refused.then(|| "535 who are you?".to_owned())
    });
    let outbox = Outbox::default();
    outbox.put(&failing(1));
    let running = Running::start(outbox, options(&server, &[OPS]));
    server.mails(1).await;
    running.end().await;
}

#[tokio::test]
async fn a_description_cannot_become_a_header() {
    let server = FakeServer::start().await;
    let outbox = Outbox::default();
    let mut notice = failing(1);
    notice.webhook.description = "CRM\r\nBcc: everyone@example.com\r\n\r\n.\r\n\u{202e}\u{0}süß".to_owned();
    notice.last_error = "no\r\n.\r\nMAIL FROM:<x@example.com>".to_owned();
    outbox.put(&notice);
    let running = Running::start(outbox, options(&server, &[OPS]));
    running.outbox.emptied().await;
    running.end().await;
    let mails = server.mails_so_far();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("bcc"), None);
    assert!(mails[0].text().contains("Webhook \"CRM Bcc: everyone@example.com . süß\""), "{}", mails[0].text());
}

#[tokio::test]
async fn without_tls_where_tls_was_asked_for_nothing_is_sent() {
    let server = FakeServer::start().await;
    let outbox = Outbox::default();
    outbox.put(&failing(1));
    let url = format!("smtp://ops:hunter2@{}", server.address());
    let options = Options { server: SmtpServer::parse(&url).unwrap(), ..options(&server, &[OPS]) };
    let running = Running::start(outbox, options);
    // The first try is over when the second begins.
    server.heard("EHLO", 2).await;
    running.end().await;
    let said = server.commands_so_far();
    assert!(said.iter().all(|command| command.starts_with("EHLO")), "{said:?}");
    assert_eq!(server.mails_so_far(), []);
}

#[tokio::test]
async fn a_workspace_s_own_recipients_learn_of_that_workspace_only_and_nobody_gets_two() {
    let server = FakeServer::start().await;
    let outbox = Outbox::default();
    outbox.put_in(1, &failing(1));
    outbox.put_in(2, &failing(2));
    let by_workspace =
        vec![(1, "one@example.com"), (1, "ops@example.com"), (2, "two@example.com"), (3, "three@example.com")];
    let named = Named { by_workspace, away: Mutex::new(0) };
    let running = Running::start_with(outbox, named, options(&server, &[OPS]));
    running.outbox.emptied().await;
    running.end().await;
    let mails = server.mails_so_far();
    let tells = |to: &str| {
        let its: Vec<_> = mails.iter().filter(|mail| mail.to == [to]).collect();
        assert_eq!(its.len(), 1, "{to}");
        let text = its[0].text();
        (text.contains("Receiver 1"), text.contains("Receiver 2"))
    };
    assert_eq!(tells("ops@example.com"), (true, true));
    assert_eq!(tells("one@example.com"), (true, false));
    assert_eq!(tells("two@example.com"), (false, true));
    assert_eq!(mails.len(), 3);
}

#[tokio::test]
async fn nothing_is_lost_while_it_cannot_be_read_who_is_to_be_told() {
    let server = FakeServer::start().await;
    let outbox = Outbox::default();
    outbox.put(&failing(1));
    let named = Named { by_workspace: vec![(1, "one@example.com")], away: Mutex::new(1) };
    let running = Running::start_with(outbox, named, options(&server, &[OPS]));
    running.outbox.emptied().await;
    running.end().await;
    assert_eq!(server.mails_so_far().len(), 2);
}
