//! `Idempotency-Key`: what was asked twice is done once. Kept in memory for a while; an answer to an alert is safe beyond
//! that, because it carries the version that the person saw.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

use super::Web;
use super::caller::Caller;
use super::input::read_body;
use super::problem::Problem;
use crate::clinical::ids::{PatientId, PersonId};
use crate::time::Timestamp;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_CHARS_MAX: usize = 64;
const KEPT_MS: i64 = 10 * 60_000;
/// Requests that are remembered, of everybody.
const KEPT_MAX: usize = 20_000;
/// A larger answer is not kept: its request is done anew.
const ANSWER_MAX_BYTES: usize = 256 << 10;
/// A secret is never kept, and who signs in twice has two sessions.
pub(super) const SECRET: [&str; 2] = ["/api/v1/session", "/api/v1/session/confirm"];

/// What was asked lately.
#[derive(Default)]
pub struct Asked {
    slots: Mutex<HashMap<(PersonId, String), Arc<Slot>>>,
}

/// One request; whoever repeats it waits until the first has its answer.
struct Slot {
    at: Timestamp,
    request: [u8; 32],
    answer: tokio::sync::Mutex<Option<Kept>>,
}

/// An answer that is given again.
#[derive(Clone)]
struct Kept {
    status: StatusCode,
    media_type: Option<HeaderValue>,
    body: Bytes,
}

impl Asked {
    /// The place of a request; `None`: too many are remembered.
    fn slot(&self, person: PersonId, key: String, request: [u8; 32], now: Timestamp) -> Option<Arc<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let is_kept = |slot: &Slot| now.since_ms(slot.at) < KEPT_MS;
        if slots.len() >= KEPT_MAX {
            slots.retain(|_, slot| is_kept(slot));
        }
        let place = (person, key);
        if let Some(slot) = slots.get(&place).filter(|slot| is_kept(slot)) {
            return Some(Arc::clone(slot));
        }
        if slots.len() >= KEPT_MAX {
            return None;
        }
        let slot = Arc::new(Slot { at: now, request, answer: tokio::sync::Mutex::new(None) });
        slots.insert(place, Arc::clone(&slot));
        Some(slot)
    }
}

/// Lets each POST through once per person and key.
pub(super) async fn once(State(web): State<Web>, request: Request, next: Next) -> Response {
    if *request.method() != Method::POST || SECRET.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    ask(web, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn ask(web: Web, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &()).await?;
    let person = web.guard.identify(caller.metadata(), &caller.from(), "http.post").await?.id;
    let key = key_of(&parts.headers)?;
    let body = read_body(body).await?;
    let request = fingerprint(&parts, &body);
    let slot = web.asked.slot(person, key, request, web.handle.now());
    let busy = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "too much is asked just now: try again");
    let slot = slot.ok_or_else(busy)?;
    if slot.request != request {
        let detail = "this Idempotency-Key was used for something else";
        return Err(Problem::new(StatusCode::CONFLICT, "conflict", detail));
    }
    // On a task of its own: what was begun is done, and remembered, also where the client goes away.
    let doing = tokio::spawn(async move {
        let mut answer = slot.answer.lock().await;
        if let Some(kept) = answer.clone() {
            return again(&web, &caller, kept).await;
        }
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        let (kept, response) = keep(response).await?;
        *answer = kept;
        Ok(response)
    });
    doing.await.unwrap_or_else(|_| Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()))
}

/// The answer again; what it shows is on record again.
async fn again(web: &Web, caller: &Caller, kept: Kept) -> Result<Response, Problem> {
    let said: Value = serde_json::from_slice(&kept.body).unwrap_or_default();
    let mut patients = Vec::new();
    patients_in(&said, &mut patients);
    web.guard.show_again(&caller.ask(()), patients).await?;
    let mut response = (kept.status, kept.body).into_response();
    if let Some(media_type) = kept.media_type {
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// What was done, or cannot be done, is kept; what may go better the next time is not.
async fn keep(response: Response) -> Result<(Option<Kept>, Response), Problem> {
    if !(response.status().is_success() || response.status() == StatusCode::CONFLICT) {
        return Ok((None, response));
    }
    let (parts, body) = response.into_parts();
    let broken = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the answer cannot be read");
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(broken)?;
    let media_type = parts.headers.get(header::CONTENT_TYPE).cloned();
    let kept = Kept { status: parts.status, media_type, body: body.clone() };
    let kept = (body.len() <= ANSWER_MAX_BYTES).then_some(kept);
    Ok((kept, Response::from_parts(parts, Body::from(body))))
}

fn key_of(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    let is_key = (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let wrong = || Problem::invalid("send the header Idempotency-Key, 1 to 64 visible characters, new for each thing");
    is_key.then(|| key.to_owned()).ok_or_else(wrong)
}

fn fingerprint(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(parts.uri.path().as_bytes());
    context.update(b"?");
    context.update(parts.uri.query().unwrap_or_default().as_bytes());
    context.update(b"\n");
    context.update(body);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Patients whom an answer names; every answer names them so.
fn patients_in(value: &Value, found: &mut Vec<PatientId>) {
    match value {
        Value::Object(fields) => {
            let patient = fields.get("patient").and_then(Value::as_str);
            found.extend(patient.and_then(|patient| PatientId::new(patient).ok()));
            fields.values().for_each(|field| patients_in(field, found));
        }
        Value::Array(values) => values.iter().for_each(|value| patients_in(value, found)),
        _ => {}
    }
}
