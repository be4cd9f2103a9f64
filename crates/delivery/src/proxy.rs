//! The forward proxy that requests go through, where an operator wants one.
//!
//! Every request goes through a tunnel, http ones too, so that the proxy sees where but not what. Host names are
//! resolved and vetted here and the proxy is given the vetted address: the guard holds behind a proxy as before it.
//! Promise: the proxy's credentials are never shown, and what is read of it is bounded.
//! Not here: how long any of it may take (`sender/connect.rs`).

mod connect;
mod socks5;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;

use beckon_domain::secret::SecretText;
use http::StatusCode;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncWrite};
use url::{Host, Url};

/// What the two protocols can carry: SOCKS5 has one byte for the length of either (RFC 1929).
const CREDENTIAL_BYTES_MAX: usize = 255;

/// Where a proxy is and how to speak to it: `http://[user:pass@]host:port` (CONNECT, RFC 9110 §9.3.6) or
/// `socks5://[user:pass@]host:port` (RFC 1928).
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl {
    protocol: Protocol,
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    credentials: Option<Credentials>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Connect,
    Socks5,
}

#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    user: String,
    password: SecretText,
}

/// Where a tunnel leads.
#[derive(Debug, Clone)]
pub(crate) enum Target<'a> {
    /// To a vetted address.
    Address(SocketAddr),
    /// To whatever the proxy thinks the name is.
    Name(&'a str, u16),
}

/// Why there is no tunnel. Causes are kept for the log.
#[derive(Debug)]
#[expect(dead_code, reason = "causes are only shown, by Debug")]
pub(crate) enum ProxyFault {
    /// The host name of the proxy has no address.
    Unresolved(io::Error),
    /// No connection to the proxy.
    Unreachable(io::Error),
    /// It did not answer in time, or the target did not.
    Timeout,
    /// It wants (other) credentials.
    Credentials,
    /// It answered CONNECT with another status than 2xx.
    Status(StatusCode),
    /// It answered SOCKS5 with this code, which is not 0 (RFC 1928 §6).
    Reply(u8),
    /// The connection to it broke.
    Broken(io::Error),
    /// It does not speak the protocol that its URL says.
    Garbage,
}

impl ProxyUrl {
    /// Reads a proxy's URL; the error says what is wrong without repeating credentials.
    pub fn parse(text: &str) -> Result<ProxyUrl, String> {
        let form = "write http://[user:password@]host:port or socks5://[user:password@]host:port";
        let url = Url::parse(text.trim()).map_err(|error| format!("not a URL ({error}): {form}"))?;
        let protocol = match url.scheme() {
            "http" => Protocol::Connect,
            "socks5" => Protocol::Socks5,
            "https" => {
                return Err(format!("proxies that are spoken to over TLS (https://) are not supported: {form}"));
            }
            "socks5h" => {
                return Err(format!("for a proxy that resolves names, {form}, and set proxy_resolves_names"));
            }
            other => return Err(format!("{other:?} is not a kind of proxy that is supported: {form}")),
        };
        // The host of a scheme that browsers do not know is not read as an address; so it is read as one of http.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| format!("names no host: {form}"))?;
        let host = Host::parse(host).map_err(|error| format!("its host cannot be read ({error}): {form}"))?;
        let default = (protocol == Protocol::Connect).then_some(80);
        let port = url.port().or(default).ok_or_else(|| format!("names no port: {form}"))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("has more than a host and a port: {form}"));
        }
        Ok(ProxyUrl { protocol, host, port, credentials: Credentials::of(&url)? })
    }

    /// Asks the proxy at the other end of `stream` for a tunnel. Afterwards `stream` leads to the target.
    pub(crate) async fn open_tunnel<S>(&self, stream: &mut S, target: &Target<'_>) -> Result<(), ProxyFault>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self.protocol {
            Protocol::Connect => connect::open(stream, target, self.credentials.as_ref()).await,
            Protocol::Socks5 => socks5::open(stream, target, self.credentials.as_ref()).await,
        }
    }
}

impl Credentials {
    fn of(url: &Url) -> Result<Option<Credentials>, String> {
        if url.username().is_empty() && url.password().is_none() {
            return Ok(None);
        }
        let read = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (read(url.username()), read(url.password().unwrap_or_default()));
        if user.len() > CREDENTIAL_BYTES_MAX || password.len() > CREDENTIAL_BYTES_MAX {
            return Err(format!("its user name and password may have {CREDENTIAL_BYTES_MAX} bytes each"));
        }
        if user.contains(':') && url.scheme() == "http" {
            return Err("its user name must not contain a colon (RFC 7617)".to_owned());
        }
        Ok(Some(Credentials { user, password: SecretText::new(password) }))
    }
}

impl fmt::Display for ProxyUrl {
    /// The URL without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Connect => "http",
            Protocol::Socks5 => "socks5",
        };
        let credentials = if self.credentials.is_some() { "***@" } else { "" };
        write!(f, "{scheme}://{credentials}{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<io::Error> for ProxyFault {
    fn from(error: io::Error) -> ProxyFault {
        ProxyFault::Broken(error)
    }
}

impl ProxyFault {
    /// Whether another address of the target may fare better.
    pub(crate) fn is_of_target(&self) -> bool {
        matches!(self, ProxyFault::Status(_) | ProxyFault::Reply(_))
    }
}
