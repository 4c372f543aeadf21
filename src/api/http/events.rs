//! Server-sent events: what happens, in the order of journal positions, to one browser.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

mod values;

use values::Watched;

use super::Web;
use super::caller::Caller;
use super::dto::Update;
use super::input::Asked;
use super::problem::Problem;
use crate::access::{Verb, may_ask};
use crate::clinical::ids::UnitId;
use crate::proto::alert_service_server::AlertService as _;
use crate::proto::{AlertUpdate, WatchAlertsRequest};

/// A page takes 12 s of silence for a lost server.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// What is new of values is told so often.
const VALUES: Duration = Duration::from_secs(1);
/// Events that wait for one client, beside those in its connection.
const WAITING_MAX: usize = 64;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of one unit.
    unit: Option<String>,
    /// Also the newest values of patients, about once a second; absent: yes.
    values: Option<bool>,
    /// Begin right after this journal position; absent: now. `Last-Event-ID` goes before it.
    from: Option<u64>,
}

/// A sign of life.
#[derive(Serialize, ToSchema)]
struct Keepalive {
    now_us: i64,
    /// The newest journal position of an alert.
    position: u64,
}

/// What happens to alerts from now on, or from a position on.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(Wanted, ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn events(
    State(web): State<Web>,
    caller: Caller,
    headers: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Result<Sse<ReceiverStream<Result<Event, Infallible>>>, Problem> {
    let last = headers.get("last-event-id").map(|id| id.to_str().ok().and_then(|id| id.parse().ok()));
    let last = last.map(|id| id.ok_or_else(|| Problem::invalid("Last-Event-ID is the id of an event"))).transpose()?;
    let invalid = |error: crate::clinical::ids::IdError| Problem::invalid(error.to_string());
    let unit = wanted.unit.as_deref().map(UnitId::new).transpose().map_err(invalid)?;
    let request = WatchAlertsRequest { from_position: last.or(wanted.from), unit: wanted.unit.unwrap_or_default() };
    let alerts = web.alerts.watch(caller.ask(request)).await?.into_inner();
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let watched = watched(&web, &caller, unit, wanted.values.unwrap_or(true)).await;
    let telling = Telling { web, session: caller.session().map(str::to_owned), watched, sender };
    tokio::spawn(telling.run(alerts));
    Ok(Sse::new(ReceiverStream::new(receiver)))
}

/// The values of which the client is told; those of nobody where its roles see no patient.
async fn watched(web: &Web, caller: &Caller, unit: Option<UnitId>, wanted: bool) -> Option<Watched> {
    let request = caller.ask(());
    let person = web.guard.identify(request.metadata(), &caller.from(), "values.watch").await.ok()?;
    if !wanted || may_ask(&person.roles, Verb::SeePatient).is_err() {
        return None;
    }
    let visit = web.guard.enter(&request, Verb::SeePatient, "values.watch").await.ok()?;
    Some(Watched::new(visit, unit))
}

/// One client's events.
struct Telling {
    web: Web,
    watched: Option<Watched>,
    /// The session that must go on while its events do.
    session: Option<String>,
    sender: mpsc::Sender<Result<Event, Infallible>>,
}

/// The client is gone.
struct Gone;

impl Telling {
    async fn run(mut self, alerts: ReceiverStream<Result<AlertUpdate, Status>>) {
        self.web.listening.add(1);
        // Gone is as good an end as any.
        let _ = self.tell(alerts).await;
        self.web.listening.sub(1);
    }

    async fn tell(&mut self, mut alerts: ReceiverStream<Result<AlertUpdate, Status>>) -> Result<(), Gone> {
        let mut keepalives = interval(KEEPALIVE);
        keepalives.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut values = interval(VALUES);
        values.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.sender.closed() => return Err(Gone),
                _ = keepalives.tick() => {
                    if !self.is_signed_in() {
                        return self.end(Status::unauthenticated("the session has ended: sign in again")).await;
                    }
                    let alive = Keepalive {
                        now_us: self.web.handle.now().micros(),
                        position: self.web.handle.alerts_position(),
                    };
                    self.send(Event::default().event("keepalive"), &alive).await?;
                }
                _ = values.tick(), if self.watched.is_some() => self.values().await?,
                update = alerts.next() => match update {
                    Some(Ok(update)) => self.alert(update).await?,
                    Some(Err(status)) => return self.end(status).await,
                    None => return Ok(()),
                },
            }
        }
    }

    async fn values(&mut self) -> Result<(), Gone> {
        let Some(watched) = &mut self.watched else { return Ok(()) };
        match watched.news(&self.web).await {
            Ok(Some(news)) => self.send(Event::default().event("values"), &news).await,
            Ok(None) => Ok(()),
            Err(status) => {
                self.end(status).await?;
                Err(Gone)
            }
        }
    }

    async fn alert(&self, update: AlertUpdate) -> Result<(), Gone> {
        let update: Option<Update> = update.into();
        let Some(update) = update else { return Ok(()) };
        self.send(Event::default().event("alert").id(update.position.to_string()), &update).await
    }

    /// Says why it ends.
    async fn end(&self, status: Status) -> Result<(), Gone> {
        self.send(Event::default().event("end"), &Problem::from(status)).await
    }

    async fn send(&self, event: Event, data: &impl Serialize) -> Result<(), Gone> {
        // What is serialised here has no maps with odd keys: it cannot fail.
        let text = serde_json::to_string(data).map_err(|_| Gone)?;
        self.sender.send(Ok(event.data(text))).await.map_err(|_| Gone)
    }

    fn is_signed_in(&self) -> bool {
        let lives = |token: &String| self.web.guard.sessions().lives(token, self.web.handle.now());
        self.session.as_ref().is_none_or(lives)
    }
}
