//! How requests speak TLS: as browsers do, and with what a webhook adds to that.
//!
//! A webhook can add authorities to trust and a certificate to show. Promise: what one webhook trusts or shows, no
//! other does; settings that cannot be used are refused by name when they are typed ([`check`]).
//! Not here: connecting (`sender/connect.rs`), and keeping connections of different settings apart
//! (`sender/pool.rs`, by [`TlsId`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::webhook::ClientIdentity;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256};

/// Longest PEM text, in bytes, of certificates or of a key.
pub const PEM_BYTES_MAX: usize = 64 * 1024;
/// Most certificates in one field.
pub const CERTIFICATES_MAX: usize = 32;
/// Most settings of webhooks that are kept ready; those unused for longest go first, and are read again when needed.
const CONFIGS_MAX: usize = 256;

/// Checks what a webhook adds to TLS, naming each wrong field: `ca_certificates`, `client_certificate/certificates`
/// and `client_certificate/key`. Repeats nothing of a key.
pub fn check(ca_certificates: Option<&str>, identity: Option<&ClientIdentity>) -> Result<(), Invalid> {
    let mut findings = Findings::default();
    if let Some(pem) = ca_certificates {
        findings.take(read_authorities(pem));
    }
    if let Some(identity) = identity {
        findings.take(read_identity(identity, &ring::default_provider()));
    }
    findings.into_result(())
}

/// What a webhook adds to TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TlsSettings<'a> {
    /// Authorities to trust beside the public ones, as PEM.
    pub(crate) ca_certificates: Option<&'a str>,
    /// The certificate to show.
    pub(crate) identity: Option<&'a ClientIdentity>,
}

/// Tells settings apart: a digest of them, or nothing where there are none.
pub(crate) type TlsId = Option<[u8; 32]>;

impl TlsSettings<'_> {
    /// What tells these settings from others.
    pub(crate) fn id(&self) -> TlsId {
        if *self == TlsSettings::default() {
            return None;
        }
        let mut digest = Sha256::new();
        let parts = [
            self.ca_certificates,
            self.identity.map(|identity| identity.certificates.as_str()),
            self.identity.map(|identity| identity.key.expose()),
        ];
        for part in parts {
            // Lengths keep a text from passing for the end of one and the beginning of the next.
            digest.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            digest.update(part.unwrap_or_default());
        }
        Some(digest.finalize().into())
    }
}

/// Ways to speak TLS, one per distinct settings.
pub(crate) struct TlsConfigs {
    plain: Arc<ClientConfig>,
    others: Mutex<Others>,
}

#[derive(Default)]
struct Others {
    configs: HashMap<[u8; 32], (u64, Arc<ClientConfig>)>,
    /// Counts uses, to tell what was used last.
    uses: u64,
}

impl TlsConfigs {
    /// The public authorities, TLS 1.2 and 1.3.
    pub(crate) fn new() -> Result<TlsConfigs, rustls::Error> {
        let plain = Arc::new(build(public_roots(), None, Arc::new(ring::default_provider()))?);
        Ok(TlsConfigs { plain, others: Mutex::default() })
    }

    /// How to speak TLS with `settings`.
    pub(crate) fn get(&self, settings: TlsSettings<'_>) -> Result<Arc<ClientConfig>, Invalid> {
        let Some(id) = settings.id() else { return Ok(self.plain.clone()) };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let others = &mut *others;
        others.uses += 1;
        if let Some((used, config)) = others.configs.get_mut(&id) {
            *used = others.uses;
            return Ok(config.clone());
        }
        let config = Arc::new(read(settings)?);
        if others.configs.len() >= CONFIGS_MAX {
            let oldest = others.configs.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            oldest.and_then(|id| others.configs.remove(&id));
        }
        others.configs.insert(id, (others.uses, config.clone()));
        Ok(config)
    }
}

fn read(settings: TlsSettings<'_>) -> Result<ClientConfig, Invalid> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = public_roots();
    if let Some(pem) = settings.ca_certificates {
        roots.roots.extend(read_authorities(pem)?.roots);
    }
    let identity = settings.identity.map(|identity| read_identity(identity, &provider)).transpose()?;
    build(roots, identity, provider).map_err(|error| Invalid::one("ca_certificates", error.to_string()))
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn build(
    roots: RootCertStore,
    identity: Option<CertifiedKey>,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let mut config = match identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(identity))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read_authorities(pem: &str) -> Result<RootCertStore, Invalid> {
    const FIELD: &str = "ca_certificates";
    let mut roots = RootCertStore::empty();
    for (n, certificate) in read_certificates(FIELD, pem)?.into_iter().enumerate() {
        roots
            .add(certificate)
            .map_err(|error| Invalid::one(FIELD, format!("certificate {} cannot be trusted: {error}", n + 1)))?;
    }
    Ok(roots)
}

fn read_identity(identity: &ClientIdentity, provider: &CryptoProvider) -> Result<CertifiedKey, Invalid> {
    const CERTIFICATES: &str = "client_certificate/certificates";
    const KEY: &str = "client_certificate/key";
    let mut findings = Findings::default();
    let certificates = findings.take(read_certificates(CERTIFICATES, &identity.certificates));
    let key = findings.take(read_key(KEY, identity.key.expose()));
    let (Some(certificates), Some(key)) = (certificates, key) else {
        return Err(findings.into_result(()).err().unwrap_or(Invalid(Vec::new())));
    };
    CertifiedKey::from_der(certificates, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => Invalid::one(KEY, "is not the key of the first certificate"),
        rustls::Error::InvalidCertificate(_) => Invalid::one(CERTIFICATES, "the first certificate cannot be read"),
        _ => Invalid::one(KEY, "is not of a kind we can use: RSA, ECDSA (P-256, P-384) or Ed25519"),
    })
}

