//! `/openapi.json` against what the server does: requests that fit the description, and that do not, made up by
//! schemathesis.

use std::process::Command;

use super::harness::{Site, site};
use super::python::interpreter;
use super::ward::{Voice, admit, register, spo2};

/// Requests of each address that are made up beside the examples.
const REQUESTS: &str = "12";

/// Runs it as somebody. The seed is fixed: the same requests each time.
async fn probe(site: &Site, token: &str) {
    let url = format!("https://localhost:{}/openapi.json", site.server().web_addr().port());
    let (ca, token) = (site.config.pki.ca.clone(), token.to_owned());
    let run = move || {
        let mut command = Command::new(interpreter("schemathesis").with_file_name("schemathesis"));
        command.args(["run", &url, "--no-color", "--seed", "7", "--max-examples", REQUESTS, "--workers", "2"]);
        // Events have no end. What a session needs to be closed is not a token.
        command.args([
            "--exclude-path",
            "/api/v1/events",
            "--phases",
            "examples,coverage,fuzzing",
            "--warnings",
            "off",
        ]);
        let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
        command.args(["--checks", checks, "--request-timeout", "20", "--max-time", "90", "--tls-verify"]).arg(ca);
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
        let output = command.output().expect("schemathesis is installed");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "the server and its description differ:\n{said}");
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_its_description_says_whatever_is_asked() {
    // First, since it takes longer than a device may be silent.
    tokio::task::spawn_blocking(|| interpreter("schemathesis")).await.unwrap();
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 97.0), spo2("", 2, 80.0)]).await;
    voice.expect_receipt("ox-1", 2).await;
    for (person, role) in [("kim", "physician:cardiology"), ("ada-9", "admin"), ("cora", "compliance")] {
        let token = site.account(person, role);
        probe(&site, &token).await;
    }
}
