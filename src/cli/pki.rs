//! `vigil pki`: a development PKI.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::failure::{Failure, exit};
use crate::clock::Clock;
use crate::pki::{Authority, IssuedFiles, PkiError, serial_of};

/// Makes and keeps a development PKI: an authority, its revocation list, certificates.
///
/// Example: vigil pki init pki && vigil pki issue-server && vigil pki issue-device pump-1
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Makes an authority with an empty revocation list in a new folder.
    Init {
        /// The folder.
        dir: PathBuf,
        /// Trust domain of the identities: `spiffe://SITE/device/ID`. The same as `pki.site` of the server.
        #[arg(long, default_value = "vigil")]
        site: String,
    },
    /// Issues the certificate of a device into devices/ID.pem and devices/ID.key.
    IssueDevice {
        /// The device's id.
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// Issues the certificate of a gateway into gateways/ID.pem and gateways/ID.key.
    IssueGateway {
        /// The gateway's id.
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// Issues the server's certificate into server.pem and server.key.
    IssueServer {
        /// A DNS name or address under which it is reached; may be given several times.
        #[arg(long = "host", default_values = ["localhost", "127.0.0.1", "::1"])]
        hosts: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// Puts a certificate on the revocation list; a running server takes note within 10 s.
    Revoke {
        /// The certificate's file, or its serial number in hexadecimal.
        certificate: String,
        #[command(flatten)]
        at: At,
    },
    /// Signs the revocation list anew: it is valid for 30 days, and no device connects when it has expired.
    RenewCrl {
        #[command(flatten)]
        at: At,
    },
}

#[derive(Debug, clap::Args)]
struct At {
    /// Folder of the PKI.
    #[arg(long, default_value = "pki")]
    pki: PathBuf,
}

impl From<PkiError> for Failure {
    fn from(error: PkiError) -> Self {
        let code = match error {
            PkiError::File { .. } | PkiError::NoRandomness => exit::STORAGE,
            _ => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let now = Clock::system().now();
    match &args.verb {
        Verb::Init { dir, site } => {
            Authority::create(dir, site, now)?;
            println!("{}", dir.join("ca.pem").display());
        }
        Verb::IssueDevice { id, at } => said(&Authority::open(&at.pki)?.issue_device(id, now)?),
        Verb::IssueGateway { id, at } => said(&Authority::open(&at.pki)?.issue_gateway(id, now)?),
        Verb::IssueServer { hosts, at } => said(&Authority::open(&at.pki)?.issue_server(hosts, now)?),
        Verb::Revoke { certificate, at } => {
            let serial = serial(certificate)?;
            Authority::open(&at.pki)?.revoke(&serial, now)?;
            println!("revoked {serial}");
        }
        Verb::RenewCrl { at } => {
            Authority::open(&at.pki)?.renew_crl(now)?;
            println!("{}", at.pki.join("crl.pem").display());
        }
    }
    Ok(())
}

fn serial(certificate: &str) -> Result<String, PkiError> {
    let path = Path::new(certificate);
    if path.exists() { serial_of(path) } else { Ok(certificate.to_ascii_lowercase()) }
}

fn said(issued: &IssuedFiles) {
    println!("{}\n{}\nserial {}", issued.certificate.display(), issued.key.display(), issued.serial);
}
