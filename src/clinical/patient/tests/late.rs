//! Readings that come late, judged where they belong.

use std::collections::HashMap;

use super::*;
use crate::clinical::alert::{AlertBook, Effect, RoundCause};
use crate::clinical::condition::Found;

const BOUND_US: i64 = LATE_BOUND_MS * 1_000;

const TWO: &str = r#"
[[rule]]
id = "spo2_low"
version = 1
kind = "physiological"
priority = "medium"
condition_delay_s = 15
text = "SpO2 {value} % < {limit} %"
source = "a test"
[rule.limit]
code = "spo2"
below = 90
clears_at = 92

[[rule]]
id = "spo2_very_low"
version = 1
kind = "physiological"
priority = "high"
latching = true
condition_delay_s = 5
text = "SpO2 {value} % < {limit} %"
source = "a test"
supersedes = ["spo2_low"]
[rule.limit]
code = "spo2"
below = 85
clears_at = 88
"#;

/// A patient whose readings are kept, as the journal keeps them.
struct Kept {
    state: PatientState,
    rules: RuleSet,
    readings: Vec<PastReading>,
    windows: HashMap<u64, Windows>,
    own_sequence: u64,
    events: Vec<AlertEvent>,
}

impl Kept {
    /// Under two rules of saturation alone.
    fn admitted() -> Self {
        Self::under(RuleSet::parse(&[("two.toml".into(), TWO.into())]).unwrap())
    }

    fn under(rules: RuleSet) -> Self {
        let mut state = PatientState::default();
        let adopted = PatientInput::RulesAdopted { hash: rules.hash(), engine: 1 };
        for input in [admission(), adopted] {
            state.handle(&input, T0).unwrap();
        }
        Self { state, rules, readings: Vec::new(), windows: HashMap::new(), own_sequence: 0, events: Vec::new() }
    }

    fn arrive(&mut self, device: &DeviceId, reading: &Reading, now: Timestamp) {
        let stream_sequence = self.readings.iter().filter(|past| past.device == *device).count() as u64 + 1;
        let past = PastReading { device: device.clone(), stream_sequence, reading: reading.clone() };
        self.readings.push(past);
        let item = Item::Reading(Box::new(reading.clone()));
        self.events.extend(self.state.consume(device, stream_sequence, &item, now, &self.rules));
        if let Some(windows) = self.state.windows_to_keep() {
            self.own_sequence += 1;
            self.state.note_windows(windows.at, self.own_sequence);
            self.windows.insert(self.own_sequence, windows);
        }
    }

    /// What waits is judged; what followed.
    fn settle(&mut self, now: Timestamp) -> Vec<AlertEvent> {
        if self.state.late_due().is_none() {
            return Vec::new();
        }
        let base = self.state.late_base(BOUND_US);
        let kept = match base {
            LateBase::Windows(sequence) => Some(&self.windows[&sequence]),
            LateBase::Now | LateBase::Stay => None,
        };
        let marks = kept.map(|kept| kept.marks.clone()).unwrap_or_default();
        let states = kept.map(|kept| kept.states.clone()).unwrap_or_default();
        let wanted = self.state.late_readings(base, &marks);
        let is_wanted = |past: &&PastReading| {
            wanted
                .iter()
                .any(|(device, first, last)| past.device == *device && (*first..=*last).contains(&past.stream_sequence))
        };
        let readings = self.readings.iter().filter(is_wanted).cloned().collect();
        let events = self.state.judge_late(base, BOUND_US, History { states, readings }, &self.rules, now);
        self.events.extend(events.iter().cloned());
        events
    }

    /// Every onset on record, as (rule, onset in seconds).
    fn onsets(&self) -> Vec<(String, i64)> {
        let mut onsets: Vec<_> = self
            .events
            .iter()
            .filter_map(|event| match event {
                AlertEvent::Raised { condition, .. }
                | AlertEvent::Folded { condition, .. }
                | AlertEvent::FoundEarlier { condition, .. } => Some(condition),
                _ => None,
            })
            .map(|condition| (condition.key.rule.to_string(), condition.onset.since_ms(T0) / 1_000))
            .collect();
        onsets.sort();
        onsets.dedup();
        onsets
    }

