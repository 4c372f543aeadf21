//! The chain of beats of one device: consecutive beats without a break.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::clinical::codes::{BEAT_WORDS, Code};
use crate::clinical::reading::{Reading, Validity, Value};
use crate::clinical::rules::device::Bench;
use crate::clinical::rules::kind::Kind;
use crate::clinical::rules::slot::{Changes, Slot, Turn};
use crate::clinical::rules::view::View;
use crate::time::Timestamp;

/// The longest window of intervals that a rule may ask for.
pub(super) const WINDOW_MAX: usize = 8;

/// How many words of [`BEAT_WORDS`] are beats; the others are marks.
const BEAT_COUNT: usize = 19;

/// What the chain knows when an event comes, before the event is part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::clinical::rules) struct Chain {
    /// The newest beat of the chain; `None` after a break.
    pub(super) last: Option<Timestamp>,
    /// Since when there has been a valid signal without a beat after a break; `None` in a chain, in ventricular flutter
    /// and while there is no signal.
    pub(super) unheard_since: Option<Timestamp>,
    /// Whether ventricular flutter is going on.
    flutter: bool,
    /// Whether the signal is lost.
    lost: bool,
    /// The newest intervals in milliseconds, as a ring; `intervals` counts all of the chain.
    window: [f64; WINDOW_MAX],
    intervals: u32,
}

/// What happens to a chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
    /// A beat; `interval_ms` is the device's own, `None` for the first of a chain. `word` indexes [`BEAT_WORDS`].
    Beat { at: Timestamp, interval_ms: Option<f64>, word: u8 },
    /// The chain ends.
    Break { at: Timestamp },
    /// Ventricular flutter begins.
    FlutterBegan { at: Timestamp },
    /// Ventricular flutter ends, or can no longer be seen.
    FlutterEnded { at: Timestamp },
    /// Nothing happened until then, and the signal was valid.
    Watched { until: Timestamp },
}

impl Chain {
    /// The mean of the newest `count` intervals; `None` if the chain has fewer.
    pub(super) fn mean_ms(&self, count: u16) -> Option<f64> {
        let count = usize::from(count);
        if self.intervals < u32::try_from(count).ok()? || count == 0 || count > WINDOW_MAX {
            return None;
        }
        let newest = self.intervals as usize;
        let sum: f64 = (0..count).map(|back| self.window[(newest - 1 - back) % WINDOW_MAX]).sum();
        #[allow(clippy::cast_precision_loss)] // At most WINDOW_MAX.
        Some(sum / count as f64)
    }

    fn push(&mut self, interval_ms: f64) {
        self.window[self.intervals as usize % WINDOW_MAX] = interval_ms;
        // The ring's length divides 2^32, so that wrapping keeps the order; but the window must stay full.
        self.intervals = if self.intervals == u32::MAX { u32::MAX - 7 } else { self.intervals + 1 };
    }
}

/// What one device's beats have come to: its chain, and one slot per beat rule of the set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::clinical::rules) struct Beats {
    chain: Chain,
    pub(in crate::clinical::rules) slots: SmallVec<[Slot; 12]>,
}

/// What a reading says about beats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::clinical::rules) struct Heard {
    interval_ms: Option<f64>,
    word: Option<u8>,
    invalid: bool,
    any: bool,
}

impl Heard {
    /// Picks out what a reading says about beats: at most one beat, at its device time.
    pub(in crate::clinical::rules) fn of(reading: &Reading) -> Self {
        let mut heard = Self::default();
        for observation in &reading.observations {
            match (observation.code, &observation.value) {
                (Code::RR_INTERVAL, Value::Number(value)) => {
                    heard.interval_ms = observation.unit.convert(*value, crate::clinical::units::Unit::Millisecond);
                }
                (Code::BEAT_TYPE, Value::Text(word)) => heard.word = word_index(word),
                _ => continue,
            }
            heard.any = true;
            heard.invalid |= observation.validity != Validity::Valid;
        }
        heard
    }

    /// Whether the reading says anything about beats.
    pub(in crate::clinical::rules) const fn any(&self) -> bool {
        self.any
    }
}

fn word_index(word: &str) -> Option<u8> {
    BEAT_WORDS.iter().position(|known| *known == word).and_then(|index| u8::try_from(index).ok())
}

/// The bits of these words, for [`Event::Beat::word`]; the first word that is no beat otherwise.
pub(super) fn word_bits<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<u32, &'a str> {
    words.into_iter().try_fold(0, |bits, word| match word_index(word) {
        Some(index) if usize::from(index) < BEAT_COUNT => Ok(bits | 1 << index),
        _ => Err(word),
    })
}

impl Beats {
    /// A device whose first beat is about to come.
    pub(in crate::clinical::rules) fn new(rules: &View) -> Self {
        Self { chain: Chain::default(), slots: SmallVec::from_elem(Slot::default(), rules.beat_rules.len()) }
    }

