//! Who cares for whom, who broke the glass, who saw what; and the figures of the platform.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{
    AccessPage, AssigningPerson, BreakingGlass, Changed, Explained, Glass, GlassList, Nothing, Operations,
    RestartingActor, Reviewing, Version,
};
use crate::api::http::input::{Asked, Id, Input, Ordinal};
use crate::api::http::problem::Problem;
use crate::api::http::routes::page::page_size;
use crate::proto;
use crate::proto::access_service_server::AccessService as _;
use crate::proto::admin_service_server::AdminService as _;
use serde::Deserialize;
use tonic::Status;
use utoipa::IntoParams;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(assign))
        .routes(routes!(unassign))
        .routes(routes!(break_glass))
        .routes(routes!(end_break_glass))
        .routes(routes!(review))
        .routes(routes!(rotate_keys))
        .routes(routes!(restart_actor))
        .routes(routes!(list_glass))
        .routes(routes!(list))
        .routes(routes!(of_patient))
        .routes(routes!(explain))
        .routes(routes!(operations))
}

/// Puts a person on the care team of a unit or a patient, beside the ladder.
#[utoipa::path(post, path = "/api/v1/access/assign", tag = "access", request_body = AssigningPerson,
    responses((status = 200, body = Changed)))]
async fn assign(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<AssigningPerson>,
) -> Result<Json<Changed>, Problem> {
    let done = web.access.assign(caller.ask(said.into())).await?.into_inner();
    Ok(Json(Changed { changed: done.changed }))
}

/// Takes a person off; a ladder that names them still does.
#[utoipa::path(post, path = "/api/v1/access/unassign", tag = "access", request_body = AssigningPerson,
    responses((status = 200, body = Changed)))]
async fn unassign(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<AssigningPerson>,
) -> Result<Json<Changed>, Problem> {
    let done = web.access.unassign(caller.ask(said.into())).await?.into_inner();
    Ok(Json(Changed { changed: done.changed }))
}

/// Shows a patient of another care team to the caller, until a time. On record at once, and reviewed.
#[utoipa::path(post, path = "/api/v1/patients/{id}/break-glass", tag = "access", params(("id" = String, Path)), request_body = BreakingGlass,
    responses((status = 200, body = Glass)))]
async fn break_glass(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<BreakingGlass>,
) -> Result<Json<Glass>, Problem> {
    let broken = web
        .access
        .break_glass(caller.ask(proto::BreakGlassRequest {
            patient: id,
            reason: said.reason,
            minutes: said.minutes.unwrap_or_default(),
        }))
        .await?
        .into_inner()
        .entry;
    let broken = broken.ok_or_else(|| Status::internal("the glass was not broken"))?;
    Ok(Json(broken.into()))
}

/// Ends it before its time; by whoever broke the glass.
#[utoipa::path(post, path = "/api/v1/break-glass/{ordinal}/end", tag = "access", params(("ordinal" = u32, Path)), request_body = Nothing,
    responses((status = 204)))]
async fn end_break_glass(
    State(web): State<Web>,
    caller: Caller,
    Ordinal(ordinal): Ordinal,
    Input(said): Input<Nothing>,
) -> Result<StatusCode, Problem> {
    web.access
        .end_break_glass(caller.ask({
            let Nothing {} = said;
            proto::EndBreakGlassRequest { ordinal }
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Judges what was done; never by whoever broke the glass.
#[utoipa::path(post, path = "/api/v1/break-glass/{ordinal}/review", tag = "access", params(("ordinal" = u32, Path)), request_body = Reviewing,
    responses((status = 204)))]
async fn review(
    State(web): State<Web>,
    caller: Caller,
    Ordinal(ordinal): Ordinal,
    Input(said): Input<Reviewing>,
) -> Result<StatusCode, Problem> {
    web.access
        .review_break_glass(caller.ask(proto::ReviewBreakGlassRequest {
            ordinal,
            justified: said.justified,
            note: said.note,
        }))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Wraps all keys under a new key-encryption key and shreds the old one.
#[utoipa::path(post, path = "/api/v1/keys/rotate", tag = "access", request_body = Nothing,
    responses((status = 200, body = Version)))]
async fn rotate_keys(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<Nothing>,
) -> Result<Json<Version>, Problem> {
    let rotated = web
        .access
        .rotate_keys(caller.ask({
            let Nothing {} = said;
            proto::RotateKeysRequest {}
        }))
        .await?
        .into_inner();
    Ok(Json(Version { version: rotated.version }))
}

/// Starts an actor again that crashed too often and is parked.
#[utoipa::path(post, path = "/api/v1/actors/restart", tag = "access", request_body = RestartingActor,
    responses((status = 204)))]
