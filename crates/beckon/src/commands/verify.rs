//! `beckon verify`: checks the signature of a webhook request that was received.
//!
//! For people who write a receiver and wonder why their check fails. Exit code 0 says valid, 1 invalid (and
//! why), 2 that there was nothing to check.
//! Not here: the signature scheme (`beckon_delivery::sign`).

mod key;
mod request;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use beckon_delivery::sign::PublicKey;
use beckon_domain::secret::SigningSecret;
use clap::Args;

use crate::commands::BAD_USAGE;
use crate::config::value::read_duration;
use key::Key;
use request::Received;

/// The tolerance of Standard Webhooks libraries.
const TOLERANCE: &str = "5m";
/// Longest body read, in bytes.
const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What to check, and with which secret or public key.
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 the signature is valid, 1 it is not (the reason is printed), 2 bad usage.\n\n\
    Examples:\n  beckon verify --secret-file secret.txt --headers headers.txt --body body.json\n  \
    beckon verify --public-key whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo= --headers headers.txt --body body.json")]
pub(crate) struct Flags {
    /// The webhook's secret, whsec_…, for signatures v1; during a rotation, give both
    #[arg(long, value_name = "SECRET", required_unless_present_any = ["secret_file", "public_key"])]
    secret: Vec<String>,

    /// A file with the secret, or with one secret or public key a line
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    secret_file: Option<PathBuf>,

    /// The webhook's public key, whpk_…, for signatures v1a; during a rotation, give both
    #[arg(long, value_name = "KEY")]
    public_key: Vec<String>,

    /// The request's webhook-id
    #[arg(long, required_unless_present = "headers")]
    id: Option<String>,

    /// The request's webhook-timestamp, in unix seconds
    #[arg(long, value_name = "SECONDS", required_unless_present = "headers")]
    timestamp: Option<String>,

    /// The request's webhook-signature, such as 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4='
    #[arg(long, required_unless_present = "headers")]
    signature: Option<String>,

    /// A file with the request's headers, one "name: value" a line
    #[arg(long, value_name = "FILE")]
    headers: Option<PathBuf>,

    /// A file with the request's body, byte for byte; - reads standard input
    #[arg(long, value_name = "FILE")]
    body: PathBuf,

    /// How far the timestamp may be from now; 0 turns this check off
    #[arg(long, value_name = "TIME", default_value = TOLERANCE, value_parser = tolerance)]
    tolerance: Duration,
}

fn tolerance(text: &str) -> Result<Duration, String> {
    read_duration(text).ok_or_else(|| "write a length of time like 5m, 300s or 0".to_owned())
}

/// Says whether the request is valid.
pub(crate) fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let (keys, received) = match read(flags) {
        Ok(read) => read,
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(ExitCode::from(BAD_USAGE));
        }
    };
    let now = crate::ambient::real()?.now();
    match received.check(&keys, flags.tolerance, now) {
        Ok(()) => {
            super::print("valid: the signature fits the id, the timestamp and the body\n")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(flaw) => {
            super::print(&format!("invalid: {flaw}\n"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn read(flags: &Flags) -> anyhow::Result<(Vec<Key>, Received)> {
    let mut keys = Vec::new();
    for secret in &flags.secret {
        keys.push(SigningSecret::parse(secret.trim()).map(Key::Secret).map_err(anyhow::Error::msg)?);
    }
    for key in &flags.public_key {
        keys.push(PublicKey::parse(key.trim()).map(Key::Public).map_err(anyhow::Error::msg)?);
    }
    if let Some(path) = &flags.secret_file {
        keys.extend(read_keys(path)?);
    }
    let mut received = match &flags.headers {
        None => Received::default(),
        Some(path) => Received::from_header_lines(&String::from_utf8_lossy(&read_file(path)?)),
    };
    received.id = flags.id.clone().or(received.id);
    received.timestamp = flags.timestamp.clone().or(received.timestamp);
    received.signature = flags.signature.clone().or(received.signature);
    received.body = read_file(&flags.body)?;
    Ok((keys, received))
}

/// Reads secrets and public keys, passing over empty lines. An error repeats nothing of them.
fn read_keys(path: &Path) -> anyhow::Result<Vec<Key>> {
    let text = String::from_utf8_lossy(&read_file(path)?).into_owned();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<Key> = lines.map(Key::parse).collect::<Result<_, _>>().map_err(anyhow::Error::msg)?;
    anyhow::ensure!(!keys.is_empty(), "{} holds no secret", path.display());
    Ok(keys)
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let reader: Box<dyn std::io::Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?)
    };
    let mut bytes = Vec::new();
    reader
        .take(BODY_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    anyhow::ensure!(bytes.len() as u64 <= BODY_BYTES_MAX, "{} is larger than {BODY_BYTES_MAX} bytes", path.display());
    Ok(bytes)
}
