//! The parts of the way from a page view to a request, measured one by one: `make bench-micro`.
//!
//! All in one place, because they share the segments and people of the case of page views, which measures the whole.
//! Not here: tests, and anything that waits for a disk or a network.

mod qualify;
mod read_batch;
mod route;
#[path = "../../src/page_views/rules.rs"]
#[expect(dead_code, reason = "the case of page views needs more of it")]
mod rules;
mod sign;
#[path = "../../src/page_views/visitors.rs"]
mod visitors;

use criterion::{criterion_group, criterion_main};

criterion_group!(hot_paths, sign::measure, route::measure, qualify::measure, read_batch::measure);
criterion_main!(hot_paths);
