//! The crash sweep: a small workload is stopped at each call to the disk, in each way; what was called back as
//! committed must be there afterwards, and the journal must verify.
//!
//! The normal run takes a sample of the calls; `VIGIL_SWEEP=full` takes all of them.

use std::ops::ControlFlow;

use super::support::{Committed, Disks, Source, assert_opens, device, text, wait};
use crate::storage::{BodyKey, Reader, SimFault, SimLoss, Store, Verify, verify};

const STREAMS: [&str; 2] = ["a", "b"];
const ROUNDS: u64 = 4;

/// Opens, appends in rounds, closes; stops at the first failure as an engine does. Rotates before each append.
fn workload(disks: &Disks, committed: &Committed) {
    let Ok(store) = disks.open() else { return };
    let mut sources: Vec<Source> = STREAMS.iter().map(|name| Source::new(&store, name)).collect();
    for round in 0..ROUNDS {
        for source in &mut sources {
            let plaintext = text(&source.stream, source.next_sequence());
            committed.append(source, &plaintext);
        }
        if round == 1 {
            store.snapshots().cover(3);
        }
        if wait(store.writer().barrier()).is_err() {
            break;
        }
    }
    store.close();
}

fn check(store: &Store, committed: &Committed, what: &str) {
    let reader: Reader = store.reader();
    let mut found = Vec::new();
    let scanned = reader.scan(0, &mut |view| {
        found.push(view.to_stored().unwrap());
        ControlFlow::Continue(())
    });
    scanned.unwrap_or_else(|error| panic!("{what}: {error}"));
    for (stream, sequence, position) in committed.all() {
        let index = usize::try_from(position).unwrap();
        let record = found.get(index).unwrap_or_else(|| panic!("{what}: {stream} {sequence} is lost"));
        assert_eq!((&record.stream, record.sequence), (&stream, sequence), "{what}");
    }
    for record in &found {
        assert_opens(&store.keys(), record);
        assert_ne!(record.incarnation, store.incarnation(), "{what}: an incarnation is used twice");
    }
    for name in STREAMS {
        let records = reader.tail(&device(name), 0).unwrap_or_else(|error| panic!("{what}: {error}"));
        let of_stream: Vec<_> = found.iter().filter(|record| record.stream == device(name)).cloned().collect();
        assert_eq!(records, of_stream, "{what}");
    }
    let keys = store.keys();
    let mut body_key =
        |record: &crate::storage::StoredRecord, _: &[u8]| BodyKey::Key(keys.stream(&record.stream).unwrap().unwrap());
    let asked = Verify { keys: &keys, body_key: &mut body_key, witness: &[], progress: &mut |_| {} };
    let verified = verify(&reader, asked);
    let verified = verified.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(verified.opened, 2 * found.len() as u64, "{what}");
}

/// Reopens what a stop left, checks it, and goes on with it.
fn reopen(disks: &Disks, committed: &Committed, what: &str) {
    let store = disks.open().unwrap_or_else(|error| panic!("{what}: {error}"));
    check(&store, committed, what);
    let more = Committed::default();
    let mut source = Source::new(&store, STREAMS[0]);
    let plaintext = text(&source.stream, source.next_sequence());
    more.append(&mut source, &plaintext);
    wait(store.writer().barrier()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(more.all().len(), 1, "{what}: it goes on");
    store.close();
}

fn losses(call: u64) -> [SimLoss; 3] {
    [SimLoss::Nothing, SimLoss::All, SimLoss::Some(call)]
}

fn stride(sampled: u64) -> usize {
    let full = std::env::var("VIGIL_SWEEP").is_ok_and(|value| value == "full");
    usize::try_from(if full { 1 } else { sampled }).unwrap()
}

/// How many calls the whole workload makes to the disks for data and for keys.
fn calls(disks: &Disks) -> (u64, u64) {
    workload(disks, &Committed::default());
    (disks.data.calls(), disks.keys.calls())
}

fn rotating() -> Disks {
    Disks { file_bytes_max: Some(1), ..Disks::default() }
}

fn after(disks: &Disks, loss: SimLoss) -> Disks {
    Disks { data: disks.data.after_stop(loss), keys: disks.keys.after_stop(loss), ..disks.clone() }
}

#[test]
fn nothing_committed_is_lost_wherever_the_machine_stops() {
    let (on_data, on_keys) = calls(&rotating());
    let total = on_data + on_keys;
    let data_calls = (0..on_data).step_by(stride(23));
    let key_calls = (on_data..total).step_by(stride(5));
    for (index, call) in data_calls.chain(key_calls).enumerate() {
        let all = [SimFault::StopBefore, SimFault::StopAfter, SimFault::Torn, SimFault::Error, SimFault::Full];
        let faults: Vec<SimFault> = if stride(2) == 1 { all.to_vec() } else { vec![all[index % all.len()]] };
        for fault in faults {
            let disks = rotating();
            match call.checked_sub(on_data) {
                None => disks.data.fail_at(call, fault),
                Some(call) => disks.keys.fail_at(call, fault),
            }
            let committed = Committed::default();
            workload(&disks, &committed);
            for loss in losses(call) {
                let what = format!("call {call} of {total}, {fault:?}, unsynced lost: {loss:?}");
                reopen(&after(&disks, loss), &committed, &what);
            }
        }
    }
}

#[test]
fn a_second_stop_during_recovery_loses_nothing_either() {
    let (on_data, _) = calls(&rotating());
    for first in (0..on_data).step_by(stride(97)) {
        let disks = rotating();
        disks.data.fail_at(first, SimFault::StopAfter);
        let committed = Committed::default();
        workload(&disks, &committed);
        for loss in losses(first) {
            for second in (0..60).step_by(stride(19)) {
                let again = after(&disks, loss);
                again.data.fail_at(second, SimFault::Torn);
                workload(&again, &committed);
                let what = format!("calls {first} and {second}, unsynced lost: {loss:?}");
                reopen(&after(&again, loss), &committed, &what);
            }
        }
    }
}
