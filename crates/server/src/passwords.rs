//! Passwords: hashed slowly on purpose, away from the threads that serve, and a few at once only.
//!
//! Promise: whoever asks about an address that nobody has waits as long as for a wrong password. What is kept is
//! Argon2id in PHC form, so that its cost can be raised later without locking anybody out.
//! Not here: which passwords may be chosen (`beckon_domain::member`), and how often one may guess (`attempts.rs`).

use std::sync::Arc;

use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use beckon_domain::ambient::Ambient;
use beckon_domain::secret::SecretText;
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Memory one hash takes, in KiB (OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, 2 passes, 1 lane).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes of it.
const LANES: u32 = 1;
/// Most passwords hashed at once: bounds the memory and the processors that guessing can take.
const HASHES_MAX: usize = 4;
/// Randomness that makes the hashes of equal passwords differ, in bytes (RFC 9106 §3.1 recommends 16).
const SALT_BYTES: usize = 16;
/// A hash of nobody's password, of the same cost as all others.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    room: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords { room: Arc::new(Semaphore::new(HASHES_MAX)) }
    }
}

impl Passwords {
    /// What is kept of a password.
    pub(crate) async fn hash(&self, password: &SecretText, ambient: &Ambient) -> Result<SecretText, Problem> {
        let mut salt = [0; SALT_BYTES];
        ambient.fill(&mut salt);
        let password = password.clone();
        let hashed = self
            .slowly(move || {
                let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(HashError::from)?;
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let hash = argon2.hash_password_with_salt(password.expose().as_bytes(), &salt)?;
                Ok(SecretText::new(hash.to_string()))
            })
            .await?;
        hashed.map_err(|error: HashError| Problem::internal(&error))
    }

    /// Whether a password is the one of `kept`. Without anything kept it takes as long to say no.
    pub(crate) async fn is_right(&self, password: &SecretText, kept: Option<&SecretText>) -> Result<bool, Problem> {
        let known = kept.is_some();
        let (password, kept) = (password.clone(), kept.cloned().unwrap_or_else(|| SecretText::new(NOBODYS)));
        let checked = self
            .slowly(move || {
                let kept = PasswordHash::new(kept.expose()).map_err(|_not_phc| HashError::EncodingInvalid)?;
                // The cost is that of `kept`, whatever it is today.
                Argon2::default().verify_password(password.expose().as_bytes(), &kept)
            })
            .await?;
        match checked {
            Ok(()) => Ok(known),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(error) => Err(Problem::internal(&error)),
        }
    }

    async fn slowly<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let permit = self.room.clone().acquire_owned().await.map_err(|closed| Problem::internal(&closed))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work itself: whoever gives up waiting does not make room for more.
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| Problem::internal(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_the_hash_tells_nothing() {
        let (passwords, ambient) = (Passwords::default(), beckon_testkit::real_ambient());
        let password = SecretText::new("correct horse battery staple");
        let kept = passwords.hash(&password, &ambient).await.unwrap();
        assert!(kept.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.expose());
        assert!(!kept.expose().contains("horse"));
        assert_ne!(passwords.hash(&password, &ambient).await.unwrap(), kept, "equal passwords do not show");
        assert!(passwords.is_right(&password, Some(&kept)).await.unwrap());
        assert!(!passwords.is_right(&SecretText::new("correct horse"), Some(&kept)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_costs_the_same() {
        let passwords = Passwords::default();
        assert!(!passwords.is_right(&SecretText::new(""), None).await.unwrap());
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        let params = Params::try_from(&nobodys).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, LANES));
        assert_eq!(nobodys.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
        assert_eq!(nobodys.salt.unwrap().len(), SALT_BYTES);
    }

    #[tokio::test]
    async fn what_is_kept_and_is_no_hash_opens_nothing() {
        let answered = Passwords::default().is_right(&SecretText::new("x"), Some(&SecretText::new("x"))).await;
        assert!(answered.is_err());
    }
}
