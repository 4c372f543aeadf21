//! `vigil patients`: patients' stays, from a shell.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use super::connect::{ConnectArgs, People, block_on};
use super::duration;
use super::failure::Failure;
use crate::clock::Clock;
use crate::proto;
use crate::proto::admin_service_client::AdminServiceClient;

mod limits;
mod print;

/// Patients per page of a list.
const PAGE: u32 = 1_000;

/// Admits, moves, discharges and lists patients.
///
/// Example: vigil patients admit p-17 --unit icu --bed 4 --age adult --ca pki/ca.pem --token-file ada.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Patients who are admitted, in the order of their ids.
    Ls {
        /// Of one unit.
        #[arg(long)]
        unit: Option<String>,
        /// Also those who left, died or were merged.
        #[arg(long)]
        gone: bool,
        /// Only those on standby.
        #[arg(long)]
        standby: bool,
    },
    /// One patient.
    Show {
        /// The patient.
        patient: String,
    },
    /// Admits; who left may come back.
    Admit {
        /// The patient: an opaque id, never a name.
        patient: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        profile: Profile,
    },
    /// To another unit or bed.
    Move {
        /// The patient.
        patient: String,
        #[command(flatten)]
        place: Place,
    },
    /// Replaces what decides by which limits the patient is judged.
    Prescribe {
        /// The patient.
        patient: String,
        #[command(flatten)]
        profile: Profile,
    },
    /// Limits in place of the rules' own, for this patient alone.
    Limits {
        #[command(subcommand)]
        verb: limits::Verb,
    },
    /// Signals off, evaluation on; ends by itself when valid signals return.
    Standby {
        /// The patient.
        patient: String,
        /// Why.
        #[arg(long, short = 'm')]
        reason: String,
        /// For how long at most, for example 90m.
        #[arg(long = "for", value_parser = duration::parse)]
        lasts: Duration,
    },
    /// Ends a standby.
    Resume {
        /// The patient.
        patient: String,
    },
    /// Closes the open alerts, on record, and frees the devices.
    Discharge {
        /// The patient.
        patient: String,
        /// The patient died.
        #[arg(long)]
        died: bool,
    },
    /// One person, two records: everything goes on under the second.
    Merge {
        /// The duplicate: its history stays where it is.
        from: String,
        /// The record that goes on.
        into: String,
    },
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The care unit.
    #[arg(long)]
    unit: String,
    /// The bed; without it none.
    #[arg(long, default_value = "")]
    bed: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Age {
    /// 16 years and older.
    Adult,
    /// From the 29th day up to 15 years.
    Child,
    /// Up to the 28th day.
    Newborn,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Setting {
    Bedside,
    Ward,
    Home,
    DeviceClinic,
}

#[derive(Debug, clap::Args)]
struct Profile {
    /// Without it unknown: limits that depend on age are then missing, loudly.
    #[arg(long)]
    age: Option<Age>,
    /// Known to be pregnant.
    #[arg(long)]
    pregnant: bool,
    /// Scale 2 of NEWS2 is prescribed.
    #[arg(long)]
    spo2_scale_2: bool,
    /// The prescribed range of saturation in percent, for example 88-92.
    #[arg(long, value_name = "LOW-HIGH", value_parser = range)]
    spo2: Option<(u32, u32)>,
    /// Where the patient is cared for.
    #[arg(long, default_value = "bedside")]
    setting: Setting,
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let ends = text.split_once('-').and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
    ends.ok_or_else(|| format!("'{text}' is no range: allowed is LOW-HIGH in percent, for example 88-92"))
}

impl Profile {
    fn on_wire(&self) -> proto::PatientProfile {
        let (spo2_low_percent, spo2_high_percent) = self.spo2.unwrap_or_default();
        let age = match self.age {
            None => proto::AgeClass::Unspecified,
            Some(Age::Adult) => proto::AgeClass::Adult,
            Some(Age::Child) => proto::AgeClass::Child,
            Some(Age::Newborn) => proto::AgeClass::Newborn,
        };
        let setting = match self.setting {
            Setting::Bedside => proto::Setting::Bedside,
            Setting::Ward => proto::Setting::Ward,
            Setting::Home => proto::Setting::Home,
            Setting::DeviceClinic => proto::Setting::DeviceClinic,
        };
        proto::PatientProfile {
            age_class: age.into(),
            pregnant: self.pregnant,
            spo2_scale_2: self.spo2_scale_2,
            spo2_low_percent,
            spo2_high_percent,
            setting: setting.into(),
        }
    }
}

type Client = AdminServiceClient<People>;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    block_on(async { ask(AdminServiceClient::new(args.connect.people().await?), args).await })
}

