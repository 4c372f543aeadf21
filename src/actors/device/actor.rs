//! The actor itself.

use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;

use super::commit::DeviceCommit;
use crate::actors::context::{self, Context};
use crate::actors::handle::{DeviceEntry, DeviceHello, NotLinked, OperationError, Speaker};
use crate::actors::outlet::{Outcome, Outlet, ReceiptCell, ReceiptException, proof_bytes};
use crate::actors::patient::PatientMsg;
use crate::actors::router::{send, tell_patient};
use crate::actors::stream::{RecoverError, Stream};
use crate::actors::sweep::SweepPart;
use crate::admission::Permit;
use crate::clinical::device::{Arrival, Decoding, DeviceEvent, DeviceState, Received, Registration};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::reading::{Lane, Reading, ReadingKey};
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::{decode_device, encode_device};
use crate::storage::{SealedRecord, Sealer, StreamName, item_of};
use crate::supervision::Children;
use crate::time::Timestamp;

/// What a device's actor is told.
pub(crate) enum DeviceMsg {
    /// A stream wants to speak for the device.
    Link {
        speaker: Speaker,
        hello: DeviceHello,
        outlet: Arc<Outlet>,
        reply: oneshot::Sender<Result<LinkGrant, NotLinked>>,
    },
    /// A reading, or a declared gap up to `lost_through`.
    Reading { reading: Box<Reading>, lost_through: u64, permit: Arc<Permit>, cell: Arc<ReceiptCell> },
    /// A sign of life.
    Keepalive,
    /// Register, or replace the registration.
    Register { registration: Registration, reply: oneshot::Sender<Result<(), OperationError>> },
    /// Assign to a patient.
    Assign { patient: PatientId, from: Option<Timestamp>, reply: oneshot::Sender<Result<(), OperationError>> },
    /// End the assignment.
    Unassign { reply: oneshot::Sender<Result<(), OperationError>> },
    /// Answers once the actor has recovered.
    Awake(oneshot::Sender<()>),
    /// Silence may be due.
    Tick,
    /// Take a snapshot of what changed; passivate if idle.
    Sweep(SweepPart),
}

/// What a stream gets when it may speak for a device.
pub(crate) struct LinkGrant {
    pub cell: Arc<ReceiptCell>,
    /// Last contiguous durable sequence of each lane.
    pub durable: Vec<ReadingKey>,
}

/// What must be known of a device without its actor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeviceSummary {
    pub registration: Option<Registration>,
    pub patient: Option<PatientId>,
    pub silence_due: Option<Timestamp>,
    pub handed_over: Vec<(PatientId, u64)>,
}

impl DeviceSummary {
    pub fn of(state: &DeviceState) -> Self {
        Self {
            registration: state.registration().cloned(),
            patient: state.assignment().map(|assignment| assignment.patient.clone()),
            silence_due: state.silence_due(),
            handed_over: state.handed_over().map(|(patient, newest)| (patient.clone(), newest)).collect(),
        }
    }
}

/// How devices' actors are started.
pub(in crate::actors) struct Devices(pub Weak<Context>);

impl Children for Devices {
    type Key = DeviceId;
    type Msg = DeviceMsg;

    async fn start(&self, key: &DeviceId, supervisor: ActorCell) -> Result<ActorRef<DeviceMsg>, SpawnErr> {
        let context = self.0.upgrade().ok_or_else(context::gone)?;
        let actor = DeviceActor { id: key.clone(), context };
        Actor::spawn_linked(None, actor, (), supervisor).await.map(|(actor, _)| actor)
    }

    fn parked(&self, key: &DeviceId, why: &str) {
        tracing::error!(device = %key, why, "device's actor is parked: the device is unwatched");
    }
}

struct DeviceActor {
    id: DeviceId,
    context: Arc<Context>,
}

/// All that lives as long as the actor.
#[derive(Default)]
struct Running {
    parts: Option<Parts>,
}

