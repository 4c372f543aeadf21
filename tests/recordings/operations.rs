//! What an operator does with a running server: signals, and asking for its settings.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use tokio::time::Instant;

use super::process::{PATIENCE, Running, turn, until};
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

/// What the port of operations answers: the status line and all that follows.
fn get(server: &Running, path: &str) -> String {
    let said = server.errors();
    let (_, at) = said.rsplit_once("operations at ").expect("the server says where");
    let mut socket = TcpStream::connect(at.split_whitespace().next().expect("an address")).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nhost: vigil\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

/// A figure of the page without labels.
fn figure(page: &str, name: &str) -> u64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing in\n{page}")).parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_see_that_it_lives_is_ready_and_what_became_of_readings() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve().await;
    assert!(get(&server, "/livez").starts_with("HTTP/1.1 200"));
    assert!(get(&server, "/readyz").contains(r#"{"ready":true,"reasons":[]}"#), "{}", get(&server, "/readyz"));
    let simulation = site.simulate(&["--patients", "5", "--rate", "10", "--for", "4s"]);
    simulation.end().await.expect(0);
    site.until_evaluated().await;
    let page = get(&server, "/metrics");
    let stored = figure(&page, "vigil_readings_stored_total");
    assert!(stored >= 100, "{page}");
    // Each hop was measured, and the sums agree with the counts.
    assert_eq!(figure(&page, "vigil_receipt_seconds_count"), stored);
    assert!(figure(&page, "vigil_evaluate_seconds_count") >= 1);
    assert_eq!(figure(&page, "vigil_journal_commit_seconds_count"), figure(&page, "vigil_journal_commits_total"));
    assert_eq!(figure(&page, "vigil_journal_can_sync"), 1);
    assert_eq!(figure(&page, "vigil_patient_actors"), 5);
    assert_eq!(figure(&page, "vigil_alerts_overdue"), 0);
    for played in site.report().patients {
        for id in [played.patient, played.device] {
            assert!(!page.contains(&id), "{id} is in the page");
        }
    }
    super::site::stop(server).await;
}
