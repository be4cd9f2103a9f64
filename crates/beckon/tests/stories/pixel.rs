//! The pixel in a real browser, on websites of our making: what it sends, when, and what it leaves alone.
//!
//! A story waits for what comes, and shows that nothing else did by what came after it: signals of one page keep their
//! order.

#[path = "pixel/site.rs"]
pub mod site;

use serde_json::{Value, json};

use crate::beckon::{Beckon, WRITE_KEY};
use crate::browser::Browser;
use site::{Asked, Site};

/// Runs a script in the page, for its effect.
async fn run(browser: &Browser, script: &str) {
    browser.ask(script, vec![]).await.unwrap_or_else(|error| panic!("{script}: {error}"));
}

/// What a script answers as text.
async fn text(browser: &Browser, script: &str) -> String {
    browser.ask(script, vec![]).await.unwrap().as_str().unwrap_or_default().to_owned()
}

/// The field of each item.
fn each<'a>(items: &'a [Value], pointer: &str) -> Vec<&'a Value> {
    items.iter().map(|item| item.pointer(pointer).unwrap_or(&Value::Null)).collect()
}

/// A server to which the browser of these stories, which a program drives, is no bot.
async fn beckon_for_driven_browsers() -> Beckon {
    Beckon::start_with(&[("BECKON_DETECT_BOTS", "false")]).await
}

/// What is kept in the browser for this page's host.
const KEPT: &str = "return document.cookie + '|' + (localStorage.getItem('beckon_id') || '');";

// behaviour W3, W5 (in part)
#[tokio::test]
async fn pages_that_are_looked_at_are_told_across_hosts_without_a_preflight() {
    let beckon = beckon_for_driven_browsers().await;
    let (website, elsewhere) = (Site::start(&beckon).await, Site::start(&beckon).await);
    beckon.segment("Everybody", json!({ "all": [] })).await;
    // Said before the script is there, and kept until it is.
    let early = r#"<script>beckon("identify", "u1", { email: "jane@acme.com" }); beckon.partnerId = "p-7";</script>"#;
    website.head(&format!("{}{early}", elsewhere.pixel("")));
    let browser = Browser::start(&website.url("")).await;

    browser.open("/pricing?utm_source=news&gclid=g1&email=jane%40acme.com&reset_token=t&ref=a@b.com&x=1#secret").await;
    elsewhere.items(2).await;
    browser.open("/docs").await;
    let items = elsewhere.items(4).await;
    let kinds: Vec<_> = each(&items, "/type").into_iter().map(|kind| kind.as_str().unwrap()).collect();
    assert_eq!(kinds, ["identify", "page", "identify", "page"]);
    let visitor = items[0]["anonymousId"].as_str().unwrap();
    assert!(visitor.len() > 20 && items.iter().all(|item| item["anonymousId"] == visitor), "{items:#?}");

    let view = &items[1]["context"];
    let url = website.url("/pricing?utm_source=news&gclid=g1&x=1");
    assert_eq!(view["page"], json!({ "url": url, "path": "/pricing", "title": "Page /pricing", "referrer": "" }));
    assert_eq!(view["campaign"], json!({ "source": "news", "gclid": "g1" }));
    assert_eq!(
        (&view["webdriver"], &view["partnerId"]),
        (&json!(true), &json!("p-7")),
        "this browser is driven, and says so"
    );
    assert_eq!((&view["consent"], &view["gpc"], &view["locale"]), (&json!("granted"), &Value::Null, &json!("en-US")));
    let ids: std::collections::BTreeSet<_> = each(&items, "/messageId").into_iter().map(Value::to_string).collect();
    assert_eq!(ids.len(), 4);

    for asked in elsewhere.asked() {
        assert_ne!(asked.method, "OPTIONS", "no preflight: {asked:?}");
        if asked.method == "POST" {
            assert_eq!(asked.headers["content-type"], "text/plain;charset=UTF-8");
            assert_eq!(asked.query, format!("k={WRITE_KEY}"));
        }
    }
    let signals = beckon.rows_once("/api/v1/signals", |rows| rows.len() == 4).await;
    assert!(signals.iter().all(|signal| signal["contact_id"] == signals[0]["contact_id"]), "{signals:#?}");
    let contacts = beckon.api.list("/api/v1/contacts", 250).await;
    assert_eq!(each(&contacts, "/email"), [&json!("jane@acme.com")]);
    let events = beckon.rows_once("/api/v1/events", |rows| rows.len() == 1).await;
    let path = format!("/api/v1/events/{}", events[0]["id"].as_str().unwrap());
    let event = beckon.api.get(&path).await.expect(200).json();
    assert_eq!(event["payload"]["visit"]["partner_id"], "p-7", "passed through: {event:#}");
    browser.close().await;
}

