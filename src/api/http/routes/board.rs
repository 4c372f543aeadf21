//! The ward board, the newest values of a patient, and trends.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tonic::Status;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Field, Fields, Verb};
use crate::actors::handle::{AlertView, PatientEntry};
use crate::api::grpc::{admin, view};
use crate::api::guard::Visit;
use crate::api::http::Web;
use crate::api::http::caller::Caller;
use crate::api::http::dto::{Alert, Board, Patient, Tile, Trends, Values, trend, values_now};
use crate::api::http::input::{Asked, Id};
use crate::api::http::problem::Problem;
use crate::api::http::routes::page::page_size;
use crate::clinical::codes::Code;
use crate::clinical::ids::{PatientId, UnitId};
use crate::clinical::patient::Presence;
use crate::time::Timestamp;
use crate::views::{Latest, Span, ViewError, Wanted};

/// Codes whose last half hour is drawn where the request names none.
const DRAWN: [&str; 3] = ["heart_rate", "spo2", "resp_rate"];
const POINTS_DEFAULT: u32 = 400;
const POINTS_MAX: u32 = 5_000;
const DAY_MS: i64 = 86_400_000;
/// The longest stretch that can be asked for.
const SPAN_MAX_MS: i64 = 400 * DAY_MS;
/// Of what was known at an instant, which the finest level alone can tell.
const KNOWN_SPAN_MAX_MS: i64 = 2 * DAY_MS;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(board)).routes(routes!(values)).routes(routes!(trends))
}

/// What cannot be read from the views is said, and nothing else is shown in its place.
pub fn unreadable(error: &ViewError) -> Status {
    tracing::error!(%error, "a view cannot be read");
    Status::unavailable("the values cannot be read just now")
}

/// Which patients.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedTiles {
    /// Of one unit.
    unit: Option<String>,
    /// Codes whose last half hour is drawn, with commas between them; absent: `heart_rate,spo2,resp_rate`.
    spark: Option<String>,
    /// 1 to 1000; absent: 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Patients who are here, with their newest values and open alerts.
#[utoipa::path(get, path = "/api/v1/board", tag = "patients", params(WantedTiles), responses((status = 200, body = Board)))]
async fn board(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<WantedTiles>,
) -> Result<Json<Board>, Problem> {
    let mut visit = web.guard.enter(&caller.ask(()), Verb::SeePatient, "board").await?;
    let invalid = |error: crate::clinical::ids::IdError| Problem::invalid(error.to_string());
    let unit = wanted.unit.as_deref().map(UnitId::new).transpose().map_err(invalid)?;
    let after = wanted.cursor.as_deref().map(PatientId::new).transpose().map_err(invalid)?;
    let drawn = codes(wanted.spark.as_deref().unwrap_or(&DRAWN.join(",")))?;
    let size = page_size(wanted.limit)? as usize;
    let is_wanted = |entry: &PatientEntry| {
        unit.as_ref().is_none_or(|unit| entry.unit == *unit)
            && entry.presence == Presence::Present
            && visit.fields_in(&entry.patient, &entry.unit, Verb::SeePatient).is_some()
    };
    let entries = web.handle.patients(after.as_ref(), size, is_wanted).await;
    let next_cursor = entries.last().filter(|_| entries.len() == size).map(|entry| entry.patient.to_string());
    let (alerts, position) = web.handle.alerts(unit.as_ref(), None, false).await;
    let mut alerts = by_patient(alerts);
    let latest = latest_of(&web, entries.iter().map(|entry| entry.patient.clone()).collect()).await?;
    let mut tiles = Vec::with_capacity(entries.len());
    for (entry, latest) in entries.iter().zip(latest) {
        let Some(fields) = visit.sees_patient(&entry.patient, Verb::SeePatient) else { continue };
        let alerts = alerts.remove(&entry.patient).unwrap_or_default();
        tiles.push(tile(&mut visit, entry, fields, &latest, &drawn, &alerts));
    }
    visit.at_position(position);
    visit.put_on_record().await?;
    Ok(Json(Board { tiles, position, now_us: web.handle.now().micros(), behind: web.behind(), next_cursor }))
}

fn by_patient(alerts: Vec<Arc<AlertView>>) -> HashMap<PatientId, Vec<Arc<AlertView>>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for alert in alerts {
        if let Some(patient) = alert.id.subject.patient() {
            found.entry(patient.clone()).or_default().push(alert);
        }
    }
    found
}

fn tile(
    visit: &mut Visit,
    entry: &PatientEntry,
    fields: Fields,
    latest: &Latest,
    drawn: &[Code],
    alerts: &[Arc<AlertView>],
) -> Tile {
    let patient: Patient = admin::patient_on_wire(entry, fields).into();
    let mut alerts: Vec<_> = alerts.iter().filter_map(|alert| Some((alert, visit.sees(alert)?))).collect();
    alerts.sort_by_key(|(alert, _)| (std::cmp::Reverse(alert.alert.priority), alert.alert.raised_at));
    let alerts = alerts.into_iter().map(|(alert, fields)| Alert::from(view::alert(alert, fields))).collect();
    let received = fields.has(Field::Value).then_some(latest.received).filter(|at| *at > Timestamp(0));
    Tile {
        patient: patient.patient,
        unit: patient.unit,
        bed: patient.bed,
        standby: patient.standby,
        received_us: received.map(Timestamp::micros),
        values: values_now(latest, fields, drawn),
        alerts,
    }
}

