use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use beckon_domain::ambient::{Clock, Entropy};
use jiff::Timestamp;

use super::*;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// Bytes that differ from call to call.
struct Counter(AtomicU8);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn vault(key: u8) -> Vault {
    Vault::new(&[key; KEY_BYTES], Ambient::new(Arc::new(Stopped), Arc::new(Counter(AtomicU8::new(1)))))
}

const TEXT: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// behaviour S10 (in part)
#[test]
fn what_was_sealed_is_opened_again_and_no_two_seals_are_alike() {
    let vault = vault(1);
    let text = SecretText::new(TEXT);
    let (one, two) = (vault.seal(b"place", &text).unwrap(), vault.seal(b"place", &text).unwrap());
    assert_ne!(one, two);
    assert!(!one.windows(6).any(|part| TEXT.as_bytes().windows(6).any(|known| known == part)));
    for sealed in [one, two] {
        assert_eq!(vault.open(b"place", &sealed).unwrap(), text);
    }
    let bytes = [0, 0xff, 7];
    assert_eq!(vault.open_bytes(b"p", &vault.seal_bytes(b"p", &bytes).unwrap()).unwrap(), bytes);
}

#[test]
fn what_another_key_sealed_is_told_apart_from_what_is_damaged() {
    let (ours, theirs) = (vault(1), vault(2));
    assert_ne!(ours.key_id(), theirs.key_id());
    assert_eq!(vault(1).key_id(), ours.key_id(), "the same key has the same name");
    let sealed = theirs.seal(b"place", &SecretText::new(TEXT)).unwrap();
    assert_eq!(ours.open(b"place", &sealed), Err(VaultError::OtherKey));
    // Somebody writes our key's name over theirs.
    let renamed = [&sealed[..1], &ours.key_id(), &sealed[9..]].concat();
    assert_eq!(ours.open(b"place", &renamed), Err(VaultError::Broken));
}

#[test]
fn a_seal_with_any_byte_changed_or_cut_off_is_broken() {
    let vault = vault(1);
    let sealed = vault.seal(b"place", &SecretText::new(TEXT)).unwrap();
    for n in (0..sealed.len()).filter(|n| !(1..=KEY_ID_BYTES).contains(n)) {
        let mut changed = sealed.clone();
        changed[n] ^= 1;
        assert_eq!(vault.open(b"place", &changed), Err(VaultError::Broken), "byte {n}");
    }
    for length in 0..sealed.len() {
        assert_eq!(vault.open(b"place", &sealed[..length]), Err(VaultError::Broken), "{length} bytes");
    }
}

#[test]
fn what_was_sealed_for_one_place_does_not_open_in_another() {
    let vault = vault(1);
    let sealed = vault.seal(b"one webhook", &SecretText::new(TEXT)).unwrap();
    assert_eq!(vault.open(b"another webhook", &sealed), Err(VaultError::Broken));
}

#[test]
fn neither_the_vault_nor_its_errors_show_anything() {
    assert_eq!(format!("{:?}", vault(1)), "Vault(***)");
    let shown = format!("{:?} {}", VaultError::Broken, VaultError::OtherKey);
    assert!(!shown.contains("whsec"), "{shown}");
}
