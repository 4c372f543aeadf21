//! Where a stream's receipts wait to be sent. The writer never waits for a stream: it overwrites with the newest.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smallvec::SmallVec;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Lane, ReadingKey};
use crate::storage::Keys;

/// Why an accepted sequence has no ordinary stored reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored, but single observations were rejected.
    ObservationsRejected,
    /// Kept apart: the payload could not be decoded.
    Undecodable,
    /// Kept apart: the sequence was sent before with other content.
    Conflict,
    /// Declared lost by the device.
    DeclaredMissing,
}

/// A note to a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptException {
    /// Sequence it is about.
    pub sequence: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// What, where and what is allowed; no values.
    pub reason: String,
}

/// What goes back to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything of (device, boot, lane) up to `through` is durable.
    Receipt {
        /// The device.
        device: DeviceId,
        /// Its boot.
        boot: u64,
        /// The lane.
        lane: Lane,
        /// Last contiguous durable sequence.
        through: u64,
        /// What is not an ordinary stored reading.
        exceptions: Vec<ReceiptException>,
        /// Authenticates the receipt; empty where none is due.
        proof: Vec<u8>,
    },
    /// Something is missing: send again from here on.
    ResumeFrom {
        /// The device.
        device: DeviceId,
        /// Boot, lane and the sequence from which on.
        key: ReadingKey,
    },
}

/// One stream's outlet. Cheap to share. What waits in it is bounded by the devices on the stream and by the readings
/// in flight, since only readings make exceptions.
#[derive(Default)]
pub struct Outlet {
    changed: Mutex<Vec<Arc<ReceiptCell>>>,
    notify: Arc<Notify>,
    superseded: Notify,
}

impl Outlet {
    /// A new outlet for a stream.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Waits until there is something to send, then takes all of it.
    pub async fn take(&self) -> Vec<Answer> {
        loop {
            let cells = mem::take(&mut *lock(&self.changed));
            if !cells.is_empty() {
                let mut answers = Vec::with_capacity(cells.len());
                for cell in &cells {
                    cell.take(&mut answers);
                }
                return answers;
            }
            self.notify.notified().await;
        }
    }

    /// Waits until another stream speaks for a device of this one.
    pub async fn superseded(&self) {
        self.superseded.notified().await;
    }

    fn push(&self, cell: &Arc<ReceiptCell>) {
        lock(&self.changed).push(Arc::clone(cell));
    }
}

/// What one device's stream has still to be told. The newest receipt overwrites an older one.
pub(super) struct ReceiptCell {
    device: DeviceId,
    /// The boot of the hello.
    pub boot: u64,
    /// Lanes for which the hello said that there are readings.
    pub lanes: SmallVec<[(u64, Lane); 1]>,
    outlet: Arc<Outlet>,
    keys: Keys,
    untold: Mutex<Untold>,
    superseded: AtomicBool,
}

#[derive(Debug, Default)]
struct Untold {
    queued: bool,
    receipts: SmallVec<[(u64, Lane, u64); 1]>,
    exceptions: HashMap<(u64, Lane), Vec<ReceiptException>>,
    resumes: SmallVec<[ReadingKey; 1]>,
    /// When the newest proof of each lane was given. Outlives what is told.
    proved: SmallVec<[(u64, Lane, Instant); 1]>,
}

/// A lane's receipts carry a proof this often at most: a device needs the newest only.
const PROOF_EVERY: Duration = Duration::from_secs(1);

/// What the proof of a receipt authenticates.
pub(super) fn proof_bytes(device: &DeviceId, key: ReadingKey) -> Vec<u8> {
    let mut bytes = device.as_str().as_bytes().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(&key.boot.to_be_bytes());
    bytes.push(match key.lane {
        Lane::Live => 1,
        Lane::Backlog => 2,
    });
    bytes.extend_from_slice(&key.sequence.to_be_bytes());
    bytes
}

