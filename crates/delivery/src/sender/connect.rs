//! Opens a connection: resolve, vet, connect, TLS, each timed and each in its own time.
//!
//! Promise: a socket is only opened to an address the guard let through, or to the operator's proxy, which is given
//! such an address. (The one exception is an option: `proxy_resolves_names`.)

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use beckon_domain::delivery::Timings;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use url::Host;

use super::allowance::{Allowance, Bounded};
use super::answer::{EXCHANGE_BYTES_MAX, HEAD_BYTES_MAX};
use super::failure::{SendFailure, TlsFault};
use super::line::Line;
use super::pool::Origin;
use super::race::{first_connection, to_try};
use crate::guard::{Guard, is_this_machine};
use crate::lookup::Names;
use crate::options::Options;
use crate::proxy::{ProxyFault, ProxyUrl, Target};

/// Opens connections.
pub(super) struct Connector {
    guard: Guard,
    names: Names,
    proxy: Option<ProxyUrl>,
    proxy_resolves_names: bool,
    https_only: bool,
    /// For each of resolving, connecting and the TLS handshake.
    phase_timeout: Duration,
}

impl Connector {
    pub(super) fn new(options: &Options, names: Names) -> Connector {
        Connector {
            guard: Guard::new(options.allow_nets.clone(), names.clone()),
            names,
            proxy: options.proxy.clone(),
            proxy_resolves_names: options.proxy_resolves_names,
            https_only: options.https_only,
            phase_timeout: options.connect_timeout,
        }
    }

    /// Opens a connection, over TLS as `tls` says if the origin is an https one, and notes how long each phase took.
    pub(super) async fn connect(
        &self,
        origin: &Origin,
        tls: &Arc<ClientConfig>,
        timings: &mut Timings,
    ) -> Result<Line, SendFailure> {
        if self.https_only && !origin.https {
            return Err(SendFailure::HttpsOnly);
        }
        let stream = match &self.proxy {
            None => self.reach(origin, timings).await?,
            Some(proxy) => self.reach_through(proxy, origin, timings).await?,
        };
        if !origin.https {
            return speak_http(origin, stream).await;
        }

        let begun = Instant::now();
        let name = server_name(&origin.host).ok_or(SendFailure::Unsendable("its host cannot have a certificate"))?;
        let stream = timeout(self.phase_timeout, TlsConnector::from(tls.clone()).connect(name, stream))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|error| match error.kind() {
                io::ErrorKind::TimedOut => SendFailure::Tls(TlsFault::Timeout(self.phase_timeout)),
                _ => SendFailure::of_tls(error),
            })?;
        timings.tls_us = Some(Timings::micros(begun.elapsed()));
        speak_http(origin, stream).await
    }

    /// Opens a connection to an address of the origin.
    async fn reach(&self, origin: &Origin, timings: &mut Timings) -> Result<TcpStream, SendFailure> {
        let addresses = self.resolve(origin, timings).await?;
        let begun = Instant::now();
        let stream = match timeout(self.phase_timeout, first_connection(&addresses, open)).await {
            Ok(reached) => reached.map_err(SendFailure::of_connect)?,
            Err(_) => return Err(SendFailure::ConnectTimeout(self.phase_timeout)),
        };
        timings.connect_us = Some(Timings::micros(begun.elapsed()));
        Ok(stream)
    }

    /// Has the proxy open a connection to an address of the origin.
    async fn reach_through(
        &self,
        proxy: &ProxyUrl,
        origin: &Origin,
        timings: &mut Timings,
    ) -> Result<TcpStream, SendFailure> {
        let targets = match &origin.host {
            Host::Domain(name) if self.proxy_resolves_names && !is_this_machine(name) => {
                vec![Target::Name(name, origin.port)]
            }
            _ => to_try(&self.resolve(origin, timings).await?).into_iter().map(Target::Address).collect(),
        };
        let begun = Instant::now();
        let stream = match timeout(self.phase_timeout, self.tunnel(proxy, &targets)).await {
            Ok(reached) => reached.map_err(SendFailure::Proxy)?,
            Err(_) => return Err(SendFailure::Proxy(ProxyFault::Timeout)),
        };
        timings.connect_us = Some(Timings::micros(begun.elapsed()));
        Ok(stream)
    }

    async fn resolve(&self, origin: &Origin, timings: &mut Timings) -> Result<Vec<SocketAddr>, SendFailure> {
        let begun = Instant::now();
        let addresses = match timeout(self.phase_timeout, self.guard.resolve(&origin.host, origin.port)).await {
            Ok(resolved) => resolved.map_err(SendFailure::of_address)?,
            Err(_) => return Err(SendFailure::ResolveTimeout(self.phase_timeout)),
        };
        timings.dns_us = matches!(origin.host, Host::Domain(_)).then(|| Timings::micros(begun.elapsed()));
        Ok(addresses)
    }

    /// The first tunnel the proxy opens to one of `targets`, of which there is at least one.
    async fn tunnel(&self, proxy: &ProxyUrl, targets: &[Target<'_>]) -> Result<TcpStream, ProxyFault> {
        let addresses = self.addresses_of(proxy).await?;
        let mut fault = ProxyFault::Timeout;
        for target in targets {
            let mut stream = first_connection(&addresses, open).await.map_err(ProxyFault::Unreachable)?;
            fault = match proxy.open_tunnel(&mut stream, target).await {
                Ok(()) => return Ok(stream),
                Err(fault) => fault,
            };
            if !fault.is_of_target() {
                break;
            }
        }
        Err(fault)
    }

    /// Where the proxy is. Not vetted: the operator chose it.
    async fn addresses_of(&self, proxy: &ProxyUrl) -> Result<Vec<SocketAddr>, ProxyFault> {
        let found = match &proxy.host {
            Host::Ipv4(ip) => vec![(*ip).into()],
            Host::Ipv6(ip) => vec![(*ip).into()],
            Host::Domain(name) => {
                let found = self.names.look_up(name).await;
                found.map_err(|error| ProxyFault::Unresolved(io::Error::new(error.kind(), error)))?.to_vec()
            }
        };
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, proxy.port)).collect())
    }
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // A request is one write; waiting to fill a packet would only delay it. Not being able to say so is no reason
    // not to send.
    stream.set_nodelay(true).ok();
    Ok(stream)
}

fn server_name(host: &Host<String>) -> Option<ServerName<'static>> {
    match host {
        // A certificate has names without the dot that ends a full one (RFC 6066 §3).
        Host::Domain(name) => ServerName::try_from(name.strip_suffix('.').unwrap_or(name).to_owned()).ok(),
        Host::Ipv4(ip) => Some(ServerName::from(std::net::IpAddr::V4(*ip))),
        Host::Ipv6(ip) => Some(ServerName::from(std::net::IpAddr::V6(*ip))),
    }
}

async fn speak_http<S>(origin: &Origin, stream: S) -> Result<Line, SendFailure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let allowance = Allowance::default();
    allowance.renew(EXCHANGE_BYTES_MAX);
    let (sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .preserve_header_case(origin.spelled)
        .handshake(TokioIo::new(Bounded::new(stream, allowance.clone())))
        .await
        .map_err(SendFailure::of_hyper)?;
    let driver = Box::pin(async move { connection.await.err() });
    Ok(Line::new(origin.clone(), sender, driver, allowance))
}
