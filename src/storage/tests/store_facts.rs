//! Facts about a store that is opened, written, closed and opened again.

use std::ops::ControlFlow;

use super::support::{Committed, Disks, START, Source, assert_opens, device, tail, text, wait};
use crate::storage::{OpenError, Snapshot, StopReason, StreamKind};

fn fill(disks: &Disks, rounds: u64) -> Committed {
    let store = disks.open().unwrap();
    let committed = Committed::default();
    let mut sources: Vec<Source> = ["a", "b", "c"].iter().map(|name| Source::new(&store, name)).collect();
    for _ in 0..rounds {
        for source in &mut sources {
            let next = store.streams().head(&source.stream).committed().sequence + 1;
            committed.append(source, &text(&source.stream.clone(), next));
        }
        wait(store.writer().barrier()).unwrap();
    }
    store.close();
    committed
}

#[test]
fn records_are_read_back_in_order_and_open_after_reopening() {
    let disks = Disks::default();
    let first = fill(&disks, 20);
    let second = fill(&disks, 5);
    let store = disks.open().unwrap();
    assert_eq!(store.reader().next_position(), 75);
    let mut expected: Vec<_> = first.all();
    expected.extend(second.all());
    for name in ["a", "b", "c"] {
        let stream = device(name);
        let records = store.reader().tail(&stream, 0).unwrap();
        let due: Vec<(u64, u64)> = expected.iter().filter(|(of, ..)| *of == stream).map(|(_, s, p)| (*s, *p)).collect();
        assert_eq!(tail(&store.reader(), &stream), due);
        assert_eq!(due.len(), 25);
        for record in &records {
            assert_opens(&store.keys(), record);
        }
        assert_ne!(records[0].incarnation, records[24].incarnation);
        assert_eq!(store.reader().tail(&stream, 23).unwrap().len(), 2);
        assert_eq!(store.reader().range(&stream, 3, 5).unwrap().len(), 3);
    }
    let mut names = store.streams().names(StreamKind::Device);
    names.sort();
    assert_eq!(names, [device("a"), device("b"), device("c")]);
}

#[test]
fn a_scan_shows_every_record_in_the_order_of_positions_from_where_it_is_asked() {
    let disks = Disks { file_bytes_max: Some(1), ..Disks::default() };
    fill(&disks, 6);
    let store = disks.open().unwrap();
    for from in [0, 1, 7, 17, 18, 30] {
        let mut positions = Vec::new();
        let scanned = store.reader().scan(from, &mut |view| {
            positions.push(view.position);
            ControlFlow::Continue(())
        });
        scanned.unwrap();
        assert_eq!(positions, (from..18).collect::<Vec<_>>());
    }
}

#[test]
fn time_does_not_go_back_over_a_reopening() {
    let disks = Disks::default();
    fill(&disks, 1);
    let store = disks.open().unwrap();
    let at = store.reader().tail(&device("a"), 0).unwrap()[0].at;
    assert!(at >= START);
    drop(store);
    let early = crate::clock::Clock::starting_at(crate::time::Timestamp(1));
    let _store = crate::storage::Store::open(disks.options(), early.clone()).unwrap();
    assert!(early.now() >= at);
}

#[test]
fn a_sequence_out_of_order_stops_the_writer_and_commits_nothing_of_it() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    let mut one = Source::new(&store, "a");
    let mut other = Source::new(&store, "a");
    let committed = Committed::default();
    committed.append(&mut one, b"first");
    wait(store.writer().barrier()).unwrap();
    committed.append(&mut other, b"first again");
    let stopped = wait(store.writer().barrier()).unwrap_err();
    assert_eq!(*stopped.reason, StopReason::OutOfOrder { kind: "device", expected: 2, found: 1 });
    assert_eq!(wait(store.stopped()), stopped);
    committed.append(&mut one, b"too late");
    assert_eq!(wait(store.writer().barrier()).unwrap_err(), stopped);
    assert_eq!(committed.all().len(), 1);
    store.close();
    assert_eq!(disks.open().unwrap().reader().next_position(), 1);
}

#[test]
fn a_panic_in_a_callback_stops_the_writer() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    Source::new(&store, "a").append_with(b"x", |_, _| panic!("planted"));
    let stopped = wait(store.stopped());
    assert_eq!(*stopped.reason, StopReason::Panicked("planted".to_owned()));
}

#[test]
fn a_snapshot_is_kept_once_its_record_is_committed() {
    let disks = Disks::default();
    fill(&disks, 3);
    let store = disks.open().unwrap();
    let head = store.streams().head(&device("a")).committed();
    let snapshot = |sequence| Snapshot {
        stream: device("a"),
        sequence,
        position: head.position,
        summary: b"due 5"[..].into(),
        state: b"sealed"[..].into(),
    };
    store.snapshots().put(snapshot(3));
    wait(store.snapshots().flush());
    assert_eq!(store.snapshots().summaries().len(), 1);
    store.snapshots().put(snapshot(4));
    store.close();
    let store = disks.open().unwrap();
    assert_eq!(store.snapshots().get(&device("a")), Some(snapshot(3)), "the one that was ahead is not written");
    assert_eq!(store.snapshots().get(&device("b")), None);
    assert_eq!(&store.snapshots().summaries()[0].summary[..], b"due 5");
}

