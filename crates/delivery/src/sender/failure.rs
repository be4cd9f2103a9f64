//! Why a request got no answer, by phase and cause.
//!
//! Not here: the words for it (`classify.rs`).

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use beckon_domain::invalid::Invalid;
use rustls::{AlertDescription, CertificateError};

use super::allowance::UsedUp;
use super::oauth::AuthFailure;
use crate::guard::NoAddress;

use crate::proxy::ProxyFault;

/// Why a request got no answer. Causes are kept for the log.
#[derive(Debug)]
#[expect(dead_code, reason = "causes are only shown, by Debug")]
pub(crate) enum SendFailure {
    /// The guard refuses every address of the host.
    NotAllowed,
    /// The URL is not https, and only those are sent to.
    HttpsOnly,
    /// The host name has no address.
    Unresolved(io::Error),
    /// The host name was not resolved in time.
    ResolveTimeout(Duration),
    /// Nobody listens there.
    Refused(io::Error),
    /// The network does not lead there.
    Unreachable(io::Error),
    /// No connection in time.
    ConnectTimeout(Duration),
    /// No TLS.
    Tls(TlsFault),
    /// No answer in time.
    Timeout(Duration),
    /// The answer's head had begun, and was not complete in time.
    Unfinished(Duration),
    /// The connection broke.
    Reset,
    /// The answer's head is larger than is read.
    TooLarge,
    /// The answer is not HTTP.
    NotHttp(hyper::Error),
    /// The request cannot be written as HTTP, and why.
    Unsendable(&'static str),
    /// There is no access token for it.
    Auth(AuthFailure),
    /// The proxy did not let it through.
    Proxy(ProxyFault),
}

/// Why there was no TLS.
#[derive(Debug)]
#[expect(dead_code, reason = "causes are only shown, by Debug")]
pub(crate) enum TlsFault {
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// The certificate is for another host.
    WrongName,
    /// Nobody we trust vouches for the certificate.
    UnknownIssuer,
    /// The certificate is wrong in another way.
    Certificate(CertificateError),
    /// The receiver refuses the certificate we show, or that we show none.
    ClientCertificate(AlertDescription),
    /// The webhook's own certificates or key cannot be used.
    Settings(Invalid),
    /// The two sides did not agree.
    Handshake(io::Error),
    /// The receiver closed or broke the connection before they could.
    BrokenOff(io::Error),
    /// The handshake was not done in time.
    Timeout(Duration),
}

impl SendFailure {
    /// Why resolving failed.
    pub(crate) fn of_address(reason: NoAddress) -> SendFailure {
        match reason {
            NoAddress::Unresolved(error) => SendFailure::Unresolved(error),
            NoAddress::NotAllowed => SendFailure::NotAllowed,
        }
    }

    /// Why connecting failed.
    pub(crate) fn of_connect(error: io::Error) -> SendFailure {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => SendFailure::Refused(error),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => SendFailure::Reset,
            _ => SendFailure::Unreachable(error),
        }
    }

    /// Why a TLS handshake failed.
    pub(crate) fn of_tls(error: io::Error) -> SendFailure {
        let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).and_then(of_rustls);
        SendFailure::Tls(fault.unwrap_or_else(|| match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => TlsFault::BrokenOff(error),
            _ => TlsFault::Handshake(error),
        }))
    }

    /// Why an exchange over an open connection failed.
    pub(crate) fn of_hyper(error: hyper::Error) -> SendFailure {
        if error.is_parse_too_large() || find_cause::<UsedUp>(&error).is_some() {
            SendFailure::TooLarge
        } else if error.is_parse() {
            SendFailure::NotHttp(error)
        } else if let Some(cause) = find_cause::<rustls::Error>(&error) {
            // In TLS 1.3 a receiver can refuse us after the handshake.
            SendFailure::Tls(of_rustls(cause).unwrap_or_else(|| TlsFault::Handshake(io::Error::other(error))))
        } else {
            // Closed before or in the middle of an answer, or an I/O error while writing or reading.
            SendFailure::Reset
        }
    }
}

fn of_rustls(error: &rustls::Error) -> Option<TlsFault> {
    match error {
        rustls::Error::InvalidCertificate(certificate) => Some(of_certificate(certificate)),
        rustls::Error::AlertReceived(
            alert @ (AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError),
        ) => Some(TlsFault::ClientCertificate(*alert)),
        _ => None,
    }
}

fn of_certificate(error: &CertificateError) -> TlsFault {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::WrongName,
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        other => TlsFault::Certificate(other.clone()),
    }
}

/// The first cause of that type; I/O errors keep theirs inside.
fn find_cause<E: StdError + 'static>(error: &hyper::Error) -> Option<&E> {
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        let found = error.downcast_ref::<E>().or_else(|| inner.and_then(|inner| inner.downcast_ref::<E>()));
        if found.is_some() {
            return found;
        }
        cause = error.source();
    }
    None
}
