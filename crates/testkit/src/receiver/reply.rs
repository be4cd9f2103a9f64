//! What a receiver replies, well or badly.

use bytes::Bytes;
use tokio::sync::oneshot;

/// A reply to one request.
#[derive(Debug)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) beginning: Bytes,
    pub(super) manner: Manner,
    pub(super) held: Option<oneshot::Receiver<()>>,
}

/// How a reply is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As HTTP wants it.
    Plain,
    /// Not at all, and the connection stays open.
    Hang,
    /// Not at all: the connection is closed.
    Drop,
    /// A head that promises that many bytes, and the body again and again without end.
    Endless(Option<u64>),
    /// The body again and again without end, and nothing else.
    Flood,
    /// A head, byte by byte.
    DripHead,
    /// A head and the body, the body byte by byte.
    DripBody,
    /// The bytes of the body, and then the connection breaks.
    Break,
    /// A head and the body, which then does not go on although more was promised.
    Stall,
    /// The bytes of the body and nothing else.
    Raw,
}

impl Reply {
    /// That status, without a body.
    pub fn status(status: u16) -> Reply {
        Reply {
            status,
            headers: vec![],
            body: Bytes::new(),
            beginning: Bytes::new(),
            manner: Manner::Plain,
            held: None,
        }
    }

    /// None, ever; the connection stays open.
    pub fn hang() -> Reply {
        Reply { manner: Manner::Hang, ..Reply::status(200) }
    }

    /// None: the connection is closed once the request was read.
    pub fn drop_connection() -> Reply {
        Reply { manner: Manner::Drop, ..Reply::status(200) }
    }

    /// 200, and `chunk` again and again until the other side closes.
    pub fn endless(chunk: impl Into<Bytes>) -> Reply {
        Reply { manner: Manner::Endless(None), body: chunk.into(), ..Reply::status(200) }
    }

    /// 200, a promise of `length` bytes, and `chunk` again and again until the other side closes.
    pub fn promising(length: u64, chunk: impl Into<Bytes>) -> Reply {
        Reply { manner: Manner::Endless(Some(length)), body: chunk.into(), ..Reply::status(200) }
    }

    /// These bytes, HTTP or not, again and again until the other side closes.
    pub fn flood(bytes: impl Into<Bytes>) -> Reply {
        Reply { manner: Manner::Flood, body: bytes.into(), ..Reply::status(200) }
    }

    /// The same after these bytes.
    pub fn after(mut self, beginning: impl Into<Bytes>) -> Reply {
        self.beginning = beginning.into();
        self
    }

    /// 200, written one byte at a time, twenty a second.
    pub fn dripping_head() -> Reply {
        Reply { manner: Manner::DripHead, ..Reply::status(200) }
    }

    /// 200, and then the body one byte at a time, twenty a second.
    pub fn dripping_body(body: impl Into<Bytes>) -> Reply {
        Reply { manner: Manner::DripBody, body: body.into(), ..Reply::status(200) }
    }

    /// These bytes, HTTP or not; then the connection breaks (RST).
    pub fn breaking_after(bytes: impl Into<Bytes>) -> Reply {
        Reply { manner: Manner::Break, body: bytes.into(), ..Reply::status(200) }
    }

    /// 200, the beginning of a body, and then nothing more.
    pub fn stalled(beginning: impl Into<Bytes>) -> Reply {
        Reply { manner: Manner::Stall, body: beginning.into(), ..Reply::status(200) }
    }

    /// These bytes, HTTP or not; then the connection is closed.
    pub fn raw(bytes: impl Into<Bytes>) -> Reply {
        Reply { manner: Manner::Raw, body: bytes.into(), ..Reply::status(200) }
    }

    /// With this header as well.
    pub fn with_header(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Reply {
        self.body = body.into();
        self
    }

    /// Not before the sender is used; or dropped, which is as good.
    pub fn held(mut self) -> (Reply, oneshot::Sender<()>) {
        let (release, held) = oneshot::channel();
        self.held = Some(held);
        (self, release)
    }
}
