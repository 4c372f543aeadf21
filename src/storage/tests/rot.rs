//! Rot: each byte of a small journal is changed, one at a time. Every answer is the same as before, or a loud error.
//!
//! The normal run takes 1/64 of the bytes; `VIGIL_SWEEP=full` takes all of them.

use std::ops::ControlFlow;

use super::support::{Disks, Source, text, wait};
use crate::storage::{Disk as _, Opener, ReadError, Store, StoredRecord};

const FILE: &str = "journal-00000001.redb";

fn small_journal() -> Disks {
    let disks = Disks::default();
    let store = disks.open().unwrap();
    let mut sources: Vec<Source> = ["a", "b", "c"].iter().map(|name| Source::new(&store, name)).collect();
    for _ in 0..6 {
        for source in &mut sources {
            let plaintext = text(&source.stream, source.next_sequence());
            source.append(&plaintext);
        }
        wait(store.writer().barrier()).unwrap();
    }
    store.close();
    disks
}

/// All that can be asked of a store: records, what is in them, heads.
fn answers(store: &Store) -> Result<Vec<(StoredRecord, Vec<u8>)>, String> {
    let mut records = Vec::new();
    store
        .reader()
        .scan(0, &mut |view| {
            records.push(view.to_stored());
            ControlFlow::Continue(())
        })
        .map_err(|error: ReadError| error.to_string())?;
    let mut answers = Vec::new();
    for record in records {
        let record = record.map_err(|error| error.to_string())?;
        let tail = store.reader().tail(&record.stream, record.sequence - 1).map_err(|error| error.to_string())?;
        let first = tail.first().ok_or("the stream's head went back")?;
        assert_eq!(*first, record);
        let key = store.keys().stream(&record.stream).map_err(|error| error.to_string())?;
        let head = Opener::new(key, &record.stream).open(&record).map_err(|error| error.to_string())?;
        answers.push((record, head));
    }
    Ok(answers)
}

#[test]
fn no_changed_byte_gives_a_wrong_answer_or_a_panic() {
    let disks = small_journal();
    disks.data.remove("index.redb").unwrap();
    let expected = answers(&Disks { data: disks.data.copy(), ..disks.clone() }.open().unwrap()).unwrap();
    assert_eq!(expected.len(), 18);
    let bytes = disks.data.bytes(FILE).unwrap();
    let stride = if std::env::var("VIGIL_SWEEP").is_ok_and(|value| value == "full") { 1 } else { 64 };
    let (mut loud, mut same) = (0, 0);
    for (round, offset) in (0..bytes.len()).step_by(stride).enumerate() {
        // Another byte of each stretch, and another bit, in each stretch.
        let offset = (offset + round * 37 % stride).min(bytes.len() - 1);
        let mut changed = bytes.clone();
        changed[offset] ^= 1 << (round % 8);
        let copy = Disks { data: disks.data.copy(), keys: disks.keys.copy(), ..disks.clone() };
        copy.data.set_bytes(FILE, changed);
        match copy.open().map_err(|error| error.to_string()).and_then(|store| answers(&store)) {
            Ok(answers) => {
                assert_eq!(answers, expected, "byte {offset} of {}, bit {}", bytes.len(), round % 8);
                same += 1;
            }
            Err(_) => loud += 1,
        }
    }
    assert!(loud > 0 && same > 0, "{loud} loud, {same} without effect");
}
