//! Backups beside a running platform, and a platform that goes on from one after its disk is gone.

use std::fs;
use std::io::Write as _;

use super::process::{Running, turn};
use super::site::{Site, stop};

const NO: i32 = 1;
const BAD_DATA: i32 = 65;
const STORAGE: i32 = 74;

/// A site whose checkpoints a witness keeps.
fn witnessed() -> Site {
    let site = Site::new();
    let mut config = fs::OpenOptions::new().append(true).open(site.path("vigil.toml")).unwrap();
    writeln!(config, "[audit]\nwitness_file = \"{}\"", site.text("witness.jsonl")).unwrap();
    site
}

fn backup_args(site: &Site) -> Vec<String> {
    ["backup", "--data-dir", &site.text("data"), "--to", &site.text("backup"), "--keys-to", &site.text("keys-copy")]
        .map(str::to_owned)
        .to_vec()
}

async fn run(site: &Site, args: &[String]) -> super::process::Said {
    site.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_goes_on_from_a_backup_and_devices_send_again_what_was_lost() {
    let _turn = turn().await;
    let site = witnessed();
    let server = site.serve().await;
    let simulation = site.simulate(&["--patients", "5", "--rate", "20"]);
    site.until_stored(200).await;
    // Cut short by a kill, then made: beside a server that writes.
    let args = backup_args(&site);
    let began = Running::start(&site.path("."), &args.iter().map(String::as_str).collect::<Vec<_>>());
    began.kill();
    let first = run(&site, &[&args[..], &["--json".to_owned()]].concat()).await.expect(0).json();
    assert!(first["records"].as_u64().unwrap() > 200, "{first}");
    site.until_stored(600).await;
    let second = run(&site, &[&args[..], &["--json".to_owned()]].concat()).await.expect(0).json();
    assert!(
        second["new_blocks"].as_u64().unwrap() < second["blocks"].as_u64().unwrap(),
        "it adds what is new: {second}"
    );
    site.until_stored(1_000).await;
    simulation.signal("INT");
    simulation.end().await.expect(0);
    site.until_evaluated().await;
    stop(server).await;

    // The disk is gone, and the folder of the keys with it.
    fs::remove_dir_all(site.path("data")).unwrap();
    fs::rename(site.path("keys-copy"), site.path("keys-new")).unwrap();
    fs::remove_dir_all(site.path("data-keys")).unwrap();
    fs::rename(site.path("keys-new"), site.path("data-keys")).unwrap();
    let (backup, data, witness) = (site.text("backup"), site.text("data"), site.text("witness.jsonl"));
    let restore = ["restore", "--from", &backup, "--data-dir", &data, "--witness", &witness];
    let said = site.run(&restore).await.expect(NO);
    let end = second["next_position"].as_u64().unwrap();
    said.expect_said(&["two people must say --accept-loss", &format!("positions {end} to ")]);
    assert!(!site.path("data").exists());
    let one = [&restore[..], &["--accept-loss", "--reason", "the disk died", "--by", "ada", "--by", "ada"]].concat();
    site.run(&one).await.expect(BAD_DATA).expect_said(&["two different people"]);
    let two = [&restore[..], &["--accept-loss", "--reason", "the disk died", "--by", "ada", "--by", "lee"]].concat();
    let said = site.run(&two).await.expect(0);
    assert!(said.out.contains("accepted by ada and lee: the disk died"), "{}", said.out);

    let server = site.serve().await;
    // Another run of the same devices, after the loss.
    site.simulate(&["--patients", "5", "--rate", "20", "--for", "2s"]).end().await.expect(0);
    site.until_evaluated().await;
    stop(server).await;
    site.expect_sound().await;
    let said = site.run(&["audit", "verify", "--data-dir", &data, "--witness", &witness]).await.expect(0);
    assert!(said.out.contains("restored from a backup at"), "the loss was declared: {}", said.out);
    // The restored journal goes on into the same backup.
    run(&site, &args).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_foreign_full_damaged_or_a_backup_is_named_and_left_alone() {
    let _turn = turn().await;
    let (site, other) = (Site::new(), Site::new());
    for site in [&site, &other] {
        let server = site.serve().await;
        site.simulate(&["--patients", "2", "--for", "1s"]).end().await.expect(0);
        stop(server).await;
    }
    let (data, backup) = (site.text("data"), site.text("backup"));
    run(&site, &backup_args(&site)).await.expect(0);
    // Foreign: another site's journal, a folder with files, a running data folder, keys of another site.
    let theirs = other.text("data");
    let said = site.run(&["backup", "--data-dir", &theirs, "--to", &backup]).await.expect(STORAGE);
    said.expect_said(&["is a backup of another journal", "name an empty folder"]);
    fs::create_dir(site.path("files")).unwrap();
    fs::write(site.path("files/letter.txt"), "dear").unwrap();
    let said = site.run(&["backup", "--data-dir", &data, "--to", &site.text("files")]).await.expect(STORAGE);
    said.expect_said(&["is not empty: it holds letter.txt", "name an empty folder"]);
    let said = site.run(&["backup", "--data-dir", &data, "--to", &data]).await.expect(STORAGE);
    said.expect_said(&["holds a journal that is no backup"]);
    let keys = other.text("data-keys");
    let args = ["backup", "--data-dir", &data, "--to", &backup, "--keys-to", &keys];
    site.run(&args).await.expect(STORAGE).expect_said(&["the keys of another site"]);
    // A backup is no data folder, and no finished one is no backup.
    site.configure("backup.toml", "backup", "data-keys", [site.devices_port, site.people_port]);
    site.serve_in_vain("backup.toml").await.expect(STORAGE).expect_said(&["is a backup", "vigil restore --from"]);
    let new = site.text("new");
    let said = site.run(&["restore", "--from", &data, "--data-dir", &new, "--keys", &site.text("data-keys")]).await;
    said.expect(STORAGE).expect_said(&["holds no finished backup"]);
    // Damaged.
    let file = site.path("backup/journal-00000001.redb");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let keys = site.text("data-keys");
    let accept = ["--accept-loss", "--by", "ada", "--by", "lee", "--reason", "a test"];
    let args = [&["restore", "--from", &backup, "--data-dir", &new, "--keys", &keys][..], &accept].concat();
    site.run(&args).await.expect(NO).expect_said(&["damaged"]);
    assert!(!site.path("new").exists());
    site.expect_sound().await;
}
