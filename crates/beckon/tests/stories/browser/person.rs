//! What a person does with a page.

use std::future::Future;

use serde_json::{Value, json};
use thirtyfour::{Key, WebElement};
use tokio::time::{sleep, timeout};

use super::{Browser, GLANCE, PATIENCE};

/// Finds things by what is written on them.
const PERSON: &str = include_str!("person.js");
/// How often Tab may be pressed to get somewhere.
const TABS_MAX: usize = 200;

/// Something on the page, by what is written on it.
pub struct Named {
    words: String,
    part: Option<String>,
}

impl From<&str> for Named {
    fn from(words: &str) -> Named {
        Named { words: words.to_owned(), part: None }
    }
}

/// The same in that row, card or group, which is known by something that stands in it.
pub fn within(part: &str, words: &str) -> Named {
    Named { words: words.to_owned(), part: Some(part.to_owned()) }
}

impl Named {
    fn given(&self) -> Vec<Value> {
        vec![json!(self.words), json!(self.part)]
    }

    fn told(&self) -> String {
        let inside = self.part.as_ref().map(|part| format!(" at “{part}”")).unwrap_or_default();
        format!("“{}”{inside}", self.words)
    }
}

impl Browser {
    /// Clicks a link or a button.
    pub async fn click(&self, named: impl Into<Named>) {
        let named = named.into();
        let click = async || self.thing(&named).await?.click().await.ok();
        self.once(&format!("a click on {}", named.told()), click).await;
    }

    /// Types into a field, in place of what stands there.
    pub async fn fill(&self, named: impl Into<Named>, text: &str) {
        let named = named.into();
        let fill = async || {
            let field = self.field(&named).await?;
            field.clear().await.ok()?;
            field.send_keys(text).await.ok()
        };
        self.once(&format!("a field {}", named.told()), fill).await;
    }