// behaviour W5
#[tokio::test]
async fn a_small_script_waits_for_consent_follows_the_app_and_is_not_heard_of() {
    let beckon = Beckon::start().await;
    let website = Site::start(&beckon).await;
    let script = beckon.api.with("accept-encoding", "gzip").get("/beckon.js").await.expect(200);
    assert_eq!(script.headers["content-encoding"], "gzip");
    assert!(script.body.len() <= 2_500, "{} bytes", script.body.len());

    let watch = "<script>window.heard = []; addEventListener('error', (event) => heard.push(event.message));
        addEventListener('unhandledrejection', () => heard.push('rejected'));</script>";
    website.head(&format!("{watch}{}", website.pixel("data-consent=none")));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/app").await;
    run(&browser, "history.pushState({}, '', '/app/two'); beckon('nonsense');").await;
    run(&browser, "beckon('track', 'Done');").await;
    assert_eq!(website.calls().len(), 0, "nobody has agreed");
    run(&browser, "beckon('consent', 'granted');").await;
    let items = website.items(3).await;
    let paths = each(&items, "/context/page/path");
    assert!(paths.contains(&&json!("/app/two")) && each(&items, "/type").contains(&&json!("track")), "{items:#?}");
    assert_eq!(text(&browser, "return JSON.stringify(heard);").await, "[]");
    browser.close().await;
}

// behaviour W5 (in part)
#[tokio::test]
async fn a_single_page_app_tells_each_of_its_pages_once() {
    let beckon = Beckon::start().await;
    let website = Site::start(&beckon).await;
    website.head(&website.pixel(""));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/app").await;
    website.items(1).await;
    // What the app makes of it afterwards is what is told.
    run(&browser, "history.pushState({}, '', '/app/one'); document.title = 'One';").await;
    website.items(2).await;
    for same in [
        "history.replaceState({ a: 1 }, '', '/app/one');",
        "history.pushState({}, '', '/app/one#further');",
        "location.hash = 'below';",
        "window.dispatchEvent(new PopStateEvent('popstate'));",
    ] {
        run(&browser, same).await;
    }
    run(&browser, "history.replaceState({}, '', '/app/two?tab=1');").await;
    website.items(3).await;
    // Three steps back: past the anchors, to the first page of the app.
    run(&browser, "history.go(-3);").await;
    website.items(4).await;
    run(&browser, "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));").await;
    run(&browser, "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));").await;
    website.items(5).await;
    run(&browser, "beckon('page', 'Checkout', { step: 2 });").await;
    let items = website.items(6).await;

    let paths: Vec<_> =
        each(&items, "/context/page/url").into_iter().map(|url| url.as_str().unwrap().to_owned()).collect();
    let expected = ["/app", "/app/one", "/app/two?tab=1", "/app", "/app", "/app"].map(|path| website.url(path));
    assert_eq!(paths, expected, "{items:#?}");
    let referrers: Vec<_> =
        each(&items, "/context/page/referrer").into_iter().map(|url| url.as_str().unwrap()).collect();
    assert_eq!(
        referrers[..4],
        ["", &expected[0], &expected[1], &expected[2]],
        "where the app came from, not the website"
    );
    assert_eq!(items[1]["context"]["page"]["title"], "One");
    assert_eq!((&items[5]["name"], &items[5]["properties"]), (&json!("Checkout"), &json!({ "step": 2 })));
    browser.close().await;
}

