//! A synthetic patient on a bedside monitor: seeded, deterministic, plausible, with scripted episodes whose truth is
//! known. Each beat is a reading of its own; vital signs come at a fixed rate; every reading says up to when the
//! monitor has watched.

use std::collections::VecDeque;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::episode::{Episode, EpisodeKind, Script};
use super::truth::{Truth, TruthTracker};
use crate::client::random::Random;
use crate::clinical::codes::Code;
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::clinical::units::Unit;
use crate::time::Timestamp;

/// What a patient is like at rest.
#[derive(Clone, Copy, Debug)]
struct Rest {
    rr_ms: f64,
    spo2: f64,
    resp_rate: f64,
}

/// An episode of the heart in progress: intervals that are still to come.
#[derive(Clone, Copy, Debug)]
struct HeartRun {
    kind: EpisodeKind,
    left: u32,
}

/// The monitor of one synthetic patient. `next` gives its readings in the order of device time, without an end.
pub struct Monitor {
    random: Random,
    rest: Rest,
    script: Option<Script>,
    episode: Option<Episode>,
    heart: Option<HeartRun>,
    start: Timestamp,
    period_us: i64,
    tick: Timestamp,
    beat: Timestamp,
    /// The last beat of the chain; none after a break.
    last_beat: Option<Timestamp>,
    ventricular: bool,
    intervals_ms: VecDeque<f64>,
    drift: f64,
    truth: TruthTracker,
}

impl Monitor {
    /// A patient who is watched from `start` on, with `rate` sets of vital signs per second (at least 1). Without a
    /// script nothing ever happens to the patient.
    #[must_use]
    pub fn new(mut random: Random, script: Option<Script>, start: Timestamp, rate: u32) -> Self {
        let rest = Rest {
            rr_ms: random.between(700.0, 950.0),
            spo2: random.between(96.0, 98.6),
            resp_rate: random.between(12.5, 18.5),
        };
        let first_beat = start.plus_us(micros(random.between(0.0, 700.0)));
        Self {
            random,
            rest,
            script,
            episode: None,
            heart: None,
            start,
            period_us: 1_000_000 / i64::from(rate.max(1)),
            tick: start,
            beat: first_beat,
            last_beat: None,
            ventricular: false,
            intervals_ms: VecDeque::new(),
            drift: 0.0,
            truth: TruthTracker::default(),
        }
    }

    /// What the readings given out so far had to alert.
    #[must_use]
    pub fn truth(&self) -> &[Truth] {
        self.truth.all()
    }

    /// Device time of the next reading.
    #[must_use]
    pub fn next_at(&self) -> Timestamp {
        self.tick.min(self.beat)
    }

    /// The next reading.
    pub fn next_reading(&mut self) -> Reading {
        loop {
            let now = self.next_at();
            self.follow_script(now);
            let lost = self.ecg_is_lost(now);
            if lost {
                self.last_beat = None;
                self.heart = None;
                self.intervals_ms.clear();
                self.ventricular = false;
            } else {
                self.truth.watched_until(now);
            }
            if self.beat > self.tick {
                return self.vitals(now, lost);
            }
            if !lost {
                return self.beat_reading(now);
            }
            // Beats go on in the patient, but nobody sees them.
            self.beat = now.plus_us(micros(self.resting_interval_ms(now)));
        }
    }

    fn follow_script(&mut self, now: Timestamp) {
        let since_us = now.since_us(self.start);
        self.episode = self.episode.filter(|episode| since_us < episode.from_us + episode.kind.length_s() * 1_000_000);
        let Some(script) = &mut self.script else { return };
        if self.episode.is_some() || since_us < script.peek().from_us {
            return;
        }
        let episode = script.take();
        self.episode = Some(episode);
        let left = match episode.kind {
            EpisodeKind::Asystole => 1,
            EpisodeKind::Bradycardia => 6,
            EpisodeKind::Tachycardia => 22,
            EpisodeKind::VentricularRun => 8,
            _ => return,
        };
        self.heart = Some(HeartRun { kind: episode.kind, left });
    }

    /// Microseconds into the episode of this kind; `None` if there is none.
    fn micros_into(&self, kind: EpisodeKind, now: Timestamp) -> Option<i64> {
        let episode = self.episode.filter(|episode| episode.kind == kind)?;
        Some(now.since_us(self.start) - episode.from_us)
    }

    fn ecg_is_lost(&self, now: Timestamp) -> bool {
        self.micros_into(EpisodeKind::SignalLoss, now).is_some_and(|into_us| into_us < 12_000_000)
    }

    fn beat_reading(&mut self, now: Timestamp) -> Reading {
        let mut observations = SmallVec::new();
        let beat_type = if self.ventricular { "V" } else { "N" };
        if let Some(last) = self.last_beat {
            let interval_ms = milliseconds(now.since_us(last));
            observations.push(number(Code::RR_INTERVAL, interval_ms, Unit::Millisecond));
            self.intervals_ms.push_back(interval_ms);
            if self.intervals_ms.len() > 4 {
                self.intervals_ms.pop_front();
            }
        }
        observations.push(Observation {
            code: Code::BEAT_TYPE,
            value: Value::Text(SmolStr::new_static(beat_type)),
            unit: Unit::None,
            validity: Validity::Valid,
        });
        self.truth.beat(now, self.last_beat, self.ventricular);
        self.last_beat = Some(now);
        self.beat = now.plus_us(micros(self.next_interval_ms(now)));
        reading(now, observations, Validity::Valid, 0)
    }

