//! A small ingest service that misbehaves on purpose, over real mutual TLS.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

use super::pki::TestPki;
use crate::client::random::Random;
use crate::proto::ingest_request::Kind as Ask;
use crate::proto::ingest_response::Kind as Tell;
use crate::proto::ingest_service_server::{IngestService, IngestServiceServer};
use crate::proto::{self, IngestRequest, IngestResponse};

/// How often, per thousand messages, the server does what.
#[derive(Clone, Copy, Default)]
pub struct Mischief {
    /// Ends the stream before anything of the message is stored.
    pub cut_before: u64,
    /// Stores the message, then ends the stream without a receipt.
    pub cut_after: u64,
    /// Forgets the message, as a restarted actor does, and asks to resume.
    pub forget: u64,
    /// Refuses the message with a retry hint.
    pub refuse: u64,
    /// Says that it is draining.
    pub drain: u64,
}

type LaneKey = (String, u64, i32);

/// What the server has and has seen.
#[derive(Default)]
pub struct Seen {
    pub stored: HashMap<LaneKey, Vec<proto::Reading>>,
    pub hellos: Vec<proto::Hello>,
    pub duplicates: u64,
    pub conflicts: u64,
    pub resumes: u64,
    pub refusals: u64,
    pub cuts: u64,
    pub drains: u64,
    pub keepalives: u64,
}

#[derive(Clone)]
struct Fake {
    seen: Arc<Mutex<Seen>>,
    random: Arc<Mutex<Random>>,
    mischief: Mischief,
    credit: u32,
}

/// A running server.
pub struct FakeServer {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Seen>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for FakeServer {
    /// Its connections live in a runtime of its own, so that they end with it.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl FakeServer {
    pub fn start(pki: &TestPki, mischief: Mischief, seed: u64) -> Self {
        Self::start_with(pki, mischief, seed, Arc::default(), "127.0.0.1:0".parse().unwrap())
    }

    /// Starts over what an earlier server had stored, on its address.
    pub fn start_with(pki: &TestPki, mischief: Mischief, seed: u64, seen: Arc<Mutex<Seen>>, at: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind(at).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let fake = Fake { seen: seen.clone(), random: Arc::new(Mutex::new(Random::new(seed))), mischief, credit: 64 };
        let tls = ServerTlsConfig::new()
            .identity(Identity::from_pem(&pki.server.certificate_pem, &pki.server.key_pem))
            .client_ca_root(Certificate::from_pem(&pki.ca_pem));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            Server::builder()
                .tls_config(tls)
                .unwrap()
                .add_service(IngestServiceServer::new(fake))
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap();
        });
        Self { address, seen, runtime: Some(runtime) }
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

#[tonic::async_trait]
impl IngestService for Fake {
    type StreamStream = ReceiverStream<Result<IngestResponse, Status>>;

