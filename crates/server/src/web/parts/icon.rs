//! Drawings that stand beside words, never instead of them.

use maud::{Markup, PreEscaped, html};

/// Our drawings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Home,
    Webhook,
    Delivery,
    Event,
    Catalog,
    Segment,
    Signal,
    Contact,
    Company,
    List,
    Settings,
    Theme,
    Plus,
    Done,
    Open,
    Warning,
    Search,
}

impl Icon {
    /// All of them.
    pub(crate) const ALL: [Icon; 17] = [
        Icon::Home,
        Icon::Webhook,
        Icon::Delivery,
        Icon::Event,
        Icon::Catalog,
        Icon::Segment,
        Icon::Signal,
        Icon::Contact,
        Icon::Company,
        Icon::List,
        Icon::Settings,
        Icon::Theme,
        Icon::Plus,
        Icon::Done,
        Icon::Open,
        Icon::Warning,
        Icon::Search,
    ];

    /// What is inside its `svg`, on a field of 24 by 24.
    fn lines(self) -> &'static str {
        match self {
            Icon::Home => r#"<path d="M3 11 12 4l9 7M6 9.5V20h12V9.5"/>"#,
            Icon::Webhook => {
                r#"<path d="M9.5 9.5 7 14m5.5-7a3 3 0 1 0-4 2.5M12 17h5m-1.6-2.6a3 3 0 1 1-.4 4.3M15 8.5l2.4 4.6M7.5 14.2a3 3 0 1 0 2 2.8"/>"#
            }
            Icon::Delivery => r#"<path d="M4 12h13m-5-6 6 6-6 6"/>"#,
            Icon::Event => r#"<path d="M13 3 5 14h6l-1 7 8-11h-6z"/>"#,
            Icon::Catalog => r#"<path d="M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11M9 8h6"/>"#,
            Icon::Segment => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5V12l6 6"/>"#,
            Icon::Signal => r#"<path d="M3 12h4l3-8 4 16 3-8h4"/>"#,
            Icon::Contact => r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0"/>"#,
            Icon::Company => r#"<path d="M4 21V5l8-2v18M12 9h8v12M4 21h17M7.5 8.5h1m-1 4h1m-1 4h1m7-3.5h1m-1 4h1"/>"#,
            Icon::List => r#"<path d="M9 6h11M9 12h11M9 18h11M4 6h.5M4 12h.5M4 18h.5"/>"#,
            Icon::Settings => {
                r#"<circle cx="12" cy="12" r="3"/><path d="M12 3v3m0 12v3m9-9h-3M6 12H3m15.4-6.4-2.1 2.1M7.7 16.3l-2.1 2.1m12.8 0-2.1-2.1M7.7 7.7 5.6 5.6"/>"#
            }
            Icon::Theme => {
                r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5a8.5 8.5 0 0 0 0 17z" fill="currentColor"/>"#
            }
            Icon::Plus => r#"<path d="M12 5v14M5 12h14"/>"#,
            Icon::Done => r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#,
            Icon::Open => r#"<circle cx="12" cy="12" r="8.5"/>"#,
            Icon::Warning => r#"<path d="M12 4 2.8 20h18.4zM12 10v4.5m0 2.7v.1"/>"#,
            Icon::Search => r#"<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>"#,
        }
    }
}

/// A drawing, in the colour of the words beside it.
pub(crate) fn icon(drawing: Icon) -> Markup {
    html! {
        svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true" width="18" height="18" { (PreEscaped(drawing.lines())) }
    }
}
