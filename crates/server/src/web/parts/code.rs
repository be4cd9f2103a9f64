//! Text for machines: shown as it is, to be copied.

use maud::{Markup, html};
use serde_json::Value;

/// A button that copies `text`. Only scripts can do that: without them it does not show.
pub(crate) fn copy_button(text: &str, what: &str) -> Markup {
    html! { button.small.quiet type="button" data-copy=(text) aria-label={ "Copy " (what) } { "Copy" } }
}

/// A short text that people copy, such as an id.
pub(crate) fn copyable(text: &str, what: &str) -> Markup {
    html! { span.copyable { code { (text) } (copy_button(text, what)) } }
}

/// A longer text, with a button to copy it. `what` says what it is, for those who do not see it.
pub(crate) fn code_block(text: &str, what: &str) -> Markup {
    html! {
        div.code {
            pre tabindex="0" role="region" aria-label=(what) { code { (text) } }
            button.small type="button" data-copy=(text) aria-label={ "Copy " (what) } { "Copy" }
        }
    }
}

/// JSON, indented. What is not JSON is shown as it is.
pub(crate) fn json_block(json: &[u8], what: &str) -> Markup {
    let indented =
        serde_json::from_slice::<Value>(json).ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    code_block(&indented.unwrap_or_else(|| String::from_utf8_lossy(json).into_owned()), what)
}
