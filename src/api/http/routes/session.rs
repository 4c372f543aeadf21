//! Signing in and out, and who the caller is.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Role, Verb, may_ask};
use crate::api::guard::Secret;
use crate::api::http::Web;
use crate::api::http::caller::{Caller, Stranger, cookie, no_cookie};
use crate::api::http::dto::{Confirmed, Confirming, Me, Session, SessionLife, SigningIn};
use crate::api::http::input::Input;
use crate::api::http::problem::Problem;
use crate::api::identity::IDLE_MS;
use crate::clinical::ids::PersonId;

#[allow(clippy::cast_possible_truncation)]
const IDLE_S: u32 = (IDLE_MS / 1_000) as u32;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(sign_in, sign_out)).routes(routes!(confirm)).routes(routes!(me))
}

/// Opens a session for a local account; its token is in the cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SigningIn, security(()),
    responses((status = 200, body = Session)))]
async fn sign_in(
    State(web): State<Web>,
    Stranger(caller): Stranger,
    Input(said): Input<SigningIn>,
) -> Result<Response, Problem> {
    // A name that cannot be one is answered like one that is not there.
    let who = PersonId::new(&said.person).ok();
    let (person, token, until) = web.guard.sign_in(who, (Secret::Password, said.password), caller.from()).await?;
    let roles = person.roles.iter().map(Role::to_string).collect();
    let session = Session { person: person.id.to_string(), roles, expires_us: until.micros(), idle_s: IDLE_S };
    Ok(([(header::SET_COOKIE, cookie(&token))], Json(session)).into_response())
}

/// A person confirms with a PIN at a screen where somebody is signed in: for a minute, answers can be theirs.
#[utoipa::path(post, path = "/api/v1/session/confirm", tag = "session", request_body = Confirming,
    responses((status = 200, body = Confirmed)))]
async fn confirm(
    State(web): State<Web>,
    caller: Caller,
    Input(said): Input<Confirming>,
) -> Result<Json<Confirmed>, Problem> {
    // A screen that nobody set up is no place to try PINs at.
    web.guard.identify(caller.metadata(), &caller.from(), "session.confirm").await?;
    let who = PersonId::new(&said.person).ok();
    let (person, token, until) = web.guard.sign_in(who, (Secret::Pin, said.pin), caller.from()).await?;
    let roles = person.roles.iter().map(Role::to_string).collect();
    Ok(Json(Confirmed { person: person.id.to_string(), roles, token, expires_us: until.micros() }))
}

/// Ends the session that the request comes with, at once.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
async fn sign_out(State(web): State<Web>, caller: Caller) -> Result<Response, Problem> {
    web.guard.identify(caller.metadata(), &caller.from(), "session.close").await?;
    if let Some(token) = caller.session() {
        web.guard.sessions().close(token);
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, no_cookie())]).into_response())
}

/// Who the server thinks that you are, and what your roles may ask for.
#[utoipa::path(get, path = "/api/v1/me", tag = "session", responses((status = 200, body = Me)))]
async fn me(State(web): State<Web>, caller: Caller) -> Result<Json<Me>, Problem> {
    let person = web.guard.identify(caller.metadata(), &caller.from(), "me").await?;
    let can = Verb::ALL.into_iter().filter(|verb| may_ask(&person.roles, *verb).is_ok());
    let until = caller.session().and_then(|token| web.guard.sessions().until(token));
    Ok(Json(Me {
        person: person.id.to_string(),
        roles: person.roles.iter().map(Role::to_string).collect(),
        can: can.map(|verb| verb.name().to_owned()).collect(),
        session: until.map(|until| SessionLife { expires_us: until.micros(), idle_s: IDLE_S }),
        now_us: web.handle.now().micros(),
    }))
}