    /// Puts a moment into a field for times, `2026-01-31T12:00`: how it is typed depends on the language.
    pub async fn fill_moment(&self, named: impl Into<Named>, moment: &str) {
        let named = named.into();
        let put = "const [field, moment] = arguments; field.value = moment;
                   for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));";
        let fill = async || {
            let field = self.field(&named).await?;
            self.ask(put, vec![field.to_json().ok()?, json!(moment)]).await.ok()
        };
        self.once(&format!("a field {}", named.told()), fill).await;
    }

    /// Ticks a box, or chooses one of several; what is ticked stays so.
    pub async fn tick(&self, named: impl Into<Named>) {
        self.set_box(named.into(), true).await;
    }

    /// Takes the tick out of a box.
    pub async fn untick(&self, named: impl Into<Named>) {
        self.set_box(named.into(), false).await;
    }

    async fn set_box(&self, named: Named, ticked: bool) {
        let set = async || {
            let field = self.field(&named).await?;
            if field.is_selected().await.ok()? != ticked {
                field.click().await.ok()?;
            }
            Some(())
        };
        self.once(&format!("a box {}", named.told()), set).await;
    }

    /// Chooses from a list.
    pub async fn choose(&self, named: impl Into<Named>, option: &str) {
        let named = named.into();
        let find = "const [list, words] = arguments;
                    const tidy = (it) => it.textContent.replace(/\\s+/g, ' ').trim();
                    const all = [...list.options];
                    return all.find((it) => tidy(it) === words) ?? all.find((it) => tidy(it).startsWith(words)) ?? null;";
        let choose = async || {
            let list = self.field(&named).await?.to_json().ok()?;
            let option = self.window.execute(find, vec![list, json!(option)]).await.ok()?;
            option.element().ok()?.click().await.ok()
        };
        self.once(&format!("the choice “{option}” in {}", named.told()), choose).await;
    }

    /// Gives a file to a field.
    pub async fn upload(&self, named: impl Into<Named>, path: &std::path::Path) {
        let named = named.into();
        let give = async || self.field(&named).await?.send_keys(path.display().to_string()).await.ok();
        self.once(&format!("a field {}", named.told()), give).await;
    }

    /// Waits until the text can be read.
    pub async fn see(&self, text: &str) {
        let seen = async || self.text().await?.contains(text).then_some(());
        self.once(&format!("“{text}” shows"), seen).await;
    }

    /// Waits until the text can be read in that row, card or group.
    pub async fn see_in(&self, part: &str, text: &str) {
        let script = format!("{PERSON} return parts(arguments[0]).map(textOf);");
        let seen = async || {
            let read = self.ask(&script, vec![json!(part)]).await.ok()?;
            read.as_array()?.iter().filter_map(|part| part.as_str()).any(|part| part.contains(text)).then_some(())
        };
        self.once(&format!("“{text}” shows at “{part}”"), seen).await;
    }

    /// Waits until the text is gone.
    pub async fn see_no_more(&self, text: &str) {
        let gone = async || (!self.text().await?.contains(text)).then_some(());
        self.once(&format!("“{text}” is gone"), gone).await;
    }

    /// Whether the text can be read now.
    pub async fn shows(&self, text: &str) -> bool {
        let read = async || self.text().await;
        self.once("a page", read).await.contains(text)
    }

    /// What stands in a field.
    pub async fn value_of(&self, named: impl Into<Named>) -> String {
        let named = named.into();
        let read = async || self.field(&named).await?.prop("value").await.ok().flatten();
        self.once(&format!("a field {}", named.told()), read).await
    }

    /// Answers a question that the browser itself asks with yes, and gives the question.
    pub async fn say_yes(&self) -> String {
        let answer = async || {
            let question = self.window.get_alert_text().await.ok()?;
            self.window.accept_alert().await.ok()?;
            Some(question)
        };
        self.once("a question", answer).await
    }

    /// Presses Tab until what is named has the focus, which must be seen to be there.
    pub async fn tab_to(&self, named: impl Into<Named>) {
        let named = named.into();
        let script = format!(
            "{PERSON} const [words, within] = arguments; const it = document.activeElement;
             if (it === document.body) return ['', true];
             const is = [thing(words, within), field(words, within)].includes(it);
             const style = getComputedStyle(it);
             const marked = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
             return [is ? 'here' : nameOf(it), marked || !it.matches(':focus-visible')];"
        );
        let mut passed = Vec::new();
        for _ in 0..TABS_MAX {
            self.press(Key::Tab).await;
            let focus = self.ask(&script, named.given()).await.expect("what has the focus");
            assert_eq!(focus[1], true, "the focus cannot be seen on {}", focus[0]);
            if focus[0] == "here" {
                return;
            }
            passed.push(focus[0].to_string());
        }
        panic!("Tab does not lead to {}, but past {}", named.told(), passed.join(", "));
    }

    /// Presses a key.
    pub async fn press(&self, key: Key) {
        self.window.action_chain().send_keys(key).perform().await.expect("a key");
    }

    /// Types where the focus is.
    pub async fn type_text(&self, text: &str) {
        self.window.action_chain().send_keys(text).perform().await.expect("keys");
    }

    /// What can be read on the page; `None` while it is being exchanged for another.
    async fn text(&self) -> Option<String> {
        let read = self.ask(&format!("{PERSON} return text();"), vec![]).await.ok()?;
        read.as_str().map(str::to_owned)
    }

    async fn thing(&self, named: &Named) -> Option<WebElement> {
        self.find("thing", named).await
    }

    async fn field(&self, named: &Named) -> Option<WebElement> {
        self.find("field", named).await
    }

    async fn find(&self, how: &str, named: &Named) -> Option<WebElement> {
        let script = format!("{PERSON} return {how}(...arguments);");
        self.window.execute(script, named.given()).await.ok()?.element().ok()
    }

    /// Looks again and again until there is an answer.
    async fn once<T, F: Future<Output = Option<T>>>(&self, what: &str, look: impl Fn() -> F) -> T {
        let wait = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                sleep(GLANCE).await;
            }
        };
        if let Ok(found) = timeout(PATIENCE, wait).await {
            return found;
        }
        let picture = self.picture_of_failure().await;
        let (path, text) = (self.path().await, self.text().await.unwrap_or_default());
        panic!("waited in vain for {what} on {path} (picture: {}), which says: {text}", picture.display());
    }
}

#[tokio::test]
async fn things_are_found_by_what_is_written_on_them() {
    let browser = Browser::start("http://127.0.0.1:1").await;
    let page = "<table><tr><td>CRM<td><button onclick=said.textContent='crm'>Edit</button>
                <tr><td>Slack<td><button onclick=said.textContent='slack'>Edit</button></table>
                <label for=u>Endpoint URL <span aria-hidden=true>*</span></label><input id=u value=old>
                <label><input type=checkbox onchange=said.textContent='ticked'> Weekly <small>a hint</small></label>
                <label for=s>Status</label><select id=s><option>Any<option>Failed</select>
                <button hidden>Secret</button><p id=said></p>";
    browser.open(&format!("data:text/html,<title>A page</title>{}", page.replace('\n', ""))).await;
    browser.click(within("Slack", "Edit")).await;
    browser.see("slack").await;
    browser.click(within("CRM", "Edit")).await;
    browser.see("crm").await;
    browser.fill("Endpoint URL", "new").await;
    assert_eq!(browser.value_of("Endpoint URL").await, "new");
    browser.tick("Weekly").await;
    browser.tick("Weekly").await;
    browser.see("ticked").await;
    browser.choose("Status", "Failed").await;
    assert_eq!(browser.value_of("Status").await, "Failed");
    assert!(browser.thing(&"Secret".into()).await.is_none(), "what is not shown is not there");
    browser.close().await;
}
