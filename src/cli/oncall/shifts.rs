//! The verbs of `vigil oncall` about test pages and shifts.

use clap::Subcommand;

use super::{Client, said};
use crate::cli::failure::{Failure, exit};
use crate::proto;

#[derive(Debug, Subcommand)]
pub(super) enum ShiftVerb {
    /// Sends a person a test page by each contact. Unanswered for 24 hours it is a gap in coverage.
    Check {
        /// The person.
        person: String,
    },
    /// Answers the test page that you got.
    AnswerCheck,
    /// Offers your shift in a unit: your patients, what is left of your turn, the alerts that you own. It is yours until
    /// the other has taken it over.
    HandOver {
        /// The unit.
        unit: String,
        /// To whom.
        #[arg(long)]
        to: String,
        /// Only this patient.
        #[arg(long)]
        patient: Option<String>,
    },
    /// Takes over a shift that was offered to you. Exit code 1 if an alert of it stays with its owner.
    TakeOver {
        /// The unit.
        unit: String,
        /// From whom.
        #[arg(long)]
        from: String,
    },
}

pub(super) async fn ask(mut client: Client, verb: &ShiftVerb) -> Result<(), Failure> {
    match verb {
        ShiftVerb::Check { person } => {
            said(client.send_check(proto::CheckRequest { person: person.clone() }).await?.into_inner())
        }
        ShiftVerb::AnswerCheck => said(client.answer_check(proto::AnswerCheckRequest {}).await?.into_inner()),
        ShiftVerb::HandOver { unit, to, patient } => {
            let patient = patient.clone().unwrap_or_default();
            let request = proto::HandOverShiftRequest { unit: unit.clone(), to: to.clone(), patient };
            print_alerts("offered", &client.hand_over_shift(request).await?.into_inner())
        }
        ShiftVerb::TakeOver { unit, from } => {
            let request = proto::TakeOverShiftRequest { unit: unit.clone(), from: from.clone() };
            print_alerts("taken over", &client.take_over_shift(request).await?.into_inner())
        }
    }
}

fn print_alerts(done: &str, shift: &proto::ShiftResponse) -> Result<(), Failure> {
    println!("the shift is {done}, with {} alerts", shift.alerts.iter().filter(|one| one.refused.is_empty()).count());
    let stay: Vec<_> = shift.alerts.iter().filter(|one| !one.refused.is_empty()).collect();
    for one in &stay {
        println!("{} stays with its owner: {}", one.alert, one.refused);
    }
    if stay.is_empty() { Ok(()) } else { Err(Failure::new(exit::NO, "not every alert went over")) }
}
