//! `vigil report`: figures of what is in the journal.

use clap::Subcommand;

use super::Failure;
use super::progress::bar;
use super::store::{DataArgs, unreadable};
use crate::audit::{Past, read_past};
use crate::clinical::alarm_kpis::{AlarmKpis, AlarmReport};
use crate::clinical::condition::Priority;
use crate::clinical::patient::{PatientInput, StayChange};

/// Figures of what is in the journal.
///
/// Example: vigil report alarms --data-dir data
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Alerts per patient-day, how they were answered, and how they are spread over patients.
    ///
    /// Example: vigil report alarms --data-dir data
    Alarms {
        #[command(flatten)]
        data: DataArgs,
        /// One JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Verb::Alarms { data, json } = &args.verb;
    let store = data.open()?;
    let progress = bar("records");
    progress.set_length(store.reader().next_position());
    let mut kpis = AlarmKpis::default();
    let read =
        read_past(&store.reader(), &store.keys(), &mut |position| progress.set_position(position), &mut |past| {
            note(&mut kpis, &past);
        });
    progress.finish_and_clear();
    read.map_err(unreadable)?;
    let report = kpis.report();
    if *json {
        println!("{}", serde_json::to_string(&report).map_err(unreadable)?);
    } else {
        println!("{}", table(&report));
    }
    Ok(())
}

fn note(kpis: &mut AlarmKpis, past: &Past<'_>) {
    let Past::Record { patient, record } = past else { return };
    match &record.input {
        PatientInput::Admitted { .. } => kpis.admitted(patient, record.now),
        PatientInput::Stay {
            change: StayChange::Discharged | StayChange::Died | StayChange::MergedInto { .. },
            ..
        } => kpis.left(patient, record.now),
        _ => {}
    }
    for event in &record.events {
        kpis.note(patient, record.now, event);
    }
}

fn table(report: &AlarmReport) -> String {
    let mut lines = vec![
        format!("{} patients, {:.2} patient-days", report.patients, report.patient_days),
        String::new(),
        "priority   alerts   per patient-day   answered   before escalation   median s   p95 s".to_owned(),
    ];
    lines.extend(report.by_priority.iter().rev().map(|(priority, of)| {
        let name = match priority {
            Priority::High => "high",
            Priority::Medium => "medium",
            Priority::Low => "low",
        };
        format!(
            "{name:<10} {:>6}   {:>15}   {:>8}   {:>17}   {:>8}   {:>5}",
            of.alerts,
            number(of.per_patient_day, 2),
            of.answered,
            of.answered_before_escalation,
            number(of.median_s, 1),
            number(of.p95_s, 1),
        )
    }));
    lines.push(String::new());
    lines.push(format!(
        "technical {}   busiest tenth of patients {}   disposed: true {}, false {}, not actionable {}",
        percent(report.technical_share),
        percent(report.busiest_tenth_share),
        report.disposed_true,
        report.disposed_false,
        report.disposed_not_actionable,
    ));
    lines.join("\n")
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0))
}
