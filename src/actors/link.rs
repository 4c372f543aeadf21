//! Which stream speaks for a device now.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::outlet::ReceiptCell;
use crate::clinical::ids::DeviceId;

const SHARDS: usize = 32;

/// The newest stream of each device. A device's actor that restarts tells it where to resume: what lay in the mailbox
/// is gone.
pub(super) struct Links([Mutex<HashMap<DeviceId, Arc<ReceiptCell>>>; SHARDS]);

impl Default for Links {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Links {
    /// A newer stream takes the place of an older one, which is returned.
    pub fn put(&self, device: &DeviceId, cell: Arc<ReceiptCell>) -> Option<Arc<ReceiptCell>> {
        self.shard(device).lock().unwrap_or_else(PoisonError::into_inner).insert(device.clone(), cell)
    }

    /// No stream speaks for the device any more.
    pub fn take(&self, device: &DeviceId) -> Option<Arc<ReceiptCell>> {
        self.shard(device).lock().unwrap_or_else(PoisonError::into_inner).remove(device)
    }

    /// The stream that speaks for the device.
    pub fn get(&self, device: &DeviceId) -> Option<Arc<ReceiptCell>> {
        self.shard(device).lock().unwrap_or_else(PoisonError::into_inner).get(device).cloned()
    }

    /// Forgets the device's stream if it is still this one.
    pub fn remove(&self, device: &DeviceId, cell: &Arc<ReceiptCell>) {
        let mut links = self.shard(device).lock().unwrap_or_else(PoisonError::into_inner);
        if links.get(device).is_some_and(|newest| Arc::ptr_eq(newest, cell)) {
            links.remove(device);
        }
    }

    fn shard(&self, device: &DeviceId) -> &Mutex<HashMap<DeviceId, Arc<ReceiptCell>>> {
        let mut hasher = DefaultHasher::new();
        device.hash(&mut hasher);
        // The remainder is below SHARDS.
        #[allow(clippy::cast_possible_truncation)]
        let index = (hasher.finish() % SHARDS as u64) as usize;
        &self.0[index]
    }
}