    fn present(&self) -> Vec<String> {
        let mut present: Vec<_> = self.state.rules.present().iter().map(|key| key.rule.to_string()).collect();
        present.sort();
        present
    }

    fn alert(&self) -> &crate::clinical::alert::Alert {
        &self.state.book().open()[0]
    }
}

fn saturation(lane: Lane, sequence: u64, second: i64, percent: f64) -> Reading {
    let Item::Reading(mut reading) = super::reading(sequence, at(second), Some(percent)) else { unreachable!() };
    reading.key.lane = lane;
    *reading
}

/// Live readings of 97 %, one per second.
fn live(kept: &mut Kept, seconds: std::ops::RangeInclusive<i64>, percent: f64) {
    for second in seconds {
        let sequence = kept.readings.iter().filter(|past| past.reading.key.lane == Lane::Live).count() as u64 + 1;
        kept.arrive(&device(), &saturation(Lane::Live, sequence, second, percent), at(second));
    }
}

fn backlog(kept: &mut Kept, seconds: std::ops::RangeInclusive<i64>, percent: f64, now: Timestamp) {
    for second in seconds {
        let sequence = kept.readings.iter().filter(|past| past.reading.key.lane == Lane::Backlog).count() as u64 + 1;
        kept.arrive(&device(), &saturation(Lane::Backlog, sequence, second, percent), now);
    }
}

fn asks(events: &[AlertEvent]) -> bool {
    AlertBook::effects(events).iter().any(|effect| matches!(effect, Effect::AskCareTeam { .. }))
}

#[test]
fn what_is_over_when_it_is_found_stands_on_the_worklist_and_pages_nobody() {
    let mut kept = Kept::admitted();
    live(&mut kept, 1..=2, 97.0);
    live(&mut kept, 600..=610, 97.0);
    backlog(&mut kept, 100..=130, 87.0, at(610));
    backlog(&mut kept, 131..=140, 97.0, at(610));
    assert!(kept.state.book().open().is_empty(), "they wait for each other");
    assert_eq!(kept.state.late_due(), Some(at(610).plus_ms(LATE_WAIT_MS)));
    let events = kept.settle(at(611));
    let alert = kept.alert();
    assert_eq!(alert.condition.found, Found::Retrospective);
    assert_eq!((alert.condition.onset, alert.present, alert.listed), (at(115), false, true));
    assert!(!asks(&events));
    assert!(alert.deadline() > at(611), "it has a review time");
    // Nobody looked by then: people are asked.
    let due = alert.deadline();
    let tick = PatientInput::Alert(AlertInput::Tick { fallback: fallback() });
    let events = kept.state.handle(&tick, due).unwrap().unwrap();
    assert!(matches!(events[..], [AlertEvent::RoundBegan { cause: RoundCause::ReviewDue, .. }]), "{events:?}");
    assert!(asks(&events) && !kept.alert().listed);
}

#[test]
fn what_is_present_at_the_newest_device_time_pages() {
    let mut kept = Kept::admitted();
    live(&mut kept, 1..=2, 97.0);
    live(&mut kept, 30..=36, 87.0);
    assert!(kept.state.book().open().is_empty(), "6 s are too few");
    backlog(&mut kept, 3..=29, 87.0, at(36));
    let events = kept.settle(at(37));
    let alert = kept.alert();
    assert_eq!((alert.condition.onset, alert.present, alert.listed), (at(18), true, false));
    assert!(asks(&events));
    // It ends like any other.
    live(&mut kept, 37..=38, 97.0);
    assert!(kept.state.book().open().is_empty());
}

