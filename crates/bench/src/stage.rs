//! A receiver and a server that is set up for it, ready to be measured.
//!
//! The server is set up, stopped, and started again: what is measured is neither its set-up nor its first start, and
//! how large its data is at rest is known before and after.

use anyhow::Context;

use crate::bench::Bench;
use crate::data::Data;
use crate::fsyncs::Tracer;
use crate::load::{CALLERS, Load, Plan, Script};
use crate::receiver::{Manner, Receiver};
use crate::server::{Server, Taker, delete, set_up};

pub(crate) struct Stage<'a> {
    data: &'a Data,
    bytes_before: u64,
    pub(crate) receiver: Receiver,
    pub(crate) server: Server,
    /// Ids of the webhooks, in the order of their manners.
    pub(crate) webhooks: Vec<String>,
}

impl<'a> Stage<'a> {
    /// Sets up a webhook for each of these manners.
    pub(crate) async fn set(
        bench: &Bench,
        data: &'a Data,
        tracer: Option<&Tracer>,
        manners: &[Manner],
        retry_schedule: Option<&'static [u32]>,
    ) -> anyhow::Result<Stage<'a>> {
        let receiver = Receiver::start().await?;
        let takers: Vec<Taker> = (0..)
            .zip(manners)
            .map(|(n, manner)| Taker { url: manner.url(&receiver.address, n), retry_schedule })
            .collect();
        let server = Server::start(&bench.program, data).await?;
        let webhooks = set_up(&server, &takers).await?;
        server.stop().await?;
        let bytes_before = data.bytes()?;
        let server = match tracer {
            None => Server::start(&bench.program, data).await?,
            Some(tracer) => Server::start_traced(&bench.program, data, tracer).await?,
        };
        Ok(Stage { data, bytes_before, receiver, server, webhooks })
    }

    /// A load of so many requests, its connections open.
    pub(crate) async fn load(&self, script: Script, requests: u64, per_second: Option<u32>) -> anyhow::Result<Load> {
        let address = self.server.address.clone();
        Load::prepare(Plan { address, callers: CALLERS, requests, per_second, script }).await
    }

    /// Stops the server, after which nothing more arrives. Gives the receiver, and by how many bytes the data grew.
    pub(crate) async fn clear(self) -> anyhow::Result<(Receiver, u64)> {
        if let Data::Kept(_) = self.data {
            // Whoever measures on it next has webhooks of their own.
            let mut connection = self.server.connect().await?;
            for id in &self.webhooks {
                delete(&mut connection, &format!("/api/v1/webhooks/{id}")).await?;
            }
        }
        self.server.stop().await.context("at the end of a run")?;
        Ok((self.receiver, self.data.bytes()?.saturating_sub(self.bytes_before)))
    }
}
