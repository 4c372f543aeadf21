//! Alerts as they stand, and what happened to them.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{Alert, AlertPage, History, Inbox};
use crate::api::http::input::{Asked, Id};
use crate::api::http::problem::Problem;
use crate::api::http::routes::page::page_size;
use crate::proto;
use crate::proto::alert_service_server::AlertService as _;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(history)).routes(routes!(inbox))
}

/// Which alerts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of one unit.
    unit: Option<String>,
    /// Of one patient.
    patient: Option<String>,
    /// Of one subject: PATIENT, device~DEVICE or unit~UNIT; not beside `patient`.
    subject: Option<String>,
    /// Also those closed since the platform started, at most 1000.
    closed: Option<bool>,
    /// 1 to 1000; absent: 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Alerts: open before closed, unanswered first, then by priority and age.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(Wanted), responses((status = 200, body = AlertPage)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<AlertPage>, Problem> {
    let request = proto::ListAlertsRequest {
        unit: wanted.unit.unwrap_or_default(),
        patient: wanted.patient.unwrap_or_default(),
        subject: wanted.subject.unwrap_or_default(),
        closed_too: wanted.closed.unwrap_or_default(),
        page_size: page_size(wanted.limit)?,
        page_token: wanted.cursor.unwrap_or_default(),
    };
    Ok(Json(web.alerts.list(caller.ask(request)).await?.into_inner().into()))
}

/// One alert.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = Alert)))]
async fn one(State(web): State<Web>, caller: Caller, Id(id): Id) -> Result<Json<Alert>, Problem> {
    Ok(Json(web.alerts.get(caller.ask(proto::GetAlertRequest { id })).await?.into_inner().into()))
}

/// Everything that happened to an alert, oldest first.
#[utoipa::path(get, path = "/api/v1/alerts/{id}/history", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = History)))]
async fn history(State(web): State<Web>, caller: Caller, Id(id): Id) -> Result<Json<History>, Problem> {
    Ok(Json(web.alerts.history(caller.ask(proto::HistoryRequest { id })).await?.into_inner().into()))
}

/// Pages that wait for the caller.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "alerts", responses((status = 200, body = Inbox)))]
async fn inbox(State(web): State<Web>, caller: Caller) -> Result<Json<Inbox>, Problem> {
    Ok(Json(web.alerts.inbox(caller.ask(proto::InboxRequest {})).await?.into_inner().into()))
}
