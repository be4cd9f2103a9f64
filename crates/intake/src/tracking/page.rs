//! Which page, and where from?

use beckon_domain::page_path::normalize;
use beckon_domain::signal::SignalBody;
use beckon_domain::visit::{Page, Utm};
use serde_json::{Map, Value};
use url::Url;

use super::field::{cut, object, text};
use super::{Kind, NAME_CHARS_MAX};

/// Longest page address or referrer kept, in characters; what is longer is cut.
pub(super) const URL_CHARS_MAX: usize = 2048;
/// Longest campaign parameter kept, in characters; what is longer is cut.
pub(super) const UTM_CHARS_MAX: usize = 256;
/// Longest id passed through for a partner, in characters; what is longer is cut.
pub(super) const PARTNER_ID_CHARS_MAX: usize = 512;
/// What RudderStack's browser client writes for "no referrer".
const DIRECT: &str = "$direct";

/// Reads a page view. What its properties leave out is looked for in the context.
pub(super) fn read(kind: Kind, item: &Map<String, Value>, context: Option<&Map<String, Value>>) -> SignalBody {
    let properties = object(item, "properties");
    let around = context.and_then(|context| object(context, "page"));
    let either = |name| {
        let found = properties.and_then(|properties| text(properties, name));
        found.or_else(|| around.and_then(|around| text(around, name)))
    };
    let name = text(item, "name").or_else(|| properties.and_then(|properties| text(properties, "name")));
    let url = either("url");
    let path = match kind {
        Kind::Screen => name.clone().or_else(|| either("path")),
        _ => either("path").or_else(|| url.clone()).or_else(|| name.clone()),
    };
    let title = either("title").or_else(|| name.filter(|_| kind == Kind::Screen));
    SignalBody::Page {
        utm: campaign(context).unwrap_or_else(|| from_address(url.as_deref(), either("search").as_deref())),
        page: Page {
            path: normalize(path.as_deref().unwrap_or_default()),
            url: url.map(|url| cut(url, URL_CHARS_MAX)),
            title: title.map(|title| cut(title, NAME_CHARS_MAX)),
            partner_id: context.and_then(|around| text(around, "partnerId")).map(|id| cut(id, PARTNER_ID_CHARS_MAX)),
        },
        referrer: either("referrer").filter(|referrer| referrer != DIRECT).map(|referrer| cut(referrer, URL_CHARS_MAX)),
    }
}

fn campaign(context: Option<&Map<String, Value>>) -> Option<Utm> {
    let campaign = object(context?, "campaign")?;
    let said = |name| text(campaign, name).map(|value| cut(value, UTM_CHARS_MAX));
    let utm = Utm {
        source: said("source"),
        medium: said("medium"),
        campaign: said("name").or_else(|| said("campaign")),
        term: said("term"),
        content: said("content"),
    };
    (!utm.is_empty()).then_some(utm)
}

fn from_address(url: Option<&str>, search: Option<&str>) -> Utm {
    let url = url.and_then(|url| Url::parse(url).ok());
    let query = url.as_ref().and_then(Url::query).or(search).unwrap_or_default();
    let mut utm = Utm::default();
    for (name, value) in url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()) {
        let field = match &*name {
            "utm_source" => &mut utm.source,
            "utm_medium" => &mut utm.medium,
            "utm_campaign" => &mut utm.campaign,
            "utm_term" => &mut utm.term,
            "utm_content" => &mut utm.content,
            _ => continue,
        };
        let value = value.replace('\0', "").trim().to_owned();
        if field.is_none() && !value.is_empty() {
            *field = Some(cut(value, UTM_CHARS_MAX));
        }
    }
    utm
}
