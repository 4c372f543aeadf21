//! The ward board: each patient with the newest values, the line of the last half hour, and the worst alert.

use serde::Serialize;
use utoipa::ToSchema;

use super::Alert;
use super::patient::Standby;
use crate::access::{Field, Fields};
use crate::clinical::codes::Code;
use crate::clinical::ids::PatientId;
use crate::clinical::reading as clinical;
use crate::time::Timestamp;
use crate::views::{Bin, Latest, LatestValue, SPARK_BIN_S, Said, Series};

/// What the device says of a value.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Validity {
    Valid,
    Questionable,
    Invalid,
    NoSignal,
}

/// The newest value of one code.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ValueNow {
    /// Its short name, as in recordings and rules: `heart_rate`, `spo2`, ...
    pub code: String,
    /// Its name for people.
    pub title: String,
    /// UCUM.
    pub unit: String,
    /// Absent where the device measured nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// A word, in the place of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    pub validity: Validity,
    /// Device time.
    pub at_us: i64,
    /// Receipt time: its age counts from here.
    pub received_us: i64,
    pub device: String,
    /// The line of the last half hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spark: Option<Spark>,
}

/// One value per half minute, where there was one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Spark {
    /// Device time at which the last half minute ends.
    pub end_us: i64,
    pub step_s: u32,
    pub values: Vec<Option<f32>>,
}

/// The newest values of one patient.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Values {
    pub patient: String,
    /// Receipt time of the newest reading; absent: there never was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_us: Option<i64>,
    pub values: Vec<ValueNow>,
}

/// A tile of the board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Tile {
    pub patient: String,
    pub unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standby: Option<Standby>,
    /// Receipt time of the newest reading; absent: there never was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_us: Option<i64>,
    pub values: Vec<ValueNow>,
    /// Open alerts, the most urgent first.
    pub alerts: Vec<Alert>,
}

/// The board, in the order of patients' ids.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Board {
    pub tiles: Vec<Tile>,
    /// Events of alerts from here on miss nothing.
    pub position: u64,
    pub now_us: i64,
    /// How far the values are behind the journal.
    pub behind: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The values of one code over time, column by column.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Trend {
    pub code: String,
    pub title: String,
    pub unit: String,
    /// Device time: of the value, or of the begin of its stretch.
    pub at_us: Vec<i64>,
    pub min: Vec<f64>,
    pub max: Vec<f64>,
    pub mean: Vec<f64>,
    /// Values in the stretch.
    pub count: Vec<u32>,
}

/// The values of a patient over time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Trends {
    pub patient: String,
    pub from_us: i64,
    pub until_us: i64,
    pub series: Vec<Trend>,
    /// How far the values are behind the journal.
    pub behind: u64,
}

/// What is of the rhythm, and not for everybody.
const RHYTHM: [Code; 3] = [Code::RR_INTERVAL, Code::BEAT_TYPE, Code::RHYTHM_LABEL];

const fn field_of(code: Code) -> Field {
    let (mut index, mut field) = (0, Field::Value);
    while index < RHYTHM.len() {
        if RHYTHM[index].0 == code.0 {
            field = Field::Rhythm;
        }
        index += 1;
    }
    field
}

impl Values {
    /// The newest values of a patient, as far as they may be shown.
    pub fn of(patient: &PatientId, latest: &Latest, fields: Fields, drawn: &[Code]) -> Self {
        let received = Some(latest.received).filter(|at| at.micros() > 0 && fields.has(Field::Value));
        Self {
            patient: patient.to_string(),
            received_us: received.map(Timestamp::micros),
            values: values_now(latest, fields, drawn),
        }
    }
}

/// The newest values, as far as they may be shown; `drawn` ones with their line.
pub fn values_now(latest: &Latest, fields: Fields, drawn: &[Code]) -> Vec<ValueNow> {
    let shown = latest.values.iter().filter(|value| fields.has(field_of(value.code)));
    shown.filter_map(|value| value_now(value, drawn.contains(&value.code))).collect()
}

fn value_now(latest: &LatestValue, drawn: bool) -> Option<ValueNow> {
    let info = latest.code.info()?;
    let (value, word) = match &latest.said {
        Said::Number(number) => (Some(*number).filter(|number| number.is_finite()), None),
        Said::Word(word) => (None, Some(word.to_string())),
    };
    let measured = latest.validity != clinical::Validity::NoSignal;
    Some(ValueNow {
        code: info.name.to_owned(),
        title: info.title.to_owned(),
        unit: info.ucum.to_owned(),
        value: value.filter(|_| measured),
        word: word.filter(|_| measured),
        validity: match latest.validity {
            clinical::Validity::Valid => Validity::Valid,
            clinical::Validity::Questionable => Validity::Questionable,
            clinical::Validity::Invalid => Validity::Invalid,
            clinical::Validity::NoSignal => Validity::NoSignal,
        },
        at_us: latest.at.micros(),
        received_us: latest.received.micros(),
        device: latest.device.to_string(),
        spark: drawn.then(|| spark(latest)).filter(|spark| !spark.values.is_empty()),
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a constant of half a minute")]
fn spark(latest: &LatestValue) -> Spark {
    let (end, values) = latest.spark();
    Spark { end_us: end * SPARK_BIN_S * 1_000_000, step_s: SPARK_BIN_S as u32, values: values.collect() }
}

/// A series, if it may be shown.
pub fn trend(series: &Series, fields: Fields) -> Option<Trend> {
    let code = Code(series.code);
    let info = code.info().filter(|_| fields.has(field_of(code)))?;
    Some(Trend {
        code: info.name.to_owned(),
        title: info.title.to_owned(),
        unit: info.ucum.to_owned(),
        at_us: series.bins.iter().map(|bin| bin.at_us).collect(),
        min: series.bins.iter().map(|bin| bin.min).collect(),
        max: series.bins.iter().map(|bin| bin.max).collect(),
        mean: series.bins.iter().map(Bin::mean).collect(),
        count: series.bins.iter().map(|bin| bin.count).collect(),
    })
}
