//! What a bad webhook costs the good ones: nine are measured alone, and while a tenth is well, hangs, or fails.
//!
//! Promise: what the nine are owed arrived exactly once; what the tenth is owed is delivered or under way.

use crate::bench::Bench;
use crate::figure::{Figure, Figures};
use crate::publishing::Publishing;
use crate::receiver::Manner;
use crate::section::{Row, Section};

/// Webhooks that are measured.
const NINE: usize = 9;
/// Events published at full speed: as many as take several times as long as the one that hangs.
const FULL_SPEED_EVENTS: u64 = 30_000;
/// Events published at a fixed rate.
const FIXED_RATE_EVENTS: u64 = 1_000;
/// How long the one that hangs takes for an answer, in milliseconds.
const HANG_MS: u64 = 2_000;
/// The tenth webhook; the first of these is what the others are compared with.
const TENTHS: [(&str, Option<Manner>); 4] = [
    ("there is no tenth", None),
    ("the tenth is well", Some(Manner::Well)),
    ("the tenth hangs 2 s", Some(Manner::HangsMs(HANG_MS))),
    ("the tenth answers 500", Some(Manner::Fails(500))),
];
/// Events a second when latency is measured: ten times as many deliveries, well within what the server can do.
const PER_SECOND: u32 = 100;

/// Two tables: at full speed, and at a fixed rate.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Section>> {
    let full = Publishing { webhooks: NINE, ..Publishing::one_by_one(FULL_SPEED_EVENTS) };
    let fixed = Publishing { events: FIXED_RATE_EVENTS, per_second: Some(PER_SECOND), ..full };
    let rate = rows(bench, full, Figure::PerSecond).await?;
    let latency = rows(bench, fixed, Figure::P99).await?;
    let notes = vec![
        "Nine webhooks are counted; costs are per delivery to them and include the tenth's. The first row is without"
            .to_owned(),
        "a tenth: one that is well costs a ninth more work, so a bad one is to be held against the second.".to_owned(),
    ];
    Ok(vec![
        Section {
            title: "Neighbours at full speed: deliveries/s to the nine".to_owned(),
            notes: notes.clone(),
            rows: rate,
        },
        Section { title: format!("Neighbours at {PER_SECOND} events/s: latency of the nine"), notes, rows: latency },
    ])
}

/// A row for each kind of tenth. They take turns, so that whatever else the machine does meets all of them.
async fn rows(bench: &Bench, publishing: Publishing, by: Figure) -> anyhow::Result<Vec<Row>> {
    let mut runs = vec![Vec::<Figures>::new(); TENTHS.len()];
    for _ in 0..bench.runs {
        for ((_, manner), runs) in TENTHS.iter().zip(&mut runs) {
            let publishing = Publishing { neighbour: *manner, ..publishing };
            let ran = publishing.ran_fresh(bench, None).await?;
            runs.push(match by {
                Figure::PerSecond => ran.throughput(publishing, bench),
                _ => ran.latency(publishing),
            });
        }
    }
    let rows = TENTHS.iter().zip(runs).map(|((name, _), runs)| Row::new(*name, by, runs));
    let mut rows = rows.collect::<anyhow::Result<Vec<Row>>>()?;
    if let Some(alone) = rows.first().and_then(|row| row.figures().get(&by)).copied() {
        for run in rows.iter_mut().flat_map(|row| &mut row.runs) {
            let value = run.get(&by).copied().unwrap_or_default();
            run.insert(Figure::OfFirst, 100.0 * value / alone);
        }
    }
    Ok(rows)
}
