//! Patients admitted, moved, put on standby, discharged, merged, erased. By administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{
    Admitting, AdmittingNew, BeginningStandby, CreatingUnit, Discharging, Freed, Merging, Moving, Nothing, Profile,
    SettingLadder, Version,
};
use crate::api::http::input::{Id, Input};
use crate::api::http::problem::Problem;
use crate::proto;
use crate::proto::access_service_server::AccessService as _;
use crate::proto::admin_service_server::AdminService as _;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(admit_new))
        .routes(routes!(admit))
        .routes(routes!(move_to))
        .routes(routes!(prescribe))
        .routes(routes!(standby))
        .routes(routes!(resume))
        .routes(routes!(discharge))
        .routes(routes!(merge))
        .routes(routes!(erase))
        .routes(routes!(create_unit))
        .routes(routes!(set_ladder))
}

/// Admits a patient.
#[utoipa::path(post, path = "/api/v1/patients", tag = "patients", request_body = AdmittingNew,
    responses((status = 204)))]
async fn admit_new(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<AdmittingNew>,
) -> Result<StatusCode, Problem> {
    web.admin
        .admit_patient(caller.ask(proto::AdmitPatientRequest {
            patient: said.patient,
            unit: said.unit,
            bed: said.bed.unwrap_or_default(),
            profile: said.profile.map(Into::into),
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Admits a patient who was here before.
#[utoipa::path(post, path = "/api/v1/patients/{id}/admit", tag = "patients", params(("id" = String, Path)), request_body = Admitting,
    responses((status = 204)))]
async fn admit(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Admitting>,
) -> Result<StatusCode, Problem> {
    web.admin
        .admit_patient(caller.ask(proto::AdmitPatientRequest {
            patient: id,
            unit: said.unit,
            bed: said.bed.unwrap_or_default(),
            profile: said.profile.map(Into::into),
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Moves a patient to another unit or bed.
#[utoipa::path(post, path = "/api/v1/patients/{id}/move", tag = "patients", params(("id" = String, Path)), request_body = Moving,
    responses((status = 204)))]
async fn move_to(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Moving>,
) -> Result<StatusCode, Problem> {
    web.admin
        .move_patient(caller.ask(proto::MovePatientRequest {
            patient: id,
            unit: said.unit,
            bed: said.bed.unwrap_or_default(),
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the profile by which a patient is judged.
#[utoipa::path(post, path = "/api/v1/patients/{id}/profile", tag = "patients", params(("id" = String, Path)), request_body = Profile,
    responses((status = 204)))]
async fn prescribe(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Profile>,
) -> Result<StatusCode, Problem> {
    web.admin
        .prescribe_patient(caller.ask(proto::PrescribePatientRequest { patient: id, profile: Some(said.into()) }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signals off, evaluation on. Ends by itself when a valid signal returns, and at its end.
#[utoipa::path(post, path = "/api/v1/patients/{id}/standby", tag = "patients", params(("id" = String, Path)), request_body = BeginningStandby,
    responses((status = 204)))]
async fn standby(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<BeginningStandby>,
) -> Result<StatusCode, Problem> {
    web.admin
        .begin_standby(caller.ask(proto::BeginStandbyRequest {
            patient: id,
            reason: said.reason,
            until_us: said.until_us,
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a standby.
#[utoipa::path(post, path = "/api/v1/patients/{id}/resume", tag = "patients", params(("id" = String, Path)), request_body = Nothing,
    responses((status = 204)))]
async fn resume(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Nothing>,
) -> Result<StatusCode, Problem> {
    web.admin
        .end_standby(caller.ask({
            let Nothing {} = said;
            proto::EndStandbyRequest { patient: id }
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes the open alerts, on record, and frees the devices.
#[utoipa::path(post, path = "/api/v1/patients/{id}/discharge", tag = "patients", params(("id" = String, Path)), request_body = Discharging,
    responses((status = 200, body = Freed)))]
async fn discharge(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Discharging>,
) -> Result<Json<Freed>, Problem> {
    let freed = web
        .admin
        .discharge_patient(caller.ask(proto::DischargePatientRequest { patient: id, died: said.died }))
        .await?
        .into_inner();
    Ok(Json(Freed { devices: freed.devices }))
}

/// One person, two records: everything goes on under the other one.
#[utoipa::path(post, path = "/api/v1/patients/{id}/merge", tag = "patients", params(("id" = String, Path)), request_body = Merging,
    responses((status = 204)))]
async fn merge(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Merging>,
) -> Result<StatusCode, Problem> {
    web.admin.merge_patients(caller.ask(proto::MergePatientsRequest { from: id, into: said.into })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erases a discharged patient for good, backups included.
#[utoipa::path(post, path = "/api/v1/patients/{id}/erase", tag = "patients", params(("id" = String, Path)), request_body = Nothing,
    responses((status = 204)))]
async fn erase(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Nothing>,
) -> Result<StatusCode, Problem> {
    web.access
        .erase_patient(caller.ask({
            let Nothing {} = said;
            proto::ErasePatientRequest { patient: id }
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a unit known; its alerts go to the fallback until it has a ladder.
#[utoipa::path(post, path = "/api/v1/units", tag = "patients", request_body = CreatingUnit,
    responses((status = 204)))]
async fn create_unit(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<CreatingUnit>,
) -> Result<StatusCode, Problem> {
    web.admin.create_unit(caller.ask(proto::CreateUnitRequest { unit: said.unit })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the ladder of a unit.
#[utoipa::path(post, path = "/api/v1/units/{id}/ladder", tag = "patients", params(("id" = String, Path)), request_body = SettingLadder,
    responses((status = 200, body = Version)))]
async fn set_ladder(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<SettingLadder>,
) -> Result<Json<Version>, Problem> {
    let set = web.admin.set_care_team(caller.ask(said.of(id))).await?.into_inner();
    Ok(Json(Version { version: set.policy_version }))
}
