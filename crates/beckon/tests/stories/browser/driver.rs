//! The browser's processes: the driver, and what it started.
//!
//! Promise: dropping it leaves none of them running.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};

/// What a command to the driver may take at most, a page's loading included.
const COMMAND_MAX: Duration = Duration::from_secs(60);
/// What stands before the port in the line that the driver writes when it listens.
const LISTENING: &str = "started successfully on port ";

/// A driver that listens.
pub struct Driver {
    child: Child,
    port: u16,
    profile: TempDir,
}

/// How often a driver is started that ends at once.
const STARTS_MAX: u32 = 3;

impl Driver {
    pub fn start() -> Driver {
        // On a busy machine one now and then ends before it listens.
        (0..STARTS_MAX).find_map(|_| Driver::try_start()).expect("the driver says where it listens")
    }

    fn try_start() -> Option<Driver> {
        let profile = TempDir::new().expect("a profile directory");
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser's driver is installed: run `make browser` (make test does)");
        let said = BufReader::new(child.stdout.take().expect("its output"));
        match said.lines().map_while(Result::ok).find_map(|line| port_in(&line)) {
            Some(port) => Some(Driver { child, port, profile }),
            None => {
                child.wait().ok();
                None
            }
        }
    }

    /// Opens a window.
    pub async fn open(&self) -> WebDriver {
        let mut wanted = DesiredCapabilities::chrome();
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        for flag in FLAGS.iter().copied().chain([profile.as_str()]) {
            wanted.add_arg(flag).expect("a flag");
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a log");
        wanted.set_logging_prefs("performance", LoggingPrefsLogLevel::All).expect("a log");
        let logged = json!({ "enableNetwork": true, "enablePage": false });
        wanted.add_experimental_option("perfLoggingPrefs", logged).expect("an option");
        let driver = WebDriver::builder(format!("http://127.0.0.1:{}", self.port), wanted);
        driver.request_timeout(COMMAND_MAX).connect().await.expect("the browser starts")
    }
}

/// Nothing of the browser's own business, no names but this machine's number, so that nothing can leave it.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--mute-audio",
    "--lang=en-US",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--window-size=1280,900",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once(LISTENING)?;
    rest.trim_end_matches('.').parse().ok()
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The driver would end the browser by itself, if it were asked and had the time. This does not depend on it.
        self.child.kill().ok();
        self.child.wait().ok();
        for process in processes_with(self.profile.path()) {
            Command::new("kill").args(["-KILL", &process]).stderr(Stdio::null()).status().ok();
        }
    }
}

/// The processes that were started with this profile. It is ours alone.
fn processes_with(profile: &Path) -> Vec<String> {
    let profile = profile.display().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let names = processes.filter_map(|process| process.file_name().into_string().ok());
    let numbers = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let command = |process: &str| fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    numbers.filter(|process| String::from_utf8_lossy(&command(process)).contains(&profile)).collect()
}
