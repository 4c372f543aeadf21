//! Recordings: CSV files whose rows become readings, for `evaluate` and for playing them to a server.
//!
//! The header names `time_s` first, then one column per code by its short name (`vigil codes` lists them), and if
//! wanted `patient` and `device`. An empty cell is "no value". Each row says that the device has watched until its
//! time. Streamed: only the first rows are held, to learn the period at which the device sends.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::clinical::codes::{Allowed, CODES, Code, CodeInfo};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::time::Timestamp;

/// How many rows are looked at to learn the period.
const PERIOD_ROWS: usize = 64;

/// A mistake in a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {}{what}", file.display(), column.as_ref().map(|name| format!("column {name}: ")).unwrap_or_default())]
pub struct RecordingError {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1 (the header).
    pub line: u64,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// What is wrong, and what is allowed. No values of patients.
    pub what: String,
}

/// How a recording is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Device time of the recording's zero.
    pub anchor: Timestamp,
    /// Boot id of the readings.
    pub boot: u64,
    /// Codes whose devices send 0 for "no signal".
    pub zero_is_no_signal: Vec<Code>,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The patient: column `patient`, else the file's stem.
    pub patient: PatientId,
    /// The device: column `device`, else named like the patient.
    pub device: DeviceId,
    /// Microseconds since the recording's zero.
    pub time_us: i64,
    /// The reading, as a device would send it: not judged yet. Sequences are contiguous per device, in the live lane.
    pub reading: Reading,
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Column {
    Patient,
    Device,
    Coded(&'static CodeInfo),
}

/// A recording that is being read: an iterator over its rows, which ends after the first mistake.
pub struct Recording<R> {
    file: PathBuf,
    rows: csv::StringRecordsIntoIter<R>,
    columns: Vec<Column>,
    options: Options,
    stem: SmolStr,
    sequences: HashMap<DeviceId, u64>,
    ahead: VecDeque<Result<Row, RecordingError>>,
    period_ms: Option<u32>,
    ended: bool,
}

impl Recording<File> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`RecordingError`] for a file that cannot be read or a header that is not as it should be.
    pub fn open(path: &Path, options: Options) -> Result<Self, RecordingError> {
        let file = File::open(path).map_err(|error| RecordingError {
            file: path.into(),
            line: 0,
            column: None,
            what: format!("cannot open the recording: {error}"),
        })?;
        Self::read(path, file, options)
    }
}

impl<R: Read> Recording<R> {
    /// Reads from `source`; `path` names it in errors and gives the patient where no column does.
    ///
    /// # Errors
    /// [`RecordingError`] for a header that is not as it should be.
    pub fn read(path: &Path, source: R, options: Options) -> Result<Self, RecordingError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(source);
        let header = reader.headers().map_err(|error| unreadable(path, &error))?;
        let columns = columns(path, header)?;
        Ok(Self {
            file: path.into(),
            columns,
            options,
            stem: stem_id(path),
            rows: reader.into_records(),
            sequences: HashMap::new(),
            ahead: VecDeque::new(),
            period_ms: None,
            ended: false,
        })
    }

    fn next_row(&mut self) -> Option<Result<Row, RecordingError>> {
        if self.ended {
            return None;
        }
        let row = match self.rows.next()? {
            Ok(record) => self.row(&record),
            Err(error) => Err(unreadable(&self.file, &error)),
        };
        self.ended = row.is_err();
        Some(row)
    }

    fn row(&mut self, record: &csv::StringRecord) -> Result<Row, RecordingError> {
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |column: Option<&str>, what: String| RecordingError {
            file: self.file.clone(),
            line,
            column: column.map(Into::into),
            what,
        };
        if record.len() != self.columns.len() + 1 {
            let (got, want) = (record.len(), self.columns.len() + 1);
            return Err(wrong(None, format!("the row has {got} cells, the header has {want}")));
        }
        let time_us = time_us(&record[0]).map_err(|what| wrong(Some("time_s"), what.into()))?;
        let (mut patient, mut device) = (None, None);
        let mut observations: SmallVec<[Observation; 2]> = SmallVec::new();
        for (column, cell) in self.columns.iter().zip(record.iter().skip(1)).filter(|(_, cell)| !cell.is_empty()) {
            match column {
                Column::Patient => {
                    patient = Some(PatientId::new(cell).map_err(|e| wrong(Some("patient"), e.to_string()))?);
                }
                Column::Device => device = Some(DeviceId::new(cell).map_err(|e| wrong(Some("device"), e.to_string()))?),
                Column::Coded(info) => observations
                    .push(observation(info, cell, &self.options).map_err(|what| wrong(Some(info.name), what))?),
            }
        }
        let id_error = |e: crate::clinical::ids::IdError| wrong(None, e.to_string());
        let patient = patient.map_or_else(|| PatientId::new(&self.stem).map_err(id_error), Ok)?;
        let device = device.map_or_else(|| DeviceId::new(patient.as_str()).map_err(id_error), Ok)?;
        let sequence = self.sequences.entry(device.clone()).or_insert(0);
        *sequence += 1;
        let device_time = self.options.anchor.plus_us(time_us);
        let reading = Reading {
            key: ReadingKey { boot: self.options.boot, lane: Lane::Live, sequence: *sequence },
            device_time,
            sent_at: device_time,
            observed_until: Some(device_time),
            period_ms: self.period_ms.unwrap_or(0),
            signal: Validity::Valid,
            observations,
            payload: None,
            decoder: None,
        };
        Ok(Row { patient, device, time_us, reading })
    }

    /// Reads the first rows and declares the period that most of them keep.
    fn learn_period(&mut self) {
        let rows: Vec<_> = std::iter::from_fn(|| self.next_row()).take(PERIOD_ROWS).collect();
        let mut newest: HashMap<&DeviceId, i64> = HashMap::new();
        let mut steps: Vec<i64> = Vec::new();
        for row in rows.iter().flatten() {
            if let Some(before_us) = newest.insert(&row.device, row.time_us) {
                steps.push(row.time_us.saturating_sub(before_us));
            }
        }
        let period_ms = usual_step_ms(steps);
        drop(newest);
        self.period_ms = Some(period_ms);
        self.ahead = rows.into();
        for row in self.ahead.iter_mut().flatten() {
            row.reading.period_ms = period_ms;
        }
    }
}

