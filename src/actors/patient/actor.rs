//! The actor itself.

use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;
use tokio::sync::oneshot;

use super::commit::{PatientCommit, Reply};
use super::marks::Marks;
use super::recover::{outstanding_effects, read_items_off_thread, recover, rules_in_force};
use crate::actors::alert_feed::Place;
use crate::actors::context::{self, Context};
use crate::actors::effects::EffectJob;
use crate::actors::handle::{Answered, OperationError, PatientEntry};
use crate::actors::rule_book::ENGINE_VERSION;
use crate::actors::stream::{RecoverError, Stream};
use crate::actors::sweep::SweepPart;
use crate::admission::Permit;
use crate::clinical::alert::{Command, Refused};
use crate::clinical::ids::{DeviceId, PatientId, PersonId, UnitId};
use crate::clinical::patient::{Item, PatientInput, PatientRecord, PatientState, Profile, Run};
use crate::clinical::rules::RuleSet;
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::encode_patient;
use crate::storage::{SealedRecord, StoredItem, StreamName};
use crate::supervision::Children;
use crate::time::Timestamp;

/// Items read at a time while catching up.
const CATCH_UP_ITEMS: u64 = 65_536;

/// What a patient's actor is told.
pub(crate) enum PatientMsg {
    /// An item of a device, in the order of its stream.
    HandOver {
        device: DeviceId,
        stream_sequence: u64,
        /// Sequence of the item before it; a gap is read from the device's stream.
        previous: u64,
        received_at: Timestamp,
        item: Item,
        permit: Option<Arc<Permit>>,
    },
    /// The device's stream holds items up to `through`: read what was missed.
    CatchUp { device: DeviceId, through: u64 },
    /// Admit, or move.
    Admit { unit: UnitId, bed: SmolStr, profile: Profile, reply: oneshot::Sender<Result<(), OperationError>> },
    /// The care team's answer for a step.
    TeamAnswered {
        ordinal: u32,
        round: u32,
        step: u32,
        people: Vec<PersonId>,
        delay_ms: u32,
        last: bool,
        policy_version: u32,
    },
    /// A person's command.
    Command { command: Command, reply: oneshot::Sender<Result<Answered, OperationError>> },
    /// Answers once the actor has recovered.
    Awake(oneshot::Sender<()>),
    /// A deadline or a mark may be due.
    Tick,
    /// Take a snapshot of what changed; passivate if idle.
    Sweep(SweepPart),
}

/// What must be known of a patient without the actor. Sealed under the patient's key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PatientSummary {
    pub unit: Option<UnitId>,
    pub bed: SmolStr,
    pub profile: Profile,
    pub devices: Vec<DeviceId>,
    pub marks: Vec<(DeviceId, u64)>,
    /// Whether any alert is open: the actor must then run from the start.
    pub open_alerts: u32,
}

impl PatientSummary {
    pub fn of(state: &PatientState) -> Self {
        Self {
            unit: state.unit().cloned(),
            bed: state.bed().clone(),
            profile: state.profile().clone(),
            devices: state.devices().cloned().collect(),
            marks: state.marks().map(|(device, mark)| (device.clone(), mark)).collect(),
            open_alerts: u32::try_from(state.book().open().len()).unwrap_or(u32::MAX),
        }
    }
}

/// How patients' actors are started.
pub(in crate::actors) struct Patients(pub Weak<Context>);

impl Children for Patients {
    type Key = PatientId;
    type Msg = PatientMsg;

    async fn start(&self, key: &PatientId, supervisor: ActorCell) -> Result<ActorRef<PatientMsg>, SpawnErr> {
        let context = self.0.upgrade().ok_or_else(context::gone)?;
        let actor = PatientActor { id: key.clone(), context };
        Actor::spawn_linked(None, actor, (), supervisor).await.map(|(actor, _)| actor)
    }

    fn parked(&self, key: &PatientId, why: &str) {
        tracing::error!(patient = %key, why, "patient's actor is parked: the patient is unwatched");
    }
}

struct PatientActor {
    id: PatientId,
    context: Arc<Context>,
}

