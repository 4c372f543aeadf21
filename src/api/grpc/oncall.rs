//! The service about who is responsible.

mod shifts;

use smol_str::SmolStr;
use tonic::{Request, Response, Status};

use super::view::{invalid, status};
use crate::access::{Verb, may_ask};
use crate::actors::handle::Handle;
use crate::api::guard::{Guard, Visit};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{ChannelId, IdError, PatientId, PersonId, RotationId, UnitId};
use crate::clinical::oncall::{Assignment, Contact, GapCause, Maintenance, Override, Roster, RosterCommand};
use crate::proto;
use crate::proto::on_call_service_server::OnCallService;
use crate::time::Timestamp;

/// The on-call service.
#[derive(Clone)]
pub struct OnCall {
    handle: Handle,
    guard: Guard,
}

impl OnCall {
    /// Over the engine, behind the guard of all services of people.
    #[must_use]
    pub fn new(handle: Handle, guard: Guard) -> Self {
        Self { handle, guard }
    }

    /// Carries a command out, on record.
    async fn command(&self, visit: Visit, command: RosterCommand) -> Result<Response<proto::RosterResponse>, Status> {
        let version = self.handle.change_roster(command).await.map_err(|error| status(&error))?;
        visit.answer(proto::RosterResponse { version }).await
    }

    /// Lets in whoever asks about themselves, and administrators about anybody.
    async fn about<T: Sync>(
        &self,
        request: &Request<T>,
        person: &str,
        what: &'static str,
    ) -> Result<(Visit, PersonId), Status> {
        let mut visit = self.guard.enter(request, Verb::ReadInbox, what).await?;
        let person = PersonId::new(person).map_err(invalid)?;
        visit.about(person.as_str());
        match may_ask(&visit.person().roles, Verb::Administer) {
            Err(who) if person != visit.person().id => {
                Err(visit.refuse(None, Status::permission_denied(format!("this needs the role {who}"))).await)
            }
            _ => Ok((visit, person)),
        }
    }

    /// A person may say that a contact of their own works, or does not; an administrator of anybody's.
    async fn contact(
        &self,
        request: Request<proto::StoredContact>,
        what: &'static str,
        command: fn(PersonId, Contact) -> RosterCommand,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let (visit, person) = self.about(&request, &request.get_ref().person, what).await?;
        let asked = request.into_inner();
        let channel = ChannelId::new(&asked.channel).map_err(invalid)?;
        self.command(visit, command(person, Contact { channel, address: SmolStr::new(asked.address) })).await
    }
}

/// An identifier that may be left out.
fn optional<T>(text: &str, new: impl FnOnce(&str) -> Result<T, IdError>) -> Result<Option<T>, Status> {
    if text.is_empty() { Ok(None) } else { new(text).map(Some).map_err(invalid) }
}

fn who(roster: &Roster, unit: Option<&UnitId>, patient: Option<&PatientId>, at: Timestamp) -> Vec<proto::InRole> {
    let units = roster.plan().units().iter().filter(|one| unit.is_none_or(|unit| *unit == one.id));
    let roles = units.flat_map(|unit| unit.roles.iter().map(move |(role, _)| (&unit.id, role)));
    let in_role = |(unit, role): (&UnitId, _)| {
        let people = roster.in_role(unit, role, patient, at);
        let reachable = people.iter().filter(|person| roster.is_reachable(person, Priority::High, at));
        proto::InRole {
            unit: unit.to_string(),
            role: role.to_string(),
            reachable: reachable.map(ToString::to_string).collect(),
            people: people.iter().map(ToString::to_string).collect(),
        }
    };
    roles.map(in_role).collect()
}

