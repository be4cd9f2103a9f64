//! Masks: what stands in the place of a secret, and what it means when it is sent back.
//!
//! Promise: a mask sent back means "keep what is there", so that a reply can be changed and sent back; where
//! nothing is there it is refused by name. So is a secret that is to be kept while its requests go to another host: whoever
//! may change a URL and not see the secret does not get it sent.

use std::collections::BTreeMap;

use beckon_domain::invalid::Findings;
use beckon_domain::secret::SecretText;
use beckon_domain::webhook::{is_secret_header, parse_url};
use url::Url;

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "***";

/// What there is to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored<T> {
    /// Nothing.
    Nothing,
    /// Something that was given for another host than requests go to from now on.
    ForAnotherHost,
    /// This.
    Here(T),
}

impl<T> Stored<T> {
    /// Something stored, if there is any; `stays` says whether it goes where it was given for.
    pub(crate) fn of(stored: Option<T>, stays: bool) -> Stored<T> {
        match stored {
            None => Stored::Nothing,
            Some(_) if !stays => Stored::ForAnotherHost,
            Some(stored) => Stored::Here(stored),
        }
    }

    /// What is kept, or why nothing can be.
    fn kept(self) -> Result<T, &'static str> {
        match self {
            Stored::Nothing => Err("*** stands for the value that is there, and there is none"),
            Stored::ForAnotherHost => Err(GIVEN_FOR_ANOTHER_HOST),
            Stored::Here(stored) => Ok(stored),
        }
    }
}

/// Why a secret is not kept.
pub(crate) const GIVEN_FOR_ANOTHER_HOST: &str =
    "the secret that is there was given for another host, port or scheme: give it again";

/// Whether a secret that was given for `before` may be sent to `after`: the same host and port, and not less safely.
pub(crate) fn stays(before: &Url, after: &Url) -> bool {
    let upgraded = before.scheme() == "http" && after.scheme() == "https" && before.port() == after.port();
    before.host() == after.host() && (upgraded || before.scheme() == after.scheme() && before.port() == after.port())
}

/// A secret as it is to be: the `stored` one if `text` is the mask. `None` if there is none, which is a finding.
pub(crate) fn kept_if_masked(
    field: &str,
    text: &str,
    stored: Stored<&SecretText>,
    findings: &mut Findings,
) -> Option<SecretText> {
    if text != MASK {
        return Some(SecretText::new(text));
    }
    match stored.kept() {
        Ok(kept) => Some(kept.clone()),
        Err(reason) => {
            findings.add(field, reason);
            None
        }
    }
}

/// Headers as they are to be: where a secret came back masked, it is the one in `stored`, if it `stays` where it was given for.
pub(crate) fn unmasked_headers(
    mut new: BTreeMap<String, String>,
    stored: &BTreeMap<String, String>,
    stays: bool,
    findings: &mut Findings,
) -> BTreeMap<String, String> {
    for (name, value) in new.iter_mut().filter(|(name, value)| *value == MASK && is_secret_header(name)) {
        let kept = stored.iter().find(|(stored_name, _)| stored_name.eq_ignore_ascii_case(name));
        match Stored::of(kept, stays).kept() {
            Ok((_, kept)) => value.clone_from(kept),
            Err(reason) => findings.add(format!("headers/{name}"), reason),
        }
    }
    new
}

/// Headers as they are shown.
pub(crate) fn masked_headers(mut headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for (_, value) in headers.iter_mut().filter(|(name, _)| is_secret_header(name)) {
        MASK.clone_into(value);
    }
    headers
}

/// A URL without the secret of its user-info: the password, or the user if it stands alone.
pub(crate) fn masked_url(url: &Url) -> String {
    let mut masked = url.clone();
    // Both fail only for URLs that cannot have user-info, and then there is none to mask.
    if url.password().is_some() {
        masked.set_password(Some(MASK)).ok();
    } else if !url.username().is_empty() {
        masked.set_username(MASK).ok();
    }
    masked.into()
}

