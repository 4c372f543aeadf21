//! `vigil evaluate` over recordings of real hearts, against onsets that an independent program computed.
//!
//! The recordings are not part of the project: `VIGIL_SHARED` names their folder, else `../shared` beside the checkout
//! is tried. Where there is none, these tests say so and pass.

#![allow(clippy::cast_possible_truncation)] // Times of half an hour, in milliseconds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The ten rules of the expectations.
const TEN: [&str; 10] =
    ["asystole", "pause3", "pause2", "ex_brady", "ex_tachy", "vtach", "vrun3", "vflutter", "hr_high", "hr_low"];

fn shared() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [
        std::env::var_os("VIGIL_SHARED").map(PathBuf::from),
        Some(here.join("../shared")),
        Some(here.join("../../shared")),
    ];
    let found = places.into_iter().flatten().map(|place| place.join("data")).find(|place| place.is_dir());
    if found.is_none() {
        println!("skipped: no recordings; set VIGIL_SHARED to the folder that holds data/");
    }
    found
}

fn vigil(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vigil"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args)
        .output()
        .expect("the program runs")
}

/// The lines that `evaluate` prints for these recordings.
fn evaluate(recordings: &[PathBuf], more: &[&str]) -> Vec<serde_json::Value> {
    let mut args = vec!["evaluate", "--rules", "config/rules/bedside", "--from"];
    args.extend(recordings.iter().map(|path| path.to_str().expect("the path is UTF-8")));
    args.extend(more);
    let output = vigil(&args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the answer is UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

fn ms(value: &serde_json::Value) -> i64 {
    let seconds = value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"));
    (seconds * 1000.0).round() as i64
}

/// (recording, rule, start, onset) in milliseconds, and the end where there is one.
type Events = BTreeMap<(String, String, i64, i64), Option<i64>>;

fn found(lines: &[serde_json::Value]) -> Events {
    let mut events = Events::new();
    for line in lines {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        if !TEN.contains(&text("rule").as_str()) {
            continue;
        }
        let key = (text("patient"), text("rule"), ms(&line["start_s"]), ms(&line["onset_s"]));
        match text("event").as_str() {
            "onset" => assert!(events.insert(key.clone(), None).is_none(), "the onset is printed twice: {key:?}"),
            "end" => *events.get_mut(&key).expect("an end follows its onset") = Some(ms(&line["end_s"])),
            _ => {}
        }
    }
    events
}

fn expected(file: &Path, prefix: &str) -> Events {
    let text = fs::read_to_string(file).expect("the expectations can be read");
    let ms = |cell: &str| (cell.parse::<f64>().expect("a number") * 1000.0).round() as i64;
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<_> = line.split(',').collect();
            let key = (format!("{prefix}{}", cells[0]), cells[1].to_lowercase(), ms(cells[2]), ms(cells[3]));
            (key, Some(ms(cells[4])))
        })
        .collect()
}

/// Times agree to a millisecond: the expectations are rounded to one.
fn near(one: &(String, String, i64, i64), other: &(String, String, i64, i64)) -> bool {
    one.0 == other.0 && one.1 == other.1 && (one.2 - other.2).abs() <= 1 && (one.3 - other.3).abs() <= 1
}

fn assert_same(found: &Events, expected: &Events) {
    let missing: Vec<_> = expected.keys().filter(|want| !found.keys().any(|got| near(got, want))).collect();
    let extra: Vec<_> = found.keys().filter(|got| !expected.keys().any(|want| near(got, want))).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
    for (want, end) in expected {
        let got = found.iter().find(|(got, _)| near(got, want)).and_then(|(_, end)| *end);
        // A condition that is present at the last beat of the recording has not ended there.
        if let (Some(got), Some(end)) = (got, end) {
            assert!((got - end).abs() <= 1, "{want:?} ends at {got}, expected {end}");
        }
    }
}

