//! `vigil device certify`: whether a firmware's payloads decode completely.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::decoders;
use super::failure::{Failure, exit};
use crate::clinical::decoder::{Certificate, Decoder, DecoderSet, Expected, FieldShown};
use crate::clinical::reading::RawPayload;

/// What a device maker needs.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Tries decoders on sample payloads: whether every payload decodes completely, with units, ranges and examples.
    /// Exits 1 and says what is missing if one does not.
    ///
    /// Samples lie in one folder per firmware: `DIR/2.1/daily.json` is a payload of firmware 2.1. Beside it,
    /// `DIR/2.1/daily.expected.json` may say what it must give, such as `{"spo2": 97, "pulse_rate": null}`, where null
    /// is "no signal".
    ///
    /// Example: vigil device certify --decoder config/devices/plx.toml --samples config/devices/samples/plx
    Certify {
        /// The file with the decoders of one model.
        #[arg(long, value_name = "FILE")]
        decoder: PathBuf,
        /// The folder of samples.
        #[arg(long, value_name = "DIR")]
        samples: PathBuf,
        /// One JSON object per decoder instead of text.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Verb::Certify { decoder, samples, json } = &args.verb;
    let set = decoders::load(std::slice::from_ref(decoder))?;
    let mut certificates: Vec<Certificate> = set.decoders().iter().map(Certificate::new).collect();
    for sample in find_samples(samples)? {
        let Some(at) = chosen(&set, &sample) else {
            let place = sample.file.display();
            let what = format!("{place}: no decoder of {} is for firmware {}", decoder.display(), sample.firmware);
            return Err(Failure::new(exit::BAD_DATA, what));
        };
        let definition = &set.decoders()[at];
        let payload = RawPayload { content_type: definition.content_type.clone(), bytes: read(&sample.file)? };
        let (name, expected) = (sample.file.display().to_string(), expected(&sample.file)?);
        certificates[at].try_sample(definition, &name, &payload, expected.as_ref());
    }
    certificates.iter_mut().for_each(Certificate::finish);
    for certificate in &certificates {
        if *json {
            let text = serde_json::to_string(certificate).map_err(|error| Failure::new(exit::BAD_DATA, error))?;
            println!("{text}");
        } else {
            print(certificate);
        }
    }
    let incomplete = certificates.iter().filter(|certificate| !certificate.is_complete()).count();
    if incomplete == 0 {
        return Ok(());
    }
    let what = format!("{incomplete} of {} decoders are not shown to decode completely", certificates.len());
    Err(Failure::new(exit::NO, what))
}

/// A payload of a firmware.
struct Sample {
    firmware: String,
    file: PathBuf,
}

fn find_samples(dir: &Path) -> Result<Vec<Sample>, Failure> {
    let mut samples = Vec::new();
    for folder in entries(dir)? {
        if !folder.is_dir() {
            let what = "samples lie in one folder per firmware, such as 2.1/daily.json";
            return Err(Failure::new(exit::BAD_DATA, format_args!("{}: {what}", folder.display())));
        }
        let firmware = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let files = entries(&folder)?.into_iter().filter(|file| !is_expectation(file));
        samples.extend(files.map(|file| Sample { firmware: firmware.clone(), file }));
    }
    if samples.is_empty() {
        return Err(Failure::new(exit::BAD_DATA, format_args!("{}: there is no sample", dir.display())));
    }
    Ok(samples)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| unreadable(dir, &error);
    let entries = fs::read_dir(dir).map_err(unreadable)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

fn is_expectation(file: &Path) -> bool {
    file.to_string_lossy().ends_with(".expected.json")
}

/// The decoder for the sample's firmware. Where several read different media types, the first one that can read it.
fn chosen(set: &DecoderSet, sample: &Sample) -> Option<usize> {
    let fits = |decoder: &Decoder| decoder.is_for(&decoder.model, &sample.firmware);
    let candidates: Vec<usize> = (0..set.decoders().len()).filter(|at| fits(&set.decoders()[*at])).collect();
    let reads = |at: &&usize| {
        let decoder = &set.decoders()[**at];
        let payload =
            fs::read(&sample.file).map(|bytes| RawPayload { content_type: decoder.content_type.clone(), bytes });
        payload.is_ok_and(|payload| decoder.decode(&payload).is_ok())
    };
    candidates.iter().find(reads).or(candidates.first()).copied()
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| unreadable(file, &error))
}

fn expected(sample: &Path) -> Result<Option<Expected>, Failure> {
    let file = sample.with_extension("expected.json");
    if !file.exists() {
        return Ok(None);
    }
    let bad = |error| {
        Failure::new(
            exit::BAD_DATA,
            format_args!("{}: {error}; allowed: an object of codes with number, word or null", file.display()),
        )
    };
    serde_json::from_slice(&read(&file)?).map(Some).map_err(bad)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(exit::BAD_DATA, format_args!("cannot read {}: {error}", path.display()))
}

fn print(certificate: &Certificate) {
    let Certificate { decoder, version, model, samples, complete, fields, .. } = certificate;
    let verdict = if certificate.is_complete() { "complete" } else { "NOT COMPLETE" };
    println!("{decoder} version {version} for {model}: {verdict}; {complete} of {samples} samples decode completely");
    println!("  {:<24} {:<10} {:>8} {:>9}  {:<24} EXAMPLES", "CODE", "UNIT", "MEASURED", "NO SIGNAL", "RANGE");
    for FieldShown { code, unit, measured, no_signal, least, most, examples, .. } in fields {
        let range = match (least, most) {
            (Some(least), Some(most)) => format!("{} to {}", tidy(*least), tidy(*most)),
            _ => String::new(),
        };
        println!("  {code:<24} {unit:<10} {measured:>8} {no_signal:>9}  {range:<24} {}", examples.join(", "));
    }
    certificate.faults.iter().for_each(|fault| println!("  {fault}"));
}

fn tidy(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}
