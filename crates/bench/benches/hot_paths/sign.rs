//! What signing costs each attempt.

use std::hint::black_box;

use beckon_delivery::sign::Signer;
use beckon_domain::signing::{KeyMaterial, SigningKey, SigningScheme};
use beckon_testkit::fake_ambient;
use criterion::{Criterion, Throughput};
use jiff::Timestamp;

/// The signature header of one request: with either scheme, of a typical payload (300 bytes) and of a large one (8 KB),
/// under one key and, as during a rotation, under two.
pub(crate) fn measure(criterion: &mut Criterion) {
    let ambient = fake_ambient();
    let mut group = criterion.benchmark_group("sign");
    for (name, scheme) in [("HMAC", SigningScheme::HmacSha256), ("Ed25519", SigningScheme::Ed25519)] {
        for bytes in [300_usize, 8 * 1024] {
            let body = vec![b'x'; bytes];
            group.throughput(Throughput::Bytes(bytes as u64));
            for count in [1, 2] {
                let key = || SigningKey::new(KeyMaterial::generate(scheme, &ambient), Timestamp::UNIX_EPOCH);
                let keys: Vec<SigningKey> = (0..count).map(|_| key()).collect();
                let keys_named = if count == 1 { "one key" } else { "two keys" };
                let signer = Signer::new(&keys);
                group.bench_function(format!("{name}, {bytes} bytes, {keys_named}"), |bencher| {
                    bencher.iter(|| {
                        signer.sign("evt_01hzy3v7k2m4n6p8q0r2s4t6v8", Timestamp::UNIX_EPOCH, black_box(&body))
                    });
                });
            }
        }
    }
    group.finish();
}
