//! What things are called: webhooks without a description, segments behind channels.

use beckon_domain::channel::Channel;
use beckon_store::WorkspaceConfig;
use maud::{Markup, html};
use url::Url;

/// What a webhook is called: its description's first line, or else the host it goes to.
pub(in crate::web) fn title(description: &str, url: &str) -> String {
    let first = description.lines().map(str::trim).find(|line| !line.is_empty());
    first.map_or_else(|| host(url), str::to_owned)
}

/// The host of a URL, or the URL if it has none.
pub(super) fn host(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    parsed.as_ref().and_then(Url::host_str).unwrap_or(url).to_owned()
}

/// The name of the segment a channel is of. `Err` says what it is instead.
pub(super) fn segment<'a>(config: &'a WorkspaceConfig, channel: &Channel) -> Result<&'a str, &'static str> {
    let id = channel.segment().ok_or("not a segment")?;
    let segment = config.segments.iter().find(|segment| segment.id == id);
    segment.map(|segment| segment.name.as_str()).ok_or("deleted segment")
}

/// Channels with the names of their segments.
pub(super) fn segments(config: &WorkspaceConfig, channels: &[Channel]) -> Markup {
    html! {
        @if channels.is_empty() { span.muted { "Every segment" } }
        @else {
            span.tags {
                @for channel in channels {
                    span {
                        span.tag { (channel.as_str()) } " "
                        @match segment(config, channel) {
                            Ok(name) => span.small { (name) },
                            Err(instead) => em.small.muted { (instead) },
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_called_by_its_description_or_its_host() {
        assert_eq!(title("\n CRM \nfor sales", "https://a.example/x"), "CRM");
        assert_eq!(title(" ", "https://jane:***@a.example/x"), "a.example");
    }
}