#[test]
fn a_latched_high_pages_for_an_hour_after_it_set_in() {
    for (newest, pages) in [(3_000, true), (4_000, false)] {
        let mut kept = Kept::admitted();
        live(&mut kept, 1..=2, 97.0);
        live(&mut kept, newest..=newest + 1, 97.0);
        backlog(&mut kept, 100..=110, 80.0, at(newest + 1));
        backlog(&mut kept, 111..=112, 97.0, at(newest + 1));
        let events = kept.settle(at(newest + 2));
        let high = kept.state.book().open().iter().find(|alert| alert.condition.key.rule.as_str() == "spo2_very_low");
        let high = high.unwrap();
        assert!(high.latched() && !high.present);
        assert_eq!((asks(&events), high.listed), (pages, !pages), "after {newest} s");
    }
}

#[test]
fn an_onset_that_turns_out_otherwise_stays_marked_as_revised() {
    let mut kept = Kept::admitted();
    live(&mut kept, 1..=7, 87.0);
    live(&mut kept, 9..=17, 87.0);
    assert_eq!(kept.alert().condition.onset, at(16), "one reading less is no gap");
    backlog(&mut kept, 8..=8, 97.0, at(17));
    let events = kept.settle(at(18));
    let [AlertEvent::Revised { .. }, AlertEvent::ConditionCleared { .. }, AlertEvent::Closed { .. }] = events[..]
    else {
        panic!("{events:?}")
    };
    let mut kept = Kept::admitted();
    live(&mut kept, 1..=7, 87.0);
    live(&mut kept, 9..=40, 87.0);
    backlog(&mut kept, 8..=8, 97.0, at(40));
    let events = kept.settle(at(41));
    assert!(events.contains(&AlertEvent::Revised { ordinal: 1 }), "{events:?}");
    assert!(kept.alert().revised && kept.alert().present, "it set in at second 24");
    assert!(kept.onsets().contains(&("spo2_low".into(), 24)));
}

#[test]
fn an_earlier_onset_of_an_open_alert_is_on_record_and_restarts_nothing() {
    let mut kept = Kept::admitted();
    live(&mut kept, 1..=2, 97.0);
    live(&mut kept, 600..=620, 87.0);
    let before = kept.alert().clone();
    backlog(&mut kept, 100..=130, 87.0, at(620));
    backlog(&mut kept, 131..=140, 97.0, at(620));
    let events = kept.settle(at(621));
    assert!(matches!(events[..], [AlertEvent::FoundEarlier { ordinal: 1, .. }]), "{events:?}");
    let after = kept.alert();
    assert_eq!((after.condition.onset, after.present), (before.condition.onset, true));
    assert_eq!((after.folds, after.version), (before.folds + 1, before.version));
}

#[test]
fn what_is_older_than_the_bound_is_counted_and_not_judged() {
    let mut kept = Kept::admitted();
    live(&mut kept, 1..=1, 97.0);
    let newest = LATE_BOUND_MS / 1_000 + 1_000;
    live(&mut kept, newest..=newest, 97.0);
    backlog(&mut kept, 100..=130, 80.0, at(newest));
    assert!(kept.settle(at(newest + 1)).is_empty());
    assert_eq!(kept.state.beyond_bound(), 31);
    assert!(kept.state.late_due().is_none() && kept.state.book().open().is_empty());
}

#[test]
fn only_what_came_since_the_last_kept_windows_is_judged_anew() {
    let mut kept = Kept::admitted();
    for hour in 0..20 {
        live(&mut kept, hour * 3_600 + 1..=hour * 3_600 + 2, 97.0);
    }
    let now = at(19 * 3_600 + 2);
    backlog(&mut kept, 68_000..=68_001, 97.0, now);
    let LateBase::Windows(sequence) = kept.state.late_base(BOUND_US) else { panic!() };
    let windows = &kept.windows[&sequence];
    assert!(windows.at < at(68_000) && windows.at.since_ms(at(68_000)) > -5 * 3_600_000);
    assert!(kept.settle(now).is_empty());
    assert!(kept.windows.len() <= 6, "kept each four hours: {}", kept.windows.len());
}

