//! Behaviours Q6 and Q12: companies behind networks, and bots.

use std::path::Path;

use beckon_testkit::Mmdb;
use beckon_testkit::receiver::Receiver;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::beckon::Beckon;
use crate::http::Http;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
/// In the network of Acme, by the file.
const OFFICE: &str = "203.0.113.7";
const OFFICE_V6: &str = "2001:db8:5::7";
/// In that of an internet provider.
const HOME: &str = "198.51.100.7";
/// In that of a data centre.
const CLOUD: &str = "192.0.2.7";

fn lite(name: &str, domain: &str) -> Value {
    json!({ "asn": "AS64500", "as_name": name, "as_domain": domain, "country_code": "DE" })
}

fn networks(office: &str) -> Mmdb {
    Mmdb::new("ipinfo generic_lite.mmdb")
        .with("203.0.113.0/24", lite("Acme Corporation", office))
        .with("2001:db8:5::/48", lite("Acme Corporation", office))
        .with("198.51.100.0/24", lite("Comcast Cable Communications, LLC", "comcast.net"))
        .with("192.0.2.0/24", lite("Hetzner Online GmbH", "hetzner.com"))
}

/// A server behind a proxy, which looks addresses up in `folder`.
async fn beckon_in(folder: &Path) -> Beckon {
    let file = folder.join("lite.mmdb");
    let settings = [("BECKON_COMPANY_MMDB", file.to_str().unwrap()), ("BECKON_TRUSTED_PROXIES", "127.0.0.0/8")];
    let beckon = Beckon::start_with(&settings).await;
    for (name, subject) in [("Companies", "company"), ("People", "contact")] {
        let body =
            json!({ "name": name, "subject": subject, "rule": { "all": [] }, "enabled": true, "actions": ["webhook"] });
        beckon.api.post("/api/v1/segments", body).await.expect(201);
    }
    beckon
}

/// A browser that comes by the proxy.
fn browser(beckon: &Beckon, address: &str, user_agent: &str) -> Http {
    let through = beckon.tracking.with("origin", "https://www.example.com").with("x-forwarded-for", address);
    through.with("user-agent", user_agent)
}

async fn view(browser: &Http, visitor: &str) {
    let page = json!({ "anonymousId": visitor, "properties": { "path": "/pricing" } });
    let answer = browser.post("/v1/page", page).await.expect(200).json();
    assert_eq!(answer["accepted"], 1, "{answer}");
}

async fn events(beckon: &Beckon) -> Vec<Value> {
    beckon.api.list("/api/v1/events", 250).await
}

/// The latest signal.
async fn signal(beckon: &Beckon) -> Value {
    beckon.api.get("/api/v1/signals?limit=1").await.expect(200).json()["data"][0].clone()
}

// behaviour Q6
#[tokio::test]
async fn an_unknown_visitor_in_a_companys_network_is_announced_as_the_company_and_no_one_elses_line_is() {
    let folder = TempDir::new().unwrap();
    networks("acme.com").save(&folder.path().join("lite.mmdb"));
    let beckon = beckon_in(folder.path()).await;
    let receiver = Receiver::start().await;
    beckon.webhook(&receiver.url("/"), &["company.visited", "contact.visited"]).await;

    view(&browser(&beckon, HOME, FIREFOX), "at home").await;
    view(&browser(&beckon, CLOUD, FIREFOX), "in a data centre").await;
    view(&browser(&beckon, "192.0.99.1", FIREFOX), "where no file knows").await;
    view(&browser(&beckon, &format!("{OFFICE}, {HOME}"), FIREFOX), "who writes the header themself").await;
    assert_eq!(events(&beckon).await.len(), 0);
    assert_eq!(beckon.api.list("/api/v1/companies", 250).await.len(), 0, "and no company was made");

    view(&browser(&beckon, OFFICE, FIREFOX), "in the office").await;
    let body = receiver.received(1).await[0].json();
    assert_eq!(body["event"], "company.visited");
    assert_eq!(
        (&body["company"]["domain"], &body["company"]["name"]),
        (&json!("acme.com"), &json!("Acme Corporation"))
    );
    assert_eq!(body.get("contact"), None);
    assert_eq!(body["visit"]["path"], "/pricing");
    assert_eq!(signal(&beckon).await["recognised_by"], "network");
    view(&browser(&beckon, OFFICE_V6, FIREFOX), "in the office, by IPv6").await;
    assert_eq!(beckon.api.list("/api/v1/companies", 250).await.len(), 1);
    assert_eq!(beckon.api.list("/api/v1/contacts", 250).await.len(), 0, "nobody is made up");

    let said = json!({ "anonymousId": "jane", "traits": { "email": "jane@mail.globex.co.uk" } });
    browser(&beckon, OFFICE, FIREFOX).post("/v1/identify", said).await.expect(200);
    view(&browser(&beckon, OFFICE, FIREFOX), "jane").await;
    let latest = events(&beckon).await[0].clone();
    let event = beckon.api.get(&format!("/api/v1/events/{}", latest["id"].as_str().unwrap())).await.json();
    assert_eq!(event["type"], "contact.visited");
    assert_eq!(event["payload"]["company"]["domain"], "globex.co.uk", "a contact's own company wins");
}

