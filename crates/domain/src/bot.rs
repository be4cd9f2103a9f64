//! Why a signal is taken for a bot's.
//!
//! Marked signals are kept and counted, and mean nothing: nobody qualifies by them, and no contact and no company is
//! made of them. Not here: finding out (`beckon-intake`).

use serde::{Deserialize, Serialize};

/// What gave a bot away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotReason {
    /// Its user agent is a known crawler's or tool's.
    UserAgent,
    /// A browser's call came without a user agent, which no browser leaves out.
    NoUserAgent,
    /// The browser is driven by a program, by its own word (`navigator.webdriver`).
    Webdriver,
    /// It came from a data centre, and nobody is known behind it.
    Hosting,
    /// More page views a minute than a person can make.
    Rate,
}

impl BotReason {
    /// The name in programs.
    pub fn as_str(self) -> &'static str {
        match self {
            BotReason::UserAgent => "user_agent",
            BotReason::NoUserAgent => "no_user_agent",
            BotReason::Webdriver => "webdriver",
            BotReason::Hosting => "hosting",
            BotReason::Rate => "rate",
        }
    }

    /// The reason in words, which go on where "taken for a bot:" stops.
    pub fn words(self) -> &'static str {
        match self {
            BotReason::UserAgent => "its user agent is a known crawler's or tool's",
            BotReason::NoUserAgent => "it came as from a browser, but without a user agent",
            BotReason::Webdriver => "a program drives the browser, as the browser itself says",
            BotReason::Hosting => "it came from a data center, and nobody is known behind it",
            BotReason::Rate => "there were more page views in a minute than a person can make",
        }
    }

    /// Whether it still is a bot's if the person behind it is known: people work through data centres, as with a VPN.
    pub fn holds_for_known_people(self) -> bool {
        self != BotReason::Hosting
    }
}
