//! A probe over plain HTTP: for the operations port.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

/// What of an answer is kept.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Asks; the status, and what was said.
pub async fn get(url: &str, limit: Duration) -> Result<(i64, String), String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
    let client: Client<HttpConnector, Empty<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let asked = async {
        let response = client.get(uri).await.map_err(|error| error.to_string())?;
        let status = i64::from(response.status().as_u16());
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    let answer: Result<_, String> =
        timeout(limit, asked).await.map_err(|_| format!("{url} does not answer in time"))?;
    answer.map_err(|error| format!("{url}: {error}"))
}
