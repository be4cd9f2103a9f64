//! Where things are: proxies, mail servers, people.
//!
//! Credentials in a URL show as `***`.

use beckon_delivery::mail::{MailAddress, RECIPIENTS_MAX, SmtpServer};
use beckon_delivery::proxy::ProxyUrl;
use figment::value::Value;
use url::Url;

use super::{Setting, items_of, quoted, text_of};

impl Setting for ProxyUrl {
    fn read(value: &Value) -> Result<ProxyUrl, String> {
        let text = text_of(value).unwrap_or_default();
        ProxyUrl::parse(&text).map_err(|reason| format!("is no proxy: {reason}"))
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for SmtpServer {
    fn read(value: &Value) -> Result<SmtpServer, String> {
        SmtpServer::parse(&text_of(value).unwrap_or_default())
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for Url {
    fn read(value: &Value) -> Result<Url, String> {
        let form = "is not an address for links: write one like https://beckon.example.com";
        let url = text_of(value).and_then(|text| Url::parse(&text).ok()).ok_or_else(|| form.to_owned())?;
        let has_host = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if has_host && is_plain { Ok(url) } else { Err(form.to_owned()) }
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}

impl Setting for MailAddress {
    fn read(value: &Value) -> Result<MailAddress, String> {
        MailAddress::parse(&text_of(value).unwrap_or_default())
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for Vec<MailAddress> {
    fn read(value: &Value) -> Result<Vec<MailAddress>, String> {
        let form = "is not a list of mail addresses: write them like ops@example.com,dev@example.com";
        let items = items_of(value).ok_or_else(|| form.to_owned())?;
        if items.len() > RECIPIENTS_MAX {
            return Err(format!("names {} recipients, and at most {RECIPIENTS_MAX} can be", items.len()));
        }
        let read = |item: &String| MailAddress::parse(item).map_err(|reason| format!("{form} ({item:?} {reason})"));
        items.iter().map(read).collect()
    }

    fn show(&self) -> String {
        let addresses: Vec<_> = self.iter().map(Setting::show).collect();
        format!("[{}]", addresses.join(", "))
    }
}
