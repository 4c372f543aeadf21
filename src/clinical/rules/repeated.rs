//! So many of the newest samples beyond a limit: n of m, or n one after another.

use serde::{Deserialize, Serialize};

use super::breach::{Breach, Verdict};
use super::fields::Fields;
use super::memory::Remembered;
use super::sample::Sample;
use super::slot::Turn;
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;
use crate::time::Timestamp;

/// At least `n` of the newest `of` samples breach; `of = n` means consecutive. Onset: the sample that makes the number
/// full; start: the oldest breaching sample among them. Ends at the first sample with which fewer than `n` breach, or that
/// follows a gap. With `apart_s`, a sample counts only if it comes at least so long after the one that counted before
/// (daily values, whatever else is transmitted). With `gap_s`, samples further apart are not in a row; a sample that the
/// device does not vouch for breaks the row as well.
///
/// Slot: the newest samples as bits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Repeated {
    pub(super) code: Code,
    pub(super) breach: Breach,
    n: u16,
    of: u16,
    apart_us: i64,
    gap_us: Option<i64>,
}

/// The newest samples: a bit each, the newest is the lowest; 1 is a breach.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Newest {
    bits: u32,
    last: Option<Timestamp>,
    /// Times of the newest breaching samples, as many as make the condition.
    breaches: Vec<Timestamp>,
}

impl Repeated {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let breach = Breach::parse(fields);
        let n = fields.whole("n", 1..=16);
        let of = fields.whole("of", 1..=32);
        let apart_us = fields.optional_duration_s("apart_s");
        let gap_us = fields.has("gap_s").then(|| fields.optional_duration_s("gap_s"));
        if gap_us == Some(0) {
            fields.wrong("gap_s", "must be above 0: no two samples would be in a row");
        }
        if gap_us.is_some_and(|gap_us| gap_us < apart_us) {
            fields.wrong("apart_s", "is longer than `gap_s`: no two samples would be in a row");
        }
        let (info, breach) = breach?;
        if n? > of? {
            fields.wrong("n", "must be at most `of`");
        }
        Some(Self { code: info.code, breach, n: n?, of: of?, apart_us, gap_us })
    }

    pub(super) fn sample(&self, turn: &mut Turn<'_>, id: &RuleId, sample: &Sample<'_>) {
        let at = sample.at;
        let Some(newest) = turn.memory(id, as_newest, || Remembered::Newest(Newest::default())) else { return };
        if newest.last.is_some_and(|last| at.since_us(last) < self.apart_us) {
            return;
        }
        let verdict = self.breach.verdict(sample);
        let too_late = newest.last.zip(self.gap_us).is_some_and(|(last, gap_us)| at.since_us(last) > gap_us);
        if verdict.is_none() || too_late {
            newest.bits = 0;
            newest.breaches.clear();
        }
        newest.last = Some(at);
        let breaching = verdict == Some(Verdict::Breach);
        if verdict.is_some() {
            newest.push(breaching, at, usize::from(self.n));
        }
        let (full, start) = (newest.count(self.of) >= u32::from(self.n), newest.breaches.first().copied());
        if full {
            turn.begin(start.unwrap_or(at), at, sample.value);
        } else if verdict.is_some() || too_late {
            turn.end(at);
        }
    }
}

impl Newest {
    fn push(&mut self, breaching: bool, at: Timestamp, keep: usize) {
        self.bits = self.bits << 1 | u32::from(breaching);
        if breaching {
            if self.breaches.len() == keep {
                self.breaches.remove(0);
            }
            self.breaches.push(at);
        }
    }

    /// How many of the newest `of` breach.
    fn count(&self, of: u16) -> u32 {
        let mask = if of >= 32 { u32::MAX } else { (1 << of) - 1 };
        (self.bits & mask).count_ones()
    }
}

fn as_newest(remembered: &mut Remembered) -> Option<&mut Newest> {
    match remembered {
        Remembered::Newest(newest) => Some(newest),
        _ => None,
    }
}
