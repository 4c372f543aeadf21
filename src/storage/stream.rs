//! Names of streams, and the cell that knows where each stream ends.

use std::borrow::Borrow;
use std::fmt;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use crate::clinical::ids::{DeviceId, PatientId, PersonId, Subject, UnitId};

/// What a stream belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// One device: its readings, whole, and its own conditions.
    Device,
    /// One patient: inputs and the events that follow from them.
    Patient,
    /// One care unit.
    Care,
    /// One person who answers alerts.
    Person,
    /// The alerts of one subject that is no patient.
    Alerts,
    /// The rule sets; there is one such stream.
    Rules,
    /// The sets of decoders; there is one such stream.
    Decoders,
    /// Who is responsible; there is one such stream.
    OnCall,
    /// The audit trail: who saw what; there is one such stream.
    Audit,
    /// Who is assigned to whom, and who broke the glass; there is one such stream.
    Grants,
    /// Signed statements of where the chain stood; there is one such stream.
    Checkpoints,
}

impl StreamKind {
    /// What a stream's name of this kind begins with, without the `/`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Patient => "patient",
            Self::Care => "care",
            Self::Person => "person",
            Self::Alerts => "alerts",
            Self::Rules => "rules",
            Self::Audit => "audit",
            Self::Grants => "grants",
            Self::Checkpoints => "checkpoints",
            Self::Decoders => "decoders",
            Self::OnCall => "oncall",
        }
    }
}

/// A text that names no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stream is named device/ID, patient/ID, care/UNIT, person/ID, rules, decoders, audit, grants or checkpoints")]
pub struct StreamNameError;

/// The name of a stream: `device/ID`, `patient/ID`, `care/UNIT`, `person/ID`, `alerts/SUBJECT`, or of one of which there is one only:
/// `rules`, `decoders`, `audit`, `grants`, `checkpoints`. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// The stream of a device.
    #[must_use]
    pub fn device(id: &DeviceId) -> Self {
        Self(format!("device/{id}").into())
    }

    /// The stream of a patient.
    #[must_use]
    pub fn patient(id: &PatientId) -> Self {
        Self(format!("patient/{id}").into())
    }

    /// The stream of a care unit.
    #[must_use]
    pub fn care(unit: &UnitId) -> Self {
        Self(format!("care/{unit}").into())
    }

    /// The stream of a person who answers alerts.
    #[must_use]
    pub fn person(id: &PersonId) -> Self {
        Self(format!("person/{id}").into())
    }

    /// The stream of the alerts of a device or a unit; a patient's are in the patient's stream.
    #[must_use]
    pub fn alerts(subject: &Subject) -> Self {
        Self(format!("alerts/{subject}").into())
    }

    /// The stream of the rule sets.
    #[must_use]
    pub fn rules() -> Self {
        Self("rules".into())
    }

    /// The audit trail.
    #[must_use]
    pub fn audit() -> Self {
        Self("audit".into())
    }

    /// The stream of assignments and broken glass.
    #[must_use]
    pub fn grants() -> Self {
        Self("grants".into())
    }

    /// The stream of signed checkpoints.
    #[must_use]
    pub fn checkpoints() -> Self {
        Self("checkpoints".into())
    }

    /// The stream of the sets of decoders.
    #[must_use]
    pub fn decoders() -> Self {
        Self("decoders".into())
    }

    /// The stream of the roster.
    #[must_use]
    pub fn oncall() -> Self {
        Self("oncall".into())
    }

    /// Reads a name back from its text.
    ///
    /// # Errors
    /// [`StreamNameError`] where the text names no stream.
    pub fn parse(text: &str) -> Result<Self, StreamNameError> {
        let known = match text.split_once('/') {
            Some(("device", id)) => DeviceId::new(id).is_ok(),
            Some(("patient", id)) => PatientId::new(id).is_ok(),
            Some(("care", id)) => UnitId::new(id).is_ok(),
            Some(("person", id)) => PersonId::new(id).is_ok(),
            Some(("alerts", id)) => id.parse::<Subject>().is_ok(),
            None => matches!(text, "rules" | "decoders" | "oncall" | "audit" | "grants" | "checkpoints"),
            Some(_) => false,
        };
        if known { Ok(Self(text.into())) } else { Err(StreamNameError) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the stream belongs to.
    #[must_use]
    pub fn kind(&self) -> StreamKind {
        match self.0.as_bytes().first() {
            Some(b'd') if self.as_str() == "decoders" => StreamKind::Decoders,
            Some(b'd') => StreamKind::Device,
            Some(b'c') if self.0.starts_with("care") => StreamKind::Care,
            Some(b'c') => StreamKind::Checkpoints,
            Some(b'r') => StreamKind::Rules,
            Some(b'a') if self.0.starts_with("alerts") => StreamKind::Alerts,
            Some(b'o') => StreamKind::OnCall,
            Some(b'a') => StreamKind::Audit,
            Some(b'g') => StreamKind::Grants,
            _ if self.0.starts_with("pe") => StreamKind::Person,
            _ => StreamKind::Patient,
        }
    }

    /// The id after the `/`; empty for a stream of which there is one only.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, id)| id)
    }
}

