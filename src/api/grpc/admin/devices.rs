//! Devices: registration to retirement, assignment, re-attribution, lists.

use tonic::{Request, Response, Status};

use super::super::convert;
use super::super::view::{invalid, status};
use super::{Admin, REASON_MAX, after, name, page_size};
use crate::access::{Field, Fields, Verb};
use crate::actors::handle::{DeviceEntry, Selection};
use crate::api::guard::Visit;
use crate::clinical::device::{Loan, Registration};
use crate::clinical::ids::{DeviceId, GatewayId, PatientId, UnitId};
use crate::proto;
use crate::proto::reattribute_request::Selection as Asked;
use crate::time::Timestamp;

impl Admin {
    pub(super) async fn register(
        &self,
        request: Request<proto::RegisterDeviceRequest>,
    ) -> Result<Response<proto::RegisterDeviceResponse>, Status> {
        let mut visit = self.administrator(&request, "devices.register").await?;
        let asked = request.into_inner();
        let device = DeviceId::new(&asked.device).map_err(invalid)?;
        let registration = Registration {
            model: name("model", &asked.model)?,
            firmware: name("firmware", &asked.firmware)?,
            unit: UnitId::new(&asked.unit).map_err(invalid)?,
            gateway: optional(&asked.gateway, GatewayId::new)?,
        };
        visit.about(device.as_str());
        self.handle.register_device(&device, registration).await.map_err(|error| status(&error))?;
        visit.answer(proto::RegisterDeviceResponse {}).await
    }

    pub(super) async fn assign(
        &self,
        request: Request<proto::AssignDeviceRequest>,
    ) -> Result<Response<proto::AssignDeviceResponse>, Status> {
        let mut visit = self.administrator(&request, "devices.assign").await?;
        let asked = request.into_inner();
        let device = DeviceId::new(&asked.device).map_err(invalid)?;
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let (from, until) = (instant(asked.from_us), instant(asked.until_us));
        visit.about(device.as_str());
        visit.concerns(&patient);
        self.handle.assign_device(device, patient, from, until).await.map_err(|error| status(&error))?;
        visit.answer(proto::AssignDeviceResponse {}).await
    }

    pub(super) async fn unassign(
        &self,
        request: Request<proto::UnassignDeviceRequest>,
    ) -> Result<Response<proto::UnassignDeviceResponse>, Status> {
        let mut visit = self.administrator(&request, "devices.unassign").await?;
        let asked = request.into_inner();
        let device = DeviceId::new(&asked.device).map_err(invalid)?;
        visit.about(device.as_str());
        self.handle.unassign_device(device, instant(asked.at_us)).await.map_err(|error| status(&error))?;
        visit.answer(proto::UnassignDeviceResponse {}).await
    }

    pub(super) async fn retire(
        &self,
        request: Request<proto::RetireDeviceRequest>,
    ) -> Result<Response<proto::RetireDeviceResponse>, Status> {
        let mut visit = self.administrator(&request, "devices.retire").await?;
        let device = DeviceId::new(&request.into_inner().device).map_err(invalid)?;
        visit.about(device.as_str());
        self.handle.retire_device(&device).await.map_err(|error| status(&error))?;
        visit.answer(proto::RetireDeviceResponse {}).await
    }

    pub(super) async fn lend(
        &self,
        request: Request<proto::LendDeviceRequest>,
    ) -> Result<Response<proto::LendDeviceResponse>, Status> {
        let mut visit = self.administrator(&request, "devices.lend").await?;
        let asked = request.into_inner();
        let device = DeviceId::new(&asked.device).map_err(invalid)?;
        let loan = Loan { unit: UnitId::new(&asked.unit).map_err(invalid)?, until: Timestamp(asked.until_us) };
        visit.about(device.as_str());
        self.handle.lend_device(&device, Some(loan)).await.map_err(|error| status(&error))?;
        visit.answer(proto::LendDeviceResponse {}).await
    }

    pub(super) async fn give_back(
        &self,
        request: Request<proto::ReturnDeviceRequest>,
    ) -> Result<Response<proto::ReturnDeviceResponse>, Status> {
        let mut visit = self.administrator(&request, "devices.return").await?;
        let device = DeviceId::new(&request.into_inner().device).map_err(invalid)?;
        visit.about(device.as_str());
        self.handle.lend_device(&device, None).await.map_err(|error| status(&error))?;
        visit.answer(proto::ReturnDeviceResponse {}).await
    }

    pub(super) async fn move_readings(
        &self,
        request: Request<proto::ReattributeRequest>,
    ) -> Result<Response<proto::ReattributeResponse>, Status> {
        let mut visit = self.administrator(&request, "devices.reattribute").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let device = DeviceId::new(&asked.device).map_err(invalid)?;
        let from = PatientId::new(&asked.from).map_err(invalid)?;
        let to = PatientId::new(&asked.to).map_err(invalid)?;
        let reason = asked.reason.trim();
        if reason.is_empty() || reason.len() > REASON_MAX {
            return Err(Status::invalid_argument("reason has 1 to 1000 bytes"));
        }
        let selection = selection(asked.selection)?;
        visit.about(device.as_str());
        visit.concerns(&from);
        visit.concerns(&to);
        let moved = self.handle.reattribute(&by, &device, (&from, &to), selection, reason.into()).await;
        let readings = moved.map_err(|error| status(&error))?;
        visit.answer(proto::ReattributeResponse { readings }).await
    }

