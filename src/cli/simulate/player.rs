//! One patient who is played: where the readings come from, and when each is due.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::glimpse::Glimpse;
use super::physiology::Monitor;
use super::report::{Expected, PatientReport};
use crate::client::device::DeviceStream;
use crate::client::encode;
use crate::client::ledger::LaneId;
use crate::clinical::reading::Reading;
use crate::clock::Clock;
use crate::time::Timestamp;

/// Where a patient's readings come from.
pub enum Voice {
    /// A recording: readings whose device time is counted from the recording's zero.
    Recording(VecDeque<Reading>),
    /// A synthetic patient.
    Synthetic(Box<Monitor>),
}

/// A patient on a device.
pub struct Player {
    /// The patient.
    pub patient: String,
    /// The device.
    pub device: String,
    /// The recording's file, or `synthetic`.
    pub source: String,
    /// Device time of the recording's zero, or of the synthetic patient's start.
    pub anchor: Timestamp,
    /// The readings.
    pub voice: Voice,
}

/// What all players of a run share.
#[derive(Clone)]
pub(super) struct Stage {
    pub clock: Clock,
    pub started: Timestamp,
    pub speed: f64,
    pub stop: watch::Receiver<bool>,
    pub shown: Option<mpsc::Sender<Glimpse>>,
}

impl Player {
    /// The next reading and the receipt time at which it is due; `None` at the end of a recording. Device times are
    /// the anchor's.
    fn next(&mut self, stage: &Stage) -> Option<(Timestamp, Reading)> {
        match &mut self.voice {
            Voice::Synthetic(monitor) => Some((monitor.next_at(), monitor.next_reading())),
            Voice::Recording(readings) => {
                let mut reading = readings.pop_front()?;
                let due = stage.started.plus_us(scaled(reading.device_time.micros(), stage.speed));
                shift(&mut reading, self.anchor);
                Some((due, reading))
            }
        }
    }

    /// Plays until the recording ends, the stream is gone, or everybody is to stop.
    pub(super) async fn play(mut self, stream: Arc<DeviceStream>, lane: LaneId, mut stage: Stage) -> Self {
        while let Some((due, reading)) = self.next(&stage) {
            let wait = tokio::time::sleep_until(stage.clock.instant_of(due));
            tokio::select! {
                biased;
                _ = stage.stop.wait_for(|stop| *stop) => break,
                () = wait => {}
            }
            if let Some(shown) = &stage.shown {
                // A view that is slow misses a value and shows the age of the one before.
                Glimpse::of(&self.patient, &reading).map(|glimpse| shown.try_send(glimpse));
            }
            tokio::select! {
                biased;
                sent = stream.send(lane, encode::reading(&reading)) => if sent.is_err() { break },
                _ = stage.stop.wait_for(|stop| *stop) => break,
            }
        }
        self
    }

    /// Who was played.
    pub(super) fn report(&self) -> PatientReport {
        PatientReport {
            patient: self.patient.clone(),
            device: self.device.clone(),
            source: self.source.clone(),
            anchor_us: self.anchor.micros(),
        }
    }

    /// What had to alert; the onset may be off by a millisecond.
    pub(super) fn expected(&self) -> Vec<Expected> {
        let Voice::Synthetic(monitor) = &self.voice else { return Vec::new() };
        let expect = |truth: &super::truth::Truth| Expected {
            patient: self.patient.clone(),
            device: self.device.clone(),
            rule: truth.rule.to_owned(),
            onset_us: [truth.onset.micros() - 1_000, truth.onset.micros() + 1_000],
        };
        monitor.truth().iter().map(expect).collect()
    }
}

/// Moves a reading of a recording to the clock of its device.
fn shift(reading: &mut Reading, anchor: Timestamp) {
    reading.device_time = anchor.plus_us(reading.device_time.micros());
    reading.observed_until = reading.observed_until.map(|at| anchor.plus_us(at.micros()));
}

/// How long `us` of a recording take at `speed`.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // Recordings last far below 2^53 microseconds.
pub(super) fn scaled(us: i64, speed: f64) -> i64 {
    (us as f64 / speed) as i64
}
