//! What differs between the alerts of two versions of the rules.

use super::judged::Alerted;
use crate::time::Timestamp;

/// Onsets no further apart than this are of one event, also where neither lasted into the other.
const SAME_EVENT_US: i64 = 60_000_000;

/// An alert that both versions raise, at other times.
#[derive(Clone, Debug, PartialEq)]
pub struct Shifted {
    /// The new version's.
    pub alert: Alerted,
    /// When the old version raised it.
    pub was: Timestamp,
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// Raised by both, at the same time.
    pub same: usize,
    /// Raised by the new version alone.
    pub added: Vec<Alerted>,
    /// Raised by the old version alone.
    pub removed: Vec<Alerted>,
    /// Raised earlier by the new version.
    pub earlier: Vec<Shifted>,
    /// Raised later by the new version.
    pub later: Vec<Shifted>,
}

/// Compares what two versions raised for one patient, each in the order of onsets. Two alerts are the same one if they are
/// of one condition and their times overlap, or their onsets lie within a minute; each counts once.
#[must_use]
pub fn compare(old: &[Alerted], new: &[Alerted]) -> Compared {
    let mut compared = Compared::default();
    let mut unmatched: Vec<&Alerted> = old.iter().collect();
    for alert in new {
        let best = unmatched
            .iter()
            .enumerate()
            .filter(|(_, other)| is_one_event(alert, other))
            .min_by_key(|(_, other)| alert.onset.since_us(other.onset).abs())
            .map(|(at, _)| at);
        let Some(was) = best.map(|at| unmatched.remove(at).onset) else {
            compared.added.push(alert.clone());
            continue;
        };
        match alert.onset.cmp(&was) {
            std::cmp::Ordering::Equal => compared.same += 1,
            std::cmp::Ordering::Less => compared.earlier.push(Shifted { alert: alert.clone(), was }),
            std::cmp::Ordering::Greater => compared.later.push(Shifted { alert: alert.clone(), was }),
        }
    }
    compared.removed = unmatched.into_iter().cloned().collect();
    compared
}

fn is_one_event(a: &Alerted, b: &Alerted) -> bool {
    let ends = |alert: &Alerted| alert.ended.unwrap_or(Timestamp::MAX);
    let overlap = a.onset <= ends(b) && b.onset <= ends(a);
    a.key == b.key && (overlap || a.onset.since_us(b.onset).abs() <= SAME_EVENT_US)
}
