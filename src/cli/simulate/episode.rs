//! Scripted episodes: what happens to a synthetic patient, and when.

use crate::client::random::Random;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EpisodeKind {
    /// Saturation falls to some 87 % and stays there for 25 s: `spo2_low`.
    Desaturation,
    /// Saturation falls to 82 % for some 8 s: `spo2_very_low`.
    DeepDesaturation,
    /// No beat for 6.5 s: `asystole`.
    Asystole,
    /// Six intervals of 1700 ms: `ex_brady`.
    Bradycardia,
    /// Twenty-two intervals of 380 ms: `ex_tachy`.
    Tachycardia,
    /// Eight ventricular beats 400 ms apart: `vtach`.
    VentricularRun,
    /// The ECG gives nothing for 12 s: technical, never asystole.
    SignalLoss,
    /// The oximeter's probe is off for 40 s: technical, never a low saturation.
    ProbeOff,
}

impl EpisodeKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Desaturation,
        Self::DeepDesaturation,
        Self::Asystole,
        Self::Bradycardia,
        Self::Tachycardia,
        Self::VentricularRun,
        Self::SignalLoss,
        Self::ProbeOff,
    ];

    /// How long it takes, in seconds, until everything is as before.
    #[must_use]
    pub const fn length_s(self) -> i64 {
        match self {
            Self::Desaturation => 50,
            Self::DeepDesaturation => 14,
            Self::Asystole => 8,
            Self::Bradycardia => 12,
            Self::Tachycardia => 10,
            Self::VentricularRun => 5,
            Self::SignalLoss => 13,
            Self::ProbeOff => 41,
        }
    }
}

/// One episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// What happens.
    pub kind: EpisodeKind,
    /// Microseconds after the patient's start.
    pub from_us: i64,
}

/// How often something happens to a patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Earliest and latest first episode, in seconds after the start.
    pub first_s: (f64, f64),
    /// Shortest and longest quiet between two episodes, in seconds; at least 20 s keep their rules apart.
    pub quiet_s: (f64, f64),
}

impl Pace {
    /// Something happens to every patient about once a minute.
    pub const TEST: Self = Self { first_s: (8.0, 30.0), quiet_s: (25.0, 60.0) };
    /// A ward that can be watched: something happens to a patient every few minutes.
    pub const WARD: Self = Self { first_s: (5.0, 60.0), quiet_s: (60.0, 240.0) };
}

/// An endless script: each kind comes once in a random order, then again in another order.
#[derive(Clone, Debug)]
pub struct Script {
    pace: Pace,
    random: Random,
    left: Vec<EpisodeKind>,
    next: Episode,
}

impl Script {
    /// The script that follows from `random`.
    #[must_use]
    pub fn new(pace: Pace, mut random: Random) -> Self {
        let from_us = seconds(random.between(pace.first_s.0, pace.first_s.1));
        let mut script =
            Self { pace, random, left: Vec::new(), next: Episode { kind: EpisodeKind::Asystole, from_us } };
        script.next.kind = script.draw();
        script
    }

    /// The episode that comes next.
    #[must_use]
    pub const fn peek(&self) -> Episode {
        self.next
    }

    /// Takes the next episode.
    pub fn take(&mut self) -> Episode {
        let taken = self.next;
        let quiet_us = seconds(self.random.between(self.pace.quiet_s.0, self.pace.quiet_s.1));
        self.next =
            Episode { kind: self.draw(), from_us: taken.from_us + taken.kind.length_s() * 1_000_000 + quiet_us };
        taken
    }

    fn draw(&mut self) -> EpisodeKind {
        if self.left.is_empty() {
            self.left = EpisodeKind::ALL.to_vec();
        }
        let at = self.random.below(self.left.len() as u64);
        self.left.swap_remove(usize::try_from(at).unwrap_or(0))
    }
}

#[allow(clippy::cast_possible_truncation)] // Seconds of a script are far below 2^53 microseconds.
fn seconds(s: f64) -> i64 {
    (s * 1e6) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_holds_every_kind_and_keeps_its_quiet() {
        let mut script = Script::new(Pace::TEST, Random::new(3));
        let mut seen = std::collections::HashSet::new();
        let mut end_us = 0;
        for _ in 0..EpisodeKind::ALL.len() {
            let episode = script.take();
            assert!(episode.from_us - end_us >= 8_000_000);
            end_us = episode.from_us + episode.kind.length_s() * 1_000_000;
            seen.insert(episode.kind);
        }
        assert_eq!(seen.len(), EpisodeKind::ALL.len());
    }
}