/// A URL as people type it: where the secret of its user-info came masked, it is the one in `stored`, if it [`stays`] and the
/// user is still the same. What cannot be read, or has nothing to keep, is a finding.
pub(crate) fn unmasked_url(text: &str, stored: Option<&Url>, findings: &mut Findings) -> Option<Url> {
    let mut url = findings.take(parse_url("url", text))?;
    let is_alone = url.password().is_none();
    if url.password().unwrap_or(url.username()) != MASK {
        return Some(url);
    }
    let kept = stored
        .filter(|stored| stays(stored, &url) && stored.password().is_none() == is_alone)
        .filter(|stored| is_alone || stored.username() == url.username())
        .filter(|stored| !is_alone || !stored.username().is_empty());
    let Some(kept) = kept else {
        findings.add("url", "*** stands for the secret that is there, and there is none for this user, host and port");
        return Some(url);
    };
    let done = match is_alone {
        true => url.set_username(kept.username()),
        false => url.set_password(kept.password()),
    };
    // A URL that has user-info can have another.
    done.ok().map(|()| url)
}

/// Takes the place of a URL that cannot be read, so that whatever else is wrong is told too.
pub(crate) fn stand_in_url() -> Option<Url> {
    Url::parse("https://example.com/").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn masked(url: &str) -> String {
        masked_url(&Url::parse(url).unwrap())
    }

    // behaviour S12
    #[test]
    fn the_secret_in_a_url_is_not_shown() {
        assert_eq!(masked("https://jane:hunter2@example.com/a"), "https://jane:***@example.com/a");
        assert_eq!(masked("https://token@example.com/"), "https://***@example.com/");
        assert_eq!(masked("https://:pw@example.com/"), "https://:***@example.com/");
        assert_eq!(masked("https://example.com/?a=b"), "https://example.com/?a=b");
    }

    // behaviour S10 (in part)
    #[test]
    fn a_masked_secret_in_a_url_means_the_one_that_is_there_wherever_else_the_url_changed() {
        let unmasked = |text: &str, stored: Option<&str>| {
            let mut findings = Findings::default();
            let stored = stored.map(|stored| Url::parse(stored).unwrap());
            let url = unmasked_url(text, stored.as_ref(), &mut findings);
            findings.into_result(url.map(String::from)).map_err(|invalid| invalid.0[0].field.clone())
        };
        let (password, token) = (Some("https://jane:p%40ss@a.example/old"), Some("https://t0ken@a.example/"));
        let kept = |url: &str| Ok(Some(url.to_owned()));
        assert_eq!(unmasked("https://jane:***@a.example/old", password), kept("https://jane:p%40ss@a.example/old"));
        let plain = Some("http://jane:p%40ss@a.example/old");
        assert_eq!(unmasked("https://jane:***@a.example/new", plain), kept("https://jane:p%40ss@a.example/new"));
        assert_eq!(unmasked("https://***@a.example/new", token), kept("https://t0ken@a.example/new"));
        assert_eq!(unmasked("https://a.example/new", password), kept("https://a.example/new"));
        for (text, stored) in [
            ("https://jane:***@a.example/", None),
            ("https://john:***@a.example/", password),
            ("https://jane:***@b.example/", password),
            ("https://jane:***@a.example:81/", password),
            ("http://jane:***@a.example/", password),
            ("https://***@a.example/", password),
            ("https://***@a.example/", Some("https://a.example/")),
            ("https://jane:***@a.example/", token),
        ] {
            assert_eq!(unmasked(text, stored), Err("url".to_owned()), "{text} after {stored:?}");
        }
    }

    // behaviour S10 (in part)
    #[test]
    fn sensitive_header_values_are_not_shown() {
        let shown = masked_headers(headers(&[("X-Team", "sales"), ("X-Token", "abc")]));
        assert_eq!(shown, headers(&[("X-Team", "sales"), ("X-Token", MASK)]));
    }

    // behaviour S10 (in part)
    #[test]
    fn a_masked_header_sent_back_keeps_its_value() {
        let stored = headers(&[("Authorization", "Bearer abc"), ("X-Team", "sales")]);
        let mut findings = Findings::default();
        let sent_back = headers(&[("authorization", MASK), ("X-Team", MASK), ("X-Token", MASK)]);
        let new = unmasked_headers(sent_back.clone(), &stored, true, &mut findings);
        assert_eq!(new["authorization"], "Bearer abc");
        assert_eq!(new["X-Team"], MASK, "its value is shown, so this is what was meant");
        assert_eq!(findings.into_result(()).unwrap_err().0[0].field, "headers/X-Token");

        let mut findings = Findings::default();
        unmasked_headers(sent_back, &stored, false, &mut findings);
        let told = findings.into_result(()).unwrap_err().0.into_iter().map(|told| told.field).collect::<Vec<_>>();
        assert_eq!(told, ["headers/X-Token", "headers/authorization"]);
    }
}
