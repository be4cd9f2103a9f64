//! What it costs to read a tracking batch.

use std::hint::black_box;

use beckon_domain::signal::Signal;
use beckon_intake::{schema, tracking};
use beckon_testkit::fake_ambient;
use criterion::{Criterion, Throughput};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Calls in the batch.
const CALLS: usize = 100;

/// The body of a `/v1/batch` from a server-side client library that forwards a browser's page views, with an identify and
/// a track now and then: from bytes to signals. (Without finding the write key and unpacking gzip.)
pub(crate) fn measure(criterion: &mut Criterion) {
    let body =
        json!({ "batch": (0..CALLS).map(call).collect::<Vec<_>>(), "sentAt": "2026-05-01T12:00:00.250Z" }).to_string();
    let ambient = fake_ambient();
    let read = |body: &[u8]| -> Vec<Signal> {
        let root = schema::read_leniently(body).unwrap_or_default();
        let items = root["batch"].as_array().into_iter().flatten().filter_map(Value::as_object);
        items.filter_map(|item| tracking::read(None, item, Timestamp::UNIX_EPOCH, None, &ambient).ok()).collect()
    };
    assert_eq!(read(body.as_bytes()).len(), CALLS);
    let mut group = criterion.benchmark_group("read a batch");
    group.throughput(Throughput::Elements(CALLS as u64));
    group.bench_function(format!("{CALLS} calls"), |bencher| bencher.iter(|| read(black_box(body.as_bytes()))));
    group.finish();
}

/// As `@segment/analytics-node` 3 writes it.
fn call(n: usize) -> Value {
    let mut call = match n % 10 {
        0 => json!({ "type": "identify", "traits": {
            "email": format!("person-{n}@example.com"), "firstName": "Jane", "title": "VP of Sales",
            "company": { "name": "Acme", "domain": "acme.example", "employees": 250 } } }),
        1 => json!({ "type": "track", "event": "Signed Up", "properties": { "plan": "pro", "seats": 5 } }),
        _ => json!({ "type": "page", "properties": {
            "path": format!("/blog/post-{n}"), "url": format!("https://www.example.com/blog/post-{n}?utm_source=news&utm_campaign=spring"),
            "title": format!("Post {n}"), "referrer": "https://www.google.com/" } }),
    };
    let common = json!({
        "timestamp": "2026-05-01T12:00:00.000Z",
        "integrations": {},
        "context": {
            "ip": "203.0.113.7",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "library": { "name": "@segment/analytics-node", "version": "3.1.0" },
        },
        "anonymousId": format!("7f3a9c1e-0000-4000-8000-{n:012}"),
        "messageId": format!("node-next-1795423698669-cdd1e73f-0000-4000-8000-{n:012}"),
        "_metadata": { "nodeVersion": "v20.20.2", "jsRuntime": "node" },
    });
    if let (Value::Object(call), Value::Object(common)) = (&mut call, common) {
        call.extend(common);
    }
    call
}
