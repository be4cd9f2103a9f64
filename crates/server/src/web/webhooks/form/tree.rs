//! The event types to choose from, grouped by the part before the first dot.
//!
//! Without scripts these are plain boxes; with them each group has a box of its own and the boxes can be searched
//! (`assets/tree.js`).

use beckon_domain::catalog::EventType;
use maud::{Markup, html};

use crate::web::parts::choice;

/// From so many event types on there is a search over them.
const SEARCH_FROM: usize = 8;

/// Boxes for `types`, of which `chosen` are ticked.
pub(super) fn tree<'a>(types: impl Iterator<Item = &'a EventType>, chosen: &[&str]) -> Markup {
    let mut groups: Vec<(&str, Vec<&EventType>)> = vec![];
    let mut count = 0;
    for event_type in types {
        let family = event_type.name.split('.').next().unwrap_or_default();
        count += 1;
        match groups.iter_mut().find(|(name, _)| *name == family) {
            Some((_, members)) => members.push(event_type),
            None => groups.push((family, vec![event_type])),
        }
    }
    html! {
        div.stack-s data-tree {
            @if count >= SEARCH_FROM {
                div.field data-tree-search hidden {
                    label for="event-search" { "Search events" }
                    input #event-search type="search" placeholder="visited" autocomplete="off";
                }
            }
            ul.tree {
                @for (family, members) in &groups {
                    li data-tree-group=(family) {
                        span.tree-name { strong { (family) } @if let Some(words) = about(family) { " " span.small.muted { (words) } } }
                        ul.tree {
                            @for event_type in members {
                                li data-tree-leaf=(event_type.name) {
                                    (choice("event_types", &event_type.name, chosen.contains(&event_type.name.as_str()),
                                        html! { code { (event_type.name) } }, Some(first_sentence(&event_type.description))))
                                }
                            }
                        }
                    }
                }
            }
            p.small.muted data-tree-count aria-live="polite" {}
        }
    }
}

/// What our own families are about.
fn about(family: &str) -> Option<&'static str> {
    Some(match family {
        "contact" => "people you know",
        "company" => "companies whose visitor is not known",
        "webhook" | "delivery" => "Beckon's own notices",
        _ => return None,
    })
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_stand_below_their_family_and_chosen_ones_are_ticked() {
        let all = beckon_domain::catalog::built_in();
        let drawn = tree(all.iter(), &["contact.intent"]).into_string();
        assert_eq!(drawn.matches("data-tree-group=\"contact\"").count(), 1);
        assert_eq!(drawn.matches(" checked").count(), 1);
        assert!(drawn.contains(r#"value="contact.intent" checked"#), "{drawn}");
    }
}
