//! Importing companies from a CSV file.

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use beckon_domain::segment::Subject;
use beckon_intake::import::COMPANY_COLUMNS;

use crate::api::companies;
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::Errors;
use crate::web::import::{self, Kind};
use crate::web::page::Place;
use crate::web::viewer::Viewer;

const KIND: Kind = Kind {
    place: Place::Companies,
    list: "Companies",
    path: "/companies",
    columns: COMPANY_COLUMNS,
    example: "acme.com,,Acme Corp,https://linkedin.com/company/acme,Manufacturing,250,US",
    subject: Subject::Company,
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
        companies::import_file(&app, caller, file, onto, |progress| watch.tell(progress)).await
    })
    .await
}