    pub(super) async fn device(
        &self,
        request: Request<proto::GetDeviceRequest>,
    ) -> Result<Response<proto::Device>, Status> {
        let mut visit = self.guard.enter(&request, Verb::SeeDevice, "devices.show").await?;
        let device = DeviceId::new(&request.into_inner().device).map_err(invalid)?;
        visit.about(device.as_str());
        let seen = self.handle.known_device(&device).ok().and_then(|entry| Some((fields_of(&visit, &entry)?, entry)));
        let Some((fields, entry)) = seen else {
            return Err(visit.refuse(None, Status::not_found("there is no such device")).await);
        };
        let shown = show(&mut visit, &entry, fields);
        visit.answer(shown).await
    }

    pub(super) async fn devices(
        &self,
        request: Request<proto::ListDevicesRequest>,
    ) -> Result<Response<proto::ListDevicesResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::SeeDevice, "devices.list").await?;
        let asked = request.into_inner();
        let size = page_size(asked.page_size);
        let after = after(&asked.page_token, DeviceId::new)?;
        let unit = optional(&asked.unit, UnitId::new)?;
        let patient = optional(&asked.patient, PatientId::new)?;
        let gateway = optional(&asked.gateway, GatewayId::new)?;
        let wanted = |entry: &DeviceEntry| {
            let caring = entry.loan.as_ref().map_or(&entry.unit, |loan| &loan.unit);
            unit.as_ref().is_none_or(|unit| caring == unit)
                && (patient.is_none() || entry.patient == patient)
                && (gateway.is_none() || entry.gateway == gateway)
                && (asked.retired_too || !entry.retired)
                && fields_of(&visit, entry).is_some()
        };
        let entries = self.handle.devices(after.as_ref(), size, wanted).await;
        let last = entries.last().filter(|_| entries.len() == size);
        let next_page_token = last.map(|entry| entry.device.to_string()).unwrap_or_default();
        let seen = entries.iter().filter_map(|entry| {
            let fields = fields_of(&visit, entry)?;
            Some(show(&mut visit, entry, fields))
        });
        let devices = seen.collect();
        visit.answer(proto::ListDevicesResponse { devices, next_page_token }).await
    }
}

/// 0 on the wire: not said.
fn instant(us: i64) -> Option<Timestamp> {
    (us != 0).then_some(Timestamp(us))
}

fn optional<T>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, crate::clinical::ids::IdError>,
) -> Result<Option<T>, Status> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some).map_err(invalid) }
}

fn selection(asked: Option<Asked>) -> Result<Selection, Status> {
    match asked {
        Some(Asked::Times(times)) => {
            Ok(Selection::DeviceTime { from: Timestamp(times.from_us), until: Timestamp(times.until_us) })
        }
        Some(Asked::Sequences(asked)) => {
            let lane = convert::lane(asked.lane);
            let lane = lane.ok_or_else(|| Status::invalid_argument("lane must be LANE_LIVE or LANE_BACKLOG"))?;
            Ok(Selection::Sequences { boot: asked.boot, lane, first: asked.first, last: asked.last })
        }
        None => Err(Status::invalid_argument("select by times or by sequences")),
    }
}

/// What of a device the visitor sees.
fn fields_of(visit: &Visit, entry: &DeviceEntry) -> Option<Fields> {
    match &entry.patient {
        Some(patient) => visit.fields_of_patient(patient, Verb::SeeDevice),
        None => visit.sees_unassigned(Verb::SeeDevice),
    }
}

/// A device as it will be shown, noted for the record.
fn show(visit: &mut Visit, entry: &DeviceEntry, fields: Fields) -> proto::Device {
    if let Some(patient) = entry.patient.as_ref().filter(|_| fields.has(Field::Patient)) {
        visit.concerns(patient);
    }
    visit.shows(fields);
    on_wire(entry, fields)
}

fn on_wire(entry: &DeviceEntry, fields: Fields) -> proto::Device {
    let loan = entry.loan.as_ref();
    proto::Device {
        device: entry.device.to_string(),
        model: entry.model.to_string(),
        firmware: entry.firmware.to_string(),
        unit: entry.unit.to_string(),
        gateway: entry.gateway.as_ref().map(ToString::to_string).unwrap_or_default(),
        patient: fields.show(Field::Patient, entry.patient.as_ref().map(ToString::to_string).unwrap_or_default()),
        retired: entry.retired,
        lent_to: loan.map(|loan| loan.unit.to_string()).unwrap_or_default(),
        lent_until_us: loan.map_or(0, |loan| loan.until.micros()),
    }
}
