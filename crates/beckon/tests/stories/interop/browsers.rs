//! Client libraries of others in a real browser, on a website of their user's, with only the host changed.

use std::fs;

use super::House;
use crate::beckon::WRITE_KEY;
use crate::browser::Browser;
use crate::clients::installed;
use crate::pixel::site::Site;

/// A library as its user has it on a page.
struct Library {
    /// The file of the package.
    file: &'static str,
    /// What loads it and begins; `{lib}` is its address.
    tag: &'static str,
    /// Makes the client; `server` and `key` are Beckon's.
    load: &'static str,
}

const SEGMENT: Library = Library {
    file: "@segment/analytics-next/dist/umd/index.js",
    tag: r#"<script src="{lib}"></script><script>begin();</script>"#,
    load: "client = AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: server }, options);",
};

const RUDDERSTACK: Library = Library {
    file: "@rudderstack/analytics-js/dist/npm/modern/bundled/esm/index.mjs",
    tag: r#"<script type="module">import { RudderAnalytics } from "{lib}"; window.RudderAnalytics = RudderAnalytics; begin();</script>"#,
    load: "client = new RudderAnalytics(); client.load(key, server, { configUrl: server, ...options });",
};

const JITSU: Library = Library {
    file: "@jitsu/js/dist/jitsu.es.js",
    tag: r#"<script type="module">import { jitsuAnalytics } from "{lib}"; window.jitsuAnalytics = jitsuAnalytics; begin();</script>"#,
    load: "client = jitsuAnalytics({ host: server, writeKey: key + ':any' });",
};

/// Somebody looks at the prices in a real browser, says who they are and of which account, and does something.
async fn the_same_comes_of(library: &Library, options: &str) {
    let house = House::start(&[("BECKON_DETECT_BOTS", "false")]).await;
    let website = Site::start(&house.beckon).await;
    let package = fs::read(installed().join("node_modules").join(library.file)).unwrap();
    website.file("/lib.js", "text/javascript", package);
    let (server, load) = (house.beckon.base(), library.load);
    let tag = library.tag.replace("{lib}", &website.url("/lib.js"));
    let (person, account) = (super::PERSON, super::ACCOUNT);
    website.head(&format!(
        r#"<script>
        window.errors = [];
        addEventListener("error", (event) => errors.push(event.message));
        addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
        function begin() {{
            const [server, key, options] = ["{server}", "{WRITE_KEY}", {options}];
            let client;
            {load}
            client.page("Pricing");
            client.identify("u1", {person});
            client.group("g1", {account});
            client.track("Signed Up", {{ plan: "pro" }});
            window.begun = true;
        }}
        </script>{tag}"#
    ));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/pricing").await;
    house.sees_what_was_done(false).await;
    let errors = browser.ask("return JSON.stringify(errors);", vec![]).await.unwrap();
    assert_eq!(errors.as_str(), Some("[]"));
    browser.close().await;
}

// behaviour W1
#[tokio::test]
async fn segments_library_for_browsers_needs_only_its_host_changed() {
    the_same_comes_of(&SEGMENT, "{}").await;
}

// behaviour W1
#[tokio::test]
async fn segments_library_for_browsers_may_send_in_batches() {
    let batches = "{ integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 3, timeout: 500 } } } } }";
    the_same_comes_of(&SEGMENT, batches).await;
}

// behaviour W1
#[tokio::test]
async fn rudderstacks_library_for_browsers_needs_only_its_hosts_changed() {
    the_same_comes_of(&RUDDERSTACK, "{}").await;
}

// behaviour W1
#[tokio::test]
async fn rudderstacks_library_for_browsers_may_send_with_beacons() {
    the_same_comes_of(
        &RUDDERSTACK,
        "{ useBeacon: true, beaconQueueOptions: { maxItems: 2, flushQueueInterval: 500 } }",
    )
    .await;
}

// behaviour W1
#[tokio::test]
async fn jitsus_library_for_browsers_needs_only_its_host_changed() {
    the_same_comes_of(&JITSU, "{}").await;
}
