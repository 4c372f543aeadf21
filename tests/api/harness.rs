//! A server with its PKI and accounts in a temporary folder, and clients for it.

use std::sync::Arc;
use std::time::Duration;

use tonic::Status;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use vigil::actors::Definitions;
use vigil::api::identity::{Accounts, NewAccount};
use vigil::api::server::Server;
use vigil::app::Platform;
use vigil::client::channel::{Credentials, connect, endpoint};
use vigil::clinical::decoder::DecoderSet;
use vigil::clinical::ids::PersonId;
use vigil::clinical::rules::RuleSet;
use vigil::clock::Clock;
use vigil::config::{Config, read_decoder_files};
use vigil::pki::{Authority, Issued, Profile, leaf_profile};
use vigil::proto::IngestRequest;
use vigil::proto::ingest_request::Kind;
use vigil::time::Timestamp;

/// Longer than anything here takes; a test that reaches it has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A reading below the limit is an alert at once.
pub const RULES: &str = r#"
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

/// A running server.
pub struct Site {
    pub config: Config,
    pub authority: Authority,
    pub accounts: Accounts,
    pub platform: Platform,
    dir: tempfile::TempDir,
}

pub fn now() -> Timestamp {
    Clock::system().now()
}

/// A site with the default limits.
pub async fn site() -> Site {
    site_with(|_| {}).await
}

/// A site with other settings.
pub async fn site_with(change: impl FnOnce(&mut Config)) -> Site {
    site_with_rules(RULES, change).await
}

/// A site with the decoders that the project ships.
pub async fn site_with_decoders() -> Site {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/devices");
    let decoders = DecoderSet::parse(&read_decoder_files(&[dir]).unwrap()).unwrap();
    site_with_definitions(RULES, decoders, |_| {}).await
}

/// A site with rules of its own.
pub async fn site_with_rules(rules: &str, change: impl FnOnce(&mut Config)) -> Site {
    site_with_definitions(rules, DecoderSet::default(), change).await
}

async fn site_with_definitions(rules: &str, decoders: DecoderSet, change: impl FnOnce(&mut Config)) -> Site {
    let dir = tempfile::tempdir().unwrap();
    let pki = dir.path().join("pki");
    let authority = Authority::create(&pki, "ward", now()).unwrap();
    authority.issue_server(&["localhost".into()], now()).unwrap();
    let accounts = Accounts::default();
    accounts.save(&dir.path().join("accounts.toml")).unwrap();
    let text = "[listen]\ndevices = \"127.0.0.1:0\"\npeople = \"127.0.0.1:0\"\nweb = \"127.0.0.1:0\"\noperations = \"127.0.0.1:0\"\n[pki]\nsite = \"ward\"\n";
    let mut config = Config::parse(&dir.path().join("vigil.toml"), text).unwrap();
    change(&mut config);
    let rules = RuleSet::parse(&[("test.toml".into(), rules.into())]).unwrap();
    let definitions = Definitions { rules: Arc::new(rules), decoders: Arc::new(decoders) };
    let platform = Platform::start(&config, definitions).await.unwrap();
    Site { config, authority, accounts, platform, dir }
}

/// What a platform left.
pub struct Stopped {
    pub config: Config,
    _folder: tempfile::TempDir,
}

impl Stopped {
    /// What a verb says of the data that is left, as JSON.
    pub fn vigil_json(&self, verb: &[&str]) -> serde_json::Value {
        let mut vigil = std::process::Command::new(env!("CARGO_BIN_EXE_vigil"));
        vigil.args(verb).arg("--data-dir").arg(&self.config.storage.data_dir);
        let output = vigil.arg("--keys").arg(&self.config.storage.keys_dir).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "vigil {} says: {said}", verb.join(" "));
        serde_json::from_slice(&output.stdout).expect("the answer is JSON")
    }
}

impl Site {
    /// Drains, does something with the files of the stopped site, and starts again with the default rules.
    pub async fn restarted(self, between: impl FnOnce(&Config)) -> Self {
        let Self { config, authority, accounts, platform, dir } = self;
        platform.stop(PATIENCE).await;
        between(&config);
        let rules = Arc::new(RuleSet::parse(&[("test.toml".into(), RULES.into())]).unwrap());
        let platform = Platform::start(&config, rules).await.unwrap();
        Self { config, authority, accounts, platform, dir }
    }

