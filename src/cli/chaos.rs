//! `vigil chaos`: scenarios in which something breaks, and whether the promises held.

mod act;
mod experiment;
mod http;
mod judge;
mod network;
mod report;
mod run;
mod site;

use std::path::PathBuf;

use self::act::Act;
use self::experiment::Experiment;
use self::report::{Report, Verdict, junit};
use super::{Failure, exit};

/// A scenario file is not as it should be.
const BAD_FILE: u8 = 2;
/// A run said nothing.
const INCONCLUSIVE: u8 = 3;

/// Breaks a platform of its own, made on the spot, and checks the promises with the product's own verbs.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Runs scenarios: experiments of the Chaos Toolkit with the extension `vigil`. Each gets a platform, a network and
    /// simulated patients of its own, on loopback, in a folder of its own. Exits 0 if all pass, 1 if a promise or a
    /// hypothesis did not hold, 2 if a file is not as it should be, 3 if a run says nothing.
    ///
    /// Example: vigil chaos run chaos/kill-server.yaml --report kill.json --junit chaos.xml
    Run {
        /// Scenarios.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The toolkit's journal with a part `vigil`; a list of them where there are several scenarios.
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// `JUnit` XML.
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
        /// Keep each scenario's folder, and say where it is.
        #[arg(long)]
        keep: bool,
    },
    /// Reads scenarios and says every mistake.
    Check {
        /// Scenarios.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// One thing that a scenario does to its site; scenarios call this.
    #[command(subcommand)]
    Act(Act),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match &args.verb {
        Verb::Run { files, report, junit, keep } => {
            let scenarios = read(files)?;
            let reports = runtime.block_on(run_all(&scenarios, *keep));
            write(&reports, report.as_ref(), junit.as_ref())?;
            outcome(&reports)
        }
        Verb::Check { files } => {
            for (file, experiment, _) in read(files)? {
                println!("{}: {} [{}]", file.display(), experiment.title, experiment.tags.join(", "));
            }
            Ok(())
        }
        Verb::Act(one) => {
            // Refused only where one is installed already, which is as good.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            let folder = std::env::var_os(site::FOLDER).map(PathBuf::from);
            let folder = folder.ok_or_else(|| {
                Failure::new(exit::BAD_DATA, format_args!("{} must name the folder of the scratch site", site::FOLDER))
            })?;
            let seed = std::env::var(run::SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
            runtime.block_on(act::act(&folder, seed, one))
        }
    }
}

type Scenario = (PathBuf, Experiment, serde_json::Value);

/// Every mistake of every file at once.
fn read(files: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
    let (mut scenarios, mut mistakes) = (Vec::new(), Vec::new());
    for file in files {
        match Experiment::read(file) {
            Ok((experiment, whole)) => scenarios.push((file.clone(), experiment, whole)),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(scenarios) } else { Err(Failure::new(BAD_FILE, mistakes.join("\n"))) }
}

async fn run_all(scenarios: &[Scenario], keep: bool) -> Vec<Report> {
    let mut reports = Vec::new();
    for (file, experiment, whole) in scenarios {
        let name = format!("vigil-chaos-{}-{}", std::process::id(), experiment.vigil().id);
        let dir = std::env::temp_dir().join(name);
        let report = run::run(experiment, whole.clone(), file, &dir).await;
        println!("{}", report.summary());
        if keep || report.verdict() != Verdict::Pass {
            println!("    everything is in {}", dir.display());
        } else {
            // What is left there is of no use, and in the way of nothing.
            let _ = std::fs::remove_dir_all(&dir);
        }
        reports.push(report);
    }
    reports
}

fn write(reports: &[Report], json: Option<&PathBuf>, xml: Option<&PathBuf>) -> Result<(), Failure> {
    if let Some(file) = json {
        let all: Vec<_> = reports.iter().map(Report::json).collect();
        let text = match &all[..] {
            [one] => one.to_string(),
            several => serde_json::json!(several).to_string(),
        };
        std::fs::write(file, text)?;
    }
    xml.map_or(Ok(()), |file| std::fs::write(file, junit(reports)))?;
    Ok(())
}

fn outcome(reports: &[Report]) -> Result<(), Failure> {
    let worst = reports.iter().map(Report::verdict).max().unwrap_or(Verdict::Inconclusive);
    // Everything has been said already.
    match worst {
        Verdict::Pass => Ok(()),
        Verdict::Fail => Err(Failure::new(exit::NO, "")),
        Verdict::Inconclusive => Err(Failure::new(INCONCLUSIVE, "")),
    }
}
