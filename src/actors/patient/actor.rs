//! The actor itself.

use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};

use super::marks::Marks;
use super::message::PatientMsg;
use super::recover::recover;
use super::summary::PatientSummary;
use crate::actors::alert_commit::outstanding_effects;
use crate::actors::alert_feed::Place;
use crate::actors::context::{self, Context};
use crate::actors::effects::EffectJob;
use crate::actors::handle::Admission;
use crate::actors::stream::Stream;
use crate::actors::sweep::SweepPart;
use crate::actors::unwatched;
use crate::clinical::alert::AlertInput;
use crate::clinical::ids::{PatientId, Subject};
use crate::clinical::patient::{PatientInput, PatientState};
use crate::clinical::rules::RuleSet;
use crate::faults::{Point, point};
use crate::storage::{StoredItem, StreamName};
use crate::supervision::Children;
use crate::time::Timestamp;

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
        if let Some(context) = self.0.upgrade() {
            unwatched::report(&context, &Subject::Patient(key.clone()));
        }
    }
}

pub(super) struct PatientActor {
    pub id: PatientId,
    pub context: Arc<Context>,
}

/// All that lives as long as the actor.
#[derive(Default)]
pub(super) struct Running {
    pub parts: Option<Parts>,
}

/// What a patient's actor holds once it has recovered.
pub(super) struct Parts {
    pub context: Arc<Context>,
    pub stream: Stream,
    pub state: PatientState,
    /// Consumed without an event, not yet marked.
    pub marks: Marks,
    /// Plaintexts of copies that are appended with what is consumed next.
    pub copies: Vec<Vec<u8>>,
    pub rules: Arc<RuleSet>,
    /// Whether the rolling windows are there, so that it can judge.
    pub is_whole: bool,
    /// Before this no late readings are judged: see [`Parts::late_due`].
    pub late_rests_until: Timestamp,
    pub last_message: Timestamp,
    pub armed: Option<Timestamp>,
}

impl Parts {
    pub fn new(context: &Arc<Context>, stream: Stream, state: PatientState, rules: Arc<RuleSet>) -> Self {
        let (context, now) = (Arc::clone(context), context.clock.now());
        Self {
            context,
            stream,
            state,
            marks: Marks::default(),
            copies: Vec::new(),
            rules,
            is_whole: true,
            late_rests_until: Timestamp::MIN,
            last_message: now,
            armed: None,
        }
    }

    pub fn place(&self) -> Option<Place> {
        let stay = self.state.stay();
        stay.unit().map(|unit| Place { unit: unit.clone(), bed: stay.bed().clone() })
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
        // What went on while this actor was parked wrote the same stream.
        self.context.router().parked_patients.ended(&self.id).await;
        let mut parts = recover(&self.context, &self.id).await?;
        point(Point::PatientInRecovery, self.id.as_str())?;
        self.resume(&parts);
        // A device may have been assigned without a predecessor having lived to consume that.
        let mut devices = self.context.directory.devices_of(&self.id);
        devices.extend(parts.state.devices().cloned());
        devices.sort_unstable();
        devices.dedup();
        for device in devices {
            let head = self.context.streams.head(&StreamName::device(&device));
            if !head.is_settled() {
                self.context.writer.barrier().await?;
            }
            self.catch_up(&mut parts, &device, head.committed().sequence).await?;
        }
        self.arm(&mut parts);
        running.parts = Some(parts);
        unwatched::watched_again(&self.context, &Subject::Patient(self.id.clone()));
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
                self.take(parts, &device, &StoredItem { stream_sequence, received_at, item }, permit).await?;
            }
            PatientMsg::CatchUp { device, through } => self.catch_up(parts, &device, through).await?,
            PatientMsg::Admit { by, admission: Admission { unit, bed, profile }, claim, reply } => {
                parts.last_message = now;
                let input = PatientInput::Admitted { unit, bed, profile, by: Some(by) };
                self.change_stay(parts, input, claim, reply, now);
            }
            PatientMsg::Stay { by, change, claim, reply } => {
                parts.last_message = now;
                self.change_stay(parts, PatientInput::Stay { by, change }, claim, reply, now);
            }
            PatientMsg::OpenConditions { reply } => {
                let open = self.open_conditions(parts).await?;
                drop(reply.send(Ok(open)));
            }
            PatientMsg::Tick => {
                self.judge_late(parts, now).await?;
                self.go_on(parts, PatientMsg::Tick, now);
            }
            message @ (PatientMsg::TeamAnswered(_) | PatientMsg::Command { .. }) => self.go_on(parts, message, now),
            PatientMsg::Awake(reply) => drop(reply.send(())),
            PatientMsg::Sweep(part) => self.sweep(parts, part, &myself, now),
        }
        self.arm(parts);
        Ok(())
    }
}

impl PatientActor {
    /// What goes on whether the patient is judged or not: deadlines, and what people and care teams say of alerts.
    pub(super) fn go_on(&self, parts: &mut Parts, message: PatientMsg, now: Timestamp) {
        let fallback = || self.context.options.fallback.clone();
        match message {
            PatientMsg::TeamAnswered(said) => {
                self.decide(parts, PatientInput::Alert(AlertInput::TeamAnswered(said)), now);
            }
            PatientMsg::Command { command, reply } => {
                parts.last_message = now;
                self.command(parts, command, reply, now);
            }
            PatientMsg::Tick => {
                parts.armed = None;
                if parts.marks.are_due(now) && parts.state.late_due().is_none() {
                    self.append(parts, None, None, None, None);
                }
                self.end_standby_if_due(parts, now);
                self.end_limits_if_due(parts, now);
                if parts.state.book().next_deadline().is_some_and(|deadline| deadline <= now) {
                    self.decide(parts, PatientInput::Alert(AlertInput::Tick { fallback: fallback() }), now);
                }
            }
            _ => {}
        }
    }

    /// Shows the recovered alerts, and repeats what they still want from outside.
    pub(super) fn resume(&self, parts: &Parts) {
        let Some(place) = parts.place() else { return };
        let unit = place.unit.clone();
        if let Some(entry) = self.entry(&parts.state) {
            self.context.directory.put_patient(entry);
        }
        let subject = Subject::Patient(self.id.clone());
        self.context.feed.seed(&subject, place, parts.state.book());
        for effect in outstanding_effects(parts.state.book()) {
            drop(self.context.effects.send(EffectJob { subject: subject.clone(), unit: unit.clone(), effect }));
        }
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
    pub(super) fn arm(&self, parts: &mut Parts) {
        let standby = parts.state.stay().standby().map(|standby| standby.until);
        // What came late has no mark before it is judged, so that after a crash it is consumed anew.
        let late = parts.late_due();
        let mark = if late.is_none() { parts.marks.due_at() } else { None };
        let limit = parts.state.stay().limit_ends(&parts.rules);
        let next = [parts.state.book().next_deadline(), mark, late, standby, limit].into_iter().flatten().min();
        if let Some(next) = next
            && parts.armed.is_none_or(|armed| next < armed)
        {
            parts.armed = Some(next);
            self.context.wheels().patients.set(self.id.clone(), next);
        }
    }
}