impl<R: Read> Iterator for Recording<R> {
    type Item = Result<Row, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.period_ms.is_none() {
            self.learn_period();
        }
        self.ahead.pop_front().or_else(|| self.next_row())
    }
}

/// The step that at least half of `steps` keep within a tenth; 0, "it does not say", if there is none (beats).
fn usual_step_ms(mut steps: Vec<i64>) -> u32 {
    steps.retain(|step| *step > 0);
    if steps.is_empty() {
        return 0;
    }
    steps.sort_unstable();
    let median = steps[steps.len() / 2];
    let near = steps.iter().filter(|step| (**step - median).abs() <= median / 10).count();
    if near * 2 < steps.len() { 0 } else { u32::try_from(median / 1_000).unwrap_or(u32::MAX) }
}

fn columns(path: &Path, header: &csv::StringRecord) -> Result<Vec<Column>, RecordingError> {
    let wrong =
        |column: &str, what: String| RecordingError { file: path.into(), line: 1, column: Some(column.into()), what };
    if header.get(0) != Some("time_s") {
        return Err(wrong(header.get(0).unwrap_or(""), "the first column must be time_s".into()));
    }
    let mut columns = Vec::new();
    for (at, name) in header.iter().enumerate().skip(1) {
        if header.iter().take(at).any(|before| before == name) {
            return Err(wrong(name, "the column is there twice".into()));
        }
        columns.push(match name {
            "patient" => Column::Patient,
            "device" => Column::Device,
            _ => Column::Coded(Code::by_name(name).ok_or_else(|| wrong(name, unknown_column()))?),
        });
    }
    Ok(columns)
}

fn unknown_column() -> String {
    let names: Vec<_> = CODES.iter().map(|info| info.name).collect();
    format!("the column is not known; allowed: patient, device, {}", names.join(", "))
}

fn observation(info: &CodeInfo, cell: &str, options: &Options) -> Result<Observation, String> {
    let mut validity = Validity::Valid;
    let value = if let Allowed::Number { .. } = info.allowed {
        let number = finite(cell).ok_or("the cell is not a number; allowed: a decimal number or nothing")?;
        if number == 0.0 && options.zero_is_no_signal.contains(&info.code) {
            validity = Validity::NoSignal;
        }
        Value::Number(number)
    } else {
        Value::Text(SmolStr::new(cell))
    };
    Ok(Observation { code: info.code, value, unit: info.unit, validity })
}

fn finite(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

fn time_us(cell: &str) -> Result<i64, &'static str> {
    let seconds = finite(cell).ok_or("the cell is not a number of seconds")?;
    // A hundred years: far inside what 64 bits of microseconds hold.
    if seconds.abs() > 3.2e9 {
        return Err("the time is more than a hundred years from the recording's zero");
    }
    #[allow(clippy::cast_possible_truncation)] // The bound above.
    Ok((seconds * 1e6).round() as i64)
}

