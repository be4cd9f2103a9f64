//! How the tracking API describes itself in the OpenAPI document.
//!
//! Calls are free in form: only what is read of them is named, and nothing else is refused.

use aide::openapi::SecurityScheme;
use aide::transform::TransformOperation;
use axum::Json;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::dialects::SourceConfig;
use super::envelope::BATCH_ITEMS_MAX;
use super::failure::FailureBody;
use super::report::Report;
use super::settings::Settings;

/// The security scheme's name in the document.
pub(crate) const SECURITY_SCHEME: &str = "write_key";
/// The tag of these operations.
pub(crate) const TAG: &str = "Tracking";

/// The security scheme's description.
pub(crate) fn security_scheme() -> SecurityScheme {
    SecurityScheme::Http {
        scheme: "basic".to_owned(),
        bearer_format: None,
        description: Some("A write key as the user; no password.".to_owned()),
        extensions: Default::default(),
    }
}

/// A call in the wire format of Segment. Further fields are kept with the signal.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes what is read elsewhere")]
#[schemars(rename = "TrackingCall", rename_all = "camelCase")]
struct TrackingCall {
    /// The sender's id for the call; the same again within a week is a duplicate.
    message_id: Option<Value>,
    /// The browser's own id. This or `userId` must be there.
    anonymous_id: Option<Value>,
    /// The person's id in the sender's own system. This or `anonymousId` must be there.
    user_id: Option<Value>,
    /// When it happened.
    timestamp: Option<Value>,
    /// When the call left, to tell how far the sender's clock is off.
    sent_at: Option<Value>,
    /// The surroundings: `page`, `campaign`, `userAgent` and so on.
    context: Option<Value>,
    /// The write key, if it is nowhere else.
    write_key: Option<Value>,
    /// Anything else.
    #[schemars(flatten)]
    rest: Map<String, Value>,
}

/// Calls in the wire format of Segment, each with its `type`.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes what is read elsewhere")]
#[schemars(rename = "TrackingBatch", rename_all = "camelCase")]
struct TrackingBatch {
    /// The calls. One that cannot be taken fails alone.
    #[schemars(length(max = BATCH_ITEMS_MAX))]
    batch: Vec<Value>,
    /// When the batch left, to tell how far the sender's clock is off.
    sent_at: Option<Value>,
    /// Surroundings of all calls, as far as they do not say otherwise. The largest body bounds what they come to,
    /// written into each call.
    context: Option<Value>,
    /// The write key, if it is nowhere else.
    write_key: Option<Value>,
    /// Anything else.
    #[schemars(flatten)]
    rest: Map<String, Value>,
}

/// Whose path it is, of several for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Segment,
    RudderStack,
    Jitsu,
    JitsuServer,
}

/// A route for one call. `is_short` is the one-letter form that browser libraries use.
pub(super) fn single<'t>(
    operation: TransformOperation<'t>,
    name: &str,
    of: Of,
    is_short: bool,
) -> TransformOperation<'t> {
    call(titled(operation, name, &format!("Take one {name} call"), of, is_short).input::<Json<TrackingCall>>())
}

/// A route for a batch.
pub(super) fn batch(operation: TransformOperation<'_>, of: Of, is_short: bool) -> TransformOperation<'_> {
    call(titled(operation, "batch", "Take a batch of calls", of, is_short).input::<Json<TrackingBatch>>())
}

fn titled<'t>(
    operation: TransformOperation<'t>,
    name: &str,
    summary: &str,
    of: Of,
    is_short: bool,
) -> TransformOperation<'t> {
    let (of_id, of_summary) = match of {
        Of::Segment => ("", ""),
        Of::RudderStack => ("RudderStack", " (path of RudderStack's library)"),
        Of::Jitsu => ("Jitsu", " (path of Jitsu's library)"),
        Of::JitsuServer => ("JitsuServer", " (path of Jitsu's library on servers)"),
    };
    let (id_ending, summary_ending) = if is_short { ("Short", " (short path)") } else { ("", "") };
    let (first, rest) = name.split_at(1);
    operation
        .id(&format!("tracking{}{rest}{of_id}{id_ending}", first.to_uppercase()))
        .summary(&format!("{summary}{of_summary}{summary_ending}"))
}

fn call(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    operation
        .tag(TAG)
        .security_requirement(SECURITY_SCHEME)
        .description(
            "The body is JSON, whatever its media type says, and may be gzipped, whatever its encoding says. The write \
             key is the user of Basic authentication; X-Write-Key, the query parameter writeKey or writeKey in the body \
             will do as well. The answer comes once everything accepted is on disk.",
        )
        .response::<200, Json<Report>>()
        .response_with::<400, Json<FailureBody>, _>(|response| response.description("The body cannot be read."))
        .response_with::<401, Json<FailureBody>, _>(|response| response.description("The write key is missing, unknown or revoked."))
        .response_with::<413, Json<FailureBody>, _>(|response| response.description("The body or the batch is too large."))
        .response_with::<429, Json<FailureBody>, _>(|response| response.description("Too much is coming in: see Retry-After."))
        .response_with::<500, Json<FailureBody>, _>(|response| response.description("Something is broken on our side."))
        .response_with::<503, Json<FailureBody>, _>(|response| response.description("Nothing can be stored now: see Retry-After."))
}

/// The settings document.
pub(super) fn settings(operation: TransformOperation<'_>, of: Of) -> TransformOperation<'_> {
    let (id, summary) = match of {
        Of::Segment => ("getTrackingSettings", "Get the settings of a browser library"),
        _ => ("getTrackingSettingsJitsu", "Get the settings of a browser library (path of Jitsu's server)"),
    };
    operation
        .id(id)
        .tag(TAG)
        .summary(summary)
        .description("Tells a browser library that knows only this host to send its calls here.")
        .response::<200, Json<Settings>>()
        .response_with::<400, Json<FailureBody>, _>(|response| {
            response.description("The Host header is missing or no host.")
        })
        .response_with::<404, Json<FailureBody>, _>(|response| {
            response.description("There is no such write key in use.")
        })
        .response_with::<500, Json<FailureBody>, _>(|response| response.description("Something is broken on our side."))
        .response_with::<503, Json<FailureBody>, _>(|response| {
            response.description("The store is not available: see Retry-After.")
        })
}

/// What RudderStack's browser library begins with.
pub(super) fn source_config(operation: TransformOperation<'_>, is_short: bool) -> TransformOperation<'_> {
    let (id, ending) =
        if is_short { ("getSourceConfigShort", " (without the last slash)") } else { ("getSourceConfig", "") };
    operation
        .id(id)
        .tag(TAG)
        .summary(&format!("Get the source configuration of RudderStack's browser library{ending}"))
        .description("Says that the source of this write key is there and that nothing else is to be sent to.")
        .security_requirement(SECURITY_SCHEME)
        .response::<200, Json<SourceConfig>>()
        .response_with::<401, Json<FailureBody>, _>(|response| {
            response.description("The write key is missing, unknown or revoked.")
        })
        .response_with::<500, Json<FailureBody>, _>(|response| response.description("Something is broken on our side."))
        .response_with::<503, Json<FailureBody>, _>(|response| {
            response.description("The store is not available: see Retry-After.")
        })
}