impl Untold {
    fn proof_is_due(&mut self, boot: u64, lane: Lane, now: Instant) -> bool {
        match self.proved.iter_mut().find(|proved| (proved.0, proved.1) == (boot, lane)) {
            Some(proved) if now.duration_since(proved.2) < PROOF_EVERY => false,
            Some(proved) => {
                proved.2 = now;
                true
            }
            None => {
                self.proved.push((boot, lane, now));
                true
            }
        }
    }
}

impl ReceiptCell {
    pub fn new(
        device: DeviceId,
        boot: u64,
        lanes: SmallVec<[(u64, Lane); 1]>,
        outlet: &Arc<Outlet>,
        keys: Keys,
    ) -> Arc<Self> {
        Arc::new(Self {
            device,
            boot,
            lanes,
            outlet: Arc::clone(outlet),
            keys,
            untold: Mutex::default(),
            superseded: AtomicBool::new(false),
        })
    }

    /// Whether both are cells of one stream.
    pub fn is_on_the_stream_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.outlet, &other.outlet)
    }

    /// The stream speaks for the device no more, and is told so.
    pub fn supersede(&self) {
        self.superseded.store(true, Ordering::Release);
        self.outlet.superseded.notify_one();
    }

    /// Whether the stream speaks for the device no more.
    pub fn is_superseded(&self) -> bool {
        self.superseded.load(Ordering::Acquire)
    }

    /// Receipts everything of the lane up to `through`. Wake the returned stream after the commit's last callback.
    pub fn receipt(
        self: &Arc<Self>,
        boot: u64,
        lane: Lane,
        through: u64,
        exceptions: Vec<ReceiptException>,
    ) -> Arc<Notify> {
        let mut untold = lock(&self.untold);
        match untold.receipts.iter_mut().find(|receipt| (receipt.0, receipt.1) == (boot, lane)) {
            Some(receipt) => receipt.2 = receipt.2.max(through),
            None => untold.receipts.push((boot, lane, through)),
        }
        if !exceptions.is_empty() {
            untold.exceptions.entry((boot, lane)).or_default().extend(exceptions);
        }
        self.queue(untold);
        Arc::clone(&self.outlet.notify)
    }

    /// Asks for everything from `key` on.
    pub fn resume_from(self: &Arc<Self>, key: ReadingKey) {
        let mut untold = lock(&self.untold);
        untold.resumes.retain(|old| (old.boot, old.lane) != (key.boot, key.lane));
        untold.resumes.push(key);
        self.queue(untold);
        self.outlet.notify.notify_one();
    }

    fn queue(self: &Arc<Self>, mut untold: MutexGuard<'_, Untold>) {
        let queued = mem::replace(&mut untold.queued, true);
        drop(untold);
        if !queued {
            self.outlet.push(self);
        }
    }

    fn take(&self, answers: &mut Vec<Answer>) {
        let mut untold = lock(&self.untold);
        untold.queued = false;
        let receipts = mem::take(&mut untold.receipts);
        let mut exceptions = mem::take(&mut untold.exceptions);
        let resumes = mem::take(&mut untold.resumes);
        let now = Instant::now();
        let due: SmallVec<[bool; 1]> =
            receipts.iter().map(|(boot, lane, _)| untold.proof_is_due(*boot, *lane, now)).collect();
        drop(untold);
        for ((boot, lane, through), prove) in receipts.into_iter().zip(due) {
            let key = ReadingKey { boot, lane, sequence: through };
            let proof =
                if prove { self.keys.receipt_mac(&proof_bytes(&self.device, key)).to_vec() } else { Vec::new() };
            answers.push(Answer::Receipt {
                device: self.device.clone(),
                boot,
                lane,
                through,
                exceptions: exceptions.remove(&(boot, lane)).unwrap_or_default(),
                proof,
            });
        }
        for key in resumes {
            answers.push(Answer::ResumeFrom { device: self.device.clone(), key });
        }
    }
}

/// A panic elsewhere while the lock was held leaves lists and numbers that are whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
