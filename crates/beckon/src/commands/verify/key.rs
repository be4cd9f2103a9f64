//! What a signature is checked with: a shared secret, or a public key.

use beckon_delivery::sign::{self, PublicKey};
use beckon_domain::secret::SigningSecret;

const PUBLIC_PREFIX: &str = "whpk_";

/// A secret or a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// `whsec_…`, for signatures `v1`.
    Secret(SigningSecret),
    /// `whpk_…`, for signatures `v1a`.
    Public(PublicKey),
}

impl Key {
    /// Reads either; its prefix says which. The error repeats nothing of it.
    pub(super) fn parse(text: &str) -> Result<Key, String> {
        if text.starts_with(PUBLIC_PREFIX) {
            return PublicKey::parse(text).map(Key::Public);
        }
        SigningSecret::parse(text).map(Key::Secret)
    }

    /// What the signatures begin with that it can check.
    pub(super) fn version(&self) -> &'static str {
        match self {
            Key::Secret(_) => "v1,",
            Key::Public(_) => "v1a,",
        }
    }

    /// Whether one of the signatures was made with it, or with its private half.
    pub(super) fn fits(&self, id: &str, seconds: i64, body: &[u8], signatures: &str) -> bool {
        match self {
            Key::Secret(secret) => sign::verify(secret, id, seconds, body, signatures),
            Key::Public(key) => sign::verify_public(key, id, seconds, body, signatures),
        }
    }
}
