//! Bounds what is read over a connection, whatever it is.
//!
//! Heads and bodies have limits of their own, but HTTP has more that a receiver can send without end: interim
//! answers (1xx), chunk extensions, trailers. Promise: an exchange reads no more than its allowance, and one buffer.
//! Not here: what TLS needs below this; rustls bounds its messages, and the exchange's deadline the rest.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much more may be read over a connection. Clones are one allowance.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowance(Arc<Read>);

#[derive(Debug, Default)]
struct Read {
    allowed: AtomicUsize,
    read: AtomicUsize,
}

impl Allowance {
    /// Begins anew: nothing was read, and `bytes` may be.
    pub(super) fn renew(&self, bytes: usize) {
        self.0.read.store(0, Ordering::Relaxed);
        self.0.allowed.store(bytes, Ordering::Relaxed);
    }

    /// Bytes read since it was renewed.
    pub(super) fn bytes_read(&self) -> usize {
        self.0.read.load(Ordering::Relaxed)
    }

    fn is_used_up(&self) -> bool {
        self.bytes_read() >= self.0.allowed.load(Ordering::Relaxed)
    }
}

/// A stream that ends with [`UsedUp`] when its allowance does.
pub(super) struct Bounded<S> {
    stream: S,
    allowance: Allowance,
}

impl<S> Bounded<S> {
    pub(super) fn new(stream: S, allowance: Allowance) -> Bounded<S> {
        Bounded { stream, allowance }
    }
}

/// What a read says once the allowance is used up.
#[derive(Debug)]
pub(super) struct UsedUp;

impl fmt::Display for UsedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more was sent than is read")
    }
}

impl std::error::Error for UsedUp {}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // What comes while nobody asked is read all the same: that is how the end of a kept connection is seen.
        let before = buf.filled().len();
        std::task::ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        if read > 0 && this.allowance.is_used_up() {
            return Poll::Ready(Err(io::Error::other(UsedUp)));
        }
        this.allowance.0.read.fetch_add(read, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    // behaviour L2 (in part)
    #[tokio::test]
    async fn no_more_is_read_than_the_allowance_and_one_buffer() {
        let allowance = Allowance::default();
        let mut stream = Bounded::new(tokio::io::join(tokio::io::repeat(b'x'), tokio::io::sink()), allowance.clone());
        allowance.renew(1000);
        let mut buffer = [0; 100];
        let mut read = 0;
        let error = loop {
            match stream.read(&mut buffer).await {
                Ok(count) => read += count,
                Err(error) => break error,
            }
            assert!(read <= 1000, "it goes on");
        };
        assert_eq!((read, allowance.bytes_read()), (1000, 1000));
        assert!(error.get_ref().is_some_and(|inner| inner.is::<UsedUp>()));
        allowance.renew(1);
        assert_eq!(stream.read(&mut buffer).await.unwrap(), 100, "the next exchange has its own");
    }
}
