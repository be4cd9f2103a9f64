//! Lists of rows. On a phone each row is a card, in which every cell has its column's name.

use maud::{Markup, html};

/// A cell: the column's name again, for phones, and what is in it.
pub(crate) fn row_cell(column: &str, content: Markup) -> Markup {
    html! { td data-label=(column) { span { (content) } } }
}

/// A table. `rows` are `tr`, best made of [`row_cell`]; an empty column name is a column of buttons.
pub(crate) fn table(caption: &str, columns: &[&str], rows: Markup) -> Markup {
    html! {
        div.table-wrap.rows-as-cards {
            table {
                caption.visually-hidden { (caption) }
                thead {
                    tr {
                        @for column in columns {
                            th scope="col" {
                                @if column.is_empty() { span.visually-hidden { "Actions" } } @else { (column) }
                            }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}

/// A table as a card of its own, with what stands below it.
pub(crate) fn table_card(caption: &str, columns: &[&str], rows: Markup, foot: Markup) -> Markup {
    html! { section.card.flush { (table(caption, columns, rows)) (foot) } }
}

/// What stands below a page of a list: how to go on. `here` is the address of the list with its filters, `shown` how many
/// rows it has, `limit` how many it could have. A page that came short and still has a next one looked at a part only.
pub(crate) fn further(here: &str, shown: usize, limit: u32, next: Option<&str>, is_first: bool) -> Markup {
    let with_cursor = |cursor: &str| {
        let (path, query) = here.split_once('?').unwrap_or((here, ""));
        let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor" && name != "said");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("cursor", cursor)
            .finish();
        format!("{path}?{query}")
    };
    let without_cursor = || {
        let (path, query) = here.split_once('?').unwrap_or((here, ""));
        let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor" && name != "said");
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    };
    let short = next.is_some() && shown < limit as usize;
    html! {
        div.table-foot {
            span {
                @match shown {
                    0 if short => "Nothing yet in what was looked at",
                    0 => "Nothing",
                    1 => "1 row",
                    many => { (many) " rows" }
                }
                @if short { " – there is more to look through" }
            }
            span.actions {
                @if !is_first { a.button.small href=(without_cursor()) { "Back to the newest" } }
                @if let Some(next) = next {
                    a.button.small href=(with_cursor(next)) { @if short { "Look further" } @else { "Older" } }
                }
            }
        }
    }
}
