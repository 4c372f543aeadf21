//! What people answer to alerts. Said only after the commit.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tonic::{Response as Answered, Status};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{
    Accepting, Acknowledging, AcknowledgingSeveral, Answer, Answers, AsRequest as _, Commenting, Disposing, Escalating,
    HandingOver, HandingOverAll, Rejecting, Resetting, Snoozing,
};
use crate::api::http::input::{Id, Input};
use crate::api::http::problem::Problem;
use crate::proto;
use crate::proto::alert_service_server::AlertService as _;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(acknowledge))
        .routes(routes!(accept))
        .routes(routes!(reject))
        .routes(routes!(escalate))
        .routes(routes!(hand_over))
        .routes(routes!(snooze))
        .routes(routes!(reset))
        .routes(routes!(comment))
        .routes(routes!(dispose))
        .routes(routes!(acknowledge_all))
        .routes(routes!(hand_over_all))
}

/// The answer, or the alert as it is now where another version was seen.
fn shown(answered: Result<Answered<proto::AnswerResponse>, Status>) -> Result<Response, Problem> {
    let answer: Option<Answer> = answered?.into_inner().into();
    let answer = answer.ok_or_else(|| Status::internal("an answer without its alert"))?;
    let status = if answer.done { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok((status, Json(answer)).into_response())
}

/// "I own it, and the signals are off for a while."
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "answers", params(("id" = String, Path)),
    request_body = Acknowledging, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn acknowledge(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Acknowledging>,
) -> Result<Response, Problem> {
    shown(web.alerts.acknowledge(caller.ask(said.about(id))).await)
}

/// "I own it."
#[utoipa::path(post, path = "/api/v1/alerts/{id}/accept", tag = "answers", params(("id" = String, Path)),
    request_body = Accepting, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn accept(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Accepting>,
) -> Result<Response, Problem> {
    shown(web.alerts.accept(caller.ask(said.about(id))).await)
}

/// "Not me": the next step at once.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/reject", tag = "answers", params(("id" = String, Path)),
    request_body = Rejecting, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn reject(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Rejecting>,
) -> Result<Response, Problem> {
    shown(web.alerts.reject(caller.ask(said.about(id))).await)
}

/// To a person, or to the next step, now.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/escalate", tag = "answers", params(("id" = String, Path)),
    request_body = Escalating, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn escalate(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Escalating>,
) -> Result<Response, Problem> {
    shown(web.alerts.escalate(caller.ask(said.about(id))).await)
}

/// To a person, for good, once they have answered.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/hand-over", tag = "answers", params(("id" = String, Path)),
    request_body = HandingOver, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn hand_over(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<HandingOver>,
) -> Result<Response, Problem> {
    shown(web.alerts.hand_over(caller.ask(said.about(id))).await)
}

/// Signals off for a while; the ladder goes on.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/snooze", tag = "answers", params(("id" = String, Path)),
    request_body = Snoozing, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn snooze(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Snoozing>,
) -> Result<Response, Problem> {
    shown(web.alerts.snooze(caller.ask(said.about(id))).await)
}

/// Ends a latched signal whose condition has gone.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/reset", tag = "answers", params(("id" = String, Path)),
    request_body = Resetting, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn reset(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Resetting>,
) -> Result<Response, Problem> {
    shown(web.alerts.reset(caller.ask(said.about(id))).await)
}

/// A note.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/comment", tag = "answers", params(("id" = String, Path)),
    request_body = Commenting, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn comment(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Commenting>,
) -> Result<Response, Problem> {
    shown(web.alerts.comment(caller.ask(said.about(id))).await)
}

/// What the alert turned out to be worth; also of one that is closed.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/dispose", tag = "answers", params(("id" = String, Path)),
    request_body = Disposing, responses((status = 200, body = Answer), (status = 409, body = Answer)))]
async fn dispose(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Input(said): Input<Disposing>,
) -> Result<Response, Problem> {
    shown(web.alerts.dispose(caller.ask(said.about(id))).await)
}

/// Acknowledges several alerts; refused as a whole where any of them is high.
#[utoipa::path(post, path = "/api/v1/alerts/acknowledge", tag = "answers", request_body = AcknowledgingSeveral,
    responses((status = 200, body = Answers)))]
async fn acknowledge_all(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<AcknowledgingSeveral>,
) -> Result<Json<Answers>, Problem> {
    Ok(Json(web.alerts.acknowledge_all(caller.ask(said.into())).await?.into_inner().into()))
}

/// Offers all that the caller owns, of a patient or a whole shift, to a person.
#[utoipa::path(post, path = "/api/v1/alerts/hand-over", tag = "answers", request_body = HandingOverAll,
    responses((status = 200, body = Answers)))]
async fn hand_over_all(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<HandingOverAll>,
) -> Result<Json<Answers>, Problem> {
    Ok(Json(web.alerts.hand_over_all(caller.ask(said.into())).await?.into_inner().into()))
}
