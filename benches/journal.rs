//! What the journal costs: records per second and commit times beside raw redb with the same bytes; then recovery.
//!
//! `cargo bench --bench journal` (`-- RECORDS STREAMS` for other sizes than 2,000,000 and 100,000).

#![allow(clippy::disallowed_methods)] // A benchmark measures with the machine's clock.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use smallvec::smallvec;
use vigil::clinical::ids::DeviceId;
use vigil::clock::Clock;
use vigil::proto::RecordKind;
use vigil::storage::{Append, SealedRecord, Sealer, Store, StoreOptions, StreamHead, StreamName};

const PLAINTEXT_BYTES: usize = 80;
const ROW_BYTES: usize = 63 << 10;

struct Source {
    stream: StreamName,
    head: Arc<StreamHead>,
    sequence: u64,
}

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let records = numbers.first().copied().unwrap_or(2_000_000);
    let streams = numbers.get(1).copied().unwrap_or(100_000);
    let folder = tempfile::TempDir::new().expect("a folder for the benchmark");
    let data = folder.path().join("data");
    let bytes = write(&data, records, streams);
    raw(&folder.path().join("raw.redb"), bytes);
    lone_commits(&folder.path().join("lone"));
    recover(&data, "with its index");
    std::fs::remove_file(data.join("index.redb")).expect("the index is there");
    recover(&data, "without an index");
}

fn open(data: &Path) -> Store {
    Store::open(StoreOptions::new(data), Clock::system()).unwrap_or_else(|error| panic!("{error}"))
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// Appends sealed records round robin over the streams; returns the bytes of the blocks.
fn write(data: &Path, records: u64, streams: u64) -> u64 {
    let store = open(data);
    let key = store.keys().care();
    let mut sources: Vec<Source> = (0..streams)
        .map(|number| {
            let stream = StreamName::device(&DeviceId::new(&format!("monitor-{number:06}")).expect("an id"));
            Source { head: store.streams().head(&stream), stream, sequence: 0 }
        })
        .collect();
    // One key for all: what is measured here is the journal, not the sealing.
    let sealer = Sealer::new(&key, &store.incarnation(), &sources[0].stream);
    let sealed: Bytes = sealer.seal(1, RecordKind::Reading, &[7; PLAINTEXT_BYTES]);
    let writer = store.writer();
    let started = Instant::now();
    for number in 0..records {
        let index = usize::try_from(number % streams).expect("an index");
        let source = &mut sources[index];
        source.sequence += 1;
        let record = SealedRecord {
            sequence: source.sequence,
            kind: RecordKind::Reading,
            sealed: sealed.clone(),
            body: Bytes::new(),
        };
        writer.append(Append {
            stream: source.stream.clone(),
            head: Arc::clone(&source.head),
            records: smallvec![record],
            on_commit: None,
        });
        if number % 20_000 == 19_999 {
            wait(writer.barrier()).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    wait(writer.barrier()).unwrap_or_else(|error| panic!("{error}"));
    let elapsed = started.elapsed();
    let figures = writer.figures();
    println!(
        "journal: {:.0} records/s, {:.1} MB/s, {} commits of {:.1} ms on average, {} bytes per record",
        per_second(figures.records, elapsed),
        per_second(figures.bytes, elapsed) / 1e6,
        figures.commits,
        milliseconds(Duration::from_micros(figures.commit_us / figures.commits)),
        figures.bytes / figures.records,
    );
    let closing = Instant::now();
    store.close();
    println!("  close, with the ends of all streams: {:.0} ms", milliseconds(closing.elapsed()));
    figures.bytes
}

/// The same bytes in rows of the same size, 2-phase, without anything of ours.
fn raw(path: &Path, bytes: u64) {
    const ROWS: redb::TableDefinition<u64, &[u8]> = redb::TableDefinition::new("rows");
    let database = redb::Builder::new().set_cache_size(64 << 20).create(path).expect("a database");
    let row = vec![7; ROW_BYTES];
    let rows = bytes / ROW_BYTES as u64;
    let started = Instant::now();
    for first in (0..rows).step_by(40) {
        let mut transaction = database.begin_write().expect("a transaction");
        transaction.set_two_phase_commit(true);
        {
            let mut table = transaction.open_table(ROWS).expect("a table");
            for number in first..rows.min(first + 40) {
                table.insert(number, &row[..]).expect("an insert");
            }
        }
        transaction.commit().expect("a commit");
    }
    println!("raw redb, the same bytes: {:.1} MB/s", per_second(bytes, started.elapsed()) / 1e6);
}

/// One record per commit: what a lone reading waits for.
fn lone_commits(data: &Path) {
    let store = open(data);
    let stream = StreamName::device(&DeviceId::new("lone").expect("an id"));
    let sealer = Sealer::new(&store.keys().care(), &store.incarnation(), &stream);
    let head = store.streams().head(&stream);
    let mut times: Vec<Duration> = (1..=1_000)
        .map(|sequence| {
            let sealed = sealer.seal(sequence, RecordKind::Reading, &[7; PLAINTEXT_BYTES]);
            let record = SealedRecord { sequence, kind: RecordKind::Reading, sealed, body: Bytes::new() };
            let (stream, head) = (stream.clone(), Arc::clone(&head));
            let started = Instant::now();
            store.writer().append(Append { stream, head, records: smallvec![record], on_commit: None });
            wait(store.writer().barrier()).unwrap_or_else(|error| panic!("{error}"));
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!(
        "a lone record: p50 {:.2} ms, p99 {:.2} ms",
        milliseconds(times[times.len() / 2]),
        milliseconds(times[times.len() * 99 / 100])
    );
}

fn recover(data: &Path, how: &str) {
    let (started, on_cpu) = (Instant::now(), cpu_ms());
    let store = open(data);
    println!(
        "open {how}: {:.0} ms ({:.0} ms on a processor), {} records",
        milliseconds(started.elapsed()),
        cpu_ms() - on_cpu,
        store.reader().next_position()
    );
    let streams = store.streams().names(vigil::storage::StreamKind::Device);
    for round in ["first", "again"] {
        let mut times: Vec<Duration> = streams
            .iter()
            .step_by((streams.len() / 1_000).max(1))
            .map(|stream| {
                let started = Instant::now();
                let last = store.streams().committed(stream).sequence;
                let tail = store.reader().tail(stream, last.saturating_sub(64)).unwrap_or_else(|e| panic!("{e}"));
                assert!(!tail.is_empty());
                started.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!(
            "  tail of up to 64 records, {round}: p50 {:.3} ms, p99 {:.3} ms",
            milliseconds(times[times.len() / 2]),
            milliseconds(times[times.len() * 99 / 100])
        );
    }
    let started = Instant::now();
    store.close();
    println!("  close: {:.0} ms", milliseconds(started.elapsed()));
}

/// Processor time of this thread, so that figures from a busy machine can be read; 0 where the system does not tell.
fn cpu_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[allow(clippy::cast_precision_loss)]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
