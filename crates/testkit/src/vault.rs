//! A vault for tests.

use beckon_store::Vault;
use beckon_store::vault::KEY_BYTES;

use crate::ambient::fake_ambient;

/// The key of [`a_vault`].
pub const A_VAULT_KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

/// A vault that opens what any other of these sealed. Its nonces repeat: fit for nothing but tests.
pub fn a_vault() -> Vault {
    Vault::new(&A_VAULT_KEY, fake_ambient())
}
