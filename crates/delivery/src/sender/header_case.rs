//! Sends header names spelled as their owner spelled them.
//!
//! Names are compared without case (RFC 9110 §5.1), but some receivers do not know that. `http::HeaderMap`
//! keeps lower case only; hyper keeps the spelling of an answer it reads in a private extension, and writes
//! a request that carries the extension in that spelling (`Builder::preserve_header_case`). So the names
//! are read once as the head of an answer that nobody sent.

use bytes::Bytes;
use http::{Extensions, Request};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::answer::HEAD_BYTES_MAX;

/// Whether names are not in lower case anyway.
pub(super) fn is_spelled(names: &[&str]) -> bool {
    names.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase()))
}

/// What makes a request keep the spelling of `names`. Where that does not work, names are sent in lower case.
pub(super) async fn spelling_of(names: &[&str]) -> Extensions {
    if !is_spelled(names) {
        return Extensions::new();
    }
    let mut head = String::from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n");
    for name in names {
        head.push_str(name);
        head.push_str(": .\r\n");
    }
    head.push_str("\r\n");
    read(head).await.unwrap_or_default()
}

async fn read(head: String) -> Option<Extensions> {
    let (near, mut far) = tokio::io::duplex(HEAD_BYTES_MAX);
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .preserve_header_case(true)
        .handshake(TokioIo::new(near))
        .await
        .ok()?;
    let asked = sender.send_request(Request::new(Full::<Bytes>::default()));
    let answered = async {
        // An answer that came before its request would be refused.
        far.read_u8().await.ok()?;
        far.write_all(head.as_bytes()).await.ok()?;
        Some(())
    };
    let exchange = async {
        let (response, written) = tokio::join!(asked, answered);
        written?;
        Some(response.ok()?.into_parts().0.extensions)
    };
    tokio::select! {
        biased;
        extensions = exchange => extensions,
        _ = connection => None,
    }
}
