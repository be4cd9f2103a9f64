//! Choosing the segments a webhook is limited to: a text, and a sentence that says what it means.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use beckon_domain::channel::{self, Channel};
use beckon_store::WorkspaceConfig;
use maud::{Markup, html};

use super::names;
use crate::app::App;
use crate::web::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::Field;
use crate::web::viewer::Viewer;

/// Most segments offered by name.
const OFFERED_MAX: usize = 500;

/// The field, with what completes and explains it.
pub(super) fn field(viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let config = &viewer.workspace;
    let hint = html! {
        "Optional. Numbers of segments, such as " code { "segment_12345 segment_67890" } ". Left empty there is no limit."
    };
    html! {
        (Field::new("channels", "Segments").value(form.raw("channels")).errors(errors).code().autocomplete("off").hint(hint)
            .preview(viewer.path("/webhooks/check-segments"), "segments-check").show())
        div #segments-check aria-live="polite" { (sentence(config, form.raw("channels"))) }
        @if !config.segments.is_empty() {
            div.field data-segment-picker="field-channels" hidden {
                label for="segment-picker" { "Add a segment by name" }
                input #segment-picker list="segment-names" autocomplete="off" placeholder="Type a name";
                datalist #segment-names {
                    @for segment in config.segments.iter().take(OFFERED_MAX) {
                        option value={ (segment.name) " (segment_" (segment.id) ")" } {}
                    }
                }
            }
            details.more {
                summary.small { "All segments and their numbers" }
                ul.small { @for segment in config.segments.iter().take(OFFERED_MAX) { li { code { "segment_" (segment.id) } " " (segment.name) } } }
            }
        }
    }
}

pub(super) async fn check(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let config = app.config.get(viewer.caller.workspace_id).await?;
    Ok(Html(sentence(&config, form.raw("channels")).into_string()).into_response())
}

/// What a text of channels means, in a sentence.
fn sentence(config: &WorkspaceConfig, text: &str) -> Markup {
    // Whether each is one of ours is said of each: here all that look like one are taken.
    match channel::parse_typed("channels", &[text], |_| true) {
        Err(invalid) => html! {
            @for wrong in &invalid.0 { p.small.mark-no { (wrong.reason) } }
        },
        Ok(channels) if channels.is_empty() => {
            html! { p.small { strong { "Events of every segment" } " are sent, and events that belong to none." } }
        }
        Ok(channels) => html! {
            p.small {
                strong { "Only events of " }
                @for (position, channel) in channels.iter().enumerate() {
                    @if position > 0 { @if position + 1 == channels.len() { " and " } @else { ", " } }
                    (named(config, channel))
                }
                " are sent."
            }
        },
    }
}

fn named(config: &WorkspaceConfig, channel: &Channel) -> Markup {
    html! {
        @match names::segment(config, channel) {
            Ok(name) => { strong { (name) } " (" code { (channel.as_str()) } ")" }
            Err(_) => { span.mark-no { code { (channel.as_str()) } ", which does not exist" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use beckon_domain::settings::WorkspaceSettings;
    use beckon_testkit::builders::a_segment;

    use super::*;

    #[test]
    fn the_sentence_says_what_is_chosen_by_name() {
        let mut segment = a_segment();
        segment.id = "7264".parse().unwrap();
        segment.name = "High <Intent>".to_owned();
        let config = WorkspaceConfig {
            workspace_id: uuid::Uuid::nil().into(),
            name: String::new(),
            settings: WorkspaceSettings::default(),
            version: 0,
            webhooks: vec![],
            segments: vec![segment],
            event_types: vec![],
            lists: vec![],
        };
        let said = |text| sentence(&config, text).into_string();
        assert!(said(" ").contains("Events of every segment"));
        let both = said("7264, segment_9");
        assert!(both.contains("Only events of") && both.contains("High &lt;Intent&gt;"), "{both}");
        assert!(both.contains("segment_9</code>, which does not exist"), "{both}");
        assert!(said("all of them").contains("is not a segment"));
    }
}
