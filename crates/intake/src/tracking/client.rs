//! What an item says of the client behind it: servers send it along in the context, browsers need not.

use std::net::IpAddr;

use beckon_domain::signal::Client;
use serde_json::{Map, Value};

use super::field::{cut, text};

/// Longest user agent looked at, in characters; what is longer is cut.
const USER_AGENT_CHARS_MAX: usize = 512;

/// The client, by the item's own word: `context.ip`, `context.userAgent`, `context.webdriver`, `context.gpc`.
pub(super) fn said(context: Option<&Map<String, Value>>) -> Client {
    let Some(context) = context else { return Client::default() };
    Client {
        address: text(context, "ip").and_then(|ip| ip.parse().ok()).map(|ip: IpAddr| ip.to_canonical()),
        user_agent: text(context, "userAgent").map(|agent| cut(agent, USER_AGENT_CHARS_MAX)),
        webdriver: context.get("webdriver") == Some(&Value::Bool(true)),
        gpc: context.get("gpc") == Some(&Value::Bool(true)),
        ..Client::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_context_says_who_the_client_is() {
        let client = |context: Value| said(context.as_object());
        let full = client(json!({ "ip": "203.0.113.7", "userAgent": " Mozilla/5.0 ", "webdriver": true }));
        assert_eq!(full.address, "203.0.113.7".parse().ok());
        assert_eq!((full.user_agent.as_deref(), full.webdriver), (Some("Mozilla/5.0"), true));
        assert_eq!(client(json!({ "ip": "::ffff:203.0.113.7" })).address, full.address);
        for odd in [json!({}), json!({ "ip": "here", "userAgent": "", "webdriver": "true" }), json!({ "ip": 7 })] {
            assert_eq!(client(odd), Client::default());
        }
        let long = client(json!({ "user_agent": "x".repeat(9_000) })).user_agent.unwrap();
        assert_eq!(long.len(), USER_AGENT_CHARS_MAX);
        assert_eq!(said(None), Client::default());
    }
}
