//! Somebody starts Beckon for the first time, takes the link it prints, and comes in; later they lose their password.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use hyper::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use tempfile::TempDir;

use crate::beckon::binary;
use crate::http::{Answer, Http};

/// A server whose greeting was read.
struct Started {
    child: Child,
    /// Where it says that it is.
    base: String,
    /// The path of the link that makes the first account, if it shows one.
    link: Option<String>,
}

impl Started {
    /// Starts a server on a free port and reads what it says first.
    async fn on(data: &Path) -> Started {
        let data = data.to_owned();
        // Reading what a process says blocks.
        tokio::task::spawn_blocking(move || Started::blocking(&data)).await.expect("a greeting")
    }

    fn blocking(data: &Path) -> Started {
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data).current_dir(data);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("beckon starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("text");
        let base = first.split_whitespace().find(|word| word.starts_with("http://")).expect("where it is");
        let base = base.trim_end_matches(',').to_owned();
        // The greeting is written at once, and the process says nothing more until it ends: asking it to end now would
        // end the story, so the lines are read up to the last one that every greeting has.
        let mut link = None;
        for line in lines.map(|line| line.expect("text")) {
            if let Some(path) = line.trim().strip_prefix(&base).filter(|path| path.starts_with("/welcome/")) {
                link = Some(path.to_owned());
                break;
            }
            if line.starts_with("Data is in") && data.join("somebody-is-here").exists() {
                break;
            }
        }
        Started { child, base, link }
    }

    async fn stop(mut self) {
        let status = std::process::Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.expect("kill").success());
        let ended = tokio::task::spawn_blocking(move || self.child.wait().expect("its end")).await.expect("its end");
        assert!(ended.success(), "{ended}");
    }

    /// A browser without a session.
    fn browser(&self) -> Http {
        Http::new(self.base.clone()).with("sec-fetch-site", "same-origin")
    }
}

async fn submit(browser: &Http, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let form = browser.with(CONTENT_TYPE.as_str().to_owned().leak(), "application/x-www-form-urlencoded");
    form.send(hyper::Method::POST, path, body).await
}

/// The same browser with the session that an answer began.
fn with_session(browser: &Http, answer: &Answer) -> Http {
    let set = answer.headers[SET_COOKIE].to_str().expect("a cookie");
    browser.with(COOKIE.as_str().to_owned().leak(), set.split(';').next().expect("a value"))
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test]
async fn whoever_starts_it_comes_in_by_the_link_it_prints_and_by_another_when_the_password_is_lost() {
    let data = TempDir::new().expect("a directory");
    let first = Started::on(data.path()).await;
    let unused = first.link.clone().expect("a link");
    first.stop().await;

    let started = Started::on(data.path()).await;
    let (browser, link) = (started.browser(), started.link.clone().expect("a new link"));
    browser.get(&unused).await.expect(404);
    let page = browser.get(&link).await.expect(200);
    assert!(text(&page).contains("Make my account"), "{}", text(&page));
    let form = [("email", "jane@acme.com"), ("name", "Jane Doe"), ("password", "four words, well chosen")];
    let joined = submit(&browser, &link, &form).await.expect(303);
    assert_eq!(joined.headers[LOCATION], "/");
    let jane = with_session(&browser, &joined);
    assert!(text(&jane.get("/account").await.expect(200)).contains("jane@acme.com"));
    assert_eq!(jane.get("/").await.status, 200);
    std::fs::write(data.path().join("somebody-is-here"), "").expect("a mark");

    // A page that is left open keeps a stream to the server, which must not hold up its end.
    let open = jane.clone();
    let stream = tokio::spawn(async move { open.try_send(hyper::Method::GET, "/live", "").await });
    while !jane.get("/readyz").await.status.is_success() {}
    started.stop().await;
    stream.await.expect("the stream ends");

    // Without the address there is help, and with it a link.
    let lost = |address: &str| {
        let mut command = binary();
        command.args(["reset-password", address, "--data-dir"]).arg(data.path());
        command.output().expect("beckon reset-password")
    };
    let unknown = lost("joe@acme.com");
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(!unknown.status.success() && said.contains("is owned by jane@acme.com"), "{said}");
    let made = lost("Jane@acme.com");
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success(), "{said} {}", String::from_utf8_lossy(&made.stderr));
    let reset = &said[said.find("/welcome/").expect("a link")..];
    let reset = reset.lines().next().expect("its line");

    let started = Started::on(data.path()).await;
    assert_eq!(started.link, None, "somebody has an account");
    let browser = started.browser();
    let session = started
        .browser()
        .with("cookie", joined.headers[SET_COOKIE].to_str().expect("text").split(';').next().expect("it"));
    assert_eq!(session.get("/account").await.status, 200, "a restart signs nobody out");
    submit(&browser, reset, &[("password", "four others, also well chosen")]).await.expect(303);
    assert_eq!(session.get("/account").await.status, 303, "a new password does");
    let sign_in = async |password: &str| {
        submit(&browser, "/sign-in", &[("email", "jane@acme.com"), ("password", password)]).await.status
    };
    assert_eq!(sign_in("four words, well chosen").await, 422);
    assert_eq!(sign_in("four others, also well chosen").await, 303);
    started.stop().await;
}