struct Parts {
    stream: Stream,
    state: DeviceState,
    /// Seals bodies under the key of the patient to whom they belong.
    body: Option<(PatientId, Sealer)>,
    patient: Option<(PatientId, ActorRef<PatientMsg>)>,
    last_message: Timestamp,
    armed: Option<Timestamp>,
}

impl Actor for DeviceActor {
    type Msg = DeviceMsg;
    type State = Running;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<DeviceMsg>, (): ()) -> Result<Running, ActorProcessingErr> {
        Ok(Running::default())
    }

    async fn post_start(&self, _: ActorRef<DeviceMsg>, running: &mut Running) -> Result<(), ActorProcessingErr> {
        let mut parts = self.recover().await?;
        point(Point::DeviceInRecovery, self.id.as_str())?;
        if let Some(registration) = parts.state.registration() {
            let patient = parts.state.assignment().map(|assignment| assignment.patient.clone());
            self.context.directory.put_device(self.entry(registration, patient));
        }
        self.catch_patients_up(&parts.state);
        self.tell_where_to_resume(&mut parts.state);
        self.arm(&mut parts);
        running.parts = Some(parts);
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<DeviceMsg>,
        message: DeviceMsg,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        // ractor handles messages only after `post_start`, which sets the parts.
        let Some(parts) = running.parts.as_mut() else { return Err("the actor has not recovered".into()) };
        let now = self.context.clock.now();
        match message {
            DeviceMsg::Reading { reading, lost_through, permit, cell } => {
                parts.last_message = now;
                self.receive(parts, *reading, lost_through, permit, &cell, now)?;
            }
            DeviceMsg::Keepalive => {
                parts.last_message = now;
                if let Some(event) = parts.state.keepalive(now) {
                    self.commit(parts, smallvec![event], now, DeviceCommit::default())?;
                }
            }
            DeviceMsg::Link { speaker, hello, outlet, reply } => {
                parts.last_message = now;
                self.link(parts, &speaker, &hello, &outlet, reply, now)?;
            }
            DeviceMsg::Register { registration, reply } => self.register(parts, registration, reply, now)?,
            DeviceMsg::Assign { patient, from, reply } => self.assign(parts, &patient, from, reply, now)?,
            DeviceMsg::Unassign { reply } => self.unassign(parts, reply, now)?,
            DeviceMsg::Awake(reply) => drop(reply.send(())),
            DeviceMsg::Tick => self.tick(parts, now)?,
            DeviceMsg::Sweep(part) => self.sweep(parts, part, &myself, now),
        }
        self.arm(parts);
        Ok(())
    }
}

impl DeviceActor {
    async fn recover(&self) -> Result<Parts, RecoverError> {
        let name = StreamName::device(&self.id);
        let key = self.context.keys.device(&self.id);
        let mut recovered = Stream::recover::<DeviceState>(&self.context, name.clone(), key).await?;
        for record in &recovered.tail {
            let head = decode_device(&recovered.opener.open(record)?)?;
            let now = head.now;
            // Of a reading only the bookkeeping is needed here, which stands in the head.
            recovered.state.evolve(&head.with_body(None)?, record.sequence, now);
        }
        if recovered.state.silence_due().is_some_and(|due| due <= self.context.started_at) {
            recovered.state.listen_from(self.context.started_at);
        }
        let last_message = self.context.clock.now();
        let (stream, state) = (recovered.stream, recovered.state);
        Ok(Parts { stream, state, body: None, patient: None, last_message, armed: None })
    }

    /// What a predecessor stored but no longer handed over, the patient reads from the journal.
    fn catch_patients_up(&self, state: &DeviceState) {
        for (patient, through) in state.handed_over() {
            let message = PatientMsg::CatchUp { device: self.id.clone(), through };
            tell_patient(&self.context, patient, message);
        }
    }

