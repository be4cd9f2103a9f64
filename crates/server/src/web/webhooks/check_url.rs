//! Says what Beckon thinks of a URL while it is typed: readable, encrypted, reachable, known.
//!
//! Nothing is sent; the words about the address are those of an attempt that would fail so.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use beckon_delivery::scout::Reach;
use beckon_domain::webhook::parse_url;
use maud::{Markup, html};
use url::Url;

use crate::app::App;
use crate::web::Failure;
use crate::web::form::Form;
use crate::web::parts::{Tone, badge};
use crate::web::viewer::Viewer;

/// Receivers that many use: the end of the host, what the path begins with, and what to know about them.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "hooks.slack.com",
        "/services/",
        "This is a Slack incoming webhook. Slack takes only messages in its own form and answers 400 to others: put Zapier, Make or a Slack workflow in between.",
    ),
    (
        "hooks.slack.com",
        "/",
        "This is a Slack workflow. It takes the fields that the workflow names; send a test to see what it says.",
    ),
    (
        "hooks.zapier.com",
        "/",
        "This is Zapier. After saving, send a test here, then press “Test trigger” in Zapier: the fields appear there.",
    ),
    ("make.com", "/", "This is Make. Let it listen (“Re-determine data structure”), then send a test from here."),
    ("integromat.com", "/", "This is Make. Let it listen (“Re-determine data structure”), then send a test from here."),
    ("clay.com", "/", "This is Clay. Each event becomes a row of the table; send a test to see the columns."),
    (
        "n8n.cloud",
        "/webhook-test/",
        "This is the test address of an n8n workflow: it listens only while the editor does. Use the production address for real events.",
    ),
    ("n8n.cloud", "/", "This is n8n. Activate the workflow, then send a test from here."),
    ("pipedream.net", "/", "This is Pipedream. Every request shows in its event list."),
    (
        "discord.com",
        "/api/webhooks/",
        "This is a Discord webhook. Discord takes only messages in its own form and answers 400 to others: put Zapier or Make in between.",
    ),
    (
        "webhook.office.com",
        "/",
        "This is Microsoft Teams. It takes only its own cards: put Power Automate, Zapier or Make in between.",
    ),
    (
        "logic.azure.com",
        "/",
        "This is Power Automate. Use the trigger “When an HTTP request is received”; send a test to see the fields.",
    ),
    (
        "hubapi.com",
        "/",
        "This is HubSpot's API. It needs an access token (see Authentication) and its own fields: a HubSpot workflow or Zapier in between is easier.",
    ),
    (
        "script.google.com",
        "/",
        "This is Google Apps Script. It often answers with a redirect, which counts as failed although the script ran: send a test to see.",
    ),
    (
        "webhook.site",
        "/",
        "This is a page for trying things out: whoever knows the address sees what you send. Do not use it with real people's data.",
    ),
    (
        "requestbin.com",
        "/",
        "This is a page for trying things out: whoever knows the address sees what you send. Do not use it with real people's data.",
    ),
    ("ngrok.io", "/", "This is a tunnel to somebody's machine: it ends when the tunnel does."),
    ("ngrok.app", "/", "This is a tunnel to somebody's machine: it ends when the tunnel does."),
    ("ngrok-free.app", "/", "This is a tunnel to somebody's machine: it ends when the tunnel does."),
    ("ngrok-free.dev", "/", "This is a tunnel to somebody's machine: it ends when the tunnel does."),
    ("trycloudflare.com", "/", "This is a tunnel to somebody's machine: it ends when the tunnel does."),
];

pub(super) async fn check(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let said = match form.given("url") {
        None => html! {},
        Some(text) => about(&app, text).await,
    };
    Ok(Html(said.into_string()).into_response())
}

async fn about(app: &App, text: &str) -> Markup {
    let url = match parse_url("url", text) {
        Ok(url) => url,
        Err(invalid) => {
            let why = invalid.0.into_iter().next().map(|wrong| wrong.reason).unwrap_or_default();
            return line(Tone::Bad, "Not readable", &why);
        }
    };
    if !matches!(url.scheme(), "http" | "https") {
        return line(Tone::Bad, "Not a web address", "It must begin with https:// or http://.");
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    let reach = match app.delivery.look_at(&url).await {
        Reach::Public => line(Tone::Good, "Address found", &format!("{host} is on the public internet.")),
        Reach::Allowed => {
            line(Tone::Good, "Address found", &format!("{host} is in a network that this installation allows."))
        }
        Reach::Proxied => {
            line(Tone::Info, "Not looked up", &format!("The proxy that requests go through looks {host} up."))
        }
        Reach::Nowhere(why) => line(Tone::Bad, "Cannot be sent to", &why),
    };
    html! {
        (reach)
        @if url.scheme() == "http" && !app.options.https_only {
            (line(Tone::Warn, "Not encrypted", "Everybody on the way can read what is sent. Use https:// unless the receiver is in your own network."))
        }
        @if let Some(words) = known(&url) { (line(Tone::Info, "Recognized", words)) }
    }
}

/// What to know about a receiver that many use.
fn known(url: &Url) -> Option<&'static str> {
    let host = url.host_str()?;
    let is_of = |end: &str| host == end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
    let found = KNOWN.iter().find(|(end, path, _)| is_of(end) && url.path().starts_with(path));
    found.map(|(.., words)| *words)
}

fn line(tone: Tone, word: &str, words: &str) -> Markup {
    html! { p.small { (badge(tone, word)) " " (words) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_that_many_use_are_recognized_by_host_and_path() {
        let known = |url: &str| known(&url.parse().unwrap());
        assert!(known("https://hooks.slack.com/services/T0/B0/x").unwrap().contains("incoming webhook"));
        assert!(known("https://hooks.slack.com/triggers/T0/x").unwrap().contains("Slack workflow"));
        assert!(known("https://hook.eu2.make.com/abc").unwrap().contains("Make"));
        assert!(known("https://x.app.n8n.cloud/webhook-test/1").unwrap().contains("test address"));
        assert!(known("https://notclay.com/").is_none());
        assert!(known("https://example.com/services/").is_none());
    }
}