// behaviour Q13 (in part)
#[tokio::test]
async fn whose_network_it_is_is_not_asked_of_a_browser_that_asks_not_to_be_told_on() {
    let folder = TempDir::new().unwrap();
    networks("acme.com").save(&folder.path().join("lite.mmdb"));
    let beckon = beckon_in(folder.path()).await;
    let office = browser(&beckon, OFFICE, FIREFOX);
    view(&office.with("sec-gpc", "1"), "in the office").await;
    assert_eq!(signal(&beckon).await["company_id"], Value::Null);
    assert_eq!(beckon.api.list("/api/v1/companies", 250).await.len(), 0, "and no company was made");
    assert_eq!(events(&beckon).await.len(), 0);
    // Neither by what comes later of the same browser.
    view(&office, "in the office").await;
    assert_eq!(events(&beckon).await.len(), 1);
    assert_eq!(
        beckon
            .api
            .list("/api/v1/signals?kind=page", 250)
            .await
            .iter()
            .filter(|signal| !signal["company_id"].is_null())
            .count(),
        1
    );
}

#[tokio::test]
async fn a_server_tells_its_visitors_addresses_in_the_context() {
    let folder = TempDir::new().unwrap();
    networks("acme.com").save(&folder.path().join("lite.mmdb"));
    let beckon = beckon_in(folder.path()).await;
    let page = |address: &str| json!({ "anonymousId": address, "context": { "ip": address, "userAgent": FIREFOX }, "properties": { "path": "/" } });
    beckon.track("page", page(HOME)).await;
    assert_eq!(events(&beckon).await.len(), 0);
    beckon.track("page", page(OFFICE)).await;
    assert_eq!(events(&beckon).await[0]["type"], "company.visited");
    // What a browser says of itself is not believed.
    let from_home = browser(&beckon, HOME, FIREFOX);
    from_home.post("/v1/page", page(OFFICE_V6)).await.expect(200);
    assert_eq!(signal(&beckon).await["company_id"], Value::Null);
}

// behaviour Q6 (in part)
#[tokio::test]
async fn a_changed_file_is_taken_in_while_the_server_runs_and_the_operators_table_goes_before_it() {
    let folder = TempDir::new().unwrap();
    let (file, table) = (folder.path().join("lite.mmdb"), folder.path().join("networks.csv"));
    networks("old.example").save(&file);
    std::fs::write(&table, "network,domain,name\n198.51.100.7/32,branch.example,Branch\n").unwrap();
    let settings = [
        ("BECKON_COMPANY_MMDB", file.to_str().unwrap()),
        ("BECKON_COMPANY_NETWORKS", table.to_str().unwrap()),
        ("BECKON_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let beckon = Beckon::start_with(&settings).await;
    let domains = async || {
        let companies = beckon.api.list("/api/v1/companies", 250).await;
        companies.iter().map(|company| company["domain"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    view(&browser(&beckon, HOME, FIREFOX), "a").await;
    assert_eq!(domains().await, ["branch.example"]);

    // First a bad one, which changes nothing, then a good one.
    std::fs::write(&file, "no file of networks").unwrap();
    view(&browser(&beckon, OFFICE, FIREFOX), "b").await;
    assert!(domains().await.contains(&"old.example".to_owned()));
    networks("new.example").save(&file);
    let wait = async {
        for n in 0.. {
            view(&browser(&beckon, OFFICE, FIREFOX), &format!("c{n}")).await;
            if domains().await.contains(&"new.example".to_owned()) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), wait).await.expect("the new file is taken in");
}

// behaviour Q12
#[tokio::test]
async fn bots_are_marked_with_the_reason_and_counted_and_never_qualify() {
    let folder = TempDir::new().unwrap();
    networks("acme.com").save(&folder.path().join("lite.mmdb"));
    let beckon = beckon_in(folder.path()).await;
    let segments = beckon.api.list("/api/v1/segments", 250).await;
    let about = |subject: &str| {
        let found = segments.iter().find(|segment| segment["subject"] == subject).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let marked = async |reason: &str| {
        let signal = signal(&beckon).await;
        assert_eq!(signal["bot"], reason, "{signal}");
        let path = format!("/api/v1/signals/{}/explain?segment={}", signal["id"].as_str().unwrap(), about("company"));
        let explained = beckon.api.get(&path).await.expect(200).json();
        assert!(explained["answer"].as_str().unwrap().starts_with("No: it was taken for a bot's: "), "{explained}");
    };

    view(&browser(&beckon, OFFICE, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), "a")
        .await;
    marked("user_agent").await;
    view(&browser(&beckon, OFFICE, FIREFOX).without("user-agent"), "b").await;
    marked("no_user_agent").await;
    view(&browser(&beckon, CLOUD, FIREFOX), "c").await;
    marked("hosting").await;
    let driven =
        json!({ "anonymousId": "d", "context": { "webdriver": true }, "traits": { "email": "jane@acme.com" } });
    browser(&beckon, OFFICE, FIREFOX).post("/v1/identify", driven).await.expect(200);
    marked("webdriver").await;
    assert_eq!(events(&beckon).await.len(), 0);
    assert_eq!(beckon.api.list("/api/v1/contacts", 250).await.len(), 0);
    assert_eq!(beckon.api.list("/api/v1/companies", 250).await.len(), 0);

    let fast = browser(&beckon, HOME, FIREFOX);
    for _ in 0..2 {
        let page = json!({ "type": "page", "anonymousId": "e", "properties": { "path": "/" } });
        fast.post("/v1/batch", json!({ "batch": vec![page; 61] })).await.expect(200);
    }
    marked("rate").await;

    let stats = beckon.api.get("/api/v1/stats").await.expect(200).json();
    assert_eq!(stats["totals"]["signals"], 4 + 122);
    assert_eq!(stats["totals"]["bot_signals"], 4 + 1 + 61, "the last of the first batch, and all of the second");

    // The same people, without what gave them away.
    view(&browser(&beckon, OFFICE, FIREFOX), "a").await;
    assert_eq!(events(&beckon).await.len(), 1);
    assert_eq!(signal(&beckon).await["bot"], Value::Null);
}
