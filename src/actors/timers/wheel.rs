//! The deadlines of one shard, in order.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hash};

use crate::supervision::StableHasher;
use crate::time::Timestamp;

/// One deadline per key. The generation tells deadlines at the same instant apart, and fires them in the order in which
/// they were set.
pub(super) struct Wheel<K> {
    in_order: BTreeMap<(Timestamp, u64), K>,
    by_key: HashMap<K, (Timestamp, u64), BuildHasherDefault<StableHasher>>,
    generation: u64,
}

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self { in_order: BTreeMap::new(), by_key: HashMap::default(), generation: 0 }
    }
}

impl<K: Clone + Eq + Hash> Wheel<K> {
    /// Sets the key's only deadline. True: it is the earliest of all.
    pub fn set(&mut self, key: K, at: Timestamp) -> bool {
        self.generation += 1;
        let place = (at, self.generation);
        if let Some(before) = self.by_key.insert(key.clone(), place) {
            self.in_order.remove(&before);
        }
        self.in_order.insert(place, key);
        self.in_order.first_key_value().is_some_and(|(first, _)| *first == place)
    }

    /// Removes the key's deadline.
    pub fn clear(&mut self, key: &K) {
        if let Some(place) = self.by_key.remove(key) {
            self.in_order.remove(&place);
        }
    }

    /// Takes at most `limit` deadlines that have passed by `now`, in their order, and says which is the next.
    pub fn take_due(&mut self, now: Timestamp, limit: usize) -> (Vec<(K, Timestamp)>, Option<Timestamp>) {
        let mut due = Vec::new();
        while let Some(first) = self.in_order.first_entry() {
            let at = first.key().0;
            if at > now || due.len() == limit {
                return (due, Some(at));
            }
            let key = first.remove();
            self.by_key.remove(&key);
            due.push((key, at));
        }
        (due, None)
    }

    pub fn len(&self) -> usize {
        self.in_order.len()
    }
}
