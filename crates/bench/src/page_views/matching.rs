//! How long it takes to find the segments that a page view brings about, one by one.

use beckon_domain::segment::Subject;
use beckon_domain::segment::evaluate::SegmentCatalog;
use jiff::Timestamp;
use tokio::time::{Duration, Instant};

use super::rules;
use super::visitors::OnVisit;

/// People in turn.
const PEOPLE: usize = 1_000;
/// Page views looked at.
const LOOKS: usize = 50_000;

/// The time that half of the page views take at most, and that 99 in 100 do.
pub(super) fn percentiles(segments: usize) -> anyhow::Result<(Duration, Duration)> {
    let now = Timestamp::UNIX_EPOCH;
    let catalog = SegmentCatalog::new((0..segments).map(|n| rules::segment(n, now)).collect::<anyhow::Result<_>>()?);
    let people: Vec<OnVisit> = (0..PEOPLE).map(|n| OnVisit::new(n, segments, now)).collect();
    let look = |person: &OnVisit| catalog.matching(Subject::Contact, &person.facts()).len();
    // The first look makes the index.
    let qualified: usize = people.iter().map(look).sum();
    anyhow::ensure!(qualified == PEOPLE / 10, "{qualified} of {PEOPLE} people qualify, not one in ten");
    let mut took: Vec<Duration> = (0..LOOKS)
        .map(|n| {
            let begun = Instant::now();
            std::hint::black_box(look(&people[n % PEOPLE]));
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    Ok((took[LOOKS / 2], took[LOOKS * 99 / 100]))
}
