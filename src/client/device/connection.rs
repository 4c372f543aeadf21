//! One connection of a device stream, from hello to its end.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{Outcome, Sender};
use crate::client::channel::reason;
use crate::proto;
use crate::proto::ingest_request::Kind as Ask;
use crate::proto::ingest_response::Kind as Told;
use crate::proto::ingest_service_client::IngestServiceClient;

/// A server that takes longer than this to open a stream or to say welcome is given up.
const OPENING: Duration = Duration::from_secs(10);

/// Devices in one hello: a message stays far below the server's limit.
const HELLO_DEVICES: usize = 1_000;

impl Sender {
    /// Connects, says hello, and sends until something ends it.
    pub(super) async fn connection(&mut self) -> Outcome {
        if self.is_done() {
            return Outcome::Done;
        }
        let opened = tokio::time::timeout(OPENING, self.open()).await;
        let (ask, mut told, credit) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return Outcome::Broken(error),
            Err(_) => return Outcome::Broken(format!("no welcome within {} s", OPENING.as_secs())),
        };
        self.connections += 1;
        self.connected = true;
        self.tell();
        self.pump(&ask, &mut told, credit).await
    }

    async fn open(
        &mut self,
    ) -> Result<(mpsc::Sender<proto::IngestRequest>, Streaming<proto::IngestResponse>, u64), String> {
        let channel = self.endpoint.connect().await.map_err(|error| reason(&error))?;
        let (ask, asked) = mpsc::channel(16);
        let mut hellos = self.ledger.hellos(&self.options.model, &self.options.firmware, HELLO_DEVICES);
        let mut owed = hellos.len();
        hellos.reverse();
        let mut client = IngestServiceClient::new(channel).max_decoding_message_size(16 << 20);
        say(&ask, &mut hellos);
        let response = client.stream(ReceiverStream::new(asked)).await.map_err(|status| reason(&status))?;
        let mut told = response.into_inner();
        let mut window = self.options.window;
        loop {
            let message = told.message().await.map_err(|status| reason(&status))?;
            match message.ok_or("the server ended the stream before welcome")?.kind {
                Some(Told::Welcome(welcome)) => {
                    self.ledger.welcome(&welcome);
                    if welcome.credit > 0 {
                        window = window.min(welcome.credit.into());
                    }
                    owed -= 1;
                    if owed == 0 {
                        return Ok((ask, told, window.max(1)));
                    }
                    say(&ask, &mut hellos);
                }
                Some(Told::Refusals(refusals)) => self.refused(&refusals),
                Some(Told::Draining(_)) => return Err("the server is draining".to_owned()),
                _ => {}
            }
        }
    }

    async fn pump(
        &mut self,
        ask: &mpsc::Sender<proto::IngestRequest>,
        told: &mut Streaming<proto::IngestResponse>,
        window: u64,
    ) -> Outcome {
        let mut last_heard = Instant::now();
        let mut last_sent = Instant::now();
        loop {
            if self.is_done() {
                return Outcome::Done;
            }
            let wake = self.next_wake(last_heard, last_sent);
            tokio::select! {
                biased;
                message = told.message() => {
                    last_heard = Instant::now();
                    self.failures = 0;
                    match message {
                        Ok(Some(message)) => if let Some(outcome) = self.hear(message) { return outcome },
                        Ok(None) => return Outcome::Broken("the server ended the stream".to_owned()),
                        Err(status) => return Outcome::Broken(reason(&status)),
                    }
                    self.tell();
                }
                slot = ask.reserve(), if self.ledger.has_ready(window) => {
                    let Ok(slot) = slot else { return Outcome::Broken("the connection is gone".to_owned()) };
                    let readings = self.ledger.take(self.clock.now(), self.options.batch, window);
                    if !readings.is_empty() {
                        if self.ledger.in_flight() <= readings.len() as u64 {
                            // Nothing was owed before: silence counts from here.
                            last_heard = Instant::now();
                        }
                        last_sent = Instant::now();
                        slot.send(request(Ask::Readings(proto::Readings { readings })));
                    }
                }
                reading = self.inbox.recv(), if self.takes() => {
                    if !self.keep(reading) {
                        return Outcome::Done;
                    }
                }
                finish = self.finishing.recv(), if self.finish.is_none() => {
                    if !self.wind_up(finish) {
                        return Outcome::Done;
                    }
                }
                () = tokio::time::sleep_until(wake) => {
                    if self.ledger.in_flight() > 0 && last_heard.elapsed() >= self.options.stall {
                        return Outcome::Broken("readings in flight and no word from the server".to_owned());
                    }
                    if last_sent.elapsed() >= self.options.keepalive {
                        last_sent = Instant::now();
                        let alive = proto::Keepalive { devices: Vec::new(), sent_at_us: self.clock.now().micros() };
                        // No room: what waits there says as much. A closed connection shows itself at the next read.
                        let _ = ask.try_send(request(Ask::Keepalive(alive)));
                    }
                }
            }
        }
    }

    /// When to look again though nothing comes: the earliest of patience, stall, keepalive and the end.
    fn next_wake(&mut self, last_heard: Instant, last_sent: Instant) -> Instant {
        let mut wake = last_sent + self.options.keepalive;
        if let Some(at) = self.ledger.wake(self.clock.now()) {
            wake = wake.min(self.clock.instant_of(at));
        }
        if self.ledger.in_flight() > 0 {
            wake = wake.min(last_heard + self.options.stall);
        }
        if let Some((until, _)) = &self.finish {
            wake = wake.min(*until);
        }
        wake
    }

    /// Takes in what the server said; an outcome if that ends the connection.
    fn hear(&mut self, message: proto::IngestResponse) -> Option<Outcome> {
        match message.kind? {
            Told::Welcome(welcome) => self.ledger.welcome(&welcome),
            Told::Receipts(receipts) => receipts.receipts.iter().for_each(|receipt| self.ledger.receipt(receipt)),
            Told::Refusals(refusals) => self.refused(&refusals),
            Told::ResumeFrom(resume) => self.ledger.resume_from(&resume),
            Told::Draining(draining) => return Some(Outcome::Draining(draining.reconnect_after_ms)),
        }
        None
    }

    fn refused(&mut self, refusals: &proto::Refusals) {
        let now = self.clock.now();
        for refusal in &refusals.refusals {
            let patience = self.jittered(Duration::from_millis(refusal.retry_after_ms.into()));
            self.ledger.refusal(refusal, now, i64::try_from(patience.as_micros()).unwrap_or(i64::MAX));
        }
    }
}

/// Says as many hellos as there is room for; the rest follows with the answers.
fn say(ask: &mpsc::Sender<proto::IngestRequest>, hellos: &mut Vec<proto::Hello>) {
    while ask.capacity() > 0 {
        let Some(hello) = hellos.pop() else { break };
        // A closed connection shows itself at the next read.
        let _ = ask.try_send(request(Ask::Hello(hello)));
    }
}

fn request(kind: Ask) -> proto::IngestRequest {
    proto::IngestRequest { traceparent: String::new(), kind: Some(kind) }
}
