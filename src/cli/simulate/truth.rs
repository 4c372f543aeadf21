//! What a synthetic patient's readings have to alert, by the definitions of `clinical.md`, written down a second time
//! on purpose: it shares nothing with the rules that are tested against it.

use crate::time::Timestamp;

/// An alert that must come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The rule.
    pub rule: &'static str,
    /// Device time of its onset.
    pub onset: Timestamp,
}

/// A limit below which the saturation must not stay for a time.
#[derive(Debug)]
struct Low {
    rule: &'static str,
    limit: f64,
    delay_us: i64,
    clears_at: f64,
    first: Option<Timestamp>,
    said: bool,
}

impl Low {
    const fn new(rule: &'static str, limit: f64, delay_us: i64, clears_at: f64) -> Self {
        Self { rule, limit, delay_us, clears_at, first: None, said: false }
    }

    fn sample(&mut self, now: Timestamp, value: f64) -> Option<Truth> {
        if value >= self.limit {
            self.first = None;
            self.said &= value < self.clears_at;
            return None;
        }
        let first = *self.first.get_or_insert(now);
        if self.said || now.since_us(first) < self.delay_us {
            return None;
        }
        self.said = true;
        Some(Truth { rule: self.rule, onset: now })
    }
}

/// Watches what a monitor gives out.
#[derive(Debug)]
pub struct TruthTracker {
    all: Vec<Truth>,
    low: [Low; 2],
    last_beat: Option<Timestamp>,
    asystole_said: bool,
    slow: u32,
    fast: u32,
    ventricular: u32,
    lost: Silence,
    probe: Silence,
}

/// Something that must not be missing for too long.
#[derive(Debug)]
struct Silence {
    rule: &'static str,
    for_us: i64,
    since: Option<Timestamp>,
    said: bool,
}

impl Silence {
    const fn new(rule: &'static str, for_us: i64) -> Self {
        Self { rule, for_us, since: None, said: false }
    }

    fn lasts(&mut self, now: Timestamp) -> Option<Truth> {
        let onset = self.since?.plus_us(self.for_us);
        let new = !self.said && now >= onset;
        self.said |= new;
        new.then_some(Truth { rule: self.rule, onset })
    }

    const fn begins(&mut self, at: Timestamp) {
        self.since = Some(at);
        self.said = false;
    }
}

impl Default for TruthTracker {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            low: [Low::new("spo2_low", 90.0, 15_000_000, 92.0), Low::new("spo2_very_low", 85.0, 5_000_000, 85.0)],
            last_beat: None,
            asystole_said: false,
            slow: 0,
            fast: 0,
            ventricular: 0,
            lost: Silence::new("ecg_signal_lost", 10_000_000),
            probe: Silence::new("spo2_no_signal", 30_000_000),
        }
    }
}

impl TruthTracker {
    /// Everything so far, in the order in which it was determined.
    #[must_use]
    pub fn all(&self) -> &[Truth] {
        &self.all
    }

    /// A valid saturation in percent.
    pub fn saturation(&mut self, now: Timestamp, value: f64) {
        self.probe.begins(now);
        for low in &mut self.low {
            self.all.extend(low.sample(now, value));
        }
    }

    /// The oximeter gives nothing.
    pub fn no_saturation(&mut self, now: Timestamp) {
        self.all.extend(self.probe.lasts(now));
        self.low.iter_mut().for_each(|low| low.first = None);
    }

    /// A beat, with the one before it in its chain.
    pub fn beat(&mut self, now: Timestamp, before: Option<Timestamp>, ventricular: bool) {
        self.watched_until(now);
        let interval_us = before.map(|before| now.since_us(before));
        self.slow = interval_us.filter(|us| *us > 1_500_000).map_or(0, |_| self.slow + 1);
        self.fast = interval_us.filter(|us| us * 140 < 60_000_000).map_or(0, |_| self.fast + 1);
        let close = interval_us.is_some_and(|us| us < 600_000);
        self.ventricular = match (ventricular, close) {
            (true, true) => self.ventricular + 1,
            (true, false) => 1,
            (false, _) => 0,
        };
        let reached = [("ex_brady", self.slow, 5), ("ex_tachy", self.fast, 17), ("vtach", self.ventricular, 5)];
        for (rule, count, needed) in reached {
            if count == needed {
                self.all.push(Truth { rule, onset: now });
            }
        }
        self.last_beat = Some(now);
        self.asystole_said = false;
    }

    /// The ECG gives nothing: there is no last beat any more.
    pub fn no_ecg(&mut self, now: Timestamp) {
        if self.lost.since.is_none() {
            self.lost.begins(now);
        }
        self.all.extend(self.lost.lasts(now));
        self.last_beat = None;
        (self.slow, self.fast, self.ventricular) = (0, 0, 0);
    }

    /// The monitor has watched a valid signal until `now`.
    pub fn watched_until(&mut self, now: Timestamp) {
        self.lost.since = None;
        let Some(last) = self.last_beat else { return };
        if !self.asystole_said && now.since_us(last) >= 4_000_000 {
            self.asystole_said = true;
            self.all.push(Truth { rule: "asystole", onset: last.plus_us(4_000_000) });
        }
    }
}