    /// Drains, and starts again with these rules.
    pub async fn restarted_with_rules(self, rules: &str) -> Self {
        let Self { config, authority, accounts, platform, dir } = self;
        platform.stop(PATIENCE).await;
        let rules = Arc::new(RuleSet::parse(&[("test.toml".into(), rules.into())]).unwrap());
        let platform = Platform::start(&config, rules).await.unwrap();
        Self { config, authority, accounts, platform, dir }
    }

    /// Drains; the files stay until the folder is dropped.
    pub async fn stopped(self) -> tempfile::TempDir {
        self.platform.stop(PATIENCE).await;
        self.dir
    }

    pub fn server(&self) -> &Server {
        self.platform.server()
    }

    /// A certificate with exactly these URIs.
    pub fn certificate(&self, uris: &[&str]) -> Issued {
        let uris = uris.iter().map(ToString::to_string).collect();
        self.authority.issue(&Profile { name: "client".into(), uris, ..leaf_profile(now()) }).unwrap()
    }

    /// The certificate of a device of this site.
    pub fn device(&self, id: &str) -> Issued {
        self.certificate(&[&format!("spiffe://ward/device/{id}")])
    }

    /// The certificate of a gateway of this site.
    pub fn gateway(&self, id: &str) -> Issued {
        self.certificate(&[&format!("spiffe://ward/gateway/{id}")])
    }

    /// Connects to the port of devices.
    pub async fn connect(&self, issued: &Issued) -> Result<Channel, String> {
        let port = self.server().devices_addr().port();
        channel(&format!("https://localhost:{port}"), self.authority.ca_pem(), Some(issued)).await
    }

    /// Connects to the port of people.
    pub async fn people(&self) -> Channel {
        let port = self.server().people_addr().port();
        channel(&format!("https://localhost:{port}"), self.authority.ca_pem(), None).await.unwrap()
    }

    /// Adds an account and puts it in force; returns its token.
    pub fn account(&mut self, name: &str, role: &str) -> String {
        let new = NewAccount { name: PersonId::new(name).unwrap(), roles: vec![role.parse().unwrap()] };
        let token = self.accounts.add(new).unwrap();
        self.put_accounts_in_force();
        token.reveal().to_owned()
    }

    pub fn put_accounts_in_force(&self) {
        self.accounts.save(&self.config.people.accounts).unwrap();
        self.server().reload().unwrap();
    }

    /// Stops the platform in order; then what it leaves must replay to the same, add up, and verify.
    pub async fn stop_and_audit(self) -> Stopped {
        let Self { config, platform, dir: folder, .. } = self;
        platform.stop(PATIENCE).await;
        for verb in [&["replay", "verify"][..], &["check"], &["audit", "verify"]] {
            let mut vigil = std::process::Command::new(env!("CARGO_BIN_EXE_vigil"));
            vigil
                .args(verb)
                .arg("--data-dir")
                .arg(&config.storage.data_dir)
                .arg("--keys")
                .arg(&config.storage.keys_dir);
            let output = vigil.output().expect("the program runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "vigil {} says: {said}", verb.join(" "));
        }
        Stopped { config, _folder: folder }
    }

    /// Asks the health service over the port of devices.
    pub async fn health(&self, issued: &Issued) -> Result<(), String> {
        health(self.connect(issued).await?).await
    }
}

pub async fn channel(url: &str, ca_pem: &str, issued: Option<&Issued>) -> Result<Channel, String> {
    let own = issued
        .map(|issued| Credentials { certificate_pem: issued.certificate_pem.clone(), key_pem: issued.key_pem.clone() });
    let endpoint = endpoint(url, ca_pem, own.as_ref()).map_err(|error| error.to_string())?;
    connect(&endpoint).await.map_err(|error| error.to_string())
}

/// With TLS 1.3 a client learns that its certificate was refused only when it asks for something.
pub async fn health(channel: Channel) -> Result<(), String> {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;
    let request = HealthCheckRequest { service: "vigil.v1.IngestService".into() };
    let asked = tokio::time::timeout(PATIENCE, HealthClient::new(channel).check(request)).await.unwrap();
    asked.map(|_| ()).map_err(|status| status.to_string())
}

/// A request with a token.
pub fn with_token<T>(token: &str, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let header: MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

pub fn asked(kind: Kind) -> IngestRequest {
    IngestRequest { kind: Some(kind), traceparent: String::new() }
}

/// Waits for the end of a stream: `Ok` for a clean end.
pub async fn end_of<T>(stream: &mut tonic::Streaming<T>) -> Result<(), Status> {
    tokio::time::timeout(PATIENCE, async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(status) => return Err(status),
            }
        }
    })
    .await
    .expect("the stream does not end")
}
