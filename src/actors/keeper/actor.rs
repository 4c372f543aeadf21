//! The actor itself.

use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;
use tokio::sync::oneshot;

use super::message::{KeeperMsg, Source};
use super::recover::{KeeperSummary, recover};
use crate::actors::alert_commit::{self, outstanding_effects};
use crate::actors::alert_feed::{Committed, Place};
use crate::actors::context::{self, Context};
use crate::actors::device::DeviceMsg;
use crate::actors::effects::EffectJob;
use crate::actors::handle::{Answered, OperationError};
use crate::actors::router::{send, tell_device};
use crate::actors::rule_book::ENGINE_VERSION;
use crate::actors::stream::Stream;
use crate::actors::sweep::SweepPart;
use crate::actors::unwatched;
use crate::clinical::alert::{AlertInput, Command, Refused};
use crate::clinical::ids::{AlertId, Subject, UnitId};
use crate::clinical::subject_book::{Observed, SubjectBook, SubjectInput, SubjectRecord};
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::Wakes;
use crate::storage::codec::encode_subject;
use crate::supervision::Children;
use crate::time::Timestamp;

/// How keepers are started.
pub(in crate::actors) struct Keepers(pub Weak<Context>);

impl Children for Keepers {
    type Key = Subject;
    type Msg = KeeperMsg;

    async fn start(&self, key: &Subject, supervisor: ActorCell) -> Result<ActorRef<KeeperMsg>, SpawnErr> {
        let context = self.0.upgrade().ok_or_else(context::gone)?;
        let actor = Keeper { subject: key.clone(), context };
        Actor::spawn_linked(None, actor, (), supervisor).await.map(|(actor, _)| actor)
    }

    fn parked(&self, key: &Subject, why: &str) {
        tracing::error!(subject = %key, why, "keeper is parked: nobody is paged for this subject's alerts");
    }
}

struct Keeper {
    subject: Subject,
    context: Arc<Context>,
}

/// All that lives as long as the actor.
#[derive(Default)]
pub(super) struct Running {
    parts: Option<Parts>,
}

struct Parts {
    stream: Stream,
    state: SubjectBook,
    last_message: Timestamp,
    armed: Option<Timestamp>,
}

/// What waits for a commit.
enum Then {
    Nothing,
    /// The device may forget what it told up to here.
    Confirm(u64),
    Answer {
        ordinal: u32,
        stale: bool,
        to: oneshot::Sender<Result<Answered, OperationError>>,
    },
}

impl Actor for Keeper {
    type Msg = KeeperMsg;
    type State = Running;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<KeeperMsg>, (): ()) -> Result<Running, ActorProcessingErr> {
        Ok(Running::default())
    }

    async fn post_start(&self, _: ActorRef<KeeperMsg>, running: &mut Running) -> Result<(), ActorProcessingErr> {
        let (stream, state) = recover(&self.context, &self.subject).await?;
        point(Point::KeeperInRecovery, self.subject.id())?;
        let mut parts = Parts { stream, state, last_message: self.context.clock.now(), armed: None };
        self.resume(&parts);
        self.arm(&mut parts);
        running.parts = Some(parts);
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<KeeperMsg>,
        message: KeeperMsg,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        // ractor handles messages only after `post_start`, which sets the parts.
        let Some(parts) = running.parts.as_mut() else { return Err("the actor has not recovered".into()) };
        let now = self.context.clock.now();
        match message {
            KeeperMsg::Observed { unit, what, source } => {
                parts.last_message = now;
                point(Point::KeeperOnChange, self.subject.id())?;
                self.observe(parts, &unit, what, source, now);
            }
            KeeperMsg::TeamAnswered(said) => self.decide(parts, AlertInput::TeamAnswered(said), now),
            KeeperMsg::Command { command, reply } => {
                parts.last_message = now;
                self.command(parts, command, reply, now);
            }
            KeeperMsg::Awake(reply) => drop(reply.send(())),
            KeeperMsg::Tick => {
                parts.armed = None;
                if parts.state.book().next_deadline().is_some_and(|deadline| deadline <= now) {
                    let fallback = self.context.options.fallback.clone();
                    self.decide(parts, AlertInput::Tick { fallback }, now);
                }
            }
            KeeperMsg::Sweep(part) => self.sweep(parts, part, &myself, now),
        }
        self.arm(parts);
        Ok(())
    }
}

impl Keeper {
    /// Shows the recovered alerts, repeats what they still want from outside, and asks for what lay in a predecessor's
    /// mailbox.
    fn resume(&self, parts: &Parts) {
        if let Some(place) = place(&parts.state) {
            let unit = place.unit.clone();
            self.context.feed.seed(&self.subject, place, parts.state.book());
            for effect in outstanding_effects(parts.state.book()) {
                let (subject, unit) = (self.subject.clone(), unit.clone());
                drop(self.context.effects.send(EffectJob { subject, unit, effect }));
            }
        }
        match &self.subject {
            Subject::Device(device) => tell_device(&self.context, device, DeviceMsg::TellOwnChanges),
            Subject::Unit(unit) => unwatched::look_again(&self.context, unit, parts.state.book()),
            Subject::Patient(_) => {}
        }
    }

