//! Cards, figures, notes, menus, dialogs: what holds the rest.

use maud::{Markup, html};

use super::{Icon, Tone, icon};

/// A card with a title.
pub(crate) fn card(title: &str, body: Markup) -> Markup {
    card_with(title, html! {}, body)
}

/// A card with a title and buttons beside it.
pub(crate) fn card_with(title: &str, actions: Markup, body: Markup) -> Markup {
    html! {
        section.card {
            div.card-head { h2 { (title) } div.actions { (actions) } }
            (body)
        }
    }
}

/// A figure with its name, and what explains it. Put several in a `dl.stats`.
pub(crate) fn stat(name: &str, figure: &str, note: Option<&str>) -> Markup {
    html! {
        div.stat {
            dt { (name) }
            dd { (figure) @if let Some(note) = note { " " small { (note) } } }
        }
    }
}

/// Names and what they stand for.
pub(crate) fn facts<'a>(pairs: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! { dl.facts { @for (name, value) in pairs { dt { (name) } dd { (value) } } } }
}

/// Something that people should know, with what they can do about it.
pub(crate) fn note(tone: Tone, title: &str, text: Markup, actions: Option<Markup>) -> Markup {
    html! {
        div class={ "note " (tone.class()) } role=[(tone == Tone::Bad).then_some("alert")] {
            div { strong { (title) } div { (text) } }
            @if let Some(actions) = actions { div.actions { (actions) } }
        }
    }
}

/// What stands where nothing is yet: what will be here, and how to begin.
pub(crate) fn empty(drawing: Icon, title: &str, text: Markup, action: Option<Markup>) -> Markup {
    html! {
        div.empty {
            (icon(drawing))
            h2 { (title) }
            p { (text) }
            @if let Some(action) = action { div.actions { (action) } }
        }
    }
}

/// The pages of one thing: words, address, whether it is this one.
pub(crate) fn tabs<'a>(label: &str, all: impl IntoIterator<Item = (&'a str, String, bool)>) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (words, path, current) in all { a href=(path) aria-current=[current.then_some("page")] { (words) } }
        }
    }
}

/// Further things to do, behind a button. `items` are links and forms with a button.
pub(crate) fn menu(label: &str, items: Markup) -> Markup {
    html! { details.menu { summary.button { (label) " ▾" } div.menu-body { (items) } } }
}

/// A link to a page that scripts open as a dialog: of that page the part in [`dialog_body`].
pub(crate) fn dialog_link(class: &str, path: &str, words: &str) -> Markup {
    html! { a class=(class) href=(path) data-dialog { (words) } }
}

/// The part of a page that is shown when it is opened as a dialog.
pub(crate) fn dialog_body(title: &str, body: Markup) -> Markup {
    html! { div.stack data-dialog-body data-dialog-title=(title) { (body) } }
}

/// A form that is only a button. `confirm` is asked before, if scripts run.
pub(crate) fn post_button(path: &str, class: &str, words: &str, confirm: Option<&str>) -> Markup {
    html! { form.inline method="post" action=(path) data-confirm=[confirm] { button class=(class) { (words) } } }
}
