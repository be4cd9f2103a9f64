//! Seals what must not be readable in the database.
//!
//! XChaCha20-Poly1305 under a key that is not in the database. What is sealed for one place cannot be opened in
//! another: the place is part of what is authenticated.
//! Form: a byte for the form itself, eight that name the key, the nonce, the rest.
//! Promise: the wrong key is told apart from a damaged seal, and neither error repeats anything sealed.
//! Not here: where the key comes from (the binary), what is sealed where (the engines).

use std::fmt;

use beckon_domain::ambient::Ambient;
use beckon_domain::secret::SecretText;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
const FORM: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;

/// Names a key without telling anything about it.
pub type KeyId = [u8; KEY_ID_BYTES];

/// Seals and opens with one key.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    key_id: KeyId,
    ambient: Ambient,
}

/// Why something could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It was sealed with another key.
    #[error("it was sealed with another key than the one given")]
    OtherKey,
    /// It is not what was sealed, or not of this place.
    #[error("its seal is broken")]
    Broken,
}

impl Vault {
    /// A vault under `key`; randomness for nonces comes from `ambient`.
    pub fn new(key: &[u8; KEY_BYTES], ambient: Ambient) -> Vault {
        let digest = Sha256::new().chain_update(b"beckon vault key id").chain_update(key).finalize();
        let mut key_id = [0; KEY_ID_BYTES];
        key_id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Vault { cipher: XChaCha20Poly1305::new(&Key::from(*key)), key_id, ambient }
    }

    /// Which key it has.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Seals a text for `place`, such as the id of the row it is kept in.
    pub fn seal(&self, place: &[u8], text: &SecretText) -> Result<Vec<u8>, VaultError> {
        self.seal_bytes(place, text.expose().as_bytes())
    }

    /// Opens what [`Vault::seal`] sealed for `place`.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<SecretText, VaultError> {
        let text = String::from_utf8(self.open_bytes(place, sealed)?).ok().ok_or(VaultError::Broken)?;
        Ok(SecretText::new(text))
    }

    /// Seals bytes that need not be text, as [`Vault::seal`].
    pub fn seal_bytes(&self, place: &[u8], bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        self.ambient.fill(&mut nonce);
        let payload = Payload { msg: bytes, aad: place };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).ok().ok_or(VaultError::Broken)?;
        Ok([&[FORM][..], &self.key_id, &nonce, &sealed].concat())
    }

    /// Opens what [`Vault::seal_bytes`] sealed for `place`.
    pub fn open_bytes(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let rest = sealed.strip_prefix(&[FORM]).ok_or(VaultError::Broken)?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>().ok_or(VaultError::Broken)?;
        if *key_id != self.key_id {
            return Err(VaultError::OtherKey);
        }
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::Broken)?;
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: rest, aad: place });
        opened.ok().ok_or(VaultError::Broken)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

#[cfg(test)]
mod tests;
