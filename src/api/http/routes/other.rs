//! What is asked for in a way that does not exist.

use axum::http::StatusCode;

use crate::api::http::problem::Problem;

/// The address exists, for another method.
pub async fn no_such_method() -> Problem {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unsupported", "this address has no such method");
    std::future::ready(problem).await
}
