//! Short marks: how something is, and names.

use maud::{Markup, html};

/// How good or bad something is. Never by colour alone: the words say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
    Info,
}

impl Tone {
    /// The class that colours it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Info => "info",
        }
    }
}

/// A state in a word or two.
pub(crate) fn badge(tone: Tone, words: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (words) } }
}

/// A name, such as an event type or a channel.
pub(crate) fn tag(name: &str) -> Markup {
    html! { span.tag { (name) } }
}

/// Several names.
pub(crate) fn tags<'a>(names: impl IntoIterator<Item = &'a str>) -> Markup {
    html! { span.tags { @for name in names { (tag(name)) " " } } }
}
