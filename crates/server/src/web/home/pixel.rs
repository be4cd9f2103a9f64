//! The lines that a website needs so that its page views come here.
//!
//! A few lines of script that send one page call of the tracking API as plain text, which browsers send to another host
//! without asking it first. They never throw into the page they stand in.

use beckon_domain::key::WriteKey;
use beckon_store::PageRequest;
use beckon_store::page::PAGE_ROWS_MAX;
use http::HeaderMap;
use http::header::HOST;
use serde_json::{Value, json};

use crate::app::App;
use crate::problem::Problem;
use crate::web::viewer::Viewer;

/// Most pages of keys that are looked through for one that is in use.
const KEY_PAGES_MAX: usize = 4;

/// The address at which this Beckon was asked, or what the operator says it is; without a slash at the end.
pub(super) fn origin(app: &App, headers: &HeaderMap) -> String {
    if let Some(url) = &app.options.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let forwarded = text("x-forwarded-proto").and_then(|value| value.split(',').next()).unwrap_or_default().trim();
    let scheme = if forwarded.eq_ignore_ascii_case("https") { "https" } else { "http" };
    // What is no host would be put into somebody's website.
    let host = text(HOST.as_str()).filter(|host| host.parse::<http::uri::Authority>().is_ok());
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

/// The newest write key that is in use.
pub(super) async fn write_key(app: &App, viewer: &Viewer) -> Result<Option<WriteKey>, Problem> {
    let mut page = PageRequest { limit: PAGE_ROWS_MAX, after: None };
    for _ in 0..KEY_PAGES_MAX {
        let keys = app.store.list_write_keys(viewer.caller.workspace_id, page.clone()).await?;
        if let Some(key) = keys.rows.into_iter().find(|key| key.revoked_at.is_none()) {
            return Ok(Some(key));
        }
        match keys.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    Ok(None)
}

/// The lines for the website.
pub(super) fn snippet(origin: &str, key: &str) -> String {
    let url = script_text(&address(origin, key));
    format!(
        r#"<script>
(function () {{
  try {{
    var id = localStorage.getItem("beckon_id");
    if (!id) {{
      id = Date.now().toString(36) + "-" + Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
      localStorage.setItem("beckon_id", id);
    }}
    navigator.sendBeacon({url}, JSON.stringify({{
      anonymousId: id,
      sentAt: new Date().toISOString(),
      properties: {{ url: location.href, path: location.pathname, title: document.title, referrer: document.referrer }}
    }}));
  }} catch (ignored) {{}}
}})();
</script>"#
    )
}

/// The same from a terminal, to try it.
pub(super) fn command(origin: &str, key: &str) -> String {
    let page = json!({
        "anonymousId": "try-1",
        "properties": { "url": "https://www.example.com/pricing", "title": "Pricing" },
    });
    let quoted = |text: &str| text.replace('\'', r"'\''");
    format!("curl '{}' \\\n  -d '{}'", quoted(&address(origin, key)), quoted(&page.to_string()))
}

fn address(origin: &str, key: &str) -> String {
    let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    format!("{origin}/v1/page?writeKey={key}")
}

/// A text as it stands in a script inside HTML.
fn script_text(text: &str) -> String {
    Value::from(text).to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_leave_the_script_or_the_command_it_stands_in() {
        let shown = snippet("https://a.example", "k</script>\"");
        assert_eq!(shown.matches("</script>").count(), 1, "{shown}");
        assert!(shown.contains(r#"sendBeacon("https://a.example/v1/page?writeKey=k%3C%2Fscript%3E%22", "#), "{shown}");
        assert!(command("https://a'b.example", "k").contains(r"'https://a'\''b.example/v1/page?writeKey=k'"));
    }
}
