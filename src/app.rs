//! The composition root: open the journal, recover, start the tree, serve, drain. [`Vigil`] is the same inside another
//! program.

mod channels;
mod embed;
mod ingest;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use self::embed::{BuildError, Builder, Vigil};
pub use self::ingest::{Ingest, NotJoined, NotTaken};

use crate::actors::{Definitions, Engine, EngineOptions, StartError as EngineError, Witness};
use crate::api::ops::Operations;
use crate::api::server::{Server, StartError as ServerError, admission};
use crate::channels::Channel;
use crate::clinical::ids::PersonId;
use crate::clock::Clock;
use crate::config::{Config, read_rule_files};
use crate::metrics::Metrics;
use crate::storage::{OpenError, Stopped, Store, StoreOptions};
use crate::views::{self, Following};

/// After so many stops of the engine within [`STOPS_WITHIN`] the process gives up.
const STOPS_MAX: usize = 5;
const STOPS_WITHIN: Duration = Duration::from_mins(1);
/// Between a stop of the engine and its next start.
const REOPEN_AFTER: Duration = Duration::from_millis(200);

/// Why the platform does not run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The journal cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The engine did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A service did not start.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A name in the configuration is no identifier.
    #[error("people.fallback: {0}")]
    Fallback(#[from] crate::clinical::ids::IdError),
    /// The care plan cannot be read.
    #[error(transparent)]
    CarePlan(#[from] crate::config::ConfigError),
    /// A channel cannot be made from its settings.
    #[error(transparent)]
    Channels(#[from] channels::ChannelsError),
    /// The port of operations.
    #[error("cannot listen on {address} for operations: {source}")]
    Operations {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The journal refused commits again and again.
    #[error("the journal stopped {STOPS_MAX} times within a minute, the last time because: {last}")]
    GivenUp {
        /// Why it stopped the last time.
        last: Stopped,
    },
    /// A thread of the opening died.
    #[error("open of the journal panicked")]
    Panicked,
}

/// The running platform: engine and services.
pub struct Platform {
    engine: Engine,
    server: Server,
    views: Following,
}

impl Platform {
    /// Opens the journal, brings back what was open, then listens.
    ///
    /// # Errors
    /// [`AppError`]; nothing runs then.
    pub async fn start(config: &Config, definitions: impl Into<Definitions>) -> Result<Self, AppError> {
        Self::start_measured(config, definitions, Metrics::new()).await
    }

    async fn start_measured(
        config: &Config,
        definitions: impl Into<Definitions>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, AppError> {
        let (engine, views) = open_engine(config, definitions, Vec::new(), metrics).await?;
        let admission = admission(&config.limits);
        match Server::start(engine.handle(), views.views().clone(), config, admission).await {
            Ok(server) => Ok(Self { engine, server, views }),
            Err(error) => {
                views.stop().await;
                engine.stop(config.limits.drain).await;
                Err(error.into())
            }
        }
    }

    /// The services.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Drains the services, then stops the engine: what was receipted is evaluated or will be at the next start.
    pub async fn stop(self, within: Duration) {
        self.server.drain(within).await;
        self.views.stop().await;
        self.engine.stop(within).await;
    }
}

/// Opens the journal and brings back what was open. `own` channels are those of a host, beside the configured ones.
async fn open_engine(
    config: &Config,
    definitions: impl Into<Definitions>,
    own: Vec<Arc<dyn Channel>>,
    metrics: Arc<Metrics>,
) -> Result<(Engine, Following), AppError> {
    let clock = Clock::system();
    let mut options = StoreOptions::new(&config.storage.data_dir);
    options.keys_dir.clone_from(&config.storage.keys_dir);
    options.file_bytes_max = config.storage.journal_file_bytes;
    options.metrics = Arc::clone(&metrics);
    let opening = clock.clone();
    // Recovery of a large journal takes seconds, and blocks.
    let data_dir = config.storage.data_dir.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let store = Store::open(options, opening)?;
        let views = views::open(&data_dir, &store.reader(), store.keys());
        Ok::<_, OpenError>((store, views))
    });
    let (store, views) = opened.await.map_err(|_| AppError::Panicked)??;
    let (reader, keys) = (store.reader(), store.keys());
    let options = EngineOptions { metrics, ..engine_options(config, &clock, own)? };
    let engine = Engine::start(store, definitions, options, clock).await?;
    Ok((engine, Following::start(reader, keys, views)))
}

fn engine_options(config: &Config, clock: &Clock, own: Vec<Arc<dyn Channel>>) -> Result<EngineOptions, AppError> {
    let fallback = config.people.fallback.iter().map(|id| PersonId::new(id)).collect::<Result<Vec<_>, _>>()?;
    let idle_after_ms = i64::try_from(config.actors.idle.as_millis()).unwrap_or(i64::MAX);
    let unclaimed_after_ms = i64::try_from(config.actors.unclaimed.as_millis()).unwrap_or(i64::MAX);
    let late_bound_ms = i64::try_from(config.late.as_millis()).unwrap_or(i64::MAX);
    let mut witnesses: Vec<_> = config.audit.witness_file.clone().map(Witness::file).into_iter().collect();
    if config.audit.witness_stdout {
        witnesses.push(Witness::Stdout);
    }
    Ok(EngineOptions {
        idle_after_ms,
        unclaimed_after_ms,
        late_bound_ms,
        fallback,
        care_plan: if config.care_dirs.is_empty() { Vec::new() } else { read_rule_files(&config.care_dirs)? },
        channels: channels::channels(&config.channels, clock, own)?,
        link_base: config.channels.link.clone(),
        witnesses,
        ..EngineOptions::default()
    })
}

/// What a person or the operating system asks of the running platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read certificates, revocation list and accounts again.
    Reload,
    /// Drain and stop.
    Stop,
}

/// Runs the platform until it is asked to stop. A journal that refuses a commit stops the engine; it is opened anew a
/// bounded number of times. `started` is called at each start. The port of operations listens all the while.
///
/// # Errors
/// [`AppError`].
pub async fn run(
    config: &Config,
    definitions: impl Into<Definitions>,
    mut requests: tokio::sync::mpsc::Receiver<Request>,
    mut started: impl FnMut(&Platform, &Operations),
) -> Result<(), AppError> {
    let definitions = definitions.into();
    let (metrics, address) = (Metrics::new(), config.listen.operations);
    let operations = Operations::listen(address, config.storage.data_dir.clone(), Arc::clone(&metrics)).await;
    let operations = operations.map_err(|source| AppError::Operations { address, source })?;
    let mut stops: Vec<Instant> = Vec::new();
    loop {
        let platform = Platform::start_measured(config, definitions.clone(), Arc::clone(&metrics)).await?;
        operations.up(platform.engine.handle(), Arc::clone(platform.server.figures()));
        started(&platform, &operations);
        let Some(stopped) = watch(&platform, &mut requests).await else {
            operations.down("it drains");
            platform.stop(config.limits.drain).await;
            return Ok(());
        };
        // Not through the journal: it is what failed.
        tracing::error!(cause = %stopped, "the engine stops: the journal refused a commit; nothing uncommitted was receipted");
        operations.down("the journal refused a commit: it is opened anew");
        platform.stop(Duration::from_secs(1)).await;
        stops.retain(|stop| stop.elapsed() < STOPS_WITHIN);
        stops.push(Instant::now());
        if stops.len() >= STOPS_MAX {
            return Err(AppError::GivenUp { last: stopped });
        }
        tokio::time::sleep(REOPEN_AFTER).await;
    }
}

/// `None`: asked to stop. Otherwise why the engine failed.
async fn watch(platform: &Platform, requests: &mut tokio::sync::mpsc::Receiver<Request>) -> Option<Stopped> {
    loop {
        tokio::select! {
            stopped = platform.engine.failed() => return Some(stopped),
            request = requests.recv() => match request {
                Some(Request::Reload) => match platform.server.reload() {
                    Ok(()) => tracing::info!("certificates, revocation list and accounts were read again"),
                    Err(error) => tracing::error!(%error, "reload failed: what was in force stays in force"),
                },
                Some(Request::Stop) | None => return None,
            },
        }
    }
}
