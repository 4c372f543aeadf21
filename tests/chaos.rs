//! Scenarios: each is valid, for the stock Chaos Toolkit too; a run says what it is worth.
//!
//! A normal run plays one scenario; `VIGIL_CHAOS=all cargo test --test chaos` plays all of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// At least so many kinds of faults can meet a running process.
const SCENARIOS_MIN: usize = 14;

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("chaos");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("chaos").join(format!("{name}.yaml"))
}

fn vigil(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vigil")).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Plays a file; exit code, report, `JUnit`, what was said.
fn play(file: &Path) -> (Option<i32>, Value, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let (report, junit) = (dir.path().join("report.json"), dir.path().join("junit.xml"));
    let [file, report_arg, junit_arg] = [file, &report, &junit].map(|path| path.to_str().unwrap().to_owned());
    let output = vigil(&["chaos", "run", &file, "--report", &report_arg, "--junit", &junit_arg]);
    let json = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    (output.status.code(), json, fs::read_to_string(junit).unwrap(), said(&output))
}

/// A scenario with something replaced.
fn changed(name: &str, from: &str, to: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(scenario(name)).unwrap();
    assert!(text.contains(from), "{name} does not hold {from}");
    let file = dir.path().join(format!("{name}.yaml"));
    fs::write(&file, text.replace(from, to)).unwrap();
    (dir, file)
}

#[test]
fn every_scenario_is_valid_and_is_called_like_its_file() {
    let files = scenarios();
    assert!(files.len() >= SCENARIOS_MIN, "{} scenarios", files.len());
    for file in &files {
        let output = vigil(&["chaos", "check", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
        let id = format!("id: {}\n", file.file_stem().unwrap().to_str().unwrap());
        assert!(fs::read_to_string(file).unwrap().contains(&id), "{}: {id}", file.display());
    }
}

#[test]
fn the_stock_toolkit_takes_every_scenario() {
    let toolkit = std::env::var("VIGIL_CHAOSTOOLKIT").unwrap_or_else(|_| "chaos".to_owned());
    if Command::new(&toolkit).arg("--version").output().is_err() {
        println!("skipped: `pip install chaostoolkit`, or name its `chaos` in VIGIL_CHAOSTOOLKIT");
        return;
    }
    // The toolkit wants to find the program that activities name.
    let program = Path::new(env!("CARGO_BIN_EXE_vigil")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let dir = tempfile::tempdir().unwrap();
    for file in scenarios() {
        let mut command = Command::new(&toolkit);
        command.current_dir(dir.path()).env("PATH", &path).args(["--no-version-check", "validate"]).arg(&file);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}: {}", file.display(), said(&output));
    }
}

#[test]
fn a_killed_server_passes_and_the_report_says_what_was_checked() {
    let (code, report, junit, said) = play(&scenario("kill-server"));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!((&report["status"], &report["deviated"]), (&"completed".into(), &false.into()));
    let ours = &report["vigil"];
    assert_eq!((&ours["verdict"], &ours["faults_fired"]), (&"pass".into(), &2.into()));
    for checked in ours["invariants"].as_array().unwrap() {
        assert_eq!(checked["violations"], 0, "{checked}");
    }
    assert!(ours["invariants"][0]["checked"].as_u64().unwrap() > 0, "receipts were compared: {ours}");
    assert!(junit.contains("tests=\"1\" failures=\"0\" errors=\"0\""), "{junit}");
}

#[test]
fn a_promise_that_does_not_hold_fails_its_scenario() {
    // Receipts of what the old image does not have are not borne out, and the witness saw another journal.
    let (_dir, file) = changed("old-image", "invariants: [I2, I7, I9]", "invariants: [I1, I5]");
    let (code, report, junit, said) = play(&file);
    assert_eq!(code, Some(1), "{said}");
    for checked in report["vigil"]["invariants"].as_array().unwrap() {
        assert!(checked["violations"].as_u64().unwrap() > 0 && checked["first_evidence"].is_string(), "{checked}");
    }
    assert!(junit.contains("failures=\"1\""), "{junit}");
    assert!(said.contains("DOES NOT HOLD") && said.contains("again: vigil chaos run"), "{said}");
}

#[test]
fn a_run_in_which_too_little_happened_says_nothing() {
    let (_dir, file) = changed("network-late", "min_faults_fired: 1", "min_faults_fired: 9");
    let (code, report, _, said) = play(&file);
    assert_eq!((code, &report["vigil"]["verdict"]), (Some(3), &"inconclusive".into()), "{said}");
    assert!(said.contains("1 faults took place, 9 were wanted"), "{said}");
}

#[test]
fn a_bad_file_is_refused_with_every_mistake() {
    let (_dir, file) = changed("kill-server", "invariants: [I1,", "invariants: [I77,");
    let output = vigil(&["chaos", "run", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("I77 is not checked by a run; allowed: I1"), "{}", said(&output));
}

#[test]
fn every_scenario_passes_when_all_are_asked_for() {
    if std::env::var("VIGIL_CHAOS").is_ok_and(|which| which == "all") {
        let files = scenarios();
        let mut args = vec!["chaos", "run"];
        args.extend(files.iter().map(|file| file.to_str().unwrap()));
        let output = vigil(&args);
        assert!(output.status.success(), "{}", said(&output));
    } else {
        println!("skipped: VIGIL_CHAOS=all plays them, in some minutes");
    }
}
