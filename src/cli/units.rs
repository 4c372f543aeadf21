//! `vigil units`: care units, from a shell.

use std::io::{self, Write};

use super::connect::{ConnectArgs, block_on};
use super::failure::Failure;
use crate::proto;
use crate::proto::admin_service_client::AdminServiceClient;

/// Lists and creates care units. Patients are admitted, and devices registered, to units that are known.
///
/// Example: vigil units create icu --ca pki/ca.pem --token-file ada.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// The units that are known.
    Ls,
    /// Makes a unit known; its alerts go to the fallback until it has a care team.
    Create {
        /// The unit.
        unit: String,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    block_on(async {
        let mut admin = AdminServiceClient::new(args.connect.people().await?);
        match &args.verb {
            Verb::Ls => {
                print(&admin.list_units(proto::ListUnitsRequest {}).await?.into_inner().units, args.connect.json)
            }
            Verb::Create { unit } => {
                admin.create_unit(proto::CreateUnitRequest { unit: unit.clone() }).await?;
                Ok(())
            }
        }
    })
}

fn print(units: &[proto::Unit], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for proto::Unit { unit } in units {
        if json {
            writeln!(out, "{}", serde_json::json!({ "unit": unit }))?;
        } else {
            writeln!(out, "{unit}")?;
        }
    }
    Ok(())
}
