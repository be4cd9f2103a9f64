//! The limit: how fast a bare client posts signed bodies to the same receiver, with nothing around it.
//!
//! It is measured with several numbers of connections; the best one counts, so that no ratio is flattered.

mod bare;

use serde::{Deserialize, Serialize};

use crate::clock::seconds_between;
use crate::cores::CoresSince;
use crate::figure::{Figure, Figures, thousands};
use crate::process::CpuSince;
use crate::receiver::Receiver;
use crate::reconcile::exactly_once;
use crate::role::Actor;
use crate::section::{Row, Section, repeat};

pub(crate) use bare::perform;

pub(crate) const ROLE: &str = "bare-client";
/// Numbers of connections that are tried.
const CONNECTIONS: [usize; 3] = [8, 32, 64];
/// Requests per run: as many as take some seconds.
const REQUESTS: u64 = 400_000;

/// What the bare client is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    /// The receiver's host and port.
    address: String,
    connections: usize,
    requests: u64,
}

/// How fast the machine is, in requests a second, and the table of it.
pub(crate) async fn measure(runs: usize) -> anyhow::Result<(f64, Section)> {
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let figures = repeat(runs, || run(connections)).await?;
        rows.push(Row::new(format!("{connections} connections"), Figure::PerSecond, figures)?);
    }
    let best = rows.iter().map(|row| row.figures()[&Figure::PerSecond]).fold(0.0, f64::max);
    let title = format!("The limit: {} requests/s", thousands(best));
    let notes = vec![
        "A bare client (hyper, one thread) that signs 300-byte bodies and posts them over kept connections to the"
            .to_owned(),
        "receiver (hyper, one thread). The best of these counts as the limit below; CPU is per request.".to_owned(),
    ];
    Ok((best, Section { title, notes, rows }))
}

async fn run(connections: usize) -> anyhow::Result<Figures> {
    let mut receiver = Receiver::start().await?;
    let mut client = Actor::start(ROLE)?;
    let plan = Plan { address: receiver.address.clone(), connections, requests: REQUESTS };
    let cores = CoresSince::now()?;
    let cpu = CpuSince::<2>::now([client.process, receiver.process()])?;
    let begun_ns: u64 = client.ask(&plan).await?;
    let ended_ns = receiver.when(0..1, REQUESTS).await?;
    let [client_us, receiver_us] = cpu.us()?;
    let machine = cores.shares(client_us + receiver_us)?;
    exactly_once("requests of the bare client", REQUESTS, receiver.arrived(0..1).await?)?;
    Ok(Figures::from([
        (Figure::PerSecond, REQUESTS as f64 / seconds_between(begun_ns, ended_ns)),
        (Figure::LoadCpu, client_us / REQUESTS as f64),
        (Figure::ReceiverCpu, receiver_us / REQUESTS as f64),
        (Figure::Idle, machine.idle),
        (Figure::Others, machine.others),
    ]))
}
