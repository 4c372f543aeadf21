//! `vigil keys`: the key-encryption key, and erasure of a patient.

use std::path::PathBuf;

use clap::Subcommand;

use super::failure::Failure;
use crate::client::channel::{self, Bearer};
use crate::proto;
use crate::proto::access_service_client::AccessServiceClient;

/// Rotates the key-encryption key of a running platform, or erases a patient.
///
/// Example: vigil keys rotate --token-file admin.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the platform listens for people.
    #[arg(long, global = true, default_value = "https://127.0.0.1:7444")]
    server: String,
    /// Certificate of the authority that signed the server's.
    #[arg(long, global = true, default_value = "pki/ca.pem")]
    ca: PathBuf,
    /// File with the token of a person with the role admin.
    #[arg(long, global = true, default_value = "vigil.token")]
    token_file: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Wraps all keys under a new key-encryption key and shreds the old one. Readings go on meanwhile. Back the key
    /// folder up again afterwards: copies of before do not open what comes.
    Rotate,
    /// Erases a patient for good: the key is destroyed, so that journal, snapshots and backups hold nothing of the
    /// patient that anybody could open. There is no way back. Opaque ids and the audit trail stay. The patient must be discharged.
    Destroy {
        /// The patient.
        #[arg(long)]
        patient: String,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let bearer = Bearer::from_file(&args.token_file)?;
        let endpoint = channel::endpoint(&args.server, &channel::read_pem(&args.ca)?, None)?;
        let channel = channel::connect(&endpoint).await?;
        let mut client = AccessServiceClient::with_interceptor(channel, bearer);
        match &args.verb {
            Verb::Rotate => {
                let version = client.rotate_keys(proto::RotateKeysRequest {}).await?.into_inner().version;
                println!("all keys are wrapped under version {version} of the key-encryption key");
            }
            Verb::Destroy { patient } => {
                client.erase_patient(proto::ErasePatientRequest { patient: patient.clone() }).await?;
                println!("the key of {patient} is destroyed: nobody can open what it sealed any more");
            }
        }
        Ok(())
    })
}
