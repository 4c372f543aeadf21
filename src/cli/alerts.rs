//! `vigil alerts`: the `AlertService` from a shell.

use clap::Subcommand;

use super::connect::{ConnectArgs, People, block_on};
use super::failure::{Failure, exit};
use crate::proto::alert_service_client::AlertServiceClient;
use crate::proto::{self, AnswerRequest, AnswerResponse};

mod print;
mod several;

/// Lists, shows, answers and watches alerts.
///
/// Example: vigil alerts ls --ca pki/ca.pem --token-file dr-lee.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Alerts that stand: unanswered first, then by priority and age.
    Ls {
        /// Of one unit.
        #[arg(long)]
        unit: Option<String>,
        /// Of one patient.
        #[arg(long)]
        patient: Option<String>,
        /// Of one subject: PATIENT, device~DEVICE or unit~UNIT.
        #[arg(long, conflicts_with = "patient")]
        subject: Option<String>,
        /// Also those that are closed.
        #[arg(long)]
        closed: bool,
    },
    /// Everything that happened to one alert.
    Show {
        /// PATIENT~N, device~DEVICE~N or unit~UNIT~N, as `ls` prints it.
        id: String,
    },
    /// "I own it", and its signals are silenced; expires.
    #[command(visible_alias = "ack")]
    Acknowledge(Answer),
    /// Acknowledges several alerts at once; refused where any of them is high.
    #[command(visible_alias = "ack-all")]
    AcknowledgeAll {
        /// PATIENT~ORDINAL, as `ls` prints them.
        #[arg(required = true)]
        ids: Vec<String>,
        /// Why.
        #[arg(long, short = 'm')]
        reason: String,
    },
    /// "I own it": the ladder stops, signals go on.
    Accept(Answer),
    /// "Not me": the next step at once.
    Reject(Answer),
    /// To a person, or to the next step, now.
    Escalate {
        #[command(flatten)]
        answer: Answer,
        /// The person; without it the next step.
        #[arg(long)]
        to: Option<String>,
    },
    /// To a person, who takes it over once they have answered; you stay responsible until then.
    HandOver {
        /// PATIENT~ORDINAL, as `ls` prints it.
        #[arg(required_unless_present_any = ["patient", "shift"], conflicts_with_all = ["patient", "shift"])]
        id: Option<String>,
        /// Everything that you own of this patient.
        #[arg(long, conflicts_with = "shift")]
        patient: Option<String>,
        /// Everything that you own.
        #[arg(long)]
        shift: bool,
        /// The person.
        #[arg(long)]
        to: String,
        /// Why.
        #[arg(long, short = 'm')]
        reason: String,
    },
    /// Silences the signals for a while; the ladder goes on. Low: at most 60 minutes, medium 15, high not at all.
    Snooze {
        #[command(flatten)]
        answer: Answer,
        /// For how many minutes.
        #[arg(long)]
        minutes: u32,
    },
    /// Says what an alert turned out to be worth, also one that is closed.
    Dispose {
        #[command(flatten)]
        answer: Answer,
        /// The verdict.
        verdict: Worth,
    },
    /// Ends a latched signal whose condition has gone.
    Reset(Answer),
    /// Adds a note.
    Comment(Answer),
    /// Prints what happens to alerts until interrupted.
    Watch {
        /// Of one unit.
        #[arg(long)]
        unit: Option<String>,
        /// Everything after this position first.
        #[arg(long)]
        from: Option<u64>,
    },
    /// Pages that wait for your answer.
    Inbox,
}

/// What an alert turned out to be worth.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Worth {
    /// It was so, and something had to be done.
    True,
    /// It was not so.
    False,
    /// It was so, and nothing had to be done.
    NotActionable,
}

#[derive(Debug, clap::Args)]
struct Answer {
    /// PATIENT~N, device~DEVICE~N or unit~UNIT~N, as `ls` prints it.
    id: String,
    /// Why, or the text of a comment.
    #[arg(long, short = 'm', default_value = "")]
    reason: String,
    /// The version of the alert that you saw; without it the one that stands now.
    #[arg(long)]
    version: Option<u32>,
}

type Client = AlertServiceClient<People>;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    block_on(async { ask(AlertServiceClient::new(args.connect.people().await?), args).await })
}

