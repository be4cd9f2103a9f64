//! The certificates of a webhook, as people type them and as they are shown.
//!
//! Promise: the private key is shown as `***`, and that sent back means the one that is there.
//! Not here: whether they can be read, and belong together (`beckon_delivery::tls`, which uses them).

use beckon_delivery::tls::PEM_BYTES_MAX;
use beckon_domain::invalid::Findings;
use beckon_domain::webhook::ClientIdentity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::masked::{MASK, Stored, kept_if_masked};

/// A certificate to show to the receiver, and its key.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClientCertificate")]
pub(crate) struct TypedCertificate {
    /// The certificate, and those that link it to an authority, as PEM.
    #[schemars(length(min = 1, max = PEM_BYTES_MAX))]
    pub(crate) certificates: String,
    /// Its private key as PEM; shown as `***`, and sent back so it stays as it is.
    #[schemars(length(min = 1, max = PEM_BYTES_MAX))]
    pub(crate) key: String,
}

impl TypedCertificate {
    /// What was meant; a key that came masked is the one in `stored`. What cannot be read is a finding.
    pub(crate) fn read(&self, stored: Option<&ClientIdentity>, findings: &mut Findings) -> Option<ClientIdentity> {
        // The key itself is sent nowhere.
        let stored = Stored::of(stored.map(|identity| &identity.key), true);
        let key = kept_if_masked("client_certificate/key", &self.key, stored, findings)?;
        Some(ClientIdentity { certificates: self.certificates.clone(), key })
    }
}

impl From<&ClientIdentity> for TypedCertificate {
    fn from(identity: &ClientIdentity) -> TypedCertificate {
        TypedCertificate { certificates: identity.certificates.clone(), key: MASK.to_owned() }
    }
}
