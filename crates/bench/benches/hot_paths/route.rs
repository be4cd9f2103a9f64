//! What it costs to find the webhooks that take an event.

use std::hint::black_box;
use std::sync::Arc;

use beckon_domain::channel::Channel;
use beckon_domain::id::SegmentId;
use beckon_domain::webhook::Webhook;
use beckon_store::WorkspaceConfig;
use beckon_testkit::builders::a_webhook;
use criterion::Criterion;

/// Channels that a webhook with channels has.
const CHANNELS: i64 = 3;

/// One event of a segment, in a workspace with few or many webhooks. Half of them are limited to three segments each;
/// of those one takes the event.
pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("route");
    for count in [10_i64, 1_000] {
        let config = config(count);
        let channels = [Channel::of_segment(SegmentId(1))];
        group.bench_function(format!("{count} webhooks"), |bencher| {
            bencher.iter(|| config.takers(black_box("contact.visited"), black_box(&channels)).count());
        });
    }
    group.finish();
}

fn config(webhooks: i64) -> WorkspaceConfig {
    let channels = |n: i64| (n * CHANNELS..(n + 1) * CHANNELS).map(|id| Channel::of_segment(SegmentId(id))).collect();
    let webhook = |n: i64| Webhook {
        event_types: vec!["contact.intent".to_owned(), "contact.visited".to_owned()],
        channels: if n % 2 == 0 { channels(n) } else { Vec::new() },
        ..a_webhook()
    };
    WorkspaceConfig {
        workspace_id: a_webhook().workspace_id,
        name: "Acme".to_owned(),
        settings: Default::default(),
        version: 1,
        webhooks: (0..webhooks).map(|n| Arc::new(webhook(n))).collect(),
        segments: Vec::new(),
        event_types: Vec::new(),
        lists: Vec::new(),
    }
}
