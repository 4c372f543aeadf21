//! Each role over HTTP: which fields of an alert, a patient and the board are there, and which are absent.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::browser::Browser;
use super::harness::site;
use super::values::until;
use super::ward::{Voice, admit, register, spo2};

/// Of an alert, beside what everybody sees who sees it at all.
const PATIENT: [&str; 3] = ["patient", "subject", "bed"];
const FOUND: [&str; 8] = ["rule", "rule_version", "present", "start_us", "onset_us", "value", "limit", "text"];

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn each_role_is_sent_its_own_fields_and_no_other() {
    let mut site = site().await;
    let kim = site.account("kim", "nurse");
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    let mut nurse = Browser::with_token(&site, &kim).await;
    let alerted = |board: &Value| board["tiles"][0]["alerts"][0]["state"] == "waiting";
    let board = until(&mut nurse, "/api/v1/board", alerted).await;
    let whole = board["tiles"][0]["alerts"][0].clone();
    for name in PATIENT.iter().chain(&FOUND) {
        assert!(keys(&whole).contains(name), "a nurse sees {name}");
    }
    // Role, the fields of the alert that are absent, and whether the board and patients may be asked for.
    let hidden: [(&str, Option<&[&str]>, u16); 6] = [
        ("physician:cardiology", None, 200),
        ("nurse", None, 200),
        ("technician", None, 403),
        ("admin", Some(&FOUND), 200),
        ("sre", None, 403),
        ("compliance", None, 403),
    ];
    for (role, absent, board_status) in hidden {
        let token = site.account(&format!("x-{}", role.replace(':', "-")), role);
        let mut browser = Browser::with_token(&site, &token).await;
        assert_eq!(browser.get("/api/v1/board").await.status.as_u16(), board_status, "{role}");
        assert_eq!(browser.get("/api/v1/patients").await.status.as_u16(), board_status, "{role}");
        let listed = browser.get("/api/v1/alerts").await;
        if ["sre", "compliance"].contains(&role) {
            listed.expect(403);
            continue;
        }
        let alerts = listed.expect(200)["alerts"].clone();
        let Some(absent) = absent else {
            assert_eq!(alerts, json!([]), "{role} is on no care team, or sees no patient");
            continue;
        };
        let expected: BTreeSet<_> = keys(&whole).into_iter().filter(|name| !absent.contains(name)).collect();
        assert_eq!(keys(&alerts[0]), expected, "{role}");
        let tile = browser.get("/api/v1/board").await.expect(200)["tiles"][0].clone();
        assert_eq!((&tile["patient"], &tile["values"]), (&json!("p-1"), &json!([])), "{role}");
        assert_eq!(tile.get("received_us"), None, "{role}");
        let patient = browser.get("/api/v1/patients/p-1").await.expect(200);
        assert!(keys(&patient).is_superset(&BTreeSet::from(["bed", "devices", "profile", "unit"])), "{role}");
    }
}
