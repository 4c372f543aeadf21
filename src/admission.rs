//! Admission before any mailbox: what was not admitted was not received.
//!
//! Mailboxes are unbounded, so the bound stands in front of them. A message takes room three times: of its stream's
//! credit, of all readings in flight and of all bytes in flight. The [`Permit`] travels inside the message and gives
//! everything back when the last copy of it is dropped, which is when the readings are durable and consumed.
//!
//! With room there is no lock: three atomic subtractions. Without room a sender waits in a fair line, for a bounded
//! time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout_at};

/// How much may be in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Readings in flight, all streams together.
    pub readings: u64,
    /// Bytes in flight, all streams together.
    pub bytes: u64,
    /// How long a sender waits for room before it is refused.
    pub wait: Duration,
}

/// Why a message was not admitted. Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There was no room within the bound.
    #[error("the platform is loaded to its limit: send again after {retry_after_ms} ms, with jitter")]
    Overload {
        /// When to try again.
        retry_after_ms: u32,
    },
    /// The message could never be admitted.
    #[error("a message may carry at most {readings} readings and {bytes} bytes: send it in parts")]
    TooLarge {
        /// The most readings that fit.
        readings: u64,
        /// The most bytes that fit.
        bytes: u64,
    },
}

/// An amount that can be taken in parts and given back.
#[derive(Debug)]
struct Room {
    free: AtomicU64,
    capacity: u64,
}

impl Room {
    const fn new(capacity: u64) -> Self {
        Self { free: AtomicU64::new(capacity), capacity }
    }

    fn take(&self, amount: u64) -> bool {
        // Sequentially consistent, as is `Shared::waiting`: of one who waits and one who gives back, either the first
        // sees the room or the second sees the wait.
        self.free.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |free| free.checked_sub(amount)).is_ok()
    }

    fn give_back(&self, amount: u64) {
        self.free.fetch_add(amount, Ordering::SeqCst);
    }

    fn in_use(&self) -> u64 {
        self.capacity - self.free.load(Ordering::SeqCst)
    }
}

/// The readings that one stream may have in flight. One task admits on a stream; any may give back.
#[derive(Debug)]
pub struct StreamCredit {
    room: Room,
    freed: Notify,
}

impl StreamCredit {
    /// A stream's credit in readings.
    #[must_use]
    pub fn new(readings: u64) -> Arc<Self> {
        Arc::new(Self { room: Room::new(readings), freed: Notify::new() })
    }

    /// The whole credit, in readings.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.room.capacity
    }

    /// Readings of this stream that are in flight.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.room.in_use()
    }

    /// Waits until nothing of this stream is in flight.
    pub async fn idle(&self) {
        self.until(|| (self.in_flight() == 0).then_some(())).await;
    }

    async fn until<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        loop {
            let freed = self.freed.notified();
            if let Some(done) = ready() {
                return done;
            }
            freed.await;
        }
    }

    fn give_back(&self, readings: u64) {
        self.room.give_back(readings);
        // One permit is remembered where nobody waits yet, so that no wake-up is lost.
        self.freed.notify_one();
    }
}

#[derive(Debug)]
struct Shared {
    readings: Room,
    bytes: Room,
    wait: Duration,
    /// Senders that stand in line; with any, newcomers join it rather than overtake.
    waiting: AtomicUsize,
    line: Mutex<()>,
    freed: Notify,
}

impl Shared {
    fn take(&self, readings: u64, bytes: u64) -> bool {
        if !self.readings.take(readings) {
            return false;
        }
        if self.bytes.take(bytes) {
            return true;
        }
        self.readings.give_back(readings);
        false
    }

    fn give_back(&self, readings: u64, bytes: u64) {
        self.readings.give_back(readings);
        self.bytes.give_back(bytes);
        self.wake_line();
    }

    fn wake_line(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.freed.notify_one();
        }
    }
}

/// The bound on what is in flight in the whole process. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Admission {
    shared: Arc<Shared>,
}

