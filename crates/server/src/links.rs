//! Whole addresses of our pages, for links that are made to be sent.
//!
//! They begin with the operator's `public_url`, or else with the name under which whoever asks has reached us.

use std::convert::Infallible;

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

use crate::app::App;

/// What stands before the path in a link; without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Base {
    /// The whole address of a path of ours.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequestParts<App> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Base, Infallible> {
        if let Some(url) = &app.options.public_url {
            return Ok(Base(url.clone()));
        }
        // A link without a host is still right for whoever looks at our own page.
        let host = parts.headers.get(HOST).and_then(|value| value.to_str().ok());
        let host = host.and_then(|text| text.parse::<Authority>().ok());
        Ok(Base(host.map_or_else(String::new, |host| format!("http://{host}"))))
    }
}

impl OperationInput for Base {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
