//! The state of one device, and what it decides.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::assignments::{Assignment, Assignments};
use super::custody::{Loan, Reattribution};
use super::custody_event::CustodyEvent;
use super::decoding::{Announcement, Health, PAYLOAD_INCOMPLETE, PAYLOAD_UNDECODABLE};
use super::event::{ConditionChange, DeviceEvent, HandOver, Registration};
use super::judged::Judged;
use super::lane::LaneState;
use super::liveness::{DEVICE_CLOCK, DEVICE_SILENT};
use super::own::{DEVICE_WITHOUT_PATIENT, Own};
use super::receiving::JOURNAL_BEHIND;
use crate::clinical::ids::PatientId;
use crate::clinical::judge::Rejection;
use crate::clinical::reading::{Lane, ReadingKey};
use crate::time::Timestamp;

/// Where the chain of hand-overs to one patient stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Chain {
    patient: PatientId,
    /// Stream sequence of the newest item handed over.
    newest: u64,
}

/// One device: a fold of its stream's events. What is skipped by serde is volatile and not part of the fold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    pub(super) registration: Option<Registration>,
    announced: Announcement,
    pub(super) decoding: Health,
    pub(super) assignments: Assignments,
    pub(super) retired: bool,
    pub(super) loan: Option<Loan>,
    pub(super) reattributed: Vec<Reattribution>,
    chains: SmallVec<[Chain; 1]>,
    pub(super) lanes: SmallVec<[LaneState; 1]>,
    pub(super) period_ms: u32,
    pub(super) silent: bool,
    pub(super) clock_off: bool,
    /// Receipt time of the newest sign of life.
    pub(super) last_heard: Timestamp,
    pub(super) own: Option<Box<Own>>,
    /// Receipt time of the newest reading, or of the assignment where that was later.
    pub(super) last_reading: Timestamp,
    /// Made by the first reading that the device's own rules are about.
    pub(super) judged: Option<Box<Judged>>,
    /// Lanes whose sender was told where to resume, and has not yet done so.
    #[serde(skip)]
    pub(super) told_to_resume: SmallVec<[(u64, Lane); 1]>,
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
        let registered = self.registration.as_ref().map_or("", |known| &known.firmware);
        let said = &self.announced.firmware;
        (self.model(), if said.is_empty() { registered } else { said })
    }

    /// The model that runs.
    #[must_use]
    pub fn model(&self) -> &SmolStr {
        static UNKNOWN: SmolStr = SmolStr::new_static("");
        let said = Some(&self.announced.model).filter(|said| !said.is_empty());
        said.or(self.registration.as_ref().map(|known| &known.model)).unwrap_or(&UNKNOWN)
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
            DeviceEvent::Custody(event) => {
                self.evolve_custody(event, now);
                self.begin_anew(event, stream_sequence, now);
            }
            DeviceEvent::Reading(stored) => {
                let reading = &stored.reading;
                self.period_ms = reading.period_ms;
                self.last_heard = self.last_heard.max(now);
                self.last_reading = self.last_reading.max(now);
                if stored.hand_over.is_none() {
                    self.note_unclaimed(now);
                }
                let lacks_fields = stored.rejections.iter().any(Rejection::is_of_a_missing_field);
                self.decoding.note(&stored.decoding, lacks_fields);
                self.lane(reading.key.boot, reading.key.lane).advance(reading.key.sequence, stored.fingerprint);
            }
            DeviceEvent::GapDeclared { from, through } => self.lane(from.boot, from.lane).skip_to(*through),
            DeviceEvent::Conflicted { .. } => {}
            DeviceEvent::RulesAdopted { hash, engine } => self.judged.get_or_insert_default().adopt(*hash, *engine),
            DeviceEvent::Condition { change, hand_over } => {
                self.evolve_condition(change);
                if hand_over.is_none() {
                    self.note_own(change, stream_sequence, now);
                }
            }
        }
    }

    /// Others hear of the device's conditions from here on: what is the case is found anew for them.
    fn begin_anew(&mut self, event: &CustodyEvent, stream_sequence: u64, now: Timestamp) {
        match event {
            CustodyEvent::Assigned { over: false, .. } | CustodyEvent::Retired => {
                self.note_own_handed_over(stream_sequence, now);
            }
            CustodyEvent::Unassigned { .. } | CustodyEvent::PassedOn { .. } => {}
            _ => return,
        }
        (self.silent, self.clock_off, self.decoding) = (false, false, Health::default());
        self.last_reading = self.last_reading.max(now);
        if let Some(judged) = &mut self.judged {
            judged.begin_anew();
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
            PAYLOAD_UNDECODABLE | PAYLOAD_INCOMPLETE => self.decoding.evolve(rule, present),
            DEVICE_WITHOUT_PATIENT | JOURNAL_BEHIND => {}
            _ => {
                if let Some(judged) = &mut self.judged {
                    judged.note(rule, present);
                }
            }
        }
    }

    pub(super) fn condition(&self, change: ConditionChange) -> DeviceEvent {
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

    pub(super) fn lane(&mut self, boot: u64, lane: Lane) -> &mut LaneState {
        self.told_to_resume.retain(|told| *told != (boot, lane));
        let index = self.lanes.iter().position(|state| (state.boot, state.lane) == (boot, lane));
        let index = index.unwrap_or_else(|| {
            self.lanes.push(LaneState::new(boot, lane));
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }
}
