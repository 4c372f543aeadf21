//! The port of browsers: who signs in, what every answer has, what is refused.

use serde_json::json;
use vigil::api::identity::SecretHash;
use vigil::clinical::ids::PersonId;

use super::browser::{Browser, Reach};
use super::harness::{Site, site};

impl Reach for Site {
    fn host(&self) -> &'static str {
        "localhost"
    }

    fn port(&self) -> u16 {
        self.server().web_addr().port()
    }

    fn ca_pem(&self) -> String {
        self.authority.ca_pem().to_owned()
    }
}

pub const PASSWORD: &str = "correct horse battery";

/// Gives an account a password; returns its token.
pub fn account(site: &mut Site, name: &str, role: &str) -> String {
    let token = site.account(name, role);
    let password = SecretHash::of_password(PASSWORD).unwrap();
    site.accounts.set_password(&PersonId::new(name).unwrap(), password).unwrap();
    site.put_accounts_in_force();
    token
}

#[tokio::test]
async fn a_session_signs_in_by_cookie_and_is_not_used_again_after_sign_out() {
    let mut site = site().await;
    account(&mut site, "kim", "nurse");
    let mut browser = Browser::open(&site).await;
    browser.get("/api/v1/me").await.expect(401);
    let signed_in = browser.sign_in("kim", PASSWORD).await;
    assert_eq!(signed_in.expect(200)["roles"], json!(["nurse"]));
    let cookie = signed_in.header("set-cookie");
    for part in ["__Host-vigil=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{part} is missing in the cookie");
    }
    let me = browser.get("/api/v1/me").await.expect(200);
    assert_eq!((&me["person"], &me["session"]["idle_s"]), (&json!("kim"), &json!(1800)));
    assert!(me["can"].as_array().unwrap().contains(&json!("answer physiological alerts")));
    browser.get("/api/v1/alerts").await.expect(200);
    browser.delete("/api/v1/session").await.expect(204);
    let refused = browser.get("/api/v1/alerts").await;
    refused.expect(401);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_disabled_account_loses_its_session() {
    let mut site = site().await;
    account(&mut site, "kim", "nurse");
    let mut browser = Browser::open(&site).await;
    browser.sign_in("kim", PASSWORD).await.expect(200);
    site.accounts.disable(&PersonId::new("kim").unwrap()).unwrap();
    site.put_accounts_in_force();
    browser.get("/api/v1/alerts").await.expect(401);
    browser.sign_in("kim", PASSWORD).await.expect(401);
}

#[tokio::test]
async fn a_person_confirms_an_answer_with_a_pin_at_a_screen_where_another_is_signed_in() {
    let mut site = site().await;
    account(&mut site, "station", "nurse");
    site.account("kim", "nurse");
    let pin = SecretHash::of_pin("271828").unwrap();
    site.accounts.set_pin(&PersonId::new("kim").unwrap(), pin).unwrap();
    site.put_accounts_in_force();
    let mut browser = Browser::open(&site).await;
    let right = json!({ "person": "kim", "pin": "271828" });
    browser.post("/api/v1/session/confirm", &right).await.expect(401);
    browser.sign_in("station", PASSWORD).await.expect(200);
    browser.post("/api/v1/session/confirm", &json!({ "person": "kim", "pin": "271829" })).await.expect(401);
    let confirmed = browser.post("/api/v1/session/confirm", &right).await.expect(200);
    browser.set("authorization", &format!("Bearer {}", confirmed["token"].as_str().unwrap()));
    assert_eq!(browser.get("/api/v1/me").await.expect(200)["person"], "kim");
    browser.headers.remove("authorization");
    assert_eq!(browser.get("/api/v1/me").await.expect(200)["person"], "station");
    browser.sign_in("kim", "271828").await.expect(401);
}

#[tokio::test]
async fn guessing_is_answered_alike_and_slowed_down() {
    let mut site = site().await;
    account(&mut site, "kim", "nurse");
    site.account("lee", "nurse");
    let mut browser = Browser::open(&site).await;
    let wrong = browser.sign_in("kim", "wrong password").await;
    for (person, password) in [("nobody", "wrong"), ("lee", "has no password"), ("../x", "wrong"), ("kim", "")] {
        let answered = browser.sign_in(person, password).await;
        assert_eq!((answered.status, &answered.body), (wrong.status, &wrong.body), "{person}");
    }
    for _ in 0..8 {
        browser.sign_in("kim", "guess").await.expect(401);
    }
    browser.sign_in("kim", PASSWORD).await.expect(429);
}

