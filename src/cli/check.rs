//! `vigil check`: conservation of readings, and receipts against the journal.

use std::path::{Path, PathBuf};

use super::simulate::report::Report;
use super::store::{DataArgs, unreadable};
use super::{Failure, exit};
use crate::audit::{Claim, Conservation, conserve};
use crate::clinical::reading::Lane;

/// Adds up what became of every reading: per (device, boot, lane), stored and declared missing must make up the whole
/// sequence; every reading of a patient is evaluated once or pending. With a report of `vigil simulate`, every receipt
/// is held against the journal. Exits 1 if the sums differ or a receipted reading is missing.
///
/// Example: vigil check --data-dir data --receipts report.json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// A report of `vigil simulate --report`.
    #[arg(long, value_name = "REPORT")]
    receipts: Option<PathBuf>,
    /// One JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let claims = args.receipts.as_deref().map(read_claims).transpose()?.unwrap_or_default();
    let store = args.data.open()?;
    let sums = conserve(&store.reader(), &store.keys()).map_err(unreadable)?;
    let missing = sums.missing(&claims);
    print(&sums, claims.len(), missing.len(), args.json);
    let mut faults: Vec<String> = missing
        .iter()
        .map(|claim| {
            format!(
                "{} boot {} {:?}: receipted through {}, not stored",
                claim.device, claim.boot, claim.lane, claim.through
            )
        })
        .collect();
    faults.extend(differences(&sums));
    if faults.is_empty() { Ok(()) } else { Err(Failure::new(exit::NO, faults.join("\n"))) }
}

fn read_claims(file: &Path) -> Result<Vec<Claim>, Failure> {
    let bad = |why: &dyn std::fmt::Display| {
        Failure::new(exit::BAD_DATA, format_args!("{}: {why}; expected a report of `vigil simulate`", file.display()))
    };
    let text = std::fs::read_to_string(file).map_err(|error| bad(&error))?;
    let report: Report = serde_json::from_str(&text).map_err(|error| bad(&error))?;
    let claim = |lane: crate::cli::simulate::report::LaneReport| {
        let name = match lane.lane.as_str() {
            "live" => Lane::Live,
            "backlog" => Lane::Backlog,
            other => return Err(bad(&format_args!("lane `{other}` is neither live nor backlog"))),
        };
        Ok(Claim { device: lane.device, boot: lane.boot, lane: name, through: lane.receipted_through })
    };
    report.lanes.into_iter().map(claim).collect()
}

fn differences(sums: &Conservation) -> Vec<String> {
    let lanes = sums.lanes.iter().filter_map(|((device, boot, lane), sum)| {
        let place = format!("{device} boot {boot} {lane:?}");
        if let Some(hole) = sum.first_hole {
            return Some(format!("{place}: sequence {hole} is neither stored nor declared missing"));
        }
        sum.first_double.map(|double| format!("{place}: sequence {double} is stored twice"))
    });
    let patients = sums.patients.iter().filter_map(|(patient, sum)| {
        sum.first_double.map(|record| format!("patient/{patient} record {record}: something is evaluated twice"))
    });
    lanes.chain(patients).collect()
}

fn print(sums: &Conservation, claims: usize, missing: usize, json: bool) {
    let lane = |of: fn(&crate::audit::LaneSum) -> u64| sums.lanes.values().map(of).sum::<u64>();
    let patient = |of: fn(&crate::audit::PatientSum) -> u64| sums.patients.values().map(of).sum::<u64>();
    let (stored, declared) = (lane(|sum| sum.stored), lane(|sum| sum.declared_missing));
    let (undecodable, conflicting) = (lane(|sum| sum.undecodable), lane(|sum| sum.conflicting));
    let (handed_over, evaluated, pending) =
        (patient(|sum| sum.handed_over), patient(|sum| sum.evaluated), patient(|sum| sum.pending));
    if json {
        println!(
            "{}",
            serde_json::json!({
                "lanes": sums.lanes.len(), "stored": stored, "declared_missing": declared, "conflicting": conflicting,
                "undecodable": undecodable,
                "handed_over": handed_over, "evaluated": evaluated, "pending": pending,
                "receipts": claims, "receipts_missing": missing, "holds": sums.holds() && missing == 0,
            })
        );
        return;
    }
    println!(
        "{} lanes: {stored} readings stored, {declared} declared missing, set aside: {undecodable} undecodable, \
         {conflicting} conflicting",
        sums.lanes.len()
    );
    println!(
        "{} patients: {handed_over} items handed over, {evaluated} evaluated, {pending} pending",
        sums.patients.len()
    );
    if claims > 0 {
        println!("{claims} receipts: {missing} are not borne out by the journal");
    }
}
