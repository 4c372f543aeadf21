//! `vigil oncall`: who is responsible, from a shell.

mod shifts;

use std::time::Duration;

use clap::Subcommand;

use super::connect::{ConnectArgs, People, block_on};
use super::duration::parse;
use super::failure::{Failure, exit};
use crate::proto;
use crate::proto::on_call_service_client::OnCallServiceClient;
use crate::time::Timestamp;

/// Says who is on call, finds gaps, and changes who is on call for a while.
///
/// Example: vigil oncall gaps --ca pki/ca.pem --token-file admin.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Who is on call, by unit and role.
    Who {
        /// Of one unit.
        #[arg(long)]
        unit: Option<String>,
        /// At a time, RFC 3339; without it now.
        #[arg(long, value_parser = time)]
        at: Option<Timestamp>,
        /// Whose primary nurse is asked for.
        #[arg(long)]
        patient: Option<String>,
    },
    /// Every minute of the next 14 days without somebody who can be reached. Exit code 1 if there is one.
    Gaps {
        /// Of one unit.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Puts somebody on call, takes somebody off, or both, for a while.
    Override {
        /// The rotation.
        rotation: String,
        /// Who is on call besides, or instead.
        #[arg(long, required_unless_present = "remove")]
        add: Option<String>,
        /// Who is not on call.
        #[arg(long)]
        remove: Option<String>,
        /// From then on, RFC 3339.
        #[arg(long, value_parser = time)]
        from: Timestamp,
        /// For how long, for example 8h.
        #[arg(long = "for", value_parser = parse)]
        length: Duration,
    },
    /// The overrides that hold or will.
    Overrides,
    /// Takes an override back.
    EndOverride {
        /// Its number, as `overrides` prints it.
        number: u32,
    },
    /// Gives patients to a nurse for a shift.
    Assign {
        /// The unit.
        unit: String,
        /// The nurse.
        person: String,
        /// The patients.
        #[arg(required = true)]
        patients: Vec<String>,
        /// From then on, RFC 3339.
        #[arg(long, value_parser = time)]
        from: Timestamp,
        /// For how long, at most 36h.
        #[arg(long = "for", value_parser = parse)]
        length: Duration,
    },
    /// Silences technical alerts of a unit, for at most 4 hours.
    Maintenance {
        /// The unit.
        unit: String,
        /// Why.
        #[arg(long, short = 'm')]
        reason: String,
        /// From then on, RFC 3339.
        #[arg(long, value_parser = time)]
        from: Timestamp,
        /// For how long.
        #[arg(long = "for", value_parser = parse)]
        length: Duration,
    },
    /// Pages of a person that a contact never got.
    DeadLetters {
        /// The person.
        person: String,
        /// Sends them again, under their own keys.
        #[arg(long)]
        resend: bool,
    },
    /// Says that a contact of yours works; an administrator may say so of anybody's.
    Verify {
        /// The person.
        person: String,
        /// The contact, as the care plan has it: CHANNEL:ADDRESS.
        contact: String,
    },
    #[command(flatten)]
    Shift(shifts::ShiftVerb),
}

type Client = OnCallServiceClient<People>;

fn time(text: &str) -> Result<Timestamp, String> {
    let parsed = chrono::DateTime::parse_from_rfc3339(text);
    let allowed = |_| "it is no time; allowed: RFC 3339, for example 2026-03-02T07:00:00+01:00".to_owned();
    parsed.map(|at| Timestamp(at.timestamp_micros())).map_err(allowed)
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    block_on(async { ask(OnCallServiceClient::new(args.connect.people().await?), args).await })
}

fn after(from: Timestamp, length: Duration) -> i64 {
    from.plus_ms(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)).micros()
}

