//! `vigil evaluate`: the rules over recordings, without a server.

mod line;
mod watch;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use smol_str::SmolStr;

use super::recording::{Options, Recording, RecordingError};
use super::{Failure, exit, rules};
use crate::clinical::codes::{CODES, Code};
use crate::clinical::patient::{AgeClass, Profile, Spo2Scale};
use crate::clinical::rules::RuleSet;
use crate::time::Timestamp;
use watch::{Subjects, Tally, Watch};

/// Runs the rules over recordings: one JSON line per condition onset, end, alert and score,
/// with its explanation.
///
/// Example: vigil evaluate --rules config/rules/bedside --from recording.csv --zero-is-no-signal spo2
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder of rule files; may be given several times.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Recordings as CSV (columns: `time_s` first, then codes as `vigil codes` names them).
    #[arg(long, required = true, num_args = 1.., value_name = "CSV")]
    from: Vec<PathBuf>,
    /// Codes whose devices send 0 where they have no signal.
    #[arg(long, value_delimiter = ',', value_name = "CODE", value_parser = code)]
    zero_is_no_signal: Vec<Code>,
    /// How old the patients are taken to be: recordings do not say it.
    #[arg(long, value_enum, default_value = "adult", value_name = "CLASS")]
    age: Age,
    /// The scale of NEWS2 for oxygen saturation that is taken to be prescribed; the limits follow its range.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2), value_name = "SCALE")]
    spo2_scale: u8,
    /// The model that the devices are taken to be, for rules per model.
    #[arg(long, default_value = "", value_name = "MODEL")]
    model: SmolStr,
    /// Writes to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Age classes, as on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Age {
    Adult,
    Child,
    Newborn,
    Unknown,
}

impl Args {
    /// What the recordings do not say.
    fn subjects(&self) -> Subjects {
        let age = match self.age {
            Age::Adult => AgeClass::Adult,
            Age::Child => AgeClass::Child,
            Age::Newborn => AgeClass::Newborn,
            Age::Unknown => AgeClass::Unknown,
        };
        let spo2_scale = if self.spo2_scale == 2 { Spo2Scale::Two } else { Spo2Scale::One };
        Subjects { profile: Profile { age, spo2_scale, ..Profile::default() }, model: self.model.clone() }
    }
}

/// The code with this short name.
pub(super) fn code(name: &str) -> Result<Code, String> {
    Code::by_name(name).map(|info| info.code).ok_or_else(|| {
        let names: Vec<_> = CODES.iter().map(|info| info.name).collect();
        format!("not a code; allowed: {}", names.join(", "))
    })
}

impl From<RecordingError> for Failure {
    fn from(error: RecordingError) -> Self {
        Self::new(exit::BAD_DATA, error)
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let rules = rules::load(&args.rules)?;
    match &args.out {
        None => evaluate(args, &rules, &mut BufWriter::new(io::stdout().lock())),
        Some(path) => {
            let cannot = |error| Failure::new(exit::STORAGE, format_args!("cannot write {}: {error}", path.display()));
            evaluate(args, &rules, &mut BufWriter::new(File::create(path).map_err(cannot)?))
        }
    }
}

fn evaluate(args: &Args, rules: &RuleSet, out: &mut impl Write) -> Result<(), Failure> {
    let progress = ProgressBar::new(args.from.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} recordings {eta}") {
        progress.set_style(style);
    }
    let mut tally = Tally::default();
    let mut outcome = Ok(());
    for path in &args.from {
        outcome = evaluate_one(path, args, rules, out, &mut tally);
        if outcome.is_err() {
            break;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    out.flush()?;
    tally.report();
    outcome
}

fn evaluate_one(
    path: &Path,
    args: &Args,
    rules: &RuleSet,
    out: &mut impl Write,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let options = Options { anchor: Timestamp(0), boot: 1, zero_is_no_signal: args.zero_is_no_signal.clone() };
    let mut watch = Watch::new(rules, args.subjects(), tally);
    for row in Recording::open(path, options)? {
        watch.row(row?, out)?;
    }
    Ok(())
}
