//! Rows of values, column by column, as they are sealed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::bins::{Bin, Series};
use super::error::ViewError;

/// The values of one reading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Judged device time.
    pub at_us: i64,
    /// Receipt time.
    pub received_us: i64,
    /// Code and number.
    pub values: SmallVec<[(u32, f64); 4]>,
}

/// Rows as columns: times as differences, and for each code the rows that have it with their numbers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Columns {
    at_us: Vec<i64>,
    received_us: Vec<i64>,
    codes: Vec<Column>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Column {
    code: u32,
    rows: Vec<u32>,
    values: Vec<f64>,
}

/// Encodes rows in the order in which they are.
pub(super) fn encode(rows: &[Row]) -> Vec<u8> {
    let mut columns = Columns::default();
    let mut codes: BTreeMap<u32, Column> = BTreeMap::new();
    let (mut at, mut received) = (0_i64, 0_i64);
    for (number, row) in (0_u32..).zip(rows) {
        columns.at_us.push(row.at_us.wrapping_sub(at));
        columns.received_us.push(row.received_us.wrapping_sub(received));
        (at, received) = (row.at_us, row.received_us);
        for (code, value) in &row.values {
            let new = || Column { code: *code, rows: Vec::new(), values: Vec::new() };
            let column = codes.entry(*code).or_insert_with(new);
            column.rows.push(number);
            column.values.push(*value);
        }
    }
    columns.codes = codes.into_values().collect();
    postcard::to_stdvec(&columns).unwrap_or_default()
}

/// Decodes what [`encode`] encoded.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Row>, ViewError> {
    let columns: Columns = postcard::from_bytes(bytes).map_err(|_| ViewError::Damaged)?;
    let (mut at, mut received) = (0_i64, 0_i64);
    let mut rows: Vec<Row> = Vec::with_capacity(columns.at_us.len());
    for (to_at, to_received) in columns.at_us.into_iter().zip(columns.received_us) {
        (at, received) = (at.wrapping_add(to_at), received.wrapping_add(to_received));
        rows.push(Row { at_us: at, received_us: received, values: SmallVec::new() });
    }
    for column in columns.codes {
        for (number, value) in column.rows.into_iter().zip(column.values) {
            let row = usize::try_from(number).ok().and_then(|number| rows.get_mut(number));
            row.ok_or(ViewError::Damaged)?.values.push((column.code, value));
        }
    }
    Ok(rows)
}

/// The values of rows, by code, one bin each.
pub(super) fn series(rows: &[Row]) -> BTreeMap<u32, Vec<Bin>> {
    let mut series: BTreeMap<u32, Vec<Bin>> = BTreeMap::new();
    for row in rows {
        for (code, value) in &row.values {
            series.entry(*code).or_default().push(Bin::one(row.at_us, *value));
        }
    }
    series
}

/// Encodes bins.
pub(super) fn encode_series(series: &[Series]) -> Vec<u8> {
    postcard::to_stdvec(series).unwrap_or_default()
}

/// Decodes what [`encode_series`] encoded.
pub(super) fn decode_series(bytes: &[u8]) -> Result<Vec<Series>, ViewError> {
    postcard::from_bytes(bytes).map_err(|_| ViewError::Damaged)
}
