//! Vital signs by the minute, with dropouts that the monitor sends as 0.

use super::alerts::Physician;
use super::data::{assert_same, evaluated, shared};
use super::played::from_zero;
use super::process::turn;
use super::site::{Site, stop};

const ZEROES: &str = "heart_rate,abp_systolic,abp_diastolic,abp_mean,pulse_rate,resp_rate,spo2,bp_systolic,\
                      bp_diastolic,bp_mean";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropouts_are_technical_and_never_a_low_saturation() {
    let _turn = turn().await;
    let Some(data) = shared() else { return };
    let recording = data.join("minutes/s00001.csv").display().to_string();
    let site = Site::new();
    let zeroes = ["--zero-is-no-signal", ZEROES];
    let expected = evaluated(&site.path(""), std::slice::from_ref(&recording), &zeroes).await;
    let rules: Vec<_> = expected.iter().map(|onset| onset.rule.as_str()).collect();
    assert!(rules.contains(&"spo2_no_signal"), "{rules:?}");
    assert!(!rules.iter().any(|rule| ["spo2_low", "spo2_very_low"].contains(rule)), "{rules:?}");
    let server = site.serve().await;
    let mut args = vec!["--speed", "4000", "--from", &recording];
    args.extend(zeroes);
    site.simulate(&args).end().await.expect(0);
    site.until_evaluated().await;
    assert_same(&expected, &from_zero(&site, Physician::of(&site).onsets().await));
    stop(server).await;
    site.expect_sound().await;
}
