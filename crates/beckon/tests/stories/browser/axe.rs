//! axe-core in the page: what people who do not see, hear or point like others would stumble over.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::Browser;
use crate::clients;

/// WCAG 2.2 up to level AA, and what axe-core holds to be good practice beyond.
const RULES: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

impl Browser {
    /// Fails if axe finds something on the page, saying what and where.
    pub async fn axe(&self, what: &str) {
        let found = self.axe_finds().await;
        assert!(found.is_empty(), "axe finds on {what}:\n{}", found.join("\n"));
    }

    /// What axe finds on the page.
    pub async fn axe_finds(&self) -> Vec<String> {
        let run = "const done = arguments[1];
                   axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] })
                      .then((found) => done(found.violations), (error) => done(String(error)));";
        self.ask(axe(), vec![]).await.expect("axe is read");
        let found = self.window.execute_async(run, vec![json!(RULES)]).await.expect("axe runs");
        let Value::Array(violations) = found.json() else { panic!("axe did not run: {}", found.json()) };
        violations.iter().map(in_words).collect()
    }
}

fn in_words(violation: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let places = violation["nodes"].as_array().into_iter().flatten().map(|node| {
        let why = text(&node["failureSummary"]).replace('\n', " ");
        format!("    {} {}\n      {why}", node["target"], text(&node["html"]))
    });
    let places: Vec<_> = places.collect();
    format!(
        "  {} ({}): {}\n{}",
        text(&violation["id"]),
        text(&violation["impact"]),
        text(&violation["help"]),
        places.join("\n")
    )
}

/// The library as it was installed. It adds itself to the page's window.
fn axe() -> &'static str {
    static AXE: OnceLock<String> = OnceLock::new();
    AXE.get_or_init(|| {
        let file = clients::installed().join("node_modules/axe-core/axe.min.js");
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    })
}

#[tokio::test]
async fn axe_finds_a_field_without_a_label_and_text_that_is_too_faint() {
    let browser = Browser::start("http://127.0.0.1:1").await;
    let page =
        |body: &str| format!("data:text/html,<html lang=en><title>A page</title><main><h1>One</h1>{body}</main>");
    browser.open(&page("<label>Name <input></label>")).await;
    browser.axe("a page that is all right").await;
    browser.open(&page("<input><p style='color:silver;background:white'>Faint</p>")).await;
    let found = browser.axe_finds().await.join("\n");
    assert!(found.contains("label (critical)") && found.contains("color-contrast (serious)"), "{found}");
    browser.close().await;
}