async fn ask(mut admin: Client, args: &Args) -> Result<(), Failure> {
    let json = args.connect.json;
    match &args.verb {
        Verb::Ls { unit, gone, standby } => {
            let (unit, gone_too, on_standby) = (unit.clone().unwrap_or_default(), *gone, *standby);
            list(admin, proto::ListPatientsRequest { unit, gone_too, on_standby, ..Default::default() }, json).await
        }
        Verb::Show { patient } => show(admin, patient, json).await,
        Verb::Admit { patient, place, profile } => {
            admin.admit_patient(admission(patient, place, profile)).await?;
            show(admin, patient, json).await
        }
        Verb::Move { patient, place: Place { unit, bed } } => {
            let (unit, bed) = (unit.clone(), bed.clone());
            admin.move_patient(proto::MovePatientRequest { patient: patient.clone(), unit, bed }).await?;
            show(admin, patient, json).await
        }
        Verb::Prescribe { patient, profile } => {
            let profile = Some(profile.on_wire());
            admin.prescribe_patient(proto::PrescribePatientRequest { patient: patient.clone(), profile }).await?;
            show(admin, patient, json).await
        }
        Verb::Limits { verb } => limits::run(admin, verb, json).await,
        Verb::Standby { patient, reason, lasts } => {
            let lasts_ms = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
            let until_us = Clock::system().now().plus_ms(lasts_ms).micros();
            let reason = reason.clone();
            admin.begin_standby(proto::BeginStandbyRequest { patient: patient.clone(), reason, until_us }).await?;
            show(admin, patient, json).await
        }
        Verb::Resume { patient } => {
            admin.end_standby(proto::EndStandbyRequest { patient: patient.clone() }).await?;
            show(admin, patient, json).await
        }
        Verb::Discharge { patient, died } => {
            admin.discharge_patient(proto::DischargePatientRequest { patient: patient.clone(), died: *died }).await?;
            show(admin, patient, json).await
        }
        Verb::Merge { from, into } => {
            admin.merge_patients(proto::MergePatientsRequest { from: from.clone(), into: into.clone() }).await?;
            show(admin, into, json).await
        }
    }
}

fn admission(patient: &str, place: &Place, profile: &Profile) -> proto::AdmitPatientRequest {
    proto::AdmitPatientRequest {
        patient: patient.to_owned(),
        unit: place.unit.clone(),
        bed: place.bed.clone(),
        profile: Some(profile.on_wire()),
    }
}

async fn show(mut admin: Client, patient: &str, json: bool) -> Result<(), Failure> {
    let patient = admin.get_patient(proto::GetPatientRequest { patient: patient.to_owned() }).await?.into_inner();
    print::patients(&[patient], json, true)
}

async fn list(mut admin: Client, filter: proto::ListPatientsRequest, json: bool) -> Result<(), Failure> {
    let (mut page_token, mut first) = (String::new(), true);
    loop {
        let request = proto::ListPatientsRequest { page_size: PAGE, page_token, ..filter.clone() };
        let page = admin.list_patients(request).await?.into_inner();
        print::patients(&page.patients, json, first)?;
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        (page_token, first) = (page.next_page_token, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_numbers() {
        assert_eq!(range("88-92"), Ok((88, 92)));
        for wrong in ["", "88", "88-", "-92", "a-b", "88-92-95"] {
            assert!(range(wrong).unwrap_err().contains("for example 88-92"), "{wrong}");
        }
    }
}
