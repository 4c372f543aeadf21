//! The service about who is responsible.

use std::sync::Arc;

use smol_str::SmolStr;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use super::view::{invalid, status};
use crate::actors::handle::Handle;
use crate::api::identity::{Action, Directory, Person, authenticate, may};
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
    directory: Arc<Directory>,
}

impl OnCall {
    /// Over the engine, for the people of the directory.
    #[must_use]
    pub fn new(handle: Handle, directory: Arc<Directory>) -> Self {
        Self { handle, directory }
    }

    fn person(&self, metadata: &MetadataMap, action: Action) -> Result<Person, Status> {
        let person = authenticate(&self.directory.now(), metadata)?;
        may(&person, action)?;
        Ok(person)
    }

    async fn command(&self, command: RosterCommand) -> Result<Response<proto::RosterResponse>, Status> {
        let version = self.handle.change_roster(command).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::RosterResponse { version }))
    }

    /// A person may say that a contact of their own works, or does not; an administrator of anybody's.
    async fn contact(
        &self,
        request: Request<proto::StoredContact>,
        command: fn(PersonId, Contact) -> RosterCommand,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let caller = authenticate(&self.directory.now(), request.metadata())?;
        let asked = request.into_inner();
        let person = PersonId::new(&asked.person).map_err(invalid)?;
        if person != caller.id {
            may(&caller, Action::Administer)?;
        }
        let channel = ChannelId::new(&asked.channel).map_err(invalid)?;
        self.command(command(person, Contact { channel, address: SmolStr::new(asked.address) })).await
    }
}

impl OnCall {
    /// One's own, or, for an administrator, anybody's.
    fn whose_letters(&self, request: &Request<proto::DeadLettersRequest>) -> Result<PersonId, Status> {
        let caller = authenticate(&self.directory.now(), request.metadata())?;
        let person = PersonId::new(&request.get_ref().person).map_err(invalid)?;
        if person != caller.id {
            may(&caller, Action::Administer)?;
        }
        Ok(person)
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
        self.person(request.metadata(), Action::See(ConditionKind::Technical))?;
        let asked = request.into_inner();
        let (unit, patient) = (optional(&asked.unit, UnitId::new)?, optional(&asked.patient, PatientId::new)?);
        let at = if asked.at_us == 0 { self.handle.now() } else { Timestamp(asked.at_us) };
        let roster = self.handle.roster();
        let roles = who(&roster, unit.as_ref(), patient.as_ref(), at);
        Ok(Response::new(proto::WhoResponse { roles, version: roster.version() }))
    }

    async fn gaps(&self, request: Request<proto::GapsRequest>) -> Result<Response<proto::GapsResponse>, Status> {
        self.person(request.metadata(), Action::See(ConditionKind::Technical))?;
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
        Ok(Response::new(proto::GapsResponse { gaps: gaps.collect() }))
    }

    async fn set_override(
        &self,
        request: Request<proto::OnCallOverride>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.person(request.metadata(), Action::Administer)?;
        let asked = request.into_inner();
        self.command(RosterCommand::Override(Override {
            number: 0,
            rotation: RotationId::new(&asked.rotation).map_err(invalid)?,
            add: optional(&asked.add, PersonId::new)?,
            remove: optional(&asked.remove, PersonId::new)?,
            from: Timestamp(asked.from_us),
            to: Timestamp(asked.to_us),
        }))
        .await
    }

    async fn end_override(
        &self,
        request: Request<proto::EndOverrideRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let by = self.person(request.metadata(), Action::Administer)?.id;
        self.command(RosterCommand::EndOverride { number: request.into_inner().number, by }).await
    }

    async fn list_overrides(
        &self,
        request: Request<proto::ListOverridesRequest>,
    ) -> Result<Response<proto::ListOverridesResponse>, Status> {
        self.person(request.metadata(), Action::See(ConditionKind::Technical))?;
        let roster = self.handle.roster();
        let overrides = roster.standing().overrides.iter().map(|one| proto::OnCallOverride {
            number: one.number,
            rotation: one.rotation.to_string(),
            add: one.add.as_ref().map(ToString::to_string).unwrap_or_default(),
            remove: one.remove.as_ref().map(ToString::to_string).unwrap_or_default(),
            from_us: one.from.micros(),
            to_us: one.to.micros(),
        });
        Ok(Response::new(proto::ListOverridesResponse { overrides: overrides.collect() }))
    }

    async fn assign_patients(
        &self,
        request: Request<proto::PatientsAssigned>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.person(request.metadata(), Action::Administer)?;
        let asked = request.into_inner();
        let patients = asked.patients.iter().map(|id| PatientId::new(id)).collect::<Result<_, _>>().map_err(invalid)?;
        self.command(RosterCommand::AssignPatients(Assignment {
            unit: UnitId::new(&asked.unit).map_err(invalid)?,
            person: PersonId::new(&asked.person).map_err(invalid)?,
            patients,
            from: Timestamp(asked.from_us),
            to: Timestamp(asked.to_us),
        }))
        .await
    }

    async fn set_maintenance(
        &self,
        request: Request<proto::MaintenanceSet>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let by = self.person(request.metadata(), Action::Answer(ConditionKind::Technical))?.id;
        let asked = request.into_inner();
        self.command(RosterCommand::SetMaintenance(Maintenance {
            unit: UnitId::new(&asked.unit).map_err(invalid)?,
            reason: SmolStr::new(asked.reason),
            by,
            from: Timestamp(asked.from_us),
            until: Timestamp(asked.until_us),
        }))
        .await
    }

    async fn end_maintenance(
        &self,
        request: Request<proto::EndMaintenanceRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let by = self.person(request.metadata(), Action::Answer(ConditionKind::Technical))?.id;
        let unit = UnitId::new(&request.into_inner().unit).map_err(invalid)?;
        self.command(RosterCommand::EndMaintenance { unit, by }).await
    }

    async fn verify_contact(
        &self,
        request: Request<proto::StoredContact>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.contact(request, |person, contact| RosterCommand::VerifyContact { person, contact }).await
    }

    async fn disable_contact(
        &self,
        request: Request<proto::StoredContact>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        self.contact(request, |person, contact| RosterCommand::DisableContact { person, contact }).await
    }

    async fn list_dead_letters(
        &self,
        request: Request<proto::DeadLettersRequest>,
    ) -> Result<Response<proto::DeadLettersResponse>, Status> {
        let person = self.whose_letters(&request)?;
        let letters = self.handle.dead_letters(&person).await.map_err(|error| status(&error))?.into_iter();
        let letters = letters.map(|letter| proto::DeadLetter {
            alert: letter.alert.to_string(),
            round: letter.round,
            step: letter.step,
            channel: letter.contact.channel.to_string(),
            address: letter.contact.address.to_string(),
            why: letter.why.to_string(),
            at_us: letter.at.micros(),
        });
        Ok(Response::new(proto::DeadLettersResponse { letters: letters.collect() }))
    }

    async fn resend_dead_letters(
        &self,
        request: Request<proto::DeadLettersRequest>,
    ) -> Result<Response<proto::ResendResponse>, Status> {
        let person = self.whose_letters(&request)?;
        let letters = self.handle.resend(&person).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::ResendResponse { letters: u32::try_from(letters).unwrap_or(u32::MAX) }))
    }
}
