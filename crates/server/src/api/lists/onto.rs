//! The list that an import puts people on: named as people type it, and made if there is none.

use beckon_domain::id::ListId;
use beckon_domain::list::{LIST_NAME_CHARS_MAX, List, name_key};
use beckon_domain::segment::Subject;
use schemars::JsonSchema;
use serde::Deserialize;

use super::make;
use crate::api::fields;
use crate::app::App;
use crate::auth::Caller;
use crate::problem::Problem;

/// The field that names it.
const FIELD: &str = "list";

/// Onto which list an import goes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Onto {
    /// Puts everybody who is taken on this list: its name or its id. If no list has that name, one is made.
    pub(crate) list: Option<String>,
}

/// The list of that name or id; `None` if nothing is typed.
pub(crate) async fn find_or_make(
    app: &App,
    caller: Caller,
    subject: Subject,
    typed: Option<&str>,
) -> Result<Option<List>, Problem> {
    let Some(typed) = typed.map(str::trim).filter(|typed| !typed.is_empty()) else { return Ok(None) };
    let name = fields::name(typed, LIST_NAME_CHARS_MAX).map_err(|mut invalid| {
        invalid.0.iter_mut().for_each(|found| FIELD.clone_into(&mut found.field));
        invalid
    })?;
    // Two imports at once, onto a list that neither finds, make one.
    let _turn = app.edit_turns().take((caller.workspace_id, "lists made by imports".to_owned())).await;
    let config = app.config.get(caller.workspace_id).await?;
    let of_subject = |list: &&List| list.subject == subject;
    if let Ok(id) = typed.parse::<ListId>() {
        let found = config.lists.iter().filter(of_subject).find(|list| list.id == id);
        let whom = match subject {
            Subject::Contact => "contacts",
            Subject::Company => "companies",
        };
        let unknown = || Problem::field(FIELD, format!("there is no list {id} of {whom}"));
        return found.cloned().ok_or_else(unknown).map(Some);
    }
    let key = name_key(&name);
    match config.lists.iter().filter(of_subject).find(|list| name_key(&list.name) == key) {
        Some(list) => Ok(Some(list.clone())),
        None => make(app, caller, name, subject).await.map(Some),
    }
}
