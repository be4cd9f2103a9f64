//! The bare client's own process.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Context;
use beckon_delivery::sign::Signer;
use beckon_domain::signing::{KeyMaterial, SigningKey};
use hyper::Method;
use hyper::body::Bytes;
use jiff::Timestamp;
use tokio::task::LocalSet;

use super::Plan;
use crate::clock::now_ns;
use crate::payload;
use crate::post::Connection;
use crate::role::Prompter;

/// When every request is sent, as far as its signature says.
const SENT_AT: Timestamp = Timestamp::UNIX_EPOCH;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Does what it is asked until its input ends; answers with the moment at which it began.
pub(crate) async fn perform() -> anyhow::Result<()> {
    let mut prompter = Prompter::listen();
    while let Some(plan) = prompter.hear::<Plan>().await? {
        let begun_ns = LocalSet::new().run_until(post(plan)).await?;
        prompter.answer(&begun_ns)?;
    }
    Ok(())
}

async fn post(plan: Plan) -> anyhow::Result<u64> {
    let secret = KeyMaterial::parse(SECRET).map_err(anyhow::Error::msg)?;
    let signer = Rc::new(Signer::new([&SigningKey::new(secret, Timestamp::UNIX_EPOCH)]));
    let next = Rc::new(Cell::new(0));
    let mut connections = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections {
        connections.push(Connection::open(&plan.address).await?);
    }
    let blank = Rc::new(payload::blank().into_bytes());
    let begun_ns = now_ns();
    let callers: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let (next, signer, blank) = (next.clone(), signer.clone(), blank.clone());
            tokio::task::spawn_local(async move {
                loop {
                    let n = next.get();
                    if n >= plan.requests {
                        return anyhow::Ok(());
                    }
                    next.set(n + 1);
                    let mut body = blank.to_vec();
                    payload::fill(&mut body, n, now_ns());
                    send(&mut connection, &signer, n, body).await?;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.context("a caller")??;
    }
    Ok(begun_ns)
}

async fn send(connection: &mut Connection, signer: &Signer, n: u64, body: Vec<u8>) -> anyhow::Result<()> {
    let id = format!("evt_{n:026}");
    let timestamp = SENT_AT.as_second().to_string();
    let signature = signer.sign(&id, SENT_AT, &body);
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id.as_str()),
        ("webhook-timestamp", timestamp.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    let (status, _) = connection.send(Method::POST, "/0", &headers, Bytes::from(body)).await?;
    anyhow::ensure!(status.is_success(), "the receiver answered {status}");
    Ok(())
}