/// All that lives as long as the actor.
#[derive(Default)]
struct Running {
    parts: Option<Parts>,
}

pub(super) struct Parts {
    context: Arc<Context>,
    stream: Stream,
    state: PatientState,
    /// Consumed without an event, not yet marked.
    marks: Marks,
    rules: Arc<RuleSet>,
    last_message: Timestamp,
    armed: Option<Timestamp>,
}

impl Parts {
    pub fn new(context: &Arc<Context>, stream: Stream, state: PatientState, rules: Arc<RuleSet>) -> Self {
        let (context, now) = (Arc::clone(context), context.clock.now());
        Self { context, stream, state, marks: Marks::default(), rules, last_message: now, armed: None }
    }

    fn place(&self) -> Option<Place> {
        self.state.unit().map(|unit| Place { unit: unit.clone(), bed: self.state.bed().clone() })
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        // What has no mark is consumed anew.
        self.context.counters.items_consumed.take_back(self.marks.counted());
    }
}

impl Actor for PatientActor {
    type Msg = PatientMsg;
    type State = Running;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<PatientMsg>, (): ()) -> Result<Running, ActorProcessingErr> {
        Ok(Running::default())
    }

    async fn post_start(&self, _: ActorRef<PatientMsg>, running: &mut Running) -> Result<(), ActorProcessingErr> {
        let mut parts = recover(&self.context, &self.id).await?;
        point(Point::PatientInRecovery, self.id.as_str())?;
        self.resume(&parts);
        // A device may have been assigned without a predecessor having lived to consume that.
        let mut devices = self.context.directory.devices_of(&self.id);
        devices.extend(parts.state.devices().cloned());
        devices.sort_unstable();
        devices.dedup();
        for device in devices {
            let head = self.context.streams.head(&StreamName::device(&device)).committed();
            self.catch_up(&mut parts, &device, head.sequence).await?;
        }
        self.arm(&mut parts);
        running.parts = Some(parts);
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<PatientMsg>,
        message: PatientMsg,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        // ractor handles messages only after `post_start`, which sets the parts.
        let Some(parts) = running.parts.as_mut() else { return Err("the actor has not recovered".into()) };
        let now = self.context.clock.now();
        match message {
            PatientMsg::HandOver { device, stream_sequence, previous, received_at, item, permit } => {
                parts.last_message = now;
                point(Point::PatientOnReceipt, self.id.as_str())?;
                let mark = parts.state.mark(&device);
                if stream_sequence <= mark {
                    return Ok(());
                }
                if previous > mark {
                    self.catch_up(parts, &device, previous).await?;
                }
                self.consume(parts, &device, &StoredItem { stream_sequence, received_at, item }, permit)?;
            }
            PatientMsg::CatchUp { device, through } => self.catch_up(parts, &device, through).await?,
            PatientMsg::Admit { unit, bed, profile, reply } => {
                self.admit(parts, PatientInput::Admitted { unit, bed, profile }, reply, now);
            },
            PatientMsg::TeamAnswered { ordinal, round, step, people, delay_ms, last, policy_version } => {
                let fallback = self.context.options.fallback.clone();
                let input = PatientInput::TeamAnswered {
                    ordinal,
                    round,
                    step,
                    people,
                    delay_ms,
                    last,
                    policy_version,
                    fallback,
                };
                self.decide(parts, input, now);
            }
            PatientMsg::Command { command, reply } => {
                parts.last_message = now;
                self.command(parts, command, reply, now);
            }
            PatientMsg::Awake(reply) => drop(reply.send(())),
            PatientMsg::Tick => {
                parts.armed = None;
                if parts.marks.are_due(now) {
                    self.append(parts, None, None, None, None);
                }
                if parts.state.book().next_deadline().is_some_and(|deadline| deadline <= now) {
                    let fallback = self.context.options.fallback.clone();
                    self.decide(parts, PatientInput::Tick { fallback }, now);
                }
            }
            PatientMsg::Sweep(part) => self.sweep(parts, part, &myself, now),
        }
        self.arm(parts);
        Ok(())
    }
}

