//! Fields of forms: a label, a hint, what is wrong; bound together for those who do not see the page.

use maud::{Markup, html};

use crate::web::form::Errors;

/// A field of a form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Field<'a> {
    name: &'a str,
    label: &'a str,
    hint: Option<Markup>,
    error: Option<String>,
    value: String,
    kind: &'a str,
    class: &'a str,
    placeholder: &'a str,
    required: bool,
    autocomplete: Option<&'a str>,
    list: Option<&'a str>,
    rows: Option<u32>,
    preview: Option<(String, &'a str)>,
}

impl<'a> Field<'a> {
    /// A field of one line. Its `name` is the one the API uses, so that errors find it.
    pub(crate) fn new(name: &'a str, label: &'a str) -> Field<'a> {
        Field { name, label, kind: "text", ..Field::default() }
    }

    /// What it holds.
    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// What to give, and why.
    pub(crate) fn hint(mut self, hint: Markup) -> Self {
        self.hint = Some(hint);
        self
    }

    /// What is wrong with it, if something is.
    pub(crate) fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.at(self.name);
        self
    }

    /// Another type of input: `url`, `email`, `password`, `number`, `search`, `datetime-local`, ….
    pub(crate) fn kind(mut self, kind: &'a str) -> Self {
        self.kind = kind;
        self
    }

    /// For text that is code.
    pub(crate) fn code(mut self) -> Self {
        self.class = "code";
        self
    }

    /// An example.
    pub(crate) fn placeholder(mut self, placeholder: &'a str) -> Self {
        self.placeholder = placeholder;
        self
    }

    /// It must be given.
    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What browsers may fill in (HTML's autofill names).
    pub(crate) fn autocomplete(mut self, autocomplete: &'a str) -> Self {
        self.autocomplete = Some(autocomplete);
        self
    }

    /// The id of a `datalist` that completes it.
    pub(crate) fn list(mut self, list: &'a str) -> Self {
        self.list = Some(list);
        self
    }

    /// While it is typed, its value is posted to `path`, and the answer shown in the element `into`.
    pub(crate) fn preview(mut self, path: String, into: &'a str) -> Self {
        self.preview = Some((path, into));
        self
    }

    /// A field of several lines.
    pub(crate) fn lines(mut self, rows: u32) -> Self {
        self.rows = Some(rows);
        self
    }

    /// Its HTML.
    pub(crate) fn show(self) -> Markup {
        let (id, described) = (self.id(), self.described());
        let (preview, into) = self.preview.as_ref().map(|(path, into)| (path.as_str(), *into)).unzip();
        let invalid = self.error.is_some().then_some("true");
        let control = html! {
            @if let Some(rows) = self.rows {
                textarea class=(self.class) id=(id) name=(self.name) rows=(rows) placeholder=(self.placeholder)
                    required[self.required] aria-describedby=[described.as_deref()] aria-invalid=[invalid]
                    spellcheck="false" data-preview=[preview] data-preview-into=[into] { "\n" (self.value) }
            } @else {
                input class=(self.class) id=(id) name=(self.name) type=(self.kind) value=(self.value)
                    placeholder=(self.placeholder) required[self.required] autocomplete=[self.autocomplete]
                    list=[self.list] aria-describedby=[described.as_deref()] aria-invalid=[invalid]
                    data-preview=[preview] data-preview-into=[into];
            }
        };
        self.around(control)
    }

    /// Its HTML as a choice of one: value, words, for each.
    pub(crate) fn select<'b>(self, options: impl IntoIterator<Item = (&'b str, &'b str)>) -> Markup {
        let (id, described) = (self.id(), self.described());
        let invalid = self.error.is_some().then_some("true");
        let control = html! {
            select id=(id) name=(self.name) required[self.required] aria-describedby=[described.as_deref()] aria-invalid=[invalid] {
                @for (value, words) in options { option value=(value) selected[value == self.value] { (words) } }
            }
        };
        self.around(control)
    }

    fn id(&self) -> String {
        format!("field-{}", self.name.replace(['/', '[', ']'], "-"))
    }

    fn described(&self) -> Option<String> {
        let id = self.id();
        let ids: Vec<_> =
            [self.hint.as_ref().map(|_| format!("{id}-hint")), self.error.as_ref().map(|_| format!("{id}-error"))]
                .into_iter()
                .flatten()
                .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn around(&self, control: Markup) -> Markup {
        let id = self.id();
        html! {
            div.field {
                label for=(id) { (self.label) @if self.required { span aria-hidden="true" { " *" } } }
                @if let Some(hint) = &self.hint { span.hint id={ (id) "-hint" } { (hint) } }
                (control)
                @if let Some(error) = &self.error { span.error id={ (id) "-error" } { (error) } }
            }
        }
    }
}

/// A box to tick.
pub(crate) fn choice(name: &str, value: &str, ticked: bool, words: Markup, hint: Option<&str>) -> Markup {
    html! {
        label.choice {
            input type="checkbox" name=(name) value=(value) checked[ticked];
            span { span { (words) } @if let Some(hint) = hint { small { (hint) } } }
        }
    }
}

/// One of several, as a card. Put them in a `div.choice-cards` inside a `fieldset` with a `legend`.
pub(crate) fn choice_card(name: &str, value: &str, chosen: bool, words: Markup, hint: Option<&str>) -> Markup {
    html! {
        label.choice {
            input type="radio" name=(name) value=(value) checked[chosen];
            span { strong { (words) } @if let Some(hint) = hint { small { (hint) } } }
        }
    }
}

/// Everything that is wrong with a form, above it; nothing if nothing is. It takes the focus.
pub(crate) fn error_summary(errors: &Errors) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.note.bad role="alert" tabindex="-1" autofocus {
                div {
                    strong { "This was not saved" }
                    @if let Some(detail) = &errors.detail { p { (detail) } }
                    @if !errors.all().is_empty() {
                        ul { @for error in errors.all() { li { code { (error.field) } ": " (error.reason) } } }
                    }
                }
            }
        }
    }
}