async fn ask(mut client: Client, args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::Ls { unit, patient, subject, closed } => {
            let asked = |text: &Option<String>| text.clone().unwrap_or_default();
            let (unit, patient, subject) = (asked(unit), asked(patient), asked(subject));
            let asked = proto::ListAlertsRequest { unit, patient, subject, closed_too: *closed, ..Default::default() };
            let listed = client.list(asked).await?;
            print::alerts(&listed.into_inner().alerts, args.connect.json)
        }
        Verb::Show { id } => {
            let history = client.history(proto::HistoryRequest { id: id.clone() }).await?;
            if !args.connect.json
                && let Some(alert) = newest(&mut client, id).await?
            {
                print::explanation(&alert)?;
            }
            print::facts(&history.into_inner().facts, args.connect.json)
        }
        Verb::Watch { unit, from } => watch(client, unit.clone().unwrap_or_default(), *from, args.connect.json).await,
        Verb::Inbox => print::pages(&client.inbox(proto::InboxRequest {}).await?.into_inner().pages, args.connect.json),
        Verb::Acknowledge(answer) => {
            let request = request(&mut client, answer, None).await?;
            said(&client.acknowledge(request).await?.into_inner(), args.connect.json)
        }
        Verb::Accept(answer) => {
            let request = request(&mut client, answer, None).await?;
            said(&client.accept(request).await?.into_inner(), args.connect.json)
        }
        Verb::Reject(answer) => {
            let request = request(&mut client, answer, None).await?;
            said(&client.reject(request).await?.into_inner(), args.connect.json)
        }
        Verb::Escalate { answer, to } => {
            let request = request(&mut client, answer, to.as_deref()).await?;
            said(&client.escalate(request).await?.into_inner(), args.connect.json)
        }
        Verb::AcknowledgeAll { ids, reason } => several::acknowledge(&mut client, ids, reason, args.connect.json).await,
        Verb::HandOver { id: Some(id), to, reason, .. } => {
            let answer = Answer { id: id.clone(), reason: reason.clone(), version: None };
            let request = request(&mut client, &answer, Some(to)).await?;
            said(&client.hand_over(request).await?.into_inner(), args.connect.json)
        }
        Verb::HandOver { patient, to, reason, .. } => {
            several::hand_over(&mut client, patient.as_deref(), to, reason, args.connect.json).await
        }
        Verb::Snooze { answer, minutes } => {
            let request = AnswerRequest { snooze_minutes: *minutes, ..request(&mut client, answer, None).await? };
            said(&client.snooze(request).await?.into_inner(), args.connect.json)
        }
        Verb::Dispose { answer, verdict } => {
            let verdict = match verdict {
                Worth::True => proto::Verdict::True,
                Worth::False => proto::Verdict::False,
                Worth::NotActionable => proto::Verdict::NotActionable,
            };
            let request = AnswerRequest { verdict: verdict.into(), ..request(&mut client, answer, None).await? };
            said(&client.dispose(request).await?.into_inner(), args.connect.json)
        }
        Verb::Reset(answer) => {
            let request = request(&mut client, answer, None).await?;
            said(&client.reset(request).await?.into_inner(), args.connect.json)
        }
        Verb::Comment(answer) => {
            let request = request(&mut client, answer, None).await?;
            said(&client.comment(request).await?.into_inner(), args.connect.json)
        }
    }
}

/// Where no version is said, the person answers what stands now.
async fn request(client: &mut Client, answer: &Answer, to: Option<&str>) -> Result<AnswerRequest, Failure> {
    let version = match answer.version {
        Some(version) => version,
        None => current_version(client, &answer.id).await?,
    };
    let to = to.unwrap_or_default().to_owned();
    let reason = answer.reason.clone();
    Ok(AnswerRequest { id: answer.id.clone(), version, reason, to, ..AnswerRequest::default() })
}

async fn current_version(client: &mut Client, id: &str) -> Result<u32, Failure> {
    newest(client, id).await?.map(|alert| alert.version).ok_or_else(|| {
        Failure::new(exit::NO, format_args!("there is no alert {id}; `vigil alerts ls` lists those that stand"))
    })
}

/// The alert as it stands, where it is open or was closed since the platform started.
async fn newest(client: &mut Client, id: &str) -> Result<Option<proto::Alert>, Failure> {
    let subject = id.rsplit_once('~').map_or(id, |(subject, _)| subject).to_owned();
    let all = proto::ListAlertsRequest { subject, closed_too: true, ..proto::ListAlertsRequest::default() };
    let alerts = client.list(all).await?.into_inner().alerts;
    Ok(alerts.into_iter().find(|alert| alert.id == id))
}

fn said(answered: &AnswerResponse, json: bool) -> Result<(), Failure> {
    print::alerts(answered.alert.as_slice(), json)?;
    if answered.done {
        return Ok(());
    }
    Err(Failure::new(exit::NO, "the alert has changed meanwhile: look at what stands now, and answer again"))
}

async fn watch(mut client: Client, unit: String, from: Option<u64>, json: bool) -> Result<(), Failure> {
    let request = proto::WatchAlertsRequest { from_position: from, unit };
    let mut updates = client.watch(request).await?.into_inner();
    while let Some(update) = updates.message().await? {
        print::update(&update, json)?;
    }
    Ok(())
}
