//! Who is responsible, over the wire and from the shell; pages that reach real receivers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tonic::Code;
use tonic::transport::Channel;
use vigil::clinical::ids::PersonId;
use vigil::config::Config;
use vigil::proto;
use vigil::proto::alert_service_client::AlertServiceClient;
use vigil::proto::on_call_service_client::OnCallServiceClient;

use super::harness::{Site, now, site_with, with_token};
use super::ward::{Voice, admin, admit_to, register, spo2, status};
use crate::receivers::mail::MailReceiver;
use crate::receivers::web::{Answer, Page, SECRET, WebReceiver};

/// A unit with a rotation of two nurses, reached by webhook and e-mail.
struct OnCall {
    site: Site,
    folder: PathBuf,
    web: WebReceiver,
    mail: MailReceiver,
    ada: String,
    client: OnCallServiceClient<Channel>,
}

impl OnCall {
    async fn open() -> Self {
        let (web, mail) = (WebReceiver::start().await, MailReceiver::start().await);
        let mut site = site_with(|config| configure(config, &web, &mail)).await;
        register(&mut site, "ox-1", "").await;
        admit_to(&mut site, "p-1", "ox-1", "icu", "").await;
        let folder = folder(&site.config).to_owned();
        let ada = site.account("ada", "admin");
        std::fs::write(folder.join("ca.pem"), site.authority.ca_pem()).unwrap();
        std::fs::write(folder.join("ada.token"), &ada).unwrap();
        let client = OnCallServiceClient::new(site.people().await);
        Self { site, folder, web, mail, ada, client }
    }

    /// A saturation that is too low, from the patient's device.
    async fn breach(&self) -> Voice {
        let issued = self.site.device("ox-1");
        let (mut voice, _) = Voice::greet(&self.site, &issued, &["ox-1"]).await;
        voice.say(vec![spo2("ox-1", 1, 80.0)]).await;
        voice.expect_receipt("ox-1", 1).await;
        voice
    }

    /// Runs `vigil oncall` as the administrator.
    async fn vigil(&self, args: &[&str]) -> Output {
        self.vigil_as("ada.token", args).await
    }

    async fn vigil_as(&self, token: &str, args: &[&str]) -> Output {
        self.run(token, &[&["oncall"], args].concat()).await
    }

    /// Runs another verb as the administrator.
    async fn vigil_verb(&self, args: &[&str]) -> Output {
        self.run("ada.token", args).await
    }

    async fn run(&self, token: &str, args: &[&str]) -> Output {
        let mut vigil = Command::new(env!("CARGO_BIN_EXE_vigil"));
        let server = format!("https://localhost:{}", self.site.server().people_addr().port());
        vigil.args(args).args(["--server", &server, "--ca"]).arg(self.folder.join("ca.pem"));
        vigil.arg("--token-file").arg(self.folder.join(token));
        let ran = tokio::task::spawn_blocking(move || vigil.output());
        ran.await.expect("no panic").expect("the program runs")
    }

