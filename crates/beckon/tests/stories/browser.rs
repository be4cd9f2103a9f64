//! A browser, used as a person uses it: by what is written on things, and by what can be seen.
//!
//! Debian's chromium behind its driver, one of each per story, without a window, with a profile of its own. Every step
//! waits for what it needs, for [`PATIENCE`] at most.
//! Promise: nothing is left running, also if a story fails. [`Browser::close`] finds what no page may do: an error in the
//! console, a request to another host.
//! Not here: what the pages say (`pages/`).

#[path = "browser/axe.rs"]
mod axe;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/journal.rs"]
mod journal;
#[path = "browser/person.rs"]
mod person;

use std::cell::Cell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::WebDriver;
use thirtyfour::error::WebDriverResult;

use driver::Driver;
use journal::Journal;
pub use person::within;

/// How long anything that must show may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the page is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(30);

/// A browser with one window.
pub struct Browser {
    window: WebDriver,
    base: String,
    look: Cell<Look>,
    journal: Journal,
    closed: Cell<bool>,
    /// Dropped last: it ends whatever is still there.
    _driver: Driver,
}

/// How the page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    phone: bool,
    dark: bool,
    calm: bool,
}

/// At a desk, 1280 × 900, light.
pub const DESKTOP: Look = Look { phone: false, dark: false, calm: false };
/// On a phone, 390 × 844, light.
pub const PHONE: Look = Look { phone: true, dark: false, calm: false };

impl Look {
    fn height(self) -> u64 {
        if self.phone { 844 } else { 900 }
    }

    /// The same with the system set to dark.
    pub fn dark(self) -> Look {
        Look { dark: true, ..self }
    }

    /// The same with the system set to little motion.
    pub fn calm(self) -> Look {
        Look { calm: true, ..self }
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", if self.phone { "phone" } else { "desktop" }, if self.dark { "dark" } else { "light" })
    }
}

impl Browser {
    /// Starts a browser for the pages below `base`, an address without a path.
    pub async fn start(base: &str) -> Browser {
        let driver = Driver::start();
        let window = driver.open().await;
        let browser = Browser {
            window,
            base: base.to_owned(),
            look: Cell::new(DESKTOP),
            journal: Journal::default(),
            closed: Cell::new(false),
            _driver: driver,
        };
        browser.look(DESKTOP).await;
        browser
    }

    /// Opens a page: a path of ours, or a whole address.
    pub async fn open(&self, address: &str) {
        let address = if address.starts_with('/') { format!("{}{address}", self.base) } else { address.to_owned() };
        let opened = self.window.goto(&address).await;
        opened.unwrap_or_else(|error| panic!("{address} does not open: {error}"));
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.window.refresh().await.expect("the page loads again");
    }

    /// Marks the page that is shown, to be known again.
    pub async fn mark_page(&self) {
        self.ask("window.marked = true;", vec![]).await.expect("a mark");
    }

    /// Whether the page was not loaded anew since it was marked.
    pub async fn is_marked(&self) -> bool {
        self.ask("return window.marked === true;", vec![]).await.expect("whether there is a mark") == true
    }