    fn tell_where_to_resume(&self, state: &mut DeviceState) {
        let Some(cell) = self.context.links.get(&self.id) else { return };
        let mut lanes: Vec<(u64, Lane)> = state.lanes().map(|key| (key.boot, key.lane)).collect();
        // Of a lane that is not in the state its first readings may have been lost.
        lanes.extend(cell.lanes.iter().copied());
        lanes.extend([(cell.boot, Lane::Live), (cell.boot, Lane::Backlog)]);
        lanes.sort_unstable();
        lanes.dedup();
        for (boot, lane) in lanes {
            cell.resume_from(ReadingKey { boot, lane, sequence: state.through(boot, lane) + 1 });
            // What is on its way behind the gap must not make it send everything once more.
            state.note_told(boot, lane);
        }
    }

    fn receive(
        &self,
        parts: &mut Parts,
        reading: Reading,
        lost_through: u64,
        permit: Arc<Permit>,
        cell: &Arc<ReceiptCell>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        point(Point::DeviceOnReceipt, self.id.as_str())?;
        let key = reading.key;
        let mut commit = DeviceCommit { permit: Some(permit), cell: Some(Arc::clone(cell)), ..DeviceCommit::default() };
        let arrival = if lost_through == 0 {
            let received = Received::new(reading, &parts.state, &self.context.decoders);
            match &received.decoding {
                Decoding::Undecodable(why) => commit.note(key.sequence, Outcome::Undecodable, why),
                Decoding::Coded | Decoding::By(_) => commit.note_rejections(key.sequence, &received.rejections),
            }
            parts.state.receive(&self.id, received, now)
        } else {
            parts.state.declare_gap(key, lost_through)
        };
        match arrival {
            Arrival::New(events) => {
                if lost_through > 0 {
                    commit.note(lost_through, Outcome::DeclaredMissing, "declared lost by the device");
                }
                self.commit(parts, events, now, commit)
            }
            Arrival::Duplicate => {
                self.context.counters.readings_duplicate.add(1);
                let through = parts.state.through(key.boot, key.lane);
                commit.exceptions.clear();
                commit.receipt = Some((key.boot, key.lane, through));
                self.commit(parts, SmallVec::new(), now, commit)
            }
            Arrival::Conflict(event) => {
                commit.exceptions = vec![ReceiptException {
                    sequence: key.sequence,
                    outcome: Outcome::Conflict,
                    reason: "this sequence was sent before with other content: the first one counts".to_owned(),
                }];
                commit.receipt = Some((key.boot, key.lane, parts.state.through(key.boot, key.lane)));
                self.commit(parts, smallvec![*event], now, commit)
            }
            Arrival::Gap { resume_from, say } => {
                if say {
                    parts.state.note_told(key.boot, key.lane);
                    cell.resume_from(resume_from);
                }
                Ok(())
            }
        }
    }

    /// Makes events durable, evolves, and hands over: in this order, so that what a patient consumes is on its way to
    /// the journal before what follows from it.
    fn commit(
        &self,
        parts: &mut Parts,
        events: SmallVec<[DeviceEvent; 1]>,
        now: Timestamp,
        mut commit: DeviceCommit,
    ) -> Result<(), RecoverError> {
        let first_sequence = parts.stream.sequence() + 1;
        let mut records = SmallVec::new();
        for event in &events {
            records.push(self.seal(parts, event, now)?);
            parts.state.evolve(event, parts.stream.sequence(), now);
            commit.count(event);
        }
        if parts.stream.wants_snapshot() {
            commit.snapshot = parts.stream.snapshot(&parts.state, &DeviceSummary::of(&parts.state));
        }
        commit.context = Some(Arc::clone(&self.context));
        commit.records = records.len() as u64;
        let permit = commit.permit.clone();
        point(Point::DeviceBeforeAppend, self.id.as_str())?;
        parts.stream.append(&self.context, records, commit);
        point(Point::DeviceBeforeHandOver, self.id.as_str())?;
        self.hand_over(parts, events, first_sequence, now, permit.as_ref());
        point(Point::DeviceAfterHandOver, self.id.as_str())?;
        Ok(())
    }

