//! `vigil device certify` and `vigil config check` on decoders, as a device maker meets them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MODELS: [(&str, &str); 4] =
    [("cardia_p.toml", "cardia-p"), ("oxyhome.toml", "oxyhome"), ("gauge_c.toml", "gauge-c"), ("plx.toml", "plx")];

fn devices() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/devices")
}

fn vigil(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vigil")).args(args).output().expect("the program runs")
}

fn certify(decoder: &Path, samples: &Path, more: &[&str]) -> (i32, String, String) {
    let (decoder, samples) = (decoder.to_string_lossy(), samples.to_string_lossy());
    let output = vigil(&[&["device", "certify", "--decoder", &decoder, "--samples", &samples], more].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_shipped_decoder_is_shown_to_decode_completely() {
    for (file, samples) in MODELS {
        let samples = devices().join("samples").join(samples);
        let (code, out, error) = certify(&devices().join(file), &samples, &[]);
        assert_eq!((code, error.as_str()), (0, ""), "{file}:\n{out}");
        assert!(out.contains(": complete; ") && !out.contains("NOT COMPLETE"), "{out}");
    }
}

#[test]
fn a_certificate_names_units_ranges_and_examples() {
    let (code, out, _) = certify(&devices().join("cardia_p.toml"), &devices().join("samples/cardia-p"), &["--json"]);
    assert_eq!(code, 0);
    let certificates: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = certificates.iter().map(|one| one["decoder"].as_str().unwrap()).collect();
    assert_eq!(names, ["cardia_p1", "cardia_p2"]);
    assert_eq!((&certificates[0]["samples"], &certificates[0]["complete"]), (&3.into(), &3.into()));
    let field = certificates[0]["fields"].as_array().unwrap().iter().find(|field| field["code"] == "r_wave_rv_mean");
    let field = field.unwrap();
    assert_eq!((&field["unit"], &field["measured"], &field["no_signal"]), (&"mV".into(), &3.into(), &0.into()));
    assert_eq!((&field["least"], &field["most"]), (&6.4.into(), &9.1.into()));
    assert_eq!(field["examples"], serde_json::json!(["8.8", "9.1", "6.4"]));
}

#[test]
fn what_does_not_decode_completely_is_named_with_its_sample() {
    let dir = tempfile::tempdir().unwrap();
    let firmware = dir.path().join("3.0");
    fs::create_dir(&firmware).unwrap();
    let lacking = r#"{"flow":{"measured_ml_min":1990,"set_ml_min":2000},"purity":0.93,"mains":"maybe"}"#;
    fs::write(firmware.join("lacking.json"), lacking).unwrap();
    fs::write(firmware.join("torn.json"), "{\"flow\":").unwrap();
    let high = lacking.replace("0.93", "9.3").replace("\"maybe\"", "true");
    fs::write(firmware.join("too_high.json"), high).unwrap();
    fs::write(firmware.join("too_high.expected.json"), r#"{"oxygen_flow": 5, "spo2": null}"#).unwrap();
    let (code, out, error) = certify(&devices().join("oxyhome.toml"), dir.path(), &[]);
    assert_eq!(code, 1, "{out}");
    assert!(error.contains("1 of 1 decoders are not shown to decode completely"), "{error}");
    for part in [
        "oxyhome version 1 for oxyhome: NOT COMPLETE; 0 of 3 samples decode completely",
        "lacking.json: mains_power at /mains is no word of the decoder; allowed: true false",
        "lacking.json: battery_minutes is missing: the payload has nothing at /battery/seconds",
        "torn.json: the payload is no JSON document: it breaks at line 1",
        "too_high.json: oxygen_purity cannot have this value; allowed: 0 to 100 %",
        "too_high.json: oxygen_flow is not what is expected",
        "too_high.json: spo2 is not what is expected",
        "too_high.json: oxygen_flow_set is not expected",
        "no sample has a value of battery_minutes at /battery/seconds",
    ] {
        assert!(out.contains(part), "{part}\nis not in\n{out}");
    }
}

#[test]
fn samples_that_are_not_as_they_should_be_and_a_bad_decoder_are_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let decoder = devices().join("plx.toml");
    let (code, _, error) = certify(&decoder, dir.path(), &[]);
    assert!(code == 65 && error.contains("there is no sample"), "{error}");
    fs::write(dir.path().join("loose.bin"), [0]).unwrap();
    let (code, _, error) = certify(&decoder, dir.path(), &[]);
    assert!(code == 65 && error.contains("one folder per firmware"), "{error}");
    let (code, _, error) = certify(&decoder, &dir.path().join("absent"), &[]);
    assert!(code == 65 && error.contains("cannot read"), "{error}");
    fs::remove_file(dir.path().join("loose.bin")).unwrap();
    fs::create_dir(dir.path().join("0.5")).unwrap();
    fs::write(dir.path().join("0.5/a.bin"), [0; 5]).unwrap();
    let (code, _, error) = certify(&decoder, dir.path(), &[]);
    assert!(code == 65 && error.contains("is for firmware 0.5"), "{error}");
    let bad = dir.path().join("bad.toml");
    fs::write(&bad, "[[decoder]]\nid = \"a\"\n").unwrap();
    let (code, _, error) = certify(&bad, dir.path(), &[]);
    assert!(code == 78 && error.contains("bad.toml:1: the decoder has no `version`"), "{error}");
}

#[test]
fn config_check_reads_decoders() {
    let folder = devices();
    let output = vigil(&["config", "check", &folder.to_string_lossy()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("5 decoders, no mistakes"), "{text}");
    let output = vigil(&["config", "check", &folder.join("../vigil.toml").to_string_lossy()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("5 decoders"), "{text}");
}
