//! The dashboard: the files that `make web` builds into `web/dist`, part of the program in a release build.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::problem::Problem;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// Shown where the program was built without them.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Vigil</title>\
                         <p>The dashboard is not part of this program: run <code>make web</code>, then build again.</p>";

/// A file of the dashboard; a path without an extension is a page of it, which the browser tells apart by itself.
pub(super) async fn file(method: Method, uri: Uri) -> Response {
    std::future::ready(answer(&method, uri.path())).await
}

fn answer(method: &Method, path: &str) -> Response {
    if path.starts_with("/api/") || !matches!(*method, Method::GET | Method::HEAD) {
        return Problem::not_found("page").into_response();
    }
    let name = path.trim_start_matches('/');
    let is_page = !name.rsplit('/').next().unwrap_or_default().contains('.');
    let name = if is_page { "index.html" } else { name };
    match Dist::get(name) {
        Some(found) => shown(name, Body::from(found.data.into_owned())),
        None if is_page => shown("index.html", Body::from(NOT_BUILT)),
        None => Problem::not_found("file").into_response(),
    }
}

fn shown(name: &str, body: Body) -> Response {
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    // Vite puts a hash into the names of everything in `assets/`; a page must be asked for anew.
    let kept = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}
