//! Behaviours D: what a crash, a stop and a full disk leave.

#[path = "durability/full_disk.rs"]
mod full_disk;
#[path = "durability/kills.rs"]
mod kills;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beckon_testkit::receiver::{Received, Receiver, Reply};
use hyper::Method;
use serde_json::json;
use tokio::sync::Notify;

use crate::beckon::Beckon;
use crate::http::Http;

const EVENTS: usize = 5_000;
const CALLERS: usize = 8;
/// How long a receiver has to answer, unless it is set.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);
/// Requests to one webhook that can have no record, and so be made once more after a crash: on the way, or answered and
/// not yet recorded (8 times 32).
const IN_FLIGHT_MAX: usize = 256;

// behaviour D1, D2, D3 (in part)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_in_the_middle_of_5000_events_loses_none() {
    let mut beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    // Some are delivered before the kill; most are not, for every other request is left hanging.
    let mut requests = 0;
    receiver.reply_with(move |_| {
        requests += 1;
        if requests % 2 == 0 { Reply::hang() } else { Reply::status(200) }
    });
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;

    let publishers = Publishers::default();
    let first_half = publishers.start(beckon.api.clone());
    publishers.acknowledged_reaches(EVENTS / 2).await;
    receiver.received(10).await;
    beckon.kill();
    first_half.await;
    assert!(publishers.begun() < EVENTS, "it was killed in the middle");
    receiver.always(200);

    // Nothing new comes that could wake it: what it owes it finds by itself.
    beckon.start_again().await;
    all_arrive(&receiver, &publishers.acknowledged()).await;
    publishers.start(beckon.api.clone()).await;
    let acknowledged = publishers.acknowledged();
    assert!(acknowledged.len() >= EVENTS - CALLERS, "{} were acknowledged", acknowledged.len());
    all_arrive(&receiver, &acknowledged).await;

    let repeated: HashMap<_, _> = receiver.ids().into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(repeated.values().all(|times| *times == 2), "nothing comes a third time: {repeated:?}");
    assert!(repeated.len() <= IN_FLIGHT_MAX, "{} came twice", repeated.len());
}

async fn all_arrive(receiver: &Receiver, acknowledged: &[String]) {
    let all_there = |received: &[Received]| {
        let ids: HashSet<_> = received.iter().filter_map(|request| request.header("webhook-id")).collect();
        acknowledged.iter().all(|id| ids.contains(id.as_str()))
    };
    let enough = |received: &[Received]| received.len() >= acknowledged.len() && all_there(received);
    receiver.until("every acknowledged event has arrived", enough).await;
}

/// Callers that publish [`EVENTS`] events between them, each going on until the server is gone.
#[derive(Clone, Default)]
struct Publishers {
    begun: Arc<AtomicUsize>,
    acknowledged: Arc<Mutex<Vec<String>>>,
    more: Arc<Notify>,
}

impl Publishers {
    /// Starts the callers; the future ends when all have stopped.
    fn start(&self, api: Http) -> impl Future<Output = ()> {
        let callers: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(self.clone().publish(api.clone()))).collect();
        async {
            for caller in callers {
                caller.await.expect("a caller");
            }
        }
    }

    async fn publish(self, api: Http) {
        let api = api.with("content-type", "application/json");
        loop {
            let n = self.begun.fetch_add(1, Ordering::Relaxed);
            if n >= EVENTS {
                return;
            }
            let body = json!({ "type": "invoice.paid", "payload": { "n": n } }).to_string();
            let Some(answer) = api.try_send(Method::POST, "/api/v1/events", body).await else { return };
            let event = answer.expect(201).json();
            self.acknowledged.lock().unwrap().push(event["id"].as_str().unwrap().to_owned());
            self.more.notify_one();
        }
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    fn acknowledged(&self) -> Vec<String> {
        self.acknowledged.lock().unwrap().clone()
    }

    async fn acknowledged_reaches(&self, n: usize) {
        while self.acknowledged.lock().unwrap().len() < n {
            self.more.notified().await;
        }
    }
}

// behaviour D6
#[tokio::test]
async fn on_sigterm_what_is_in_flight_is_finished_and_the_exit_code_is_0() {
    let mut beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let (reply, release) = Reply::status(200).held();
    receiver.script([reply]);
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    receiver.received(1).await;

    beckon.ask_to_end();
    release.send(()).unwrap();
    let status = beckon.terminate().await;
    assert!(status.success(), "{status}");

    beckon.start_again().await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "delivered").await;
    assert_eq!(deliveries[0]["attempt_count"], 1, "it was finished, not repeated");
    assert_eq!(receiver.count(), 1);
}

// behaviour D6
#[tokio::test]
async fn a_receiver_that_hangs_holds_up_the_end_no_longer_than_the_grace() {
    let mut beckon = Beckon::start_with(&[("BECKON_SHUTDOWN_GRACE", "1s")]).await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::hang()]);
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    receiver.received(1).await;

    let asked = std::time::Instant::now();
    let status = beckon.terminate().await;
    assert!(status.success(), "{status}");
    assert!(asked.elapsed() < DELIVERY_TIMEOUT, "it did not wait for the receiver");

    beckon.start_again().await;
    beckon.deliveries_once(&event, |delivery| delivery["status"] == "delivered").await;
    assert_eq!(receiver.count(), 2, "what was cut off is made again");
}

// behaviour D12
#[tokio::test]
async fn a_second_process_on_the_same_data_refuses_to_start_and_says_why() {
    let beckon = Beckon::start().await;
    let second = crate::beckon::binary()
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(beckon.data())
        .output()
        .expect("beckon runs");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another") && said.contains(&*beckon.data().to_string_lossy()), "{said}");
}
