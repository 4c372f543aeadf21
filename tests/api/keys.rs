//! Rotation of keys while readings come, and erasure of one patient.

use std::process::Command;

use tonic::Code;
use vigil::config::Config;
use vigil::proto;
use vigil::proto::access_service_client::AccessServiceClient;
use vigil::proto::admin_service_client::AdminServiceClient;

use super::harness::{site, with_token};
use super::ward::{Voice, admit, register, spo2};

/// A verb over the stopped site's data must answer 0; returns what it says.
fn sound(config: &Config, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.args(args).arg("--data-dir").arg(&config.storage.data_dir).arg("--keys").arg(&config.storage.keys_dir);
    let said = command.output().unwrap();
    let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    assert_eq!(said.status.code(), Some(0), "{args:?}: {text}");
    text
}

#[tokio::test]
async fn keys_are_rotated_while_readings_come_and_everything_opens_afterwards() {
    let mut site = site().await;
    let (ada, kim) = (site.account("ada", "admin"), site.account("kim", "nurse"));
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    let mut access = AccessServiceClient::new(site.people().await);
    let refused = access.rotate_keys(with_token(&kim, proto::RotateKeysRequest {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    for version in 2..=4 {
        voice.say(vec![spo2("", version - 1, 97.0)]).await;
        let rotated = access.rotate_keys(with_token(&ada, proto::RotateKeysRequest {})).await.unwrap().into_inner();
        assert_eq!(u64::from(rotated.version), version);
        voice.expect_receipt("ox-1", version - 1).await;
    }
    let keys: Vec<_> =
        std::fs::read_dir(&site.config.storage.keys_dir).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(
        keys.iter().filter(|name| name.to_string_lossy().starts_with("kek-")).count(),
        1,
        "old ones are shredded"
    );
    drop(voice);
    let site = site.restarted(|_| {}).await;
    let config = site.config.clone();
    let _dir = site.stopped().await;
    sound(&config, &["audit", "verify"]);
    sound(&config, &["replay", "verify"]);
}

#[tokio::test]
async fn an_erased_patient_is_gone_for_good_and_the_journal_still_verifies() {
    let mut site = site().await;
    let ada = site.account("ada", "admin");
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 97.0), spo2("", 2, 96.0)]).await;
    voice.expect_receipt("ox-1", 2).await;
    let (mut access, mut admin) =
        (AccessServiceClient::new(site.people().await), AdminServiceClient::new(site.people().await));
    let erase = || with_token(&ada, proto::ErasePatientRequest { patient: "p-1".into() });
    let admitted = access.erase_patient(erase()).await.unwrap_err();
    assert_eq!(admitted.code(), Code::FailedPrecondition, "not while somebody is responsible for the patient");
    let discharge = proto::DischargePatientRequest { patient: "p-1".into(), died: false };
    admin.discharge_patient(with_token(&ada, discharge)).await.unwrap();
    access.erase_patient(erase()).await.unwrap();
    assert_eq!(access.erase_patient(erase()).await.unwrap_err().code(), Code::NotFound);
    let everybody = proto::ListPatientsRequest { gone_too: true, ..Default::default() };
    let listed = admin.list_patients(with_token(&ada, everybody)).await.unwrap();
    assert!(listed.into_inner().patients.is_empty());
    let again = proto::AdmitPatientRequest { patient: "p-1".into(), unit: "icu".into(), ..Default::default() };
    let again = admin.admit_patient(with_token(&ada, again)).await.unwrap_err();
    assert_eq!(again.code(), Code::FailedPrecondition, "nobody comes back under an erased id");
    voice.say(vec![spo2("", 3, 97.0)]).await;
    voice.expect_receipt("ox-1", 3).await;
    drop(voice);
    let mut site = site.restarted(|_| {}).await;
    register(&mut site, "ox-2", "").await;
    let config = site.config.clone();
    let _dir = site.stopped().await;
    assert!(sound(&config, &["audit", "verify"]).contains("erased for good"));
    assert!(sound(&config, &["replay", "verify"]).contains("1 patients erased"));
    sound(&config, &["check"]);
    assert!(sound(&config, &["audit", "export", "--patient", "p-1"]).contains("keys.destroy"), "the trail stays");
}
