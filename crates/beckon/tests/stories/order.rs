//! Webhooks that want strict order.

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::{Value, json};

use crate::beckon::Beckon;

/// A FIFO webhook whose head has failed, and two events behind it.
struct Held {
    beckon: Beckon,
    receiver: Receiver,
    events: Vec<String>,
    head: String,
}

async fn held() -> Held {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(500)]);
    beckon.event_type("invoice.paid").await;
    let body =
        json!({ "url": receiver.url("/"), "event_types": ["invoice.paid"], "retry_schedule": [3600], "fifo": true });
    beckon.webhook_with(body).await;
    let events = beckon.publish_many("invoice.paid", 3).await;
    let head = beckon.deliveries_once(&events[0], |delivery| delivery["status"] == "retrying").await;
    let head = head[0]["id"].as_str().unwrap().to_owned();
    Held { beckon, receiver, events, head }
}

impl Held {
    async fn status_of(&self, event: usize, wanted: &str) -> Value {
        self.beckon.deliveries_once(&self.events[event], |delivery| delivery["status"] == wanted).await.remove(0)
    }

    fn arrived(&self) -> Vec<String> {
        let received = self.receiver.received_so_far();
        received.iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_failing_head_holds_up_what_is_behind_it_until_it_is_tried_now() {
    let held = held().await;
    for behind in [1, 2] {
        held.status_of(behind, "pending").await;
    }
    assert_eq!(held.arrived(), [held.events[0].clone()], "nothing passes it");

    let retry = format!("/api/v1/deliveries/{}/retry", held.head);
    held.beckon.api.post(&retry, json!({})).await.expect(202);
    held.receiver.received(4).await;
    let [first, second, third] = [0, 1, 2].map(|n| held.events[n].clone());
    assert_eq!(held.arrived(), [first.clone(), first, second, third], "in the order of the events");
    held.status_of(0, "delivered").await;
}

#[tokio::test]
async fn a_head_that_is_canceled_lets_the_others_go_on_in_order() {
    let held = held().await;
    held.beckon.api.post(&format!("/api/v1/deliveries/{}/cancel", held.head), json!({})).await.expect(200);
    held.receiver.received(3).await;
    assert_eq!(held.arrived(), held.events);
    held.status_of(0, "canceled").await;
    held.status_of(2, "delivered").await;
}
