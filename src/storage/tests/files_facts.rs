//! Facts about a store in real folders: locks, permissions, reading beside a writer.

use std::fs;
use std::ops::ControlFlow;

use tempfile::TempDir;

use super::support::{Committed, Disks, START, Source, device, tail, text, wait};
use crate::clock::Clock;
use crate::storage::{BodyKey, OpenError, ReadError, SimFault, SimLoss, Store, StoreOptions, Verified, Verify, verify};

fn options(folder: &TempDir) -> StoreOptions {
    StoreOptions::new(folder.path().join("data"))
}

fn open(folder: &TempDir) -> Result<Store, OpenError> {
    Store::open(options(folder), Clock::starting_at(START))
}

fn append(store: &Store, name: &str, count: u64) {
    let mut source = Source::new(store, name);
    for _ in 0..count {
        let plaintext = text(&source.stream, source.next_sequence());
        source.append(&plaintext);
    }
    wait(store.writer().barrier()).unwrap();
}

#[test]
fn a_second_opening_is_told_which_process_holds_the_folder() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).unwrap();
    let Err(error) = open(&folder) else { panic!("two writers") };
    let expected = format!("process {}", std::process::id());
    assert!(matches!(&error, OpenError::Held { holder, .. } if *holder == expected), "{error}");
    store.close();
    open(&folder).unwrap();
}

#[test]
fn a_reader_beside_the_writer_sees_what_was_committed_until_it_opened() {
    let folder = TempDir::new().unwrap();
    let options = StoreOptions { file_bytes_max: 300_000, ..options(&folder) };
    let store = Store::open(options.clone(), Clock::starting_at(START)).unwrap();
    let mut held = Vec::new();
    // A file is full after two rounds at the latest, however many of their records one commit takes.
    let rounds = 6;
    for round in 1..=rounds {
        append(&store, "a", 2_000);
        let beside = Store::open_read_only(&options).unwrap();
        assert_eq!(beside.reader().next_position(), round * 2_000);
        held.push((round * 2_000, beside));
    }
    assert!(folder.path().join("data/journal-00000003.redb").exists(), "files were changed meanwhile");
    for (records, beside) in &held {
        let tail = tail(&beside.reader(), &device("a"));
        assert_eq!(tail.len() as u64, *records, "later commits do not disturb it");
        let mut seen = 0;
        let scanned = beside.reader().scan(0, &mut |_| {
            seen += 1;
            ControlFlow::Continue(())
        });
        scanned.unwrap();
        assert_eq!(seen, *records);
    }
    append(&store, "a", 1);
    store.close();
    let closed = Store::open_read_only(&options).unwrap();
    assert_eq!(closed.reader().next_position(), rounds * 2_000 + 1, "also when nobody writes");
}

#[test]
fn what_a_killed_process_left_can_be_read_at_once() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    let committed = Committed::default();
    let mut source = Source::new(&store, "a");
    committed.append(&mut source, b"1");
    wait(store.writer().barrier()).unwrap();
    disks.data.fail_at(disks.data.calls(), SimFault::StopBefore);
    drop(store);
    let left = Disks { data: disks.data.after_stop(SimLoss::Nothing), ..disks };
    let reader = Store::open_read_only(&left.options()).unwrap().reader();
    assert_eq!(reader.next_position(), committed.all().len() as u64);
}

#[test]
fn a_folder_without_a_journal_cannot_be_read_and_is_not_made() {
    let folder = TempDir::new().unwrap();
    assert!(matches!(Store::open_read_only(&options(&folder)), Err(OpenError::Absent { .. })));
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_file_of_another_kind_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap().close();
    let file = folder.path().join("data/journal-00000001.redb");
    let other = b"this is not a journal".repeat(5_000);
    fs::write(&file, &other).unwrap();
    assert!(matches!(open(&folder), Err(OpenError::Damaged { .. })));
    assert_eq!(fs::read(&file).unwrap(), other);
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap().close();
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data-keys"), 0o700);
    assert_eq!(mode("data-keys/keys.redb"), 0o600);
    assert_eq!(mode("data-keys/kek-00000001"), 0o600);
}

#[test]
fn no_plaintext_and_no_key_lies_in_the_data_folder() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).unwrap();
    let mut source = Source::new(&store, "a");
    source.append(b"PLANTED PLAINTEXT");
    wait(store.writer().barrier()).unwrap();
    store.close();
    let kek = fs::read_to_string(folder.path().join("data-keys/kek-00000001")).unwrap();
    for entry in fs::read_dir(folder.path().join("data")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for planted in [&b"PLANTED"[..], kek.as_bytes()] {
            assert!(!bytes.windows(planted.len()).any(|window| window == planted));
        }
    }
}

fn asked(
    store: &crate::storage::Store,
    body_key: &mut dyn FnMut(&crate::storage::StoredRecord, &[u8]) -> BodyKey,
    progress: &mut dyn FnMut(&Verified),
) -> Result<Verified, ReadError> {
    verify(&store.reader(), Verify { keys: &store.keys(), body_key, witness: &[], progress })
}

#[test]
fn verification_names_the_first_bad_position() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    append(&store, "a", 10);
    append(&store, "a", 10);
    let keys = store.keys();
    let mut own =
        |record: &crate::storage::StoredRecord, _: &[u8]| BodyKey::Key(keys.stream(&record.stream).unwrap().unwrap());
    let mut steps = 0;
    let verified = asked(&store, &mut own, &mut |_| steps += 1).unwrap();
    assert_eq!((verified.records, verified.opened, verified.streams, verified.next_position), (20, 40, 1, 20));
    assert_eq!(steps, verified.blocks);
    let mut wrong = |_: &crate::storage::StoredRecord, _: &[u8]| BodyKey::Key(keys.care());
    let error = asked(&store, &mut wrong, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ReadError::Damaged { position: 0, .. }), "{error}");
    let mut erased = |_: &crate::storage::StoredRecord, _: &[u8]| BodyKey::Destroyed;
    let verified = asked(&store, &mut erased, &mut |_| {}).unwrap();
    assert_eq!((verified.opened, verified.erased), (20, 20));
}
