//! Hours that have ended: their rows together, and their bins for longer looks.

use super::bins::{Series, binned};
use super::chunk::{self, Row};
use super::db::{self, Change, Db, Place};
use super::error::ViewError;
use crate::clinical::ids::PatientId;
use crate::storage::DataKey;

pub(super) const MINUTE_US: i64 = 60 * 1_000_000;
pub(super) const HOUR_US: i64 = 60 * MINUTE_US;
pub(super) const DAY_HOURS: i64 = 24;
/// Bins of a minute, one chunk per hour.
pub(super) const MINUTES: u8 = 1;
/// Bins of an hour, one chunk per day.
pub(super) const HOURS: u8 = 2;

/// Compacts hours of one day of a patient. What has come late is in it.
pub(super) fn hours(
    db: &Db,
    change: &Change,
    key: &DataKey,
    patient: &PatientId,
    (day, hours): (i64, &[i64]),
) -> Result<(), ViewError> {
    let mut of_day = stored(db, key, patient, HOURS, day)?;
    for hour in hours {
        let (rows, position) = rows_of(db, key, patient, *hour)?;
        let sealed = db::seal(key, patient, Place::Rows(*hour, position), &chunk::encode(&rows));
        change.compact(patient, *hour, position, &sealed)?;
        put(change, key, patient, MINUTES, *hour, &bins_of(&rows, MINUTE_US))?;
        for of_code in &mut of_day {
            of_code.bins.retain(|bin| bin.at_us.div_euclid(HOUR_US) != *hour);
        }
        for new in bins_of(&rows, HOUR_US) {
            match of_day.iter_mut().find(|of_code| of_code.code == new.code) {
                Some(of_code) => of_code.bins.extend(new.bins),
                None => of_day.push(new),
            }
        }
    }
    put(change, key, patient, HOURS, day, &of_day)
}

/// The bins of rows, by code.
pub(super) fn bins_of(rows: &[Row], width_us: i64) -> Vec<Series> {
    let series = chunk::series(rows).into_iter();
    series.map(|(code, bins)| Series { code, bins: binned(bins, width_us) }).collect()
}

/// All rows of an hour in the file, and the position of the last.
fn rows_of(db: &Db, key: &DataKey, patient: &PatientId, hour: i64) -> Result<(Vec<Row>, u64), ViewError> {
    let (mut rows, mut last) = (Vec::new(), 0);
    for (position, sealed) in db.read(|file| file.rows(patient, hour))? {
        rows.extend(chunk::decode(&db::open(key, patient, Place::Rows(hour, position), &sealed)?)?);
        last = last.max(position);
    }
    rows.sort_by_key(|row| row.at_us);
    Ok((rows, last))
}

fn stored(db: &Db, key: &DataKey, patient: &PatientId, level: u8, at: i64) -> Result<Vec<Series>, ViewError> {
    let found = db.read(|file| file.bins(patient, level, at, at))?;
    let Some((_, sealed)) = found.into_iter().next() else { return Ok(Vec::new()) };
    chunk::decode_series(&db::open(key, patient, Place::Bins(level, at), &sealed)?)
}

fn put(
    change: &Change,
    key: &DataKey,
    patient: &PatientId,
    level: u8,
    at: i64,
    series: &[Series],
) -> Result<(), ViewError> {
    let sealed = db::seal(key, patient, Place::Bins(level, at), &chunk::encode_series(series));
    change.put_bins(patient, level, at, &sealed)
}
