//! Secrets that cannot be printed: whatever shows one says `expose`.
//!
//! Source of the signing secret's form: Standard Webhooks 1.0, "Signature scheme".
//! Not here: keys for public-key signatures (`signing.rs`), and sealing (`beckon-store`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ambient::Ambient;

/// Fewest bytes a symmetric secret may have (Standard Webhooks: 24 to 64).
pub const SECRET_BYTES_MIN: usize = 24;
/// Most bytes a symmetric secret may have.
pub const SECRET_BYTES_MAX: usize = 64;
const SECRET_BYTES_GENERATED: usize = 32;
const PREFIX: &str = "whsec_";

/// A symmetric signing secret, `whsec_` and base64 in text.
///
/// Neither `Debug` nor `Display` nor serialisation shows it: only [`SigningSecret::expose`] does.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// Makes a secret nobody can guess.
    pub fn generate(ambient: &Ambient) -> SigningSecret {
        let mut bytes = vec![0; SECRET_BYTES_GENERATED];
        ambient.fill(&mut bytes);
        SigningSecret(bytes)
    }

    /// Reads a secret; the error says what is wrong without repeating any of it.
    pub fn parse(text: &str) -> Result<SigningSecret, String> {
        let form = format!("a secret is {PREFIX} followed by {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes in base64");
        let encoded = text.strip_prefix(PREFIX).ok_or_else(|| format!("{form}; this has no {PREFIX}"))?;
        let bytes = STANDARD.decode(encoded).ok().ok_or_else(|| format!("{form}; this is not base64"))?;
        if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()) {
            return Err(format!("{form}; this has {} bytes", bytes.len()));
        }
        Ok(SigningSecret(bytes))
    }

    /// The secret as text, for the one reply that shows it and for the store.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The key itself, for signing.
    pub fn key(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whsec_***")
    }
}

/// A text that is a secret: a password, a token, a private key.
///
/// Neither `Debug` nor `Display` nor serialisation shows it: only [`SecretText::expose`] does.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> SecretText {
        SecretText(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_as_written_and_never_prints() {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secret = SigningSecret::parse(text).unwrap();
        assert_eq!(secret.expose(), text);
        assert_eq!(format!("{secret:?}"), "whsec_***");
    }

    // behaviour S9
    #[test]
    fn a_secret_of_the_wrong_form_is_refused_without_being_repeated() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for text in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64!", &short, &long] {
            let reason = SigningSecret::parse(text).unwrap_err();
            assert!(reason.contains("24 to 64 bytes"), "{reason}");
            assert!(text.is_empty() || !reason.contains(text), "{reason}");
        }
    }
}
