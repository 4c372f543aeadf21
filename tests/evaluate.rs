//! `vigil evaluate` over recordings of real hearts, against onsets that an independent program computed.
//!
//! The recordings are not part of the project: `VIGIL_SHARED` names their folder, else `../shared` beside the checkout
//! is tried. Where there is none, these tests say so and pass.

#![allow(clippy::cast_possible_truncation)] // Times of half an hour, in milliseconds.

use std::collections::BTreeMap;
use std::fmt::Write;
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

/// The lines that `evaluate` prints for these recordings under the bedside rules.
fn evaluate(recordings: &[PathBuf], more: &[&str]) -> Vec<serde_json::Value> {
    evaluate_by("config/rules/bedside", recordings, more)
}

/// The lines that `evaluate` prints for these recordings under a folder of rules.
fn evaluate_by(rules: &str, recordings: &[PathBuf], more: &[&str]) -> Vec<serde_json::Value> {
    let mut args = vec!["evaluate", "--rules", rules, "--from"];
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

/// The rows of a table with a header, each by column.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).expect("the table can be read");
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().expect("a header").split(',').map(str::to_owned).collect();
    lines.map(|line| header.iter().cloned().zip(line.split(',').map(str::to_owned)).collect()).collect()
}

/// What the scores of one stay come to, by the columns of the expectations.
#[derive(Default)]
struct Course {
    counts: BTreeMap<String, u64>,
    before: Option<u64>,
}

impl Course {
    fn score(&mut self, total: u64, band: &str) {
        let mut count = |column: &str| *self.counts.entry(column.to_owned()).or_default() += 1;
        count("scored");
        count(band);
        for (limit, column) in [(5, "rises_to_ge5"), (7, "rises_to_ge7")] {
            if total >= limit && self.before.is_none_or(|before| before < limit) {
                count(column);
            }
        }
        let max = self.counts.entry("max_news2".to_owned()).or_default();
        *max = (*max).max(total);
        self.before = Some(total);
    }
}

const COURSE: [&str; 9] =
    ["scored", "zero", "low", "low_single3", "medium", "high", "max_news2", "rises_to_ge5", "rises_to_ge7"];

fn assert_course(expected: &BTreeMap<String, String>, course: &Course, columns: &[&str], who: &str) {
    for column in columns {
        let got = course.counts.get(*column).copied().unwrap_or(0);
        // There is no greatest of no score.
        let unscored = *column == "max_news2" && course.before.is_none();
        let got = if unscored { String::new() } else { got.to_string() };
        assert_eq!(got, expected[*column], "{column} of {who}");
    }
}

#[test]
fn every_column_of_every_hourly_stay_is_the_expected_one() {
    let Some(data) = shared() else { return };
    let recording = data.join("hourly/mimic_demo.csv");
    let lines = evaluate_by("config/rules/reference", std::slice::from_ref(&recording), &[]);
    let mut stays: BTreeMap<String, Course> = BTreeMap::new();
    for row in table(&recording) {
        *stays.entry(row["patient"].clone()).or_default().counts.entry("rows".into()).or_default() += 1;
    }
    for line in &lines {
        let course = stays.entry(line["patient"].as_str().expect("a patient").to_owned()).or_default();
        if line["event"] == "score" {
            course.score(line["total"].as_u64().expect("a total"), line["band"].as_str().expect("a band"));
        } else if line["event"] == "onset" && line["rule"] == "spo2_below_90_2h" {
            *course.counts.entry("spo2_lt90_2h_episodes".into()).or_default() += 1;
        }
    }
    let expected = table(&data.join("hourly/expected_news2.csv"));
    assert_eq!(expected.len(), stays.len());
    for row in expected {
        let stay = &row["stay_id"];
        let course = &stays[stay];
        assert_course(&row, course, &COURSE, stay);
        assert_course(&row, course, &["rows", "spo2_lt90_2h_episodes"], stay);
    }
}