async fn ask(mut client: Client, args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::Shift(verb) => shifts::ask(client, verb).await,
        Verb::Who { unit, at, patient } => {
            let unit = unit.clone().unwrap_or_default();
            let patient = patient.clone().unwrap_or_default();
            let request = proto::WhoRequest { unit, at_us: at.map_or(0, Timestamp::micros), patient };
            print_roles(&client.who(request).await?.into_inner().roles, args.connect.json);
            Ok(())
        }
        Verb::Gaps { unit } => {
            let request = proto::GapsRequest { unit: unit.clone().unwrap_or_default() };
            print_gaps(&client.gaps(request).await?.into_inner().gaps, args.connect.json)
        }
        Verb::Override { rotation, add, remove, from, length } => {
            let request = proto::OnCallOverride {
                number: 0,
                rotation: rotation.clone(),
                add: add.clone().unwrap_or_default(),
                remove: remove.clone().unwrap_or_default(),
                from_us: from.micros(),
                to_us: after(*from, *length),
            };
            said(client.set_override(request).await?.into_inner())
        }
        Verb::Overrides => {
            let listed = client.list_overrides(proto::ListOverridesRequest {}).await?.into_inner();
            print_overrides(&listed.overrides, args.connect.json);
            Ok(())
        }
        Verb::EndOverride { number } => {
            said(client.end_override(proto::EndOverrideRequest { number: *number }).await?.into_inner())
        }
        Verb::Assign { unit, person, patients, from, length } => {
            let request = proto::PatientsAssigned {
                unit: unit.clone(),
                person: person.clone(),
                patients: patients.clone(),
                from_us: from.micros(),
                to_us: after(*from, *length),
            };
            said(client.assign_patients(request).await?.into_inner())
        }
        Verb::Maintenance { unit, reason, from, length } => {
            let request = proto::MaintenanceSet {
                unit: unit.clone(),
                reason: reason.clone(),
                by: String::new(),
                from_us: from.micros(),
                until_us: after(*from, *length),
            };
            said(client.set_maintenance(request).await?.into_inner())
        }
        Verb::DeadLetters { person, resend: true } => {
            let request = proto::DeadLettersRequest { person: person.clone() };
            println!("{} sent again", client.resend_dead_letters(request).await?.into_inner().letters);
            Ok(())
        }
        Verb::DeadLetters { person, resend: false } => {
            let request = proto::DeadLettersRequest { person: person.clone() };
            for letter in client.list_dead_letters(request).await?.into_inner().letters {
                let at = Timestamp(letter.at_us);
                println!("{at} {} {}:{} {}", letter.alert, letter.channel, letter.address, letter.why);
            }
            Ok(())
        }
        Verb::Verify { person, contact } => {
            let (channel, address) = contact
                .split_once(':')
                .ok_or_else(|| Failure::new(exit::NO, "a contact is CHANNEL:ADDRESS, as the care plan has it"))?;
            let (person, channel, address) = (person.clone(), channel.to_owned(), address.to_owned());
            let request = proto::StoredContact { person, channel, address };
            said(client.verify_contact(request).await?.into_inner())
        }
    }
}

#[allow(clippy::unnecessary_wraps)] // As the answer of a verb.
fn said(response: proto::RosterResponse) -> Result<(), Failure> {
    println!("roster version {}", response.version);
    Ok(())
}

fn print_roles(roles: &[proto::InRole], json: bool) {
    for one in roles {
        if json {
            let proto::InRole { unit, role, people, reachable } = one;
            println!("{}", serde_json::json!({ "unit": unit, "role": role, "people": people, "reachable": reachable }));
        } else {
            let people = if one.people.is_empty() { "NOBODY".to_owned() } else { one.people.join(" ") };
            println!("{:<16} {:<16} {people}", one.unit, one.role);
        }
    }
}

fn print_gaps(gaps: &[proto::CoverageGap], json: bool) -> Result<(), Failure> {
    for gap in gaps {
        let (from, to) = (Timestamp(gap.from_us).to_string(), Timestamp(gap.to_us).to_string());
        if json {
            let line = serde_json::json!({
                "unit": gap.unit, "role": gap.role, "from": from, "to": to, "unreachable": gap.unreachable,
            });
            println!("{line}");
        } else {
            let why = match gap.unreachable.as_slice() {
                [] => "nobody is on call".to_owned(),
                people => format!("cannot be reached: {}", people.join(" ")),
            };
            println!("{from} {to} {:<16} {:<16} {why}", gap.unit, gap.role);
        }
    }
    if gaps.is_empty() {
        return Ok(());
    }
    Err(Failure::new(exit::NO, format_args!("{} gaps in coverage within 14 days", gaps.len())))
}

fn print_overrides(overrides: &[proto::OnCallOverride], json: bool) {
    for one in overrides {
        let (from, to) = (Timestamp(one.from_us).to_string(), Timestamp(one.to_us).to_string());
        let proto::OnCallOverride { number, rotation, add, remove, .. } = one;
        if json {
            let line = serde_json::json!({
                "number": number, "rotation": rotation, "add": add, "remove": remove, "from": from, "to": to,
            });
            println!("{line}");
        } else {
            println!("{number:>5} {rotation:<16} +{add:<12} -{remove:<12} {from} {to}");
        }
    }
}
