//! Tunnels by HTTP CONNECT.
//!
//! Source: RFC 9110 §9.3.6, written and read by hand: one request, and of the answer its status.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Credentials, ProxyFault, Target};

/// Longest head of a proxy's answer that is read, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Asks for a tunnel.
pub(super) async fn open<S>(
    stream: &mut S,
    target: &Target<'_>,
    credentials: Option<&Credentials>,
) -> Result<(), ProxyFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let authority = match target {
        Target::Address(address) => address.to_string(),
        Target::Name(name, port) => format!("{name}:{port}"),
    };
    let mut request = Vec::new();
    write!(request, "CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n")?;
    if let Some(Credentials { user, password }) = credentials {
        let basic = STANDARD.encode(format!("{user}:{}", password.expose()));
        write!(request, "proxy-authorization: Basic {basic}\r\n")?;
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    let status = read_status(&read_head(stream).await?).ok_or(ProxyFault::Garbage)?;
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(ProxyFault::Credentials),
        _ => Err(ProxyFault::Status(status)),
    }
}

/// Reads up to the empty line and not a byte further: what follows belongs to the tunnel.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Vec<u8>, ProxyFault> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX {
            return Err(ProxyFault::Garbage);
        }
        head.push(stream.read_u8().await?);
        if head.len() == 5 && head != b"HTTP/" {
            return Err(ProxyFault::Garbage);
        }
    }
    Ok(head)
}

fn read_status(head: &[u8]) -> Option<StatusCode> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = line.split(|byte| *byte == b' ');
    words.next().filter(|version| version.starts_with(b"HTTP/1."))?;
    StatusCode::from_bytes(words.next()?).ok()
}
