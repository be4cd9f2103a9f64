//! Somebody starts Beckon for the first time, takes the link it prints, and comes in; later they lose their password.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use hyper::header::{LOCATION, SET_COOKIE};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::beckon::binary;
use crate::http::{Answer, Http};

/// A server whose output is read.
struct Started {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Where it says that it is.
    base: String,
}

impl Started {
    /// Starts a server on a free port and waits until it says where it is: then it answers.
    fn on(data: &Path) -> Started {
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data).current_dir(data);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("beckon starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut first = String::new();
        output.read_line(&mut first).expect("a line");
        let base = first.split_whitespace().find(|word| word.starts_with("http://")).expect("where it is");
        let base = base.trim_end_matches(',').to_owned();
        Started { child, output, base }
    }

    /// The path of the link that makes the first account, which it must show.
    fn link(&mut self) -> String {
        for line in self.output.by_ref().lines() {
            let line = line.expect("text");
            if let Some(path) = line.trim().strip_prefix(&self.base).filter(|path| path.starts_with("/welcome/")) {
                return path.to_owned();
            }
        }
        panic!("it ended without showing a link");
    }

    /// Asks it to end, which it must do in order; gives back what else it said, and its log.
    fn stop(mut self) -> (String, String) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(asked.success());
        let (mut rest, mut log) = (String::new(), String::new());
        self.output.read_to_string(&mut rest).expect("text");
        self.child.stderr.take().expect("its log").read_to_string(&mut log).expect("text");
        let ended = self.child.wait().expect("its end");
        assert!(ended.success(), "{ended}: {log}");
        (rest, log)
    }

    /// A browser without a session.
    fn browser(&self) -> Http {
        Http::new(self.base.clone()).with("sec-fetch-site", "same-origin")
    }
}

async fn submit(browser: &Http, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let form = browser.with("content-type", "application/x-www-form-urlencoded");
    form.send(hyper::Method::POST, path, body).await
}

/// The cookie of the session that an answer began.
fn session(answer: &Answer) -> String {
    let set = answer.headers[SET_COOKIE].to_str().expect("a cookie");
    set.split(';').next().expect("its value").to_owned()
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Begins the stream by which an open page learns of changes, and waits until it has begun.
async fn open_stream(base: &str, cookie: &str) -> tokio::io::BufReader<TcpStream> {
    let host = base.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let request = format!("GET /live HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut stream = tokio::io::BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).await.expect("a line"), 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
    stream
}

#[tokio::test]
async fn whoever_starts_it_comes_in_by_the_link_it_prints_and_by_another_when_the_password_is_lost() {
    let data = TempDir::new().expect("a directory");
    let mut first = Started::on(data.path());
    let unused = first.link();
    first.stop();

    let mut started = Started::on(data.path());
    let (browser, link) = (started.browser(), started.link());
    browser.get(&unused).await.expect(404);
    let page = browser.get(&link).await.expect(200);
    assert!(text(&page).contains("Make my account"), "{}", text(&page));
    let form = [("email", "jane@acme.com"), ("name", "Jane Doe"), ("password", "four words, well chosen")];
    let joined = submit(&browser, &link, &form).await.expect(303);
    assert_eq!(joined.headers[LOCATION], "/");
    let jane = browser.with("cookie", &session(&joined));
    assert!(text(&jane.get("/account").await.expect(200)).contains("jane@acme.com"));

    // A page that is left open does not hold up the end.
    let mut stream = open_stream(&started.base, &session(&joined)).await;
    let (_, log) = started.stop();
    assert!(!log.contains("cut off") && !log.contains("welcome"), "{log}");
    stream.read_to_end(&mut vec![]).await.expect("the end of the stream");

    // Whoever is not known is told who is, and whoever is known gets a link.
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
    let reset = said[said.find("/welcome/").expect("a link")..].lines().next().expect("its line");

    let started = Started::on(data.path());
    let browser = started.browser();
    let jane = browser.with("cookie", &session(&joined));
    assert_eq!(jane.get("/account").await.status, 200, "a restart signs nobody out");
    submit(&browser, reset, &[("password", "four others, also well chosen")]).await.expect(303);
    assert_eq!(jane.get("/account").await.status, 303, "a new password does");
    let sign_in = async |password: &str| {
        submit(&browser, "/sign-in", &[("email", "jane@acme.com"), ("password", password)]).await.status
    };
    assert_eq!(sign_in("four words, well chosen").await, 422);
    assert_eq!(sign_in("four others, also well chosen").await, 303);
    let (said, _) = started.stop();
    assert!(!said.contains("/welcome/"), "somebody has an account: {said}");
}
