//! Everything that administrators, clinicians and compliance can have done by HTTP.

use serde_json::{Value, json};

use super::browser::Browser;
use super::harness::{now, site};

#[tokio::test]
async fn a_ward_is_set_up_used_and_closed_by_http_alone() {
    let mut site = site().await;
    let [ada, kim, cora] =
        [("ada", "admin"), ("kim", "nurse"), ("cora", "compliance")].map(|(n, r)| site.account(n, r));
    let mut admin = Browser::with_token(&site, &ada).await;
    let until = now().micros() + 3_600_000_000;
    for (path, body, status) in [
        ("/api/v1/units", json!({ "unit": "icu" }), 204),
        ("/api/v1/units", json!({ "unit": "ward" }), 204),
        ("/api/v1/units/icu/ladder", json!({ "steps": [{ "people": ["kim"], "delay_ms": 60000 }] }), 200),
        ("/api/v1/devices", json!({ "device": "ox-1", "model": "m", "firmware": "1", "unit": "icu" }), 204),
        (
            "/api/v1/patients",
            json!({ "patient": "p-1", "unit": "icu", "bed": "4", "profile": { "age_class": "adult" } }),
            204,
        ),
        ("/api/v1/patients", json!({ "patient": "p-2", "unit": "ward" }), 204),
        ("/api/v1/patients", json!({ "patient": "p-3", "unit": "nowhere" }), 404),
        ("/api/v1/devices/ox-1/assign", json!({ "patient": "p-1" }), 204),
        ("/api/v1/devices/ox-1/lend", json!({ "unit": "ward", "until_us": until }), 204),
        ("/api/v1/devices/ox-1/return", json!({}), 204),
        ("/api/v1/patients/p-1/move", json!({ "unit": "icu", "bed": "5" }), 204),
        (
            "/api/v1/patients/p-1/profile",
            json!({ "age_class": "adult", "spo2_low_percent": 88, "spo2_high_percent": 92 }),
            204,
        ),
        ("/api/v1/patients/p-1/standby", json!({ "reason": "bath", "until_us": until }), 204),
        ("/api/v1/access/assign", json!({ "person": "kim", "patient": "p-9" }), 404),
        ("/api/v1/access/assign", json!({ "person": "lee", "unit": "icu" }), 200),
    ] {
        let answered = admin.post(path, &body).await;
        assert_eq!(answered.status.as_u16(), status, "{path} {body}: {}", String::from_utf8_lossy(&answered.body));
    }
    let shown = admin.get("/api/v1/patients/p-1").await.expect(200);
    assert_eq!(
        (&shown["bed"], &shown["devices"], &shown["standby"]["reason"]),
        (&json!("5"), &json!(["ox-1"]), &json!("bath"))
    );
    assert_eq!((&shown["profile"]["spo2_low_percent"], &shown["presence"]), (&json!(88), &json!("admitted")));
    assert_eq!(admin.get("/api/v1/oncall").await.expect(200)["version"], 0, "there is no plan");
    assert_eq!(admin.get("/api/v1/oncall/gaps").await.expect(200)["gaps"], json!([]));
    admin.get("/api/v1/oncall/overrides").await.expect(200);
    admin.get("/api/v1/people/kim/dead-letters").await.expect(200);
    admin.post("/api/v1/patients/p-1/resume", &json!({})).await.expect(204);
    let freed = admin.post("/api/v1/patients/p-1/discharge", &json!({})).await.expect(200);
    assert_eq!(freed["devices"], json!(["ox-1"]));
    admin.post("/api/v1/devices/ox-1/retire", &json!({})).await.expect(204);
    assert_eq!(admin.get("/api/v1/devices/ox-1").await.expect(200)["retired"], true);
    assert!(admin.get("/api/v1/operations").await.expect(200)["position"].as_u64().unwrap() > 0);
    glass(&mut Browser::with_token(&site, &kim).await, &mut Browser::with_token(&site, &cora).await).await;
    admin.post("/api/v1/patients/p-1/erase", &json!({})).await.expect(204);
    admin.get("/api/v1/patients/p-1").await.expect(404);
}

/// Kim breaks the glass for p-2, compliance reviews it and reads who saw what.
async fn glass(nurse: &mut Browser, compliance: &mut Browser) {
    nurse.get("/api/v1/patients/p-2").await.expect(404);
    let reason = json!({ "reason": "collapsed in the corridor", "minutes": 30 });
    let broken = nurse.post("/api/v1/patients/p-2/break-glass", &reason).await.expect(200);
    nurse.get("/api/v1/patients/p-2").await.expect(200);
    let end = format!("/api/v1/break-glass/{}/end", broken["ordinal"]);
    nurse.post(&end, &json!({})).await.expect(204);
    nurse.get("/api/v1/patients/p-2").await.expect(404);
    let waiting = compliance.get("/api/v1/break-glass?waiting=true").await.expect(200);
    assert_eq!(waiting["entries"][0]["ordinal"], broken["ordinal"]);
    let review = format!("/api/v1/break-glass/{}/review", broken["ordinal"]);
    compliance.post(&review, &json!({ "justified": true, "note": "a real emergency" })).await.expect(204);
    assert_eq!(compliance.get("/api/v1/break-glass?waiting=true").await.expect(200)["entries"], json!([]));
    let seen = compliance.get("/api/v1/patients/p-2/access?limit=1000").await.expect(200);
    let kims: Vec<&Value> =
        seen["entries"].as_array().unwrap().iter().filter(|entry| entry["person"] == "kim").collect();
    assert!(kims.iter().any(|entry| entry["purpose"] == "BTG" && entry["outcome"] == "shown"), "{seen}");
    assert!(kims.iter().any(|entry| entry["outcome"] == "refused"), "{seen}");
    let explained = compliance.get("/api/v1/access/explain?person=kim&patient=p-1").await.expect(200);
    assert_eq!(explained["roles"], json!(["nurse"]));
    compliance.get("/api/v1/access?person=kim").await.expect(200);
    nurse.get("/api/v1/access").await.expect(403);
}
