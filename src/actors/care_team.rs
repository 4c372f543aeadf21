//! A care unit's actor: its ladder of people, and the answer to "who is responsible now", from committed state.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use serde::{Deserialize, Serialize};
use smallvec::smallvec;
use tokio::sync::oneshot;

use super::context::{self, Context};
use super::handle::{CareStep, OperationError};
use super::router::tell_subject;
use super::stream::{RecoverError, Stream};
use super::sweep::SweepPart;
use crate::clinical::alert::TeamAnswer;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{AlertId, PersonId, UnitId};
use crate::clinical::oncall;
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::{CareRecord, decode_care, encode_care};
use crate::storage::{StreamName, Wakes};
use crate::supervision::Children;
use crate::time::Timestamp;

/// Who answers for this step of this alert, and what policies tell alerts apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub alert: AlertId,
    pub round: u32,
    pub step: u32,
    pub kind: ConditionKind,
    pub priority: Priority,
    /// Whether its condition may be lethal within minutes.
    pub lethal: bool,
}

/// What a care unit's actor is told.
pub(crate) enum CareTeamMsg {
    /// Replace the ladder; the reply is its version, after the commit.
    SetLadder { steps: Vec<CareStep>, reply: oneshot::Sender<Result<u32, OperationError>> },
    /// Make the unit known, with a ladder of nobody; one that is known stays as it is.
    Create { reply: oneshot::Sender<Result<(), OperationError>> },
    /// Who answers for this step of this alert?
    Ask(Question),
    /// Answers once the actor has recovered: its people are on the care team then.
    Awake(oneshot::Sender<()>),
    /// Take a snapshot of what changed.
    Sweep(SweepPart),
}

/// A unit's ladder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Ladder {
    version: u32,
    steps: Vec<(Vec<PersonId>, u32)>,
}

impl Ladder {
    /// Everybody whom it names: they care for the unit's patients.
    fn people(&self) -> BTreeSet<PersonId> {
        self.steps.iter().flat_map(|(people, _)| people.iter().cloned()).collect()
    }
}

/// How care units' actors are started.
pub(in crate::actors) struct CareTeams(pub Weak<Context>);

impl Children for CareTeams {
    type Key = UnitId;
    type Msg = CareTeamMsg;

    async fn start(&self, key: &UnitId, supervisor: ActorCell) -> Result<ActorRef<CareTeamMsg>, SpawnErr> {
        let context = self.0.upgrade().ok_or_else(context::gone)?;
        let actor = CareTeam { unit: key.clone(), context };
        Actor::spawn_linked(None, actor, (), supervisor).await.map(|(actor, _)| actor)
    }

    fn parked(&self, key: &UnitId, why: &str) {
        tracing::error!(unit = %key, why, "care team's actor is parked: its alerts go to the fallback");
    }
}

struct CareTeam {
    unit: UnitId,
    context: Arc<Context>,
}

#[derive(Default)]
struct Running {
    parts: Option<(Stream, Ladder)>,
}

impl Actor for CareTeam {
    type Msg = CareTeamMsg;
    type State = Running;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<CareTeamMsg>, (): ()) -> Result<Running, ActorProcessingErr> {
        Ok(Running::default())
    }

    async fn post_start(&self, _: ActorRef<CareTeamMsg>, running: &mut Running) -> Result<(), ActorProcessingErr> {
        let (stream, ladder) = self.recover().await?;
        point(Point::CareTeamInRecovery, self.unit.as_str())?;
        // What lay in a predecessor's mailbox is gone; the alerts still say what is being asked.
        for question in self.context.feed.questions_of(&self.unit) {
            let said = self.answer(&ladder, &question);
            tell_subject(&self.context, &question.alert.subject, said);
        }
        running.parts = Some((stream, ladder));
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<CareTeamMsg>,
        message: CareTeamMsg,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        // ractor handles messages only after `post_start`, which sets the parts.
        let Some((stream, ladder)) = running.parts.as_mut() else { return Err("the actor has not recovered".into()) };
        match message {
            CareTeamMsg::SetLadder { steps, reply } => self.set(stream, ladder, steps, reply).await?,
            CareTeamMsg::Create { reply } => {
                if stream.sequence() == 0 {
                    self.keep(stream, ladder).await?;
                }
                drop(reply.send(Ok(())));
            }
            CareTeamMsg::Ask(question) => {
                point(Point::CareTeamOnAsk, self.unit.as_str())?;
                let said = self.answer(ladder, &question);
                tell_subject(&self.context, &question.alert.subject, said);
            }
            CareTeamMsg::Awake(reply) => drop(reply.send(())),
            CareTeamMsg::Sweep(part) => stream.sweep(&self.context, ladder, || (), part),
        }
        Ok(())
    }
}

