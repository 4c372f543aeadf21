//! Recordings played through a server that dies three times.

use std::collections::{BTreeSet, HashMap};

use super::alerts::Physician;
use super::data::{Onset, assert_same, beats, evaluated};
use super::process::turn;
use super::site::{Site, stop};

/// From the clocks of the devices to the recordings' zero.
pub fn from_zero(site: &Site, onsets: impl IntoIterator<Item = Onset>) -> Vec<Onset> {
    let report = site.report();
    let anchors: HashMap<_, _> =
        report.patients.iter().map(|player| (player.patient.as_str(), player.anchor_us)).collect();
    let shift = |onset: Onset| Onset { at_us: onset.at_us - anchors[onset.patient.as_str()], ..onset };
    onsets.into_iter().filter(Onset::is_of_device_time).map(shift).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_give_the_alerts_of_evaluate_although_the_server_is_killed_three_times() {
    let _turn = turn().await;
    let Some(recordings) = beats() else { return };
    let site = Site::new();
    let expected = evaluated(&site.path(""), &recordings, &[]).await;
    assert!(expected.len() >= 4, "too few alerts to kill between them");
    let mut server = site.serve().await;
    let physician = Physician::of(&site);
    let live = physician.watch(0);
    let mut args = vec!["--speed", "60", "--from"];
    args.extend(recordings.iter().map(String::as_str));
    let simulation = site.simulate(&args);
    for quarter in 1..=3 {
        live.until_onsets(expected.len() * quarter / 4).await;
        server.kill();
        server = site.serve().await;
    }
    simulation.end().await.expect(0);
    site.until_evaluated().await;
    physician.comment("the end").await;
    let all = physician.watch(0);
    all.until_comment("the end").await;
    live.until_comment("the end").await;
    assert_same(&expected, &from_zero(&site, all.onsets()));
    let all: BTreeSet<_> = all.distinct_onsets();
    assert_eq!(live.distinct_onsets(), all, "who resumes sees what is durable, all of it and nothing else");
    stop(server).await;
    let counts = site.report().counts;
    assert_eq!((counts.missing, counts.lost), (0, 0));
    site.expect_sound().await;
}
