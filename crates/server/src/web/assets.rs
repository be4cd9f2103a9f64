//! The style and the scripts, inside the binary.
//!
//! Their address has a hash of all of them in it, so that browsers keep them for ever and never mix two versions.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest, Sha256};

use crate::app::App;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Name, media type and text of each.
const ASSETS: &[(&str, &str, &str)] = &[
    ("beckon.css", CSS, include_str!("../../assets/beckon.css")),
    ("beckon.js", JS, include_str!("../../assets/beckon.js")),
    ("copy.js", JS, include_str!("../../assets/copy.js")),
    ("dialog.js", JS, include_str!("../../assets/dialog.js")),
    ("exchange.js", JS, include_str!("../../assets/exchange.js")),
    ("form.js", JS, include_str!("../../assets/form.js")),
    ("import.js", JS, include_str!("../../assets/import.js")),
    ("live.js", JS, include_str!("../../assets/live.js")),
    ("load.js", JS, include_str!("../../assets/load.js")),
    ("mark.svg", SVG, include_str!("../../assets/mark.svg")),
    ("preview.js", JS, include_str!("../../assets/preview.js")),
    ("rule.js", JS, include_str!("../../assets/rule.js")),
    ("rule-leaf.js", JS, include_str!("../../assets/rule-leaf.js")),
    ("rule-tree.js", JS, include_str!("../../assets/rule-tree.js")),
    ("theme.js", JS, include_str!("../../assets/theme.js")),
    ("time.js", JS, include_str!("../../assets/time.js")),
    ("toast.js", JS, include_str!("../../assets/toast.js")),
    ("webhook.js", JS, include_str!("../../assets/webhook.js")),
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = ASSETS.iter().fold(Sha256::new(), |hash, (name, _, text)| hash.chain_update(name).chain_update(text));
    all.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
});

pub(super) fn routes() -> Router<App> {
    Router::new().route("/assets/{version}/{name}", get(serve))
}

/// Where an asset is.
pub(super) fn path(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let found = ASSETS.iter().find(|(known, ..)| *known == name);
    match found {
        Some((_, kind, text)) => {
            // A page of another version of Beckon, still open in a browser, gets what there is, and does not keep it.
            let kept = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-store" };
            ([(CONTENT_TYPE, *kind), (CACHE_CONTROL, kept)], *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour U10 (in part)
    #[test]
    fn no_asset_loads_anything_from_another_host_and_every_script_is_there() {
        for (name, _, text) in ASSETS {
            for line in text.lines().filter(|line| line.contains("://")) {
                assert!(line.contains("xmlns"), "{name}: {line}");
            }
            for (_, rest) in text.match_indices("from \"./").map(|(at, found)| text.split_at(at + found.len())) {
                let wanted = rest.split('"').next().unwrap();
                assert!(ASSETS.iter().any(|(known, ..)| *known == wanted), "{name} wants {wanted}");
            }
        }
    }
}
