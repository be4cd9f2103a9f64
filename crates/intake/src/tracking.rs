//! The Segment wire format, read into signals.
//!
//! Lenient where clients differ (names in camelCase and snake_case, times, empty ids, traits in the context),
//! strict where a guess would make up a person. A wrong item is told by a stable code and never fails its batch.
//! Pure. Not here: where the write key stands, gzip, batches, and answers (`beckon-server`).

mod client;
mod field;
mod page;
mod time;
mod traits;

#[cfg(test)]
mod tests;

use beckon_domain::ambient::Ambient;
use beckon_domain::identity::Standing;
use beckon_domain::signal::{KEY_BYTES_MAX, Sender, Signal, SignalBody};
use jiff::Timestamp;
use serde_json::{Map, Value};

use field::{object, text};

pub(crate) use field::canonical;
pub use time::read_time;
pub(crate) use time::to_millis;
pub(crate) use traits::{company_field, employees, names_domain, person_field};
pub use traits::{company_traits, person_traits};

/// Largest item taken, in bytes of JSON.
pub const ITEM_BYTES_MAX: usize = 32 * 1024;
/// Longest name of a track event or screen kept, in characters; what is longer is cut.
pub const NAME_CHARS_MAX: usize = 512;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `identify`
    Identify,
    /// `track`
    Track,
    /// `page`
    Page,
    /// `screen`: a page of an app.
    Screen,
    /// `group`
    Group,
    /// `alias`
    Alias,
}

impl Kind {
    /// The kind of that name, or of its first letter, as browser clients shorten it.
    pub fn parse(name: &str) -> Option<Kind> {
        Some(match name {
            "identify" | "i" => Kind::Identify,
            "track" | "t" => Kind::Track,
            "page" | "p" => Kind::Page,
            "screen" | "s" => Kind::Screen,
            "group" | "g" => Kind::Group,
            "alias" | "a" => Kind::Alias,
            _ => return None,
        })
    }
}

/// Why an item was not taken. It never fails its batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ItemError {
    /// A stable word for programs: `too_large`, `unknown_type`, `identity_required`, `event_required`,
    /// `previous_id_required` or `id_too_long`.
    pub code: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl ItemError {
    fn new(code: &'static str, message: impl Into<String>) -> ItemError {
        ItemError { code, message: message.into() }
    }
}

/// Reads one item of the tracking API. Its kind is `kind`, which the path told, or else its own `type`.
///
/// It is [claimed](Standing::Claimed), unless somebody says otherwise afterwards. `sent_at` is that of the batch; an item's own goes before it. The sender's clock is set right by it, if
/// the two clocks are more than five minutes apart.
///
/// # Errors
/// One [`ItemError`] if there is no signal in it.
pub fn read(
    kind: Option<Kind>,
    item: &Map<String, Value>,
    received_at: Timestamp,
    sent_at: Option<Timestamp>,
    ambient: &Ambient,
) -> Result<Signal, ItemError> {
    let raw = raw(item)?;
    let kind = match kind {
        Some(kind) => kind,
        None => text(item, "type").and_then(|name| Kind::parse(&name.to_lowercase())).ok_or_else(|| {
            ItemError::new("unknown_type", "type is none of identify, track, page, screen, group and alias")
        })?,
    };
    let context = object(item, "context");
    let message_id = id(item, "messageId")?;
    let from = Sender {
        anonymous_id: id(item, "anonymousId")?,
        user_id: id(item, "userId")?,
        group_id: match id(item, "groupId")? {
            Some(group_id) => Some(group_id),
            None => context.map_or(Ok(None), |context| id(context, "groupId"))?,
        },
    };
    if from.anonymous_id.is_none() && from.user_id.is_none() {
        return Err(ItemError::new("identity_required", "neither anonymousId nor userId says who it is"));
    }
    let said = object(item, "traits");
    let body = match kind {
        Kind::Identify => {
            let mut merged = context.and_then(|context| object(context, "traits")).cloned().unwrap_or_default();
            merged.extend(said.cloned().unwrap_or_default());
            let mut person = person_traits(&merged);
            person.user_id = from.user_id.clone();
            SignalBody::Identify(person)
        }
        Kind::Track => SignalBody::Track {
            event: text(item, "event")
                .map(|event| field::cut(event, NAME_CHARS_MAX))
                .ok_or_else(|| ItemError::new("event_required", "a track needs event, the name of what was done"))?,
        },
        Kind::Page | Kind::Screen => page::read(kind, item, context),
        Kind::Group => {
            let mut company = company_traits(said.unwrap_or(&Map::new()));
            company.group_id = from.group_id.clone();
            SignalBody::Group(company)
        }
        Kind::Alias => SignalBody::Alias {
            previous_id: id(item, "previousId")?
                .ok_or_else(|| ItemError::new("previous_id_required", "an alias needs previousId"))?,
        },
    };
    let at = time::happened_at(item, received_at, sent_at);
    let (id, standing, client) = (ambient.new_id(), Standing::Claimed, client::said(context));
    Ok(Signal { id, message_id, at, received_at, from, standing, email_link: None, client, body, raw })
}

/// The item as it came, without the write key.
fn raw(item: &Map<String, Value>) -> Result<String, ItemError> {
    let kept: Map<String, Value>;
    let item = if item.contains_key("writeKey") {
        kept = item.iter().filter(|(name, _)| *name != "writeKey").map(|(n, v)| (n.clone(), v.clone())).collect();
        &kept
    } else {
        item
    };
    match serde_json::to_string(item) {
        Ok(raw) if raw.len() <= ITEM_BYTES_MAX => Ok(raw),
        _ => Err(ItemError::new("too_large", format!("at most {ITEM_BYTES_MAX} bytes of JSON are taken"))),
    }
}

/// An id; `None` if it is absent, null, blank, or what a broken client sends for nobody.
fn id(item: &Map<String, Value>, name: &str) -> Result<Option<String>, ItemError> {
    let Some(id) = text(item, name) else { return Ok(None) };
    let Some(id) = crate::ids::usable(&id) else { return Ok(None) };
    if id.len() > KEY_BYTES_MAX {
        return Err(ItemError::new(
            "id_too_long",
            format!("{name} has {} bytes, at most {KEY_BYTES_MAX} are taken", id.len()),
        ));
    }
    Ok(Some(id.to_owned()))
}
