//! The settings of `vigil serve`: `config/vigil.toml` lists all of them with their defaults.

mod definition_files;
mod print;
mod section;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use definition_files::{read_decoder_files, read_rule_files};
use section::{Section, Source};

/// A mistake in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, and what is allowed.
    pub what: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// All mistakes, in the order of lines.
    #[error("{}", .0.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<Mistake>),
}

/// Where the platform listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Devices and gateways: gRPC over mutual TLS.
    pub devices: SocketAddr,
    /// People and programs: gRPC over TLS with a bearer token.
    pub people: SocketAddr,
    /// Browsers and programs: HTTPS.
    pub web: SocketAddr,
    /// Operations: plain HTTP, and therefore on this machine alone.
    pub operations: SocketAddr,
}

/// Where the platform keeps what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Journal and snapshots.
    pub data_dir: PathBuf,
    /// The key store.
    pub keys_dir: PathBuf,
    /// Size at which a journal file is sealed and the next one begun.
    pub journal_file_bytes: u64,
}

/// Certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pki {
    /// The trust domain of device identities.
    pub site: String,
    /// Certificate of the authority that signs devices and gateways, PEM.
    pub ca: PathBuf,
    /// Its revocation list, PEM.
    pub crl: PathBuf,
    /// The server's certificate chain, PEM.
    pub certificate: PathBuf,
    /// The server's private key, PEM.
    pub key: PathBuf,
}

/// Who may do what, and who is asked when nobody else is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// The file of local accounts.
    pub accounts: PathBuf,
    /// Who is paged where a care team names nobody. Not empty; each a valid person id.
    pub fallback: Vec<String>,
}

/// Where checkpoints of the chain go, beside the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// A file, on another volume.
    pub witness_file: Option<PathBuf>,
    /// Standard output, for a collector.
    pub witness_stdout: bool,
}

/// Limits on everything that comes from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections, on each port.
    pub connections: usize,
    /// For the TLS handshake, and again for the HTTP/2 preface.
    pub handshake_timeout: Duration,
    /// The largest message.
    pub message_bytes: usize,
    /// Streams of one connection.
    pub streams_per_connection: u32,
    /// Readings of one stream in flight.
    pub stream_credit: u32,
    /// Readings in flight.
    pub readings_in_flight: u64,
    /// Bytes in flight.
    pub bytes_in_flight: u64,
    /// How long a stream waits for room before its message is refused.
    pub admission_wait: Duration,
    /// Readings per second of one device.
    pub device_rate: u32,
    /// Readings that one device may send at once after a pause.
    pub device_burst: u32,
    /// Between two pings on an idle connection, and until an unanswered one ends it.
    pub keepalive: Duration,
    /// After so long without taking anything a client is dropped.
    pub stalled_client: Duration,
    /// How long a drain waits for what is in flight.
    pub drain: Duration,
}

/// How people are reached, besides the inbox. A channel without its file is not there. Files hold secrets: mode 0600.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelSettings {
    /// Where people answer, for links in pages.
    pub link: String,
    /// Additional authorities that sign servers of webhooks and of push services, PEM.
    pub authorities: Option<PathBuf>,
    /// The secret that signs webhooks, `whsec_BASE64`.
    pub webhook_secret_file: Option<PathBuf>,
    /// URL of the SMTP server, with its password.
    pub smtp_url_file: Option<PathBuf>,
    /// From which address e-mail is sent.
    pub smtp_from: String,
    /// The VAPID key, PKCS #8 DER.
    pub vapid_key_file: Option<PathBuf>,
    /// How a push service reaches us.
    pub vapid_subject: String,
}

/// Actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actors {
    /// An actor that has had nothing to do for so long is passivated.
    pub idle: Duration,
    /// How long a device may send readings that belong to nobody before its unit is told.
    pub unclaimed: Duration,
}

