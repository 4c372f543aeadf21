//! A ward on simulated disks, and a device that keeps what has no receipt, as a client does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use smallvec::smallvec;
use tokio::time::{Instant, sleep, timeout};

use crate::actors::handle::{Admission, CareStep, DeviceHello, DeviceLink, Handle, Speaker};
use crate::actors::outlet::{Answer, Outlet};
use crate::actors::{ENGINE_VERSION, Engine, EngineOptions};
use crate::admission::Permit;
use crate::audit::{Conservation, conserve, replay};
use crate::clinical::alert::AlertEvent;
use crate::clinical::codes::Code;
use crate::clinical::device::Announcement;
use crate::clinical::device::Registration;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, Subject, UnitId};
use crate::clinical::patient::Profile;
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::clinical::rules::RuleSet;
use crate::clinical::units::Unit;
use crate::clock::Clock;
use crate::proto::RecordKind;
use crate::storage::codec::{PersonEvent, decode_patient, decode_person};
use crate::storage::{Backend, Opener, SimDisk, SimLoss, Store, StoreOptions, StreamName};
use crate::time::Timestamp;

/// Longer than anything here takes on a machine that is busy; a test that reaches it has failed.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// The rule that readings below 90 % breach, at once.
pub const BREACHED: &str = "spo2_low";
/// Within limits, and below.
pub const FINE: f64 = 97.0;
pub const LOW: f64 = 80.0;

const RULES: &str = r#"
[[rule]]
id = "spo2_low"
version = 1
kind = "physiological"
priority = "high"
text = "SpO2 {value} % < {limit} %"
source = "a test"
[rule.limit]
code = "spo2"
below = 90
"#;

/// One device, one patient, one care team; every id carries the ward's name.
pub struct Ward {
    name: String,
    pub data: SimDisk,
    pub keys: SimDisk,
    pub options: EngineOptions,
    engine: Option<Engine>,
}

impl Ward {
    /// A ward with an engine that runs.
    pub async fn open(name: &str) -> Self {
        Self::open_with(name, |_| {}).await
    }

    pub async fn open_with(name: &str, change: impl FnOnce(&mut EngineOptions)) -> Self {
        let fallback = vec![PersonId::new(&format!("{name}-fallback")).unwrap()];
        let mut options = EngineOptions { shards: 2, fallback, ..EngineOptions::default() };
        change(&mut options);
        let (data, keys) = (SimDisk::new(), SimDisk::new());
        let mut ward = Self { name: name.to_owned(), data, keys, options, engine: None };
        ward.start().await;
        ward
    }

    async fn start(&mut self) {
        let clock = Clock::system();
        let store = self.store(&clock);
        let rules = Arc::new(RuleSet::parse(&[("test.toml".into(), RULES.into())]).unwrap());
        self.engine = Some(Engine::start(store, rules, self.options.clone(), clock).await.unwrap());
    }

    fn store(&self, clock: &Clock) -> Store {
        let backend = Backend::Disks { data: Arc::new(self.data.clone()), keys: Arc::new(self.keys.clone()) };
        let options = StoreOptions { backend, ..StoreOptions::new("simulated") };
        Store::open(options, clock.clone()).unwrap()
    }

    pub fn device(&self) -> DeviceId {
        DeviceId::new(&format!("{}-device", self.name)).unwrap()
    }

    pub fn patient(&self) -> PatientId {
        PatientId::new(&format!("{}-patient", self.name)).unwrap()
    }

    pub fn unit(&self) -> UnitId {
        UnitId::new(&format!("{}-unit", self.name)).unwrap()
    }

    pub fn person(&self) -> PersonId {
        PersonId::new(&format!("{}-person", self.name)).unwrap()
    }

    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    pub fn handle(&self) -> Handle {
        self.engine().handle()
    }

    /// A ladder of one step.
    pub async fn set_care_team(&self, delay_ms: u32) {
        let steps = vec![CareStep { people: vec![self.person()], delay_ms }];
        self.handle().set_care_team(self.unit(), steps).await.unwrap();
    }

    /// Registers, admits and assigns.
    pub async fn enrol(&self) {
        self.admit().await;
        self.assign().await;
    }

    /// Registers and admits.
    pub async fn admit(&self) {
        let handle = self.handle();
        let registration =
            Registration { model: "oximeter".into(), firmware: "1".into(), unit: self.unit(), gateway: None };
        handle.create_unit(self.unit()).await.unwrap();
        handle.register_device(&self.device(), registration).await.unwrap();
        let admission = Admission { unit: self.unit(), bed: "4".into(), profile: Profile::default() };
        handle.admit_patient(&self.person(), self.patient(), admission).await.unwrap();
    }