#[tokio::test]
async fn a_page_that_nobody_sees_yet_tells_nothing_until_it_is_seen() {
    let beckon = Beckon::start().await;
    let website = Site::start(&beckon).await;
    let unseen = "<script>let seen = 'hidden'; let early = true;
        Object.defineProperty(document, 'visibilityState', { get: () => seen });
        Object.defineProperty(document, 'prerendering', { get: () => early });</script>";
    website.head(&format!("{unseen}{}", website.pixel("")));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/opened-behind").await;
    let turn = |name: &str| format!("document.dispatchEvent(new Event('{name}'));");
    run(&browser, "beckon('track', 'Loaded');").await;
    run(&browser, &turn("visibilitychange")).await;
    run(&browser, &format!("seen = 'visible'; {}", turn("visibilitychange"))).await;
    assert_eq!(website.calls().len(), 0, "it is still only prepared");
    run(&browser, &format!("document.title = 'Seen'; early = false; {}", turn("prerenderingchange"))).await;
    let items = website.items(2).await;
    assert_eq!(each(&items, "/type"), ["track", "page"]);
    assert_eq!(items[1]["context"]["page"]["title"], "Seen");
    run(&browser, &turn("visibilitychange")).await;
    run(&browser, "beckon('track', 'Last');").await;
    assert_eq!(website.items(3).await.len(), 3, "it is told once");
    browser.close().await;
}

// behaviour W5 (in part)
#[tokio::test]
async fn what_is_waiting_when_a_tab_is_closed_arrives() {
    let beckon = Beckon::start().await;
    let (website, elsewhere) = (Site::start(&beckon).await, Site::start(&beckon).await);
    website.head(&elsewhere.pixel(""));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/first").await;
    elsewhere.items(1).await;

    // A tab whose first call is not answered: what comes after it has to wait.
    elsewhere.answer(false);
    run(&browser, "window.tab = window.open('/tab');").await;
    elsewhere.items(2).await;
    run(&browser, "for (let n = 0; n < 30; n++) tab.beckon('track', 'Step', { n });").await;
    run(&browser, "tab.history.pushState({}, '', '/tab/last');").await;
    assert_eq!(elsewhere.calls().len(), 2, "all of it is waiting");
    run(&browser, "tab.close();").await;
    let items = elsewhere.items(33).await;
    let numbers: Vec<_> = (0..30).map(|n| json!(n)).collect();
    assert_eq!(each(&items[2..32], "/properties/n"), numbers.iter().collect::<Vec<_>>());
    assert_eq!(items[32]["context"]["page"]["path"], "/tab/last");

    // 180 kB, three times of what a browser takes from a page that ends: it takes as much as it can, in several calls.
    run(&browser, "window.tab = window.open('/large');").await;
    elsewhere.items(34).await;
    run(&browser, "for (let n = 0; n < 30; n++) tab.beckon('track', 'Large', { n, note: '€'.repeat(2000) });").await;
    run(&browser, "tab.close();").await;
    let large = |asked: &[Asked]| {
        let items = asked.iter().filter(|asked| asked.method == "POST").flat_map(Asked::items);
        let mut all: Vec<_> = items
            .filter_map(|item| item["properties"]["note"].is_string().then(|| item["properties"]["n"].as_u64()))
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let asked = elsewhere.asked_once("what fits", |asked| (0..5).all(|n| large(asked).contains(&Some(n)))).await;
    assert!(large(&asked).len() < 30, "a browser takes 64 KiB");
    elsewhere.answer(true);
    browser.close().await;
}

// behaviour W5 (in part)
#[tokio::test]
async fn a_call_made_as_the_page_ends_arrives_and_so_does_the_page_of_an_app_it_just_went_to() {
    let beckon = Beckon::start().await;
    let (website, elsewhere) = (Site::start(&beckon).await, Site::start(&beckon).await);
    website.head(&elsewhere.pixel(""));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/shop").await;
    elsewhere.items(1).await;
    elsewhere.answer(false);
    run(&browser, "beckon('track', 'On the way');").await;
    elsewhere.items(2).await;
    let end = "window.addEventListener('beforeunload', () => {
                   beckon('track', 'Bought', { total: 3 }); history.pushState({}, '', '/shop/thanks');
               });
               window.tab = 0; location.href = 'about:blank';";
    run(&browser, end).await;
    let items = elsewhere.items(4).await;
    assert_eq!(each(&items, "/type"), ["page", "track", "track", "page"]);
    assert_eq!(items[2]["event"], "Bought");
    assert_eq!(items[3]["context"]["page"]["path"], "/shop/thanks");
    elsewhere.answer(true);
    let signals = beckon.rows_once("/api/v1/signals", |rows| rows.len() == 4).await;
    assert!(signals.iter().all(|signal| signal["visitor_id"] == signals[0]["visitor_id"]), "{signals:#?}");
    assert!(elsewhere.asked().iter().all(|asked| asked.method != "OPTIONS"), "no preflight at the end either");
    browser.close().await;
}