    fn observe(&self, parts: &mut Parts, unit: &UnitId, what: Observed, source: Option<Source>, now: Timestamp) {
        let sequence = source.map_or(0, |source| source.sequence);
        if let (Some(Source { previous, .. }), Subject::Device(device)) = (source, &self.subject)
            && previous > parts.state.taken()
        {
            // What came before it is lost with a predecessor: the device has all of it.
            tell_device(&self.context, device, DeviceMsg::TellOwnChanges);
            return;
        }
        let changes_nothing = match &what {
            Observed::Began(condition) => parts.state.is_present(&condition.key),
            Observed::Ended { key, .. } => !parts.state.is_present(key),
            Observed::HandedOver => parts.state.book().open().is_empty(),
        };
        let is_known = sequence != 0 && sequence <= parts.state.taken();
        if is_known || (sequence == 0 && changes_nothing) {
            self.append(parts, None, Then::Confirm(sequence));
            return;
        }
        self.adopt(parts, unit, now);
        let input = SubjectInput::Observed { what, source: sequence };
        if let Ok(Some(events)) = parts.state.handle(&input, now) {
            let record = SubjectRecord { now: parts.state.now(), input, events };
            self.append(parts, Some(record), Then::Confirm(sequence));
        }
    }

    /// A unit and an engine are on record before what they decide.
    fn adopt(&self, parts: &mut Parts, unit: &UnitId, now: Timestamp) {
        if parts.state.in_force() == Some((unit, ENGINE_VERSION)) {
            return;
        }
        let input = SubjectInput::Adopted { unit: unit.clone(), engine: ENGINE_VERSION };
        if let Ok(Some(events)) = parts.state.handle(&input, now) {
            let record = SubjectRecord { now: parts.state.now(), input, events };
            self.append(parts, Some(record), Then::Nothing);
        }
    }

    fn adopt_engine(&self, parts: &mut Parts, now: Timestamp) {
        if let Some((unit, _)) = parts.state.in_force() {
            let unit = unit.clone();
            self.adopt(parts, &unit, now);
        }
    }

    /// Applies an input that cannot be refused.
    fn decide(&self, parts: &mut Parts, input: AlertInput, now: Timestamp) {
        self.adopt_engine(parts, now);
        let input = SubjectInput::Alert(input);
        if let Ok(Some(events)) = parts.state.handle(&input, now) {
            let record = SubjectRecord { now: parts.state.now(), input, events };
            self.append(parts, Some(record), Then::Nothing);
        }
    }

    fn command(
        &self,
        parts: &mut Parts,
        command: Command,
        to: oneshot::Sender<Result<Answered, OperationError>>,
        now: Timestamp,
    ) {
        self.adopt_engine(parts, now);
        let ordinal = command.ordinal;
        let input = SubjectInput::Alert(AlertInput::Command(command));
        match parts.state.handle(&input, now) {
            Ok(Some(events)) => {
                let record = SubjectRecord { now: parts.state.now(), input, events };
                self.append(parts, Some(record), Then::Answer { ordinal, stale: false, to });
            }
            // It is so already: said once what it stands on is committed.
            Ok(None) => self.append(parts, None, Then::Answer { ordinal, stale: false, to }),
            Err(Refused::Stale { .. }) => self.append(parts, None, Then::Answer { ordinal, stale: true, to }),
            Err(Refused::NoSuchAlert) => drop(to.send(Err(OperationError::NotFound("alert")))),
            Err(refused @ Refused::NotNow(_)) => drop(to.send(Err(OperationError::Conflict(refused.to_string())))),
        }
    }

    fn append(&self, parts: &mut Parts, record: Option<SubjectRecord>, then: Then) {
        let sealed = record.as_ref().map(|record| parts.stream.seal(RecordKind::Subject, &encode_subject(record)));
        let snapshot = if parts.stream.wants_snapshot() {
            parts.stream.snapshot(&parts.state, &KeeperSummary::of(&parts.state))
        } else {
            None
        };
        let (context, subject, place) = (Arc::clone(&self.context), self.subject.clone(), place(&parts.state));
        let committed = move |position: u64, _: Timestamp, _: &mut Wakes| {
            let appended = record.is_some().then_some(position);
            if let (Some(record), Some(place)) = (record, place) {
                if matches!(record.input, SubjectInput::Adopted { .. }) {
                    context.feed.moved(&subject, place.clone());
                }
                let SubjectRecord { now, events, .. } = record;
                alert_commit::publish(&context, Committed { subject: subject.clone(), place, position, now, events });
            }
            if let Some(snapshot) = snapshot {
                snapshot.keep(&context, appended);
            }
            match (then, subject) {
                (Then::Answer { ordinal, stale, to }, subject) => {
                    alert_commit::reply(&context, &AlertId { subject, ordinal }, stale, to);
                }
                (Then::Confirm(sequence), Subject::Device(device)) if sequence != 0 => {
                    // One that does not run tells all of it again, which is known then.
                    let running = context.router().devices.running(&device);
                    drop(send(running.as_ref(), DeviceMsg::OwnChangesKept(sequence)));
                }
                (Then::Confirm(_) | Then::Nothing, _) => {}
            }
        };
        let records: SmallVec<[_; 1]> = sealed.map_or_else(SmallVec::new, |sealed| smallvec![sealed]);
        parts.stream.append(&self.context, records, committed);
    }

    fn sweep(&self, parts: &mut Parts, part: SweepPart, myself: &ActorRef<KeeperMsg>, now: Timestamp) {
        let Parts { stream, state, .. } = parts;
        stream.sweep(&self.context, state, || KeeperSummary::of(state), part);
        if now.since_ms(parts.last_message) > self.context.options.idle_after_ms {
            self.context.router().keepers.retire(&self.subject, myself);
        }
    }

    /// Sets the wheel to the next deadline.
    fn arm(&self, parts: &mut Parts) {
        if let Some(next) = parts.state.book().next_deadline()
            && parts.armed.is_none_or(|armed| next < armed)
        {
            parts.armed = Some(next);
            self.context.wheels().keepers.set(self.subject.clone(), next);
        }
    }
}

fn place(state: &SubjectBook) -> Option<Place> {
    state.in_force().map(|(unit, _)| Place { unit: unit.clone(), bed: SmolStr::default() })
}