    async fn stream(&self, asked: Request<Streaming<IngestRequest>>) -> Result<Response<Self::StreamStream>, Status> {
        let (tell, told) = mpsc::channel(64);
        let fake = self.clone();
        tokio::spawn(async move {
            if let Err(status) = fake.converse(asked.into_inner(), &tell).await {
                let _ = tell.send(Err(status)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(told)))
    }
}

impl Fake {
    async fn converse(
        &self,
        mut asked: Streaming<IngestRequest>,
        tell: &mpsc::Sender<Result<IngestResponse, Status>>,
    ) -> Result<(), Status> {
        let mut asked_back: HashMap<LaneKey, u64> = HashMap::new();
        while let Some(message) = asked.message().await? {
            let answers = match message.kind {
                Some(Ask::Hello(hello)) => vec![self.welcome(hello)],
                Some(Ask::Readings(readings)) => self.take(readings.readings, &mut asked_back)?,
                _ => {
                    self.seen.lock().unwrap().keepalives += 1;
                    Vec::new()
                }
            };
            for answer in answers {
                let answer = IngestResponse { kind: Some(answer) };
                if tell.send(Ok(answer)).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn welcome(&self, hello: proto::Hello) -> Tell {
        let mut seen = self.seen.lock().unwrap();
        let durable = |device: &str, position: &proto::LanePosition, seen: &Seen| {
            let key = (device.to_owned(), position.boot, position.lane);
            let sequence = seen.stored.get(&key).map_or(0, |stored| stored.len() as u64);
            proto::LanePosition { sequence, ..*position }
        };
        let devices = hello
            .devices
            .iter()
            .map(|device| proto::DeviceWelcome {
                device: device.device.clone(),
                durable: device.pending.iter().map(|pending| durable(&device.device, pending, &seen)).collect(),
            })
            .collect();
        seen.hellos.push(hello);
        Tell::Welcome(proto::Welcome { devices, credit: self.credit })
    }

    fn take(&self, readings: Vec<proto::Reading>, asked_back: &mut HashMap<LaneKey, u64>) -> Result<Vec<Tell>, Status> {
        let Mischief { cut_before, cut_after, forget, refuse, drain } = self.mischief;
        let dice = self.random.lock().unwrap().below(1_000);
        let mut seen = self.seen.lock().unwrap();
        let mut edge = cut_before;
        if dice < edge {
            seen.cuts += 1;
            return Err(Status::unavailable("cut before"));
        }
        edge += cut_after;
        let cut = dice < edge;
        let forgets = !cut && dice < edge + forget;
        edge += forget;
        if !cut && !forgets && dice < edge + refuse {
            seen.refusals += 1;
            return Ok(vec![refusal(&readings)]);
        }
        edge += refuse;
        if !cut && !forgets && dice >= edge && dice < edge + drain {
            seen.drains += 1;
            return Ok(vec![Tell::Draining(proto::Draining { reconnect_after_ms: 2 })]);
        }
        let mut answers = Vec::new();
        for reading in readings {
            let key = (reading.device.clone(), reading.boot, reading.lane);
            if forgets {
                let from = seen.stored.get(&key).map_or(0, Vec::len) as u64 + 1;
                // Said again if what was asked for is forgotten too.
                if asked_back.insert(key, from) != Some(from) || reading.sequence == from {
                    seen.resumes += 1;
                    answers.push(resume(&reading, from));
                }
            } else if let Some(answer) = seen.store(reading, asked_back) {
                answers.push(answer);
            }
        }
        if cut {
            seen.cuts += 1;
            return Err(Status::unavailable("cut after"));
        }
        Ok(answers)
    }
}

impl Seen {
    fn store(&mut self, reading: proto::Reading, asked_back: &mut HashMap<LaneKey, u64>) -> Option<Tell> {
        let key = (reading.device.clone(), reading.boot, reading.lane);
        let stored = self.stored.entry(key.clone()).or_default();
        let next = stored.len() as u64 + 1;
        if reading.sequence > next {
            if asked_back.insert(key, next) == Some(next) {
                return None;
            }
            self.resumes += 1;
            return Some(resume(&reading, next));
        }
        if reading.sequence < next {
            self.duplicates += 1;
            let known = &stored[usize::try_from(reading.sequence).unwrap() - 1];
            if known.observations != reading.observations || known.device_time_us != reading.device_time_us {
                self.conflicts += 1;
            }
        } else {
            asked_back.remove(&key);
            stored.push(reading.clone());
        }
        let receipt = proto::Receipt {
            device: reading.device,
            boot: reading.boot,
            lane: reading.lane,
            through_sequence: stored.len() as u64,
            exceptions: Vec::new(),
            proof: vec![7; 8],
        };
        Some(Tell::Receipts(proto::Receipts { receipts: vec![receipt] }))
    }
}

fn resume(reading: &proto::Reading, sequence: u64) -> Tell {
    Tell::ResumeFrom(proto::ResumeFrom {
        device: reading.device.clone(),
        boot: reading.boot,
        lane: reading.lane,
        sequence,
    })
}

/// Refuses every lane of a message from its first reading on.
fn refusal(readings: &[proto::Reading]) -> Tell {
    let mut refusals: Vec<proto::Refusal> = Vec::new();
    for reading in readings {
        if refusals.iter().all(|known| known.device != reading.device) {
            refusals.push(proto::Refusal {
                device: reading.device.clone(),
                boot: reading.boot,
                lane: reading.lane,
                from_sequence: reading.sequence,
                reason: proto::RefusalReason::Rate as i32,
                detail: "too fast".to_owned(),
                retry_after_ms: 1,
            });
        }
    }
    Tell::Refusals(proto::Refusals { refusals })
}
