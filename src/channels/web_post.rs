//! One bounded POST: no redirects, a time limit, a bound on what is read.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use smol_str::{SmolStr, format_smolstr};

use super::channel::{Outcome, SEND_TIMEOUT};

/// More of an answer is not read.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Connections that are kept for the next message, per host.
const IDLE_MAX: usize = 8;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum WebClientError {
    /// The file of additional authorities.
    #[error("read the certificates of {file}: {why}")]
    Authorities {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The TLS library refused.
    #[error("set TLS up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Posts to web servers. Cheap to clone.
#[derive(Clone)]
pub struct WebClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    timeout: Duration,
}

impl WebClient {
    /// Trusts what the machine trusts, and the authorities of a PEM file.
    ///
    /// # Errors
    /// [`WebClientError`]
    pub fn new(authorities: Option<&std::path::Path>) -> Result<Self, WebClientError> {
        let mut roots = RootCertStore::empty();
        // A machine without a store of its own reaches only whom the file vouches for.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = authorities {
            let wrong = |why: String| WebClientError::Authorities { file: file.display().to_string(), why };
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))? {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_MAX)
            // A request that was sent is not sent again behind our back.
            .retry_canceled_requests(false)
            .build(connector);
        Ok(Self { client, timeout: SEND_TIMEOUT })
    }

    /// The same with another time limit, for tests.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Posts a body; every way in which it can end is an outcome.
    pub async fn post(&self, uri: Uri, headers: HeaderMap, body: Bytes) -> Outcome {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        match tokio::time::timeout(self.timeout, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown { why: format_smolstr!("no answer within {} ms", self.timeout.as_millis()) },
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Outcome {
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return failed("no connection", None),
            Err(_) => return Outcome::Unknown { why: "the connection ended before the answer".into() },
        };
        let (status, wait) = (response.status(), retry_after(response.headers()));
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        match (judge(status, wait), body) {
            // The status said that the message was taken, but not all of the answer came.
            (Outcome::Sent, Err(_)) => Outcome::Unknown { why: "the answer is endless or broken".into() },
            (outcome, _) => outcome,
        }
    }
}

fn judge(status: StatusCode, wait: Option<Duration>) -> Outcome {
    let said = || format_smolstr!("status {}", status.as_u16());
    match status.as_u16() {
        200..=299 => Outcome::Sent,
        408 | 425 | 429 | 500..=599 => failed(said(), wait),
        // A redirect is a mistake in the address: a page goes nowhere but where it was meant to go.
        _ => Outcome::Refused { why: said() },
    }
}

fn failed(why: impl Into<SmolStr>, wait: Option<Duration>) -> Outcome {
    Outcome::Failed { why: why.into(), wait }
}

/// `Retry-After` in seconds; at most ten minutes.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(600)))
}

/// An address that may be posted to: HTTPS, or plain HTTP on this machine.
pub(super) fn uri_of(address: &str) -> Result<Uri, String> {
    const ALLOWED: &str = "an https:// address, or http:// on this machine";
    let uri: Uri = address.parse().map_err(|_| format!("it is no URL; allowed: {ALLOWED}"))?;
    let local = uri.host().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    match uri.scheme_str() {
        Some("https") if uri.host().is_some() => Ok(uri),
        Some("http") if local => Ok(uri),
        _ => Err(format!("allowed: {ALLOWED}")),
    }
}
