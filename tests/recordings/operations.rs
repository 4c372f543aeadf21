//! What an operator does with a running server: signals, and asking for its settings.

use std::fs;
use std::time::Duration;

use tokio::time::Instant;

use super::process::{PATIENCE, turn, until};
use super::site::Site;

/// As the contract says, and what a loaded machine may add.
const DRAIN: Duration = Duration::from_secs(10 + 2);

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_drains_within_ten_seconds_and_loses_nothing() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve().await;
    let simulation = site.simulate(&["--patients", "10", "--rate", "20", "--for", "60s"]);
    site.until_stored(500).await;
    let begun = Instant::now();
    server.signal("TERM");
    server.end().await.expect(0);
    assert!(begun.elapsed() <= DRAIN, "it took {:?}", begun.elapsed());
    let server = site.serve().await;
    simulation.signal("TERM");
    simulation.end().await.expect(0);
    site.until_evaluated().await;
    super::site::stop(server).await;
    site.expect_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_reads_accounts_and_certificates_again_and_a_broken_file_changes_nothing() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve().await;
    let whole = fs::read_to_string(site.path("accounts.toml")).unwrap();
    fs::write(site.path("accounts.toml"), "not a table").unwrap();
    server.signal("HUP");
    let said = |part: &'static str| {
        let server = &server;
        async move { until(part, PATIENCE, || server.errors().contains(part).then_some(())).await }
    };
    said("reload failed: what was in force stays in force").await;
    super::figures::figures(&site).await;
    fs::write(site.path("accounts.toml"), whole).unwrap();
    server.signal("HUP");
    said("certificates, revocation list and accounts were read again").await;
    super::figures::figures(&site).await;
    super::site::stop(server).await;
}

#[tokio::test]
async fn print_config_says_every_setting_in_force_and_starts_nothing() {
    let site = Site::new();
    let (config, data) = (site.text("vigil.toml"), site.text("elsewhere"));
    let said = site.run(&["serve", "--config", &config, "--data-dir", &data, "--print-config"]).await.expect(0);
    for part in [
        format!("devices = \"127.0.0.1:{}\"", site.devices_port),
        format!("data_dir = \"{data}\""),
        format!("keys_dir = \"{data}-keys\""),
        "drain_ms = 10000".to_owned(),
    ] {
        assert!(said.out.contains(&part), "{part} is not in\n{}", said.out);
    }
    assert!(!site.path("elsewhere").exists(), "nothing was started");
    fs::write(site.path("printed.toml"), &said.out).unwrap();
    let again = site.run(&["serve", "--config", &site.text("printed.toml"), "--print-config"]).await.expect(0);
    assert_eq!(again.out, said.out);
}
