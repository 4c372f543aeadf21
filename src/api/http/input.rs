//! What a request says: its body, its query, the id in its path. What is wrong is a problem with what is allowed.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::problem::Problem;

/// The largest body, as on port 7444.
const BODY_MAX_BYTES: usize = 64 << 10;
/// A body that takes longer is not waited for.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// A JSON body.
pub(super) struct Input<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let media = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.and_then(|value| value.split(';').next()).map(str::trim);
        if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported", "the body must be application/json"));
        }
        let bytes = read_body(request.into_body()).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| wrong_body(&error))
    }
}

/// The bytes of a body.
pub(super) async fn read_body(body: Body) -> Result<Bytes, Problem> {
    let read = timeout(BODY_WITHIN, axum::body::to_bytes(body, BODY_MAX_BYTES)).await;
    let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "unavailable", "the body took longer than 10 s");
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    let too_large = |_| Problem::new(status, "too_large", "the body has at most 65536 bytes, and comes whole");
    read.map_err(late)?.map_err(too_large)
}

/// Says where and what, but repeats nothing of the body but names of fields.
fn wrong_body(error: &serde_json::Error) -> Problem {
    let said = error.to_string();
    let about_fields = ["unknown field", "missing field", "unknown variant"].iter().any(|what| said.starts_with(what));
    let (line, column) = (error.line(), error.column());
    let detail = match error.classify() {
        serde_json::error::Category::Data if about_fields => {
            format!("the body has an {said}").replace("an missing", "a missing")
        }
        serde_json::error::Category::Data => {
            format!("a field of the body has another type: line {line} column {column}")
        }
        _ => format!("the body is no JSON: line {line} column {column}"),
    };
    Problem::invalid(detail)
}

/// The query of the address.
pub(super) struct Asked<T>(pub T);

impl<S: Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|error| Problem::invalid(error.body_text()));
        std::future::ready(query.map(|Query(query)| Self(query))).await
    }
}

/// The number in the path.
pub(super) struct Ordinal(pub u32);

/// The id in the path.
pub(super) struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Ordinal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<u32>::from_request_parts(parts, state).await;
        path.map(|Path(ordinal)| Self(ordinal)).map_err(|_| Problem::not_found("entry"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Problem::not_found("page"))
    }
}
