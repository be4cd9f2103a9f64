//! `/design`: every part of the pages with its states, for those who extend them.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::form::Errors;
use super::page::{Page, Place};
use super::parts::{
    Bars, Field, Icon, Series, Tone, badge, bars, card, card_with, choice, choice_card, code_block, copyable, duration,
    empty, error_summary, facts, further, icon, menu, moment, moment_of, note, number, post_button, row_cell,
    sparkline, stat, table_card, tabs, tags,
};
use super::viewer::Viewer;
use crate::app::App;
use crate::problem::Problem;

/// The colours by name, and what they are for.
const COLOURS: &[(&str, &str)] = &[
    ("paper", "behind everything"),
    ("surface", "cards, fields"),
    ("sunken", "code, hover"),
    ("ink", "text"),
    ("muted", "text that steps back"),
    ("line", "between things"),
    ("line-strong", "around fields"),
    ("accent", "links, main buttons"),
    ("accent-soft", "where you are"),
    ("good", "went well"),
    ("warn", "needs a look"),
    ("bad", "failed"),
    ("info", "under way"),
];

pub(super) async fn show(axum::extract::State(app): axum::extract::State<App>, viewer: Viewer) -> Response {
    let now = app.ambient.now();
    let body = html! {
        (colours())
        (type_scale())
        (buttons())
        (marks(now, &viewer))
        (figures())
        (lists())
        (forms())
        (states())
        (layout())
    };
    Page::new(&viewer, Place::Nowhere, "Design")
        .lead(html! { "The tokens and parts of these pages. Styles are in " code { "assets/beckon.css" } ", parts in " code { "web/parts/" } "." })
        .actions(html! { a.button href="/" { "Back" } button.primary type="button" { "Main action" } })
        .show(body)
}

fn colours() -> Markup {
    card(
        "Colours",
        html! {
            p.muted { "Each is a custom property of the root, light and dark. Text on its ground has a contrast of at least 4.5 to 1." }
            div.swatches {
                @for (name, about) in COLOURS {
                    div.swatch {
                        svg viewBox="0 0 10 3" preserveAspectRatio="none" aria-hidden="true" { rect width="10" height="3" fill={ "var(--" (name) ")" } {} }
                        span { code { "--" (name) } } span.muted { (about) }
                    }
                }
            }
        },
    )
}

fn type_scale() -> Markup {
    card(
        "Type",
        html! {
            h1 { "Heading of a page (--text-xl)" }
            h2 { "Heading of a card (--text-l)" }
            p { "Text (--text-m), a " a href="#" { "link" } ", " strong { "strong" } ", " code { "code" } "." }
            p.small.muted { "Small text that steps back (--text-s, --muted)." }
        },
    )
}

fn buttons() -> Markup {
    let items =
        html! { a href="#" { "A link" } button type="button" { "A button" } button.danger type="button" { "Delete" } };
    card(
        "Buttons and menus",
        html! {
            div.row {
                button.primary type="button" { (icon(Icon::Plus)) "Main" }
                button type="button" { "Ordinary" }
                button.quiet type="button" { "Quiet" }
                button.danger type="button" { "Dangerous" }
                button.small type="button" { "Small" }
                button type="button" disabled { "Disabled" }
                (post_button("/design", "danger", "Asks first", Some("Really?")))
                (menu("Menu", items))
            }
            div.row { @for drawing in Icon::ALL { span { (icon(drawing)) } } }
        },
    )
}

fn marks(now: Timestamp, viewer: &Viewer) -> Markup {
    let earlier = now - SignedDuration::from_mins(3);
    card(
        "Marks, times, names",
        html! {
            div.row {
                (badge(Tone::Good, "Delivered")) (badge(Tone::Warn, "Retrying")) (badge(Tone::Bad, "Failed"))
                (badge(Tone::Info, "Pending")) (badge(Tone::Plain, "Canceled"))
            }
            (tags(["contact.visited", "segment_7264"]))
            (facts([
                ("Relative", moment(earlier, &viewer.zone)),
                ("In full", moment_of(earlier, &viewer.zone)),
                ("Duration", html! { (duration(std::time::Duration::from_millis(1_500))) }),
                ("Number", html! { (number(1_234_567)) }),
                ("Id", copyable("wh_01hzx3k9qv7m2c8d5e6f7g8h9j", "the id")),
            ]))
        },
    )
}

