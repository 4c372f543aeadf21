//! `vigil drill`: whether an alert of a unit would reach somebody, tried with the real ladder and real people.

use std::time::Duration;

use tokio::time::Instant;

use super::connect::{ConnectArgs, People, block_on};
use super::duration::parse;
use super::failure::{Failure, exit};
use crate::proto;
use crate::proto::alert_service_client::AlertServiceClient;
use crate::proto::on_call_service_client::OnCallServiceClient;
use crate::time::Timestamp;

/// How often it looks whether somebody has answered.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Raises a marked alert in a unit, waits for an answer, and reports who was asked when. Counts in no figure.
///
/// Exit code 1 if nobody answered in time. Example: vigil drill --unit icu --within 10m --ca pki/ca.pem --token-file
/// admin.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The unit.
    #[arg(long)]
    unit: String,
    /// Which ladder is run.
    #[arg(long, value_enum, default_value = "physiological")]
    kind: Kind,
    /// Which priority.
    #[arg(long, value_enum, default_value = "high")]
    priority: Priority,
    /// How long to wait for an answer; then the drill ends, its pages are taken back.
    #[arg(long, value_parser = parse, default_value = "10m")]
    within: Duration,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    Physiological,
    Technical,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Priority {
    High,
    Medium,
    Low,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    block_on(async { drill(args.connect.people().await?, args).await })
}

async fn drill(people: People, args: &Args) -> Result<(), Failure> {
    let (mut oncall, mut alerts) = (OnCallServiceClient::new(people.clone()), AlertServiceClient::new(people));
    let kind = match args.kind {
        Kind::Physiological => proto::ConditionKind::Physiological,
        Kind::Technical => proto::ConditionKind::Technical,
    };
    let priority = match args.priority {
        Priority::High => proto::Priority::High,
        Priority::Medium => proto::Priority::Medium,
        Priority::Low => proto::Priority::Low,
    };
    let request = proto::StartDrillRequest { unit: args.unit.clone(), kind: kind.into(), priority: priority.into() };
    let alert = oncall.start_drill(request).await?.into_inner().alert;
    eprintln!("drill {alert} is under way in {}", args.unit);
    let facts = until_answered(&mut alerts, &alert, args.within).await;
    // It ends in any case: a drill that nobody stops would page people on and on.
    oncall.end_drill(proto::EndDrillRequest { unit: args.unit.clone() }).await?;
    let facts = facts?;
    let answered = facts.iter().any(is_answer);
    report(&alert, &facts, args.connect.json);
    if answered { Ok(()) } else { Err(Failure::new(exit::NO, "nobody answered the drill in time")) }
}

/// What has happened once somebody answered, or the time is over.
async fn until_answered(
    alerts: &mut AlertServiceClient<People>,
    alert: &str,
    within: Duration,
) -> Result<Vec<proto::AlertFact>, Failure> {
    let limit = Instant::now() + within;
    loop {
        let request = proto::HistoryRequest { id: alert.to_owned() };
        let facts = alerts.history(request).await?.into_inner().facts;
        if facts.iter().any(is_answer) || Instant::now() >= limit {
            return Ok(facts);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_answer(fact: &proto::AlertFact) -> bool {
    matches!(fact.what.as_str(), "accepted" | "acknowledged")
}

fn report(alert: &str, facts: &[proto::AlertFact], json: bool) {
    let began = facts.first().map_or(0, |fact| fact.at_us);
    for fact in facts {
        let after_ms = (fact.at_us - began) / 1_000;
        if json {
            let line = serde_json::json!({
                "drill": alert, "at": Timestamp(fact.at_us).to_string(), "after_ms": after_ms, "what": fact.what,
                "step": fact.step, "by": fact.by, "people": fact.people,
            });
            println!("{line}");
        } else {
            let people = fact.people.join(" ");
            println!(
                "{:>8} ms  {:<16} {}{}{people}",
                after_ms,
                fact.what,
                fact.by,
                if fact.by.is_empty() { "" } else { " " }
            );
        }
    }
}
