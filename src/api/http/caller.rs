//! Who asks, as the guard of port 7444 would learn it: a bearer token, or the session in the cookie.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use smol_str::SmolStr;
use tonic::Request;
use tonic::metadata::{MetadataMap, MetadataValue};

use super::problem::Problem;
use crate::api::guard::address;
use crate::api::identity::Sessions;
use crate::api::peer::Connection;

/// The name promises that no other host and no plain connection can have set it (RFC 6265bis, 4.1.3.2).
const COOKIE: &str = "__Host-vigil";
const PURPOSE: &str = "x-purpose-of-use";

/// Who asks, and from where.
pub(super) struct Caller {
    metadata: MetadataMap,
    connection: Option<Arc<Connection>>,
    session: Option<String>,
}

impl Caller {
    /// The message as a request of this caller.
    pub fn ask<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        *request.metadata_mut() = self.metadata.clone();
        if let Some(connection) = &self.connection {
            request.extensions_mut().insert(Arc::clone(connection));
        }
        request
    }

    /// The token of the session that the request came with.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// What the guard reads.
    pub const fn metadata(&self) -> &MetadataMap {
        &self.metadata
    }

    /// The address at the other end.
    pub fn from(&self) -> SmolStr {
        address(self.ask(()).extensions())
    }

    fn of(parts: &Parts) -> Result<Self, Problem> {
        let mut metadata = MetadataMap::new();
        let connection = parts.extensions.get().cloned();
        if let Some(purpose) = parts.headers.get(PURPOSE) {
            let purpose = MetadataValue::try_from(purpose.as_bytes());
            metadata.insert(PURPOSE, purpose.map_err(|_| Problem::invalid("x-purpose-of-use is no code"))?);
        }
        if let Some(header) = parts.headers.get(header::AUTHORIZATION) {
            if let Ok(value) = MetadataValue::try_from(header.as_bytes()) {
                metadata.insert("authorization", value);
            }
            return Ok(Self { metadata, connection, session: None });
        }
        let session = session_of(&parts.headers);
        if let Some(token) = &session {
            if is_change(&parts.method) && !is_from_our_pages(parts) {
                return Err(Problem::forbidden("this does not come from our own pages: Origin must be our own"));
            }
            if let Ok(value) = MetadataValue::try_from(format!("Bearer {token}")) {
                metadata.insert("authorization", value);
            }
        }
        Ok(Self { metadata, connection, session })
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        std::future::ready(Self::of(parts)).await
    }
}

/// A browser that is not signed in yet: whoever asks must not come from another site's page.
pub(super) struct Stranger(pub Caller);

impl<S: Sync> FromRequestParts<S> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.headers.contains_key(header::ORIGIN) && !is_from_our_pages(parts) {
            return Err(Problem::forbidden("this does not come from our own pages: Origin must be our own"));
        }
        let connection = parts.extensions.get().cloned();
        std::future::ready(Ok(Self(Caller { metadata: MetadataMap::new(), connection, session: None }))).await
    }
}

/// The cookie of a session.
pub(super) fn cookie(token: &str) -> String {
    format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// What makes a browser forget the cookie.
pub(super) fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

fn session_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let token = pairs.find_map(|(name, value)| (name == COOKIE).then_some(value))?;
    Sessions::is_token(token).then(|| token.to_owned())
}

const fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_from_our_pages(parts: &Parts) -> bool {
    let host = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    let host = host.or_else(|| parts.headers.get(header::HOST)?.to_str().ok());
    let origin = parts.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    match (origin.and_then(|origin| origin.strip_prefix("https://")), host) {
        (Some(origin), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}