#[test]
fn heads_are_the_same_with_an_index_an_older_index_and_none() {
    let disks = Disks::default();
    fill(&disks, 4);
    let old_index = disks.data.bytes("index.redb").unwrap();
    fill(&disks, 4);
    for index in [disks.data.bytes("index.redb"), Some(old_index), Some(b"garbage".repeat(4000)), Some(vec![]), None] {
        let copy = Disks { data: disks.data.copy(), keys: disks.keys.copy(), ..disks.clone() };
        match index {
            Some(index) => copy.data.set_bytes("index.redb", index),
            None => crate::storage::Disk::remove(&copy.data, "index.redb").unwrap(),
        }
        let store = copy.open().unwrap();
        for (name, last) in [("a", 21), ("b", 22), ("c", 23)] {
            let head = store.streams().head(&device(name)).committed();
            assert_eq!((head.sequence, head.position), (8, last));
        }
    }
}

#[test]
fn an_index_that_covers_only_a_part_gives_the_same_heads() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    let mut early = Source::new(&store, "early");
    let mut late = Source::new(&store, "late");
    let mut both = Source::new(&store, "both");
    early.append(b"1");
    both.append(b"1");
    both.append(b"2");
    wait(store.writer().barrier()).unwrap();
    both.append(b"3");
    late.append(b"1");
    wait(store.writer().barrier()).unwrap();
    for position in 0..=5 {
        store.snapshots().cover(position);
        wait(store.snapshots().flush());
        let copy = Disks { data: disks.data.copy(), keys: disks.keys.copy(), ..disks.clone() };
        let reopened = copy.open().unwrap();
        for (name, sequence, position) in [("early", 1, 0), ("both", 3, 3), ("late", 1, 4)] {
            let head = reopened.streams().head(&device(name)).committed();
            assert_eq!((head.sequence, head.position), (sequence, position), "{name}, covered {position}");
        }
    }
}

#[test]
fn a_journal_without_its_keys_is_refused() {
    let disks = Disks::default();
    fill(&disks, 1);
    let foreign = Disks { keys: Disks::default().keys, ..disks.clone() };
    assert!(matches!(foreign.open(), Err(OpenError::WrongKeys { .. })), "missing");
    let other = Disks::default();
    fill(&other, 1);
    let foreign = Disks { keys: other.keys, ..disks };
    assert!(matches!(foreign.open(), Err(OpenError::WrongKeys { .. })), "of another journal");
}

#[test]
fn a_journal_that_went_back_is_refused() {
    let disks = Disks::default();
    fill(&disks, 2);
    let older = disks.data.bytes("journal-00000001.redb").unwrap();
    fill(&disks, 2);
    disks.data.set_bytes("journal-00000001.redb", older);
    assert!(matches!(disks.open(), Err(OpenError::WentBack { found: 6, expected: 12, .. })));
}

#[test]
fn a_missing_file_is_named() {
    let disks = Disks { file_bytes_max: Some(1), ..Disks::default() };
    fill(&disks, 4);
    crate::storage::Disk::remove(&disks.data, "journal-00000002.redb").unwrap();
    let Err(OpenError::Damaged { place, .. }) = disks.open() else { panic!("the loss is not noticed") };
    assert!(place.ends_with("journal-00000002.redb"), "{place}");
}

#[test]
fn a_full_disk_stops_the_writer_and_loses_nothing() {
    let disks = Disks::default();
    fill(&disks, 2);
    let store = disks.open().unwrap();
    let mut source = Source::new(&store, "a");
    disks.data.fail_at(disks.data.calls(), crate::storage::SimFault::Full);
    source.append(b"no room");
    let stopped = wait(store.writer().barrier()).unwrap_err();
    assert!(stopped.to_string().contains("disk is full"), "{stopped}");
    store.close();
    let freed = Disks { data: disks.data.after_stop(crate::storage::SimLoss::All), ..disks };
    assert_eq!(freed.open().unwrap().streams().head(&device("a")).committed().sequence, 2);
}

#[test]
fn keys_of_many_patients_made_at_once_are_durable_and_stay() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    let keys = store.keys();
    let before = disks.keys.calls();
    let patients: Vec<_> = (0..500).map(|n| crate::clinical::ids::PatientId::new(&format!("p{n}")).unwrap()).collect();
    let made = wait(async {
        let mut tasks = tokio::task::JoinSet::new();
        for patient in patients.clone() {
            let keys = keys.clone();
            tasks.spawn(async move { (patient.clone(), keys.create_patient(&patient).await.unwrap()) });
        }
        tasks.join_all().await
    });
    assert!(disks.keys.calls() - before < 10_000, "syncs are shared");
    store.close();
    let crashed = Disks { keys: disks.keys.after_stop(crate::storage::SimLoss::All), ..disks };
    let store = crashed.open().unwrap();
    for (patient, key) in made {
        assert!(store.keys().patient(&patient).unwrap() == Some(key.clone()));
        assert!(wait(store.keys().create_patient(&patient)).unwrap() == key, "an existing key stays");
    }
    assert!(store.keys().patient(&crate::clinical::ids::PatientId::new("nobody").unwrap()).unwrap().is_none());
}

