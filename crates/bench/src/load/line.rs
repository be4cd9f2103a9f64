//! A kept connection that writes requests ready-made and reads answers, with as little work as that takes.
//!
//! HTTP/1.1 as our own server speaks it: answers tell their length.

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
const HEAD_END: &[u8] = b"\r\n\r\n";
const CONTENT_LENGTH: &str = "content-length:";

pub(super) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    pub(super) async fn open(address: &str) -> anyhow::Result<Line> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        Ok(Line { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and gives the answer's body; anything but 2xx is an error.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request).await.context("writing a request")?;
        self.buffer.clear();
        let (head_end, answer_end) = loop {
            let read = self.stream.read_buf(&mut self.buffer).await.context("reading an answer")?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            if let Some(head_end) = find(&self.buffer, HEAD_END) {
                break (head_end, head_end + HEAD_END.len() + body_bytes(&self.buffer[..head_end])?);
            }
            anyhow::ensure!(self.buffer.len() < ANSWER_BYTES_MAX, "an answer without an end to its head");
        };
        anyhow::ensure!(answer_end <= ANSWER_BYTES_MAX, "an answer of {answer_end} bytes");
        while self.buffer.len() < answer_end {
            let read = self.stream.read_buf(&mut self.buffer).await.context("reading an answer")?;
            anyhow::ensure!(read > 0, "the server closed the connection in the middle of an answer");
        }
        let body = &self.buffer[head_end + HEAD_END.len()..answer_end];
        anyhow::ensure!(
            self.buffer.starts_with(b"HTTP/1.1 2"),
            "{}: {}",
            String::from_utf8_lossy(&self.buffer[..head_end]).lines().next().unwrap_or_default(),
            String::from_utf8_lossy(body)
        );
        Ok(body)
    }
}

/// How long the body is, as the head says.
fn body_bytes(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head).context("the head of an answer")?;
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_at_checked(CONTENT_LENGTH.len())?;
        name.eq_ignore_ascii_case(CONTENT_LENGTH).then_some(value.trim())
    });
    match value {
        Some(value) => value.parse().with_context(|| format!("content-length: {value}")),
        None if head.starts_with("HTTP/1.1 204") => Ok(0),
        None => anyhow::bail!("an answer without content-length: {head}"),
    }
}

/// Where a text begins.
pub(super) fn find(within: &[u8], text: &[u8]) -> Option<usize> {
    within.windows(text.len()).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_body_is_found_however_it_is_written() {
        assert_eq!(body_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 42\r\nx: y").unwrap(), 42);
        assert_eq!(body_bytes(b"HTTP/1.1 201 Created\r\ncontent-length:7").unwrap(), 7);
        assert_eq!(body_bytes(b"HTTP/1.1 204 No Content\r\nx: y").unwrap(), 0);
        assert!(body_bytes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked").is_err());
        assert!(body_bytes(b"HTTP/1.1 200 OK\r\ncontent-length: many").is_err());
    }
}
