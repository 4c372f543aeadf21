//! How often somebody was refused lately.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use smol_str::SmolStr;

use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// So many refusals of one person within [`WINDOW_MS`] are an alarm.
const REFUSALS_ALARM: usize = 10;
/// So many tokens that are nobody's, from one address within [`WINDOW_MS`], are put on record one by one.
const STRANGERS_ON_RECORD: usize = 20;
const WINDOW_MS: i64 = 60_000;
/// Persons and addresses that are remembered; beyond, those that were quiet for a window are forgotten.
const REMEMBERED_MAX: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct Attempts {
    persons: Mutex<Window<PersonId>>,
    addresses: Mutex<Window<SmolStr>>,
}

impl Attempts {
    /// One more refusal of a person; true when it is the one that makes it an alarm.
    pub fn note(&self, person: &PersonId, now: Timestamp) -> bool {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        persons.note(person, now) == REFUSALS_ALARM
    }

    /// One more stranger's token from an address; whether it goes on record.
    pub fn note_stranger(&self, address: &SmolStr, now: Timestamp) -> bool {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.note(address, now) <= STRANGERS_ON_RECORD
    }
}

/// When things happened, per key, within the window.
#[derive(Debug)]
struct Window<K>(HashMap<K, VecDeque<Timestamp>>);

impl<K> Default for Window<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Clone + Eq + std::hash::Hash> Window<K> {
    /// Counts one more; returns how many there were within the window.
    fn note(&mut self, key: &K, now: Timestamp) -> usize {
        let since = now.plus_ms(-WINDOW_MS);
        if self.0.len() >= REMEMBERED_MAX && !self.0.contains_key(key) {
            self.0.retain(|_, times| times.back().is_some_and(|at| *at > since));
        }
        let times = self.0.entry(key.clone()).or_default();
        times.push_back(now);
        while times.front().is_some_and(|at| *at <= since) {
            times.pop_front();
        }
        // What is beyond every threshold need not be counted exactly.
        if times.len() > 2 * STRANGERS_ON_RECORD {
            times.pop_front();
        }
        times.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_refusal_within_a_minute_is_the_alarm_and_no_other() {
        let attempts = Attempts::default();
        let person = PersonId::new("kim").unwrap();
        let alarms: Vec<_> = (0..15).map(|n| attempts.note(&person, Timestamp(n * 1_000_000))).collect();
        assert_eq!(alarms.iter().filter(|alarm| **alarm).count(), 1);
        assert!(alarms[9]);
    }

    #[test]
    fn refusals_that_are_far_apart_never_alarm() {
        let attempts = Attempts::default();
        let person = PersonId::new("kim").unwrap();
        assert!((0..100).all(|n| !attempts.note(&person, Timestamp(n * 10_000_000))));
    }

    #[test]
    fn a_flood_of_strangers_fills_no_journal() {
        let attempts = Attempts::default();
        let flood = (0..10_000).filter(|n| attempts.note_stranger(&"10.0.0.1".into(), Timestamp(*n)));
        assert_eq!(flood.count(), STRANGERS_ON_RECORD);
        assert!(attempts.note_stranger(&"10.0.0.2".into(), Timestamp(0)), "another address counts apart");
        assert!(attempts.note_stranger(&"10.0.0.1".into(), Timestamp(61_000_000)), "a minute later it counts anew");
    }
}
