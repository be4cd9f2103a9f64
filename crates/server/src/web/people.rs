//! What the pages of contacts and companies share: reading their addresses, and turning their forms into what the API
//! takes.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::form::Form;
use super::parts::card;
use crate::paging::PageQuery;

/// How many rows a list shows.
pub(super) const ROWS: u32 = 50;

/// The parameters of an address. Unknown ones are passed over: people share and shorten addresses.
pub(super) fn query(query: Option<&str>) -> Form {
    Form::of(url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()))
}

/// Which page of a list an address asks for.
pub(super) fn page(query: &Form) -> PageQuery {
    PageQuery { limit: Some(ROWS), cursor: query.given("cursor").map(str::to_owned) }
}

/// Which part of a timeline an address asks for: the newest, if it is no moment.
pub(super) fn before(query: &Form) -> Option<Timestamp> {
    query.given("before").and_then(|text| text.parse().ok())
}

/// What a new thing is made of: every field that was filled in.
pub(super) fn made(form: &Form, names: &[&str]) -> Value {
    let given = names.iter().filter_map(|name| Some(((*name).to_owned(), typed(form, name, form.given(name)?))));
    Value::Object(given.collect())
}

/// What changed: every field whose text is another than `known` says; null for those that were emptied. What was not
/// touched is not said, so that two people who edit different fields do not undo each other.
pub(super) fn changed(form: &Form, names: &[&str], known: &Value) -> Value {
    let mut change = Map::new();
    for name in names.iter().filter(|name| form.has(name)) {
        let before = text_of(&known[name]);
        match form.given(name) {
            None if before.is_empty() => {}
            None => {
                change.insert((*name).to_owned(), Value::Null);
            }
            Some(text) if text == before.trim() => {}
            Some(text) => {
                change.insert((*name).to_owned(), typed(form, name, text));
            }
        }
    }
    Value::Object(change)
}

/// The one field that is a number.
fn typed(form: &Form, name: &str, text: &str) -> Value {
    if name == "employees" { form.number(name) } else { Value::from(text) }
}

/// A value of the API as a field holds it.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is known, in the column at the side: there is no room for names beside values.
pub(super) fn facts_at_side<'a>(rows: impl IntoIterator<Item = Option<(&'a str, Markup)>>) -> Markup {
    html! { dl.facts.tall { @for (name, value) in rows.into_iter().flatten() { dt { (name) } dd { (value) } } } }
}

/// Traits beyond the profile, as they were given.
pub(super) fn traits(traits: &Map<String, Value>) -> Markup {
    card(
        "Traits",
        html! { dl.facts.tall { @for (name, value) in traits { dt { code { (name) } } dd { (text_of(value)) } } } },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_touched_is_said() {
        let known = json!({ "title": "CMO", "phone": null, "employees": 12, "country": "DE" });
        let form = Form::of([("title", "CEO"), ("phone", ""), ("employees", "12"), ("country", " "), ("name", "x")]);
        let names = ["title", "phone", "employees", "country", "industry"];
        assert_eq!(changed(&form, &names, &known), json!({ "title": "CEO", "country": null }));
        let form = Form::of([("title", " CEO "), ("phone", ""), ("employees", "13")]);
        assert_eq!(made(&form, &names), json!({ "title": "CEO", "employees": 13 }));
        assert_eq!(made(&Form::of([("employees", "many")]), &names), json!({ "employees": "many" }));
    }
}
