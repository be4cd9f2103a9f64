//! How the portal looks, and who may frame it.

use std::path::PathBuf;

use beckon_server::portal::accent::Colour;
use figment::value::Value;
use url::{Origin, Url};

use super::{Setting, items_of, quoted, text_of};

/// Longest name, in characters: it stands above the navigation.
const PORTAL_NAME_CHARS_MAX: usize = 60;
/// Most origins that may frame the portal: they stand in a header of every answer.
const ORIGINS_MAX: usize = 20;

/// A name for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortalName(pub(crate) String);

impl Setting for PortalName {
    fn read(value: &Value) -> Result<PortalName, String> {
        let name = text_of(value).unwrap_or_default();
        let chars = name.chars().count();
        let fits = (1..=PORTAL_NAME_CHARS_MAX).contains(&chars) && !name.chars().any(char::is_control);
        fits.then_some(PortalName(name))
            .ok_or_else(|| format!("is no name: give 1 to {PORTAL_NAME_CHARS_MAX} characters in one line"))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A file with a picture. It is read when the server starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageFile(pub(crate) PathBuf);

impl Setting for ImageFile {
    fn read(value: &Value) -> Result<ImageFile, String> {
        let path = text_of(value).filter(|text| !text.is_empty());
        path.map(|path| ImageFile(path.into()))
            .ok_or_else(|| "is not a file's name: write one like ./logo.svg".to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.0.display().to_string())
    }
}

impl Setting for Colour {
    fn read(value: &Value) -> Result<Colour, String> {
        let form = || "is not a colour: write one like #7a1fa2";
        text_of(value).and_then(|text| Colour::parse(&text)).ok_or_else(|| form().to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

/// Where pages come from: scheme, host and port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origins(pub(crate) Vec<String>);

impl Setting for Origins {
    fn read(value: &Value) -> Result<Origins, String> {
        let form = "is not a list of origins: write them like https://app.example.com,https://example.org:8443";
        let items = items_of(value).ok_or_else(|| form.to_owned())?;
        if items.len() > ORIGINS_MAX {
            return Err(format!("names {} origins, and at most {ORIGINS_MAX} can be", items.len()));
        }
        let read = |item: &String| origin(item).ok_or_else(|| format!("{form} ({item:?} is none)"));
        items.iter().map(read).collect::<Result<_, _>>().map(Origins)
    }

    fn show(&self) -> String {
        let origins: Vec<_> = self.0.iter().map(|origin| quoted(origin)).collect();
        format!("[{}]", origins.join(", "))
    }
}

/// An origin as browsers write it. It goes into a header between spaces and semicolons, so that only what a browser
/// takes as a host gets through: no `*`, which would let pages of others in.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && matches!(url.path(), "" | "/")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let Origin::Tuple(..) = url.origin() else { return None };
    let origin = url.origin().ascii_serialization();
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '-' | '_' | '[' | ']');
    (plain && origin.chars().all(safe)).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_perhaps_a_port() {
        let read = |text: &str| Origins::read(&text.into()).map(|Origins(origins)| origins);
        assert_eq!(
            read("https://App.example.com/ , http://localhost:3000").unwrap(),
            ["https://app.example.com", "http://localhost:3000"]
        );
        assert_eq!(read("").unwrap(), [""; 0]);
        for wrong in [
            "*",
            "https://*",
            "https://*.example.com",
            "app.example.com",
            "'self'",
            "https:",
            "data:",
            "https://a.example/path",
            "https://user@a.example",
            "https://a.example;script-src *",
            "https://a.example https://b.example",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read(&vec!["https://a.example"; ORIGINS_MAX + 1].join(",")).is_err());
    }

    #[test]
    fn what_is_shown_reads_back() {
        let origins = Origins(vec!["https://a.example".to_owned()]);
        assert_eq!(origins.show(), r#"["https://a.example"]"#);
        assert_eq!(PortalName::read(&"Acme \"Events\"".into()).unwrap().show(), r#"'Acme "Events"'"#);
        assert!(PortalName::read(&"a\nb".into()).is_err() && Colour::read(&"purple".into()).is_err());
    }
}