#[test]
fn every_cell_of_the_news2_vectors_is_the_expected_one() {
    let Some(data) = shared() else { return };
    let vectors = table(&data.join("vectors/news2_vectors.csv"));
    assert_eq!(vectors.len(), 98);
    let folder = tempfile::tempdir().expect("a folder");
    for scale in ["1", "2"] {
        let of_scale: Vec<_> = vectors.iter().filter(|row| row["scale"] == scale).collect();
        let mut text = String::from(
            "time_s,patient,resp_rate,spo2,oxygen_flow,bp_systolic,heart_rate,consciousness,temperature\n",
        );
        for (nth, row) in of_scale.iter().enumerate() {
            let cell = |key: &str| row[key].as_str();
            let flow = if cell("on_o2") == "1" { "2" } else { "0" };
            let cells = [cell("rr"), cell("spo2"), flow, cell("sbp"), cell("hr"), cell("acvpu"), cell("temp")];
            let _ = writeln!(text, "{nth},v{nth},{}", cells.join(","));
        }
        let path = folder.path().join(format!("scale{scale}.csv"));
        fs::write(&path, text).expect("the recording is written");
        let lines = evaluate_by("config/rules/ward", &[path], &["--spo2-scale", scale]);
        let scores: Vec<_> = lines.iter().filter(|line| line["event"] == "score" && line["rule"] == "news2").collect();
        assert_eq!(scores.len(), of_scale.len());
        for (line, row) in scores.iter().zip(of_scale) {
            assert_eq!(line["total"].to_string(), row["total"], "{row:?}");
            assert_eq!(line["band"], row["band"].as_str(), "{row:?}");
            assert_eq!(line["missing"].as_array().map(Vec::len), Some(0));
            for (name, column) in [
                ("respiration", "s_rr"),
                ("SpO2", "s_spo2"),
                ("oxygen", "s_o2"),
                ("systolic pressure", "s_sbp"),
                ("pulse", "s_hr"),
                ("consciousness", "s_acvpu"),
                ("temperature", "s_temp"),
            ] {
                let inputs = line["explanation"]["inputs"].as_array().expect("inputs");
                let input = inputs.iter().find(|input| input["name"] == name).expect("every input is explained");
                assert_eq!(input["points"].to_string(), row[column], "{name} of {row:?}");
            }
        }
    }
}

/// An irregular stay of `icu_events` as a recording: one row per minute, by the conventions of `clinical.md`: what is
/// rejected is left out, the last of a minute counts, alert is GCS 15, no fresh `FiO2` means air. Pressures without a
/// cuff are arterial ones.
fn recording_of(stay: &str, patient: &str) -> String {
    const COLUMNS: [&str; 8] =
        ["heart_rate", "resp_rate", "abp_systolic", "bp_systolic", "spo2", "temperature", "consciousness", "fio2"];
    let mut minutes: BTreeMap<u64, BTreeMap<&str, String>> = BTreeMap::new();
    for line in stay.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let (hours, minute) = cells[0].split_once(':').expect("hours and minutes");
        let minute = hours.parse::<u64>().expect("hours") * 60 + minute.parse::<u64>().expect("minutes");
        let value: f64 = cells[2].parse().expect("a number");
        let accepted = match cells[1] {
            "HR" if value > 0.0 => ("heart_rate", value.to_string()),
            "RespRate" if value > 0.0 => ("resp_rate", value.to_string()),
            "SysABP" if value > 0.0 => ("abp_systolic", value.to_string()),
            "NISysABP" if value > 0.0 => ("bp_systolic", value.to_string()),
            "SaO2" if value > 20.0 && value <= 100.0 => ("spo2", value.to_string()),
            "Temp" if (25.0..=45.0).contains(&value) => ("temperature", value.to_string()),
            "GCS" if (3.0..=15.0).contains(&value) => {
                ("consciousness", if (value - 15.0).abs() < 1e-9 { "A" } else { "V" }.to_owned())
            }
            "FiO2" if value > 0.0 && value <= 1.0 => ("fio2", (value * 100.0).to_string()),
            _ => continue,
        };
        minutes.entry(minute).or_default().insert(accepted.0, accepted.1);
    }
    let mut text = format!("time_s,patient,{}\n", COLUMNS.join(","));
    let mut oxygen_known: Option<u64> = None;
    for (minute, mut values) in minutes {
        if values.contains_key("fio2") {
            oxygen_known = Some(minute);
        } else if oxygen_known.is_none_or(|known| minute - known > 720) {
            values.insert("fio2", "21".into());
        }
        let cells: Vec<_> = COLUMNS.iter().map(|column| values.get(column).cloned().unwrap_or_default()).collect();
        let _ = writeln!(text, "{},{patient},{}", minute * 60, cells.join(","));
    }
    text
}

