//! Alerts seen and answered by a browser, and the events that tell of them.

use serde_json::{Value, json};

use super::browser::{Browser, Events};
use super::harness::{Site, site};
use super::ward::{Voice, admit, register, spo2};
use super::web::{PASSWORD, account};

/// A site where kim is paged for an alert of p-1; returns kim's browser, the alert, and the device's voice.
async fn alerted() -> (Site, Browser, Value, Voice) {
    let mut site = site().await;
    account(&mut site, "kim", "nurse");
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let mut browser = Browser::open(&site).await;
    browser.sign_in("kim", PASSWORD).await.expect(200);
    let mut events = Events::open(&mut browser, "/api/v1/events").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    let alert = until(&mut events, "step_entered").await;
    (site, browser, alert, voice)
}

async fn until(events: &mut Events, what: &str) -> Value {
    loop {
        let event = events.next_of("alert").await;
        if event.data["fact"]["what"] == what {
            return event.data["alert"].clone();
        }
    }
}

#[tokio::test]
async fn an_alert_is_seen_answered_after_the_commit_and_a_stale_answer_gets_the_alert_as_it_is() {
    let (_site, mut browser, alert, _voice) = alerted().await;
    assert_eq!((&alert["id"], &alert["value"], &alert["state"]), (&json!("p-1~1"), &json!(80.0), &json!("waiting")));
    let listed = browser.get("/api/v1/alerts?patient=p-1&limit=1").await.expect(200);
    assert_eq!(listed["alerts"], json!([alert]));
    assert_eq!(listed["next_cursor"], Value::Null);
    assert_eq!(browser.get("/api/v1/alerts/p-1~1").await.expect(200), alert);
    let version = &alert["version"];
    let answer = json!({ "version": version, "reason": "at the bedside" });
    let answered = browser.post("/api/v1/alerts/p-1~1/acknowledge", &answer).await;
    let shown = answered.expect(200);
    assert_eq!((&shown["done"], &shown["alert"]["people"]), (&json!(true), &json!(["kim"])));
    let again = browser.post_again("/api/v1/alerts/p-1~1/acknowledge", &answer).await;
    assert_eq!(
        (again.status, &again.body, again.header("idempotency-replayed")),
        (answered.status, &answered.body, "true")
    );
    let other = json!({ "version": version, "reason": "something else" });
    browser.post_again("/api/v1/alerts/p-1~1/acknowledge", &other).await.expect(409);
    let stale = browser.post("/api/v1/alerts/p-1~1/reject", &other).await.expect(409);
    assert_eq!((&stale["done"], &stale["alert"]["state"]), (&json!(false), &json!("acknowledged")));
    let history = browser.get("/api/v1/alerts/p-1~1/history").await.expect(200);
    let facts = history["facts"].as_array().unwrap();
    assert_eq!(facts.iter().filter(|fact| fact["what"] == "acknowledged").count(), 1);
    browser.post("/api/v1/alerts/p-1~1/dispose", &json!({ "version": 1, "verdict": "true" })).await.json();
}

#[tokio::test]
async fn another_care_teams_patient_is_answered_like_one_that_is_not_there() {
    let (mut site, _, _, _voice) = alerted().await;
    let token = site.account("mallory", "nurse");
    let mut browser = Browser::with_token(&site, &token).await;
    let answer = json!({ "version": 1 });
    for (there, absent) in [
        ("/api/v1/alerts/p-1~1", "/api/v1/alerts/p-9~1"),
        ("/api/v1/alerts/p-1~1/history", "/api/v1/alerts/p-9~1/history"),
        ("/api/v1/alerts?patient=p-1", "/api/v1/alerts?patient=p-9"),
        ("/api/v1/patients/p-1", "/api/v1/patients/p-9"),
    ] {
        let (there, absent) = (browser.get(there).await, browser.get(absent).await);
        there.expect(404);
        assert_eq!((there.status, there.body), (absent.status, absent.body));
    }
    let there = browser.post("/api/v1/alerts/p-1~1/accept", &answer).await;
    let absent = browser.post("/api/v1/alerts/p-9~1/accept", &answer).await;
    there.expect(404);
    assert_eq!(there.body, absent.body);
    assert_eq!(browser.get("/api/v1/alerts").await.expect(200)["alerts"], json!([]));
    assert_eq!(browser.get("/api/v1/patients").await.expect(200)["patients"], json!([]));
}

#[tokio::test]
async fn events_resume_behind_the_last_id_and_end_with_the_session() {
    let (_site, mut browser, alert, _voice) = alerted().await;
    let mut events = Events::open(&mut browser, "/api/v1/events?from=0").await;
    let mut told = Vec::new();
    while told.last().is_none_or(|event: &super::browser::Event| event.data["fact"]["what"] != "step_entered") {
        told.push(events.next_of("alert").await);
    }
    let resumed_at = told[0].id.clone().unwrap();
    browser.set("last-event-id", &resumed_at);
    let mut resumed = Events::open(&mut browser, "/api/v1/events").await;
    let position: u64 = resumed_at.parse().unwrap();
    for expected in told.iter().filter(|event| event.data["position"].as_u64().unwrap() > position) {
        assert_eq!(resumed.next_of("alert").await, *expected);
    }
    browser.headers.remove("last-event-id");
    let accept = json!({ "version": alert["version"] });
    browser.post("/api/v1/alerts/p-1~1/accept", &accept).await.expect(200);
    assert_eq!(until(&mut resumed, "accepted").await["state"], "accepted");
    assert!(events.next_of("keepalive").await.data["now_us"].as_i64().unwrap() > 0);
    browser.delete("/api/v1/session").await.expect(204);
    assert_eq!(events.next_of("end").await.data["code"], "unauthenticated");
    assert_eq!(events.next().await, None);
}
