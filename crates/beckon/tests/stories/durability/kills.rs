//! Kill -9 again and again, at moments nobody chose, and a reckoning of every delivery at the end.
//!
//! The seed of the moments is printed; `BECKON_KILLS_SEED` repeats them, as far as a real machine repeats anything.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beckon_domain::ambient::Entropy;
use beckon_testkit::SeededEntropy;
use beckon_testkit::receiver::{Received, Receiver, Reply};
use serde_json::{Value, json};

use crate::beckon::Beckon;

const ROUNDS: usize = 50;
/// Callers that publish at the same time.
const CALLERS: usize = 4;
/// The latest moment of a kill, in a round.
const KILLED_WITHIN: Duration = Duration::from_millis(120);
/// The slowest reply of the slow receiver.
const SLOWEST: Duration = Duration::from_millis(80);
/// Requests to one webhook that can have no record at one kill: on the way, or answered and not yet recorded (8 times 32).
const IN_FLIGHT_MAX: usize = 256;
const EVENT_TYPES: [&str; 2] = ["invoice.paid", "invoice.sent"];

/// Chance from a seed.
struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % bound
    }

    fn within(&self, most: Duration) -> Duration {
        Duration::from_micros(self.below(most.as_micros() as u64))
    }
}

/// A receiver, and the event types its webhook wants.
struct Wanting {
    webhook: Value,
    receiver: Receiver,
    event_types: &'static [&'static str],
}

/// Events whose publishing was acknowledged, by type.
type Acknowledged = Arc<Mutex<Vec<(String, &'static str)>>>;

// behaviour D1, D2, D3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_at_random_moments_lose_nothing_and_repeat_only_what_was_in_flight() {
    let seed = std::env::var("BECKON_KILLS_SEED").ok().map(|seed| seed.parse().expect("BECKON_KILLS_SEED is a number"));
    let seed: u64 = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("to repeat these moments: BECKON_KILLS_SEED={seed}");
    let dice = Arc::new(Dice(SeededEntropy::new(seed)));

    let mut beckon = Beckon::start_with(&[("BECKON_RETRY_SCHEDULE", "1s,1s,1s,1s,1s,2s,2s,5s,5s,10s")]).await;
    for event_type in EVENT_TYPES {
        beckon.event_type(event_type).await;
    }
    let wanting = [
        wanting(&beckon, &EVENT_TYPES, |_| Reply::status(200)).await,
        wanting(&beckon, &EVENT_TYPES[..1], slow_and_flaky(dice.clone())).await,
        wanting(&beckon, &EVENT_TYPES[1..], |_| Reply::status(204)).await,
    ];

    let acknowledged = Acknowledged::default();
    let mut known_delivered = wanting.each_ref().map(|_| BTreeMap::new());
    for _ in 0..ROUNDS {
        let callers: Vec<_> =
            (0..CALLERS).map(|n| tokio::spawn(publish(beckon.api.clone(), n, acknowledged.clone()))).collect();
        tokio::time::sleep(dice.within(KILLED_WITHIN)).await;
        beckon.kill();
        for caller in callers {
            caller.await.expect("a caller");
        }
        beckon.start_again().await;
        for (one, known) in wanting.iter().zip(&mut known_delivered) {
            remember_delivered(&beckon, one, known).await;
        }
    }

    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(acknowledged.len() >= ROUNDS, "only {} events were acknowledged", acknowledged.len());
    let mut deliveries = 0;
    for one in &wanting {
        let owed: BTreeSet<&str> = acknowledged
            .iter()
            .filter(|(_, event_type)| one.event_types.contains(event_type))
            .map(|(id, _)| &**id)
            .collect();
        let all_there = |received: &[Received]| {
            let ids: BTreeSet<_> = received.iter().filter_map(|request| request.header("webhook-id")).collect();
            owed.iter().all(|id| ids.contains(id))
        };
        // First what is recorded, because it says more when something is missing.
        let open = format!("/api/v1/deliveries?webhook_id={}", id(&one.webhook));
        beckon.rows_once(&open, |rows| rows.iter().all(|row| row["status"] == "delivered")).await;
        one.receiver.until("every acknowledged event has arrived", all_there).await;
        deliveries += reckon(&beckon, one, &owed).await;
    }
    for (one, known) in wanting.iter().zip(known_delivered) {
        let arrived = one.receiver.ids();
        let again = known.iter().filter(|(event, times)| arrived[*event] > **times).count();
        assert_eq!(again, 0, "recorded as delivered, and sent again");
        assert!(known.len() > ROUNDS, "{} deliveries were seen recorded after a kill: too few to tell", known.len());
    }
    println!("{ROUNDS} kills, {} events acknowledged, {deliveries} deliveries", acknowledged.len());
}