    /// Judges what `reading` says about beats, and how far its device has watched.
    pub(in crate::clinical::rules) fn observe(
        &mut self,
        bench: Bench<'_>,
        reading: &Reading,
        heard: &Heard,
        changes: &mut Changes,
    ) {
        let at = reading.device_time;
        if reading.signal != Validity::Valid {
            self.lose(bench, at, changes);
            return;
        }
        if self.chain.lost {
            self.chain.lost = false;
            self.chain.unheard_since = Some(at);
        }
        if heard.any {
            self.hear(bench, at, heard, changes);
        }
        if let Some(until) = reading.observed_until {
            self.tell(bench, Event::Watched { until }, changes);
        }
    }

    /// The chain ends because readings of the device are missing, or it started anew.
    pub(in crate::clinical::rules) fn interrupt(&mut self, bench: Bench<'_>, at: Timestamp, changes: &mut Changes) {
        self.lose(bench, at, changes);
    }

    /// The signal is lost: nothing is known from here on, and no time without beats counts.
    fn lose(&mut self, bench: Bench<'_>, at: Timestamp, changes: &mut Changes) {
        if self.chain.lost {
            return;
        }
        self.break_chain(bench, at, changes);
        self.end_flutter(bench, at, changes);
        self.chain.unheard_since = None;
        self.chain.lost = true;
    }

    fn hear(&mut self, bench: Bench<'_>, at: Timestamp, heard: &Heard, changes: &mut Changes) {
        let word = heard.word.map(|index| (index, BEAT_WORDS.get(usize::from(index)).copied().unwrap_or("?")));
        match word {
            _ if heard.invalid => self.mark(bench, at, changes),
            Some((_, "[")) => {
                self.tell(bench, Event::Watched { until: at }, changes);
                self.break_chain(bench, at, changes);
                self.chain.unheard_since = None;
                self.chain.flutter = true;
                self.tell(bench, Event::FlutterBegan { at }, changes);
            }
            Some((_, "]")) => {
                self.tell(bench, Event::Watched { until: at }, changes);
                self.break_chain(bench, at, changes);
                self.end_flutter(bench, at, changes);
                self.chain.unheard_since = Some(at);
            }
            // A flutter wave, or noise: what follows is no continuation.
            Some((_, "!" | "~")) => self.mark(bench, at, changes),
            // A beat; without a type it is one of unknown type.
            Some((index, _)) if usize::from(index) < BEAT_COUNT => {
                self.beat(bench, at, heard.interval_ms, index, changes);
            }
            None if heard.interval_ms.is_some() => {
                self.beat(bench, at, heard.interval_ms, word_index("Q").unwrap_or(0), changes);
            }
            // No beat and no break: a blocked P wave, an artefact, a comment.
            _ => {}
        }
    }

    /// A break while the signal is valid.
    fn mark(&mut self, bench: Bench<'_>, at: Timestamp, changes: &mut Changes) {
        self.tell(bench, Event::Watched { until: at }, changes);
        if self.chain.last.is_some() {
            self.break_chain(bench, at, changes);
        }
        if !self.chain.flutter && self.chain.unheard_since.is_none() {
            self.chain.unheard_since = Some(at);
        }
    }

    fn beat(&mut self, bench: Bench<'_>, at: Timestamp, interval_ms: Option<f64>, word: u8, changes: &mut Changes) {
        if self.chain.last.is_some() && interval_ms.is_none() {
            // The device does not say how far this beat is from the one before: the chain starts anew with it.
            self.tell(bench, Event::Watched { until: at }, changes);
            self.break_chain(bench, at, changes);
        }
        let interval_ms = interval_ms.filter(|_| self.chain.last.is_some());
        if let Some(interval_ms) = interval_ms {
            self.chain.push(interval_ms);
        }
        self.tell(bench, Event::Beat { at, interval_ms, word }, changes);
        self.chain.last = Some(at);
        self.chain.unheard_since = None;
    }

    fn break_chain(&mut self, bench: Bench<'_>, at: Timestamp, changes: &mut Changes) {
        self.tell(bench, Event::Break { at }, changes);
        self.chain.last = None;
        self.chain.intervals = 0;
    }

    fn end_flutter(&mut self, bench: Bench<'_>, at: Timestamp, changes: &mut Changes) {
        if self.chain.flutter {
            self.chain.flutter = false;
            self.tell(bench, Event::FlutterEnded { at }, changes);
        }
    }

    /// Tells every beat rule of an event.
    fn tell(&mut self, bench: Bench<'_>, event: Event, changes: &mut Changes) {
        let chain = self.chain;
        for (slot, &rule) in self.slots.iter_mut().zip(&bench.rules.beat_rules) {
            if slot.off {
                continue;
            }
            let mut turn = Turn { rule, slot, changes };
            match bench.rules.kind(rule) {
                Kind::NoBeat(kind) => kind.hear(&mut turn, &chain, event),
                Kind::IntervalRun(kind) => kind.hear(&mut turn, &chain, event),
                Kind::VentricularRun(kind) => kind.hear(&mut turn, &chain, event),
                Kind::Flutter(kind) => kind.hear(&mut turn, event),
                Kind::BeatRate(kind) => kind.hear(&mut turn, &chain, event, bench.limits.of(rule)),
                Kind::NoBeatAfterBreak(kind) => kind.hear(&mut turn, &chain, event),
                _ => {}
            }
        }
    }
}
