//! Opens every web page, and tells how long that took.
//!
//! Pages are found as a visitor finds them: by the links of those already seen. Of addresses that differ only in ids and
//! in the values of their queries, some are opened, each several times.
//! Promise: it fails if a link leads nowhere or to an error.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hyper::header::SET_COOKIE;
use hyper::{Method, Response, StatusCode};
use tokio::time::Instant;

use crate::post::Connection;
use crate::server::Server;

/// Who looks at the pages.
const ACCOUNT: &str = "email=bench%40example.com&name=Bench&password=a-password-to-measure-with";
/// How many addresses of one shape are opened.
const ADDRESSES: usize = 6;
/// How often each of them is opened.
const TIMES: usize = 5;
/// What a link to a page does not begin with: files, the API, and what signs out.
const NO_PAGES: &[&str] = &["/assets", "/api", "/openapi", "/live", "/portal"];
/// Where most pages are linked from, and one that is not linked from anywhere.
const BEGIN: &[&str] = &["/", "/design"];

/// By the shape of the address, how long each opening took, in microseconds.
pub(crate) async fn pages(server: &Server) -> anyhow::Result<BTreeMap<String, Vec<u64>>> {
    let mut connection = server.connect().await?;
    let cookie = sign_in(server, &mut connection).await?;
    let mut waiting: VecDeque<String> = BEGIN.iter().map(|&path| path.to_owned()).collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut times: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    while let Some(path) = waiting.pop_front() {
        for _ in 0..TIMES {
            let begun = Instant::now();
            let answer = connection.exchange(Method::GET, &path, &[("cookie", &cookie)], "").await?;
            let took_us = u64::try_from(begun.elapsed().as_micros())?;
            if answer.status().is_redirection() || is_file(&answer) {
                break;
            }
            // A dialog that has nothing to do with these filters says so.
            let shown = [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status());
            anyhow::ensure!(shown, "GET {path}: {}", answer.status());
            times.entry(shape(&path)).or_default().push(took_us);
            for link in links(&String::from_utf8_lossy(answer.body())) {
                let count = found.entry(shape(&link)).or_default();
                if *count < ADDRESSES && seen.insert(link.clone()) {
                    *count += 1;
                    waiting.push_back(link);
                }
            }
        }
    }
    Ok(times)
}

/// Signs in, or makes the account with the first link that the server printed; the cookie.
async fn sign_in(server: &Server, connection: &mut Connection) -> anyhow::Result<String> {
    let printed = server.printed()?;
    let link = printed.split_whitespace().find_map(|word| Some(&word[word.find("/welcome/")?..]));
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    for path in ["/sign-in"].into_iter().chain(link) {
        let answer = connection.exchange(Method::POST, path, &headers, ACCOUNT).await?;
        let cookie = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        if let Some(cookie) = cookie {
            return Ok(cookie.to_owned());
        }
    }
    anyhow::bail!("neither an account nor a link to make one: {printed}")
}

fn is_file(answer: &Response<hyper::body::Bytes>) -> bool {
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    !kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// The pages of ours that a page links to or loads a part from, without fragments.
fn links(html: &str) -> BTreeSet<String> {
    let after = |attribute| html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
    let quoted = after(" href=\"").chain(after(" data-load=\""));
    let paths = quoted.filter(|link| link.starts_with('/') && !NO_PAGES.iter().any(|other| link.starts_with(other)));
    paths.map(|link| link.split('#').next().unwrap_or_default().replace("&amp;", "&")).collect()
}

/// An address without its ids and values.
fn shape(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_id = |part: &str| part.len() > 25 || !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_type = |part: &str| part.contains('.');
    let path = path.split('/').map(|part| if is_id(part) || is_type(part) { "…" } else { part }).collect::<Vec<_>>();
    let mut names: Vec<_> = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
    names.sort_unstable();
    names.dedup();
    format!("{} {}", path.join("/"), names.join("+")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_ours_are_followed_and_files_are_not() {
        let html = r##"<a class="x" href="/deliveries?status=failed&amp;cursor=1">a</a><a href="#top">b</a>
            <link rel="stylesheet" href="/assets/1/beckon.css"><a href="https://elsewhere.example/">c</a>
            <a href="/webhooks#new">d</a><p data-load="/webhooks/1/recover?window=day">e</p>"##;
        let expected =
            ["/deliveries?status=failed&cursor=1", "/webhooks", "/webhooks/1/recover?window=day"].map(str::to_owned);
        assert_eq!(links(html), BTreeSet::from(expected));
    }

    #[test]
    fn addresses_of_one_shape_differ_in_ids_and_values() {
        assert_eq!(shape("/deliveries?status=failed&webhook_id=1"), "/deliveries status+webhook_id");
        assert_eq!(shape("/webhooks/whk_01arz3ndektsv4rrffq69g5fav/testing"), "/webhooks/…/testing");
        assert_eq!(shape("/catalog/contact.visited"), "/catalog/…");
        assert_eq!(shape("/segments/7264"), "/segments/…");
    }
}
