//! `vigil actors`: what judges patients and devices, where it crashed too often.

use super::connect::{ConnectArgs, block_on};
use super::failure::Failure;
use crate::proto;
use crate::proto::admin_service_client::AdminServiceClient;

/// Starts again what was parked after too many crashes. `vigil alerts ls` lists what is unwatched meanwhile.
///
/// Example: vigil actors restart p-17 --ca pki/ca.pem --token-file ada.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Starts the actor of a patient or device again; what it missed is judged then.
    Restart {
        /// PATIENT or device~DEVICE.
        subject: String,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    block_on(async {
        let mut admin = AdminServiceClient::new(args.connect.people().await?);
        let Verb::Restart { subject } = &args.verb;
        admin.restart_actor(proto::RestartActorRequest { subject: subject.clone() }).await?;
        Ok(())
    })
}
