//! Processes of this program that have a role of their own and are told what to do, a line of JSON at a time.
//!
//! Promise: they end when the one who started them does, because then their input ends.

use std::process::Stdio;

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, Stdin};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Duration, timeout};

use crate::process::Process;

/// How long a role may take for an answer before the run is called lost.
const PATIENCE: Duration = Duration::from_secs(300);

/// A process with a role; dropping it ends it.
pub(crate) struct Actor {
    _child: Child,
    role: &'static str,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    pub(crate) process: Process,
}

impl Actor {
    pub(crate) fn start(role: &'static str) -> anyhow::Result<Actor> {
        let me = std::env::current_exe().context("finding this program")?;
        let mut child = Command::new(me)
            .arg(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting the {role}"))?;
        let process = Process(child.id().with_context(|| format!("the {role}'s process id"))?);
        let asks = child.stdin.take().with_context(|| format!("the {role}'s input"))?;
        let answers = child.stdout.take().with_context(|| format!("the {role}'s output"))?;
        Ok(Actor { _child: child, role, asks, answers: BufReader::new(answers).lines(), process })
    }

    /// Asks for something and waits for the answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&mut self, ask: &impl Serialize) -> anyhow::Result<T> {
        let line = serde_json::to_string(ask)? + "\n";
        let role = self.role;
        self.asks.write_all(line.as_bytes()).await.with_context(|| format!("asking the {role}"))?;
        let answer = timeout(PATIENCE, self.answers.next_line())
            .await
            .ok()
            .with_context(|| format!("the {role} did not answer within {PATIENCE:?}: {}", line.trim_end()))?;
        let answer = answer?.with_context(|| format!("the {role} ended; what it said is above"))?;
        serde_json::from_str(&answer).with_context(|| format!("the {role} answered {answer}"))
    }
}

/// What a role hears, and where it answers.
pub(crate) struct Prompter(Lines<BufReader<Stdin>>);

impl Prompter {
    pub(crate) fn listen() -> Prompter {
        Prompter(BufReader::new(tokio::io::stdin()).lines())
    }

    /// The next thing asked for; `None` at the end.
    pub(crate) async fn hear<T: DeserializeOwned>(&mut self) -> anyhow::Result<Option<T>> {
        match self.0.next_line().await.context("reading what is asked")? {
            Some(line) => Ok(Some(serde_json::from_str(&line).with_context(|| format!("asked {line}"))?)),
            None => Ok(None),
        }
    }

    pub(crate) fn answer(&self, answer: &impl Serialize) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(answer)?);
        Ok(())
    }
}
