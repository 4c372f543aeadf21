//! `vigil devices`: whose devices are, from a shell.

use clap::Subcommand;

use super::connect::{ConnectArgs, People, block_on};
use super::failure::Failure;
use super::instant;
use crate::proto;
use crate::proto::admin_service_client::AdminServiceClient;
use crate::proto::reattribute_request::Selection;
use crate::time::Timestamp;

mod print;
mod redecode;

/// Devices per page of a list.
const PAGE: u32 = 1_000;

/// Registers, assigns, lends, retires and lists devices.
///
/// Example: vigil devices assign mon-1 --to p-17 --ca pki/ca.pem --token-file ada.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What other decoders would make of the payloads that a data folder holds: values and alerts that would change.
    ///
    /// Works on the files, beside a running platform too; changes nothing.
    ///
    /// Example: vigil devices redecode --data-dir data --decoders config/devices
    Redecode(redecode::Args),
    /// Devices in use, in the order of their ids.
    Ls {
        /// For which this unit cares now: its own, and those lent to it.
        #[arg(long)]
        unit: Option<String>,
        /// Of one patient.
        #[arg(long)]
        patient: Option<String>,
        /// For which this gateway speaks.
        #[arg(long)]
        gateway: Option<String>,
        /// Also those that are retired.
        #[arg(long)]
        retired: bool,
    },
    /// One device.
    Show {
        /// The device.
        device: String,
    },
    /// Makes a device known; one that was retired is in use again.
    Register {
        /// The device, as its certificate names it.
        device: String,
        /// Chooses the decoder.
        #[arg(long, default_value = "")]
        model: String,
        /// Chooses the decoder's version.
        #[arg(long, default_value = "")]
        firmware: String,
        /// The unit whose technicians care for it.
        #[arg(long)]
        unit: String,
        /// The gateway that speaks for it; without it, it speaks for itself.
        #[arg(long, default_value = "")]
        gateway: String,
    },
    /// What the device observes in this time belongs to the patient, whenever it arrives.
    Assign {
        /// The device.
        device: String,
        /// The patient.
        #[arg(long)]
        to: String,
        /// Device time of the begin; without it the end of the newest assignment.
        #[arg(long, value_parser = instant::parse)]
        from: Option<Timestamp>,
        /// Device time of the end; without it no end is known.
        #[arg(long, value_parser = instant::parse)]
        until: Option<Timestamp>,
    },
    /// Ends the assignment.
    Unassign {
        /// The device.
        device: String,
        /// Device time that has passed; without it now.
        #[arg(long, value_parser = instant::parse)]
        at: Option<Timestamp>,
    },
    /// Takes the device out of use: its assignment and its stream end.
    Retire {
        /// The device.
        device: String,
    },
    /// Another unit's technicians care for it for a time.
    Lend {
        /// The device.
        device: String,
        /// The unit.
        #[arg(long)]
        to: String,
        /// When it ends by itself.
        #[arg(long, value_parser = instant::parse)]
        until: Timestamp,
    },
    /// Ends a loan.
    Return {
        /// The device.
        device: String,
    },
    /// Says that stored readings were recorded for the wrong patient: the right one gets a copy.
    Reattribute(Reattribute),
}

#[derive(Debug, clap::Args)]
struct Reattribute {
    /// The device.
    device: String,
    /// For whom they were recorded.
    #[arg(long)]
    from: String,
    /// Whose they are.
    #[arg(long)]
    to: String,
    /// Why; no patient data.
    #[arg(long, short = 'm')]
    reason: String,
    /// Device time of the first reading.
    #[arg(long, value_parser = instant::parse)]
    since: Timestamp,
    /// Device time after the last reading.
    #[arg(long, value_parser = instant::parse)]
    before: Timestamp,
}

type Client = AdminServiceClient<People>;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Verb::Redecode(redecode) = &args.verb {
        return redecode::run(redecode, args.connect.json);
    }
    block_on(async { ask(AdminServiceClient::new(args.connect.people().await?), args).await })
}

async fn ask(mut admin: Client, args: &Args) -> Result<(), Failure> {
    let json = args.connect.json;
    let us = |at: &Option<Timestamp>| at.map_or(0, Timestamp::micros);
    let changed = match &args.verb {
        // It asks no server: see `run`.
        Verb::Redecode(_) => return Ok(()),
        Verb::Ls { unit, patient, gateway, retired } => {
            let filter = proto::ListDevicesRequest {
                unit: unit.clone().unwrap_or_default(),
                patient: patient.clone().unwrap_or_default(),
                gateway: gateway.clone().unwrap_or_default(),
                retired_too: *retired,
                ..proto::ListDevicesRequest::default()
            };
            return list(admin, filter, json).await;
        }
        Verb::Reattribute(wanted) => return reattribute(admin, wanted, json).await,
        Verb::Show { device } => device,
        Verb::Register { device, model, firmware, unit, gateway } => {
            let (model, firmware, unit, gateway) = (model.clone(), firmware.clone(), unit.clone(), gateway.clone());
            let request = proto::RegisterDeviceRequest { device: device.clone(), model, firmware, unit, gateway };
            admin.register_device(request).await?;
            device
        }
        Verb::Assign { device, to, from, until } => {
            let (patient, from_us, until_us) = (to.clone(), us(from), us(until));
            let request = proto::AssignDeviceRequest { device: device.clone(), patient, from_us, until_us };
            admin.assign_device(request).await?;
            device
        }
        Verb::Unassign { device, at } => {
            admin.unassign_device(proto::UnassignDeviceRequest { device: device.clone(), at_us: us(at) }).await?;
            device
        }
        Verb::Retire { device } => {
            admin.retire_device(proto::RetireDeviceRequest { device: device.clone() }).await?;
            device
        }
        Verb::Lend { device, to, until } => {
            let (unit, until_us) = (to.clone(), until.micros());
            admin.lend_device(proto::LendDeviceRequest { device: device.clone(), unit, until_us }).await?;
            device
        }
        Verb::Return { device } => {
            admin.return_device(proto::ReturnDeviceRequest { device: device.clone() }).await?;
            device
        }
    };
    let device = admin.get_device(proto::GetDeviceRequest { device: changed.clone() }).await?.into_inner();
    print::devices(&[device], json, true)
}

async fn reattribute(mut admin: Client, wanted: &Reattribute, json: bool) -> Result<(), Failure> {
    let times = proto::DeviceTimes { from_us: wanted.since.micros(), until_us: wanted.before.micros() };
    let request = proto::ReattributeRequest {
        device: wanted.device.clone(),
        from: wanted.from.clone(),
        to: wanted.to.clone(),
        reason: wanted.reason.clone(),
        selection: Some(Selection::Times(times)),
    };
    print::reattributed(admin.reattribute(request).await?.into_inner().readings, json)
}

async fn list(mut admin: Client, filter: proto::ListDevicesRequest, json: bool) -> Result<(), Failure> {
    let (mut page_token, mut first) = (String::new(), true);
    loop {
        let request = proto::ListDevicesRequest { page_size: PAGE, page_token, ..filter.clone() };
        let page = admin.list_devices(request).await?.into_inner();
        print::devices(&page.devices, json, first)?;
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        (page_token, first) = (page.next_page_token, false);
    }
}