/// All settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `[listen]`
    pub listen: Listen,
    /// `[storage]`
    pub storage: Storage,
    /// `[pki]`
    pub pki: Pki,
    /// `[people]`
    pub people: People,
    /// `[rules] dirs`
    pub rules_dirs: Vec<PathBuf>,
    /// `[rules] late_hours`: readings older than this against a patient's newest are kept, and not judged.
    pub late: Duration,
    /// `[decoders] dirs`; empty: raw payloads are kept, and none is decoded.
    pub decoder_dirs: Vec<PathBuf>,
    /// `[care] dirs`
    pub care_dirs: Vec<PathBuf>,
    /// `[channels]`
    pub channels: ChannelSettings,
    /// `[audit]`
    pub audit: Audit,
    /// `[limits]`
    pub limits: Limits,
    /// `[actors]`
    pub actors: Actors,
}

impl Default for Config {
    /// The embedded defaults; paths start at the working directory.
    fn default() -> Self {
        let (config, _) = Self::read(&Source::empty());
        config
    }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError::Mistakes`] with every mistake at once.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { file: file.to_owned(), source };
        Self::parse(file, &std::fs::read_to_string(file).map_err(unreadable)?)
    }

    /// Reads the text of a configuration file; `file` gives the name for mistakes and the start of relative paths.
    ///
    /// # Errors
    /// [`ConfigError::Mistakes`] with every mistake at once.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let source = Source::parse(file, text).map_err(|mistake| ConfigError::Mistakes(vec![mistake]))?;
        match Self::read(&source) {
            (config, mistakes) if mistakes.is_empty() => Ok(config),
            (_, mut mistakes) => {
                mistakes.sort_by_key(|mistake| mistake.line);
                Err(ConfigError::Mistakes(mistakes))
            }
        }
    }

    /// Puts the data into `dir`, and the keys into `DIR-keys`.
    pub fn put_data_in(&mut self, dir: &Path) {
        let mut keys = dir.to_owned().into_os_string();
        keys.push("-keys");
        self.storage.keys_dir = keys.into();
        dir.clone_into(&mut self.storage.data_dir);
    }

    fn read(source: &Source) -> (Self, Vec<Mistake>) {
        let mut root = source.root();
        let listen = root.table("listen", read_listen);
        let storage = root.table("storage", read_storage);
        let pki = root.table("pki", read_pki);
        let people = root.table("people", read_people);
        let (rules_dirs, late) = root.table("rules", |rules| {
            let dirs = rules.paths("dirs", &["rules/bedside", "rules/ward", "rules/cied", "rules/oxygen"]);
            (dirs, Duration::from_hours(rules.integer("late_hours", 72, 1, 336)))
        });
        let config = Self {
            listen,
            storage,
            pki,
            people,
            rules_dirs,
            late,
            decoder_dirs: root.table("decoders", read_decoders),
            care_dirs: root.table("care", read_care),
            channels: root.table("channels", read_channels),
            audit: root.table("audit", read_audit),
            limits: root.table("limits", read_limits),
            actors: root.table("actors", |actors| Actors {
                idle: Duration::from_secs(actors.integer("idle_s", 300, 1, 604_800)),
                unclaimed: Duration::from_secs(actors.integer("unclaimed_s", 20, 1, 25)),
            }),
        };
        (config, root.finish())
    }
}

fn read_listen(listen: &mut Section) -> Listen {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let read = Listen {
        devices: listen.address("devices", local(7443)),
        people: listen.address("people", local(7444)),
        web: listen.address("web", local(7445)),
        operations: listen.address("operations", local(7446)),
    };
    if !read.operations.ip().is_loopback() {
        listen.mistake(
            "operations",
            "must be an address of this machine alone, such as 127.0.0.1:7446: it is plain HTTP",
        );
    }
    read
}

fn read_storage(storage: &mut Section) -> Storage {
    Storage {
        data_dir: storage.path("data_dir", "data"),
        keys_dir: storage.path("keys_dir", "keys"),
        journal_file_bytes: storage.integer::<u64>("journal_file_mb", 256, 1, 65_536) << 20,
    }
}

fn read_pki(pki: &mut Section) -> Pki {
    Pki {
        site: pki.id("site", "vigil"),
        ca: pki.path("ca", "pki/ca.pem"),
        crl: pki.path("crl", "pki/crl.pem"),
        certificate: pki.path("certificate", "pki/server.pem"),
        key: pki.path("key", "pki/server.key"),
    }
}

fn read_people(people: &mut Section) -> People {
    People { accounts: people.path("accounts", "accounts.toml"), fallback: people.ids("fallback", &["charge-nurse"]) }
}

fn read_decoders(decoders: &mut Section) -> Vec<PathBuf> {
    let is_named = decoders.has("dirs");
    let mut dirs = decoders.paths("dirs", &["devices"]);
    // A site that says nothing of decoders, and has no such folder, has none.
    dirs.retain(|dir| is_named || dir.is_dir());
    dirs
}

/// A site that says nothing of a care plan, and has no such folder, has none: units have ladders of their own.
fn read_care(care: &mut Section) -> Vec<PathBuf> {
    let is_named = care.has("dirs");
    let mut dirs = care.paths("dirs", &["care"]);
    dirs.retain(|dir| is_named || dir.is_dir());
    dirs
}

fn read_channels(channels: &mut Section) -> ChannelSettings {
    let read = ChannelSettings {
        link: channels.optional_text("link"),
        authorities: channels.optional_path("authorities"),
        webhook_secret_file: channels.optional_path("webhook_secret_file"),
        smtp_url_file: channels.optional_path("smtp_url_file"),
        smtp_from: channels.optional_text("smtp_from"),
        vapid_key_file: channels.optional_path("vapid_key_file"),
        vapid_subject: channels.optional_text("vapid_subject"),
    };
    if read.smtp_url_file.is_some() && read.smtp_from.is_empty() {
        channels.mistake("smtp_from", "must say from which address e-mail is sent");
    }
    if read.vapid_key_file.is_some() && read.vapid_subject.is_empty() {
        channels
            .mistake("vapid_subject", "must say how a push service reaches you: mailto:ADDRESS or an https:// address");
    }
    read
}

fn read_audit(audit: &mut Section) -> Audit {
    Audit { witness_file: audit.optional_path("witness_file"), witness_stdout: audit.boolean("witness_stdout", false) }
}

fn read_limits(limits: &mut Section) -> Limits {
    let hour_ms = 3_600_000;
    let read = Limits {
        connections: limits.integer("connections", 20_000, 1, 1_000_000),
        handshake_timeout: limits.millis("handshake_timeout_ms", 5_000, 100, hour_ms),
        message_bytes: limits.integer("message_bytes", 262_144, 1_024, 16_777_216),
        streams_per_connection: limits.integer("streams_per_connection", 16, 1, 10_000),
        stream_credit: limits.integer("stream_credit", 4_096, 1, 1_000_000),
        readings_in_flight: limits.integer("readings_in_flight", 65_536, 1, 100_000_000),
        bytes_in_flight: limits.integer("bytes_in_flight", 268_435_456, 1_024, 1 << 40),
        admission_wait: limits.millis("admission_wait_ms", 5_000, 0, hour_ms),
        device_rate: limits.integer("device_rate", 1_000, 1, 1_000_000),
        device_burst: limits.integer("device_burst", 10_000, 1, 10_000_000),
        keepalive: limits.millis("keepalive_ms", 20_000, 1_000, hour_ms),
        stalled_client: limits.millis("stalled_client_ms", 20_000, 1_000, hour_ms),
        drain: limits.millis("drain_ms", 10_000, 100, hour_ms),
    };
    if read.readings_in_flight < u64::from(read.stream_credit) {
        limits.mistake("readings_in_flight", "must be at least `stream_credit`, or no stream could use its credit");
    }
    read
}

#[cfg(test)]
mod tests;
