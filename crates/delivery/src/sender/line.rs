//! An open connection.
//!
//! Whoever uses it moves its bytes along, in the same task: nobody is woken to write a request, or to hand over its
//! answer. Between two requests nobody does; whether it is still good is seen when it is wanted again.
//! Not here: which connections are kept (`pool.rs`), and how they are opened (`connect.rs`).

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::SendRequest;

use super::allowance::Allowance;
use super::answer::EXCHANGE_BYTES_MAX;
use super::failure::SendFailure;
use super::pool::Origin;

/// What moves a connection's bytes; gives what was wrong if it does not end well.
pub(super) type Driver = Pin<Box<dyn Future<Output = Option<hyper::Error>> + Send>>;

/// An open connection. Dropping it closes it, whatever is under way.
pub(super) struct Line {
    pub(super) origin: Origin,
    sender: SendRequest<Full<Bytes>>,
    wire: Wire,
    allowance: Allowance,
}

enum Wire {
    Open(Driver),
    Ended(Option<hyper::Error>),
}

impl Line {
    pub(super) fn new(origin: Origin, sender: SendRequest<Full<Bytes>>, driver: Driver, allowance: Allowance) -> Line {
        Line { origin, sender, wire: Wire::Open(driver), allowance }
    }

    /// What is read over it is told here; sending a request begins it anew.
    pub(super) fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Sends a request. The error gives the request back if nothing of it was written.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        self.allowance.renew(EXCHANGE_BYTES_MAX);
        let answer = self.sender.try_send_request(request);
        self.wire.carry(answer).await
    }

    /// Does `work`, such as reading an answer's body, that needs the connection to move on.
    pub(super) async fn carry<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.wire.carry(work).await
    }

    /// Whether a request can be sent over it, as far as can be known without sending one.
    pub(super) fn is_ready(&mut self) -> bool {
        // If it has ended since it was last used, this is when that is seen.
        self.wire.poll(&mut Context::from_waker(Waker::noop()));
        self.sender.is_ready()
    }

    /// Waits until a request can be sent over it; false if that will never be.
    pub(super) async fn become_ready(&mut self) -> bool {
        let ready = self.sender.ready();
        self.wire.carry(ready).await.is_ok()
    }

    /// Why a request was not answered. A connection that had ended already only says so; why, its driver knows.
    pub(super) async fn explain(mut self, error: hyper::Error) -> SendFailure {
        let ended = error.is_canceled() || error.is_closed();
        let cause = if ended { poll_fn(|cx| self.wire.poll_end(cx)).await } else { None };
        SendFailure::of_hyper(cause.unwrap_or(error))
    }
}

impl Wire {
    /// Does `work` while the connection moves on.
    async fn carry<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            self.poll(cx);
            // What has just come is taken at once.
            work.as_mut().poll(cx)
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>) {
        if let Wire::Open(driver) = self
            && let Poll::Ready(end) = driver.as_mut().poll(cx)
        {
            *self = Wire::Ended(end);
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Error>> {
        self.poll(cx);
        match self {
            Wire::Open(_) => Poll::Pending,
            Wire::Ended(end) => Poll::Ready(end.take()),
        }
    }
}
