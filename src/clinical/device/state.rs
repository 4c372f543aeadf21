//! The state of one device, and what it decides.

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::assignments::{Assignment, Assignments};
use super::custody::{Loan, Reattribution};
use super::decoding::{Announcement, Health, Received};
use super::event::{ConditionChange, DeviceEvent, HandOver, Registration, StoredReading};
use super::lane::{LaneState, Order};
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind, Priority};
use crate::clinical::ids::{DeviceId, PatientId, RuleId};
use crate::clinical::judge::Rejection;
use crate::clinical::reading::{Lane, ReadingKey};
use crate::time::Timestamp;

/// A device clock that is off by more than this is not believed: readings are judged by receipt time.
pub const CLOCK_SKEW_US_MAX: i64 = 300_000_000;
/// Silence is never due earlier than this after the device was last heard.
pub const SILENCE_MS_MIN: i64 = 9_000;
/// Rule of a device that stopped sending.
pub const DEVICE_SILENT: &str = "device_silent";
/// Rule of a device whose clock is off.
pub const DEVICE_CLOCK: &str = "device_clock";

/// Rule of a device that holds a receipt of ours for what the journal does not have.
pub const JOURNAL_BEHIND: &str = "journal_behind_receipt";

/// Where the chain of hand-overs to one patient stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Chain {
    patient: PatientId,
    /// Stream sequence of the newest item handed over.
    newest: u64,
}

/// What became of a reading that arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// It is new: these events follow.
    New(SmallVec<[DeviceEvent; 1]>),
    /// It came before.
    Duplicate,
    /// It came before with other content: set aside by this event.
    Conflict(Box<DeviceEvent>),
    /// Something before it is missing; it was not taken. `say`: the sender has not been told yet.
    Gap {
        /// Boot, lane and the sequence that is expected.
        resume_from: ReadingKey,
        /// Whether the sender is yet to be told.
        say: bool,
    },
}

/// One device: a fold of its stream's events. What is skipped by serde is volatile and not part of the fold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    pub(super) registration: Option<Registration>,
    announced: Announcement,
    decoding: Health,
    pub(super) assignments: Assignments,
    pub(super) retired: bool,
    pub(super) loan: Option<Loan>,
    pub(super) reattributed: Vec<Reattribution>,
    chains: SmallVec<[Chain; 1]>,
    lanes: SmallVec<[LaneState; 1]>,
    period_ms: u32,
    pub(super) silent: bool,
    pub(super) clock_off: bool,
    /// Receipt time of the newest sign of life.
    pub(super) last_heard: Timestamp,
    /// Lanes whose sender was told where to resume, and has not yet done so.
    #[serde(skip)]
    told_to_resume: SmallVec<[(u64, Lane); 1]>,
}

impl DeviceState {
    /// What was registered; `None`: nobody registered the device.
    #[must_use]
    pub fn registration(&self) -> Option<&Registration> {
        self.registration.as_ref()
    }

    /// The model and firmware that run: as the device itself says, else as it was registered.
    #[must_use]
    pub fn runs(&self) -> (&str, &str) {
        let registered = self.registration.as_ref().map_or(("", ""), |known| (&known.model, &known.firmware));
        let said = |said: &'_ SmolStr| !said.is_empty();
        let Announcement { model, firmware } = &self.announced;
        (if said(model) { model } else { registered.0 }, if said(firmware) { firmware } else { registered.1 })
    }

    /// Notes what a device says that it is; the event puts it on record where it is new.
    #[must_use]
    pub fn announce(&self, said: Announcement) -> Option<DeviceEvent> {
        let says = !said.model.is_empty() || !said.firmware.is_empty();
        (says && said != self.announced).then_some(DeviceEvent::Announced(said))
    }

    /// The assignment in force.
    #[must_use]
    pub fn assignment(&self) -> Option<&Assignment> {
        self.assignments.open()
    }

    /// Every patient to whom something was handed, with the stream sequence of the newest item.
    pub fn handed_over(&self) -> impl Iterator<Item = (&PatientId, u64)> {
        self.chains.iter().map(|chain| (&chain.patient, chain.newest))
    }

    /// The last contiguous sequence of a lane; 0: none.
    #[must_use]
    pub fn through(&self, boot: u64, lane: Lane) -> u64 {
        self.lanes.iter().find(|state| (state.boot, state.lane) == (boot, lane)).map_or(0, |state| state.through)
    }

    /// Every lane with its last contiguous sequence.
    pub fn lanes(&self) -> impl Iterator<Item = ReadingKey> {
        self.lanes.iter().map(|state| ReadingKey { boot: state.boot, lane: state.lane, sequence: state.through })
    }

