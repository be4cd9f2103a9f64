//! Who makes a call of the tracking API: the visitor's own browser, or a server on behalf of its visitors?
//!
//! A browser says so by headers that pages cannot leave out. Whoever leaves them out is taken for a server, and gains
//! nothing by it: a write key lets both say whatever they like.

use beckon_intake::client::Call;
use http::header::{HeaderName, ORIGIN, USER_AGENT};
use http::{Extensions, HeaderMap};

use crate::app::App;
use crate::client_address::client_address;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What the user agents of all browsers begin with.
const BROWSERS_BEGINNING: &str = "Mozilla/";
/// Longest user agent looked at, in bytes; what is longer is cut.
const USER_AGENT_BYTES_MAX: usize = 512;

/// Who makes a call.
pub(super) fn of(app: &App, extensions: &Extensions, headers: &HeaderMap) -> Call {
    let user_agent = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let is_browser = headers.contains_key(ORIGIN)
        || headers.contains_key(SEC_FETCH_SITE)
        || user_agent.as_ref().is_some_and(|agent| agent.starts_with(BROWSERS_BEGINNING));
    if !is_browser {
        return Call::Server;
    }
    Call::Browser {
        address: client_address(extensions, headers, &app.options.trusted_proxies),
        user_agent: user_agent.map(|agent| agent[..agent.floor_char_boundary(USER_AGENT_BYTES_MAX)].to_owned()),
    }
}
