//! The same readings give the same transitions, however they are cut, stored in between, or joined by late ones.

use proptest::prelude::*;

use super::scene::{adult, beat, bedside, interval, no_spo2, reading, show, spo2};
use crate::clinical::condition::Evidence;
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Lane, Reading, Validity};
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};

/// What a device says next.
#[derive(Clone, Debug)]
enum Said {
    Beat { after_ms: i64, word: &'static str },
    Mark { after_ms: i64, word: &'static str },
    Spo2 { after_ms: i64, value: f64 },
    NoSpo2 { after_ms: i64 },
    Lost { after_ms: i64 },
    Watched { after_ms: i64 },
}

fn said() -> impl Strategy<Value = Said> {
    let word = prop::sample::select(vec!["N", "N", "N", "V", "V", "/"]);
    let mark = prop::sample::select(vec!["[", "]", "~", "x"]);
    // Runs of the same interval are what most rules wait for.
    let step = prop_oneof![4 => prop::sample::select(vec![350_i64, 420, 800, 1_600]), 1 => 200..6_000_i64];
    prop_oneof![
        12 => (step, word).prop_map(|(after_ms, word)| Said::Beat { after_ms, word }),
        1 => (100..3_000_i64, mark).prop_map(|(after_ms, word)| Said::Mark { after_ms, word }),
        6 => (500..1_500_i64, prop_oneof![80.0..84.0, 86.0..89.0, 93.0..99.0])
            .prop_map(|(after_ms, value)| Said::Spo2 { after_ms, value }),
        1 => (500..1_500_i64).prop_map(|after_ms| Said::NoSpo2 { after_ms }),
        1 => (500..9_000_i64).prop_map(|after_ms| Said::Lost { after_ms }),
        2 => (500..40_000_i64).prop_map(|after_ms| Said::Watched { after_ms }),
    ]
}

/// A few kinds of speech, each repeated: runs of beats, stretches of low saturation.
fn speech() -> impl Strategy<Value = Vec<Said>> {
    let stretch = (said(), 1..25_usize).prop_map(|(said, times)| vec![said; times]);
    prop::collection::vec(stretch, 1..25).prop_map(|stretches| stretches.concat())
}

/// The readings of one device; intervals agree with the times.
fn readings(speech: &[Said]) -> Vec<Reading> {
    let (mut at, mut last_beat) = (0, 0);
    let mut readings = Vec::new();
    for said in speech {
        let (after_ms, observations, signal) = match *said {
            Said::Beat { after_ms, word } => {
                #[allow(clippy::cast_precision_loss)]
                let since_last = interval((at + after_ms - last_beat) as f64);
                last_beat = at + after_ms;
                (after_ms, vec![since_last, beat(word)], Validity::Valid)
            }
            Said::Mark { after_ms, word } => (after_ms, vec![beat(word)], Validity::Valid),
            Said::Spo2 { after_ms, value } => (after_ms, vec![spo2(value)], Validity::Valid),
            Said::NoSpo2 { after_ms } => (after_ms, vec![no_spo2()], Validity::Valid),
            Said::Lost { after_ms } => (after_ms, vec![], Validity::NoSignal),
            Said::Watched { after_ms } => (after_ms, vec![], Validity::Valid),
        };
        at += after_ms;
        let mut next = reading(0, at, &observations);
        next.signal = signal;
        readings.push(next);
    }
    numbered(readings)
}

fn numbered(mut readings: Vec<Reading>) -> Vec<Reading> {
    for (reading, sequence) in readings.iter_mut().zip(1..) {
        reading.key.sequence = sequence;
    }
    readings
}

fn source() -> Evidence {
    Evidence::at_place(DeviceId::new("monitor").unwrap(), 1)
}

fn observe(rules: &RuleSet, states: &mut RuleStates, readings: &[Reading]) -> Vec<Transition> {
    readings.iter().flat_map(|reading| states.observe(rules, Subject::Patient(&adult()), reading, &source())).collect()
}

/// Onsets and ends without whether they alert: what comes with one reading hides what comes with the same.
fn facts(transitions: &[Transition]) -> Vec<String> {
    let mut facts: Vec<_> = transitions.iter().map(|transition| show(transition).replace('!', "")).collect();
    facts.sort();
    // A condition that is no longer hidden is said again, with the onset that it had.
    facts.dedup();
    facts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn saying_more_often_how_far_one_has_watched_changes_nothing(speech in speech(), step_ms in 150..2_000_i64) {
        let rules = bedside();
        let whole = readings(&speech);
        let mut split: Vec<Reading> = Vec::new();
        for next in &whole {
            // While the signal is there, up to the next reading; what a lost signal watched is not known.
            if let Some(before) = split.last().filter(|_| next.signal == Validity::Valid) {
                let mut at = before.device_time.plus_ms(step_ms);
                let watched = before.signal;
                while watched == Validity::Valid && at < next.device_time {
                    split.push(reading(0, at.micros() / 1_000, &[]));
                    at = at.plus_ms(step_ms);
                }
            }
            split.push(next.clone());
        }
        let one = observe(&rules, &mut RuleStates::default(), &whole);
        let other = observe(&rules, &mut RuleStates::default(), &numbered(split));
        prop_assert_eq!(facts(&one), facts(&other));
    }

    #[test]
    fn storing_the_state_in_between_changes_nothing(speech in speech(), cut in any::<prop::sample::Index>()) {
        let rules = bedside();
        let readings = readings(&speech);
        let cut = cut.index(readings.len());
        let mut states = RuleStates::default();
        let whole = observe(&rules, &mut states, &readings);
        let mut first = RuleStates::default();
        let mut parts = observe(&rules, &mut first, &readings[..cut]);
        let stored = postcard::to_stdvec(&first).unwrap();
        let mut second: RuleStates = postcard::from_bytes(&stored).unwrap();
        prop_assert_eq!(&second, &first);
        parts.extend(observe(&rules, &mut second, &readings[cut..]));
        prop_assert_eq!(whole, parts);
        prop_assert_eq!(states, second);
    }

    #[test]
    fn late_readings_change_nothing(
        speech in speech(),
        late in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
    ) {
        let rules = bedside();
        let readings = readings(&speech);
        let mut states = RuleStates::default();
        let whole = observe(&rules, &mut states, &readings);
        let mut mixed: Vec<(usize, Reading)> = readings.iter().cloned().enumerate().collect();
        for (which, after) in late {
            let after = after.index(readings.len());
            let mut old = readings[which.index(after + 1)].clone();
            old.key.lane = Lane::Backlog;
            if old.device_time < readings[after].device_time {
                mixed.push((after, old));
            }
        }
        mixed.sort_by_key(|(after, _)| *after);
        let mixed: Vec<_> = mixed.into_iter().map(|(_, reading)| reading).collect();
        let mut joined = RuleStates::default();
        prop_assert_eq!(whole, observe(&rules, &mut joined, &mixed));
        prop_assert_eq!(joined.late_readings(), (mixed.len() - readings.len()) as u64);
    }

    #[test]
    fn what_began_ends_before_it_begins_again(speech in speech()) {
        let rules = bedside();
        let mut present = Vec::new();
        let mut states = RuleStates::default();
        for reading in readings(&speech) {
            for transition in states.observe(&rules, Subject::Patient(&adult()), &reading, &source()) {
                match transition {
                    Transition::Began { condition, alerts } => {
                        prop_assert!(condition.start <= condition.onset);
                        let again = present.contains(&condition.key);
                        prop_assert!(!again || alerts, "{} set in twice", condition.key.rule);
                        if !again {
                            present.push(condition.key);
                        }
                    }
                    Transition::Ended { key, .. } => {
                        prop_assert!(present.contains(&key), "{} ended without having begun", key.rule);
                        present.retain(|other| *other != key);
                    }
                }
            }
            let mut states_present = states.present();
            states_present.sort();
            present.sort();
            prop_assert_eq!(&states_present, &present);
        }
    }
}
