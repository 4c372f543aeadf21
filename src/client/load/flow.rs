//! What one stream sends: whose turn it is, how much may be in flight, and when each message went out.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep};
use tokio_stream::Stream;

use super::wire::{self, Stamp};
use super::{BreachLog, LoadOptions, LoadReport, PATIENCE};
use crate::clock::Clock;
use crate::proto;

/// Device time lags behind by this much, so that a breach can be told without running ahead of now.
const LAG_US: i64 = 10_000_000;
/// A little more than the four seconds after which an asystole is determined.
const STOPPED_US: i64 = 4_100_000;

struct Device {
    part: Box<[u8]>,
    patient: String,
    sequence: u64,
    receipted: u64,
    time_us: i64,
}

struct State {
    devices: Vec<Device>,
    index: HashMap<String, usize>,
    turn: usize,
    open: Option<Instant>,
    window: u64,
    left: u64,
    sent: u64,
    receipted: u64,
    /// When a message went out, and how many readings had been sent with it.
    messages: VecDeque<(Instant, u64)>,
    latencies_us: Vec<u32>,
    next_at: Option<Instant>,
    breach_at: Option<Instant>,
    breach_turn: usize,
    waker: Option<Waker>,
    list: Vec<u8>,
}

pub(super) struct Flow {
    state: Mutex<State>,
    batch: usize,
    step: Option<Duration>,
    limit: Option<Duration>,
    breach_every: Option<Duration>,
    breaches: BreachLog,
    quiet: Box<[u8]>,
    beat: Box<[u8]>,
    clock: Clock,
}

/// What the outbound side finds.
enum Next {
    Message(Bytes),
    /// Not before then.
    At(Instant),
    /// Not before a receipt or the start.
    Wait,
}

