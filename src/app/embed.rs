//! The platform inside another program: the same engine, with or without the services.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::ingest::{Ingest, NotJoined};
use super::{AppError, open_engine};
use crate::actors::handle::{DeviceHello, Handle, Speaker};
use crate::actors::outlet::Outlet;
use crate::actors::{Definitions, Engine};
use crate::admission::{Admission, StreamCredit};
use crate::api::server::{Server, admission};
use crate::channels::Channel;
use crate::clinical::decoder::DecoderSet;
use crate::clinical::rules::RuleSet;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::storage::Stopped;
use crate::views::Following;

/// The platform inside another tokio program. Errors are returned; nothing ends the process of the host.
///
/// Dropping it without [`Vigil::stop`] is like a loss of power: nothing receipted is lost, and the next start reads more
/// of the journal.
pub struct Vigil {
    engine: Engine,
    server: Option<Server>,
    views: Following,
    admission: Admission,
    credit: u64,
}

/// What is needed to start a [`Vigil`].
#[derive(Default)]
pub struct Builder {
    config: Config,
    has_data_dir: bool,
    services: bool,
    rules: Option<Arc<RuleSet>>,
    decoders: Arc<DecoderSet>,
    channels: Vec<Arc<dyn Channel>>,
}

/// Why a [`Vigil`] was not started.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nobody said where the data lies.
    #[error("say where the data lies: data_dir(PATH), or config(CONFIG)")]
    NoDataDir,
    /// Nobody would be watched.
    #[error("give at least one rule: rules(SET), for example RuleSet::bedside()")]
    NoRules,
    /// The platform itself.
    #[error(transparent)]
    App(#[from] AppError),
}

impl Builder {
    /// Takes the settings of `vigil serve`: folders, people, limits, addresses.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        (self.config, self.has_data_dir) = (config, true);
        self
    }

    /// Where the journal lies; the keys are then in `DIR-keys`.
    #[must_use]
    pub fn data_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.config.put_data_in(&dir.into());
        self.has_data_dir = true;
        self
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(mut self, rules: impl Into<Arc<RuleSet>>) -> Self {
        self.rules = Some(rules.into());
        self
    }

    /// The decoders of raw payloads.
    #[must_use]
    pub fn decoders(mut self, decoders: impl Into<Arc<DecoderSet>>) -> Self {
        self.decoders = decoders.into();
        self
    }

    /// Who is paged where a care team names nobody.
    #[must_use]
    pub fn fallback(mut self, people: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config.people.fallback = people.into_iter().map(Into::into).collect();
        self
    }

    /// Delivers pages by this channel too, to whom it says to reach ([`Channel::address_of`]) and whose contact in the care
    /// plan names it; everybody's inbox has them in any case. Each channel has a name of its own.
    #[must_use]
    pub fn channel(mut self, channel: impl Channel) -> Self {
        self.channels.push(Arc::new(channel));
        self
    }

    /// Opens the ports of the configuration as well. Without it nothing listens.
    #[must_use]
    pub fn services(mut self) -> Self {
        self.services = true;
        self
    }

    /// Opens the journal, and returns once what was open lives again.
    ///
    /// # Errors
    /// [`BuildError`]; nothing runs then.
    pub async fn start(self) -> Result<Vigil, BuildError> {
        if !self.has_data_dir {
            return Err(BuildError::NoDataDir);
        }
        let rules = self.rules.filter(|rules| !rules.rules().is_empty()).ok_or(BuildError::NoRules)?;
        let config = &self.config;
        let definitions = Definitions { rules, decoders: self.decoders };
        let (engine, views) = open_engine(config, definitions, self.channels, Metrics::new()).await?;
        let admission = admission(&config.limits);
        let mut server = None;
        if self.services {
            match Server::start(engine.handle(), views.views().clone(), config, admission.clone()).await {
                Ok(started) => server = Some(started),
                Err(error) => {
                    views.stop().await;
                    engine.stop(config.limits.drain).await;
                    return Err(AppError::from(error).into());
                }
            }
        }
        let credit = u64::from(config.limits.stream_credit);
        Ok(Vigil { engine, server, views, admission, credit })
    }
}

impl Vigil {
    /// A builder, in which at least the data's place and the rules must be said.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Everything that the services can do, without a network: registering, admitting, alerts and answers.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.engine.handle()
    }

    /// The services, where [`Builder::services`] asked for them.
    #[must_use]
    pub const fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// Joins a device of this process: what it sends takes the same way as over the wire, from admission on.
    ///
    /// # Errors
    /// [`NotJoined`].
    pub async fn join(&self, hello: DeviceHello) -> Result<Ingest, NotJoined> {
        let (device, outlet) = (hello.device.clone(), Outlet::new());
        let link = self.handle().link(&Speaker::Device(device), hello, &outlet).await?;
        Ok(Ingest::new(link, outlet, self.admission.clone(), StreamCredit::new(self.credit)))
    }

    /// Resolves when the journal refused a commit. Nothing is receipted any more: stop, and start anew.
    pub async fn failed(&self) -> Stopped {
        self.engine.failed().await
    }

    /// Drains the services and stops the engine. Pages that channels have not delivered within the time come again, as
    /// repeats, at the next start.
    pub async fn stop(self, within: Duration) {
        if let Some(server) = self.server {
            server.drain(within).await;
        }
        self.views.stop().await;
        self.engine.stop(within).await;
    }
}