impl PatientActor {
    /// Shows the recovered alerts, and repeats what they still want from outside.
    fn resume(&self, parts: &Parts) {
        let Some(place) = parts.place() else { return };
        let unit = place.unit.clone();
        if let Some(entry) = self.entry(&parts.state) {
            self.context.directory.put_patient(entry);
        }
        self.context.feed.seed(&self.id, place, parts.state.book());
        for effect in outstanding_effects(&parts.state) {
            drop(self.context.effects.send(EffectJob { patient: self.id.clone(), unit: unit.clone(), effect }));
        }
    }

    /// Reads and consumes what the device's stream holds for this patient after the mark, up to `through`.
    async fn catch_up(&self, parts: &mut Parts, device: &DeviceId, through: u64) -> Result<(), RecoverError> {
        if through <= parts.state.mark(device) {
            return Ok(());
        }
        point(Point::PatientInCatchUp, self.id.as_str())?;
        // What the device's actor appended may not be committed yet.
        self.context.writer.barrier().await?;
        let mut from = parts.state.mark(device) + 1;
        while from <= through {
            let to = through.min(from.saturating_add(CATCH_UP_ITEMS - 1));
            for item in read_items_off_thread(&self.context, &self.id, device, from, to).await? {
                self.consume(parts, device, &item, None)?;
            }
            from = to + 1;
        }
        Ok(())
    }

    fn consume(
        &self,
        parts: &mut Parts,
        device: &DeviceId,
        item: &StoredItem,
        permit: Option<Arc<Permit>>,
    ) -> Result<(), RecoverError> {
        self.adopt_rules(parts, item.received_at)?;
        point(Point::PatientBeforeConsume, self.id.as_str())?;
        let events = parts.state.consume(device, item.stream_sequence, &item.item, item.received_at, &parts.rules);
        point(Point::PatientBeforeAppend, self.id.as_str())?;
        // What was handed over before the engine started was not counted then.
        let counted = item.received_at >= self.context.started_at;
        self.context.counters.items_consumed.add(u64::from(counted));
        let entry = matches!(item.item, Item::Assignment { .. }).then(|| self.entry(&parts.state)).flatten();
        if events.is_empty() && entry.is_none() {
            let now = self.context.clock.now();
            parts.marks.add(device, item.stream_sequence, now, counted);
            if parts.marks.are_due(now) {
                self.append(parts, None, None, None, permit);
            }
            point(Point::PatientAfterAppend, self.id.as_str())?;
            return Ok(());
        }
        let run = Run { device: device.clone(), through: item.stream_sequence };
        let input = PatientInput::Consumed(SmallVec::from_elem(run, 1));
        let record = PatientRecord { now: parts.state.now(), input, events };
        self.append(parts, Some(record), None, entry, permit);
        point(Point::PatientAfterAppend, self.id.as_str())?;
        Ok(())
    }

    /// New rules are adopted lazily, before the next input that they judge.
    fn adopt_rules(&self, parts: &mut Parts, now: Timestamp) -> Result<(), RecoverError> {
        let current = self.context.rules.current();
        if parts.state.rules_in_force() == Some((current.hash(), ENGINE_VERSION)) {
            return Ok(());
        }
        let input = PatientInput::RulesAdopted { hash: current.hash(), engine: ENGINE_VERSION };
        self.decide(parts, input, now);
        parts.rules = rules_in_force(&self.context, &parts.state)?;
        Ok(())
    }

    /// Applies an input that cannot be refused.
    fn decide(&self, parts: &mut Parts, input: PatientInput, now: Timestamp) {
        if let Ok(Some(events)) = parts.state.handle(&input, now) {
            let record = PatientRecord { now: parts.state.now(), input, events };
            self.append(parts, Some(record), None, None, None);
        }
    }