    /// Assigns the device; returns once the patient knows it.
    pub async fn assign(&self) {
        let handle = self.handle();
        handle.assign_device(self.device(), self.patient(), None, None).await.unwrap();
        let knows =
            async || handle.patients(None, 9, |_| true).await.iter().any(|entry| entry.devices == [self.device()]);
        until("the patient knows its device", knows).await;
    }

    /// The power fails: what was not synced is gone. Then everything starts anew.
    pub async fn lose_power(&mut self) {
        self.be_down_for_ms(0).await;
    }

    /// The power fails, and comes back only after so long.
    pub async fn be_down_for_ms(&mut self, down_ms: i64) {
        let (data, keys) = (self.data.after_stop(SimLoss::All), self.keys.after_stop(SimLoss::All));
        self.engine = None;
        (self.data, self.keys) = (data, keys);
        let clock = Clock::system();
        let back = clock.now().plus_ms(down_ms);
        tokio::time::sleep_until(clock.instant_of(back)).await;
        self.start().await;
    }

    /// Everything that happened to the alert of [`BREACHED`].
    pub async fn facts(&self) -> Vec<AlertEvent> {
        let (alerts, _) = self.handle().alerts(None, Some(&Subject::Patient(self.patient())), true).await;
        let Some(view) = alerts.iter().find(|view| view.alert.condition.key.rule.as_str() == BREACHED) else {
            return Vec::new();
        };
        let facts = self.handle().history(&view.id).await.unwrap_or_default();
        facts.into_iter().map(|(_, event)| event).collect()
    }

    /// Waits until the breach was raised and somebody was paged for it.
    pub async fn until_paged(&self) {
        let people = [self.person(), self.options.fallback[0].clone()];
        let paged = async || {
            for person in &people {
                if !self.handle().inbox(person).await.unwrap_or_default().is_empty() {
                    return true;
                }
            }
            false
        };
        until("somebody is paged", paged).await;
    }

    /// Stops the engine and adds up what the journal holds.
    pub async fn account(mut self) -> Account {
        if let Some(engine) = self.engine.take() {
            engine.stop(Duration::from_secs(20)).await;
        }
        let store = self.store(&Clock::system());
        let (reader, keys) = (store.reader(), store.keys());
        let sums = conserve(&reader, &keys).unwrap();
        let (_, difference) = replay(&reader, &keys, ENGINE_VERSION, &mut |_| {}).unwrap();
        assert_eq!(difference, None, "replay gives something else");
        let open = |name: &StreamName, key| {
            let mut opener = Opener::new(Some(key), name);
            let records = reader.tail(name, 0).unwrap();
            let told = records.iter().filter(|record| record.kind != RecordKind::Windows);
            told.map(|record| opener.open(record).unwrap()).collect::<Vec<_>>()
        };
        let stream = StreamName::patient(&self.patient());
        let records = open(&stream, keys.patient(&self.patient()).unwrap().unwrap());
        let events: Vec<_> = records.iter().flat_map(|plain| decode_patient(plain).unwrap().events).collect();
        let mut pages = 0;
        for person in [self.person(), self.options.fallback[0].clone()] {
            let mut seen = BTreeSet::new();
            for plain in open(&StreamName::person(&person), keys.care()) {
                if let PersonEvent::Paged { alert, round, step, .. } = decode_person(&plain).unwrap().event {
                    assert!(seen.insert((alert, round, step)), "{person} was paged twice for one step");
                    pages += 1;
                }
            }
        }
        Account { device: self.device(), patient: self.patient(), sums, events, pages }
    }
}

/// What the journal holds in the end.
pub struct Account {
    device: DeviceId,
    patient: PatientId,
    pub sums: Conservation,
    pub events: Vec<AlertEvent>,
    /// Distinct pages; a page that stands twice is a failure by itself.
    pub pages: usize,
}

impl Account {
    /// Everything is there once, evaluated once, and the breach was raised once.
    pub fn expect(&self, readings: u64, raised: usize) {
        assert!(self.sums.holds(), "{:?}", self.sums);
        let lane = &self.sums.lanes[&(self.device.to_string(), 1, Lane::Live)];
        assert_eq!((lane.stored, lane.through), (readings, readings));
        let patient = &self.sums.patients[self.patient.as_str()];
        assert_eq!(patient.pending, 0, "{:?}", self.sums);
        let breaches = self.events.iter().filter(
            |event| matches!(event, AlertEvent::Raised { condition, .. } if condition.key.rule.as_str() == BREACHED),
        );
        assert_eq!(breaches.count(), raised);
    }
}