/// The newest values of patients, in their order.
async fn latest_of(web: &Web, patients: Vec<PatientId>) -> Result<Vec<Latest>, Problem> {
    let views = web.views.clone();
    let read = move || {
        let latest = |patient| views.latest(&patient).map(Option::unwrap_or_default);
        patients.into_iter().map(latest).collect::<Result<Vec<_>, _>>()
    };
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| Status::internal("the read panicked"))?;
    Ok(read.map_err(|error| unreadable(&error))?)
}

/// The newest values of a patient, each with the line of its last half hour.
#[utoipa::path(get, path = "/api/v1/patients/{id}/values", tag = "patients", params(("id" = String, Path)),
    responses((status = 200, body = Values)))]
async fn values(State(web): State<Web>, caller: Caller, Id(id): Id) -> Result<Json<Values>, Problem> {
    let (mut visit, patient, fields) = visit_patient(&web, &caller, &id, "patients.values").await?;
    let latest = latest_of(&web, vec![patient.clone()]).await?.pop().unwrap_or_default();
    let drawn: Vec<Code> = latest.values.iter().map(|value| value.code).collect();
    visit.put_on_record().await?;
    Ok(Json(Values::of(&patient, &latest, fields, &drawn)))
}

/// Which values.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedTrends {
    /// Short names of codes, with commas between them; absent: all.
    code: Option<String>,
    /// Device time of the first, in microseconds; absent: 24 hours before `to`.
    from: Option<i64>,
    /// Device time of the end, in microseconds; absent: now.
    to: Option<i64>,
    /// About so many points of each code, 1 to 5000; absent: 400.
    #[param(minimum = 1, maximum = 5000)]
    points: Option<u32>,
    /// Only what had been received by then, in microseconds; for at most two days.
    at: Option<i64>,
}

impl WantedTrends {
    fn wanted(&self, now: Timestamp) -> Result<Wanted, Problem> {
        let until = self.to.map_or(now, Timestamp);
        let from = self.from.map_or(until.plus_ms(-DAY_MS), Timestamp);
        let longest = if self.at.is_some() { KNOWN_SPAN_MAX_MS } else { SPAN_MAX_MS };
        if !(1..=longest * 1_000).contains(&until.since_us(from)) {
            return Err(Problem::invalid("from is before to, by at most 400 days; beside at by at most 2 days"));
        }
        let points = self.points.unwrap_or(POINTS_DEFAULT);
        if !(1..=POINTS_MAX).contains(&points) {
            return Err(Problem::invalid("points is 1 to 5000"));
        }
        let codes = self.code.as_deref().map(codes).transpose()?.unwrap_or_default();
        Ok(Wanted { span: Span { from, until }, codes, points, known_at: self.at.map(Timestamp) })
    }
}

/// The values of a patient over time, each stretch with its smallest, largest and mean value.
#[utoipa::path(get, path = "/api/v1/patients/{id}/trends", tag = "patients", params(("id" = String, Path), WantedTrends),
    responses((status = 200, body = Trends)))]
async fn trends(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id,
    Asked(asked): Asked<WantedTrends>,
) -> Result<Json<Trends>, Problem> {
    let (mut visit, patient, fields) = visit_patient(&web, &caller, &id, "patients.trends").await?;
    let wanted = asked.wanted(web.handle.now())?;
    let Span { from, until } = wanted.span;
    let series = if fields.has(Field::Value) {
        let (views, of) = (web.views.clone(), patient.clone());
        let read = tokio::task::spawn_blocking(move || views.trends(&of, &wanted)).await;
        read.map_err(|_| Status::internal("the read panicked"))?.map_err(|error| unreadable(&error))?
    } else {
        Vec::new()
    };
    visit.put_on_record().await?;
    Ok(Json(Trends {
        patient: patient.to_string(),
        from_us: from.micros(),
        until_us: until.micros(),
        series: series.iter().filter_map(|series| trend(series, fields)).collect(),
        behind: web.behind(),
    }))
}

/// A visit to one patient, who exists for the caller; noted, not yet on record.
async fn visit_patient(
    web: &Web,
    caller: &Caller,
    id: &str,
    what: &'static str,
) -> Result<(Visit, PatientId, Fields), Problem> {
    let mut visit = web.guard.enter(&caller.ask(()), Verb::SeePatient, what).await?;
    let patient = PatientId::new(id).map_err(|error| Problem::invalid(error.to_string()))?;
    let known = web.handle.known_patient(&patient).is_ok();
    match visit.sees_patient(&patient, Verb::SeePatient).filter(|_| known) {
        Some(fields) => Ok((visit, patient, fields)),
        None => Err(visit.no_such("patient", &patient).await.into()),
    }
}

fn codes(names: &str) -> Result<Vec<Code>, Problem> {
    let named = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let code = |name| Code::by_name(name).map(|info| info.code);
    named.map(|name| code(name).ok_or_else(|| Problem::invalid("a code is named as in docs/CODES.md"))).collect()
}
