//! What every actor shares.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;

use super::alert_feed::AlertFeed;
use super::audit_trail::AuditTrail;
use super::care_register::CareRegister;
use super::counters::Counters;
use super::definitions::Definitions;
use super::directory::Directory;
use super::downtime::Downtime;
use super::effects::EffectJob;
use super::grant_desk::GrantDesk;
use super::link::Links;
use super::notifier::Channels;
use super::roster_book::RosterBook;
use super::router::Router;
use super::rule_book::RuleBook;
use super::timers::Timers;
use super::unwatched::Unwatched;
use super::witness::Witness;
use crate::clinical::decoder::DecoderSet;
use crate::clinical::device::UNCLAIMED_MS;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, Subject};
use crate::clinical::patient::LATE_BOUND_MS;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::storage::{Incarnation, Keys, Reader, Snapshots, Streams, Writer};
use crate::time::Timestamp;

/// What can be set about the actors.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// How many supervisors share the actors of one kind.
    pub shards: usize,
    /// An actor that heard nothing for so long is passivated.
    pub idle_after_ms: i64,
    /// How often snapshots are taken of what changed, and idle actors are passivated.
    pub sweep_every_ms: u64,
    /// How long a device may send readings that belong to nobody before its unit is told.
    pub unclaimed_after_ms: i64,
    /// Readings older than this against a patient's newest are kept, and not judged.
    pub late_bound_ms: i64,
    /// Whom to page where a care team names nobody. Never empty.
    pub fallback: Vec<PersonId>,
    /// The care plan, as (file name, text); empty: the plan that was adopted last stays in force.
    pub care_plan: Vec<(String, String)>,
    /// How people are reached, besides the inbox.
    pub channels: Channels,
    /// Where people answer, for links in pages: `https://HOST`; empty: pages have no link.
    pub link_base: String,
    /// Who keeps checkpoints of the chain outside of the journal.
    pub witnesses: Vec<Witness>,
    /// Where hops are measured.
    pub metrics: Arc<Metrics>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            shards: 16,
            idle_after_ms: 600_000,
            unclaimed_after_ms: UNCLAIMED_MS,
            late_bound_ms: LATE_BOUND_MS,
            sweep_every_ms: 30_000,
            fallback: Vec::new(),
            care_plan: Vec::new(),
            channels: Channels::default(),
            link_base: String::new(),
            witnesses: Vec::new(),
            metrics: Metrics::new(),
        }
    }
}

/// Shared by reference; holds no state of any one device or patient. Supervisors and wheels refer to it weakly: it holds
/// them, and the journal must close when the last actor and the last handle are gone.
pub(super) struct Context {
    pub options: EngineOptions,
    pub clock: Clock,
    /// When this opening of the engine began to recover.
    pub started_at: Timestamp,
    /// When it could first hear a device.
    listening_since: OnceLock<Timestamp>,
    pub writer: Writer,
    pub reader: Reader,
    pub streams: Arc<Streams>,
    pub keys: Keys,
    pub snapshots: Snapshots,
    pub incarnation: Incarnation,
    pub rules: RuleBook,
    pub decoders: Arc<DecoderSet>,
    pub roster: RosterBook,
    pub feed: AlertFeed,
    pub directory: Directory,
    pub care: CareRegister,
    pub counters: Counters,
    pub links: Links,
    pub unwatched: Unwatched,
    pub downtime: Downtime,
    pub effects: mpsc::UnboundedSender<EffectJob>,
    /// Whether every open alert is in the feed again: until then nobody can say that one is open no more.
    pub recovered: AtomicBool,
    router: OnceLock<Router>,
    timers: OnceLock<Wheels>,
    desks: OnceLock<Desks>,
}

/// Who writes the streams of which there is one, apart from any actor.
pub(super) struct Desks {
    pub trail: AuditTrail,
    pub grants: GrantDesk,
}

impl Desks {
    /// Opens them: grants count from here on.
    pub async fn open(context: &Context) -> Result<Self, super::stream::RecoverError> {
        Ok(Self { trail: AuditTrail::open(context).await?, grants: GrantDesk::open(context).await? })
    }
}

/// The engine has stopped: the context is gone, and no actor starts any more.
pub(super) fn gone() -> ractor::SpawnErr {
    ractor::SpawnErr::StartupFailed("the engine has stopped".into())
}

/// The wheels of deadlines, one entry per actor.
pub(super) struct Wheels {
    pub devices: Timers<DeviceId>,
    pub patients: Timers<PatientId>,
    pub keepers: Timers<Subject>,
}

/// What a context is made of, but for what needs the context itself.
pub(super) struct ContextParts {
    pub options: EngineOptions,
    pub clock: Clock,
    pub store: crate::storage::Store,
    pub definitions: Definitions,
    pub effects: mpsc::UnboundedSender<EffectJob>,
}

impl Context {
    /// A context without router and timers: `tree` adds them, since both need it.
    pub fn new(parts: &ContextParts) -> Arc<Self> {
        let store = &parts.store;
        Arc::new(Self {
            options: parts.options.clone(),
            clock: parts.clock.clone(),
            started_at: parts.clock.now(),
            listening_since: OnceLock::new(),
            writer: store.writer(),
            reader: store.reader(),
            streams: store.streams(),
            keys: store.keys(),
            snapshots: store.snapshots(),
            incarnation: store.incarnation(),
            rules: RuleBook::new(Arc::clone(&parts.definitions.rules)),
            decoders: Arc::clone(&parts.definitions.decoders),
            roster: RosterBook::default(),
            feed: AlertFeed::default(),
            directory: Directory::default(),
            care: CareRegister::default(),
            counters: Counters::default(),
            links: Links::default(),
            unwatched: Unwatched::default(),
            downtime: Downtime::default(),
            effects: parts.effects.clone(),
            recovered: AtomicBool::new(false),
            router: OnceLock::new(),
            timers: OnceLock::new(),
            desks: OnceLock::new(),
        })
    }

    /// Completes the context. Called once, by `tree`, before any actor runs.
    pub fn complete(&self, router: Router, wheels: Wheels, desks: Desks) {
        let _first = self.router.set(router);
        let _first = self.timers.set(wheels);
        let _first = self.desks.set(desks);
    }

    /// From now on devices can be heard. Returns when that was.
    pub fn listen(&self) -> Timestamp {
        *self.listening_since.get_or_init(|| self.clock.now())
    }

    /// Since when devices can be heard; now, while they still cannot.
    pub fn listening_since(&self) -> Timestamp {
        self.listening_since.get().copied().unwrap_or_else(|| self.clock.now())
    }

    /// The writers of the audit trail and of grants.
    pub fn desks(&self) -> &Desks {
        // `tree` completes the context before anybody has a handle.
        self.desks.get().expect("the context is complete before there is a handle")
    }

    /// The way to every actor.
    pub fn router(&self) -> &Router {
        // `tree` completes the context before it starts the first actor.
        self.router.get().expect("the context is complete before any actor runs")
    }

    /// The wheels of deadlines.
    pub fn wheels(&self) -> &Wheels {
        // As above.
        self.timers.get().expect("the context is complete before any actor runs")
    }
}
