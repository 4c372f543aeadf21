//! So many events within a window: shocks, episodes, resets.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::breach::words;
use super::fields::Fields;
use super::memory::Remembered;
use super::sample::Sample;
use super::slot::Turn;
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;
use crate::time::Timestamp;

/// At least `at_least` samples of a code with one of these words within `within_s`. Each such sample is an event at its
/// device time. Onset: the event that makes the number full; start: the first of them. Ends when so few are left in the
/// window, as far as the device has watched.
///
/// Slot: the times of the newest events.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Events {
    pub(super) code: Code,
    words: SmallVec<[SmolStr; 4]>,
    pub(super) at_least: u16,
    within_us: i64,
}

/// The newest events, oldest first; as many as make the condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Times(SmallVec<[Timestamp; 4]>);

impl Events {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let info = fields.word_code("code");
        let words = words(fields, "is_one_of", info);
        let at_least = fields.whole("at_least", 1..=16);
        let within_us = fields.window_s("within_s", 0);
        Some(Self { code: info?.code, words: words?, at_least: at_least?, within_us: within_us? })
    }

    pub(super) fn sample(&self, turn: &mut Turn<'_>, id: &RuleId, sample: &Sample<'_>) {
        if !sample.word.is_some_and(|word| self.words.iter().any(|event| event == word)) {
            return;
        }
        let Some(Times(times)) = turn.memory(id, as_times, || Remembered::Times(Times::default())) else { return };
        if times.len() == usize::from(self.at_least) {
            times.remove(0);
        }
        times.push(sample.at);
        let first = times[0];
        if times.len() == usize::from(self.at_least) && sample.at.since_us(first) <= self.within_us {
            turn.begin(first, sample.at, Some(f64::from(self.at_least)));
        }
    }

    /// The device has watched until `until`: events leave the window.
    pub(super) fn watched(&self, turn: &mut Turn<'_>, id: &RuleId, until: Timestamp) {
        if !turn.slot.present {
            return;
        }
        let Some(Times(times)) = turn.memory(id, as_times, || Remembered::Times(Times::default())) else { return };
        let leaves = times.first().map_or(until, |first| first.plus_us(self.within_us));
        if until > leaves {
            turn.end(leaves);
        }
    }
}

fn as_times(remembered: &mut Remembered) -> Option<&mut Times> {
    match remembered {
        Remembered::Times(times) => Some(times),
        _ => None,
    }
}