#[test]
fn every_column_of_every_irregular_stay_is_the_expected_one() {
    let Some(data) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let expected = table(&data.join("icu_events/expected_news2.csv"));
    assert_eq!(expected.len(), 78);
    let paths: Vec<_> = expected
        .iter()
        .map(|row| {
            let record = &row["record"];
            let stay = fs::read_to_string(data.join(format!("icu_events/{record}.txt"))).expect("the stay can be read");
            let path = folder.path().join(format!("{record}.csv"));
            fs::write(&path, recording_of(&stay, record)).expect("the recording is written");
            path
        })
        .collect();
    let mut stays: BTreeMap<String, Course> = BTreeMap::new();
    for line in evaluate_by("config/rules/ward", &paths, &[]) {
        let complete = line["missing"].as_array().is_some_and(Vec::is_empty);
        if line["event"] == "score" && line["rule"] == "news2" && complete {
            let course = stays.entry(line["patient"].as_str().expect("a patient").to_owned()).or_default();
            course.score(line["total"].as_u64().expect("a total"), line["band"].as_str().expect("a band"));
        }
    }
    for row in expected {
        let record = &row["record"];
        assert_course(&row, stays.entry(record.clone()).or_default(), &COURSE, record);
    }
}

#[test]
fn rules_of_devices_are_evaluated_by_model_and_a_cylinder_lasts_70_minutes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("home.csv");
    let rows = "time_s,device,cylinder_pressure,oxygen_flow,cylinder_type,battery_voltage\n\
                0,c1,1200,4,E,\n600,c1,1000,4,,\n601,p1,,,,2.83\n";
    fs::write(&path, rows).expect("the recording is written");
    let sets = ["config/rules/cied", "--rules", "config/rules/oxygen"];
    let mut args = vec!["evaluate", "--rules"];
    args.extend(sets);
    args.extend(["--model", "Advisa DR", "--from", path.to_str().expect("UTF-8")]);
    let output = vigil(&args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    let onsets: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "onset")
        .map(|line| {
            (
                line["rule"].as_str().unwrap_or_default(),
                line["device"].as_str().unwrap_or_default(),
                ms(&line["onset_s"]),
            )
        })
        .collect();
    // 70 minutes at the beginning, 56 after ten of them.
    assert_eq!(onsets, [("cylinder_60_min", "c1", 600_000), ("cied_battery_advisa", "p1", 601_000)]);
}

#[test]
fn the_same_recording_gives_the_same_lines() {
    let Some(data) = shared() else { return };
    for (rules, path) in [
        ("config/rules/reference", data.join("hourly/mimic_demo.csv")),
        ("config/rules/bedside", data.join("minutes/s00001.csv")),
        ("config/rules/ward", data.join("minutes/s00001.csv")),
    ] {
        let once = evaluate_by(rules, std::slice::from_ref(&path), &["--zero-is-no-signal", "spo2"]);
        assert_eq!(once, evaluate_by(rules, std::slice::from_ref(&path), &["--zero-is-no-signal", "spo2"]));
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

#[test]
fn a_backtest_says_what_another_version_of_the_rules_would_have_raised() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    fs::create_dir(&new).unwrap();
    let spo2 =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules/bedside/spo2.toml")).unwrap();
    fs::write(new.join("spo2.toml"), spo2.replace("condition_delay_s = 15", "condition_delay_s = 30")).unwrap();
    let old = folder.path().join("old");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("spo2.toml"), spo2).unwrap();
    let recording = folder.path().join("p1.csv");
    let mut text = "time_s,spo2\n".to_owned();
    for second in 0..300 {
        let low = (50..70).contains(&second) || second > 200;
        writeln!(text, "{second},{}", if low { 89 } else { 97 }).unwrap();
    }
    fs::write(&recording, text).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let (new, old, recording) = (path(&new), path(&old), path(&recording));
    let args = ["backtest", "--rules", &new, "--against", &old, "--from", &recording, "--json"];
    let output = vigil(&args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rule = &said["rules"]["spo2_low"];
    assert_eq!((&rule["removed"], &rule["later"], &rule["added"]), (&1.into(), &1.into(), &0.into()), "{said}");
    assert_eq!((&said["patients"], &said["first_alert_s"]["old_median"]), (&1.into(), &65.0.into()));
    assert_eq!(said["first_alert_s"]["new_median"], 231.0);
    let table = vigil(&args[..7]);
    assert!(String::from_utf8_lossy(&table.stdout).contains("spo2_low"), "the same as a table");
}