    fn admit(
        &self,
        parts: &mut Parts,
        input: PatientInput,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) {
        let reply = Some(Reply::Operation(reply));
        if parts.state.is_so_already(&input) {
            self.append(parts, None, reply, None, None);
            return;
        }
        if let Ok(Some(events)) = parts.state.handle(&input, now) {
            let entry = self.entry(&parts.state);
            let record = PatientRecord { now: parts.state.now(), input, events };
            self.append(parts, Some(record), reply, entry, None);
        }
    }

    fn command(
        &self,
        parts: &mut Parts,
        command: Command,
        to: oneshot::Sender<Result<Answered, OperationError>>,
        now: Timestamp,
    ) {
        let ordinal = command.ordinal;
        let input = PatientInput::Command(command);
        match parts.state.handle(&input, now) {
            Ok(Some(events)) => {
                let record = PatientRecord { now: parts.state.now(), input, events };
                let reply = Reply::Answer { ordinal, stale: false, to };
                self.append(parts, Some(record), Some(reply), None, None);
            }
            // It is so already: said once what it stands on is committed.
            Ok(None) => self.append(parts, None, Some(Reply::Answer { ordinal, stale: false, to }), None, None),
            Err(Refused::Stale { .. }) => {
                self.append(parts, None, Some(Reply::Answer { ordinal, stale: true, to }), None, None);
            }
            Err(Refused::NoSuchAlert) => drop(to.send(Err(OperationError::NotFound("alert")))),
            Err(refused @ Refused::NotNow(_)) => drop(to.send(Err(OperationError::Conflict(refused.to_string())))),
        }
    }

    fn entry(&self, state: &PatientState) -> Option<PatientEntry> {
        Some(PatientEntry {
            patient: self.id.clone(),
            unit: state.unit()?.clone(),
            bed: state.bed().clone(),
            profile: state.profile().clone(),
            devices: state.devices().cloned().collect(),
        })
    }

    /// Appends the marks that wait, then `record`: a mark precedes every event that follows from it.
    fn append(
        &self,
        parts: &mut Parts,
        record: Option<PatientRecord>,
        reply: Option<Reply>,
        entry: Option<PatientEntry>,
        permit: Option<Arc<Permit>>,
    ) {
        let mut records: SmallVec<[SealedRecord; 1]> = SmallVec::new();
        if let Some(runs) = parts.marks.take() {
            let mark =
                PatientRecord { now: parts.state.now(), input: PatientInput::Consumed(runs), events: Vec::new() };
            records.push(parts.stream.seal(RecordKind::Mark, &encode_patient(&mark)));
        }
        let (now, events) = match record {
            Some(record) => {
                records.push(parts.stream.seal(RecordKind::Patient, &encode_patient(&record)));
                (record.now, record.events)
            }
            None => (parts.state.now(), Vec::new()),
        };
        let snapshot = if parts.stream.wants_snapshot() {
            parts.stream.snapshot(&parts.state, &PatientSummary::of(&parts.state))
        } else {
            None
        };
        let commit = PatientCommit {
            context: Arc::clone(&self.context),
            patient: self.id.clone(),
            place: parts.place(),
            permit,
            now,
            events,
            records: records.len() as u64,
            reply,
            entry,
            snapshot,
        };
        parts.stream.append(&self.context, records, commit);
    }

    fn sweep(&self, parts: &mut Parts, part: SweepPart, myself: &ActorRef<PatientMsg>, now: Timestamp) {
        if parts.marks.due_at().is_some() {
            self.append(parts, None, None, None, None);
        }
        let Parts { stream, state, .. } = parts;
        stream.sweep(&self.context, state, || PatientSummary::of(state), part);
        if now.since_ms(parts.last_message) > self.context.options.idle_after_ms {
            self.context.router().patients.retire(&self.id, myself);
        }
    }

    /// Sets the wheel to the next deadline or the next mark, whichever is earlier.
    fn arm(&self, parts: &mut Parts) {
        let next = [parts.state.book().next_deadline(), parts.marks.due_at()].into_iter().flatten().min();
        if let Some(next) = next
            && parts.armed.is_none_or(|armed| next < armed)
        {
            parts.armed = Some(next);
            self.context.wheels().patients.set(self.id.clone(), next);
        }
    }
}
