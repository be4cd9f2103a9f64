//! The limit: a bare client that signs and posts over kept connections, with nothing around it.

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use beckon_domain::signing::{KeyMaterial, SigningKey};
use hyper::Method;
use hyper::body::Bytes;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::CALLERS;
use crate::post::Connection;
use crate::receiver::Receiver;
use crate::report::Measured;
use crate::server::Process;

const BODY: [u8; 300] = [b'x'; 300];

pub(crate) async fn run(requests: u64) -> anyhow::Result<Measured> {
    let receiver = Receiver::start().await?;
    let secret = KeyMaterial::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").map_err(anyhow::Error::msg)?;
    let keys = Rc::new([SigningKey::new(secret, Timestamp::UNIX_EPOCH)]);
    let next = Rc::new(AtomicU64::new(0));
    let me = Process::of_this();
    let (cpu_before, begun) = (me.cpu_us()?, Instant::now());
    let local = tokio::task::LocalSet::new();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (next, keys, address) = (next.clone(), keys.clone(), receiver.address.clone());
            local.spawn_local(async move {
                let mut connection = Connection::open(&address).await?;
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= requests {
                        return anyhow::Ok(());
                    }
                    let id = format!("evt_{n:026}");
                    let signature = beckon_delivery::sign::sign(keys.as_slice(), &id, 1_700_000_000, &BODY);
                    let headers = [
                        ("content-type", "application/json"),
                        ("webhook-id", id.as_str()),
                        ("webhook-timestamp", "1700000000"),
                        ("webhook-signature", signature.as_str()),
                    ];
                    connection.send(Method::POST, "/", &headers, Bytes::from_static(&BODY)).await?;
                }
            })
        })
        .collect();
    local
        .run_until(async {
            for caller in callers {
                caller.await.context("a caller")??;
            }
            anyhow::Ok(())
        })
        .await?;
    let seconds = begun.elapsed().as_secs_f64();
    let (_, distinct) = receiver.seen().await?;
    anyhow::ensure!(distinct == requests, "{distinct} of {requests} arrived");
    Ok(Measured {
        per_second: requests as f64 / seconds,
        cpu_us: (me.cpu_us()? - cpu_before) / requests as f64,
        rss_mib: me.rss_mib()?,
    })
}
