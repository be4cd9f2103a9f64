//! What the browser wrote down meanwhile: requests and the console.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;
use thirtyfour::WebDriver;
use url::Url;

/// The only host there is.
const HERE: &str = "127.0.0.1";

/// What has to be remembered between two looks.
#[derive(Default)]
pub struct Journal {
    /// Addresses that were answered with an error, which the console repeats: a form with a mistake is 422.
    refused: RefCell<BTreeSet<String>>,
}

impl Journal {
    /// What pages did since the last time that none may do.
    pub async fn faults(&self, window: &WebDriver) -> Vec<String> {
        let mut faults = Vec::new();
        for entry in window.get_log("performance").await.expect("the journal of requests") {
            let entry: Value = serde_json::from_str(&entry.message).expect("an entry in JSON");
            let (method, given) = (&entry["message"]["method"], &entry["message"]["params"]);
            match method.as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    let url = given["request"]["url"].as_str().unwrap_or_default();
                    if leaves_this_machine(url) {
                        faults.push(format!("a request to another host: {url}"));
                    }
                }
                "Network.webSocketCreated" => {
                    faults.push(format!("a socket that nobody knows of: {}", given["url"]));
                }
                "Network.responseReceived" => self.note_refused(given),
                _ => {}
            }
        }
        for entry in window.browser_log().await.expect("the console") {
            let known = self.refused.borrow().iter().any(|url| entry.message.starts_with(&format!("{url} - ")));
            if entry.level == "SEVERE" && !known {
                faults.push(format!("an error in the console: {}", entry.message));
            }
        }
        faults
    }

    fn note_refused(&self, given: &Value) {
        let status = given["response"]["status"].as_u64().unwrap_or_default();
        // A form with a mistake may be sent by a script as well.
        if status == 422 || (given["type"] == "Document" && status >= 400) {
            let url = given["response"]["url"].as_str().unwrap_or_default();
            self.refused.borrow_mut().insert(url.to_owned());
        }
    }
}

fn leaves_this_machine(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return true };
    match url.scheme() {
        "data" | "blob" | "about" | "chrome" => false,
        _ => url.host_str() != Some(HERE),
    }
}
