//! Values of patients as browsers see them: the board, trends, events.

use serde_json::{Value, json};

use super::browser::{Browser, Events};
use super::harness::{PATIENCE, Site, now, site};
use super::ward::{Voice, admit, admit_to, register, spo2};

/// Asks until the answer is as wanted: views follow the journal.
pub async fn until(browser: &mut Browser, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let asking = async {
        loop {
            let answer = browser.get(path).await.expect(200);
            if wanted(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("the views follow in time")
}

/// Two patients with a value each, of two care teams; kim's browser.
async fn measured() -> (Site, Browser, Voice) {
    let mut site = site().await;
    let kim = site.account("kim", "nurse");
    register(&mut site, "ox-1", "").await;
    register(&mut site, "ox-2", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    admit_to(&mut site, "p-2", "ox-2", "ward-9", "lee").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 97.0), spo2("", 2, 96.0)]).await;
    voice.expect_receipt("ox-1", 2).await;
    let (mut other, _) = Voice::greet(&site, &site.device("ox-2"), &[""]).await;
    other.say(vec![spo2("", 1, 91.0)]).await;
    other.expect_receipt("ox-2", 1).await;
    let browser = Browser::with_token(&site, &kim).await;
    (site, browser, voice)
}

#[tokio::test]
async fn the_board_shows_each_patient_with_the_newest_value_its_line_and_its_alerts() {
    let (site, mut browser, mut voice) = measured().await;
    let newest = |board: &Value| board["tiles"][0]["values"][0]["value"] == json!(96.0);
    let board = until(&mut browser, "/api/v1/board", newest).await;
    let tiles = board["tiles"].as_array().unwrap();
    assert_eq!(tiles.len(), 1, "p-2 is of another care team: {board}");
    let (tile, value) = (&tiles[0], &tiles[0]["values"][0]);
    assert_eq!((&tile["patient"], &tile["unit"], &tile["bed"]), (&json!("p-1"), &json!("icu"), &json!("4")));
    let expected = (&json!("spo2"), &json!("%"), &json!("valid"), &json!("ox-1"));
    assert_eq!((&value["code"], &value["unit"], &value["validity"], &value["device"]), expected);
    assert!(now().micros() - value["received_us"].as_i64().unwrap() < 20_000_000);
    assert_eq!(value["spark"]["values"].as_array().unwrap().last(), Some(&json!(96.0)));
    voice.say(vec![spo2("", 3, 80.0)]).await;
    voice.expect_receipt("ox-1", 3).await;
    let alerted = |board: &Value| board["tiles"][0]["alerts"][0]["rule"] == "spo2_low";
    until(&mut browser, "/api/v1/board?unit=icu&spark=", alerted).await;
    let elsewhere = browser.get("/api/v1/board?unit=ward-9").await.expect(200);
    assert_eq!(elsewhere["tiles"], json!([]));
    drop(voice);
    site.stop_and_audit().await;
}

#[tokio::test]
async fn trends_hold_what_was_sent_and_what_was_known_then() {
    let (mut site, mut browser, _voice) = measured().await;
    let two = |trends: &Value| trends["series"][0]["count"] == json!([1, 1]);
    let trends = until(&mut browser, "/api/v1/patients/p-1/trends?code=spo2", two).await;
    assert_eq!(trends["series"][0]["mean"], json!([97.0, 96.0]));
    let before = now().micros() - 3_600_000_000;
    let known = browser.get(&format!("/api/v1/patients/p-1/trends?at={before}")).await.expect(200);
    assert_eq!(known["series"], json!([]));
    for wrong in ["code=pulse", "points=0", "from=9&to=8", "from=0", "at=x"] {
        browser.get(&format!("/api/v1/patients/p-1/trends?{wrong}")).await.expect(400);
    }
    for path in ["trends", "values"] {
        let (there, absent) = (format!("/api/v1/patients/p-2/{path}"), format!("/api/v1/patients/p-9/{path}"));
        let (there, absent) = (browser.get(&there).await, browser.get(&absent).await);
        there.expect(404);
        assert_eq!(there.body, absent.body);
    }
    let ada = site.account("ada", "admin");
    let mut admin = Browser::with_token(&site, &ada).await;
    let hidden = admin.get("/api/v1/patients/p-1/values").await.expect(200);
    assert_eq!(hidden, json!({ "patient": "p-1", "values": [] }), "an administrator sees no value");
    assert_eq!(admin.get("/api/v1/patients/p-1/trends").await.expect(200)["series"], json!([]));
}

#[tokio::test]
async fn events_tell_of_new_values_of_whom_one_may_see() {
    let (_site, mut browser, voice) = measured().await;
    let mut events = Events::open(&mut browser, "/api/v1/events").await;
    voice.say(vec![spo2("", 3, 95.0)]).await;
    loop {
        let told = events.next_of("values").await.data;
        let patients = told["patients"].as_array().unwrap();
        assert!(patients.iter().all(|patient| patient["patient"] == "p-1"), "{told}");
        if patients[0]["values"][0]["value"] == json!(95.0) {
            break;
        }
    }
}

#[tokio::test]
async fn a_device_tells_how_it_does_to_its_technicians() {
    let (mut site, _, _voice) = measured().await;
    let tom = site.account("tom", "technician");
    let mut browser = Browser::with_token(&site, &tom).await;
    let two = |device: &Value| device["sent"]["readings"] == json!(2);
    let device = until(&mut browser, "/api/v1/devices/ox-1", two).await;
    assert_eq!(device.get("patient"), None, "{device}");
    assert!(device["sent"]["skew_ms"].as_i64().unwrap().abs() < 20_000);
    browser.get("/api/v1/board").await.expect(403);
    browser.get("/api/v1/patients/p-1/values").await.expect(403);
}

#[tokio::test]
async fn values_are_there_again_after_a_start_and_after_a_rebuild() {
    let (site, _, voice) = measured().await;
    drop(voice);
    let mut site = site
        .restarted(|config| {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_vigil"))
                .args(["views", "rebuild", "--json", "--data-dir"])
                .arg(&config.storage.data_dir)
                .arg("--keys")
                .arg(&config.storage.keys_dir)
                .output()
                .expect("the program runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        })
        .await;
    let kim = site.account("max", "nurse");
    let ada = site.account("eve", "admin");
    let mut admin = Browser::with_token(&site, &ada).await;
    admin.post("/api/v1/access/assign", &json!({ "person": "max", "unit": "icu" })).await.expect(200);
    let mut browser = Browser::with_token(&site, &kim).await;
    let trends = browser.get("/api/v1/patients/p-1/trends").await.expect(200);
    assert_eq!(trends["series"][0]["mean"], json!([97.0, 96.0]));
    assert_eq!(browser.get("/api/v1/patients/p-1/values").await.expect(200)["values"][0]["value"], json!(96.0));
}