impl Admission {
    /// With these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            shared: Arc::new(Shared {
                readings: Room::new(bounds.readings),
                bytes: Room::new(bounds.bytes),
                wait: bounds.wait,
                waiting: AtomicUsize::new(0),
                line: Mutex::new(()),
                freed: Notify::new(),
            }),
        }
    }

    /// Readings in flight.
    #[must_use]
    pub fn readings_in_flight(&self) -> u64 {
        self.shared.readings.in_use()
    }

    /// Bytes in flight.
    #[must_use]
    pub fn bytes_in_flight(&self) -> u64 {
        self.shared.bytes.in_use()
    }

    /// Admits a message of one stream at once, if there is room and nobody waits for it.
    #[must_use]
    pub fn try_admit(&self, readings: u64, bytes: u64, credit: &Arc<StreamCredit>) -> Option<Permit> {
        if self.shared.waiting.load(Ordering::SeqCst) > 0 || !credit.room.take(readings) {
            return None;
        }
        if self.shared.take(readings, bytes) {
            return Some(self.permit(readings, bytes, credit));
        }
        // The attempt may have held, for a moment, what the head of the line was looking for.
        self.shared.wake_line();
        credit.give_back(readings);
        None
    }

    /// Admits a message of one stream, waiting in line for room; senders are served in the order in which they came.
    ///
    /// # Errors
    /// [`Refused`]; nothing was taken.
    pub async fn admit(&self, readings: u64, bytes: u64, credit: &Arc<StreamCredit>) -> Result<Permit, Refused> {
        if let Some(permit) = self.try_admit(readings, bytes, credit) {
            return Ok(permit);
        }
        let most_readings = credit.capacity().min(self.shared.readings.capacity);
        if readings > most_readings || bytes > self.shared.bytes.capacity {
            return Err(Refused::TooLarge { readings: most_readings, bytes: self.shared.bytes.capacity });
        }
        let deadline = Instant::now() + self.shared.wait;
        timeout_at(deadline, self.wait_in_line(readings, bytes, credit))
            .await
            .map_err(|_| Refused::Overload { retry_after_ms: self.retry_after_ms() })
    }

    /// The stream's own credit first: a stream that has used up its credit must not hold up the line.
    async fn wait_in_line(&self, readings: u64, bytes: u64, credit: &Arc<StreamCredit>) -> Permit {
        let of_stream = credit.until(|| credit.room.take(readings).then(|| Taken { readings, credit })).await;
        let _place = Place::new(&self.shared.waiting);
        let _head = self.shared.line.lock().await;
        loop {
            let freed = self.shared.freed.notified();
            if self.shared.take(readings, bytes) {
                of_stream.keep();
                return self.permit(readings, bytes, credit);
            }
            freed.await;
        }
    }

    fn permit(&self, readings: u64, bytes: u64, credit: &Arc<StreamCredit>) -> Permit {
        let held = Held { shared: Arc::clone(&self.shared), credit: Arc::clone(credit), since: Instant::now() };
        Permit { readings, bytes, held: Some(held) }
    }

    fn retry_after_ms(&self) -> u32 {
        u32::try_from(self.shared.wait.as_millis()).unwrap_or(u32::MAX)
    }
}

/// Credit of a stream that was taken for a message still waiting in line; given back if the wait is given up.
struct Taken<'a> {
    readings: u64,
    credit: &'a StreamCredit,
}

impl Taken<'_> {
    fn keep(mut self) {
        self.readings = 0;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.readings > 0 {
            self.credit.give_back(self.readings);
        }
    }
}

/// A place in line; left by drop, so that a sender who gives up is no longer counted.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug)]
struct Held {
    shared: Arc<Shared>,
    credit: Arc<StreamCredit>,
    since: Instant,
}

/// Room for one message in flight. Travels inside the message; dropped when its readings are durable and consumed.
#[derive(Debug)]
pub struct Permit {
    readings: u64,
    bytes: u64,
    held: Option<Held>,
}

impl Permit {
    /// A permit that holds no room, for library users and tests that bound their input themselves.
    #[must_use]
    pub const fn unbounded() -> Self {
        Self { readings: 0, bytes: 0, held: None }
    }

    /// When the message was admitted; `None` where no room is held.
    #[must_use]
    pub fn in_flight_since(&self) -> Option<Instant> {
        self.held.as_ref().map(|held| held.since)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.shared.give_back(self.readings, self.bytes);
            held.credit.give_back(self.readings);
        }
    }
}

#[cfg(test)]
mod tests;
