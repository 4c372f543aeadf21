//! Data folders that are not as they should be: said clearly, never made worse.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message as _;
use redb::{Database, ReadableTable as _, TableDefinition};
use vigil::proto::Genesis;

use super::process::turn;
use super::site::{Site, free_port, stop};

/// Storage refused.
const STORAGE: i32 = 74;
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");

/// A site with a journal that some simulated patients wrote.
async fn used_site() -> Site {
    let site = Site::new();
    let server = site.serve().await;
    site.simulate(&["--patients", "3", "--for", "2s"]).end().await.expect(0);
    stop(server).await;
    site
}

/// Copies the data folder; its keys are those of the site.
fn copy(site: &Site, name: &str) -> PathBuf {
    let (from, to) = (site.path("data"), site.path(name));
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    site.configure(&format!("{name}.toml"), name, "data-keys", [free_port(), free_port()]);
    to
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("journal-00000001.redb")
}

/// Everything in a folder.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Whoever tries to open a folder says so in its lock.
    let mut all: Vec<_> =
        paths.filter(|path| !path.ends_with("lock")).map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    all.sort();
    all
}

/// Neither `serve` nor `check` works on this folder, both say why.
async fn expect_refused(site: &Site, name: &str, parts: &[&str]) {
    site.serve_in_vain(&format!("{name}.toml")).await.expect(STORAGE).expect_said(parts);
    let (data, keys) = (site.text(name), site.text("data-keys"));
    site.run(&["check", "--data-dir", &data, "--keys", &keys]).await.expect(STORAGE).expect_said(parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_held_is_refused_to_writers_and_open_to_readers() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve().await;
    site.configure("second.toml", "data", "data-keys", [free_port(), free_port()]);
    let said = site.serve_in_vain("second.toml").await.expect(STORAGE);
    said.expect_said(&["is held by process", "stop that one first"]);
    site.simulate(&["--patients", "2", "--for", "1s"]).end().await.expect(0);
    assert!(site.count("stored").await > 0, "a reader works beside the server");
    stop(server).await;
    site.expect_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_another_version_is_left_alone() {
    let _turn = turn().await;
    let site = used_site().await;
    let folder = copy(&site, "newer");
    let database = Database::open(journal(&folder)).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut meta = transaction.open_table(META).unwrap();
        let mut genesis = Genesis::decode(meta.get("genesis").unwrap().unwrap().value()).unwrap();
        genesis.format += 98;
        meta.insert("genesis", &genesis.encode_to_vec()[..]).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    expect_refused(&site, "newer", &["stored format 99", "use the version that wrote it"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_named_and_left_alone() {
    let _turn = turn().await;
    let site = used_site().await;

    let block = copy(&site, "block");
    let database = Database::open(journal(&block)).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut blocks = transaction.open_table(BLOCKS).unwrap();
        let (key, mut row) = {
            let (key, row) = blocks.last().unwrap().unwrap();
            (key.value(), row.value().to_vec())
        };
        *row.last_mut().unwrap() ^= 1;
        blocks.insert(key, &row[..]).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    expect_refused(&site, "block", &["journal-00000001.redb", "damaged", "restore the folder from a copy"]).await;

    let header = copy(&site, "header");
    let mut bytes = fs::read(journal(&header)).unwrap();
    bytes[..512].fill(0x5a);
    fs::write(journal(&header), bytes).unwrap();
    expect_refused(&site, "header", &["journal-00000001.redb", "damaged"]).await;

    let short = copy(&site, "short");
    let bytes = fs::read(journal(&short)).unwrap();
    fs::write(journal(&short), &bytes[..bytes.len() / 2]).unwrap();
    let before = contents(&short);
    expect_refused(&site, "short", &["journal-00000001.redb", "damaged"]).await;
    assert!(contents(&short) == before, "what is damaged is kept as it is");

    site.expect_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flipped_bytes_anywhere_are_an_answer_and_never_a_panic() {
    let _turn = turn().await;
    let site = used_site().await;
    let keys = site.text("data-keys");
    let folder = copy(&site, "flipped");
    let whole = fs::read(journal(&folder)).unwrap();
    for part in 0..12 {
        let mut bytes = whole.clone();
        let at = bytes.len() / 12 * part + 97 * part;
        bytes[at..at + 64].iter_mut().for_each(|byte| *byte ^= 0xff);
        fs::write(journal(&folder), bytes).unwrap();
        let data = folder.to_str().unwrap();
        site.run(&["audit", "verify", "--data-dir", data, "--keys", &keys]).await.expect_one_of(&[0, 1, STORAGE]);
        site.run(&["check", "--data-dir", data, "--keys", &keys]).await.expect_one_of(&[0, 1, STORAGE]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_do_not_fit_are_refused() {
    let _turn = turn().await;
    let (site, other) = (used_site().await, used_site().await);
    let foreign = other.text("data-keys");
    site.configure("foreign.toml", "data", &foreign, [free_port(), free_port()]);
    let parts = ["do not fit", "restore the key folder"];
    site.serve_in_vain("foreign.toml").await.expect(STORAGE).expect_said(&parts);
    let data = site.text("data");
    site.run(&["check", "--data-dir", &data, "--keys", &foreign]).await.expect(STORAGE).expect_said(&parts);
    let absent = site.text("nowhere");
    site.configure("absent.toml", "data", &absent, [free_port(), free_port()]);
    site.serve_in_vain("absent.toml").await.expect(STORAGE).expect_said(&parts);
    assert!(!site.path("nowhere").exists(), "no new keys are made for old data");
    site.run(&["check", "--data-dir", &data, "--keys", &absent]).await.expect(STORAGE).expect_said(&parts);
    site.expect_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_cannot_be_written_can_be_read() {
    let _turn = turn().await;
    let site = used_site().await;
    let folder = copy(&site, "fixed");
    let Some(_fixed) = Fixed::new(&folder) else {
        println!("skipped: a read-only mount is not permitted here");
        return;
    };
    let said = site.serve_in_vain("fixed.toml").await.expect(STORAGE);
    said.expect_said(&["cannot be written", "give this user write permission"]);
    let (data, keys) = (site.text("fixed"), site.text("data-keys"));
    site.run(&["check", "--data-dir", &data, "--keys", &keys]).await.expect(0);
}

/// A folder mounted on itself for reading only, as long as it lives. Permissions would not do: root passes them.
struct Fixed(PathBuf);

impl Fixed {
    fn new(folder: &Path) -> Option<Self> {
        let mount = |options: &[&str]| Command::new("mount").args(options).arg(folder).output();
        let path = folder.to_str()?;
        if !mount(&["--bind", path]).is_ok_and(|output| output.status.success()) {
            return None;
        }
        let fixed = Self(folder.to_owned());
        mount(&["-o", "remount,bind,ro"]).is_ok_and(|output| output.status.success()).then_some(fixed)
    }
}

impl Drop for Fixed {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