    /// Judges a reading that arrived.
    #[must_use]
    pub fn receive(&self, device: &DeviceId, received: Received, now: Timestamp) -> Arrival {
        let (key, fingerprint) = (received.reading.key, received.fingerprint);
        match self.order(key, fingerprint) {
            Order::Next => self.take(device, received, now),
            Order::Duplicate => Arrival::Duplicate,
            Order::Conflict => {
                let reading = Box::new(received.into_verbatim());
                Arrival::Conflict(Box::new(DeviceEvent::Conflicted { reading, fingerprint }))
            }
            Order::Gap => Arrival::Gap {
                resume_from: ReadingKey { sequence: self.through(key.boot, key.lane) + 1, ..key },
                say: !self.told_to_resume.contains(&(key.boot, key.lane)),
            },
        }
    }

    /// Judges a declaration that `from.sequence` to `through` are lost.
    #[must_use]
    pub fn declare_gap(&self, from: ReadingKey, through: u64) -> Arrival {
        let known = self.through(from.boot, from.lane);
        if through <= known {
            return Arrival::Duplicate;
        }
        if from.sequence > known + 1 {
            let resume_from = ReadingKey { sequence: known + 1, ..from };
            return Arrival::Gap { resume_from, say: !self.told_to_resume.contains(&(from.boot, from.lane)) };
        }
        let from = ReadingKey { sequence: known + 1, ..from };
        Arrival::New(smallvec![DeviceEvent::GapDeclared { from, through }])
    }

    /// Judges a receipt of ours that the device shows, which a proof has authenticated. One that is ahead of what is
    /// stored says that the journal went back: a latched alert that stops nothing. Empty: it is borne out.
    #[must_use]
    pub fn shown_receipt(&self, device: &DeviceId, receipt: ReadingKey, now: Timestamp) -> Vec<DeviceEvent> {
        if receipt.sequence <= self.through(receipt.boot, receipt.lane) {
            return Vec::new();
        }
        let text = SmolStr::new_static("the device holds a receipt for readings that the journal does not have");
        let mut began = technical(device, JOURNAL_BEHIND, Priority::High, now, now, text);
        began.latching = true;
        let changes = [ConditionChange::Began(began), ConditionChange::Ended(rule(JOURNAL_BEHIND), now)];
        changes.into_iter().map(|change| self.condition(change)).collect()
    }

    /// Notes that the sender of a lane was told to resume; until it does, it is not told again.
    pub fn note_told(&mut self, boot: u64, lane: Lane) {
        if !self.told_to_resume.contains(&(boot, lane)) {
            self.told_to_resume.push((boot, lane));
        }
    }

    /// A new stream knows nothing of what an older one was told.
    pub fn forget_told(&mut self) {
        self.told_to_resume.clear();
    }

    /// Notes a sign of life that is not a reading; the event ends a silence, if there was one.
    pub fn keepalive(&mut self, now: Timestamp) -> Option<DeviceEvent> {
        self.last_heard = self.last_heard.max(now);
        self.silent.then(|| self.condition(ConditionChange::Ended(rule(DEVICE_SILENT), now)))
    }

    /// Receipt time at which silence is due; `None` where nobody waits for the device.
    #[must_use]
    pub fn silence_due(&self) -> Option<Timestamp> {
        let waited_for = self.assignment().is_some() && !self.silent;
        let after_ms = (i64::from(self.period_ms) * 5 / 2).max(SILENCE_MS_MIN);
        waited_for.then(|| self.last_heard.plus_ms(after_ms))
    }

    /// Looks whether silence is due; the event says so.
    #[must_use]
    pub fn tick(&self, device: &DeviceId, now: Timestamp) -> Option<DeviceEvent> {
        (self.silence_due()? <= now).then(|| {
            let text = SmolStr::new_static("device stopped sending");
            let began = technical(device, DEVICE_SILENT, Priority::Medium, self.last_heard, now, text);
            self.condition(ConditionChange::Began(began))
        })
    }

    /// Waits for the device from `now` on at the earliest: the platform itself was not listening before.
    pub fn listen_from(&mut self, now: Timestamp) {
        self.last_heard = self.last_heard.max(now);
    }

    /// Applies an event that stands at `stream_sequence` of the device's stream and was decided at `now`.
    pub fn evolve(&mut self, event: &DeviceEvent, stream_sequence: u64, now: Timestamp) {
        if let Some(hand_over) = event.hand_over() {
            self.advance_chain(&hand_over.patient, stream_sequence);
        }
        match event {
            DeviceEvent::Registered(registration) => {
                self.registration = Some(registration.clone());
                self.retired = false;
            }
            DeviceEvent::Announced(said) => self.announced = said.clone(),
            DeviceEvent::Custody(event) => self.evolve_custody(event, now),
            DeviceEvent::Reading(stored) => {
                let reading = &stored.reading;
                self.period_ms = reading.period_ms;
                self.last_heard = self.last_heard.max(now);
                let lacks_fields = stored.rejections.iter().any(Rejection::is_of_a_missing_field);
                self.decoding.note(&stored.decoding, lacks_fields);
                self.lane(reading.key.boot, reading.key.lane).advance(reading.key.sequence, stored.fingerprint);
            }
            DeviceEvent::GapDeclared { from, through } => self.lane(from.boot, from.lane).skip_to(*through),
            DeviceEvent::Conflicted { .. } => {}
            DeviceEvent::Condition { change, .. } => self.evolve_condition(change),
        }
    }