fn read_certificates(field: &str, pem: &str) -> Result<Vec<CertificateDer<'static>>, Invalid> {
    check_length(field, pem)?;
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let n = certificates.len() + 1;
        let unreadable = |error| Invalid::one(field, format!("certificate {n} is not valid PEM: {error}"));
        certificates.push(certificate.map_err(unreadable)?);
    }
    match certificates.len() {
        0 => Err(Invalid::one(field, "holds no certificate: paste PEM, beginning with -----BEGIN CERTIFICATE-----")),
        1..=CERTIFICATES_MAX => Ok(certificates),
        _ => Err(Invalid::one(field, format!("at most {CERTIFICATES_MAX} certificates"))),
    }
}

/// The error repeats nothing of the text, which may be a key in a form that is not understood.
fn read_key(field: &str, pem: &str) -> Result<PrivateKeyDer<'static>, Invalid> {
    check_length(field, pem)?;
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(Invalid::one(field, "is locked with a passphrase: paste it without one"));
    }
    let form = "holds no private key: paste PEM, beginning with -----BEGIN PRIVATE KEY-----";
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok().ok_or_else(|| Invalid::one(field, form))
}

fn check_length(field: &str, pem: &str) -> Result<(), Invalid> {
    if pem.len() > PEM_BYTES_MAX {
        return Err(Invalid::one(field, format!("at most {PEM_BYTES_MAX} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_domain::secret::SecretText;

    fn made(name: &str) -> (String, String) {
        let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        (certified.cert.pem(), certified.signing_key.serialize_pem())
    }

    fn identity(certificates: &str, key: &str) -> ClientIdentity {
        ClientIdentity { certificates: certificates.to_owned(), key: SecretText::new(key) }
    }

    fn wrong(ca_certificates: Option<&str>, identity: Option<&ClientIdentity>) -> Vec<(String, String)> {
        let Err(invalid) = check(ca_certificates, identity) else { return vec![] };
        invalid.0.into_iter().map(|wrong| (wrong.field, wrong.reason)).collect()
    }

    #[test]
    fn good_certificates_and_keys_are_taken() {
        let (certificate, key) = made("a.test");
        assert_eq!(check(None, None), Ok(()));
        let both = format!("our authorities:\n{certificate}\n{}", made("b.test").0);
        assert_eq!(check(Some(&both), Some(&identity(&certificate, &key))), Ok(()));
    }

    #[test]
    fn every_wrong_field_is_named_and_no_key_repeated() {
        let (certificate, key) = made("a.test");
        let other_key = made("b.test").1;
        let torn = certificate.replace("MII", "!!!");
        let found = wrong(Some(&key), Some(&identity(&torn, &certificate)));
        let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["ca_certificates", "client_certificate/certificates", "client_certificate/key"]);
        assert!(found[0].1.contains("holds no certificate"), "{found:?}");

        let found = wrong(None, Some(&identity(&certificate, &other_key)));
        assert_eq!(found[0].0, "client_certificate/key");
        assert!(found[0].1.contains("not the key of the first certificate"), "{found:?}");
        let locked = other_key.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE");
        assert!(wrong(None, Some(&identity(&certificate, &locked)))[0].1.contains("passphrase"));

        let not_a_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(wrong(Some(not_a_certificate), None)[0].1.contains("certificate 1 cannot be trusted"));
        assert!(wrong(Some(&certificate.repeat(CERTIFICATES_MAX + 1)), None)[0].1.contains("at most 32"));
        assert!(wrong(Some(&"x".repeat(PEM_BYTES_MAX + 1)), None)[0].1.contains("bytes"));
    }

    #[test]
    fn settings_are_read_once_told_apart_and_bounded_in_number() {
        let configs = TlsConfigs::new().unwrap();
        let pems: Vec<String> = {
            let (certificate, _) = made("a.test");
            (0..=CONFIGS_MAX).map(|n| format!("{n}\n{certificate}")).collect()
        };
        let of = |n: usize| TlsSettings { ca_certificates: Some(&pems[n]), identity: None };
        let first = configs.get(of(0)).unwrap();
        assert!(Arc::ptr_eq(&first, &configs.get(of(0)).unwrap()));
        assert!(!Arc::ptr_eq(&first, &configs.get(of(1)).unwrap()) && of(0).id() != of(1).id());
        assert!(Arc::ptr_eq(&configs.plain, &configs.get(TlsSettings::default()).unwrap()));
        for n in 1..=CONFIGS_MAX {
            configs.get(of(0)).unwrap();
            configs.get(of(n)).unwrap();
        }
        assert_eq!(configs.others.lock().unwrap().configs.len(), CONFIGS_MAX);
        assert!(Arc::ptr_eq(&first, &configs.get(of(0)).unwrap()), "what is in use stays");
    }
}
