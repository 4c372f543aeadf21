//! Devices.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tonic::Status;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{Device, DevicePage};
use crate::api::http::input::{Asked, Id};
use crate::api::http::problem::Problem;
use crate::api::http::routes::board::unreadable;
use crate::api::http::routes::page::page_size;
use crate::clinical::ids::DeviceId;
use crate::proto;
use crate::proto::admin_service_server::AdminService as _;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// Which devices.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// For which the unit cares now: its own, and those lent to it.
    unit: Option<String>,
    /// Of one patient.
    patient: Option<String>,
    /// For which a gateway speaks.
    gateway: Option<String>,
    /// Also those that are retired.
    retired: Option<bool>,
    /// 1 to 1000; absent: 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Devices in the order of their ids.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices", params(Wanted),
    responses((status = 200, body = DevicePage)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<DevicePage>, Problem> {
    let request = proto::ListDevicesRequest {
        page_size: page_size(wanted.limit)?,
        page_token: wanted.cursor.unwrap_or_default(),
        unit: wanted.unit.unwrap_or_default(),
        patient: wanted.patient.unwrap_or_default(),
        gateway: wanted.gateway.unwrap_or_default(),
        retired_too: wanted.retired.unwrap_or_default(),
    };
    let mut page: DevicePage = web.admin.list_devices(caller.ask(request)).await?.into_inner().into();
    add_what_they_sent(&web, &mut page.devices).await?;
    Ok(Json(page))
}

/// One device.
#[utoipa::path(get, path = "/api/v1/devices/{id}", tag = "devices", params(("id" = String, Path)),
    responses((status = 200, body = Device)))]
async fn one(State(web): State<Web>, caller: Caller, Id(device): Id) -> Result<Json<Device>, Problem> {
    let device = web.admin.get_device(caller.ask(proto::GetDeviceRequest { device })).await?.into_inner();
    let mut devices = [device.into()];
    add_what_they_sent(&web, &mut devices).await?;
    let [device] = devices;
    Ok(Json(device))
}

/// Who may see a device may see how it does; what it measured is not in this.
async fn add_what_they_sent(web: &Web, devices: &mut [Device]) -> Result<(), Problem> {
    let (views, ids) = (web.views.clone(), devices.iter().map(|device| device.device.clone()).collect::<Vec<_>>());
    let sum = move |id: &String| DeviceId::new(id).map_or(Ok(None), |device| views.device(&device));
    let read = tokio::task::spawn_blocking(move || ids.iter().map(sum).collect::<Result<Vec<_>, _>>()).await;
    let sums = read.map_err(|_| Status::internal("the read panicked"))?.map_err(|error| unreadable(&error))?;
    for (device, sum) in devices.iter_mut().zip(sums) {
        device.sent = sum.map(Into::into);
    }
    Ok(())
}