    async fn says(&self, args: &[&str]) -> String {
        let output = self.vigil(args).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "vigil oncall {}: {said}", args.join(" "));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The primary nurses of the unit.
    async fn primary(&self) -> Vec<String> {
        let said = self.says(&["who", "--unit", "icu", "--json"]).await;
        let roles = said.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let primary = roles.into_iter().find(|role| role["role"] == "primary").expect("there is a primary");
        primary["people"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }
}

fn folder(config: &Config) -> &Path {
    config.storage.data_dir.parent().unwrap()
}

fn configure(config: &mut Config, web: &WebReceiver, mail: &MailReceiver) {
    let folder = folder(config).to_owned();
    let care = folder.join("care");
    std::fs::create_dir(&care).unwrap();
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/care/policies.toml");
    std::fs::copy(policies, care.join("policies.toml")).unwrap();
    std::fs::write(care.join("site.toml"), plan(web)).unwrap();
    std::fs::write(folder.join("webhook"), SECRET).unwrap();
    std::fs::write(folder.join("smtp"), mail.url()).unwrap();
    config.care_dirs = vec![care];
    config.channels.webhook_secret_file = Some(folder.join("webhook"));
    config.channels.smtp_url_file = Some(folder.join("smtp"));
    config.channels.smtp_from = "vigil@hospital.example".into();
    config.channels.link = "https://vigil.example".into();
}

/// One turn of the rotation is longer than any test; the charge nurse has every other role.
fn plan(web: &WebReceiver) -> String {
    let person = |id: &str| {
        let hook = web.contact(id);
        format!("[[person]]\nid = \"{id}\"\ncontacts = [\"{hook}\", \"email:{id}@hospital.example\"]\n")
    };
    let people = ["ana", "bo", "charge"].map(person).concat();
    let roles = ["backup", "charge-nurse", "physician", "code-team", "supervisor", "technician"];
    let roles = roles.map(|role| format!("{role} = [\"person:charge\"]\n")).concat();
    format!(
        "{people}[[rotation]]\nid = \"nurses\"\nzone = \"UTC\"\n[[rotation.layer]]\nstart = \"2026-01-05 07:00\"\n\
         turn_h = 720\npeople = [\"ana\", \"bo\"]\n[[unit]]\nid = \"icu\"\nsetting = \"bedside\"\n[unit.roles]\n\
         primary = [\"rotation:nurses\"]\n{roles}"
    )
}

/// Not of the unit, in which nobody has shown yet that a contact works.
fn of_patient(page: &Page) -> bool {
    page.key.starts_with("p-1~1.")
}

#[tokio::test]
async fn a_page_reaches_webhook_and_mailbox_by_the_care_plan_and_says_nothing_of_the_patient() {
    let mut ward = OnCall::open().await;
    let nurse = ward.primary().await.remove(0);
    let _device = ward.breach().await;
    let page = ward.web.page(of_patient).await;
    assert_eq!((page.path.as_str(), page.is_repeat()), (format!("/{nurse}").as_str(), false));
    let data = &page.body["data"];
    assert_eq!((&data["priority"], &data["title"]), (&"high".into(), &"spo2_low in icu, 4".into()));
    assert_eq!(data["link"], "https://vigil.example/alerts/p-1~1");
    assert!(!page.body.to_string().contains("80"), "no value leaves: {}", page.body);
    let mail = ward.mail.mail("spo2_low in icu").await;
    assert!(mail.contains(&format!("To: {nurse}@hospital.example")) && !mail.contains("80 %"), "{mail}");
    // Whoever is paged answers; what the ladder of the plan did is on record.
    let token = ward.site.account(&nurse, "nurse");
    let mut alerts = AlertServiceClient::new(ward.site.people().await);
    let seen = alerts.list(with_token(&token, proto::ListAlertsRequest::default())).await.unwrap().into_inner();
    let alert = seen.alerts.into_iter().find(|alert| alert.id == "p-1~1").expect("it is seen");
    let request = proto::AnswerRequest {
        id: alert.id,
        version: alert.version,
        reason: "on my way".into(),
        ..proto::AnswerRequest::default()
    };
    assert!(alerts.acknowledge(with_token(&token, request)).await.unwrap().into_inner().done);
    let inbox = alerts.inbox(with_token(&token, proto::InboxRequest {})).await.unwrap().into_inner();
    let answered = inbox.pages.iter().all(|page| page.alert != "p-1~1");
    assert!(answered, "pages that were answered are taken back: {inbox:?}");
    assert_eq!(status(&mut ward.site).await.alerts_overdue, 0);
    ward.site.stop_and_audit().await;
}

#[tokio::test]
async fn receivers_that_were_killed_get_the_page_once_they_are_revived() {
    let mut ward = OnCall::open().await;
    ward.web.kill().await;
    ward.mail.kill().await;
    let _device = ward.breach().await;
    let failed = async { while status(&mut ward.site).await.page_attempts_failed < 2 {} };
    tokio::time::timeout(super::harness::PATIENCE, failed).await.expect("attempts fail");
    ward.mail.revive().await;
    ward.web.revive().await;
    ward.web.page(of_patient).await;
    ward.mail.mail("spo2_low in icu").await;
    let keys = ward.web.keys();
    assert!(keys.values().all(|(_, firsts)| *firsts <= 1), "{keys:?}");
    assert!(ward.says(&["dead-letters", "ana"]).await.is_empty());
}

#[tokio::test]
async fn a_dead_letter_is_seen_in_the_shell_and_sent_again_under_its_own_key() {
    let ward = OnCall::open().await;
    let nurse = ward.primary().await.remove(0);
    ward.web.answer(Answer::IsGone);
    let _device = ward.breach().await;
    ward.web.asked(1).await;
    let listed = async {
        loop {
            let said = ward.says(&["dead-letters", &nurse]).await;
            if said.contains("p-1~1") {
                return said;
            }
        }
    };
    let said = tokio::time::timeout(super::harness::PATIENCE, listed).await.expect("a dead letter");
    assert!(said.contains("p-1~1 webhook:") && said.contains("status 410"), "{said}");
    ward.web.answer(Answer::Takes);
    assert!(ward.says(&["dead-letters", &nurse, "--resend"]).await.ends_with("sent again\n"));
    let page = ward.web.page(of_patient).await;
    assert!(page.is_repeat() && page.key.starts_with(&format!("p-1~1.1.1.{nurse}.webhook.")), "{}", page.key);
}

#[tokio::test]
async fn an_override_changes_who_is_on_call_and_a_second_one_that_contradicts_it_is_refused() {
    let mut ward = OnCall::open().await;
    let on_call = ward.primary().await.remove(0);
    let other = if on_call == "ana" { "bo" } else { "ana" };
    let from = now().plus_ms(-60_000).to_string();
    let swap = ["override", "nurses", "--add", other, "--remove", &on_call, "--from", &from, "--for", "8h"];
    assert!(ward.says(&swap).await.starts_with("roster version"));
    assert_eq!(ward.primary().await, [other]);
    let again = ward.vigil(&swap).await;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("override 1"), "{said}");
    assert!(ward.says(&["overrides"]).await.contains("nurses"));
    ward.says(&["end-override", "1"]).await;
    assert_eq!(ward.primary().await, [on_call]);
    // Nobody but an administrator changes who is on call.
    let kim = ward.site.account("kim", "nurse");
    let request = proto::OnCallOverride { rotation: "nurses".into(), add: "bo".into(), ..Default::default() };
    let refused = ward.client.set_override(with_token(&kim, request)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn the_shell_names_every_gap_until_contacts_are_verified_and_each_verifies_their_own() {
    let mut ward = OnCall::open().await;
    let gaps = ward.vigil(&["gaps", "--unit", "icu"]).await;
    let said = String::from_utf8_lossy(&gaps.stdout).into_owned();
    assert_eq!(gaps.status.code(), Some(1), "nobody has shown that a contact works");
    assert!(said.contains("primary") && said.contains("cannot be reached"), "{said}");
    let bo = ward.site.account("bo", "nurse");
    let contact = |person: &str| {
        let contact = ward.web.contact(person);
        let (channel, address) = contact.split_once(':').unwrap();
        proto::StoredContact { person: person.into(), channel: channel.into(), address: address.into() }
    };
    let (of_bo, of_ana) = (contact("bo"), contact("ana"));
    ward.client.verify_contact(with_token(&bo, of_bo)).await.unwrap();
    let refused = ward.client.verify_contact(with_token(&bo, of_ana.clone())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let nobodys = proto::StoredContact { address: "http://127.0.0.1:1/x".into(), ..of_ana };
    let missing = ward.client.verify_contact(with_token(&ward.ada, nobodys)).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    for person in ["ana", "charge"] {
        ward.says(&["verify", person, &ward.web.contact(person)]).await;
    }
    assert_eq!(ward.vigil(&["gaps", "--unit", "icu"]).await.status.code(), Some(0));
}

#[tokio::test]
async fn an_assigned_nurse_is_paged_and_sees_the_patient_and_maintenance_is_bounded() {
    let mut ward = OnCall::open().await;
    let from = now().plus_ms(-60_000).to_string();
    ward.says(&["assign", "icu", "charge", "p-1", "--from", &from, "--for", "8h"]).await;
    let _device = ward.breach().await;
    let page = ward.web.page(of_patient).await;
    assert_eq!(page.path, "/charge", "the nurse to whom the patient is assigned goes before the rotation");
    let charge = ward.site.account("charge", "nurse");
    let (_, mut admin) = admin(&mut ward.site).await;
    let request = proto::GetPatientRequest { patient: "p-1".into() };
    admin.get_patient(with_token(&charge, request)).await.expect("an assigned nurse sees the patient");
    std::fs::write(ward.folder.join("charge.token"), &charge).unwrap();
    let maintain = async |hours: &str| {
        let args = ["maintenance", "icu", "-m", "pumps", "--from", &from, "--for", hours];
        ward.vigil_as("charge.token", &args).await
    };
    let long = maintain("5h").await;
    let said = String::from_utf8_lossy(&long.stderr).into_owned();
    assert!(!long.status.success() && said.contains("4 hours"), "{said}");
    assert!(maintain("1h").await.status.success());
}

#[tokio::test]
async fn what_the_roster_does_not_know_is_named_and_who_answers_nothing_is_refused() {
    let mut ward = OnCall::open().await;
    let from = now().to_string();
    for (args, what) in [
        (vec!["override", "nobodys", "--add", "bo", "--from", &from, "--for", "1h"], "rotation"),
        (vec!["override", "nurses", "--add", "zoe", "--from", &from, "--for", "1h"], "person"),
        (vec!["assign", "ward-9", "bo", "p-1", "--from", &from, "--for", "1h"], "unit"),
        (vec!["end-override", "7"], "override"),
    ] {
        let output = ward.vigil(&args).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(what), "{args:?}: {said}");
    }
    let sam = ward.site.account("sam", "compliance");
    let refused = ward.client.who(with_token(&sam, proto::WhoRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let kim = ward.site.account("kim", "nurse");
    let hidden = proto::WhoRequest { patient: "p-1".into(), ..proto::WhoRequest::default() };
    let absent = ward.client.who(with_token(&kim, hidden)).await.unwrap_err();
    assert_eq!(absent.code(), Code::NotFound, "whose nurse it is says that the patient is there");
    let unknown = PersonId::new("zoe").unwrap();
    assert!(ward.site.platform.engine().handle().dead_letters(&unknown).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_unit_that_nobody_of_can_be_reached_is_a_high_alert_until_somebody_can() {
    let mut ward = OnCall::open().await;
    let page = ward.web.page(|page| page.body["data"]["title"] == "nobody_reachable in icu").await;
    assert_eq!(page.body["data"]["priority"], "high");
    for person in ["ana", "bo", "charge"] {
        ward.says(&["verify", person, &ward.web.contact(person)]).await;
    }
    let token = ward.site.account("charge", "nurse");
    let mut kim = AlertServiceClient::new(ward.site.people().await);
    let over = async {
        let open = proto::ListAlertsRequest { unit: "icu".into(), ..proto::ListAlertsRequest::default() };
        let is_it = |alert: &proto::Alert| alert.text.starts_with("nobody of the unit's care plan");
        while kim.list(with_token(&token, open.clone())).await.unwrap().into_inner().alerts.iter().any(is_it) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(90), over).await.expect("it is over once they are reached");
}

#[tokio::test]
async fn a_drill_runs_the_real_ladder_reports_who_answered_and_counts_in_no_figure() {
    let mut ward = OnCall::open().await;
    let nurse = ward.primary().await.remove(0);
    let token = ward.site.account(&nurse, "nurse");
    let mut alerts = AlertServiceClient::new(ward.site.people().await);
    let before = status(&mut ward.site).await.alerts_open;
    let drill = async { ward.vigil_verb(&["drill", "--unit", "icu", "--kind", "technical", "--json"]).await };
    let answer = async {
        let page = ward.web.page(|page| page.body["data"]["title"] == "DRILL: drill in icu").await;
        assert_eq!(page.body["type"], "page.drill");
        let id = page.body["data"]["alerts"][0].as_str().unwrap().to_owned();
        let seen = alerts.list(with_token(&token, proto::ListAlertsRequest::default())).await.unwrap().into_inner();
        let alert = seen.alerts.into_iter().find(|alert| alert.id == id).expect("whoever is paged sees it");
        let request = proto::AnswerRequest { id, version: alert.version, ..proto::AnswerRequest::default() };
        assert!(alerts.accept(with_token(&token, request)).await.unwrap().into_inner().done);
    };
    let (said, ()) = tokio::join!(drill, answer);
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    let report = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(report.contains("step_entered") && report.contains("accepted") && report.contains(&nurse), "{report}");
    // It is over, and what is open is what was open before.
    let again = ward.vigil_verb(&["drill", "--unit", "icu", "--within", "1s"]).await;
    assert_eq!(again.status.code(), Some(1), "nobody answered the second one");
    assert!(status(&mut ward.site).await.alerts_open >= before.min(1));
    ward.site.stop_and_audit().await;
}

#[tokio::test]
async fn a_test_page_reaches_its_person_and_counts_once_the_person_answers_it() {
    let mut ward = OnCall::open().await;
    ward.says(&["check", "bo"]).await;
    let page = ward.web.page(|page| page.key.starts_with("check.bo.webhook.")).await;
    assert_eq!((page.path.as_str(), &page.body["data"]["title"]), ("/bo", &"Test page".into()));
    ward.mail.mail("Test page").await;
    let is_answered = |ward: &OnCall| {
        let roster = ward.site.platform.engine().handle().roster();
        let check = roster.standing().checks.iter().find(|check| check.person.as_str() == "bo").cloned();
        check.expect("it is on record").answered
    };
    assert!(!is_answered(&ward));
    let bo = ward.site.account("bo", "nurse");
    ward.client.answer_check(with_token(&bo, proto::AnswerCheckRequest {})).await.unwrap();
    assert!(is_answered(&ward));
}

#[tokio::test]
async fn a_shift_is_handed_over_with_its_patients_and_alerts_once_the_other_takes_it() {
    let mut ward = OnCall::open().await;
    let from = now().plus_ms(-60_000).to_string();
    ward.says(&["assign", "icu", "charge", "p-1", "--from", &from, "--for", "8h"]).await;
    let _device = ward.breach().await;
    ward.web.page(of_patient).await;
    let (charge, bo) = (ward.site.account("charge", "nurse"), ward.site.account("bo", "nurse"));
    let mut alerts = AlertServiceClient::new(ward.site.people().await);
    let list = || proto::ListAlertsRequest { patient: "p-1".into(), ..proto::ListAlertsRequest::default() };
    let alert = alerts.list(with_token(&charge, list())).await.unwrap().into_inner().alerts.remove(0);
    let request = proto::AnswerRequest { id: alert.id, version: alert.version, ..proto::AnswerRequest::default() };
    alerts.accept(with_token(&charge, request)).await.unwrap();
    let offer = proto::HandOverShiftRequest { unit: "icu".into(), to: "bo".into(), patient: String::new() };
    let offered = ward.client.hand_over_shift(with_token(&charge, offer)).await.unwrap().into_inner();
    assert!(offered.alerts.iter().any(|one| one.alert == "p-1~1" && one.refused.is_empty()), "{offered:?}");
    let owner = async |alerts: &mut AlertServiceClient<Channel>| {
        alerts.list(with_token(&bo, list())).await.unwrap().into_inner().alerts.remove(0).people
    };
    assert_eq!(owner(&mut alerts).await, ["charge"], "the giver stays responsible");
    let take = || proto::TakeOverShiftRequest { unit: "icu".into(), from: "charge".into() };
    let taken = ward.client.take_over_shift(with_token(&bo, take())).await.unwrap().into_inner();
    assert!(taken.alerts.iter().any(|one| one.alert == "p-1~1" && one.refused.is_empty()), "{taken:?}");
    assert_eq!(owner(&mut alerts).await, ["bo"]);
    let again = ward.client.take_over_shift(with_token(&bo, take())).await.unwrap_err();
    assert_eq!(again.code(), Code::NotFound, "it was taken already");
    let roster = ward.site.platform.engine().handle().roster();
    let assigned = roster.standing().assigned.iter().find(|one| one.person.as_str() == "bo");
    assert!(assigned.is_some_and(|one| one.patient.as_str() == "p-1"), "and so is the patient");
}
