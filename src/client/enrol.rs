//! Makes devices and patients known to the platform, through its `AdminService`. Saying it twice changes nothing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinSet;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

use crate::client::channel::{self, Bearer, ChannelError};
use crate::proto;
use crate::proto::admin_service_client::AdminServiceClient;

/// Calls at once.
const AT_ONCE: usize = 16;
/// Devices per page of the list.
const PAGE: u32 = 1_000;

/// The `AdminService` and who speaks to it.
#[derive(Clone, Debug)]
pub struct Registrar {
    /// `https://HOST:7444`.
    pub url: String,
    /// File with the bearer token of a person with the role admin.
    pub token_file: PathBuf,
    /// The unit of the patients and devices.
    pub unit: String,
}

/// A device with its patient.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The device.
    pub device: String,
    /// Its model.
    pub model: String,
    /// Its firmware.
    pub firmware: String,
    /// The gateway that speaks for it; empty: it speaks for itself.
    pub gateway: String,
    /// The patient.
    pub patient: String,
    /// The patient's bed.
    pub bed: String,
}

/// Why devices and patients are not known.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The `AdminService` cannot be reached.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// It refused.
    #[error("{what}: {}", status.message())]
    Refused {
        /// What was asked.
        what: String,
        /// The answer.
        status: Box<Status>,
    },
}

type Admin = AdminServiceClient<InterceptedService<Channel, Bearer>>;

/// Registers devices, admits patients and assigns the ones to the others.
///
/// # Errors
/// [`EnrolError`]; what was done before stays done.
pub async fn enrol(registrar: &Registrar, ca_pem: &str, enrolments: Vec<Enrolment>) -> Result<(), EnrolError> {
    let bearer = Bearer::from_file(&registrar.token_file)?;
    let channel = channel::connect(&channel::endpoint(&registrar.url, ca_pem, None)?).await?;
    let admin = AdminServiceClient::with_interceptor(channel, bearer);
    let unit = proto::CreateUnitRequest { unit: registrar.unit.clone() };
    let told = admin.clone().create_unit(unit).await;
    told.map_err(|status| refused(&format!("creating unit {}", registrar.unit), status))?;
    let assigned = Arc::new(assignments(admin.clone()).await?);
    let enrolments = Arc::new(enrolments);
    let mut workers: JoinSet<Result<(), EnrolError>> = JoinSet::new();
    for worker in 0..AT_ONCE {
        let (admin, assigned, enrolments) = (admin.clone(), Arc::clone(&assigned), Arc::clone(&enrolments));
        let unit = registrar.unit.clone();
        workers.spawn(async move {
            for enrolment in enrolments.iter().skip(worker).step_by(AT_ONCE) {
                let known = assigned.get(&enrolment.device).is_some_and(|patient| *patient == enrolment.patient);
                enrol_one(admin.clone(), &unit, enrolment, known).await?;
            }
            Ok(())
        });
    }
    while let Some(done) = workers.join_next().await {
        // A worker ends by itself only; were it to panic, what it did not register would be refused and reported.
        if let Ok(result) = done {
            result?;
        }
    }
    Ok(())
}

/// Which device is assigned to which patient now.
async fn assignments(mut admin: Admin) -> Result<HashMap<String, String>, EnrolError> {
    let mut assigned = HashMap::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListDevicesRequest { page_size: PAGE, page_token, ..proto::ListDevicesRequest::default() };
        let page = admin.list_devices(request).await.map_err(|status| refused("listing devices", status))?.into_inner();
        assigned.extend(page.devices.into_iter().map(|device| (device.device, device.patient)));
        if page.next_page_token.is_empty() {
            return Ok(assigned);
        }
        page_token = page.next_page_token;
    }
}

async fn enrol_one(mut admin: Admin, unit: &str, enrolment: &Enrolment, assigned: bool) -> Result<(), EnrolError> {
    let Enrolment { device, model, firmware, gateway, patient, bed } = enrolment.clone();
    let unit = unit.to_owned();
    let register =
        proto::RegisterDeviceRequest { device: device.clone(), model, firmware, unit: unit.clone(), gateway };
    let told = admin.register_device(register).await;
    told.map_err(|status| refused(&format!("registering device {device}"), status))?;
    let told = admin
        .admit_patient(proto::AdmitPatientRequest { patient: patient.clone(), unit, bed, profile: Some(profile()) })
        .await;
    told.map_err(|status| refused(&format!("admitting patient {patient}"), status))?;
    if assigned {
        return Ok(());
    }
    let assign = proto::AssignDeviceRequest { device: device.clone(), patient, from_us: 0, until_us: 0 };
    let told = admin.assign_device(assign).await;
    told.map(drop).map_err(|status| refused(&format!("assigning device {device}"), status))
}

/// Played patients are adults with nothing prescribed.
fn profile() -> proto::PatientProfile {
    proto::PatientProfile { age_class: proto::AgeClass::Adult.into(), ..proto::PatientProfile::default() }
}

fn refused(what: &str, status: Status) -> EnrolError {
    EnrolError::Refused { what: what.to_owned(), status: Box::new(status) }
}