    fn evolve_condition(&mut self, change: &ConditionChange) {
        let (rule, present) = match change {
            ConditionChange::Began(condition) => (&condition.key.rule, true),
            ConditionChange::Ended(rule, _) => (rule, false),
        };
        match rule.as_str() {
            DEVICE_SILENT => self.silent = present,
            DEVICE_CLOCK => self.clock_off = present,
            other => self.decoding.evolve(other, present),
        }
    }

    fn order(&self, key: ReadingKey, fingerprint: u64) -> Order {
        match self.lanes.iter().find(|state| (state.boot, state.lane) == (key.boot, key.lane)) {
            Some(state) => state.order(key.sequence, fingerprint),
            None if key.sequence == 1 => Order::Next,
            None => Order::Gap,
        }
    }

    fn take(&self, device: &DeviceId, received: Received, now: Timestamp) -> Arrival {
        let skew_us = now.since_us(received.reading.sent_at);
        // A difference of two instants at the far ends of the calendar does not fit; it is off by any measure.
        let off = skew_us.checked_abs().is_none_or(|skew_us| skew_us > CLOCK_SKEW_US_MAX);
        let shift_us = if off { skew_us } else { 0 };
        let judged_time = received.reading.device_time.plus_us(shift_us);
        let hand_over = self.assignments.owner(judged_time).map(|patient| self.link(patient));
        let changes = self.decoding.changes(device, &received, now);
        let Received { reading, fingerprint, decoding, rejections } = received;
        let stored = StoredReading { reading, fingerprint, hand_over, shift_us, rejections, decoding };
        let mut events: SmallVec<[DeviceEvent; 1]> = smallvec![DeviceEvent::Reading(Box::new(stored))];
        if self.silent {
            events.push(self.condition(ConditionChange::Ended(rule(DEVICE_SILENT), now)));
        }
        if off != self.clock_off {
            events.push(self.condition(clock_change(device, off, now)));
        }
        events.extend(changes.into_iter().map(|change| self.condition(change)));
        Arrival::New(events)
    }

    fn condition(&self, change: ConditionChange) -> DeviceEvent {
        let hand_over = self.assignment().map(|assignment| self.link(&assignment.patient));
        DeviceEvent::Condition { hand_over, change }
    }

    pub(super) fn link(&self, patient: &PatientId) -> HandOver {
        let chain = self.chains.iter().find(|chain| chain.patient == *patient);
        HandOver { patient: patient.clone(), previous: chain.map_or(0, |chain| chain.newest) }
    }

    fn advance_chain(&mut self, patient: &PatientId, stream_sequence: u64) {
        match self.chains.iter_mut().find(|chain| chain.patient == *patient) {
            Some(chain) => chain.newest = stream_sequence,
            None => self.chains.push(Chain { patient: patient.clone(), newest: stream_sequence }),
        }
    }

    fn lane(&mut self, boot: u64, lane: Lane) -> &mut LaneState {
        self.told_to_resume.retain(|told| *told != (boot, lane));
        let index = self.lanes.iter().position(|state| (state.boot, state.lane) == (boot, lane));
        let index = index.unwrap_or_else(|| {
            self.lanes.push(LaneState::new(boot, lane));
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }
}

fn clock_change(device: &DeviceId, off: bool, now: Timestamp) -> ConditionChange {
    if off {
        let text = SmolStr::new_static("device clock is off: its readings are judged by receipt time");
        ConditionChange::Began(technical(device, DEVICE_CLOCK, Priority::Low, now, now, text))
    } else {
        ConditionChange::Ended(rule(DEVICE_CLOCK), now)
    }
}

pub(super) fn technical(
    device: &DeviceId,
    name: &str,
    priority: Priority,
    start: Timestamp,
    onset: Timestamp,
    text: SmolStr,
) -> Condition {
    Condition {
        key: ConditionKey { rule: rule(name), device: Some(device.clone()) },
        rule_version: 1,
        kind: ConditionKind::Technical,
        priority,
        latching: false,
        start,
        onset,
        value: None,
        limit: None,
        text,
        evidence: Vec::new(),
    }
}

pub(super) fn rule(name: &str) -> RuleId {
    // The names of this folder are identifiers; tests use each of them.
    RuleId::new(name).unwrap_or_else(|_| unreachable!("{name} is an identifier"))
}