    fn seal(&self, parts: &mut Parts, event: &DeviceEvent, now: Timestamp) -> Result<SealedRecord, RecoverError> {
        let (head, body) = encode_device(event, now);
        let kind = match event {
            DeviceEvent::Reading(_) => RecordKind::Reading,
            _ => RecordKind::Device,
        };
        let mut record = parts.stream.seal(kind, &head);
        if body.is_empty() {
            return Ok(record);
        }
        let patient = match event {
            DeviceEvent::Reading(stored) => stored.hand_over.as_ref().map(|link| &link.patient),
            _ => None,
        };
        record.body = match patient {
            Some(patient) => self.body_sealer(parts, patient)?.seal_body(record.sequence, kind, &body),
            None => parts.stream.seal_body(kind, &body),
        };
        Ok(record)
    }

    fn body_sealer<'a>(&self, parts: &'a mut Parts, patient: &PatientId) -> Result<&'a Sealer, RecoverError> {
        let known = parts.body.take().filter(|(owner, _)| owner == patient);
        let sealer = if let Some((_, sealer)) = known {
            sealer
        } else {
            // An assignment is accepted only for an admitted patient, and admission makes the key.
            let key = self.context.keys.patient(patient)?.ok_or(crate::storage::KeyError::Destroyed)?;
            Sealer::new(&key, &self.context.incarnation, parts.stream.name())
        };
        Ok(&parts.body.insert((patient.clone(), sealer)).1)
    }

    fn hand_over(
        &self,
        parts: &mut Parts,
        events: SmallVec<[DeviceEvent; 1]>,
        first_sequence: u64,
        now: Timestamp,
        permit: Option<&Arc<Permit>>,
    ) {
        for (stream_sequence, event) in (first_sequence..).zip(events) {
            let Some(link) = event.hand_over().cloned() else { continue };
            let Some(item) = item_of(event) else { continue };
            let message = PatientMsg::HandOver {
                device: self.id.clone(),
                stream_sequence,
                previous: link.previous,
                received_at: now,
                item,
                permit: permit.cloned(),
            };
            self.context.counters.items_handed_over.add(1);
            self.tell(parts, link.patient, message);
        }
    }

    fn tell(&self, parts: &mut Parts, patient: PatientId, message: PatientMsg) {
        let known = parts.patient.as_ref().filter(|(id, _)| *id == patient).map(|(_, actor)| actor);
        let Err(message) = send(known, message) else { return };
        let running = self.context.router().patients.running(&patient);
        match send(running.as_ref(), message) {
            Ok(()) => parts.patient = running.map(|actor| (patient, actor)),
            Err(message) => {
                parts.patient = None;
                tell_patient(&self.context, &patient, message);
            }
        }
    }

    fn link(
        &self,
        parts: &mut Parts,
        speaker: &Speaker,
        hello: &DeviceHello,
        outlet: &Arc<Outlet>,
        reply: oneshot::Sender<Result<LinkGrant, NotLinked>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        let allowed = match (parts.state.registration(), speaker) {
            (None, _) => Err(NotLinked::NotRegistered),
            (Some(_), Speaker::Device(device)) if *device == self.id => Ok(()),
            (Some(registration), Speaker::Gateway(gateway)) if registration.gateway.as_ref() == Some(gateway) => Ok(()),
            _ => Err(NotLinked::NotYours),
        };
        if let Err(refused) = allowed {
            drop(reply.send(Err(refused)));
            return Ok(());
        }
        if let Some(event) = parts.state.announce(hello.announced.clone()) {
            self.commit(parts, smallvec![event], now, DeviceCommit::default())?;
        }
        self.look_at_receipt(parts, hello, now)?;
        parts.state.forget_told();
        let lanes = hello.pending.iter().map(|key| (key.boot, key.lane)).collect();
        let cell = ReceiptCell::new(self.id.clone(), hello.boot, lanes, outlet, self.context.keys.clone());
        self.context.links.put(&self.id, Arc::clone(&cell));
        let mut durable: Vec<ReadingKey> = parts.state.lanes().collect();
        for key in &hello.pending {
            if !durable.iter().any(|known| (known.boot, known.lane) == (key.boot, key.lane)) {
                durable.push(ReadingKey { sequence: 0, ..*key });
            }
        }
        // Said only once everything counted in it is committed.
        let said = move |_: u64, _: Timestamp, _: &mut crate::storage::Wakes| {
            drop(reply.send(Ok(LinkGrant { cell, durable })));
        };
        parts.stream.append(&self.context, SmallVec::new(), said);
        Ok(())
    }

    /// The newest receipt that the device holds: one that we gave, and that is ahead of the journal, is an alert.
    fn look_at_receipt(&self, parts: &mut Parts, hello: &DeviceHello, now: Timestamp) -> Result<(), RecoverError> {
        let Some((key, proof)) = &hello.last_receipt else { return Ok(()) };
        if !self.context.keys.verify_receipt(&proof_bytes(&self.id, *key), proof) {
            tracing::warn!(device = %self.id, "the device shows a receipt that this site did not give");
            return Ok(());
        }
        for event in parts.state.shown_receipt(&self.id, *key, now) {
            self.commit(parts, smallvec![event], now, DeviceCommit::default())?;
        }
        Ok(())
    }

    fn register(
        &self,
        parts: &mut Parts,
        registration: Registration,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        let mut commit = DeviceCommit { reply: Some(reply), ..DeviceCommit::default() };
        if parts.state.registration() == Some(&registration) {
            return self.commit(parts, SmallVec::new(), now, commit);
        }
        let patient = parts.state.assignment().map(|assignment| assignment.patient.clone());
        commit.entry = Some(self.entry(&registration, patient));
        self.commit(parts, smallvec![DeviceEvent::Registered(registration)], now, commit)
    }

    fn assign(
        &self,
        parts: &mut Parts,
        patient: &PatientId,
        from: Option<Timestamp>,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        match parts.state.assign(patient, from) {
            Ok(event) => {
                let entry = parts.state.registration().map(|known| self.entry(known, Some(patient.clone())));
                let commit = DeviceCommit { reply: Some(reply), entry, ..DeviceCommit::default() };
                self.commit(parts, event.into_iter().collect(), now, commit)
            }
            Err(refused) => {
                drop(reply.send(Err(OperationError::Conflict(refused.to_string()))));
                Ok(())
            }
        }
    }

    fn unassign(
        &self,
        parts: &mut Parts,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        match parts.state.unassign() {
            Ok(event) => {
                let entry = parts.state.registration().map(|known| self.entry(known, None));
                let commit = DeviceCommit { reply: Some(reply), entry, ..DeviceCommit::default() };
                self.commit(parts, smallvec![event], now, commit)
            }
            Err(refused) => {
                drop(reply.send(Err(OperationError::Conflict(refused.to_string()))));
                Ok(())
            }
        }
    }

    fn entry(&self, registration: &Registration, patient: Option<PatientId>) -> DeviceEntry {
        DeviceEntry {
            device: self.id.clone(),
            model: registration.model.clone(),
            firmware: registration.firmware.clone(),
            unit: registration.unit.clone(),
            gateway: registration.gateway.clone(),
            patient,
        }
    }

    fn tick(&self, parts: &mut Parts, now: Timestamp) -> Result<(), RecoverError> {
        parts.armed = None;
        match parts.state.tick(&self.id, now) {
            Some(event) => self.commit(parts, smallvec![event], now, DeviceCommit::default()),
            None => Ok(()),
        }
    }

    fn sweep(&self, parts: &mut Parts, part: SweepPart, myself: &ActorRef<DeviceMsg>, now: Timestamp) {
        let Parts { stream, state, .. } = parts;
        stream.sweep(&self.context, state, || DeviceSummary::of(state), part);
        if now.since_ms(parts.last_message) > self.context.options.idle_after_ms {
            self.context.router().devices.retire(&self.id, myself);
        }
    }

    /// Sets the wheel to when silence may be due. An entry that is too early costs one look; readings do not touch it.
    fn arm(&self, parts: &mut Parts) {
        if parts.armed.is_none()
            && let Some(due) = parts.state.silence_due()
        {
            parts.armed = Some(due);
            self.context.wheels().devices.set(self.id.clone(), due);
        }
    }
}
