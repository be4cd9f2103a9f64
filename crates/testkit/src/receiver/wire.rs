//! HTTP/1.1 as far as a receiver in a test needs it: one request after the other on a connection, bodies
//! with `content-length` or chunked.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::reply::{Manner, Reply};
use super::{Received, Shared};

/// How long a reply that drips waits after each byte.
const DRIP: Duration = Duration::from_millis(50);

/// What a receiver speaks over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// Lets the connection break instead of end, once it is dropped.
    fn break_when_dropped(&self);
}

impl Stream for TcpStream {
    fn break_when_dropped(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Stream for TlsStream<TcpStream> {
    fn break_when_dropped(&self) {
        self.get_ref().0.break_when_dropped();
    }
}

/// Serves a connection until it ends; how it ends is nobody's business.
pub(super) async fn serve(stream: impl Stream, connection: usize, shared: Arc<Shared>) {
    let mut talk = Talk { stream, buffer: BytesMut::new(), connection, shared: shared.clone() };
    while let Ok(Some(request)) = talk.read_request().await {
        let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let reply = shared.take(request);
        match talk.reply(reply).await {
            Ok(true) if !close => {}
            Ok(_) => break,
            // The other side closed, or this one is to break.
            Err(_) => return,
        }
    }
    talk.stream.shutdown().await.ok();
}

struct Talk<S> {
    stream: S,
    buffer: BytesMut,
    connection: usize,
    shared: Arc<Shared>,
}

impl<S: Stream> Talk<S> {
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
        let Reply { status, headers, body, beginning, manner, held } = reply;
        if let Some(held) = held {
            held.await.ok();
        }
        self.write(&beginning).await?;
        let head = |length| head(status, &headers, length).into_bytes();
        match manner {
            Manner::Plain => {
                self.write(&head(Some(body.len() as u64))).await?;
                self.write(&body).await?;
                Ok(true)
            }
            Manner::Raw => {
                self.write(&body).await?;
                Ok(false)
            }
            Manner::Drop => Ok(false),
            Manner::Hang => self.until_closed().await,
            Manner::Stall => {
                self.write(&head(Some(body.len() as u64 + 1))).await?;
                self.write(&body).await?;
                self.until_closed().await
            }
            Manner::Endless(length) => {
                self.write(&head(length)).await?;
                self.flood(&body).await
            }
            Manner::Flood => self.flood(&body).await,
            Manner::DripHead => {
                self.drip(&head(Some(0))).await?;
                Ok(true)
            }
            Manner::DripBody => {
                self.write(&head(Some(body.len() as u64))).await?;
                self.drip(&body).await?;
                Ok(true)
            }
            Manner::Break => {
                self.write(&body).await?;
                self.stream.break_when_dropped();
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }

    /// Stays silent until the other side closes.
    async fn until_closed(&mut self) -> io::Result<bool> {
        tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await?;
        Ok(false)
    }

    async fn flood(&mut self, chunk: &[u8]) -> io::Result<bool> {
        loop {
            self.write(chunk).await?;
        }
    }

    async fn drip(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            self.write(&[*byte]).await?;
            tokio::time::sleep(DRIP).await;
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.stream.write(rest).await?;
            self.shared.written.fetch_add(written as u64, Ordering::SeqCst);
            rest = &rest[written..];
        }
        self.stream.flush().await
    }
}

fn head(status: u16, headers: &[(String, String)], length: Option<u64>) -> String {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
    if let Some(length) = length.filter(|_| status != 204 && status != 304) {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}