impl CareTeam {
    async fn recover(&self) -> Result<(Stream, Ladder), RecoverError> {
        let key = self.context.keys.care();
        let name = StreamName::care(&self.unit);
        let mut recovered = Stream::recover::<Ladder>(&self.context, name, key).await?;
        for record in &recovered.tail {
            let record = decode_care(&recovered.opener.open(record)?)?;
            recovered.state = Ladder { version: record.policy_version, steps: record.steps };
        }
        self.context.care.set_ladder(&self.unit, &recovered.state.people());
        Ok((recovered.stream, recovered.state))
    }

    /// Replaces the ladder. The answer to `Ask` is from committed state, so the new one counts after the commit only.
    async fn set(
        &self,
        stream: &mut Stream,
        ladder: &mut Ladder,
        steps: Vec<CareStep>,
        reply: oneshot::Sender<Result<u32, OperationError>>,
    ) -> Result<(), RecoverError> {
        let steps: Vec<_> = steps.into_iter().map(|step| (step.people, step.delay_ms)).collect();
        let version = ladder.version + 1;
        if steps != ladder.steps {
            let next = Ladder { version, steps };
            self.keep(stream, &next).await?;
            *ladder = next;
            self.context.care.set_ladder(&self.unit, &ladder.people());
        }
        drop(reply.send(Ok(ladder.version)));
        Ok(())
    }

    /// Journals a ladder, and returns once it is committed.
    async fn keep(&self, stream: &mut Stream, ladder: &Ladder) -> Result<(), RecoverError> {
        let record = CareRecord {
            now: self.context.clock.now(),
            policy_version: ladder.version,
            unit: self.unit.clone(),
            steps: ladder.steps.clone(),
        };
        let sealed = stream.seal(RecordKind::Care, &encode_care(&record));
        stream.append(&self.context, smallvec![sealed], |_: u64, _: Timestamp, _: &mut Wakes| {});
        self.context.writer.barrier().await?;
        Ok(())
    }
}

/// What the unit's own ladder says: where the care plan does not know the unit.
fn by_ladder(ladder: &Ladder, fallback: &[PersonId], question: &Question) -> TeamAnswer {
    let index = usize::try_from(question.step).unwrap_or(usize::MAX).saturating_sub(1);
    let (people, delay_ms) = ladder.steps.get(index).cloned().unwrap_or((Vec::new(), 60_000));
    TeamAnswer {
        ordinal: question.alert.ordinal,
        round: question.round,
        step: question.step,
        people,
        delay_ms,
        accepts: 1,
        answer: None,
        last: index + 1 >= ladder.steps.len(),
        policy_version: ladder.version,
        fallback: fallback.to_vec(),
    }
}

impl CareTeam {
    /// Who answers for a step now: by the care plan in force where it knows the unit, else by the unit's own ladder.
    fn answer(&self, ladder: &Ladder, question: &Question) -> TeamAnswer {
        self.by_plan(question).unwrap_or_else(|| by_ladder(ladder, &self.context.options.fallback, question))
    }

    fn by_plan(&self, question: &Question) -> Option<TeamAnswer> {
        let asked = oncall::Question {
            unit: &self.unit,
            patient: question.alert.subject.patient(),
            kind: question.kind,
            priority: question.priority,
            lethal: question.lethal,
            step: question.step,
        };
        let resolved = self.context.roster.now().resolve(&asked, self.context.clock.now())?;
        // The plan's fallback may be off duty too: somebody is always named.
        let last_resort = || self.context.options.fallback.clone();
        Some(TeamAnswer {
            ordinal: question.alert.ordinal,
            round: question.round,
            step: question.step,
            people: resolved.people,
            delay_ms: resolved.delay_ms,
            accepts: resolved.accepts,
            answer: Some(resolved.answer),
            last: resolved.last,
            policy_version: resolved.version,
            fallback: if resolved.fallback.is_empty() { last_resort() } else { resolved.fallback },
        })
    }
}
