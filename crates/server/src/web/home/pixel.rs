//! The lines that a website needs so that its page views come here.
//!
//! First a function that keeps what pages say until the script is there, then the script, which is loaded beside the page
//! and holds nothing up. They never throw into the page they stand in.
//! Not here: the script (`crate::pixel`).

use beckon_domain::key::{WriteKey, WriteKeyKind};
use beckon_domain::settings::Pixel;
use beckon_store::PageRequest;
use beckon_store::page::PAGE_ROWS_MAX;
use http::HeaderMap;
use http::header::HOST;
use serde_json::json;

use crate::app::App;
use crate::problem::Problem;
use crate::web::viewer::Viewer;

/// Most pages of keys that are looked through for one that is in use.
const KEY_PAGES_MAX: usize = 4;

/// The address at which this Beckon was asked, or what the operator says it is; without a slash at the end.
pub(in crate::web) fn origin(app: &App, headers: &HeaderMap) -> String {
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

/// The newest write key for browsers that is in use.
pub(in crate::web) async fn write_key(app: &App, viewer: &Viewer) -> Result<Option<WriteKey>, Problem> {
    let mut page = PageRequest { limit: PAGE_ROWS_MAX, after: None };
    for _ in 0..KEY_PAGES_MAX {
        let keys = app.store.list_write_keys(viewer.caller.workspace_id, page.clone()).await?;
        if let Some(key) =
            keys.rows.into_iter().find(|key| key.revoked_at.is_none() && key.kind == WriteKeyKind::Browser)
        {
            return Ok(Some(key));
        }
        match keys.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    Ok(None)
}

/// The lines for the website; `origin` is where this Beckon is reached.
pub(in crate::web) fn snippet(pixel: &Pixel, origin: &str, key: &str) -> String {
    // A name is one that scripts may have (`Pixel`), so that it needs no more quotes than these.
    let (src, name) = (attribute(&pixel.src(origin)), &pixel.name);
    let named = if name == Pixel::NAME { String::new() } else { format!(r#" data-name="{name}""#) };
    format!(
        r#"<script>
!function (w, n) {{ w[n] = w[n] || function () {{ (w[n].q = w[n].q || []).push(arguments) }} }}(window, "{name}");
</script>
<script async src="{src}" data-key="{key}"{named}></script>"#,
        key = attribute(key),
    )
}

/// The same from a terminal, to try it.
pub(in crate::web) fn command(origin: &str, key: &str) -> String {
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

/// A text as it stands in an attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_leave_the_attribute_or_the_command_it_stands_in() {
        let shown = snippet(&Pixel::default(), "https://a.example", "k\"><script>");
        assert_eq!((shown.matches("<script").count(), shown.matches("</script>").count()), (2, 2), "{shown}");
        let tag = r#"<script async src="https://a.example/beckon.js" data-key="k&quot;&gt;&lt;script&gt;"></script>"#;
        assert!(shown.ends_with(tag), "{shown}");
        assert!(command("https://a'b.example", "k").contains(r"'https://a'\''b.example/v1/page?writeKey=k'"));
    }

    #[test]
    fn a_pixel_of_another_name_says_so() {
        let pixel = Pixel { path: "/x.js".to_owned(), name: "acme".to_owned(), base: Some("/w".to_owned()) };
        let shown = snippet(&pixel, "https://a.example", "wk");
        assert!(shown.contains(r#"(window, "acme");"#), "{shown}");
        assert!(shown.ends_with(r#"<script async src="/w/x.js" data-key="wk" data-name="acme"></script>"#), "{shown}");
    }
}
