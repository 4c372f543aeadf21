//! The heads of all streams.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

use super::stream::{Committed, StreamHead, StreamKind, StreamName};

/// Parts of the map, so that look-ups from many threads do not wait for each other.
const PARTS: usize = 16;

type Part = HashMap<StreamName, Arc<StreamHead>>;

/// The heads of all streams.
#[derive(Debug, Default)]
pub struct Streams {
    hasher: RandomState,
    parts: [RwLock<Part>; PARTS],
}

impl Streams {
    /// The head of a stream: the same one for the life of the store, made on demand.
    #[must_use]
    pub fn head(&self, stream: &StreamName) -> Arc<StreamHead> {
        let part = self.part(stream);
        if let Some(head) = part.read().unwrap_or_else(PoisonError::into_inner).get(stream) {
            return Arc::clone(head);
        }
        let mut part = part.write().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(StreamHead::new(stream.clone()));
        Arc::clone(part.entry(stream.clone()).or_insert_with(make))
    }

    /// The committed end of a stream, without making a head for one that nobody knows.
    #[must_use]
    pub fn committed(&self, stream: &StreamName) -> Committed {
        let part = self.part(stream).read().unwrap_or_else(PoisonError::into_inner);
        part.get(stream).map(|head| head.committed()).unwrap_or_default()
    }

    /// The names of all streams of a kind that have records, in no order.
    #[must_use]
    pub fn names(&self, kind: StreamKind) -> Vec<StreamName> {
        let mut names = Vec::new();
        self.each(|head| {
            if head.stream().kind() == kind && head.committed().sequence > 0 {
                names.push(head.stream().clone());
            }
        });
        names
    }

    pub(super) fn each(&self, mut visit: impl FnMut(&Arc<StreamHead>)) {
        for part in &self.parts {
            part.read().unwrap_or_else(PoisonError::into_inner).values().for_each(&mut visit);
        }
    }

    fn part(&self, stream: &StreamName) -> &RwLock<Part> {
        // The remainder is below PARTS.
        #[allow(clippy::cast_possible_truncation)]
        &self.parts[self.hasher.hash_one(stream) as usize % PARTS]
    }
}