#[tonic::async_trait]
impl OnCallService for OnCall {
    async fn who(&self, request: Request<proto::WhoRequest>) -> Result<Response<proto::WhoResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::ReadInbox, "oncall.who").await?;
        let asked = request.into_inner();
        let (unit, patient) = (optional(&asked.unit, UnitId::new)?, optional(&asked.patient, PatientId::new)?);
        if let Some(patient) = &patient
            && visit.sees_patient(patient, Verb::SeePatient).is_none()
        {
            return Err(visit.no_such("patient", patient).await);
        }
        let at = if asked.at_us == 0 { self.handle.now() } else { Timestamp(asked.at_us) };
        let roster = self.handle.roster();
        let roles = who(&roster, unit.as_ref(), patient.as_ref(), at);
        visit.answer(proto::WhoResponse { roles, version: roster.version() }).await
    }

    async fn gaps(&self, request: Request<proto::GapsRequest>) -> Result<Response<proto::GapsResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::ReadInbox, "oncall.gaps").await?;
        let unit = optional(&request.into_inner().unit, UnitId::new)?;
        let gaps = self.handle.roster().gaps(self.handle.now()).into_iter();
        let gaps = gaps.filter(|gap| unit.as_ref().is_none_or(|unit| *unit == gap.unit)).map(|gap| {
            let unreachable = match &gap.cause {
                GapCause::NoOneOnCall => Vec::new(),
                GapCause::Unreachable(people) => people.iter().map(ToString::to_string).collect(),
            };
            proto::CoverageGap {
                unit: gap.unit.to_string(),
                role: gap.role.to_string(),
                from_us: gap.from.micros(),
                to_us: gap.to.micros(),
                unreachable,
            }
        });
        visit.answer(proto::GapsResponse { gaps: gaps.collect() }).await
    }

    async fn set_override(
        &self,
        request: Request<proto::OnCallOverride>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::Administer, "oncall.set-override").await?;
        let asked = request.into_inner();
        self.command(
            visit,
            RosterCommand::Override(Override {
                number: 0,
                rotation: RotationId::new(&asked.rotation).map_err(invalid)?,
                add: optional(&asked.add, PersonId::new)?,
                remove: optional(&asked.remove, PersonId::new)?,
                from: Timestamp(asked.from_us),
                to: Timestamp(asked.to_us),
            }),
        )
        .await
    }

    async fn end_override(
        &self,
        request: Request<proto::EndOverrideRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::Administer, "oncall.end-override").await?;
        let by = visit.person().id.clone();
        self.command(visit, RosterCommand::EndOverride { number: request.into_inner().number, by }).await
    }

    async fn list_overrides(
        &self,
        request: Request<proto::ListOverridesRequest>,
    ) -> Result<Response<proto::ListOverridesResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::ReadInbox, "oncall.overrides").await?;
        let roster = self.handle.roster();
        let overrides = roster.standing().overrides.iter().map(|one| proto::OnCallOverride {
            number: one.number,
            rotation: one.rotation.to_string(),
            add: one.add.as_ref().map(ToString::to_string).unwrap_or_default(),
            remove: one.remove.as_ref().map(ToString::to_string).unwrap_or_default(),
            from_us: one.from.micros(),
            to_us: one.to.micros(),
        });
        visit.answer(proto::ListOverridesResponse { overrides: overrides.collect() }).await
    }

    async fn assign_patients(
        &self,
        request: Request<proto::PatientsAssigned>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Administer, "oncall.assign").await?;
        let asked = request.into_inner();
        let patients: Vec<_> =
            asked.patients.iter().map(|id| PatientId::new(id)).collect::<Result<_, _>>().map_err(invalid)?;
        for patient in &patients {
            visit.concerns(patient);
        }
        self.command(
            visit,
            RosterCommand::AssignPatients(Assignment {
                unit: UnitId::new(&asked.unit).map_err(invalid)?,
                person: PersonId::new(&asked.person).map_err(invalid)?,
                patients,
                from: Timestamp(asked.from_us),
                to: Timestamp(asked.to_us),
            }),
        )
        .await
    }

    async fn set_maintenance(
        &self,
        request: Request<proto::MaintenanceSet>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let answer = Verb::AnswerAlert(ConditionKind::Technical);
        let visit = self.guard.enter(&request, answer, "oncall.maintenance").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        self.command(
            visit,
            RosterCommand::SetMaintenance(Maintenance {
                unit: UnitId::new(&asked.unit).map_err(invalid)?,
                reason: SmolStr::new(asked.reason),
                by,
                from: Timestamp(asked.from_us),
                until: Timestamp(asked.until_us),
            }),
        )
        .await
    }

    async fn end_maintenance(
        &self,
        request: Request<proto::EndMaintenanceRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let answer = Verb::AnswerAlert(ConditionKind::Technical);
        let visit = self.guard.enter(&request, answer, "oncall.end-maintenance").await?;
        let by = visit.person().id.clone();
        let unit = UnitId::new(&request.into_inner().unit).map_err(invalid)?;
        self.command(visit, RosterCommand::EndMaintenance { unit, by }).await
    }

    async fn verify_contact(
        &self,
        request: Request<proto::StoredContact>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.contact(request, "oncall.verify", |person, contact| RosterCommand::VerifyContact { person, contact }).await
    }

    async fn disable_contact(
        &self,
        request: Request<proto::StoredContact>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.contact(request, "oncall.disable", |person, contact| RosterCommand::DisableContact { person, contact })
            .await
    }

    async fn list_dead_letters(
        &self,
        request: Request<proto::DeadLettersRequest>,
    ) -> Result<Response<proto::DeadLettersResponse>, Status> {
        let (mut visit, person) = self.about(&request, &request.get_ref().person, "oncall.dead-letters").await?;
        let letters = self.handle.dead_letters(&person).await.map_err(|error| status(&error))?;
        for patient in letters.iter().filter_map(|letter| letter.alert.subject.patient()) {
            visit.concerns(patient);
        }
        let letters = letters.into_iter().map(|letter| proto::DeadLetter {
            alert: letter.alert.to_string(),
            round: letter.round,
            step: letter.step,
            channel: letter.contact.channel.to_string(),
            address: letter.contact.address.to_string(),
            why: letter.why.to_string(),
            at_us: letter.at.micros(),
        });
        visit.answer(proto::DeadLettersResponse { letters: letters.collect() }).await
    }

    async fn resend_dead_letters(
        &self,
        request: Request<proto::DeadLettersRequest>,
    ) -> Result<Response<proto::ResendResponse>, Status> {
        let (visit, person) = self.about(&request, &request.get_ref().person, "oncall.resend").await?;
        let letters = self.handle.resend(&person).await.map_err(|error| status(&error))?;
        visit.answer(proto::ResendResponse { letters: u32::try_from(letters).unwrap_or(u32::MAX) }).await
    }

    async fn send_check(
        &self,
        request: Request<proto::CheckRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.check(request).await
    }

    async fn answer_check(
        &self,
        request: Request<proto::AnswerCheckRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.answered(request).await
    }

    async fn hand_over_shift(
        &self,
        request: Request<proto::HandOverShiftRequest>,
    ) -> Result<Response<proto::ShiftResponse>, Status> {
        self.hand_over(request).await
    }

    async fn take_over_shift(
        &self,
        request: Request<proto::TakeOverShiftRequest>,
    ) -> Result<Response<proto::ShiftResponse>, Status> {
        self.take_over(request).await
    }

    async fn start_drill(
        &self,
        request: Request<proto::StartDrillRequest>,
    ) -> Result<Response<proto::DrillResponse>, Status> {
        self.drill(request).await
    }

    async fn end_drill(
        &self,
        request: Request<proto::EndDrillRequest>,
    ) -> Result<Response<proto::DrillResponse>, Status> {
        self.drilled(request).await
    }
}