/// Polls until it is so.
pub async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let polled = async {
        while !so().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, polled).await.is_ok(), "it does not come about that {what}");
}

/// A saturation. The device says that it sends once an hour, so that its silence is no matter here.
pub fn spo2(at: Timestamp, lane: Lane, sequence: u64, percent: f64) -> Reading {
    Reading {
        key: ReadingKey { boot: 1, lane, sequence },
        device_time: at,
        sent_at: at,
        observed_until: None,
        period_ms: 3_600_000,
        signal: Validity::Valid,
        observations: smallvec![Observation {
            code: Code::SPO2,
            value: Value::Number(percent),
            unit: Unit::Percent,
            validity: Validity::Valid,
        }],
        payload: None,
        decoder: None,
    }
}

/// A device that sends, keeps what has no receipt, and goes back where it is told to. It never sends again by itself.
pub struct Sender {
    device: DeviceId,
    readings: Vec<Reading>,
    next: usize,
    pub receipted: u64,
    outlet: Arc<Outlet>,
    link: Option<DeviceLink>,
}

impl Sender {
    pub fn new(ward: &Ward, percents: &[f64]) -> Self {
        let at = Clock::system().now();
        let readings = (1..).zip(percents).map(|(sequence, percent)| {
            let after_us = i64::try_from(sequence).unwrap();
            spo2(at.plus_us(after_us), Lane::Live, sequence, *percent)
        });
        let readings = readings.collect();
        Self { device: ward.device(), readings, next: 0, receipted: 0, outlet: Outlet::new(), link: None }
    }

    /// The connection broke; a new one follows.
    pub fn disconnect(&mut self) {
        self.link = None;
        self.outlet = Outlet::new();
    }

    async fn connect(&mut self, handle: &Handle) {
        let key = ReadingKey { boot: 1, lane: Lane::Live, sequence: self.receipted + 1 };
        let hello = DeviceHello {
            device: self.device.clone(),
            boot: 1,
            pending: vec![key],
            last_receipt: None,
            announced: Announcement::default(),
        };
        let Ok(link) = handle.link(&Speaker::Device(self.device.clone()), hello, &self.outlet).await else {
            // Its actor is being started again: a client would be refused with a retry hint.
            sleep(Duration::from_millis(5)).await;
            return;
        };
        let durable = link.durable().iter().find(|key| (key.boot, key.lane) == (1, Lane::Live)).unwrap().sequence;
        assert!(durable >= self.receipted, "a receipt was given for what is lost");
        self.receipted = durable;
        self.next = usize::try_from(durable).unwrap();
        self.link = Some(link);
    }

    /// Says everything that it has not said on this connection.
    pub async fn say(&mut self, handle: &Handle) {
        if self.link.is_none() {
            self.connect(handle).await;
        }
        let Some(link) = self.link.as_mut() else { return };
        while let Some(reading) = self.readings.get(self.next) {
            if link.deliver(reading.clone(), 0, Arc::new(Permit::unbounded())).await.is_err() {
                self.disconnect();
                return;
            }
            self.next += 1;
        }
    }

    /// Takes what comes back meanwhile.
    pub async fn listen(&mut self) {
        let Ok(answers) = timeout(Duration::from_millis(20), self.outlet.take()).await else { return };
        for answer in answers {
            match answer {
                Answer::Receipt { through, .. } => {
                    assert!(through <= self.readings.len() as u64, "a receipt for what was never sent");
                    self.receipted = self.receipted.max(through);
                }
                Answer::ResumeFrom { key, .. } if (key.boot, key.lane) == (1, Lane::Live) => {
                    let from = key.sequence.max(self.receipted + 1);
                    self.next = usize::try_from(from - 1).unwrap();
                }
                Answer::ResumeFrom { .. } => {}
            }
        }
    }

    /// Until everything is receipted.
    pub async fn run(&mut self, handle: &Handle) {
        let started = Instant::now();
        while self.receipted < self.readings.len() as u64 {
            assert!(started.elapsed() < PATIENCE, "no receipt beyond {}", self.receipted);
            self.say(handle).await;
            self.listen().await;
        }
    }
}
