//! Makes one HTTP request and reads what comes back. The only place that opens an outgoing socket.
//!
//! Promises: one request per call, never a second one; redirects are not followed; everything read is
//! bounded, in bytes (`answer.rs`, `allowance.rs`) and in time (one deadline for the
//! whole exchange, shorter ones for its phases); nothing is connected to that the guard did not vet.
//! No `accept-encoding` is sent, and nothing is decompressed.
//! Not here: what to send (`request`), and what an answer means (`classify.rs`).

mod allowance;
mod answer;
mod connect;
pub(crate) mod failure;
mod header_case;
mod line;
pub(crate) mod oauth;
mod pool;
mod race;
pub(crate) mod request;
mod templates;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beckon_domain::delivery::{Exchange, Timings};
use beckon_domain::secret::SecretText;
use beckon_domain::webhook::{Auth, OAuth2, Webhook};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use tokio::time::{Instant, timeout};

use crate::lookup::Names;
use crate::options::Options;
use crate::tls::TlsConfigs;
use crate::transport::{Shipment, Transport};
use allowance::Allowance;
use answer::Body;
#[cfg(fuzzing)]
pub(crate) use answer::text_of as body_text_of;
use connect::Connector;
use failure::{SendFailure, TlsFault};
use line::Line;
use oauth::{AuthFailure, AuthFault, Tokens};
use pool::{Origin, Pool};
use request::{Outgoing, place, shown_url};
use templates::Templates;

/// Sends requests, over kept connections where there are some.
pub(crate) struct Sender {
    connector: Arc<Connector>,
    tls: Arc<TlsConfigs>,
    templates: Templates,
    tokens: Tokens,
    pool: Arc<Pool>,
    timeout: Duration,
    first_byte_timeout: Duration,
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

/// Whether a request is still to be made.
type Wanted<'a> = dyn Fn() -> bool + Send + Sync + 'a;

#[async_trait]
impl Transport for Sender {
    /// Whatever happens to the connection once the head of an answer is here, the head stands.
    async fn send_if(&self, wanted: &(dyn Fn() -> bool + Send + Sync), shipment: Shipment<'_>) -> Option<Sent> {
        let begun = Instant::now();
        let mut progress = Progress::default();
        progress.exchange.url = shown_url(&shipment.webhook.url);
        let ended = timeout(self.timeout, self.exchange(wanted, &shipment, &mut progress)).await;
        if let Ok(Ok(Ended::NotWanted)) = ended {
            return None;
        }

        let late = progress.late(self.timeout);
        let Progress { mut exchange, head, body, .. } = progress;
        (exchange.response_body, exchange.response_truncated) = body.into_text();
        exchange.timings.total_us = Timings::micros(begun.elapsed());
        let result = match (head, ended) {
            (Some(head), _) => Ok(head),
            (None, Ok(Err(failure))) => Err(failure),
            (None, Ok(Ok(_)) | Err(_)) => Err(late),
        };
        Some(Sent { exchange, result })
    }

    fn drop_idle(&self) {
        self.pool.drop_old();
        self.templates.drop_old();
    }
}

impl Sender {
    /// A sender that looks names up in the system.
    pub(crate) fn new(options: &Options) -> Result<Sender, rustls::Error> {
        Sender::with_names(options, Names::of_system())
    }

    /// A sender that looks names up in `names`.
    pub(crate) fn with_names(options: &Options, names: Names) -> Result<Sender, rustls::Error> {
        let connector = Arc::new(Connector::new(options, names));
        let tls = Arc::new(TlsConfigs::new()?);
        Ok(Sender {
            tokens: Tokens::new(connector.clone(), tls.clone(), options.timeout / 2),
            connector,
            tls,
            templates: Templates::default(),
            pool: Arc::default(),
            timeout: options.timeout,
            first_byte_timeout: options.first_byte_timeout.unwrap_or(options.timeout),
            body_kept_max: options.response_body_kept_max,
        })
    }

    async fn exchange(
        &self,
        wanted: &Wanted<'_>,
        shipment: &Shipment<'_>,
        progress: &mut Progress,
    ) -> Result<Ended, SendFailure> {
        let webhook = shipment.webhook;
        let mut request = self.templates.get(webhook).await?.compose(shipment.due, shipment.at)?;
        let token = self.authorize(webhook, &mut request, progress).await?;
        progress.exchange.request_headers = std::mem::take(&mut request.shown_headers);
        if token.is_some() && !wanted() {
            return Ok(Ended::NotWanted);
        }
        let Some((line, response)) = self.ask(wanted, webhook, request, progress).await? else {
            return Ok(Ended::NotWanted);
        };
        if let (StatusCode::UNAUTHORIZED, Some((oauth2, token))) = (response.status(), token) {
            self.tokens.forget(oauth2, webhook.ca_certificates.as_deref(), &token);
        }
        self.read(line, response, progress).await;
        Ok(Ended::Answered)
    }