fn recordings(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> =
        entries.filter(|path| wanted(&path.file_name().unwrap_or_default().to_string_lossy())).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn the_onsets_of_half_hour_ecgs_are_exactly_the_expected_ones() {
    let Some(data) = shared() else { return };
    let folder = data.join("beats");
    let recordings = recordings(&folder, |name| !name.starts_with("expected"));
    let found = found(&evaluate(&recordings, &[]));
    assert_same(&found, &expected(&folder.join("expected_events.csv"), ""));
}

#[test]
fn the_onsets_of_made_up_chains_are_exactly_the_expected_ones() {
    let Some(data) = shared() else { return };
    let folder = data.join("vectors");
    let found = found(&evaluate(&recordings(&folder, |name| name.starts_with("beats_")), &[]));
    assert_same(&found, &expected(&folder.join("expected_beats.csv"), "beats_"));
}

#[test]
fn an_asystole_hides_its_own_pauses_and_pause2_is_off() {
    let Some(data) = shared() else { return };
    let lines = evaluate(&[data.join("vectors/beats_asystole_edges.csv")], &[]);
    let alerts: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "alert")
        .map(|line| (line["rule"].as_str().unwrap_or_default(), ms(&line["onset_s"])))
        .collect();
    assert_eq!(alerts, [("pause3", 10_700), ("asystole", 19_699), ("asystole", 27_699)]);
}

/// (time, value) of one column; an empty cell is no sample.
fn column(path: &Path, name: &str) -> Vec<(i64, f64)> {
    let text = fs::read_to_string(path).expect("the recording can be read");
    let at =
        text.lines().next().and_then(|header| header.split(',').position(|cell| cell == name)).expect("the column");
    let row = |line: &str| {
        let cells: Vec<_> = line.split(',').collect();
        Some((cells[0].parse::<i64>().ok()? * 1000, cells[at].parse().ok()?))
    };
    text.lines().skip(1).filter_map(row).collect()
}

#[test]
fn dropouts_of_spo2_are_technical_and_never_low() {
    let Some(data) = shared() else { return };
    let path = data.join("minutes/s00001.csv");
    let samples = column(&path, "spo2");
    let lines = evaluate(std::slice::from_ref(&path), &["--zero-is-no-signal", "spo2"]);
    let onsets = |rule: &str| -> Vec<(i64, i64)> {
        let of_rule = lines.iter().filter(|line| line["event"] == "onset" && line["rule"] == rule);
        of_rule.map(|line| (ms(&line["start_s"]), ms(&line["onset_s"]))).collect()
    };

    // Silence: from a valid sample (or the first one) to the next valid one or the end, 2.5 periods of a minute or more.
    let mut silences = Vec::new();
    let mut heard = samples[0].0;
    for (at, value) in &samples {
        if at - heard >= 150_000 && silences.last() != Some(&(heard, heard + 150_000)) {
            silences.push((heard, heard + 150_000));
        }
        if *value > 0.0 {
            heard = *at;
        }
    }
    assert_eq!(onsets("spo2_no_signal"), silences);
    assert!(!silences.is_empty(), "the recording has dropouts");

    for (rule, limit) in [("spo2_low", 90.0), ("spo2_very_low", 85.0)] {
        for (start, onset) in onsets(rule) {
            let between = samples.iter().filter(|(at, _)| (start..=onset).contains(at));
            for (at, value) in between {
                assert!(*value > 0.0 && *value < limit, "{rule} at {onset} stands on the sample at {at}");
            }
        }
    }
}

#[test]
fn a_bad_cell_ends_the_run_with_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bad.csv");
    fs::write(&path, "time_s,spo2\n0,97\n1,ninety\n").expect("the file is written");
    let output = vigil(&["evaluate", "--rules", "config/rules/bedside", "--from", path.to_str().expect("UTF-8")]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(65), "{message}");
    assert!(message.contains("bad.csv:3: column spo2: "), "{message}");
    assert!(!message.contains("ninety"), "no cell of a patient is repeated: {message}");
}

#[test]
fn config_check_names_every_mistake_of_a_rule_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let rule = "[[rule]]\nid = \"a\"\nversion = 0\nkind = \"odd\"\n[rule.limit]\ncode = \"blood\"\nbelow = 1\n";
    fs::write(folder.path().join("one.toml"), rule).expect("the file is written");
    fs::write(folder.path().join("two.toml"), "[[rule\n").expect("the file is written");
    let output = vigil(&["config", "check", folder.path().to_str().expect("UTF-8")]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{message}");
    for part in ["one.toml:3: `version`", "one.toml:4: `kind`", "one.toml:6: `code`", "two.toml:1: ", "no `priority`"] {
        assert!(message.contains(part), "{part} is not in\n{message}");
    }
    let sound = vigil(&["config", "check", "config/rules/bedside"]);
    assert!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stderr));
}
