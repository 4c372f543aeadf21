use std::sync::Arc;

use proptest::prelude::*;
use smallvec::smallvec;

use super::bins::{Bin, Series};
use super::chunk::{self, Row};
use super::compact::HOUR_US;
use super::latest::Latest;
use super::state::Views;
use super::{Said, Span, Wanted};
use crate::clinical::codes::Code;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::clinical::units::Unit;
use crate::clock::Clock;
use crate::storage::{Backend, SimDisk, Store, StoreOptions};
use crate::time::Timestamp;

/// Half past some hour.
const START: Timestamp = Timestamp(1_700_000_000_000_000 - 1_700_000_000_000_000 % HOUR_US + HOUR_US / 2);

struct Scene {
    views: Views,
    patient: PatientId,
    store: Store,
    _dir: tempfile::TempDir,
}

fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let disk = || Arc::new(SimDisk::default());
    let backend = Backend::Disks { data: disk(), keys: disk() };
    let store = Store::open(StoreOptions { backend, ..StoreOptions::new("simulated") }, Clock::starting_at(START));
    let store = store.unwrap();
    let patient = PatientId::new("p-1").unwrap();
    wait(store.keys().create_patient(&patient)).unwrap();
    let views = Views::open(dir.path(), &store.reader().journal_id(), store.keys()).unwrap();
    Scene { views, patient, store, _dir: dir }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

impl Scene {
    /// As the follower would.
    fn add(&self, rows: &[Row]) {
        let mut held = self.views.held();
        held.position += 1;
        held.rows += rows.len();
        held.patients.entry(self.patient.clone()).or_default().rows.extend_from_slice(rows);
    }

    fn trends(&self, span: Span, points: u32, known_at: Option<Timestamp>) -> Vec<Series> {
        self.views.trends(&self.patient, &Wanted { span, codes: Vec::new(), points, known_at }).unwrap()
    }
}

fn row(minute: i64, received_minute: i64, value: f64) -> Row {
    let at = |minute: i64| START.plus_ms(minute * 60_000).micros();
    Row { at_us: at(minute), received_us: at(received_minute), values: smallvec![(Code::SPO2.0, value)] }
}

fn total(bins: impl IntoIterator<Item = Bin>) -> (u32, f64, f64, f64) {
    bins.into_iter().fold((0, f64::MAX, f64::MIN, 0.0), |(count, min, max, sum), bin| {
        (count + bin.count, min.min(bin.min), max.max(bin.max), sum + bin.sum)
    })
}

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<(i64, f64)>),
    Write,
    Compact(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Whole numbers, so that sums are exact in any order.
    let rows = prop::collection::vec((0_i64..4_320, (0_u16..200).prop_map(f64::from)), 1..30);
    let step = prop_oneof![
        4 => rows.prop_map(Step::Add),
        2 => Just(Step::Write),
        2 => (0_i64..5_000).prop_map(Step::Compact),
    ];
    prop::collection::vec(step, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_value_is_lost_or_counted_twice_whatever_was_written_compacted_or_came_late(
        steps in steps(),
        from_hour in 0_i64..72,
        hours in 1_i64..72,
        points in 1_u32..500,
    ) {
        let scene = scene();
        let mut all = Vec::new();
        for step in steps {
            match step {
                Step::Add(minutes) => {
                    let rows: Vec<_> = minutes.iter().map(|(minute, value)| row(*minute, *minute, *value)).collect();
                    scene.add(&rows);
                    all.extend(rows);
                }
                Step::Write => assert!(scene.views.write().unwrap().is_empty()),
                Step::Compact(minute) => while scene.views.compact(START.plus_ms(minute * 60_000)).unwrap() {},
            }
        }
        // Whole hours: a bin of an hour is in the span or not.
        let begin = Timestamp(START.micros() - HOUR_US / 2);
        let span = Span { from: begin.plus_us(from_hour * HOUR_US), until: begin.plus_us((from_hour + hours) * HOUR_US) };
        all.retain(|row| (span.from.micros()..span.until.micros()).contains(&row.at_us));
        let expected = total(chunk::series(&all).remove(&Code::SPO2.0).unwrap_or_default());
        let shown = scene.trends(span, points, None);
        let bins: Vec<_> = shown.into_iter().flat_map(|series| series.bins).collect();
        prop_assert!(bins.is_sorted_by_key(|bin| bin.at_us));
        prop_assert!(bins.len() <= points as usize + 1, "{} of {points}", bins.len());
        prop_assert_eq!(total(bins), expected);
    }

    #[test]
    fn rows_come_back_as_they_were(values in prop::collection::vec((any::<i64>(), any::<i64>(), 0_u32..3, -1e9..1e9), 0..50)) {
        let row = |(at_us, received_us, code, value)| Row { at_us, received_us, values: smallvec![(code, value)] };
        let rows: Vec<Row> = values.into_iter().map(row).collect();
        prop_assert_eq!(chunk::decode(&chunk::encode(&rows)).unwrap(), rows);
    }

    #[test]
    fn bytes_that_are_no_rows_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = chunk::decode(&bytes);
        let _ = chunk::decode_series(&bytes);
    }
}