impl Flow {
    pub(super) fn new(devices: &[(String, String)], options: &LoadOptions, clock: Clock) -> Arc<Self> {
        let index = devices.iter().enumerate().map(|(at, (device, _))| (device.clone(), at)).collect();
        let devices = devices
            .iter()
            .map(|(device, patient)| Device {
                part: wire::device_part(device, options.boot),
                patient: patient.clone(),
                sequence: 0,
                receipted: 0,
                time_us: 0,
            })
            .collect();
        let state = State {
            devices,
            index,
            turn: 0,
            open: None,
            window: options.window.max(options.batch as u64),
            left: options.readings,
            sent: 0,
            receipted: 0,
            messages: VecDeque::new(),
            latencies_us: Vec::new(),
            next_at: None,
            breach_at: None,
            breach_turn: 0,
            waker: None,
            list: Vec::new(),
        };
        #[allow(clippy::cast_precision_loss)] // A batch is small.
        let step = options.rate.map(|rate| Duration::from_secs_f64(options.batch as f64 / rate));
        Arc::new(Self {
            state: Mutex::new(state),
            batch: options.batch,
            step,
            limit: options.limit,
            breach_every: options.breach_every,
            breaches: options.breaches.clone(),
            quiet: wire::quiet(),
            beat: wire::beat(),
            clock,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's credit: never more in flight than this.
    pub(super) fn credit(&self, credit: u32) {
        if credit > 0 {
            let mut state = self.lock();
            state.window = state.window.min(u64::from(credit).max(self.batch as u64));
        }
    }

    /// Starts to send.
    pub(super) fn open(&self, now: Instant) {
        let mut state = self.lock();
        state.open = Some(now);
        state.next_at = self.step.map(|_| now);
        state.breach_at = self.breach_every.map(|every| now + every);
        state.wake();
    }

    /// Whether everything was sent and receipted.
    pub(super) fn is_done(&self) -> bool {
        let state = self.lock();
        let over = self.limit.is_some_and(|limit| state.open.is_some_and(|open| open.elapsed() >= limit));
        (state.left == 0 || over) && state.receipted >= state.sent
    }

    /// How long to wait for the next receipt: to the end of the run, where nothing more may come, or to the end of
    /// patience.
    pub(super) fn patience(&self) -> Duration {
        let state = self.lock();
        let left = self.limit.zip(state.open).map(|(limit, open)| limit.saturating_sub(open.elapsed()));
        left.filter(|left| !left.is_zero()).map_or(PATIENCE, |left| left.min(PATIENCE))
    }

    /// Whether receipts should have come, but did not.
    pub(super) fn owes(&self) -> bool {
        let state = self.lock();
        state.messages.front().is_some_and(|(sent_at, _)| sent_at.elapsed() >= PATIENCE)
    }

    pub(super) fn receipted(&self, receipts: &[proto::Receipt]) {
        let now = Instant::now();
        let mut guard = self.lock();
        let state = &mut *guard;
        for receipt in receipts {
            let at = if state.devices.len() == 1 { Some(&0) } else { state.index.get(&receipt.device) };
            let Some(device) = at.and_then(|at| state.devices.get_mut(*at)) else { continue };
            let more = receipt.through_sequence.saturating_sub(device.receipted);
            device.receipted += more;
            state.receipted += more;
        }
        // Commits are in the order of sending, nearly: counting is how the bare pipeline measures, too.
        while let Some((sent_at, through)) = state.messages.front().copied() {
            if through > state.receipted {
                break;
            }
            state.messages.pop_front();
            let us = u32::try_from((now - sent_at).as_micros()).unwrap_or(u32::MAX);
            state.latencies_us.push(us);
        }
        state.wake();
    }

    pub(super) fn sum_up(&self, report: &mut LoadReport) {
        let mut state = self.lock();
        report.receipted += state.receipted;
        report.latencies_us.append(&mut state.latencies_us);
    }

    fn next(&self, context: &Context<'_>) -> Next {
        let now = Instant::now();
        let mut guard = self.lock();
        let state = &mut *guard;
        let over = self.limit.is_some_and(|limit| state.open.is_some_and(|open| now - open >= limit));
        let full = state.sent - state.receipted + self.batch as u64 > state.window;
        if state.open.is_none() || state.left == 0 || over || full {
            state.waker = Some(context.waker().clone());
            return Next::Wait;
        }
        if let (Some(at), Some(step)) = (state.next_at, self.step) {
            if now < at {
                return Next::At(at);
            }
            state.next_at = Some(at + step);
        }
        let breach_due = state.breach_at.is_some_and(|at| now >= at) && state.breach_turn < state.devices.len();
        if breach_due {
            self.breach(state, now);
        } else {
            self.batch(state);
        }
        state.messages.push_back((now, state.sent));
        let message = wire::message(&state.list);
        state.list.clear();
        Next::Message(message)
    }

    fn batch(&self, state: &mut State) {
        let sent_at_us = self.clock.now().micros();
        for _ in 0..state.left.min(self.batch as u64) {
            let turn = state.turn;
            state.turn = (turn + 1) % state.devices.len();
            state.put(turn, sent_at_us - LAG_US, sent_at_us, &self.quiet);
            state.left -= 1;
        }
    }

    /// A beat, and then that the device has watched for more than four seconds without one.
    fn breach(&self, state: &mut State, now: Instant) {
        let sent_at_us = self.clock.now().micros();
        let turn = state.breach_turn;
        state.breach_turn += 1;
        state.breach_at = state.breach_at.zip(self.breach_every).map(|(at, every)| at + every);
        state.put(turn, sent_at_us - LAG_US, sent_at_us, &self.beat);
        let stopped_us = state.devices[turn].time_us + STOPPED_US;
        state.put(turn, stopped_us, sent_at_us, &self.quiet);
        state.left = state.left.saturating_sub(2);
        self.breaches.note(&state.devices[turn].patient, now);
    }
}

impl State {
    fn put(&mut self, turn: usize, time_us: i64, sent_at_us: i64, observations: &[u8]) {
        let device = &mut self.devices[turn];
        device.sequence += 1;
        device.time_us = time_us.max(device.time_us + 1);
        let stamp = Stamp { sequence: device.sequence, device_time_us: device.time_us, sent_at_us };
        wire::put_reading(&mut self.list, &device.part, stamp, observations);
        self.sent += 1;
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The outbound half of a stream: polled by the connection, so that no task and no queue stands between.
pub(super) struct Outbound {
    hellos: std::vec::IntoIter<Bytes>,
    flow: Arc<Flow>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Outbound {
    pub(super) fn new(hellos: Vec<Bytes>, flow: Arc<Flow>) -> Self {
        Self { hellos: hellos.into_iter(), flow, sleep: None }
    }
}

impl Stream for Outbound {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(hello) = self.hellos.next() {
            return Poll::Ready(Some(hello));
        }
        loop {
            match self.flow.next(context) {
                Next::Message(message) => return Poll::Ready(Some(message)),
                Next::Wait => return Poll::Pending,
                Next::At(at) => {
                    let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
                    sleep.as_mut().reset(at);
                    if sleep.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}
