//! A site: PKI, accounts, configuration and data in a temporary folder, and the verbs that work on it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use vigil::api::identity::{Accounts, NewAccount};
use vigil::cli::simulate::Report;
use vigil::clinical::ids::PersonId;
use vigil::clock::Clock;
use vigil::pki::{Authority, write_private};

use super::figures::figures;
use super::process::{PATIENCE, Running, Said, until};

/// A site in a folder of its own.
pub struct Site {
    dir: tempfile::TempDir,
    pub devices_port: u16,
    pub people_port: u16,
    pub web_port: u16,
}

impl Site {
    /// A site with a PKI, and accounts of an administrator and a physician.
    pub fn new() -> Self {
        let [devices_port, people_port, web_port] = [free_port(), free_port(), free_port()];
        let site = Self { dir: tempfile::tempdir().unwrap(), devices_port, people_port, web_port };
        let now = Clock::system().now();
        let authority = Authority::create(&site.path("pki"), "vigil", now).unwrap();
        authority.issue_server(&["127.0.0.1".into()], now).unwrap();
        let mut accounts = Accounts::default();
        for (name, role) in [("ada", "admin"), ("lee", "physician")] {
            let new = NewAccount { name: PersonId::new(name).unwrap(), roles: vec![role.parse().unwrap()] };
            let token = accounts.add(new).unwrap();
            write_private(&site.path(&format!("{name}.token")), token.reveal()).unwrap();
        }
        accounts.save(&site.path("accounts.toml")).unwrap();
        site.configure("vigil.toml", "data", "data-keys", [site.devices_port, site.people_port]);
        site
    }

    /// A file of the site.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The same as text.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a configuration.
    pub fn configure(&self, name: &str, data: &str, keys: &str, ports: [u16; 2]) {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/config/rules/bedside");
        let [devices, people] = ports;
        // Of the other configurations nobody asks the dashboard.
        let web = if name == "vigil.toml" { self.web_port } else { 0 };
        let text = format!(
            "[listen]\ndevices = \"127.0.0.1:{devices}\"\npeople = \"127.0.0.1:{people}\"\nweb = \"127.0.0.1:{web}\"\noperations = \
             \"127.0.0.1:0\"\n[storage]\ndata_dir = \"{data}\"\nkeys_dir = \"{keys}\"\n[rules]\ndirs = [\"{rules}\"]\n"
        );
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs a verb to its end.
    pub async fn run(&self, args: &[&str]) -> Said {
        Running::start(self.dir.path(), args).end().await
    }

    /// Starts the server and waits until it is ready.
    pub async fn serve(&self) -> Running {
        self.serve_within(PATIENCE).await
    }

    /// The same, in a limited time.
    pub async fn serve_within(&self, limit: Duration) -> Running {
        let mut server = Running::start(self.dir.path(), &["serve", "--config", &self.text("vigil.toml")]);
        until("the server's readiness", limit, || {
            if let Some(said) = server.ended() {
                panic!("the server ended: {:?}\n{}", said.code, said.err);
            }
            server.errors().contains("vigil: ready").then_some(())
        })
        .await;
        self.let_physician_see().await;
        server
    }

    /// Puts the physician on the care team of the unit of simulated patients; saying it twice changes nothing.
    async fn let_physician_see(&self) {
        let (server, ca) = (format!("https://127.0.0.1:{}", self.people_port), self.text("pki/ca.pem"));
        let token = self.text("ada.token");
        let reach = ["--server", &server, "--ca", &ca, "--token-file", &token];
        self.run(&[&["access", "assign", "lee", "--unit", "sim"][..], &reach].concat()).await.expect(0);
    }

    /// Starts a server that cannot run, and waits for its end.
    pub async fn serve_in_vain(&self, config: &str) -> Said {
        self.run(&["serve", "--config", &self.text(config)]).await
    }

    /// Starts a simulation that registers whom it plays; its report is `report.json`.
    pub fn simulate(&self, more: &[&str]) -> Running {
        self.simulate_at(self.devices_port, more)
    }

    /// The same, with the devices speaking to another port.
    pub fn simulate_at(&self, port: u16, more: &[&str]) -> Running {
        let (to, admin) = (format!("https://127.0.0.1:{port}"), format!("https://127.0.0.1:{}", self.people_port));
        let (pki, token, report) = (self.text("pki"), self.text("ada.token"), self.text("report.json"));
        let mut args = vec!["simulate", "--to", &to, "--admin", &admin, "--token-file", &token, "--pki", &pki];
        args.extend(["--report", &report, "--settle", "60s"]);
        args.extend(more);
        Running::start(self.dir.path(), &args)
    }

    /// The report of the simulation that has ended.
    pub fn report(&self) -> Report {
        let text = std::fs::read_to_string(self.path("report.json")).expect("a report");
        serde_json::from_str(&text).expect("a report is JSON")
    }

    /// What `check` counts, beside a server that runs or not.
    pub async fn count(&self, what: &str) -> u64 {
        let said = self.run(&["check", "--json", "--data-dir", &self.text("data")]).await.expect(0);
        said.json()[what].as_u64().expect("a count")
    }

    /// Waits until at least so many readings were stored since the server's start.
    pub async fn until_stored(&self, readings: u64) {
        let limit = tokio::time::Instant::now() + PATIENCE;
        while figures(self).await.readings_stored < readings {
            assert!(tokio::time::Instant::now() < limit, "there are no {readings} readings");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until every stored reading is evaluated.
    pub async fn until_evaluated(&self) {
        let limit = tokio::time::Instant::now() + PATIENCE;
        while self.count("pending").await > 0 {
            assert!(tokio::time::Instant::now() < limit, "some readings are never evaluated");
        }
    }

    /// Sums, receipts, decisions, chain and seals must hold. The server has ended.
    pub async fn expect_sound(&self) {
        let (data, report) = (self.text("data"), self.text("report.json"));
        self.run(&["check", "--data-dir", &data, "--receipts", &report]).await.expect(0);
        self.run(&["replay", "verify", "--data-dir", &data]).await.expect(0);
        self.run(&["audit", "verify", "--data-dir", &data]).await.expect(0);
    }
}

/// Drains a server.
pub async fn stop(server: Running) {
    server.signal("TERM");
    server.end().await.expect(0);
}

/// A port outside of the range from which outgoing connections take theirs: it is still free after a restart.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + u16::try_from(std::process::id() % 100).unwrap_or_default() * 100;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl super::browser::Reach for Site {
    fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    fn port(&self) -> u16 {
        self.web_port
    }

    fn ca_pem(&self) -> String {
        std::fs::read_to_string(self.path("pki/ca.pem")).unwrap()
    }
}
