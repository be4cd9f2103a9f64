//! Opens a connection: resolve, vet, connect, TLS, each timed and each in its own time.
//!
//! Promise: a socket is only opened to an address the guard let through.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use beckon_domain::delivery::Timings;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use url::Host;

use super::answer::HEAD_BYTES_MAX;
use super::failure::{SendFailure, TlsFault};
use super::pool::{Line, Origin};
use crate::guard::Guard;
use crate::options::Options;

/// Most addresses of a host that are tried.
const ADDRESSES_MAX: usize = 4;

/// Opens connections.
pub(super) struct Connector {
    guard: Guard,
    tls: TlsConnector,
    https_only: bool,
    /// For each of resolving, connecting and the TLS handshake.
    phase_timeout: Duration,
}

/// TLS as browsers do it: the public authorities, TLS 1.2 and 1.3.
pub(super) fn public_tls() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    tls_trusting(roots)
}

/// TLS that trusts `roots`.
pub(super) fn tls_trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl Connector {
    pub(super) fn new(options: &Options, tls: ClientConfig) -> Connector {
        Connector {
            guard: Guard::new(options.allow_nets.clone()),
            tls: TlsConnector::from(Arc::new(tls)),
            https_only: options.https_only,
            phase_timeout: options.connect_timeout,
        }
    }

    /// Opens a connection and notes how long each phase took.
    pub(super) async fn connect(&self, origin: &Origin, timings: &mut Timings) -> Result<Line, SendFailure> {
        if self.https_only && !origin.https {
            return Err(SendFailure::HttpsOnly);
        }
        let begun = Instant::now();
        let addresses = self.resolve(origin).await?;
        timings.dns_us = matches!(origin.host, Host::Domain(_)).then(|| Timings::micros(begun.elapsed()));

        let begun = Instant::now();
        let stream = self.open(&addresses).await?;
        timings.connect_us = Some(Timings::micros(begun.elapsed()));
        if !origin.https {
            return speak_http(stream).await;
        }

        let begun = Instant::now();
        let name = server_name(&origin.host).ok_or(SendFailure::Unsendable("its host cannot have a certificate"))?;
        let stream = timeout(self.phase_timeout, self.tls.connect(name, stream))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|error| match error.kind() {
                io::ErrorKind::TimedOut => SendFailure::Tls(TlsFault::Timeout(self.phase_timeout)),
                _ => SendFailure::of_tls(error),
            })?;
        timings.tls_us = Some(Timings::micros(begun.elapsed()));
        speak_http(stream).await
    }

    async fn resolve(&self, origin: &Origin) -> Result<Vec<SocketAddr>, SendFailure> {
        match timeout(self.phase_timeout, self.guard.resolve(&origin.host, origin.port)).await {
            Ok(resolved) => resolved.map_err(SendFailure::of_address),
            Err(_) => Err(SendFailure::ResolveTimeout(self.phase_timeout)),
        }
    }

    /// Tries one address after the other; each gets an equal part of the time that is left.
    async fn open(&self, addresses: &[SocketAddr]) -> Result<TcpStream, SendFailure> {
        let deadline = Instant::now() + self.phase_timeout;
        let tried = &addresses[..addresses.len().min(ADDRESSES_MAX)];
        let mut last = SendFailure::ConnectTimeout(self.phase_timeout);
        for (n, address) in tried.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let part = left / u32::try_from(tried.len() - n).unwrap_or(1);
            match timeout(part, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A request is one write; waiting to fill a packet would only delay it. Not being able
                    // to say so is no reason not to send.
                    stream.set_nodelay(true).ok();
                    return Ok(stream);
                }
                Ok(Err(error)) => last = SendFailure::of_connect(error),
                Err(_) => last = SendFailure::ConnectTimeout(self.phase_timeout),
            }
        }
        Err(last)
    }
}

fn server_name(host: &Host<String>) -> Option<ServerName<'static>> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone()).ok(),
        Host::Ipv4(ip) => Some(ServerName::from(std::net::IpAddr::V4(*ip))),
        Host::Ipv6(ip) => Some(ServerName::from(std::net::IpAddr::V6(*ip))),
    }
}

async fn speak_http<S>(stream: S) -> Result<Line, SendFailure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .preserve_header_case(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(SendFailure::of_hyper)?;
    // How a connection ends is told to whoever uses it; nobody does when it ends on its own.
    let driver = tokio::spawn(async move {
        connection.await.ok();
    });
    Ok(Line::new(sender, AbortOnDropHandle::new(driver)))
}
