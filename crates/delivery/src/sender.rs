//! Makes one HTTP request and reads what comes back. The only place that opens an outgoing socket.
//!
//! Promises: one request per call, never a second one; redirects are not followed; everything read is
//! bounded, in bytes (`answer.rs`) and in time (one deadline for the whole
//! exchange, shorter ones for its first phases); nothing is connected to that the guard did not vet.
//! No `accept-encoding` is sent, and nothing is decompressed.
//! Not here: what to send (`request`), and what an answer means (`classify.rs`).

mod answer;
mod connect;
pub(crate) mod failure;
mod header_case;
mod pool;
pub(crate) mod request;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use beckon_domain::delivery::{Exchange, Timings};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::Full;
use tokio::time::Instant;

use crate::options::Options;
use answer::Body;
use connect::Connector;
use failure::SendFailure;
use pool::{Line, Pool};
use request::Outgoing;

/// Sends requests, over kept connections where there are some.
pub(crate) struct Sender {
    connector: Connector,
    pool: Arc<Pool>,
    timeout: Duration,
    body_kept_max: usize,
}

/// What came of a request.
pub(crate) struct Sent {
    /// What was sent and what came back.
    pub(crate) exchange: Exchange,
    /// The head of the answer, or why there is none.
    pub(crate) result: Result<Head, SendFailure>,
}

/// What of an answer's head decides.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// `Retry-After`, as it came.
    pub(crate) retry_after: Option<String>,
}

impl Sender {
    /// A sender that trusts the authorities browsers trust.
    pub(crate) fn new(options: &Options) -> Result<Sender, rustls::Error> {
        Ok(Sender::with_tls(options, connect::public_tls()?))
    }

    fn with_tls(options: &Options, tls: rustls::ClientConfig) -> Sender {
        Sender {
            connector: Connector::new(options, tls),
            pool: Arc::default(),
            timeout: options.timeout,
            body_kept_max: options.response_body_kept_max,
        }
    }

    /// Makes a request, unless it is not `wanted` any more once there is a connection to write it to: opening
    /// one takes time, and meanwhile a webhook may be disabled. Whatever happens to the connection once the
    /// head of an answer is here, the head stands.
    pub(crate) async fn send_if(&self, wanted: impl Fn() -> bool, request: Outgoing) -> Option<Sent> {
        let begun = Instant::now();
        let mut progress = Progress::default();
        progress.exchange.url = request.shown_url.clone();
        progress.exchange.request_headers = request.shown_headers.clone();
        let ended = tokio::time::timeout(self.timeout, self.exchange(wanted, request, &mut progress)).await;
        if let Ok(Ok(Ended::NotWanted)) = ended {
            return None;
        }

        let Progress { mut exchange, head, body } = progress;
        (exchange.response_body, exchange.response_truncated) = body.into_text();
        exchange.timings.total_us = Timings::micros(begun.elapsed());
        let result = match (head, ended) {
            (Some(head), _) => Ok(head),
            (None, Ok(Err(failure))) => Err(failure),
            (None, Ok(Ok(_)) | Err(_)) => Err(SendFailure::Timeout(self.timeout)),
        };
        Some(Sent { exchange, result })
    }

    /// Closes connections that were kept for too long.
    pub(crate) fn drop_idle(&self) {
        self.pool.drop_old();
    }

    async fn exchange(
        &self,
        wanted: impl Fn() -> bool,
        request: Outgoing,
        progress: &mut Progress,
    ) -> Result<Ended, SendFailure> {
        let origin = request.origin.clone();
        let mut http_request = request.http_request;
        header_case::keep(&mut http_request, &request.spelled_headers).await;

        let handed_over = Instant::now();
        let (line, response) = match self.send_over_kept(&origin, http_request).await? {
            Answered::Yes(line, response) => (line, response),
            Answered::NotSent(http_request) => {
                let mut line = self.connector.connect(&origin, &mut progress.exchange.timings).await?;
                if !wanted() {
                    self.pool.keep_when_ready(origin, line).await;
                    return Ok(Ended::NotWanted);
                }
                let connected = Instant::now();
                let response =
                    line.send(http_request).await.map_err(|refused| SendFailure::of_hyper(refused.into_error()))?;
                progress.exchange.timings.first_byte_us = Some(Timings::micros(connected.elapsed()));
                (line, response)
            }
        };
        let first_byte_us = &mut progress.exchange.timings.first_byte_us;
        first_byte_us.get_or_insert_with(|| Timings::micros(handed_over.elapsed()));

        let (parts, incoming) = response.into_parts();
        answer::read_head(&parts, progress);
        let body_begun = Instant::now();
        progress.body = Body::begun(self.body_kept_max);
        let whole = progress.body.read(incoming).await;
        progress.exchange.timings.body_us = Some(Timings::micros(body_begun.elapsed()));
        if whole {
            self.pool.keep_when_ready(origin, line).await;
        } else {
            line.close();
        }
        Ok(Ended::Answered)
    }

    /// Sends over a kept connection, unless there is none or it closed before anything was written.
    async fn send_over_kept(
        &self,
        origin: &pool::Origin,
        mut request: http::Request<Full<Bytes>>,
    ) -> Result<Answered, SendFailure> {
        while let Some(mut line) = self.pool.take(origin) {
            match line.send(request).await {
                Ok(response) => return Ok(Answered::Yes(line, response)),
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(SendFailure::of_hyper(refused.into_error())),
                },
            }
        }
        Ok(Answered::NotSent(request))
    }
}

/// How an exchange ended that nothing went wrong with.
enum Ended {
    Answered,
    NotWanted,
}

enum Answered {
    Yes(Line, http::Response<hyper::body::Incoming>),
    NotSent(http::Request<Full<Bytes>>),
}

/// What is known of an exchange so far; it outlives an exchange that is cut off.
#[derive(Default)]
struct Progress {
    exchange: Exchange,
    head: Option<Head>,
    body: Body,
}
