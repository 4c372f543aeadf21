//! Who is played: synthetic patients, and the patients of recordings.

use super::episode::{Pace, Script};
use super::physiology::Monitor;
use super::player::{Player, Voice, scaled};
use crate::client::random::Random;
use crate::clinical::reading::Reading;
use crate::time::Timestamp;

/// A synthetic ward.
#[derive(Clone, Copy, Debug)]
pub struct WardPlan {
    /// How many patients.
    pub patients: usize,
    /// Sets of vital signs per patient and second; beats come besides.
    pub rate: u32,
    /// Seed of everything that happens.
    pub seed: u64,
    /// How often something happens to a patient; `None`: never.
    pub pace: Option<Pace>,
    /// When the ward starts, by every device's clock.
    pub start: Timestamp,
}

/// The patients of a synthetic ward, `sim-001` and so on.
#[must_use]
pub fn synthetic_ward(plan: &WardPlan) -> Vec<Player> {
    (0..plan.patients).map(|at| synthetic(plan, at)).collect()
}

fn synthetic(plan: &WardPlan, at: usize) -> Player {
    let mut random = Random::part(plan.seed, at as u64);
    let script = plan.pace.map(|pace| Script::new(pace, Random::new(random.next_u64())));
    // Devices do not tick together.
    let phase_us = i64::try_from(random.below(1_000_000)).unwrap_or(0);
    let anchor = plan.start.plus_us(phase_us);
    Player {
        patient: format!("sim-patient-{:03}", at + 1),
        device: format!("sim-monitor-{:03}", at + 1),
        source: "synthetic".to_owned(),
        anchor,
        voice: Voice::Synthetic(Box::new(Monitor::new(random, script, anchor, plan.rate))),
    }
}

/// A patient of a recording. The anchor is the latest at which device time never runs ahead of receipt time while the
/// recording is played from `start` at `speed`.
#[must_use]
pub fn recorded(
    patient: &str,
    device: Option<&str>,
    source: &str,
    readings: Vec<Reading>,
    start: Timestamp,
    speed: f64,
) -> Player {
    let last_us = readings.iter().map(|reading| reading.device_time.micros()).max().unwrap_or(0).max(0);
    let ahead_us = (last_us - scaled(last_us, speed)).max(0);
    Player {
        patient: patient.to_owned(),
        device: device.map_or_else(|| format!("sim-{patient}"), str::to_owned),
        source: source.to_owned(),
        anchor: start.plus_us(-ahead_us),
        voice: Voice::Recording(readings.into()),
    }
}