    /// The path and query of the page that is shown.
    pub async fn path(&self) -> String {
        let url = self.window.current_url().await.expect("an address");
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Looks at pages in this way from now on.
    pub async fn look(&self, look: Look) {
        self.look.set(look);
        self.set_size(look.phone, look.height()).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let motion = if look.calm { "reduce" } else { "no-preference" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.tell("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    async fn set_size(&self, phone: bool, height: u64) {
        let width = if phone { 390 } else { 1280 };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.tell("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Runs the pages' scripts from now on, or does not.
    pub async fn run_scripts(&self, run: bool) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({ "value": !run })).await;
    }

    /// Lets pages read and write the clipboard without asking.
    pub async fn share_clipboard(&self) {
        let permissions = json!(["clipboardReadWrite", "clipboardSanitizedWrite"]);
        self.tell("Browser.grantPermissions", json!({ "origin": self.base, "permissions": permissions })).await;
    }

    /// What is in the clipboard.
    pub async fn clipboard(&self) -> String {
        let read =
            "const done = arguments[0]; navigator.clipboard.readText().then(done, (error) => done(String(error)));";
        let text = self.window.execute_async(read, vec![]).await.expect("the clipboard");
        text.json().as_str().unwrap_or_default().to_owned()
    }

    /// Goes into the frame that the page holds; what follows happens in it.
    pub async fn enter_frame(&self) {
        self.window.enter_frame(0).await.expect("a frame");
    }

    /// Comes back out of a frame.
    pub async fn leave_frame(&self) {
        self.window.enter_default_frame().await.expect("the page around the frame");
    }

    /// What a script answers, run in the page. A return value of `undefined` is null.
    pub async fn ask(&self, script: &str, given: Vec<Value>) -> WebDriverResult<Value> {
        Ok(self.window.execute(script, given).await?.json().clone())
    }

    /// A picture of what is in view, or of a page that is longer down to `height_max` pixels.
    pub async fn picture(&self, height_max: u64) -> Vec<u8> {
        let look = self.look.get();
        let long = "return document.querySelector('dialog[open]') ? 0 : document.documentElement.scrollHeight;";
        let long = self.ask(long, vec![]).await.expect("a height").as_u64().expect("a height");
        self.set_size(look.phone, long.min(height_max).max(look.height())).await;
        let taken = self.window.screenshot_as_png().await.expect("a picture");
        self.set_size(look.phone, look.height()).await;
        taken
    }

    /// A picture for whoever wonders why a story failed.
    async fn picture_of_failure(&self) -> PathBuf {
        let name = std::thread::current().name().unwrap_or("story").replace("::", "-");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        self.window.screenshot(&path).await.ok();
        path
    }

    async fn tell(&self, command: &str, given: Value) {
        let told = self.window.cdp().send_raw(command, given).await;
        told.unwrap_or_else(|error| panic!("{command}: {error}"));
    }

    /// What pages did since the last time that no page may do.
    pub async fn faults(&self) -> Vec<String> {
        self.journal.faults(&self.window).await
    }

    /// What is odd about the page that is shown, apart from what axe finds: wider than the window, without a title, with
    /// something that only a mouse reaches.
    pub async fn oddities(&self) -> Vec<String> {
        let look = "const page = document.scrollingElement;
                    const all = [...document.body.querySelectorAll('*')];
                    const told = (some) => some.slice(0, 3).map((it) => it.outerHTML.slice(0, 120)).join(' … ');
                    const things = all.filter((it) => it.matches('a[href], button, input, select, textarea, summary'));
                    return { too_wide: page.scrollWidth - innerWidth, title: document.title,
                             widest: told(all.filter((it) => it.getBoundingClientRect().right > innerWidth + 1)),
                             unreached: told(things.filter((it) => it.checkVisibility() && !it.disabled && it.tabIndex !== 0)) };";
        let seen = self.ask(look, vec![]).await.expect("the page");
        let mut odd = Vec::new();
        if seen["too_wide"].as_f64().unwrap_or_default() > 0.0 {
            odd.push(format!("{} px wider than the window, because of {}", seen["too_wide"], seen["widest"]));
        }
        if !seen["title"].as_str().unwrap_or_default().ends_with(" · Beckon") {
            odd.push(format!("its title is {}", seen["title"]));
        }
        if seen["unreached"] != "" {
            odd.push(format!("not reached by keyboard, or out of turn: {}", seen["unreached"]));
        }
        odd
    }

    /// Fails if since the last time a page did what no page may do.
    pub async fn check(&self) {
        let faults = self.faults().await;
        assert!(faults.is_empty(), "pages did what they must not:\n{}", faults.join("\n"));
    }

    /// Ends the browser. A story that succeeds ends with this.
    pub async fn close(self) {
        self.check().await;
        self.closed.set(true);
        self.window.clone().quit().await.ok();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if self.closed.get() {
            return;
        }
        // Asking the driver to end would block here; dropping it kills what is left.
        self.window.clone().leak().ok();
        if !std::thread::panicking() {
            panic!("a story ends with close(), which sees whether pages behaved");
        }
    }
}

#[tokio::test]
async fn what_no_page_may_do_is_noticed() {
    let browser = Browser::start("http://127.0.0.1:1").await;
    let faults = async |html: &str| {
        browser.open(&format!("data:text/html,<title>A page</title>{html}")).await;
        browser.journal.faults(&browser.window).await.join("\n")
    };
    assert_eq!(faults("<p>Nothing to see</p>").await, "");
    let foreign = faults("<img src='http://elsewhere.example/logo.png'>").await;
    assert!(foreign.contains("http://elsewhere.example/logo.png"), "{foreign}");
    let broken = faults("<script>missing.call()</script>").await;
    assert!(broken.contains("missing is not defined"), "{broken}");
    browser.close().await;
}
