use std::path::Path;

use crate::cli::demo::summary::{missed, text};
use crate::cli::demo::ward::Tally;
use crate::cli::simulate::{Expected, Report};

fn expected(patient: &str, rule: &str, onset_us: i64) -> Expected {
    Expected {
        patient: patient.to_owned(),
        device: "d".to_owned(),
        rule: rule.to_owned(),
        onset_us: [onset_us - 1_000, onset_us + 1_000],
    }
}

#[test]
fn an_episode_is_missed_unless_its_patient_rule_and_time_all_fit() {
    let report = Report {
        expected: vec![expected("p1", "asystole", 5_000_000), expected("p2", "vtach", 7_000_000)],
        ..Report::default()
    };
    let onset = |patient: &str, rule: &str, at| (patient.to_owned(), rule.to_owned(), at);
    let mut tally = Tally { raised: [0, 0, 1], ..Tally::default() };
    tally.onsets = vec![onset("p1", "asystole", 5_000_400), onset("p2", "vrun3", 7_000_000)];
    tally.onsets.push(onset("p1", "vtach", 7_000_000));
    tally.onsets.push(onset("p2", "vtach", 7_001_001));
    assert_eq!(missed(&report, &tally), [&report.expected[1]]);
    let told = text(&report, &tally, Path::new("data/demo-1"));
    for shown in ["1 high", "had to alert: 2, alerted: 1", "MISSED: vtach of p2", "data/demo-1"] {
        assert!(told.contains(shown), "{told}");
    }
}
