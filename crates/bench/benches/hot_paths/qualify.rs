//! What it costs to find the segments that a page view brings about.

use std::hint::black_box;

use beckon_domain::segment::Subject;
use beckon_domain::segment::evaluate::SegmentCatalog;
use criterion::{BatchSize, Criterion};
use jiff::Timestamp;

use crate::rules;
use crate::visitors::OnVisit;

/// People who view a page, in turn; one in ten qualifies.
const PEOPLE: usize = 1_000;

/// One page view by somebody with a title, an employer and fifty page views behind them, in a workspace with that many
/// enabled segments; one page view in ten qualifies for one. And, once per change of the set-up, making ready to ask.
pub(crate) fn measure(criterion: &mut Criterion) {
    let now = Timestamp::UNIX_EPOCH;
    let mut group = criterion.benchmark_group("qualify");
    for count in [100, 1_000, 10_000] {
        let segments = || {
            let made = (0..count).map(|n| rules::segment(n, now)).collect::<anyhow::Result<Vec<_>>>();
            made.unwrap_or_else(|error| panic!("{error}"))
        };
        let catalog = SegmentCatalog::new(segments());
        let people: Vec<OnVisit> = (0..PEOPLE).map(|n| OnVisit::new(n, count, now)).collect();
        let mut turns = people.iter().cycle();
        group.bench_function(format!("{count} segments"), |bencher| {
            bencher.iter(|| {
                let facts = turns.next().map(OnVisit::facts);
                facts.map(|facts| catalog.matching(Subject::Contact, black_box(&facts)).len())
            });
        });
        if count == 10_000 {
            group.sample_size(10);
            group.bench_function(format!("make ready {count} segments"), |bencher| {
                let first = people[0].facts();
                bencher.iter_batched(
                    segments,
                    |segments| SegmentCatalog::new(segments).matching(Subject::Contact, &first).len(),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}
