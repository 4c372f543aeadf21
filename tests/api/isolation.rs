//! Another care team's patient does not exist, each role sees its own fields, and whatever is shown is on record.

use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Channel;
use vigil::access::{AccessRecord, Outcome, Purpose};
use vigil::proto;
use vigil::proto::admin_service_client::AdminServiceClient;
use vigil::proto::alert_service_client::AlertServiceClient;
use vigil::storage::codec::decode_access;
use vigil::storage::{Opener, Store, StoreOptions, StreamName};

use super::harness::{PATIENCE, Site, site, site_with_rules, with_token};
use super::ward::{Voice, admit_to, register, spo2};

/// A breach below 90 is of the patient, one above 99 of the probe.
const RULES: &str = r#"
[[rule]]
id = "spo2_low"
version = 1
kind = "physiological"
priority = "high"
text = "SpO2 {value} % < {limit} %"
source = "a test"
[rule.limit]
code = "spo2"
below = 90

[[rule]]
id = "probe_off"
version = 1
kind = "technical"
priority = "low"
text = "Probe reads {value} %"
source = "a test"
[rule.limit]
code = "spo2"
above = 99
"#;

/// An alert of a patient in `unit`, where `person` is the care team; empty: nobody is.
async fn alerted(site: &mut Site, patient: &str, unit: &str, person: &str, percent: f64) -> (String, Voice) {
    let device = format!("ox-{patient}");
    register(site, &device, "").await;
    admit_to(site, patient, &device, unit, person).await;
    let watcher = site.account(&format!("admin-of-{patient}"), "admin");
    let mut alerts = AlertServiceClient::new(site.people().await);
    let mut news = alerts.watch(with_token(&watcher, proto::WatchAlertsRequest::default())).await.unwrap().into_inner();
    let (mut voice, _) = Voice::greet(site, &site.device(&device), &[""]).await;
    voice.say(vec![spo2("", 1, percent)]).await;
    voice.expect_receipt(&device, 1).await;
    let entered = async {
        loop {
            let update = news.message().await.unwrap().expect("the watch ended");
            if update.fact.unwrap().what == "step_entered" {
                return update.alert.unwrap().id;
            }
        }
    };
    (timeout(PATIENCE, entered).await.expect("nobody is paged"), voice)
}

/// The audit trail as the disk has it, read beside the running platform.
fn trail(site: &Site) -> Vec<AccessRecord> {
    let mut options = StoreOptions::new(&site.config.storage.data_dir);
    options.keys_dir.clone_from(&site.config.storage.keys_dir);
    let store = Store::open_read_only(&options).unwrap();
    let name = StreamName::audit();
    let mut opener = Opener::new(Some(store.keys().audit()), &name);
    let records = store.reader().tail(&name, 0).unwrap();
    records.iter().map(|record| decode_access(&opener.open(record).unwrap()).unwrap()).collect()
}

fn of<'a>(trail: &'a [AccessRecord], person: &str, what: &str) -> Vec<&'a AccessRecord> {
    let mine = |record: &&AccessRecord| record.person.as_ref().is_some_and(|id| id.as_str() == person);
    trail.iter().filter(mine).filter(|record| record.what == what).collect()
}

async fn list(alerts: &mut AlertServiceClient<Channel>, token: &str) -> Vec<proto::Alert> {
    alerts.list(with_token(token, proto::ListAlertsRequest::default())).await.unwrap().into_inner().alerts
}

fn answer(id: &str) -> proto::AnswerRequest {
    proto::AnswerRequest { id: id.to_owned(), version: 1, reason: "seen".into(), ..Default::default() }
}

