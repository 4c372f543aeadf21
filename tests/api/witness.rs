//! A journal that was cut off, rolled back or written anew, against what a witness saw.

use std::path::Path;
use std::process::{Command, Output};

use vigil::config::Config;

use super::harness::{Site, site_with};
use super::verify_inclusion::check;
use super::ward::register;

/// A site with a witness beside its data.
async fn witnessed() -> Site {
    site_with(|config| config.audit.witness_file = Some(witness_of(config))).await
}

fn witness_of(config: &Config) -> std::path::PathBuf {
    config.storage.data_dir.with_file_name("witness.jsonl")
}

fn vigil(config: &Config, args: &[&str]) -> Output {
    let (data, keys) = (&config.storage.data_dir, &config.storage.keys_dir);
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.args(args).arg("--data-dir").arg(data).arg("--keys").arg(keys).output().unwrap()
}

/// Exit code and what was said.
fn verify(config: &Config) -> (Option<i32>, String) {
    let witness = witness_of(config);
    let said = vigil(config, &["audit", "verify", "--witness", witness.to_str().unwrap()]);
    (said.status.code(), String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned())
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The newest position that the witness saw.
fn newest(config: &Config) -> u64 {
    let text = std::fs::read_to_string(witness_of(config)).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    line["next_position"].as_u64().unwrap()
}

#[tokio::test]
async fn a_journal_that_was_rolled_back_is_found_by_the_witness() {
    let mut site = witnessed().await;
    register(&mut site, "ox-1", "").await;
    let mut site =
        site.restarted(|config| copy(&config.storage.data_dir, &config.storage.data_dir.with_extension("old"))).await;
    register(&mut site, "ox-2", "").await;
    let config = site.config.clone();
    let _dir = site.stopped().await;
    let (code, said) = verify(&config);
    assert_eq!(code, Some(0), "{said}");
    copy(&config.storage.data_dir.with_extension("old"), &config.storage.data_dir);
    let alone = vigil(&config, &["audit", "verify"]);
    assert_eq!(alone.status.code(), Some(0), "the old journal is whole in itself");
    let (code, said) = verify(&config);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("cut off or rolled back") && said.contains(&newest(&config).to_string()), "{said}");
}

#[tokio::test]
async fn a_journal_that_was_written_anew_from_an_older_state_is_found_by_the_witness() {
    let mut site = witnessed().await;
    register(&mut site, "ox-1", "").await;
    let mut site =
        site.restarted(|config| copy(&config.storage.data_dir, &config.storage.data_dir.with_extension("old"))).await;
    register(&mut site, "ox-2", "").await;
    let agreed = std::cell::Cell::new(0);
    // Back to the old state, and the witness must not see what comes now.
    let mut site = site
        .restarted(|config| {
            let text = std::fs::read_to_string(witness_of(config)).unwrap();
            std::fs::write(config.storage.data_dir.with_file_name("kept.jsonl"), text).unwrap();
            copy(&config.storage.data_dir.with_extension("old"), &config.storage.data_dir);
            agreed.set(newest(config));
        })
        .await;
    for device in ["ox-3", "ox-4", "ox-5", "ox-6"] {
        register(&mut site, device, "").await;
    }
    let config = site.config.clone();
    let _dir = site.stopped().await;
    std::fs::copy(config.storage.data_dir.with_file_name("kept.jsonl"), witness_of(&config)).unwrap();
    let (code, said) = verify(&config);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is not what the witness saw"), "{said}");
    assert!(agreed.get() > 0);
}

#[tokio::test]
async fn a_checkpoint_that_was_changed_or_is_of_another_site_is_not_believed() {
    let mut site = witnessed().await;
    register(&mut site, "ox-1", "").await;
    let config = site.config.clone();
    let _dir = site.stopped().await;
    let text = std::fs::read_to_string(witness_of(&config)).unwrap();
    let position = newest(&config);
    let forged = text.replace(&format!("\"next_position\":{position}"), &format!("\"next_position\":{}", position - 1));
    std::fs::write(witness_of(&config), forged).unwrap();
    let (code, said) = verify(&config);
    assert_eq!((code, said.contains("was not signed with this site's key")), (Some(1), true), "{said}");
    let other = witnessed().await;
    let theirs = other.config.clone();
    let _other_dir = other.stopped().await;
    std::fs::copy(witness_of(&theirs), witness_of(&config)).unwrap();
    assert_eq!(verify(&config).0, Some(1), "a witness of another site");
}

#[tokio::test]
async fn a_proof_of_inclusion_holds_without_our_storage_code_and_only_for_what_it_says() {
    let mut site = witnessed().await;
    register(&mut site, "ox-1", "").await;
    let config = site.config.clone();
    let _dir = site.stopped().await;
    let key = vigil(&config, &["audit", "public-key"]).stdout;
    let key = hex::decode(String::from_utf8(key).unwrap().trim()).unwrap();
    let proof = vigil(&config, &["audit", "prove", "--position", "0"]).stdout;
    let proof: serde_json::Value = serde_json::from_slice(&proof).unwrap();
    let holds = check(&proof, &key).unwrap();
    assert!(holds.starts_with("position 0 holds record 1 of stream"), "{holds}");
    for (name, value) in [("next_position", 999_999.into()), ("sha256", "00".repeat(32).into()), ("at_us", 1.into())] {
        let mut changed = proof.clone();
        changed["checkpoint"][name] = value;
        assert!(check(&changed, &key).is_err(), "{name}");
    }
    let mut changed = proof.clone();
    changed["position"] = 1_000_000.into();
    assert!(check(&changed, &key).is_err());
    let mut cut = proof.clone();
    cut["blocks"].as_array_mut().unwrap().pop();
    assert!(check(&cut, &key).is_err());
    assert!(check(&proof, &[7; 32]).is_err(), "another key");
    let beyond = vigil(&config, &["audit", "prove", "--position", "999999"]);
    assert_eq!(beyond.status.code(), Some(1));
}