#[tokio::test]
async fn a_request_forged_by_another_site_is_refused() {
    let mut site = site().await;
    let token = account(&mut site, "kim", "nurse");
    let mut browser = Browser::open(&site).await;
    browser.sign_in("kim", PASSWORD).await.expect(200);
    let answer = json!({ "version": 1, "reason": "seen" });
    browser.set("origin", "https://evil.example");
    browser.post("/api/v1/alerts/p-1~1/acknowledge", &answer).await.expect(403);
    browser.delete("/api/v1/session").await.expect(403);
    browser.sign_in("kim", PASSWORD).await.expect(403);
    browser.headers.remove("origin");
    browser.post("/api/v1/alerts/p-1~1/acknowledge", &answer).await.expect(403);
    browser.headers.remove("cookie");
    browser.set("authorization", &format!("Bearer {token}"));
    browser.post("/api/v1/alerts/p-1~1/acknowledge", &answer).await.expect(404);
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_a_page_its_own() {
    let site = site().await;
    for mut browser in [Browser::open(&site).await, Browser::open_http1(&site).await] {
        for path in ["/", "/api/v1/alerts", "/openapi.json", "/no/such.js", "/../../etc/passwd"] {
            let answered = browser.get(path).await;
            let csp = answered.header("content-security-policy");
            assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{path}: {csp}");
            assert!(!csp.contains("unsafe"), "{path}: {csp}");
            assert!(answered.header("strict-transport-security").starts_with("max-age="), "{path}");
            assert_eq!(answered.header("x-content-type-options"), "nosniff", "{path}");
            assert_ne!(answered.header("cache-control"), "", "{path}");
        }
        assert_eq!(browser.get("/api/v1/alerts").await.header("cache-control"), "no-store");
        assert!(browser.get("/patients/p-1").await.header("content-type").starts_with("text/html"));
        browser.get("/no/such.js").await.expect(404);
        browser.get("/api/v1/no-such").await.expect(404);
        browser.delete("/api/v1/alerts").await.expect(405);
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again_and_what_is_large_is_compressed() {
    let mut site = site().await;
    let token = site.account("ada", "admin");
    let mut browser = Browser::with_token(&site, &token).await;
    let first = browser.get("/api/v1/units").await;
    first.expect(200);
    browser.set("if-none-match", first.header("etag"));
    let again = browser.get("/api/v1/units").await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    browser.headers.remove("if-none-match");
    browser.set("accept-encoding", "gzip");
    let described = browser.get("/openapi.json").await;
    assert_eq!(described.header("content-encoding"), "gzip");
}

#[tokio::test]
async fn a_request_that_is_wrong_in_itself_is_told_what_is_allowed() {
    let mut site = site().await;
    let token = site.account("kim", "nurse");
    let mut browser = Browser::with_token(&site, &token).await;
    let path = "/api/v1/alerts/p-1~1/accept";
    for (body, expected) in [
        (json!({ "version": 1, "as": "root" }), "unknown field `as`"),
        (json!({}), "missing field `version`"),
        (json!({ "version": "secret text" }), "another type"),
        (json!([]), ""),
    ] {
        let problem = browser.post(path, &body).await.expect(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(expected) && !detail.contains("secret"), "{detail}");
    }
    browser.post(path, &json!("x".repeat(70_000))).await.expect(413);
    browser.set("content-type", "text/plain");
    browser.post(path, &json!({ "version": 1 })).await.expect(415);
    browser.headers.remove("content-type");
    browser.headers.remove("idempotency-key");
    browser.post_again(path, &json!({ "version": 1 })).await.expect(400);
    for path in
        ["/api/v1/alerts?limit=0", "/api/v1/alerts?limit=1001", "/api/v1/alerts?who=me", "/api/v1/alerts?cursor=x"]
    {
        browser.get(path).await.expect(400);
    }
}