#[tokio::test]
async fn another_care_teams_patient_is_as_absent_by_id_by_list_by_watch_and_by_history() {
    let mut site = site().await;
    let (kim, lee) = (site.account("kim", "nurse"), site.account("lee", "physician:cardiology"));
    let mut alerts = AlertServiceClient::new(site.people().await);
    let from = proto::WatchAlertsRequest { from_position: Some(0), ..proto::WatchAlertsRequest::default() };
    let (theirs, _a) = alerted(&mut site, "p-1", "icu", "kim", 80.0).await;
    let (mine, _b) = alerted(&mut site, "p-2", "ward-9", "lee", 80.0).await;
    let ids = |listed: Vec<proto::Alert>| listed.into_iter().map(|alert| alert.id).collect::<Vec<_>>();
    assert_eq!(ids(list(&mut alerts, &lee).await), std::slice::from_ref(&mine));
    assert_eq!(ids(list(&mut alerts, &kim).await), std::slice::from_ref(&theirs));
    // By list of one patient, and by the patients' list.
    for (patient, code) in [("p-1", Code::NotFound), ("p-404", Code::NotFound), ("p-2", Code::Ok)] {
        let asked = proto::ListAlertsRequest { patient: patient.into(), ..proto::ListAlertsRequest::default() };
        let answered = alerts.list(with_token(&lee, asked)).await;
        assert_eq!(answered.map_or_else(|status| status.code(), |_| Code::Ok), code, "{patient}");
    }
    let mut admin = AdminServiceClient::new(site.people().await);
    let listed = admin.list_patients(with_token(&lee, proto::ListPatientsRequest::default())).await.unwrap();
    let patients: Vec<_> = listed.into_inner().patients.into_iter().map(|patient| patient.patient).collect();
    assert_eq!(patients, ["p-2"]);
    // By id: history and every answer.
    let history = |id: &str| with_token(&lee, proto::HistoryRequest { id: id.to_owned() });
    let absent = alerts.history(history("p-404~1")).await.unwrap_err();
    let forbidden = alerts.history(history(&theirs)).await.unwrap_err();
    assert_eq!((forbidden.code(), forbidden.message()), (Code::NotFound, absent.message()));
    let absent = alerts.acknowledge(with_token(&lee, answer("p-404~1"))).await.unwrap_err();
    let forbidden = alerts.acknowledge(with_token(&lee, answer(&theirs))).await.unwrap_err();
    assert_eq!((forbidden.code(), forbidden.message()), (Code::NotFound, absent.message()));
    assert!(alerts.comment(with_token(&lee, answer(&theirs))).await.is_err());
    // By watch, from the beginning: the first that comes is of lee's own patient.
    let mut news = alerts.watch(with_token(&lee, from)).await.unwrap().into_inner();
    let first = timeout(PATIENCE, news.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(first.alert.unwrap().id, mine);
}

#[tokio::test]
async fn whoever_is_paged_sees_the_alert_and_nobody_else_of_the_same_role() {
    let mut site = site().await;
    let (charge, kim) = (site.account("charge-nurse", "nurse"), site.account("kim", "nurse"));
    let (id, _voice) = alerted(&mut site, "p-1", "icu", "", 80.0).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    let seen = list(&mut alerts, &charge).await;
    assert_eq!((seen.len(), seen[0].value), (1, Some(80.0)), "the fallback sees what it is asked to answer");
    assert!(alerts.history(with_token(&charge, proto::HistoryRequest { id: id.clone() })).await.is_ok());
    assert!(list(&mut alerts, &kim).await.is_empty());
    let done = alerts.accept(with_token(&charge, answer(&id))).await.unwrap().into_inner();
    assert!(done.done);
    assert!(alerts.accept(with_token(&kim, answer(&id))).await.is_err());
}

#[tokio::test]
async fn each_role_sees_its_own_fields_of_an_alert() {
    let mut site = site_with_rules(RULES, |_| {}).await;
    let (nurse, tech) = (site.account("kim", "nurse"), site.account("tom", "technician"));
    let admin = site.account("ada", "admin");
    let (physiological, _a) = alerted(&mut site, "p-1", "icu", "kim", 80.0).await;
    let (technical, _b) = alerted(&mut site, "p-2", "icu", "kim", 100.0).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    let seen = list(&mut alerts, &nurse).await;
    let of_nurse = seen.iter().find(|alert| alert.id == physiological).unwrap();
    assert_eq!((of_nurse.patient.as_str(), of_nurse.bed.as_str(), of_nurse.value), ("p-1", "4", Some(80.0)));
    assert!(of_nurse.text.contains("80"));

    let seen = list(&mut alerts, &tech).await;
    assert_eq!(seen.iter().map(|alert| alert.id.clone()).collect::<Vec<_>>(), std::slice::from_ref(&technical));
    assert_eq!((seen[0].patient.as_str(), seen[0].bed.as_str()), ("", ""), "nothing of the patient");
    assert!(seen[0].text.contains("Probe"), "all of the equipment");
    let commented = alerts
        .comment(with_token(&nurse, proto::AnswerRequest { reason: "Mrs Miller moves".into(), ..answer(&technical) }));
    commented.await.unwrap();
    let history =
        alerts.history(with_token(&tech, proto::HistoryRequest { id: technical })).await.unwrap().into_inner();
    let comment = history.facts.iter().find(|fact| fact.what == "commented").unwrap();
    assert_eq!((comment.by.as_str(), comment.reason.as_str()), ("kim", ""), "what people wrote is not for technicians");

    let seen = list(&mut alerts, &admin).await;
    let of_admin = seen.iter().find(|alert| alert.id == physiological).unwrap();
    assert_eq!((of_admin.bed.as_str(), of_admin.priority()), ("4", proto::Priority::High));
    assert_eq!((of_admin.value, of_admin.rule.as_str(), of_admin.text.as_str()), (None, "", ""));
}

#[tokio::test]
async fn every_access_is_on_record_before_it_is_shown() {
    let mut site = site().await;
    let kim = site.account("kim", "nurse");
    let mut alerts = AlertServiceClient::new(site.people().await);
    let mut news = alerts.watch(with_token(&kim, proto::WatchAlertsRequest::default())).await.unwrap().into_inner();
    assert_eq!(of(&trail(&site), "kim", "alerts.watch").len(), 1, "the subscription itself");
    let (first, _a) = alerted(&mut site, "p-1", "icu", "kim", 80.0).await;
    let (_, _b) = alerted(&mut site, "p-2", "icu", "kim", 80.0).await;
    for patient in ["p-1", "p-2"] {
        let shown = async {
            loop {
                let update = news.message().await.unwrap().unwrap();
                if update.alert.unwrap().patient == patient {
                    break;
                }
            }
        };
        timeout(PATIENCE, shown).await.unwrap();
        let trail = trail(&site);
        let records = of(&trail, "kim", "alerts.watch");
        let named = records.iter().filter(|record| record.patients.iter().any(|id| id.as_str() == patient));
        let named: Vec<_> = named.collect();
        assert_eq!(named.len(), 1, "each patient once, when the first of them was shown");
        assert!(named[0].continues.is_some(), "it extends the subscription's record");
    }
    let mut request = with_token(&kim, proto::HistoryRequest { id: first.clone() });
    request.metadata_mut().insert("x-purpose-of-use", "ETREAT".parse().unwrap());
    alerts.history(request).await.unwrap();
    let trail = trail(&site);
    let [record] = of(&trail, "kim", "alerts.history")[..] else { panic!("one record") };
    assert_eq!((record.outcome, record.purpose), (Outcome::Shown, Purpose::Emergency));
    assert_eq!((record.about.as_str(), record.from.as_str()), (first.as_str(), "127.0.0.1"));
    assert_eq!(record.patients.iter().map(ToString::to_string).collect::<Vec<_>>(), ["p-1"]);
    let mut nonsense = with_token(&kim, proto::InboxRequest {});
    nonsense.metadata_mut().insert("x-purpose-of-use", "CURIOSITY".parse().unwrap());
    assert_eq!(alerts.inbox(nonsense).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn refused_attempts_are_on_record_and_many_of_them_are_an_alarm() {
    let mut site = site().await;
    let (_, sam) = (site.account("kim", "nurse"), site.account("sam", "sre"));
    let lee = site.account("lee", "physician");
    let (theirs, _voice) = alerted(&mut site, "p-1", "icu", "kim", 80.0).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    assert!(alerts.list(with_token(&sam, proto::ListAlertsRequest::default())).await.is_err());
    assert!(alerts.list(with_token("nonsense", proto::ListAlertsRequest::default())).await.is_err());
    for _ in 0..10 {
        assert!(alerts.history(with_token(&lee, proto::HistoryRequest { id: theirs.clone() })).await.is_err());
    }
    let trail = trail(&site);
    assert_eq!(of(&trail, "sam", "alerts.list")[0].outcome, Outcome::Refused);
    assert!(trail.iter().any(|record| record.person.is_none() && record.outcome == Outcome::Refused));
    let refused = of(&trail, "lee", "alerts.history");
    assert_eq!(refused.len(), 10);
    assert!(refused.iter().all(|record| record.outcome == Outcome::Refused && record.patients[0].as_str() == "p-1"));
    assert_eq!(of(&trail, "lee", "alarm.refused").len(), 1);
    assert!(of(&trail, "sam", "alarm.refused").is_empty());
}