/// Lets a map of names be asked with a text: both hash and compare alike.
impl Borrow<str> for StreamName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a stream ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Sequence of the last committed record; 0 for a stream without records.
    pub sequence: u64,
    /// Its position in the journal; without meaning while `sequence` is 0.
    pub position: u64,
}

/// The cell that knows where one stream ends. One per stream for the life of a store; an actor keeps it and hands it
/// along with what it appends, so that the writer needs no map. Only the writer changes it.
#[derive(Debug)]
pub struct StreamHead {
    stream: StreamName,
    /// Odd while the writer changes `sequence` and `position`.
    version: AtomicU64,
    sequence: AtomicU64,
    position: AtomicU64,
    /// The last record that was given a position, committed or not. Of the writer's thread alone.
    assigned_sequence: AtomicU64,
    assigned_position: AtomicU64,
    /// The sequence up to which the index knows this stream.
    indexed_sequence: AtomicU64,
    /// The highest sequence that was handed to the writer in this opening, committed or not.
    handed_sequence: AtomicU64,
    /// As the opening found it: from this sequence on there are only quiet records.
    quiet_from: AtomicU64,
}

impl StreamHead {
    pub(super) fn new(stream: StreamName) -> Self {
        Self {
            stream,
            version: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            position: AtomicU64::new(0),
            assigned_sequence: AtomicU64::new(0),
            assigned_position: AtomicU64::new(0),
            indexed_sequence: AtomicU64::new(0),
            handed_sequence: AtomicU64::new(0),
            quiet_from: AtomicU64::new(1),
        }
    }

    /// Whose end this is.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// The last committed record. What was appended and not yet committed does not count.
    #[must_use]
    pub fn committed(&self) -> Committed {
        loop {
            let before = self.version.load(Ordering::Acquire);
            let read = Committed {
                sequence: self.sequence.load(Ordering::Relaxed),
                position: self.position.load(Ordering::Relaxed),
            };
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && before == self.version.load(Ordering::Relaxed) {
                return read;
            }
            spin_loop();
        }
    }

    /// The writer's thread alone may call this, after the commit.
    pub(super) fn publish(&self, committed: Committed) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.sequence.store(committed.sequence, Ordering::Relaxed);
        self.position.store(committed.position, Ordering::Relaxed);
        self.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// Sets the end as found at the opening: committed, and the base of what the writer assigns next. From `quiet_from`
    /// on there are only quiet records.
    pub(super) fn restore(&self, committed: Committed, quiet_from: u64) {
        self.assign(committed);
        self.publish(committed);
        self.quiet_from.store(quiet_from, Ordering::Relaxed);
    }

    /// Whether, when the store was opened, there was nothing after `sequence` but readings and marks: what else a
    /// summary of that sequence says was then still so.
    #[must_use]
    pub fn was_quiet_after(&self, sequence: u64) -> bool {
        self.quiet_from.load(Ordering::Relaxed) <= sequence.saturating_add(1)
    }

    /// Notes that a record is handed to the writer.
    pub(super) fn hand(&self, sequence: u64) {
        self.handed_sequence.fetch_max(sequence, Ordering::Relaxed);
    }

    /// Whether all that was handed to the writer is committed.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.handed_sequence.load(Ordering::Relaxed) <= self.committed().sequence
    }

    /// The last record that was given a position, committed or not.
    pub(super) fn assigned(&self) -> Committed {
        Committed {
            sequence: self.assigned_sequence.load(Ordering::Relaxed),
            position: self.assigned_position.load(Ordering::Relaxed),
        }
    }

    /// The writer's thread alone may call this.
    pub(super) fn assign(&self, record: Committed) {
        self.assigned_sequence.store(record.sequence, Ordering::Relaxed);
        self.assigned_position.store(record.position, Ordering::Relaxed);
    }

    pub(super) fn indexed_sequence(&self) -> u64 {
        self.indexed_sequence.load(Ordering::Relaxed)
    }

    pub(super) fn set_indexed_sequence(&self, sequence: u64) {
        self.indexed_sequence.fetch_max(sequence, Ordering::Relaxed);
    }
}