    fn next_interval_ms(&mut self, now: Timestamp) -> f64 {
        let jitter = self.random.between(-10.0, 10.0);
        let Some(HeartRun { kind, left }) = self.heart else {
            self.ventricular = false;
            return self.resting_interval_ms(now);
        };
        self.heart = (left > 1).then_some(HeartRun { kind, left: left - 1 });
        self.ventricular = kind == EpisodeKind::VentricularRun;
        match kind {
            EpisodeKind::Asystole => 6_500.0 + jitter,
            EpisodeKind::Bradycardia => 1_700.0 + jitter,
            EpisodeKind::Tachycardia => 380.0 + jitter,
            _ => 400.0 + jitter,
        }
    }

    /// Breathing moves the rhythm by some 3 %, and there is noise of 2 %.
    fn resting_interval_ms(&mut self, now: Timestamp) -> f64 {
        let minutes = milliseconds(now.since_us(self.start)) / 60_000.0;
        let breath = (minutes * self.rest.resp_rate * std::f64::consts::TAU).sin();
        let noise = self.random.normal().clamp(-3.0, 3.0);
        (self.rest.rr_ms * (1.0 + 0.03 * breath + 0.02 * noise)).clamp(600.0, 1_100.0)
    }

    fn vitals(&mut self, now: Timestamp, lost: bool) -> Reading {
        if lost {
            self.truth.no_ecg(now);
        }
        self.tick = now.plus_us(self.period_us);
        let mut observations = SmallVec::new();
        let heart_rate = self.heart_rate(now);
        if let Some(rate) = heart_rate {
            observations.push(number(Code::HEART_RATE, rate, Unit::PerMinute));
        }
        self.oximetry(now, heart_rate, &mut observations);
        let resp_rate = (self.rest.resp_rate + 0.6 * self.random.normal()).clamp(10.0, 22.0).round();
        observations.push(number(Code::RESP_RATE, resp_rate, Unit::PerMinute));
        let signal = if lost { Validity::NoSignal } else { Validity::Valid };
        reading(now, observations, signal, u32::try_from(self.period_us / 1_000).unwrap_or(u32::MAX))
    }

    fn oximetry(&mut self, now: Timestamp, heart_rate: Option<f64>, observations: &mut SmallVec<[Observation; 2]>) {
        let off = self.micros_into(EpisodeKind::ProbeOff, now).is_some_and(|into_us| into_us < 40_000_000);
        if off {
            let mut nothing = number(Code::SPO2, 0.0, Unit::Percent);
            nothing.validity = Validity::NoSignal;
            observations.push(nothing);
            self.truth.no_saturation(now);
            return;
        }
        let spo2 = self.saturation(now);
        self.truth.saturation(now, spo2);
        observations.push(number(Code::SPO2, spo2, Unit::Percent));
        if let Some(rate) = heart_rate {
            observations.push(number(Code::PULSE_RATE, rate, Unit::PerMinute));
        }
    }

    fn saturation(&mut self, now: Timestamp) -> f64 {
        self.drift = (0.97 * self.drift + 0.12 * self.random.normal()).clamp(-1.5, 1.0);
        let resting = (self.rest.spo2 + self.drift).clamp(94.0, 100.0);
        let depth = if let Some(into_us) = self.micros_into(EpisodeKind::Desaturation, now) {
            (resting - 87.0) * ramp(seconds(into_us), 8.0, 36.0, 48.0)
        } else if let Some(into_us) = self.micros_into(EpisodeKind::DeepDesaturation, now) {
            (resting - 82.0) * ramp(seconds(into_us), 2.0, 10.0, 13.0)
        } else {
            0.0
        };
        (resting - depth).round()
    }

    /// From the last four intervals; none while no beat is seen.
    fn heart_rate(&self, now: Timestamp) -> Option<f64> {
        let seen = self.last_beat.is_some_and(|last| now.since_ms(last) < 3_000);
        let count = u32::try_from(self.intervals_ms.len()).unwrap_or(0);
        (seen && count > 0).then(|| {
            let mean_ms = self.intervals_ms.iter().sum::<f64>() / f64::from(count);
            (60_000.0 / mean_ms).round()
        })
    }
}

/// 0 before and after, 1 between `down_s` and `up_s`, straight lines between.
fn ramp(at_s: f64, down_s: f64, up_s: f64, end_s: f64) -> f64 {
    if at_s < down_s {
        (at_s / down_s).max(0.0)
    } else if at_s <= up_s {
        1.0
    } else {
        ((end_s - at_s) / (end_s - up_s)).max(0.0)
    }
}

fn number(code: Code, value: f64, unit: Unit) -> Observation {
    Observation { code, value: Value::Number(value), unit, validity: Validity::Valid }
}

#[allow(clippy::cast_possible_truncation)] // Milliseconds of one interval.
fn micros(ms: f64) -> i64 {
    (ms * 1_000.0) as i64
}

#[allow(clippy::cast_precision_loss)] // Far below 2^53.
fn milliseconds(us: i64) -> f64 {
    us as f64 / 1_000.0
}

fn seconds(us: i64) -> f64 {
    milliseconds(us) / 1_000.0
}

fn reading(now: Timestamp, observations: SmallVec<[Observation; 2]>, signal: Validity, period_ms: u32) -> Reading {
    Reading {
        key: ReadingKey { boot: 0, lane: Lane::Live, sequence: 0 },
        device_time: now,
        sent_at: now,
        observed_until: Some(now),
        period_ms,
        signal,
        observations,
        payload: None,
        decoder: None,
    }
}