/// The file's stem as an identifier: what an identifier cannot hold becomes `_`.
fn stem_id(path: &Path) -> SmolStr {
    let stem = path.file_stem().map_or_else(|| "recording".into(), |stem| stem.to_string_lossy());
    let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    stem.chars().take(64).map(keep).collect()
}

fn unreadable(file: &Path, error: &csv::Error) -> RecordingError {
    let line = error.position().map_or(0, csv::Position::line);
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".into(),
        csv::ErrorKind::Io(error) => format!("cannot read on: {error}"),
        _ => "the row is not CSV".to_string(),
    };
    RecordingError { file: file.into(), line, column: None, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zero_is_no_signal: &[Code]) -> Vec<Result<Row, RecordingError>> {
        let options = Options { anchor: Timestamp(1_000_000), boot: 7, zero_is_no_signal: zero_is_no_signal.to_vec() };
        match Recording::read(Path::new("ward/bed 1.csv"), text.as_bytes(), options) {
            Ok(recording) => recording.collect(),
            Err(error) => vec![Err(error)],
        }
    }

    fn first_error(text: &str) -> String {
        read(text, &[]).into_iter().find_map(Result::err).map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn a_row_becomes_a_reading_that_watched_until_its_time() {
        let rows = read("time_s,spo2,consciousness\n0.5,97,A\n1.5,,\n", &[]);
        let row = rows[0].as_ref().unwrap();
        assert_eq!((row.patient.as_str(), row.device.as_str(), row.time_us), ("bed_1", "bed_1", 500_000));
        assert_eq!(row.reading.device_time, Timestamp(1_500_000));
        assert_eq!(row.reading.observed_until, Some(Timestamp(1_500_000)));
        assert_eq!(row.reading.key, ReadingKey { boot: 7, lane: Lane::Live, sequence: 1 });
        assert_eq!(row.reading.observations.len(), 2);
        assert_eq!(row.reading.period_ms, 1000);
        let empty = rows[1].as_ref().unwrap();
        assert!(empty.reading.observations.is_empty());
        assert_eq!(empty.reading.key.sequence, 2);
    }

    #[test]
    fn zero_is_no_signal_only_for_the_codes_named() {
        let rows = read("time_s,spo2,heart_rate\n0,0,0\n", &[Code::SPO2]);
        let observations = &rows[0].as_ref().unwrap().reading.observations;
        assert_eq!(observations[0].validity, Validity::NoSignal);
        assert_eq!(observations[1].validity, Validity::Valid);
    }

    #[test]
    fn patients_and_devices_come_from_their_columns_and_are_numbered_apart() {
        let rows = read("time_s,patient,device,spo2\n0,p1,d1,97\n0,p2,d2,97\n60,p1,d1,96\n", &[]);
        let last = rows[2].as_ref().unwrap();
        assert_eq!((last.patient.as_str(), last.device.as_str()), ("p1", "d1"));
        assert_eq!((last.reading.key.sequence, last.reading.period_ms), (2, 60_000));
    }

    #[test]
    fn irregular_rows_declare_no_period() {
        let rows = read("time_s,rr_interval\n0,\n1,1000\n3,2000\n3.5,500\n", &[]);
        assert_eq!(rows[0].as_ref().unwrap().reading.period_ms, 0);
    }

    #[test]
    fn a_bad_cell_names_file_line_and_column() {
        let error = first_error("time_s,spo2\n0,97\n1,abc\n2,97\n");
        assert!(error.starts_with("ward/bed 1.csv:3: column spo2: "), "{error}");
        for cell in ["NaN", "inf", "1e999", "0x10", "--"] {
            assert!(first_error(&format!("time_s,spo2\n0,{cell}\n")).contains(":2: column spo2"), "{cell}");
        }
    }

    #[test]
    fn nothing_follows_a_mistake() {
        assert_eq!(read("time_s,spo2\n0,97\n1,abc\n2,97\n", &[]).len(), 2);
    }

    #[test]
    fn a_bad_header_names_the_column_and_what_is_allowed() {
        assert!(first_error("time_s,blood\n").contains("column blood: the column is not known; allowed: patient"));
        assert!(first_error("spo2,time_s\n").contains("first column must be time_s"));
        assert!(first_error("time_s,spo2,spo2\n").contains("twice"));
        assert!(first_error("").contains("time_s"));
    }

    #[test]
    fn short_rows_and_wild_times_are_refused() {
        assert!(first_error("time_s,spo2\n0\n").contains(":2: the row has 1 cells"));
        assert!(first_error("time_s,spo2\n1e30,1\n").contains("hundred years"));
        assert!(first_error("time_s,patient\n1,no spaces here\n").contains("column patient: a patient id"));
    }
}
