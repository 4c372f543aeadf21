//! The writer against a model: any interleaving of streams, sizes, barriers and reopenings.

use std::collections::HashMap;
use std::ops::ControlFlow;

use proptest::prelude::*;

use super::support::{Committed, Disks, Source, device, wait};
use crate::storage::Store;

#[derive(Clone, Debug)]
enum Step {
    Append { stream: u8, bytes: usize },
    Barrier,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..5_u8, prop_oneof![Just(0), 1..300_usize, 30_000..70_000_usize])
            .prop_map(|(stream, bytes)| Step::Append { stream, bytes }),
        2 => Just(Step::Barrier),
        1 => Just(Step::Reopen),
    ]
}

struct Run {
    disks: Disks,
    store: Option<Store>,
    sources: HashMap<u8, Source>,
    committed: Committed,
    /// Stream and sealed size of each record, in the order of appending: the order of positions.
    model: Vec<(u8, usize)>,
}

impl Run {
    fn new(file_bytes_max: u64) -> Self {
        let disks = Disks { file_bytes_max: Some(file_bytes_max), ..Disks::default() };
        let store = Some(disks.open().unwrap());
        Self { disks, store, sources: HashMap::new(), committed: Committed::default(), model: Vec::new() }
    }

    fn step(&mut self, step: &Step) {
        let store = self.store.as_ref().unwrap();
        match *step {
            Step::Append { stream, bytes } => {
                let source = self.sources.entry(stream).or_insert_with(|| Source::new(store, &stream.to_string()));
                self.committed.append(source, &vec![stream; bytes]);
                self.model.push((stream, bytes + 16));
            }
            Step::Barrier => {
                wait(store.writer().barrier()).unwrap();
                assert_eq!(self.committed.all().len(), self.model.len());
                self.check();
            }
            Step::Reopen => {
                self.sources.clear();
                self.store.take().unwrap().close();
                self.store = Some(self.disks.open().unwrap());
                self.check();
            }
        }
    }

    fn check(&self) {
        let reader = self.store.as_ref().unwrap().reader();
        let mut found = Vec::new();
        let mut ends: HashMap<String, u64> = HashMap::new();
        let scanned = reader.scan(0, &mut |view| {
            assert_eq!(view.position, found.len() as u64);
            let previous = ends.insert(view.stream.to_owned(), view.position);
            assert_eq!(view.previous, previous, "the back-pointer leads to the record before in the stream");
            found.push((view.stream.to_owned(), view.sealed.len()));
            ControlFlow::Continue(())
        });
        scanned.unwrap();
        let due: Vec<_> =
            self.model.iter().map(|(stream, size)| (device(&stream.to_string()).to_string(), *size)).collect();
        assert_eq!(found, due);
        for (index, (stream, sequence, position)) in self.committed.all().into_iter().enumerate() {
            assert_eq!(position, index as u64, "callbacks come in the order of positions");
            let before = self.model[..index].iter().filter(|(of, _)| device(&of.to_string()) == stream).count();
            assert_eq!(sequence, before as u64 + 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn the_journal_holds_what_was_appended_in_order(
        steps in prop::collection::vec(step(), 1..60),
        file_bytes_max in prop_oneof![Just(1_u64), Just(300_000), Just(256 << 20)],
    ) {
        let mut run = Run::new(file_bytes_max);
        for step in &steps {
            run.step(step);
        }
        run.step(&Step::Barrier);
        run.step(&Step::Reopen);
    }
}
