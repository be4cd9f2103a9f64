//! Why a request got no answer, by phase and cause.
//!
//! Not here: the words for it (`classify.rs`).

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use crate::guard::NoAddress;

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
    /// The connection broke.
    Reset,
    /// The answer's head is larger than is read.
    TooLarge,
    /// The answer is not HTTP.
    NotHttp(hyper::Error),
    /// The request cannot be written as HTTP, and why.
    Unsendable(&'static str),
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
    /// The two sides did not agree.
    Handshake(io::Error),
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
        let fault = match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(certificate)) => of_certificate(certificate),
            _ => TlsFault::Handshake(error),
        };
        SendFailure::Tls(fault)
    }

    /// Why an exchange over an open connection failed.
    pub(crate) fn of_hyper(error: hyper::Error) -> SendFailure {
        if error.is_parse_too_large() {
            SendFailure::TooLarge
        } else if error.is_parse() {
            SendFailure::NotHttp(error)
        } else if tls_cause(&error) {
            SendFailure::Tls(TlsFault::Handshake(io::Error::other(error)))
        } else {
            // Closed before or in the middle of an answer, or an I/O error while writing or reading.
            SendFailure::Reset
        }
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

/// Whether TLS is to blame: in TLS 1.3 a receiver can refuse us after the handshake.
fn tls_cause(error: &hyper::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        if error.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = error.source();
    }
    false
}