#[test]
fn what_was_not_received_yet_was_not_known() {
    let scene = scene();
    scene.add(&[row(0, 0, 97.0), row(1, 60, 80.0)]);
    scene.views.write().unwrap();
    let span = Span { from: START, until: START.plus_ms(3_600_000) };
    let known = |minute: i64| {
        let series = scene.trends(span, 100, Some(START.plus_ms(minute * 60_000)));
        series.into_iter().flat_map(|series| series.bins).map(|bin| bin.min).collect::<Vec<_>>()
    };
    assert_eq!(known(-1), Vec::<f64>::new());
    assert_eq!(known(59), [97.0]);
    assert_eq!(known(60), [97.0, 80.0]);
}

#[test]
fn an_erased_patient_is_gone_from_the_views_too() {
    let scene = scene();
    scene.add(&[row(0, 0, 97.0)]);
    scene.views.write().unwrap();
    wait(scene.store.keys().destroy_patient(&scene.patient)).unwrap();
    let span = Span { from: START, until: START.plus_ms(3_600_000) };
    assert_eq!(scene.trends(span, 100, None), []);
    scene.add(&[row(1, 1, 96.0)]);
    assert_eq!(scene.views.write().unwrap(), std::slice::from_ref(&scene.patient));
    assert_eq!(scene.trends(span, 100, None), []);
    assert_eq!(scene.views.latest(&scene.patient).unwrap(), None);
    assert_eq!(scene.views.inner.db.read(|file| file.rows(&scene.patient, START.micros() / HOUR_US)).unwrap(), []);
}

#[test]
fn views_of_another_journal_are_made_anew_and_one_that_is_damaged_too() {
    let dir = tempfile::tempdir().unwrap();
    let keys = || scene().store.keys();
    let views = Views::open(dir.path(), &[1; 16], keys()).unwrap();
    views.held().position = 7;
    views.write().unwrap();
    drop(views);
    assert_eq!(Views::open(dir.path(), &[1; 16], keys()).unwrap().position(), 7);
    assert_eq!(Views::open(dir.path(), &[2; 16], keys()).unwrap().position(), 0);
    std::fs::write(dir.path().join("views.redb"), b"no database").unwrap();
    assert_eq!(Views::open(dir.path(), &[2; 16], keys()).unwrap().position(), 0);
}

fn reading(second: i64, value: f64, validity: Validity) -> Reading {
    let at = START.plus_ms(second * 1_000);
    let observation = Observation { code: Code::SPO2, value: Value::Number(value), unit: Unit::Percent, validity };
    Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence: 1 },
        device_time: at,
        sent_at: at,
        observed_until: None,
        period_ms: 0,
        signal: Validity::Valid,
        observations: smallvec![observation],
        payload: None,
        decoder: None,
    }
}

#[test]
fn the_newest_value_is_the_one_that_was_observed_last_and_late_ones_only_draw_the_line() {
    let device = DeviceId::new("ox-1").unwrap();
    let mut latest = Latest::default();
    for (position, (second, value)) in (1..).zip([(0, 97.0), (90, 95.0), (40, 80.0)]) {
        latest.take(&device, &reading(second, value, Validity::Valid), START.plus_ms(100_000), position);
    }
    let value = &latest.values[0];
    assert_eq!((&value.said, value.at), (&Said::Number(95.0), START.plus_ms(90_000)));
    let (_, line) = value.spark();
    assert_eq!(line.collect::<Vec<_>>(), [Some(97.0), Some(80.0), None, Some(95.0)]);
    latest.take(&device, &reading(91, 12.0, Validity::NoSignal), START.plus_ms(100_000), 4);
    assert_eq!(latest.values[0].validity, Validity::NoSignal);
    let lowest = latest.values[0].spark().1.flatten().fold(f32::MAX, f32::min);
    assert!(lowest >= 80.0, "what is not valid is not drawn");
    latest.take(&device, &reading(86_400, 99.0, Validity::Valid), START.plus_ms(86_400_000), 5);
    assert_eq!(latest.values[0].spark().1.flatten().collect::<Vec<_>>(), [99.0]);
}
