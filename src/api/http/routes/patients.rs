//! Patients and units.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{Patient, PatientPage, Units};
use crate::api::http::input::{Asked, Id};
use crate::api::http::problem::Problem;
use crate::api::http::routes::page::page_size;
use crate::proto;
use crate::proto::admin_service_server::AdminService as _;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(units))
}

/// Which patients.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of one unit.
    unit: Option<String>,
    /// Also those who left, died or were merged.
    gone: Option<bool>,
    /// Only those on standby.
    standby: Option<bool>,
    /// 1 to 1000; absent: 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Patients in the order of their ids.
#[utoipa::path(get, path = "/api/v1/patients", tag = "patients", params(Wanted),
    responses((status = 200, body = PatientPage)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<PatientPage>, Problem> {
    let request = proto::ListPatientsRequest {
        page_size: page_size(wanted.limit)?,
        page_token: wanted.cursor.unwrap_or_default(),
        unit: wanted.unit.unwrap_or_default(),
        gone_too: wanted.gone.unwrap_or_default(),
        on_standby: wanted.standby.unwrap_or_default(),
    };
    Ok(Json(web.admin.list_patients(caller.ask(request)).await?.into_inner().into()))
}

/// One patient.
#[utoipa::path(get, path = "/api/v1/patients/{id}", tag = "patients", params(("id" = String, Path)),
    responses((status = 200, body = Patient)))]
async fn one(State(web): State<Web>, caller: Caller, Id(patient): Id) -> Result<Json<Patient>, Problem> {
    Ok(Json(web.admin.get_patient(caller.ask(proto::GetPatientRequest { patient })).await?.into_inner().into()))
}

/// The units that are known.
#[utoipa::path(get, path = "/api/v1/units", tag = "patients", responses((status = 200, body = Units)))]
async fn units(State(web): State<Web>, caller: Caller) -> Result<Json<Units>, Problem> {
    Ok(Json(web.admin.list_units(caller.ask(proto::ListUnitsRequest {})).await?.into_inner().into()))
}
