//! Every rule set that was ever in force, by its hash, and the one in force now.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;

use crate::clinical::rules::RuleSet;

/// Version of the pure core: raised when the same inputs may give other events. Patients' streams record which decided.
pub const ENGINE_VERSION: u32 = 5;

/// Rule sets by hash. Cheap to read.
#[derive(Debug)]
pub struct RuleBook {
    sets: RwLock<HashMap<[u8; 32], Arc<RuleSet>>>,
    current: ArcSwap<RuleSet>,
}

impl RuleBook {
    /// A book in which `current` is in force.
    #[must_use]
    pub fn new(current: Arc<RuleSet>) -> Self {
        let sets = RwLock::new(HashMap::from([(current.hash(), Arc::clone(&current))]));
        Self { sets, current: ArcSwap::new(current) }
    }

    /// Adds a set that was in force once.
    pub fn add(&self, set: Arc<RuleSet>) {
        self.sets.write().unwrap_or_else(PoisonError::into_inner).insert(set.hash(), set);
    }

    /// The set in force now.
    #[must_use]
    pub fn current(&self) -> Arc<RuleSet> {
        self.current.load_full()
    }

    /// A set by its hash.
    #[must_use]
    pub fn get(&self, hash: &[u8; 32]) -> Option<Arc<RuleSet>> {
        self.sets.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }
}