// behaviour W5 (in part)
#[tokio::test]
async fn where_nothing_can_be_kept_it_still_counts() {
    let beckon = Beckon::start().await;
    let (website, inside) = (Site::start(&beckon).await, Site::start(&beckon).await);
    // A frame without an origin of its own: reading its cookies or its storage throws.
    website.head(&format!("<iframe title=Inside sandbox=allow-scripts src='{}'></iframe>", inside.url("/inside")));
    inside.head(&inside.pixel(""));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/").await;
    inside.items(1).await;
    browser.enter_frame().await;
    let blocked = "try { localStorage.getItem('a'); return 'open'; } catch (error) { return error.name; }";
    assert_eq!(text(&browser, blocked).await, "SecurityError");
    run(&browser, "beckon('track', 'Clicked');").await;
    let items = inside.items(2).await;
    assert!(items[0]["anonymousId"].is_string() && items[0]["anonymousId"] == items[1]["anonymousId"], "{items:#?}");
    assert_eq!(beckon.rows_once("/api/v1/signals", |rows| rows.len() == 2).await.len(), 2);
    browser.leave_frame().await;
    browser.close().await;
}

// behaviour W5 (in part)
#[tokio::test]
async fn the_page_never_hears_of_it_and_its_own_errors_stay_its_own() {
    let beckon = Beckon::start().await;
    let website = Site::start(&beckon).await;
    let watch = "<script>window.heard = [];
        window.onerror = (message) => { heard.push(message); };
        window.onunhandledrejection = (event) => { heard.push('rejected ' + event.reason); };
        beckon('nonsense'); beckon(); beckon('track'); beckon('constructor', 'x');
        const ring = {}; ring.ring = ring; beckon('track', 'Ring', ring); beckon('identify', null);
        setTimeout(() => { own.error(); });
    </script>";
    let lines = website.pixel("");
    let (stub, script) = lines.split_at(lines.find("</script>").unwrap() + "</script>".len());
    website.head(&format!("{stub}{watch}{script}{script}"));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/odd").await;
    // What can be read is sent, what cannot is not, and holds up nothing; the second script does nothing.
    let items = website.items(3).await;
    assert_eq!(each(&items, "/type"), ["track", "identify", "page"]);

    // What the page's own history call throws, it throws; nothing else does.
    let thrown = "try { history.pushState({}, '', 'http://elsewhere.example/'); return 'fine'; } catch (error) { return error.name; }";
    assert_eq!(text(&browser, thrown).await, "SecurityError");
    // A page that has broken everything around it.
    let broken = "window.fetch = () => { throw new Error('no fetch'); };
                  navigator.sendBeacon = () => { throw new Error('no beacon'); };
                  beckon('track', 'Into nothing'); history.pushState({}, '', '/odd/two');";
    run(&browser, broken).await;
    run(&browser, "window.dispatchEvent(new Event('pagehide'));").await;
    run(
        &browser,
        "window.setTimeout = () => { throw new Error('no timers'); }; beckon('track', 'No timer');
                   history.pushState({}, '', '/odd/three');",
    )
    .await;
    let heard = "return JSON.stringify(heard);";
    assert_eq!(text(&browser, heard).await, r#"["Uncaught ReferenceError: own is not defined"]"#);
    let faults = browser.faults().await;
    assert!(faults.len() == 1 && faults[0].contains("own is not defined"), "{faults:?}");
    browser.close().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_sent_again_and_what_is_refused_is_not() {
    let beckon = Beckon::start().await;
    let website = Site::start(&beckon).await;
    website.head(&website.pixel(""));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/").await;
    website.items(1).await;
    // What calls are answered with, as long as there is something in the list; then it is the network's turn.
    let answers = "window.answers = []; const own = window.fetch;
        window.fetch = (...given) => {
            if (answers.length === 0) return own(...given);
            const status = answers.shift();
            return status ? Promise.resolve(new Response('', { status })) : Promise.reject(new TypeError('Failed to fetch'));
        };";
    run(&browser, answers).await;
    run(&browser, "answers.push(0, 503, 429); beckon('track', 'Kept');").await;
    assert_eq!(website.items(2).await[1]["event"], "Kept");
    assert_eq!(beckon.rows_once("/api/v1/signals", |rows| rows.len() == 2).await.len(), 2);
    run(&browser, "answers.push(503, 400); beckon('track', 'Given up');").await;
    let spent = async || browser.ask("return answers.length;", vec![]).await.unwrap() == 0;
    let wait = async { while !spent().await {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.expect("tried again");
    run(&browser, "beckon('track', 'Next');").await;
    let items = website.items(3).await;
    assert_eq!(items[2]["event"], "Next", "what was refused with 400 is not sent again: {items:#?}");
    browser.close().await;
}

// behaviour W5 (in part)
#[tokio::test]
async fn consent_decides_what_is_sent_and_what_is_kept() {
    let beckon = Beckon::start().await;
    let website = Site::start(&beckon).await;
    website.head(&website.pixel("data-consent=none"));
    let browser = Browser::start(&website.url("")).await;

    // None: nothing is sent and nothing kept, until somebody says yes; then the page they landed on counts.
    browser.open("/landing?utm_source=ad").await;
    let ready = "return beckon.on === true && beckon.q.length === undefined;";
    let wait = async { while browser.ask(ready, vec![]).await.unwrap() != true {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.expect("the script is there");
    run(&browser, "beckon('track', 'Before'); window.dispatchEvent(new Event('pagehide'));").await;
    assert_eq!((website.calls().len(), text(&browser, KEPT).await.as_str()), (0, "|"));
    run(&browser, "beckon('consent', 'cookieless');").await;
    let items = website.items(2).await;
    assert_eq!(
        (each(&items, "/type"), &items[0]["context"]["consent"]),
        (vec![&json!("page"), &json!("track")], &json!("cookieless"))
    );
    assert_eq!(text(&browser, KEPT).await, "|", "nothing is kept");

    // Granted: the visitor stays who it was, and is kept.
    run(&browser, "beckon('consent', 'granted'); beckon('track', 'After');").await;
    let items = website.items(3).await;
    let visitor = items[0]["anonymousId"].as_str().unwrap().to_owned();
    assert_eq!((&items[2]["anonymousId"], &items[2]["context"]["consent"]), (&json!(visitor), &json!("granted")));
    assert_eq!(text(&browser, KEPT).await, format!("beckon_id={visitor}|{visitor}"));

    // The next page begins with what was kept, once it is granted again.
    website.head(&website.pixel("data-consent=granted"));
    browser.open("/second").await;
    assert_eq!(website.items(4).await[3]["anonymousId"], visitor);

    // Withdrawn: forgotten, and nothing more is sent.
    run(&browser, "beckon('consent', 'none'); beckon('track', 'Never'); window.dispatchEvent(new Event('pagehide'));")
        .await;
    // An answer that was on its way may bring the cookie back, until it is read.
    let wait = async { while text(&browser, KEPT).await != "|" {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.expect("nothing is kept any more");

    // Cookieless: an id per page load.
    website.head(&website.pixel("data-consent=cookieless"));
    browser.open("/third").await;
    website.items(5).await;
    browser.open("/fourth").await;
    let items = website.items(6).await;
    let ids = each(&items[3..], "/anonymousId");
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{items:#?}");
    assert_eq!(text(&browser, KEPT).await, "|");
    assert!(items.iter().all(|item| item["event"] != "Never"));

    // A word that nobody knows is no consent.
    website.head(&website.pixel("data-consent=denied"));
    browser.open("/fifth").await;
    website.head(&website.pixel("data-consent=cookieless"));
    browser.open("/sixth").await;
    assert_eq!(website.items(7).await[6]["context"]["page"]["path"], "/sixth");
    browser.close().await;
}

// behaviour Q13 (in part), W5 (in part)
#[tokio::test]
async fn whoever_asks_not_to_be_told_on_is_not_identified() {
    let beckon = beckon_for_driven_browsers().await;
    let website = Site::start(&beckon).await;
    beckon.segment("Everybody", json!({ "all": [] })).await;
    let identify = "<script>beckon('identify', 'u1', { email: 'jane@acme.com' });</script>";
    website.head(&format!("{}{identify}", website.pixel("")));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/known").await;
    website.items(2).await;
    let events = beckon.rows_once("/api/v1/events", |rows| !rows.is_empty()).await;
    assert_eq!(events[0]["type"], "contact.visited");

    let asks = "<script>Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });</script>";
    website.head(&format!("{asks}{}{identify}", website.pixel("")));
    browser.open("/private").await;
    let items = website.items(3).await;
    assert_eq!(
        (&items[2]["type"], &items[2]["context"]["gpc"]),
        (&json!("page"), &json!(true)),
        "who it is is not even sent"
    );
    assert_ne!(items[2]["anonymousId"], items[1]["anonymousId"], "nor the id it was known by");
    let signals = beckon.rows_once("/api/v1/signals", |rows| rows.len() == 3).await;
    let private = signals.iter().find(|signal| signal["body"]["context"]["gpc"] == true).expect("the private one");
    assert_eq!((&private["contact_id"], &private["company_id"]), (&Value::Null, &Value::Null));
    assert_ne!(private["visitor_id"], signals.iter().find(|signal| *signal != private).unwrap()["visitor_id"]);
    assert_eq!(beckon.api.list("/api/v1/events", 250).await.len(), events.len(), "nobody is told of");
    browser.close().await;
}

#[tokio::test]
async fn a_page_of_a_denied_host_sends_nothing_that_counts() {
    let beckon = Beckon::start().await;
    let (website, copy) = (Site::start(&beckon).await, Site::start(&beckon).await);
    let sites = json!({ "sites": { "allow": [website.host(), copy.host()], "deny": [copy.host()] } });
    beckon.api.patch("/api/v1/settings", sites).await.expect(200);
    for site in [&website, &copy] {
        site.head(&website.pixel(""));
    }
    let browser = Browser::start(&website.url("")).await;
    browser.open(&copy.url("/pricing")).await;
    website.items(1).await;
    browser.open(&website.url("/pricing")).await;
    website.items(2).await;
    let signals = beckon.rows_once("/api/v1/signals", |rows| !rows.is_empty()).await;
    assert_eq!(each(&signals, "/body/context/page/url"), [&json!(website.url("/pricing"))]);
    browser.close().await;
}

#[tokio::test]
async fn behind_a_websites_own_proxy_the_answer_keeps_the_visitors_id() {
    let beckon = Beckon::start().await;
    let website = Site::start(&beckon).await;
    // The address of the script alone says where to send to.
    website.head(&website.pixel("").replace(&website.url(""), ""));
    let browser = Browser::start(&website.url("")).await;
    browser.open("/").await;
    let visitor = website.items(1).await[0]["anonymousId"].as_str().unwrap().to_owned();
    beckon.rows_once("/api/v1/signals", |rows| rows.len() == 1).await;
    // What a script keeps is gone after a week in some browsers: here it goes at once, and the next answer brings it back.
    run(&browser, "document.cookie = 'beckon_id=; path=/; max-age=0'; document.cookie = 'a=1; path=/'; localStorage.clear(); beckon('track', 'Later');")
        .await;
    website.items(2).await;
    let kept =
        async { while text(&browser, "return document.cookie;").await != format!("a=1; beckon_id={visitor}") {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), kept).await.expect("the cookie comes back");
    browser.open("/next").await;
    assert_eq!(website.items(3).await[2]["anonymousId"], visitor);

    // Another address for the calls, another name for the function.
    let lines = website.pixel("data-endpoint=/w/other.js data-name=acme").replace("\"beckon\"", "\"acme\"");
    website.head(&format!("{lines}<script>acme('track', 'Renamed');</script>"));
    browser.open("/renamed").await;
    let items = website.items(5).await;
    assert_eq!((&items[3]["event"], &items[4]["type"]), (&json!("Renamed"), &json!("page")));
    assert_eq!(text(&browser, "return typeof beckon;").await, "undefined");
    browser.close().await;
}

#[tokio::test]
async fn who_follows_the_link_in_a_mail_and_stays_is_taken_for_whom_it_was_sent_to() {
    let beckon = beckon_for_driven_browsers().await;
    let website = Site::start(&beckon).await;
    website.head(&website.pixel(""));
    let ann = beckon.api.post("/api/v1/contacts", json!({"email": "ann@acme.com"})).await.expect(201).json();
    let asked =
        json!({"url": website.url("/pricing?utm_source=mail#plans"), "contacts": ["ann@acme.com", "nobody@acme.com"]});
    let made = beckon.api.post("/api/v1/email-links", asked).await.expect(200).json();
    assert_eq!((&made["links"][0]["contact_id"], &made["links"][1]["url"]), (&ann["id"], &json!(null)), "{made:#}");
    let link = made["links"][0]["url"].as_str().unwrap();

    let browser = Browser::start(&website.url("")).await;
    browser.open(link.strip_prefix(&website.url("")).unwrap()).await;
    let items = website.items(1).await;
    let address = text(&browser, "return location.href;").await;
    assert_eq!(address, website.url("/pricing?utm_source=mail&#plans"), "others do not read the token");
    assert!(!items[0]["context"]["page"]["url"].as_str().unwrap().contains("beckon_token"), "{items:#?}");
    assert_eq!(items[0]["context"]["campaign"]["source"], "mail");
    let stayed = website.items(2).await;
    assert_eq!(stayed[1]["type"], "identify", "{stayed:#?}");
    let known =
        beckon.rows_once("/api/v1/signals", |rows| rows.iter().any(|row| row["recognised_by"] == "email_link")).await;
    assert_eq!(each(&known, "/contact_id")[0], &ann["id"]);
    let visitor = known[0]["visitor_id"].as_str().unwrap();
    let why = beckon.api.get(&format!("/api/v1/visitors/{visitor}/identity")).await.expect(200).json();
    assert!(why["why"].as_str().unwrap().contains("followed the link in a mail to them"), "{why:#}");
    browser.close().await;
}