async fn wanting(
    beckon: &Beckon,
    event_types: &'static [&'static str],
    reply: impl FnMut(&Received) -> Reply + Send + 'static,
) -> Wanting {
    let receiver = Receiver::start().await;
    receiver.reply_with(reply);
    let webhook = beckon.webhook(&receiver.url("/"), event_types).await;
    Wanting { webhook, receiver, event_types }
}

/// Replies late, so that kills come in the middle of requests; and now and then with an error.
fn slow_and_flaky(dice: Arc<Dice>) -> impl FnMut(&Received) -> Reply + Send + 'static {
    move |_| {
        let status = if dice.below(20) == 0 { 500 } else { 200 };
        let (reply, release) = Reply::status(status).held();
        let after = dice.within(SLOWEST);
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            release.send(()).ok();
        });
        reply
    }
}

/// Publishes until nobody answers.
async fn publish(api: crate::http::Http, caller: usize, acknowledged: Acknowledged) {
    let api = api.with("content-type", "application/json");
    for n in 0.. {
        let event_type = EVENT_TYPES[(caller + n) % EVENT_TYPES.len()];
        let body = json!({ "type": event_type, "payload": { "n": n } }).to_string();
        let Some(answer) = api.try_send(hyper::Method::POST, "/api/v1/events", body).await else { return };
        let event = answer.expect(201).json();
        acknowledged.lock().unwrap().push((event["id"].as_str().expect("an id").to_owned(), event_type));
    }
}

/// Notes how often the events have arrived that are recorded as delivered: the latest of them.
async fn remember_delivered(beckon: &Beckon, one: &Wanting, known: &mut BTreeMap<String, usize>) {
    let path = format!("/api/v1/deliveries?webhook_id={}&status=delivered&limit=250", id(&one.webhook));
    let delivered = beckon.api.get(&path).await.expect(200).json();
    let arrived = one.receiver.ids();
    for row in delivered["data"].as_array().expect("data") {
        let event = row["event_id"].as_str().expect("an id");
        known.entry(event.to_owned()).or_insert_with(|| arrived[event]);
    }
}

fn id(webhook: &Value) -> &str {
    webhook["id"].as_str().expect("an id")
}

/// Holds what a receiver got against what is recorded, delivery by delivery. Gives how many there are.
async fn reckon(beckon: &Beckon, one: &Wanting, owed: &BTreeSet<&str>) -> usize {
    let webhook = id(&one.webhook);
    let path = format!("/api/v1/deliveries?webhook_id={webhook}");
    let ended = |rows: &[Value]| rows.iter().all(|row| row["status"] == "delivered");
    let deliveries = beckon.rows_once(&path, ended).await;
    let arrived = one.receiver.ids();

    // An event whose acknowledgement the kill cut off may be there too; none may be missing.
    let recorded: BTreeMap<&str, u64> = deliveries
        .iter()
        .map(|row| (row["event_id"].as_str().expect("an id"), row["attempt_count"].as_u64().expect("a count")))
        .collect();
    assert_eq!(recorded.len(), deliveries.len(), "a delivery for each event, and no event twice");
    assert!(owed.iter().all(|id| recorded.contains_key(id)), "every acknowledged event is owed to {webhook}");
    let mut cut_off = 0;
    for (event, attempts) in &recorded {
        // A request is recorded, or a kill cut it off.
        let requests = arrived.get(*event).copied().unwrap_or(0) as u64;
        assert!(requests >= *attempts, "{event}: {attempts} attempts are recorded, {requests} requests arrived");
        cut_off += requests - attempts;
    }
    let at_most = (ROUNDS * IN_FLIGHT_MAX) as u64;
    assert!(cut_off <= at_most, "{cut_off} requests to {webhook} have no record, {at_most} can have been in flight");
    deliveries.len()
}
