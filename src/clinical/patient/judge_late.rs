//! What late readings change: everything since the earliest of them is judged without and with them.

use std::collections::HashSet;

use super::input::LateBase;
use super::late::{History, PastReading};
use super::state::{Decision, PatientState};
use super::stay_effects;
use crate::clinical::alert::{AlertEvent, BookInput};
use crate::clinical::condition::{Condition, ConditionKey, Evidence, Found, Priority};
use crate::clinical::ids::DeviceId;
use crate::clinical::patient::Profile;
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};
use crate::time::Timestamp;

/// Project default: what was found in late data and is over stands on the worklist so long before people are paged.
pub const REVIEW_MS: i64 = 8 * 3_600_000;
/// A latched high condition pages although it is over, if it set in no longer ago than this.
const LATCHED_PAGES_US: i64 = 3_600_000_000;

/// An onset that alerts, and where it ended.
struct Onset {
    condition: Condition,
    ended: Option<Timestamp>,
}

/// What a run of readings came to.
struct Run {
    states: RuleStates,
    onsets: Vec<Onset>,
    /// The newest end of each condition that ended.
    ends: Vec<(ConditionKey, Timestamp)>,
}

/// What late readings changed.
struct Changed {
    added: Vec<Onset>,
    removed: Vec<Onset>,
    /// Present before, and not any more, with the time of the end.
    ended: Vec<(ConditionKey, Timestamp)>,
    newest: Timestamp,
    states: RuleStates,
}

impl PatientState {
    /// Judges the late readings that wait, from `base`; what follows. `history` holds what [`Self::late_readings`] names.
    pub fn judge_late(
        &mut self,
        base: LateBase,
        bound_us: i64,
        history: History,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Decision {
        let now = self.advance(now);
        let changed = self.rejudge(base, bound_us, history, rules);
        let mut decision = Decision::new();
        for onset in &changed.removed {
            let stands = self.book.open().iter().find(|alert| {
                !alert.revised
                    && alert.condition.key == onset.condition.key
                    && alert.condition.onset == onset.condition.onset
            });
            if let Some(ordinal) = stands.map(|alert| alert.ordinal) {
                self.put(AlertEvent::Revised { ordinal }, now, &mut decision);
            }
        }
        for onset in &changed.added {
            self.alert_late(onset, &changed, now, &mut decision);
        }
        for (key, at) in &changed.ended {
            self.ask(&BookInput::ConditionEnded { key, at: *at }, now, &mut decision);
        }
        for event in stay_effects::under_terms(&self.stay, &self.book, &decision) {
            self.put(event, now, &mut decision);
        }
        self.rules = changed.states;
        decision
    }

    /// Restores what judging late readings did to the rolling windows: its events are in the journal.
    pub fn restore_late(&mut self, base: LateBase, bound_us: i64, history: History, rules: &RuleSet) {
        self.rules = self.rejudge(base, bound_us, history, rules).states;
    }

    fn rejudge(&mut self, base: LateBase, bound_us: i64, history: History, rules: &RuleSet) -> Changed {
        let newest = self.newest_known();
        let (late, earliest) = self.late.take(newest, bound_us);
        self.late.forget(earliest, newest, bound_us);
        let History { states, mut readings } = history;
        let states = if base == LateBase::Now { self.rules.clone() } else { states };
        let place = |past: &PastReading| (past.device.clone(), past.stream_sequence);
        // What is kept of now has judged all but those that wait.
        readings.retain(|past| base != LateBase::Now || late.contains(&place(past)));
        readings.sort_by(|a, b| order(a).cmp(&order(b)));
        let profile = self.stay.profile();
        let new = run(states.clone(), &readings, rules, profile);
        readings.retain(|past| !late.contains(&place(past)));
        let old = run(states, &readings, rules, profile);
        let present_before = self.rules.present();
        let present = new.states.present();
        let end_of = |key: &ConditionKey| new.ends.iter().find(|(known, _)| known == key).map_or(newest, |(_, at)| *at);
        let ended =
            present_before.into_iter().filter(|key| !present.contains(key)).map(|key| (key.clone(), end_of(&key)));
        let ended = ended.collect();
        let known = |onsets: &[Onset]| -> HashSet<(ConditionKey, Timestamp)> {
            onsets.iter().map(|onset| (onset.condition.key.clone(), onset.condition.onset)).collect()
        };
        let (before, after) = (known(&old.onsets), known(&new.onsets));
        let other = |onset: &Onset, known: &HashSet<(ConditionKey, Timestamp)>| {
            !known.contains(&(onset.condition.key.clone(), onset.condition.onset))
        };
        let added = new.onsets.into_iter().filter(|onset| other(onset, &before)).collect();
        let removed = old.onsets.into_iter().filter(|onset| other(onset, &after)).collect();
        Changed { added, removed, ended, newest, states: new.states }
    }

    /// An onset that was found in late data: it pages if its condition is present, or may still matter; else it stands on
    /// the worklist.
    fn alert_late(&mut self, onset: &Onset, changed: &Changed, now: Timestamp, decision: &mut Decision) {
        let condition = Condition { found: Found::Retrospective, ..onset.condition.clone() };
        let key = &condition.key;
        let fresh = condition.latching
            && condition.priority == Priority::High
            && changed.newest.since_us(condition.onset) < LATCHED_PAGES_US;
        let pages = onset.ended.is_none() || fresh;
        let open = self.book.open().iter().find(|alert| alert.condition.key == *key);
        if let Some(alert) = open.filter(|alert| !pages || alert.condition.onset >= condition.onset) {
            let event = AlertEvent::FoundEarlier { ordinal: alert.ordinal, condition };
            return self.put(event, now, decision);
        }
        let is_new = open.is_none();
        self.ask(&BookInput::ConditionBegan(&condition), now, decision);
        if is_new && !pages {
            let event = AlertEvent::Listed { ordinal: self.book.last_ordinal(), until: now.plus_ms(REVIEW_MS) };
            self.put(event, now, decision);
        }
        if let Some(at) = onset.ended {
            self.ask(&BookInput::ConditionEnded { key, at }, now, decision);
        }
    }
}

/// The order in which readings are judged anew: whatever the order was in which they came.
fn order(past: &PastReading) -> (Timestamp, &DeviceId, u64, u8, u64) {
    let key = past.reading.key;
    (past.reading.device_time, &past.device, key.boot, key.lane as u8, key.sequence)
}

fn run(mut states: RuleStates, readings: &[PastReading], rules: &RuleSet, profile: &Profile) -> Run {
    let (mut onsets, mut ends): (Vec<Onset>, Vec<(ConditionKey, Timestamp)>) = (Vec::new(), Vec::new());
    for PastReading { device, stream_sequence, reading } in readings {
        let source = Evidence::of(device, *stream_sequence, reading);
        for transition in states.observe(rules, Subject::Patient(profile), reading, &source) {
            match transition {
                Transition::Began { condition, alerts: true } => onsets.push(Onset { condition, ended: None }),
                Transition::Began { .. } => {}
                Transition::Ended { key, at } => {
                    let open = onsets.iter_mut().filter(|onset| onset.condition.key == key && onset.ended.is_none());
                    open.for_each(|onset| onset.ended = Some(at));
                    ends.retain(|(known, _)| *known != key);
                    ends.push((key, at));
                }
            }
        }
    }
    Run { states, onsets, ends }
}
