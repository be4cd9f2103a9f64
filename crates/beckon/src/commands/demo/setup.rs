//! Sets the stage through the JSON API: companies, contacts, segments, webhooks with their receivers.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::account::Account;
use super::client::Client;
use super::receiver::{Receiver, Seen};
use super::scene::{CONTACTS_CSV, EVENT_TYPES, SUBSCRIBERS, Subscriber, companies, contacts, segments};

/// Sets everything up and tells of it.
pub(super) async fn set_up(
    client: &Client,
    account: &Account,
    arrivals: &mpsc::UnboundedSender<Seen>,
) -> anyhow::Result<()> {
    add_people(client, account).await?;
    let ids = add_segments(client, account).await?;
    for (position, subscriber) in SUBSCRIBERS.iter().enumerate() {
        let receiver = Receiver::start(position, subscriber.sick_requests, arrivals.clone()).await?;
        add_webhook(client, subscriber, &receiver, &ids).await?;
        account.setup("webhook", subscriber.name, &describe(subscriber));
    }
    Ok(())
}

async fn add_people(client: &Client, account: &Account) -> anyhow::Result<()> {
    let (companies, contacts) = (companies(), contacts());
    for company in &companies {
        client.post("/companies", company).await?;
    }
    account.setup("companies", &companies.len().to_string(), "through the API");
    for contact in &contacts {
        client.post("/contacts", contact).await?;
    }
    let report = client.post_csv("/contacts/import", CONTACTS_CSV).await?;
    let imported = report["created"].as_u64().unwrap_or(0);
    anyhow::ensure!(report["failed"] == 0 && imported > 0, "the import of contacts failed: {report}");
    let count = contacts.len() as u64 + imported;
    let how = format!("{} through the API, {imported} from a CSV file", contacts.len());
    account.setup("contacts", &count.to_string(), &how);
    Ok(())
}

/// Makes the segments; answers with their ids by name.
async fn add_segments(client: &Client, account: &Account) -> anyhow::Result<HashMap<String, String>> {
    let mut ids = HashMap::new();
    for (segment, words) in segments() {
        let made = client.post("/segments", &segment).await?;
        let name = segment["name"].as_str().unwrap_or_default();
        ids.insert(name.to_owned(), text(&made, "id")?);
        account.setup("segment", name, words);
    }
    Ok(ids)
}

async fn add_webhook(
    client: &Client,
    subscriber: &Subscriber,
    receiver: &Receiver,
    segment_ids: &HashMap<String, String>,
) -> anyhow::Result<()> {
    let channels: Vec<_> =
        subscriber.only_segment.iter().map(|name| format!("segment_{}", segment_ids[*name])).collect();
    let mut webhook = json!({
        "description": subscriber.name,
        "url": receiver.url,
        "event_types": EVENT_TYPES,
        "channels": channels,
    });
    if let Some(schedule) = subscriber.retry_schedule {
        webhook["retry_schedule"] = json!(schedule);
    }
    let made = client.post("/webhooks", &webhook).await?;
    let secret = client.get(&format!("/webhooks/{}/secret", text(&made, "id")?)).await?;
    receiver.trust(&text(&secret, "secret")?)
}

fn describe(subscriber: &Subscriber) -> String {
    let mut words = match subscriber.only_segment {
        None => "every event".to_owned(),
        Some(segment) => format!("only the segment \"{segment}\""),
    };
    if subscriber.sick_requests > 0 {
        words.push_str(&format!("; will answer its first {} requests with 503", subscriber.sick_requests));
    }
    words
}

fn text(answer: &Value, field: &str) -> anyhow::Result<String> {
    let text = answer[field].as_str().with_context(|| format!("an answer has no {field}: {answer}"))?;
    Ok(text.to_owned())
}
