//! The actor itself.

use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use smallvec::smallvec;

use super::commit::DeviceCommit;
use super::message::DeviceMsg;
use super::restore::Bodies;
use super::summary::DeviceSummary;
use crate::actors::context::{self, Context};
use crate::actors::handle::DeviceEntry;
use crate::actors::patient::PatientMsg;
use crate::actors::rule_book::ENGINE_VERSION;
use crate::actors::stream::{RecoverError, Stream};
use crate::actors::sweep::SweepPart;
use crate::actors::unwatched;
use crate::clinical::device::DeviceState;
use crate::clinical::ids::{DeviceId, PatientId, Subject};
use crate::faults::{Point, point};
use crate::storage::codec::decode_device;
use crate::storage::{Sealer, StreamName};
use crate::supervision::Children;
use crate::time::Timestamp;

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
        if let Some(context) = self.0.upgrade() {
            unwatched::report(&context, &Subject::Device(key.clone()));
        }
    }
}

pub(super) struct DeviceActor {
    pub id: DeviceId,
    pub context: Arc<Context>,
}

/// All that lives as long as the actor.
#[derive(Default)]
pub(super) struct Running {
    parts: Option<Parts>,
}

/// What a device's actor holds once it has recovered.
pub(super) struct Parts {
    pub stream: Stream,
    pub state: DeviceState,
    /// Seals bodies under the key of the patient to whom they belong.
    pub body: Option<(PatientId, Sealer)>,
    pub patient: Option<(PatientId, ActorRef<PatientMsg>)>,
    pub last_message: Timestamp,
    pub armed: Option<Timestamp>,
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
        if let Some(entry) = DeviceEntry::of(&self.id, &parts.state) {
            self.context.directory.put_device(entry);
        }
        self.catch_patients_up(&parts.state);
        self.tell_own_changes(&parts, 0);
        self.tell_where_to_resume(&mut parts.state);
        self.arm(&mut parts);
        running.parts = Some(parts);
        unwatched::watched_again(&self.context, &Subject::Device(self.id.clone()));
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
            DeviceMsg::Assign { patient, from, until, reply } => {
                self.end_what_is_due(parts, now)?;
                let decided = parts.state.assign(&patient, from, until, now);
                self.change_custody(parts, decided.map(Vec::from_iter), reply, now)?;
            }
            DeviceMsg::Unassign { at, reply } => {
                let decided = parts.state.unassign(at, now);
                self.change_custody(parts, decided.map(|event| vec![event]), reply, now)?;
            }
            DeviceMsg::Retire { reply } => self.retire(parts, reply, now)?,
            DeviceMsg::Lend { loan, reply } => {
                let decided = match loan {
                    Some(loan) => parts.state.lend(loan, now),
                    None => Ok(parts.state.give_back()),
                };
                self.change_custody(parts, decided.map(Vec::from_iter), reply, now)?;
            }
            DeviceMsg::PassOn { from, into, reply } => {
                let decided = parts.state.pass_on(&from, &into);
                self.change_custody(parts, Ok(Vec::from_iter(decided)), reply, now)?;
            }
            DeviceMsg::Reattribute { what, reply } => {
                let decided = parts.state.reattribute(&what).into_vec();
                self.change_custody(parts, Ok(decided), reply, now)?;
            }
            DeviceMsg::Awake(reply) => drop(reply.send(())),
            DeviceMsg::Tick => self.tick(parts, now)?,
            DeviceMsg::TellOwnChanges => self.tell_own_changes(parts, 0),
            DeviceMsg::OwnChangesKept(through) => parts.state.own_changes_are_kept(through),
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
        let mut bodies = Bodies::default();
        for record in &recovered.tail {
            let head = decode_device(&recovered.opener.open(record)?)?;
            self.restore(&mut recovered.state, head, record, &mut bodies)?;
        }
        if let Some(registration) = recovered.state.registration()
            && recovered.state.silence_due().is_some_and(|due| due <= self.context.started_at)
        {
            let patient = recovered.state.assignment().map(|assignment| &assignment.patient);
            self.context.downtime.note(&self.context, patient, &registration.unit);
        }
        recovered.state.listen_from(self.context.listening_since());
        let last_message = self.context.clock.now();
        let (stream, state) = (recovered.stream, recovered.state);
        Ok(Parts { stream, state, body: None, patient: None, last_message, armed: None })
    }

    fn tick(&self, parts: &mut Parts, now: Timestamp) -> Result<(), RecoverError> {
        parts.armed = None;
        self.end_what_is_due(parts, now)?;
        // While the engine came up, no device could be heard.
        parts.state.listen_from(self.context.listening_since());
        let rules = self.context.rules.current();
        let unclaimed_ms = self.context.options.unclaimed_after_ms;
        let events = parts.state.tick(&self.id, unclaimed_ms, (&rules, ENGINE_VERSION), now);
        if events.is_empty() { Ok(()) } else { self.commit(parts, events, now, DeviceCommit::default()) }
    }

    fn sweep(&self, parts: &mut Parts, part: SweepPart, myself: &ActorRef<DeviceMsg>, now: Timestamp) {
        let Parts { stream, state, .. } = parts;
        let rules = self.context.rules.current();
        stream.sweep(&self.context, state, || DeviceSummary::of(state, &rules), part);
        if now.since_ms(parts.last_message) > self.context.options.idle_after_ms {
            self.context.router().devices.retire(&self.id, myself);
        }
    }

    /// Sets the wheel to when silence, or the end of an assignment or a loan, may be due. An entry that is too early costs
    /// one look; readings do not touch it.
    fn arm(&self, parts: &mut Parts) {
        let due = parts.state.due(self.context.options.unclaimed_after_ms, &self.context.rules.current());
        let next = [due, parts.state.custody_due()].into_iter().flatten().min();
        if let Some(due) = next
            && parts.armed.is_none_or(|armed| due < armed)
        {
            parts.armed = Some(due);
            self.context.wheels().devices.set(self.id.clone(), due);
        }
    }
}
