//! `vigil access`: the `AccessService` from a shell.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

use super::duration;
use super::failure::{Failure, exit};
use crate::client::channel::{self, Bearer};
use crate::proto::access_service_client::AccessServiceClient;
use crate::proto::{self, AssignPersonRequest};

mod print;

/// Says who cares for whom, breaks the glass, and shows who saw what.
///
/// Example: vigil access log --patient p-17 --since 2026-11-01T00:00:00Z --token-file cora.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the platform listens for people.
    #[arg(long, global = true, default_value = "https://127.0.0.1:7444")]
    server: String,
    /// Certificate of the authority that signed the server's.
    #[arg(long, global = true, default_value = "pki/ca.pem")]
    ca: PathBuf,
    /// File with your token.
    #[arg(long, global = true, default_value = "vigil.token")]
    token_file: PathBuf,
    /// One JSON object per line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Puts a person on the care team of a unit or a patient (role admin).
    Assign(Assignment),
    /// Takes a person off (role admin). A ladder that names them still does.
    Unassign(Assignment),
    /// Shows you a patient of another care team for a time; on record, and reviewed (roles physician, nurse).
    BreakGlass {
        /// The patient.
        patient: String,
        /// Why: 8 to 500 bytes.
        #[arg(long, short = 'm')]
        reason: String,
        /// For how long: 1 minute to 8 hours.
        #[arg(long = "for", value_name = "D", default_value = "60m", value_parser = duration::parse)]
        lasting: Duration,
    },
    /// Ends a break-glass of yours before its time.
    EndBreakGlass {
        /// Its number, as `break-glass` prints it.
        ordinal: u32,
    },
    /// Every break-glass, those that wait for a review first, by due date (role compliance).
    Reviews {
        /// Only those that wait.
        #[arg(long)]
        waiting: bool,
    },
    /// Judges a break-glass (role compliance).
    Review {
        /// Its number, as `reviews` prints it.
        ordinal: u32,
        /// It was not right; otherwise it was.
        #[arg(long)]
        unjustified: bool,
        /// What was found: 8 to 500 bytes.
        #[arg(long, short = 'm')]
        note: String,
    },
    /// Who saw what, newest first (role compliance).
    Log {
        /// Of one patient: the patient's access report.
        #[arg(long)]
        patient: Option<String>,
        /// By one person.
        #[arg(long)]
        person: Option<String>,
        /// From this time on, RFC 3339.
        #[arg(long, value_parser = instant)]
        since: Option<i64>,
        /// Before this time, RFC 3339.
        #[arg(long, value_parser = instant)]
        until: Option<i64>,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// What a person may do and see of a patient, and why (role compliance).
    Explain {
        /// The person.
        #[arg(long)]
        who: String,
        /// The patient.
        #[arg(long)]
        patient: String,
    },
}

#[derive(Debug, clap::Args)]
struct Assignment {
    /// The person.
    person: String,
    #[command(flatten)]
    of: CareOf,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct CareOf {
    /// All patients of a unit.
    #[arg(long)]
    unit: Option<String>,
    /// One patient, wherever they lie.
    #[arg(long)]
    patient: Option<String>,
}

type Client = AccessServiceClient<InterceptedService<Channel, Bearer>>;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let bearer = Bearer::from_file(&args.token_file)?;
        let endpoint = channel::endpoint(&args.server, &channel::read_pem(&args.ca)?, None)?;
        let channel = channel::connect(&endpoint).await?;
        ask(AccessServiceClient::with_interceptor(channel, bearer), args).await
    })
}

async fn ask(mut client: Client, args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::Assign(of) => print::changed(client.assign(assignment(of)).await?.into_inner().changed, args.json),
        Verb::Unassign(of) => print::changed(client.unassign(assignment(of)).await?.into_inner().changed, args.json),
        Verb::BreakGlass { patient, reason, lasting } => {
            let minutes = u32::try_from(lasting.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
            let request = proto::BreakGlassRequest { patient: patient.clone(), reason: reason.clone(), minutes };
            print::glass(client.break_glass(request).await?.into_inner().entry.as_slice(), args.json)
        }
        Verb::EndBreakGlass { ordinal } => {
            client.end_break_glass(proto::EndBreakGlassRequest { ordinal: *ordinal }).await?;
            Ok(())
        }
        Verb::Reviews { waiting } => {
            let listed = client.list_break_glass(proto::ListBreakGlassRequest { waiting: *waiting }).await?;
            print::glass(&listed.into_inner().entries, args.json)
        }
        Verb::Review { ordinal, unjustified, note } => {
            let (ordinal, note) = (*ordinal, note.clone());
            client
                .review_break_glass(proto::ReviewBreakGlassRequest { ordinal, justified: !unjustified, note })
                .await?;
            Ok(())
        }
        Verb::Log { patient, person, since, until, limit } => {
            let wanted = proto::ListAccessRequest {
                patient: patient.clone().unwrap_or_default(),
                person: person.clone().unwrap_or_default(),
                since_us: since.unwrap_or_default(),
                until_us: until.unwrap_or_default(),
                page_size: u32::try_from(*limit).unwrap_or(u32::MAX),
                page_token: String::new(),
            };
            log(client, wanted, *limit, args.json).await
        }
        Verb::Explain { who, patient } => {
            let request = proto::ExplainRequest { person: who.clone(), patient: patient.clone() };
            print::explained(&client.explain(request).await?.into_inner(), args.json)
        }
    }
}

fn assignment(assignment: &Assignment) -> AssignPersonRequest {
    AssignPersonRequest {
        person: assignment.person.clone(),
        unit: assignment.of.unit.clone().unwrap_or_default(),
        patient: assignment.of.patient.clone().unwrap_or_default(),
    }
}

/// Page by page, until there are enough.
async fn log(
    mut client: Client,
    mut wanted: proto::ListAccessRequest,
    limit: usize,
    json: bool,
) -> Result<(), Failure> {
    let mut left = limit;
    loop {
        let page = client.list_access(wanted.clone()).await?.into_inner();
        let shown = page.entries.len().min(left);
        print::accesses(&page.entries[..shown], json)?;
        left -= shown;
        if left == 0 || page.next_page_token.is_empty() {
            return Ok(());
        }
        wanted.page_token = page.next_page_token;
    }
}

fn instant(text: &str) -> Result<i64, String> {
    let parsed = chrono::DateTime::parse_from_rfc3339(text);
    parsed.map(|at| at.timestamp_micros()).map_err(|_| "a time is written 2026-11-24T06:00:00Z".to_owned())
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(exit::STORAGE, error)
    }
}
