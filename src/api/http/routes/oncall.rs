//! Who is on call, gaps, overrides, a shift's patients, maintenance, pages that went nowhere.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{
    AssigningPatients, DeadLetters, Gaps, Nothing, OnCallNow, Overrides, Overriding, SettingMaintenance, Version,
};
use crate::api::http::input::{Asked, Id, Input, Ordinal};
use crate::api::http::problem::Problem;
use crate::proto;
use crate::proto::on_call_service_server::OnCallService as _;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(who))
        .routes(routes!(gaps))
        .routes(routes!(overrides, set_override))
        .routes(routes!(end_override))
        .routes(routes!(assign_patients))
        .routes(routes!(set_maintenance))
        .routes(routes!(end_maintenance))
        .routes(routes!(dead_letters))
        .routes(routes!(resend))
}

/// Where and when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Absent: every unit of the plan.
    unit: Option<String>,
    /// Absent: now.
    at_us: Option<i64>,
    /// Whose primary nurse is asked for; absent: whoever has the role.
    patient: Option<String>,
}

/// Who is on call, by unit and role.
#[utoipa::path(get, path = "/api/v1/oncall", tag = "oncall", params(Wanted), responses((status = 200, body = OnCallNow)))]
async fn who(State(web): State<Web>, caller: Caller, Asked(wanted): Asked<Wanted>) -> Result<Json<OnCallNow>, Problem> {
    let request = proto::WhoRequest {
        unit: wanted.unit.unwrap_or_default(),
        at_us: wanted.at_us.unwrap_or_default(),
        patient: wanted.patient.unwrap_or_default(),
    };
    Ok(Json(web.on_call.who(caller.ask(request)).await?.into_inner().into()))
}

/// Where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Where {
    /// Absent: every unit of the plan.
    unit: Option<String>,
}

/// Every gap in coverage within 14 days.
#[utoipa::path(get, path = "/api/v1/oncall/gaps", tag = "oncall", params(Where), responses((status = 200, body = Gaps)))]
async fn gaps(State(web): State<Web>, caller: Caller, Asked(wanted): Asked<Where>) -> Result<Json<Gaps>, Problem> {
    let request = proto::GapsRequest { unit: wanted.unit.unwrap_or_default() };
    Ok(Json(web.on_call.gaps(caller.ask(request)).await?.into_inner().into()))
}

/// Overrides that hold or will.
#[utoipa::path(get, path = "/api/v1/oncall/overrides", tag = "oncall", responses((status = 200, body = Overrides)))]
async fn overrides(State(web): State<Web>, caller: Caller) -> Result<Json<Overrides>, Problem> {
    Ok(Json(web.on_call.list_overrides(caller.ask(proto::ListOverridesRequest {})).await?.into_inner().into()))
}

/// Puts somebody on call, takes somebody off, or both, for a while.
#[utoipa::path(post, path = "/api/v1/oncall/overrides", tag = "oncall", request_body = Overriding,
    responses((status = 200, body = Version)))]
async fn set_override(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<Overriding>,
) -> Result<Json<Version>, Problem> {
    let set = web.on_call.set_override(caller.ask(said.into())).await?.into_inner();
    Ok(Json(Version { version: set.version }))
}

/// Ends an override before its time.
#[utoipa::path(post, path = "/api/v1/oncall/overrides/{ordinal}/end", tag = "oncall", params(("ordinal" = u32, Path)),
    request_body = Nothing, responses((status = 200, body = Version)))]
async fn end_override(
    State(web): State<Web>,
    caller: Caller,
    Ordinal(number): Ordinal,
    Input(Nothing {}): Input<Nothing>,
) -> Result<Json<Version>, Problem> {
    let ended = web.on_call.end_override(caller.ask(proto::EndOverrideRequest { number })).await?.into_inner();
    Ok(Json(Version { version: ended.version }))
}

/// A nurse's patients for a shift.
#[utoipa::path(post, path = "/api/v1/units/{id}/assign", tag = "oncall", params(("id" = String, Path)),
    request_body = AssigningPatients, responses((status = 200, body = Version)))]
async fn assign_patients(
    State(web): State<Web>,
    caller: Caller,
    Id(unit): Id,
    Input(said): Input<AssigningPatients>,
) -> Result<Json<Version>, Problem> {
    let AssigningPatients { person, patients, from_us, to_us } = said;
    let request = proto::PatientsAssigned { unit, person, patients, from_us, to_us };
    let assigned = web.on_call.assign_patients(caller.ask(request)).await?.into_inner();
    Ok(Json(Version { version: assigned.version }))
}

/// Silences technical alerts of a unit, for at most 4 hours.
#[utoipa::path(post, path = "/api/v1/units/{id}/maintenance", tag = "oncall", params(("id" = String, Path)),
    request_body = SettingMaintenance, responses((status = 200, body = Version)))]
async fn set_maintenance(
    State(web): State<Web>,
    caller: Caller,
    Id(unit): Id,
    Input(said): Input<SettingMaintenance>,
) -> Result<Json<Version>, Problem> {
    let SettingMaintenance { reason, from_us, until_us } = said;
    let request = proto::MaintenanceSet { unit, reason, by: String::new(), from_us, until_us };
    let set = web.on_call.set_maintenance(caller.ask(request)).await?.into_inner();
    Ok(Json(Version { version: set.version }))
}

/// Ends it before its time.
#[utoipa::path(post, path = "/api/v1/units/{id}/maintenance/end", tag = "oncall", params(("id" = String, Path)),
    request_body = Nothing, responses((status = 200, body = Version)))]
async fn end_maintenance(
    State(web): State<Web>,
    caller: Caller,
    Id(unit): Id,
    Input(Nothing {}): Input<Nothing>,
) -> Result<Json<Version>, Problem> {
    let ended = web.on_call.end_maintenance(caller.ask(proto::EndMaintenanceRequest { unit })).await?.into_inner();
    Ok(Json(Version { version: ended.version }))
}

/// Pages that contacts of a person never got.
#[utoipa::path(get, path = "/api/v1/people/{id}/dead-letters", tag = "oncall", params(("id" = String, Path)),
    responses((status = 200, body = DeadLetters)))]
async fn dead_letters(State(web): State<Web>, caller: Caller, Id(person): Id) -> Result<Json<DeadLetters>, Problem> {
    let request = proto::DeadLettersRequest { person };
    Ok(Json(web.on_call.list_dead_letters(caller.ask(request)).await?.into_inner().into()))
}

/// Sends them again, under their own keys.
#[utoipa::path(post, path = "/api/v1/people/{id}/dead-letters/resend", tag = "oncall", params(("id" = String, Path)),
    request_body = Nothing, responses((status = 204)))]
async fn resend(
    State(web): State<Web>,
    caller: Caller,
    Id(person): Id,
    Input(Nothing {}): Input<Nothing>,
) -> Result<axum::http::StatusCode, Problem> {
    web.on_call.resend_dead_letters(caller.ask(proto::DeadLettersRequest { person })).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