async fn restart_actor(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<RestartingActor>,
) -> Result<StatusCode, Problem> {
    web.admin.restart_actor(caller.ask(proto::RestartActorRequest { subject: said.subject })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which times the glass was broken.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedGlass {
    /// Only those that wait for a review.
    waiting: Option<bool>,
}

/// Every time the glass was broken, those that wait for a review first.
#[utoipa::path(get, path = "/api/v1/break-glass", tag = "access", params(WantedGlass),
    responses((status = 200, body = GlassList)))]
async fn list_glass(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<WantedGlass>,
) -> Result<Json<GlassList>, Problem> {
    let request = proto::ListBreakGlassRequest { waiting: wanted.waiting.unwrap_or_default() };
    Ok(Json(web.access.list_break_glass(caller.ask(request)).await?.into_inner().into()))
}

/// Which accesses.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// To the data of one patient.
    patient: Option<String>,
    /// By one person.
    person: Option<String>,
    /// Receipt time of the first.
    since_us: Option<i64>,
    /// Receipt time before which they lie.
    until_us: Option<i64>,
    /// 1 to 1000; absent: 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Wanted {
    fn request(self) -> Result<proto::ListAccessRequest, Problem> {
        Ok(proto::ListAccessRequest {
            patient: self.patient.unwrap_or_default(),
            person: self.person.unwrap_or_default(),
            since_us: self.since_us.unwrap_or_default(),
            until_us: self.until_us.unwrap_or_default(),
            page_size: page_size(self.limit)?,
            page_token: self.cursor.unwrap_or_default(),
        })
    }
}

/// Who saw what, newest first.
#[utoipa::path(get, path = "/api/v1/access", tag = "access", params(Wanted), responses((status = 200, body = AccessPage)))]
async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<AccessPage>, Problem> {
    Ok(Json(web.access.list_access(caller.ask(wanted.request()?)).await?.into_inner().into()))
}

/// How a patient's accesses are paged.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// 1 to 1000; absent: 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Who saw the data of a patient, newest first.
#[utoipa::path(get, path = "/api/v1/patients/{id}/access", tag = "access", params(("id" = String, Path), Paging),
    responses((status = 200, body = AccessPage)))]
async fn of_patient(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Asked(paging): Asked<Paging>,
) -> Result<Json<AccessPage>, Problem> {
    let Paging { limit, cursor } = paging;
    let wanted = Wanted { patient: Some(id), person: None, since_us: None, until_us: None, limit, cursor };
    Ok(Json(web.access.list_access(caller.ask(wanted.request()?)).await?.into_inner().into()))
}

/// Of whom, and about whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct About {
    person: String,
    patient: String,
}

/// What a person may do and see of a patient, and why.
#[utoipa::path(get, path = "/api/v1/access/explain", tag = "access", params(About),
    responses((status = 200, body = Explained)))]
async fn explain(
    State(web): State<Web>,
    caller: Caller,
    Asked(about): Asked<About>,
) -> Result<Json<Explained>, Problem> {
    let request = proto::ExplainRequest { person: about.person, patient: about.patient };
    Ok(Json(web.access.explain(caller.ask(request)).await?.into_inner().into()))
}

/// Figures of the running platform; no patient data.
#[utoipa::path(get, path = "/api/v1/operations", tag = "operations", responses((status = 200, body = Operations)))]
async fn operations(State(web): State<Web>, caller: Caller) -> Result<Json<Operations>, Problem> {
    let status = web.admin.status(caller.ask(proto::StatusRequest {})).await?.into_inner();
    let behind = web.behind();
    Ok(Json(Operations::of(status, behind, web.listening.get())))
}
