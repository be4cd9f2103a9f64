//! An authority that vouches for receivers and for those who send to them, in a test.
//!
//! Its certificates are good unless a test asks for one that is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use beckon_domain::secret::SecretText;
use beckon_domain::webhook::ClientIdentity;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// An authority nobody knows but those who are given its [`pem`](Authority::pem).
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key.
pub struct Issued {
    chain: Vec<CertificateDer<'static>>,
    pem: String,
    key: KeyPair,
}

impl Default for Authority {
    fn default() -> Authority {
        // Authorities of one name would pass for each other, until a signature does not fit.
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let mut params = CertificateParams::default();
        let name = format!("Authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Authority { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }
}

impl Authority {
    /// Its certificate, as PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for `name`.
    pub fn issue(&self, name: &str) -> Issued {
        self.sign(CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// A certificate for `name` whose time is over.
    pub fn issue_expired(&self, name: &str) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued { chain: vec![certificate.der().clone()], pem: certificate.pem(), key }
    }
}

impl Issued {
    /// A certificate for `name` that vouches for itself.
    pub fn self_signed(name: &str) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        Issued { chain: vec![certificate.der().clone()], pem: certificate.pem(), key }
    }

    /// How a receiver speaks TLS with it.
    pub fn server(self) -> ServerConfig {
        self.config(None)
    }

    /// How a receiver speaks TLS with it that wants to see a certificate of `authority`.
    pub fn server_for_clients_of(self, authority: &Authority) -> ServerConfig {
        self.config(Some(authority))
    }

    /// What a sender shows.
    pub fn client(self) -> ClientIdentity {
        ClientIdentity { certificates: self.pem, key: SecretText::new(self.key.serialize_pem()) }
    }

    fn config(self, clients_of: Option<&Authority>) -> ServerConfig {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
        let builder = match clients_of {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.issuer.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        builder.with_single_cert(self.chain, key).unwrap()
    }
}
