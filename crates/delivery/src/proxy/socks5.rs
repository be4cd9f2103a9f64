//! Tunnels by SOCKS5.
//!
//! Source: RFC 1928; user name and password: RFC 1929. Only CONNECT, and no other way to authenticate.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Credentials, ProxyFault, Target};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const USER_AND_PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Asks for a tunnel.
pub(super) async fn open<S>(
    stream: &mut S,
    target: &Target<'_>,
    credentials: Option<&Credentials>,
) -> Result<(), ProxyFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    agree(stream, credentials).await?;
    stream.write_all(&request(target)?).await?;
    let [version, reply, _reserved, bound] = read(stream).await?;
    if version != VERSION {
        return Err(ProxyFault::Garbage);
    }
    if reply != 0 {
        return Err(ProxyFault::Reply(reply));
    }
    // Where the proxy goes out, which nobody needs; but what follows it belongs to the tunnel.
    let length = match bound {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(stream.read_u8().await?),
        _ => return Err(ProxyFault::Garbage),
    };
    let mut bound = vec![0; length + size_of::<u16>()];
    stream.read_exact(&mut bound).await?;
    Ok(())
}

async fn agree<S>(stream: &mut S, credentials: Option<&Credentials>) -> Result<(), ProxyFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let offered: &[u8] = match credentials {
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
        None => &[VERSION, 1, NO_AUTHENTICATION],
    };
    stream.write_all(offered).await?;
    match (read(stream).await?, credentials) {
        ([VERSION, NO_AUTHENTICATION], _) => Ok(()),
        ([VERSION, USER_AND_PASSWORD], Some(credentials)) => authenticate(stream, credentials).await,
        ([VERSION, _], _) => Err(ProxyFault::Credentials),
        _ => Err(ProxyFault::Garbage),
    }
}

async fn authenticate<S>(stream: &mut S, credentials: &Credentials) -> Result<(), ProxyFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut message = vec![USER_AND_PASSWORD_VERSION];
    for text in [&credentials.user, credentials.password.expose()] {
        push_text(&mut message, text)?;
    }
    stream.write_all(&message).await?;
    let [_version, status] = read(stream).await?;
    if status == 0 { Ok(()) } else { Err(ProxyFault::Credentials) }
}

fn request(target: &Target<'_>) -> Result<Vec<u8>, ProxyFault> {
    let mut request = vec![VERSION, CONNECT, 0];
    let port = match target {
        Target::Address(address) => {
            match address.ip() {
                IpAddr::V4(ip) => {
                    request.push(IPV4);
                    request.extend_from_slice(&ip.octets());
                }
                IpAddr::V6(ip) => {
                    request.push(IPV6);
                    request.extend_from_slice(&ip.octets());
                }
            }
            address.port()
        }
        Target::Name(name, port) => {
            request.push(NAME);
            push_text(&mut request, name)?;
            *port
        }
    };
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}

/// Appends a text behind its length. (Credentials were measured when they were read, and no host name is longer.)
fn push_text(message: &mut Vec<u8>, text: &str) -> Result<(), ProxyFault> {
    message.push(u8::try_from(text.len()).map_err(|_too_long| ProxyFault::Garbage)?);
    message.extend_from_slice(text.as_bytes());
    Ok(())
}

async fn read<const N: usize, S: AsyncRead + Unpin>(stream: &mut S) -> Result<[u8; N], ProxyFault> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
