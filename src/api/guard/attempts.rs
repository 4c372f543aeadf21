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
/// So many wrong secrets of one account, or from one address, within [`SIGN_IN_WINDOW_MS`]: no further one is tried.
const WRONG_OF_ACCOUNT: usize = 10;
const WRONG_FROM_ADDRESS: usize = 30;
const SIGN_IN_WINDOW_MS: i64 = 15 * 60_000;
/// Persons and addresses that are remembered; beyond, those that were quiet for a window are forgotten.
const REMEMBERED_MAX: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct Attempts {
    persons: Mutex<Window<PersonId>>,
    addresses: Mutex<Window<SmolStr>>,
    wrong_of: Mutex<Window<PersonId>>,
    wrong_from: Mutex<Window<SmolStr>>,
}

impl Attempts {
    /// One more refusal of a person; true when it is the one that makes it an alarm.
    pub fn note(&self, person: &PersonId, now: Timestamp) -> bool {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        persons.note(person, now, WINDOW_MS) == REFUSALS_ALARM
    }

    /// One more stranger's token from an address; whether it goes on record.
    pub fn note_stranger(&self, address: &SmolStr, now: Timestamp) -> bool {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.note(address, now, WINDOW_MS) <= STRANGERS_ON_RECORD
    }

    /// Whether another secret may be tried for this account and from this address.
    pub fn may_try(&self, account: Option<&PersonId>, address: &SmolStr, now: Timestamp) -> bool {
        let of = self.wrong_of.lock().unwrap_or_else(PoisonError::into_inner);
        let of = account.map_or(0, |account| of.count(account, now, SIGN_IN_WINDOW_MS));
        let from = self.wrong_from.lock().unwrap_or_else(PoisonError::into_inner);
        of < WRONG_OF_ACCOUNT && from.count(address, now, SIGN_IN_WINDOW_MS) < WRONG_FROM_ADDRESS
    }

    /// A wrong secret.
    pub fn failed(&self, account: Option<&PersonId>, address: &SmolStr, now: Timestamp) {
        if let Some(account) = account {
            let mut of = self.wrong_of.lock().unwrap_or_else(PoisonError::into_inner);
            of.note(account, now, SIGN_IN_WINDOW_MS);
        }
        self.wrong_from.lock().unwrap_or_else(PoisonError::into_inner).note(address, now, SIGN_IN_WINDOW_MS);
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
    fn note(&mut self, key: &K, now: Timestamp, window_ms: i64) -> usize {
        let since = now.plus_ms(-window_ms);
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

    /// How many there were within the window.
    fn count(&self, key: &K, now: Timestamp, window_ms: i64) -> usize {
        let since = now.plus_ms(-window_ms);
        self.0.get(key).map_or(0, |times| times.iter().filter(|at| **at > since).count())
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

    #[test]
    fn after_ten_wrong_secrets_an_account_waits_and_others_do_not() {
        let attempts = Attempts::default();
        let (kim, lee) = (PersonId::new("kim").unwrap(), PersonId::new("lee").unwrap());
        let (here, there): (SmolStr, SmolStr) = ("10.0.0.1".into(), "10.0.0.2".into());
        for n in 0..10 {
            assert!(attempts.may_try(Some(&kim), &here, Timestamp(n)));
            attempts.failed(Some(&kim), &here, Timestamp(n));
        }
        assert!(!attempts.may_try(Some(&kim), &there, Timestamp(10)), "from wherever");
        assert!(attempts.may_try(Some(&lee), &here, Timestamp(10)));
        assert!(attempts.may_try(Some(&kim), &here, Timestamp(SIGN_IN_WINDOW_MS * 1_000 + 10)), "later again");
        for n in 0..30 {
            attempts.failed(None, &there, Timestamp(n));
        }
        assert!(!attempts.may_try(Some(&lee), &there, Timestamp(31)), "an address that tries many names");
    }
}
