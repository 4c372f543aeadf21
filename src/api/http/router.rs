//! All addresses, and the description of them.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response, SecurityRequirement};
use utoipa::{OpenApi as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

use super::once::{Asked, SECRET, once};
use super::problem::Problem;
use super::serve::serve;
use super::{assets, etag, headers, routes};
use crate::actors::handle::Handle;
use crate::api::figures::Figure;
use crate::api::grpc::access::Access;
use crate::api::grpc::admin::Admin;
use crate::api::grpc::alerts::Alerts;
use crate::api::grpc::oncall::OnCall;
use crate::api::guard::Guard;
use crate::api::listener::Conn;
use crate::config::Limits;
use crate::views::Views;

/// What handlers share: the services of port 7444, and the guard before them.
#[derive(Clone)]
pub struct Web {
    /// Alerts.
    pub alerts: Alerts,
    /// Devices, patients, units.
    pub admin: Admin,
    /// Who cares for whom, who saw what.
    pub access: Access,
    /// Who is responsible.
    pub on_call: OnCall,
    /// Who asks.
    pub guard: Guard,
    /// Time.
    pub handle: Handle,
    /// The newest values, and trends.
    pub views: Views,
    /// What was asked lately.
    pub asked: Arc<Asked>,
    /// Clients that listen to events.
    pub listening: Arc<Figure>,
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vigil",
        description = "Alerts, patients and devices of a running platform. Words and rules: docs/API.md."
    ),
    components(schemas(Problem))
)]
struct Description;

impl Web {
    /// Journal positions that are not in the views yet.
    pub(super) fn behind(&self) -> u64 {
        self.handle.status().position.saturating_sub(self.views.position())
    }

    /// Serves until the server drains.
    pub(in crate::api) fn serve(
        self,
        incoming: mpsc::Receiver<io::Result<Conn>>,
        limits: &Limits,
        drains: watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        serve(self.router(), incoming, limits, drains)
    }

    /// Everything that port 7445 serves.
    fn router(self) -> Router {
        let (router, described) = all().split_for_parts();
        let described: Arc<str> = text_of(described).into();
        let described = move || {
            let text = described.to_string();
            async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], text) }
        };
        router
            .route("/openapi.json", get(described))
            .fallback(assets::file)
            .method_not_allowed_fallback(routes::no_such_method)
            .layer(from_fn_with_state(self.clone(), once))
            .layer(from_fn(etag::tag))
            .layer(CompressionLayer::new())
            .layer(from_fn(headers::secure))
            .with_state(self)
    }
}

/// The description, as `/openapi.json` gives it.
#[must_use]
pub fn openapi() -> String {
    text_of(all().into_openapi())
}

fn all() -> OpenApiRouter<Web> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(routes::session::routes())
        .merge(routes::alerts::routes())
        .merge(routes::answers::routes())
        .merge(routes::patients::routes())
        .merge(routes::devices::routes())
        .merge(routes::board::routes())
        .merge(routes::stays::routes())
        .merge(routes::custody::routes())
        .merge(routes::access::routes())
        .merge(routes::oncall::routes())
        .merge(super::events::routes())
}

fn idempotency_key() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]{1,64}$"));
    let parameter = ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header);
    let parameter = parameter.description(Some("New for each thing that is to be done; the same again for a repeat"));
    parameter.required(Required::True).schema(Some(schema)).build()
}

/// Every request may end in a problem, and shows who asks.
fn text_of(mut described: OpenApi) -> String {
    let mut problem = Response::new("A problem (RFC 9457)");
    let schema = RefOr::Ref(Ref::from_schema_name(Problem::name()));
    problem.content.insert(Problem::MEDIA_TYPE.to_owned(), RefOr::T(Content::new(Some(schema))));
    for (path, item) in &mut described.paths.paths {
        if let Some(post) = item.post.as_mut().filter(|_| !SECRET.contains(&path.as_str())) {
            post.parameters.get_or_insert_default().push(idempotency_key().into());
        }
        let operations = [&mut item.get, &mut item.post, &mut item.delete, &mut item.put];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
        }
    }
    if let Some(components) = &mut described.components {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("__Host-vigil"));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
    let either = ["token", "session"].map(|name| SecurityRequirement::new(name, [] as [&str; 0]));
    described.security = Some(either.to_vec());
    described.to_json().unwrap_or_default()
}
