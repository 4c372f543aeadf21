//! What a demo came to.

use std::path::Path;

use super::ward::Tally;
use crate::cli::simulate::{Expected, Report};

/// Episodes that had to alert, and did not.
#[must_use]
pub fn missed<'a>(report: &'a Report, tally: &Tally) -> Vec<&'a Expected> {
    let alerted = |expected: &&Expected| {
        tally.onsets.iter().any(|(patient, rule, onset_us)| {
            *patient == expected.patient
                && *rule == expected.rule
                && (expected.onset_us[0]..=expected.onset_us[1]).contains(onset_us)
        })
    };
    report.expected.iter().filter(|expected| !alerted(expected)).collect()
}

/// A few lines for a person.
#[must_use]
pub fn text(report: &Report, tally: &Tally, dir: &Path) -> String {
    let [low, medium, high] = tally.raised;
    let (expected, missed) = (report.expected.len(), missed(report, tally));
    let alerts = format!(
        "alerts: {high} high, {medium} medium, {low} low raised; {} onsets folded, {} steps paged, {} answers\n\
         episodes that had to alert: {expected}, alerted: {}\n",
        tally.folded,
        tally.steps,
        tally.answers,
        expected - missed.len(),
    );
    let missing = missed.iter().map(|expected| format!("MISSED: {} of {}\n", expected.rule, expected.patient));
    let kept = format!("data, keys, PKI and tokens are kept in {}\n", dir.display());
    [report.summary(), alerts].into_iter().chain(missing).chain([kept]).collect()
}
