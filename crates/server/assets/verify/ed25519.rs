// cargo add axum base64 ed25519-dalek
// cargo add tokio --features full
use std::time::{SystemTime, UNIX_EPOCH};

use axum::{Router, body::Bytes, extract::State, http::{HeaderMap, StatusCode}, routing::post};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};

const TOLERANCE_SECONDS: u64 = 300;

fn is_ours(key: &VerifyingKey, headers: &HeaderMap, body: &[u8]) -> Option<()> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let (id, timestamp) = (text("webhook-id")?, text("webhook-timestamp")?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    if now.abs_diff(timestamp.parse().ok()?) > TOLERANCE_SECONDS {
        return None;
    }
    let signed = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    text("webhook-signature")?
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1a,")?).ok())
        .filter_map(|bytes| Signature::from_slice(&bytes).ok())
        .any(|signature| key.verify_strict(&signed, &signature).is_ok())
        .then_some(())
}

async fn receive(State(key): State<VerifyingKey>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // The signature is over the bytes as they came.
    if is_ours(&key, &headers, &body).is_none() {
        return StatusCode::UNAUTHORIZED;
    }
    println!("{:?} {}", headers.get("webhook-id"), String::from_utf8_lossy(&body));
    StatusCode::NO_CONTENT // answer at once; leave long work to a task
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::env::var("WEBHOOK_PUBLIC_KEY")?; // whpk_…
    let raw = STANDARD.decode(text.strip_prefix("whpk_").unwrap_or(&text))?;
    let key = VerifyingKey::from_bytes(raw.as_slice().try_into()?)?;
    let app = Router::new().route("/webhook", post(receive)).with_state(key);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
