//! Devices registered, assigned, lent, retired. By administrators.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{Assigning, Lending, Nothing, Registering, Unassigning};
use crate::api::http::input::{Id, Input};
use crate::api::http::problem::Problem;
use crate::proto;
use crate::proto::admin_service_server::AdminService as _;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(assign))
        .routes(routes!(unassign))
        .routes(routes!(retire))
        .routes(routes!(lend))
        .routes(routes!(give_back))
}

/// Makes a device known, or takes it into use again.
#[utoipa::path(post, path = "/api/v1/devices", tag = "devices", request_body = Registering,
    responses((status = 204)))]
async fn register(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<Registering>,
) -> Result<StatusCode, Problem> {
    web.admin
        .register_device(caller.ask(proto::RegisterDeviceRequest {
            device: said.device,
            model: said.model,
            firmware: said.firmware,
            unit: said.unit,
            gateway: said.gateway.unwrap_or_default(),
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the device observes from a device time on belongs to a patient, whenever it arrives.
#[utoipa::path(post, path = "/api/v1/devices/{id}/assign", tag = "devices", params(("id" = String, Path)), request_body = Assigning,
    responses((status = 204)))]
async fn assign(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Assigning>,
) -> Result<StatusCode, Problem> {
    web.admin
        .assign_device(caller.ask(proto::AssignDeviceRequest {
            device: id,
            patient: said.patient,
            from_us: said.from_us.unwrap_or_default(),
            until_us: said.until_us.unwrap_or_default(),
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the device observes from a device time on belongs to nobody.
#[utoipa::path(post, path = "/api/v1/devices/{id}/unassign", tag = "devices", params(("id" = String, Path)), request_body = Unassigning,
    responses((status = 204)))]
async fn unassign(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Unassigning>,
) -> Result<StatusCode, Problem> {
    web.admin
        .unassign_device(caller.ask(proto::UnassignDeviceRequest { device: id, at_us: said.at_us.unwrap_or_default() }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a device out of use: its assignment and its stream end.
#[utoipa::path(post, path = "/api/v1/devices/{id}/retire", tag = "devices", params(("id" = String, Path)), request_body = Nothing,
    responses((status = 204)))]
async fn retire(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Nothing>,
) -> Result<StatusCode, Problem> {
    web.admin
        .retire_device(caller.ask({
            let Nothing {} = said;
            proto::RetireDeviceRequest { device: id }
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another unit's technicians care for it until then.
#[utoipa::path(post, path = "/api/v1/devices/{id}/lend", tag = "devices", params(("id" = String, Path)), request_body = Lending,
    responses((status = 204)))]
async fn lend(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Lending>,
) -> Result<StatusCode, Problem> {
    web.admin
        .lend_device(caller.ask(proto::LendDeviceRequest { device: id, unit: said.unit, until_us: said.until_us }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a loan.
#[utoipa::path(post, path = "/api/v1/devices/{id}/return", tag = "devices", params(("id" = String, Path)), request_body = Nothing,
    responses((status = 204)))]
async fn give_back(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Nothing>,
) -> Result<StatusCode, Problem> {
    web.admin
        .return_device(caller.ask({
            let Nothing {} = said;
            proto::ReturnDeviceRequest { device: id }
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