#[test]
fn a_backlog_before_anything_newer_needs_no_history() {
    let mut kept = Kept::admitted();
    live(&mut kept, 1..=2, 97.0);
    backlog(&mut kept, 3..=30, 87.0, at(5_000));
    assert_eq!(kept.state.late_base(BOUND_US), LateBase::Now);
    kept.settle(at(5_001));
    assert_eq!((kept.alert().present, kept.alert().condition.found), (true, Found::Retrospective));
}

/// Readings of two devices as they were made, in time; each by one of two lanes.
fn made() -> impl Strategy<Value = Vec<(bool, Lane, i64, f64)>> {
    let lane = prop_oneof![3 => Just(Lane::Live), 2 => Just(Lane::Backlog)];
    let value = prop_oneof![2 => Just(97.0), 3 => Just(87.0), 2 => Just(80.0)];
    let gap = prop_oneof![8 => Just(1_i64), 1 => 2_i64..90, 1 => 3_600_i64..20_000];
    prop::collection::vec((prop::bool::weighted(0.2), lane, gap, value, 1_usize..12), 4..30).prop_map(|runs| {
        let (mut second, mut made) = (0, Vec::new());
        for (other, lane, gap, value, times) in runs {
            second += gap;
            for _ in 0..times {
                second += 1;
                made.push((other, lane, second, value));
            }
        }
        made
    })
}

/// The readings with their keys, by device and lane.
fn lanes(made: &[(bool, Lane, i64, f64)]) -> Vec<Vec<(DeviceId, Reading)>> {
    let mut lanes = vec![Vec::new(); 4];
    for (other, lane, second, percent) in made {
        let queue = &mut lanes[usize::from(*other) * 2 + usize::from(*lane == Lane::Backlog)];
        let id = DeviceId::new(if *other { "d2" } else { "d1" }).unwrap();
        let sequence = queue.len() as u64 + 1;
        queue.push((id, saturation(*lane, sequence, *second, *percent)));
    }
    lanes
}

/// Lets them arrive in the order in which `picks` takes them from the lanes, and judges what is late now and then.
fn arrive(made: &[(bool, Lane, i64, f64)], picks: &[u8]) -> Kept {
    let mut kept = Kept::under(rules());
    let mut queues: Vec<_> = lanes(made).into_iter().map(Vec::into_iter).collect();
    let mut picks = picks.iter().copied().cycle();
    let now = at(100_000_000);
    while queues.iter().any(|queue| queue.len() > 0) {
        let pick = picks.next().unwrap_or(0);
        if pick >= 250 {
            kept.settle(now);
        }
        for _ in 0..=pick % 7 {
            let Some((device, reading)) = queues[usize::from(pick / 7) % 4].next() else { break };
            kept.arrive(&device, &reading, now);
        }
        if queues[usize::from(pick / 7) % 4].len() == 0 {
            // So that a pattern that repeats comes to every lane.
            if let Some((device, reading)) = queues.iter_mut().find_map(Iterator::next) {
                kept.arrive(&device, &reading, now);
            }
        }
    }
    kept.settle(now);
    kept
}

proptest! {
    /// Whatever the order is in which readings arrive, the same conditions are present in the end, and of one device every
    /// onset that they would have had in order is on record.
    #[test]
    fn the_order_of_arrival_does_not_change_what_is_found(made in made(), picks in prop::collection::vec(any::<u8>(), 8..64)) {
        let mut in_order = Kept::under(rules());
        let mut all: Vec<_> = lanes(&made).into_iter().flatten().collect();
        all.sort_by_key(|(_, reading)| reading.device_time);
        for (device, reading) in &all {
            in_order.arrive(device, reading, at(100_000_000));
            in_order.settle(at(100_000_000));
        }
        let shuffled = arrive(&made, &picks);
        prop_assert_eq!(in_order.present(), shuffled.present());
        let recorded = shuffled.onsets();
        // What one device shows may hide what another does: which alerts then, depends on the order between devices.
        let alone = made.iter().all(|(other, ..)| !other);
        for onset in in_order.onsets().into_iter().filter(|_| alone) {
            prop_assert!(recorded.contains(&onset), "{:?} is not among {:?}", onset, recorded);
        }
    }
}
