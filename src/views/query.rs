//! Trends: the values of a stretch of time in at most so many points, from the level that is just fine enough.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::bins::{Bin, Series, binned};
use super::chunk::{self, Row};
use super::compact::{DAY_HOURS, HOUR_US, HOURS, MINUTE_US, MINUTES};
use super::db::{self, Picture, Place};
use super::error::ViewError;
use super::state::Views;
use crate::clinical::codes::Code;
use crate::clinical::ids::PatientId;
use crate::storage::DataKey;
use crate::time::Timestamp;

/// A stretch of device time: the first instant is in it, the last is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: Timestamp,
    /// The last.
    pub until: Timestamp,
}

/// Which values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// When they were observed.
    pub span: Span,
    /// The codes; empty: all.
    pub codes: Vec<Code>,
    /// At most so many points of each code.
    pub points: u32,
    /// Only what had been received by then.
    pub known_at: Option<Timestamp>,
}

/// How fine the file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Rows,
    Minutes,
    Hours,
}

impl Wanted {
    fn width_us(&self) -> i64 {
        let length = self.span.until.since_us(self.span.from).max(1);
        length.div_euclid(i64::from(self.points.max(1))).saturating_add(1)
    }

    fn level(&self) -> Level {
        match self.width_us() {
            // What was known at an instant is told by the rows alone.
            _ if self.known_at.is_some() => Level::Rows,
            ..MINUTE_US => Level::Rows,
            MINUTE_US..HOUR_US => Level::Minutes,
            _ => Level::Hours,
        }
    }

    fn has(&self, at_us: i64) -> bool {
        (self.span.from.micros()..self.span.until.micros()).contains(&at_us)
    }

    fn wants(&self, code: u32) -> bool {
        self.codes.is_empty() || self.codes.contains(&Code(code))
    }
}

/// What the file holds of a question, still sealed.
#[derive(Default)]
struct Found {
    rows: Vec<(i64, u64, Vec<u8>)>,
    bins: Vec<(i64, Vec<u8>)>,
    /// Hours whose bins do not count: their rows do.
    open: Vec<i64>,
}

impl Views {
    /// The values of a patient. Blocks on files.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn trends(&self, patient: &PatientId, wanted: &Wanted) -> Result<Vec<Series>, ViewError> {
        let Some(key) = self.key(patient)? else { return Ok(Vec::new()) };
        let level = wanted.level();
        let (waiting, found) = {
            // Rows do not pass from memory into the file between the two looks.
            let _gate = self.inner.gate.read().unwrap_or_else(PoisonError::into_inner);
            let waiting = self.held().patients.get(patient).map(|held| held.rows.clone()).unwrap_or_default();
            (waiting, self.inner.db.read(|file| find(file, patient, wanted, level))?)
        };
        let mut rows = waiting;
        for (hour, position, sealed) in &found.rows {
            let place = Place::Rows(*hour, *position);
            rows.extend(chunk::decode(&db::open(&key, patient, place, sealed)?)?);
        }
        let mut all = of_rows(rows, wanted);
        add_bins(&mut all, &key, patient, wanted, level, &found)?;
        let width = wanted.width_us();
        let few = |(code, mut bins): (u32, Vec<Bin>)| {
            if bins.len() > wanted.points as usize {
                bins = binned(bins, width);
            }
            bins.sort_by_key(|bin| bin.at_us);
            Series { code, bins }
        };
        Ok(all.into_iter().map(few).collect())
    }
}

fn find(file: &Picture, patient: &PatientId, wanted: &Wanted, level: Level) -> Result<Found, redb::Error> {
    let hour = |at: Timestamp| at.micros().div_euclid(HOUR_US);
    let (from, through) = (hour(wanted.span.from), hour(wanted.span.until.plus_us(-1)));
    let mut found = Found::default();
    let of_rows = match level {
        Level::Rows => (from..=through).collect(),
        Level::Minutes | Level::Hours => {
            found.open = file.open_hours(patient, from, through)?;
            found.open.clone()
        }
    };
    for hour in of_rows {
        let rows = file.rows(patient, hour)?;
        found.rows.extend(rows.into_iter().map(|(position, sealed)| (hour, position, sealed)));
    }
    found.bins = match level {
        Level::Rows => Vec::new(),
        Level::Minutes => file.bins(patient, MINUTES, from, through)?,
        Level::Hours => file.bins(patient, HOURS, from.div_euclid(DAY_HOURS), through.div_euclid(DAY_HOURS))?,
    };
    Ok(found)
}

fn of_rows(mut rows: Vec<Row>, wanted: &Wanted) -> BTreeMap<u32, Vec<Bin>> {
    rows.retain(|row| wanted.has(row.at_us) && wanted.known_at.is_none_or(|at| row.received_us <= at.micros()));
    let mut all = chunk::series(&rows);
    all.retain(|code, _| wanted.wants(*code));
    all
}

fn add_bins(
    all: &mut BTreeMap<u32, Vec<Bin>>,
    key: &DataKey,
    patient: &PatientId,
    wanted: &Wanted,
    level: Level,
    found: &Found,
) -> Result<(), ViewError> {
    let number = if level == Level::Hours { HOURS } else { MINUTES };
    for (at, sealed) in &found.bins {
        let plain = db::open(key, patient, Place::Bins(number, *at), sealed)?;
        for Series { code, bins } in chunk::decode_series(&plain)? {
            if !wanted.wants(code) {
                continue;
            }
            let counts = |bin: &Bin| wanted.has(bin.at_us) && !found.open.contains(&bin.at_us.div_euclid(HOUR_US));
            all.entry(code).or_default().extend(bins.into_iter().filter(counts));
        }
    }
    Ok(())
}
