//! Importing contacts from a CSV file.

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use beckon_domain::segment::Subject;
use beckon_intake::import::CONTACT_COLUMNS;

use crate::api::contacts;
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::Errors;
use crate::web::import::{self, Kind};
use crate::web::page::Place;
use crate::web::viewer::Viewer;

const KIND: Kind = Kind {
    place: Place::Contacts,
    list: "Contacts",
    path: "/contacts",
    columns: CONTACT_COLUMNS,
    example: "jane.doe@example.com,,Jane,Doe,Marketing Manager,Acme Corp,https://linkedin.com/in/janedoe,Manager,Marketing,US,,acme.com",
    subject: Subject::Contact,
};

pub(super) async fn ask(viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    Ok(import::ask(&viewer, KIND, &import::list_asked(query.as_deref()), &Errors::default()))
}

pub(super) async fn template(_: Viewer) -> Response {
    import::template(KIND)
}

pub(super) async fn take(State(app): State<App>, viewer: Viewer, request: Request) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let received = import::receive(&app, request).await;
    let caller = viewer.caller;
    import::take(&viewer, KIND, received, async move |file, onto, watch| {
        contacts::import_file(&app, caller, file, onto, |progress| watch.tell(progress)).await
    })
    .await
}
