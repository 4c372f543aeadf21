//! Names, places and values that are planted, and looked for wherever they must not be.

use std::fmt::Write as _;
use std::path::Path;

use vigil::client::channel::{Bearer, connect, endpoint, read_pem};
use vigil::clinical::codes::Code;
use vigil::proto;
use vigil::proto::admin_service_client::AdminServiceClient;

use super::process::turn;
use super::site::{Site, stop};

const BED: &str = "Xylophon-Zimmer-4711";
const REASON: &str = "Frau Quendolin Zwirbel klagt";
/// In text and, as a double, in bytes.
const VALUE: f64 = 71.828_182;

/// Every file below a folder that holds one of the needles.
fn holding(folder: &Path, needles: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needles));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let holds = |needle: &Vec<u8>| bytes.windows(needle.len()).any(|window| window == &needle[..]);
        if needles.iter().any(holds) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn needles() -> Vec<Vec<u8>> {
    let text = [BED, REASON, "71.828"].map(|text| text.as_bytes().to_vec());
    text.into_iter().chain([VALUE.to_le_bytes().to_vec(), VALUE.to_be_bytes().to_vec()]).collect()
}

/// A low saturation, and a bed.
async fn plant(site: &Site) {
    let recording = site.path("p-1.csv");
    let mut rows = format!("time_s,{},device,patient\n", Code::SPO2.info().unwrap().name);
    for second in 0..90 {
        writeln!(rows, "{second},{VALUE},ox-canary,p-1").unwrap();
    }
    std::fs::write(&recording, rows).unwrap();
    site.simulate(&["--speed", "30", "--from", recording.to_str().unwrap()]).end().await.expect(0);
    site.until_evaluated().await;
    let url = format!("https://127.0.0.1:{}", site.people_port);
    let channel = connect(&endpoint(&url, &read_pem(&site.path("pki/ca.pem")).unwrap(), None).unwrap()).await.unwrap();
    let bearer = Bearer::from_file(&site.path("ada.token")).unwrap();
    let mut admin = AdminServiceClient::with_interceptor(channel, bearer);
    let moved = proto::MovePatientRequest { patient: "p-1".into(), unit: "sim".into(), bed: BED.into() };
    admin.move_patient(moved).await.unwrap();
}

async fn comment(site: &Site) -> String {
    let server = format!("https://127.0.0.1:{}", site.people_port);
    let (ca, token) = (site.text("pki/ca.pem"), site.text("lee.token"));
    let reach = ["--server", &server, "--ca", &ca, "--token-file", &token, "--json"];
    let listed = site.run(&[&["alerts", "ls"][..], &reach].concat()).await.expect(0);
    let first: serde_json::Value = serde_json::from_str(listed.out.lines().next().expect("an alert")).unwrap();
    let id = first["id"].as_str().unwrap().to_owned();
    site.run(&[&["alerts", "comment", &id, "-m", REASON][..], &reach].concat()).await.expect(0);
    // What is refused must not echo what was said.
    let refused = site.run(&[&["alerts", "reset", "p-404~1", "-m", REASON][..], &reach].concat()).await;
    refused.err + &listed.out
}

#[tokio::test]
async fn no_planted_name_or_value_is_found_in_logs_errors_data_or_keys() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve_logging_everything().await;
    plant(&site).await;
    let said = comment(&site).await;
    assert!(said.contains(BED) && said.contains("71.8"), "who may see it, sees it: {said}");
    let log = server.errors();
    assert!(log.contains("recovered"), "the log is one of everything");
    let spoken = |text: &str| needles().iter().any(|needle| text.as_bytes().windows(needle.len()).any(|w| w == &needle[..]));
    assert!(!spoken(&log), "the log names a patient's data:\n{log}");
    stop(server).await;
    let mut found = holding(&site.path("data"), &needles());
    found.extend(holding(&site.path("data-keys"), &needles()));
    assert_eq!(found, Vec::<String>::new());
    // The same search finds what is there in the clear.
    assert!(!holding(&site.path(""), &needles()).is_empty(), "the recording itself is found");
}

#[tokio::test]
async fn a_running_platform_writes_no_core_dump() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

#[tokio::test]
async fn keys_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let _turn = turn().await;
    let site = Site::new();
    stop(site.serve().await).await;
    let key = std::fs::read_dir(site.path("data-keys")).unwrap().next().unwrap().unwrap().path();
    for (path, mode, sound) in [(site.path("data-keys"), 0o750, 0o700), (key, 0o640, 0o600)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        site.serve_in_vain("vigil.toml").await.expect(74).expect_said(&["can be read by others", "chmod 700"]);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(sound)).unwrap();
    }
    stop(site.serve().await).await;
}
