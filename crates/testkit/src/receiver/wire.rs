//! HTTP/1.1 as far as a receiver in a test needs it: one request after the other on a connection, bodies
//! with `content-length` or chunked.

use std::io;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::reply::{Manner, Reply};
use super::{Received, Shared};

/// Serves a connection until it ends; how it ends is nobody's business.
pub(super) async fn serve(stream: TcpStream, connection: usize, shared: Arc<Shared>) {
    let mut talk = Talk { stream, buffer: BytesMut::new(), connection };
    while let Ok(Some(request)) = talk.read_request().await {
        let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let reply = shared.take(request);
        let goes_on = talk.reply(reply).await.unwrap_or(false);
        if close || !goes_on {
            break;
        }
    }
    talk.stream.shutdown().await.ok();
}

struct Talk {
    stream: TcpStream,
    buffer: BytesMut,
    connection: usize,
}

impl Talk {
    async fn read_request(&mut self) -> io::Result<Option<Received>> {
        let Some(first) = self.read_line().await? else { return Ok(None) };
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = HeaderMap::new();
        let mut header_lines = Vec::new();
        while let Some(line) = self.read_line().await?.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.trim();
            header_lines.push((name.to_owned(), value.to_owned()));
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.append(name, value);
            }
        }
        let mut request =
            Received { method, path, headers, header_lines, body: Bytes::new(), connection: self.connection };
        request.body = if request.header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            self.read_chunks().await?
        } else {
            let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            self.read_exactly(length).await?
        };
        Ok(Some(request))
    }

    async fn read_chunks(&mut self) -> io::Result<Bytes> {
        let mut body = BytesMut::new();
        loop {
            let size = self.read_line().await?.unwrap_or_default();
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16).unwrap_or(0);
            body.extend_from_slice(&self.read_exactly(size).await?);
            self.read_line().await?;
            if size == 0 {
                return Ok(body.freeze());
            }
        }
    }

    async fn read_line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer.split_to(end);
                self.buffer.advance(2);
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn read_exactly(&mut self, length: usize) -> io::Result<Bytes> {
        while self.buffer.len() < length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.buffer.split_to(length).freeze())
    }

    /// Gives a reply; tells whether the connection goes on.
    async fn reply(&mut self, reply: Reply) -> io::Result<bool> {
        let Reply { status, headers, body, manner, held } = reply;
        if let Some(held) = held {
            held.await.ok();
        }
        let length = match manner {
            Manner::Drop => return Ok(false),
            Manner::Hang => return std::future::pending().await,
            Manner::Raw => {
                self.stream.write_all(&body).await?;
                return Ok(false);
            }
            Manner::Endless => None,
            Manner::Stall => Some(body.len() + 1),
            Manner::Plain => Some(body.len()),
        };
        self.stream.write_all(head(status, &headers, length).as_bytes()).await?;
        self.stream.write_all(&body).await?;
        match manner {
            Manner::Stall => std::future::pending().await,
            Manner::Endless => loop {
                self.stream.write_all(&body).await?;
            },
            _ => Ok(true),
        }
    }
}

fn head(status: u16, headers: &[(String, String)], length: Option<usize>) -> String {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
    if let Some(length) = length.filter(|_| status != 204 && status != 304) {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}