#[test]
fn a_receipt_proof_fits_its_receipt_only() {
    let store = Disks::default().open().unwrap();
    let mac = store.keys().receipt_mac(b"device boot lane 7");
    assert!(store.keys().verify_receipt(b"device boot lane 7", &mac));
    assert!(!store.keys().verify_receipt(b"device boot lane 8", &mac));
    assert!(!store.keys().verify_receipt(b"device boot lane 7", &mac[..15]));
}

#[test]
fn a_full_disk_at_the_opening_is_named_as_such() {
    let disks = Disks::default();
    disks.data.fail_at(0, crate::storage::SimFault::Full);
    assert!(matches!(disks.open(), Err(OpenError::Full { .. })));
}

#[test]
fn a_journal_of_another_format_is_refused_by_its_version() {
    let disks = Disks::default();
    let later = crate::proto::Genesis { format: 2, file_number: 1, ..crate::proto::Genesis::default() };
    let disk = std::sync::Arc::new(disks.data.clone());
    let journal = crate::storage::RedbJournal::open(disk, crate::storage::Access::Create, &later, u64::MAX).unwrap();
    crate::storage::Journal::close(&journal);
    fill(&Disks { keys: disks.keys.clone(), ..Disks::default() }, 1);
    assert!(matches!(disks.open(), Err(OpenError::Version { supported: 1, .. })));
}

#[test]
fn whoever_waits_is_woken_after_the_commit() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    let notify = std::sync::Arc::new(tokio::sync::Notify::new());
    let head = store.streams().head(&device("a"));
    for _ in 0..3 {
        let notify = std::sync::Arc::clone(&notify);
        let on_commit = move |_: u64, _: crate::time::Timestamp, wakes: &mut crate::storage::Wakes| {
            wakes.wake(std::sync::Arc::clone(&notify));
            wakes.wake(notify);
        };
        store.writer().append(crate::storage::Append {
            stream: device("a"),
            head: std::sync::Arc::clone(&head),
            records: smallvec::SmallVec::new(),
            on_commit: Some(Box::new(on_commit)),
        });
    }
    wait(async {
        store.writer().barrier().await.unwrap();
        notify.notified().await;
    });
}

#[test]
fn a_destroyed_key_stays_destroyed_and_the_others_stay() {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    let [gone, stays] = ["gone", "stays"].map(|name| crate::clinical::ids::PatientId::new(name).unwrap());
    let kept = wait(store.keys().create_patient(&stays)).unwrap();
    wait(store.keys().create_patient(&gone)).unwrap();
    let old_kek = disks.keys.bytes("kek-00000001").unwrap();
    wait(store.keys().destroy_patient(&gone)).unwrap();
    let device_key = store.keys().device(&crate::clinical::ids::DeviceId::new("a").unwrap());
    store.close();
    assert_eq!(disks.keys.bytes("kek-00000001"), None, "the old key-encryption key is shredded");
    assert_ne!(disks.keys.bytes("kek-00000002").unwrap(), old_kek);
    let store = disks.open().unwrap();
    assert_eq!(store.keys().patient(&gone), Err(crate::storage::KeyError::Destroyed));
    assert_eq!(wait(store.keys().create_patient(&gone)), Err(crate::storage::KeyError::Destroyed));
    assert_eq!(store.keys().patient(&stays), Ok(Some(kept)));
    assert_eq!(store.keys().device(&crate::clinical::ids::DeviceId::new("a").unwrap()), device_key);
}

#[test]
fn keys_survive_a_stop_at_each_point_of_a_destruction() {
    let [gone, stays] = ["gone", "stays"].map(|name| crate::clinical::ids::PatientId::new(name).unwrap());
    for call in (0..60).step_by(3) {
        let disks = Disks::default();
        let store = disks.open().unwrap();
        let kept = wait(store.keys().create_patient(&stays)).unwrap();
        wait(store.keys().create_patient(&gone)).unwrap();
        disks.keys.fail_at(disks.keys.calls() + call, crate::storage::SimFault::Torn);
        let destroyed = wait(store.keys().destroy_patient(&gone)).is_ok();
        drop(store);
        for loss in [crate::storage::SimLoss::Nothing, crate::storage::SimLoss::All] {
            let left = Disks { keys: disks.keys.after_stop(loss), data: disks.data.copy(), ..disks.clone() };
            let store = left.open().unwrap_or_else(|error| panic!("call {call}, {loss:?}: {error}"));
            assert_eq!(store.keys().patient(&stays), Ok(Some(kept.clone())), "call {call}, {loss:?}");
            let is_gone = store.keys().patient(&gone) == Err(crate::storage::KeyError::Destroyed);
            assert!(is_gone || !destroyed, "call {call}, {loss:?}");
        }
    }
}