    /// Adds an access token if the webhook wants one, and tells which.
    async fn authorize<'a>(
        &self,
        webhook: &'a Webhook,
        request: &mut Outgoing,
        progress: &mut Progress,
    ) -> Result<Option<(&'a OAuth2, SecretText)>, SendFailure> {
        let Some(Auth::OAuth2(oauth2)) = &webhook.auth else { return Ok(None) };
        progress.waits_for_token_of = Some(place(&oauth2.token_url));
        progress.exchange.request_headers = request.shown_headers.clone();
        let token = self.tokens.get(oauth2, webhook.ca_certificates.as_deref()).await.map_err(SendFailure::Auth)?;
        progress.waits_for_token_of = None;
        request.authorize(&token)?;
        Ok(Some((oauth2, token)))
    }

    /// Writes the request over a kept connection or a new one, and reads the head of the answer. `None` if the
    /// request is not wanted any more by then.
    async fn ask(
        &self,
        wanted: &Wanted<'_>,
        webhook: &Webhook,
        request: Outgoing,
        progress: &mut Progress,
    ) -> Result<Option<(Line, Answer)>, SendFailure> {
        let Outgoing { origin, http_request, .. } = request;
        let handed_over = Instant::now();
        let unsent = match self.send_over_kept(&origin, http_request, progress).await? {
            Answered::Yes(line, response) => {
                progress.exchange.timings.first_byte_us = Some(Timings::micros(handed_over.elapsed()));
                return Ok(Some((line, response)));
            }
            Answered::NotSent(http_request) => http_request,
        };
        let tls = self.tls.get(request::tls_settings(webhook));
        let tls = tls.map_err(|invalid| SendFailure::Tls(TlsFault::Settings(invalid)))?;
        let mut line = self.connector.connect(&origin, &tls, &mut progress.exchange.timings).await?;
        if !wanted() {
            self.pool.keep_when_ready(line);
            return Ok(None);
        }
        let connected = Instant::now();
        let response = match self.send_over(&mut line, unsent, progress).await? {
            Ok(response) => response,
            Err(refused) => return Err(line.explain(refused.into_error()).await),
        };
        progress.exchange.timings.first_byte_us = Some(Timings::micros(connected.elapsed()));
        Ok(Some((line, response)))
    }

    /// Reads the answer, and keeps the connection if that came to its end.
    async fn read(&self, mut line: Line, response: Answer, progress: &mut Progress) {
        let (parts, incoming) = response.into_parts();
        answer::read_head(&parts, progress);
        let body_begun = Instant::now();
        progress.body = Body::begun(self.body_kept_max);
        let whole = line.carry(progress.body.read(incoming)).await;
        progress.exchange.timings.body_us = Some(Timings::micros(body_begun.elapsed()));
        if whole {
            self.pool.keep_when_ready(line);
        }
    }

    /// Sends over a kept connection, unless there is none or it closed before anything was written.
    async fn send_over_kept(
        &self,
        origin: &Origin,
        mut request: Request,
        progress: &mut Progress,
    ) -> Result<Answered, SendFailure> {
        while let Some(mut line) = self.pool.take(origin) {
            match self.send_over(&mut line, request, progress).await? {
                Ok(response) => return Ok(Answered::Yes(line, response)),
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(SendFailure::of_hyper(refused.into_error())),
                },
            }
        }
        Ok(Answered::NotSent(request))
    }

    /// Writes a request and waits for the head of its answer, as long as a receiver may think.
    async fn send_over(
        &self,
        line: &mut Line,
        request: Request,
        progress: &mut Progress,
    ) -> Result<Result<Answer, TrySendError<Request>>, SendFailure> {
        progress.allowance = Some(line.allowance().clone());
        match timeout(self.first_byte_timeout, line.send(request)).await {
            Ok(sent) => Ok(sent),
            Err(_) => Err(progress.late(self.first_byte_timeout)),
        }
    }
}

type Request = http::Request<Full<Bytes>>;
type Answer = http::Response<Incoming>;

/// How an exchange ended that nothing went wrong with.
enum Ended {
    Answered,
    NotWanted,
}

enum Answered {
    Yes(Line, Answer),
    NotSent(Request),
}

/// What is known of an exchange so far; it outlives an exchange that is cut off.
#[derive(Default)]
struct Progress {
    exchange: Exchange,
    /// The authorization server that has yet to answer.
    waits_for_token_of: Option<String>,
    /// What was read since the request was written.
    allowance: Option<Allowance>,
    head: Option<Head>,
    body: Body,
}

impl Progress {
    /// What it means that time was up before there was the head of an answer.
    fn late(&self, limit: Duration) -> SendFailure {
        if let Some(place) = self.waits_for_token_of.clone() {
            let fault = AuthFault::NoAnswer(SendFailure::Timeout(limit));
            return SendFailure::Auth(AuthFailure { place, fault: Arc::new(fault) });
        }
        if self.allowance.as_ref().is_some_and(|allowance| allowance.bytes_read() > 0) {
            return SendFailure::Unfinished(limit);
        }
        SendFailure::Timeout(limit)
    }
}