fn figures() -> Markup {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(str::to_owned).to_vec();
    let delivered = Series { name: "Delivered", tone: Tone::Good, values: vec![120, 340, 280, 90, 410, 60, 30] };
    let failed = Series { name: "Failed", tone: Tone::Bad, values: vec![3, 0, 41, 2, 0, 0, 1] };
    html! {
        dl.stats {
            (stat("Delivered", "1,330", None))
            (stat("Success rate", "96.6 %", Some("of 1,377")))
            (stat("Time to deliver", "3.2 ms", Some("95th percentile")))
        }
        (card_with(
            "Charts",
            sparkline("Seven days: 1,330 delivered, 47 failed", &delivered.values, &failed.values),
            bars(&Bars { title: "Deliveries by day", columns: days, series: vec![delivered, failed] }),
        ))
    }
}

fn lists() -> Markup {
    let rows = html! {
        @for (name, tone, words) in [("Slack", Tone::Good, "Healthy"), ("CRM", Tone::Bad, "Failing")] {
            tr {
                (row_cell("Name", html! { a href="#" { (name) } }))
                (row_cell("Status", badge(tone, words)))
                (row_cell("", html! { button.small type="button" { "Edit" } }))
            }
        }
    };
    table_card("An example", &["Name", "Status", ""], rows, further("/design", 2, 50, Some("next"), true))
}

fn forms() -> Markup {
    let errors =
        Errors::of(Problem::field("url", "give a URL that begins with https:// or http://")).unwrap_or_default();
    card(
        "Forms",
        html! {
            form method="get" action="/design" {
                (error_summary(&errors))
                (Field::new("url", "Endpoint URL").kind("url").required().value("example").errors(&errors)
                    .hint(html! { "Where to send requests." }).show())
                (Field::new("description", "Description").placeholder("CRM").show())
                (Field::new("notes", "Several lines").lines(3).show())
                (Field::new("per", "One of several").value("minute").select([("second", "second"), ("minute", "minute")]))
                fieldset {
                    legend { "Boxes" }
                    (choice("types", "contact.visited", true, html! { "contact.visited" }, Some("A known contact is on the website.")))
                }
                fieldset {
                    legend { "Cards" }
                    div.choice-cards {
                        (choice_card("since", "day", true, html! { "Yesterday" }, Some("since 24 hours")))
                        (choice_card("since", "week", false, html! { "Last week" }, Some("since 7 days")))
                    }
                }
                div.form-foot { button.primary { "Save" } a.button.quiet href="#" { "Cancel" } }
            }
        },
    )
}

fn states() -> Markup {
    html! {
        (note(Tone::Bad, "Something failed", html! { "What, and what to do about it." }, Some(html! { button.small type="button" { "Mend" } })))
        (note(Tone::Warn, "Something needs a look", html! { "Why." }, None))
        (note(Tone::Info, "Something is under way", html! { div.progress { progress value="40" max="100" aria-label="Progress" {} "40 of 100" } }, None))
        section.card { (empty(Icon::Webhook, "No webhooks yet", html! { "A webhook is where events go." }, Some(html! { a.button.primary href="#" { "Add a webhook" } }))) }
        section.card { p.loading { "Loading…" } }
    }
}

fn layout() -> Markup {
    html! {
        (tabs("Example", [("Overview", "#".to_owned(), true), ("Deliveries", "#deliveries".to_owned(), false)]))
        div.columns {
            (card("The main column", code_block("{\n  \"event\": \"contact.visited\"\n}", "Example")))
            (card("The side", html! {
                ol.timeline {
                    li.good { strong { "Attempt 2: 200" } p.small.muted { "delivered" } }
                    li.bad { strong { "Attempt 1: 500" } p.small.muted { "tried again after 5 s" } }
                    li.wait { strong { "Created" } }
                }
            }))
        }
    }
}
