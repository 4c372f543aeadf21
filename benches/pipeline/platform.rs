//! The platform as a process of its own, in a fresh folder.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;
use vigil::api::identity::{Accounts, NewAccount, Role};
use vigil::client::channel::{self, Credentials};
use vigil::client::enrol::Registrar;
use vigil::clinical::ids::PersonId;
use vigil::clinical::rules::RuleSet;
use vigil::clock::Clock;
use vigil::pki::{Authority, IssuedFiles};

use crate::bare::Ending;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A site: folder, PKI, accounts, configuration.
pub struct Site {
    dir: PathBuf,
    authority: Authority,
    clock: Clock,
}

/// A running platform.
pub struct Platform {
    process: Ending,
    /// `https://...` for devices.
    pub devices: String,
    /// `https://...` for people.
    pub people: String,
    /// From the start of the process until it said that it is ready.
    pub ready_after: Duration,
}

impl Site {
    /// Makes a site in `dir`.
    pub fn prepare(dir: &Path, clock: &Clock) -> Outcome<Self> {
        fs::create_dir_all(dir)?;
        let now = clock.now();
        let authority = Authority::create(&dir.join("pki"), "bench", now)?;
        authority.issue_server(&["localhost".to_owned(), "127.0.0.1".to_owned()], now)?;
        let mut accounts = Accounts::default();
        for (name, role) in [("admin", Role::Admin), ("nurse", Role::Nurse)] {
            let token = accounts.add(NewAccount { name: PersonId::new(name)?, roles: vec![role] })?;
            let path = dir.join(format!("{name}.token"));
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(token.reveal().as_bytes())?;
        }
        accounts.save(&dir.join("accounts.toml"))?;
        let rules = RuleSet::bedside().map_err(|mistakes| format!("{mistakes:?}"))?;
        for (file, text) in rules.texts() {
            let path = dir.join("rules").join(file);
            fs::create_dir_all(path.parent().unwrap_or(dir))?;
            fs::write(path, text)?;
        }
        // One device may send as fast as it can: what is measured is the platform, not its limiter.
        let config = "[listen]\ndevices = \"127.0.0.1:0\"\npeople = \"127.0.0.1:0\"\nweb = \"127.0.0.1:0\"\noperations = \"127.0.0.1:0\"\n\n[pki]\nsite = \"bench\"\n\n\
                      [rules]\ndirs = [\"rules/bedside\"]\n\n[limits]\ndevice_rate = 1000000\ndevice_burst = 1000000\n";
        fs::write(dir.join("vigil.toml"), config)?;
        Ok(Self { dir: dir.to_owned(), authority, clock: clock.clone() })
    }

    /// Starts the platform and waits until it is ready.
    pub fn start(&self) -> Outcome<Platform> {
        let begun = Instant::now();
        let log = self.dir.join("server.log");
        let mut process = Command::new(env!("CARGO_BIN_EXE_vigil"))
            .args(["serve", "--config"])
            .arg(self.dir.join("vigil.toml"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = process.stderr.take().ok_or("the platform has no standard error")?;
        let process = Ending(process);
        let mut lines = BufReader::new(stderr).lines();
        let mut said = String::new();
        for line in lines.by_ref() {
            let line = line?;
            if let Some((devices, people)) = addresses(&line) {
                let ready_after = begun.elapsed();
                // Whoever writes to a pipe that nobody reads stops some day.
                std::thread::spawn(move || {
                    let mut log = fs::File::create(log).ok();
                    let _ = log.as_mut().map(|log| log.write_all(said.as_bytes()));
                    for line in lines.map_while(Result::ok) {
                        let _ = log.as_mut().map(|log| writeln!(log, "{line}"));
                    }
                });
                return Ok(Platform { process, devices, people, ready_after });
            }
            said = said + &line + "\n";
        }
        Err(format!("the platform did not start: {said}").into())
    }

    /// The authority's certificate.
    pub fn ca_pem(&self) -> &str {
        self.authority.ca_pem()
    }

    /// A device's certificate.
    pub fn device(&self, id: &str) -> Outcome<Credentials> {
        read(&self.authority.issue_device(id, self.clock.now())?)
    }

    /// A gateway's certificate.
    pub fn gateway(&self, id: &str) -> Outcome<Credentials> {
        read(&self.authority.issue_gateway(id, self.clock.now())?)
    }

    /// The file with a person's token.
    pub fn token_file(&self, person: &str) -> PathBuf {
        self.dir.join(format!("{person}.token"))
    }

    /// Who registers at `platform`.
    pub fn registrar(&self, platform: &Platform) -> Registrar {
        Registrar { url: platform.people.clone(), token_file: self.token_file("admin"), unit: "bench".to_owned() }
    }
}

impl Platform {
    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1_024)
    }

    /// Ends it without a word, as `kill -9` does.
    pub fn kill(mut self) -> Outcome<()> {
        self.process.0.kill()?;
        self.process.0.wait()?;
        Ok(())
    }
}

/// `vigil: ready; devices at 127.0.0.1:7443, people at 127.0.0.1:7444`
fn addresses(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.split_once("ready; devices at ")?;
    let (devices, rest) = rest.split_once(", people at ")?;
    let people = rest.split([',', ' ']).next()?;
    Some((format!("https://{devices}"), format!("https://{people}")))
}

fn read(files: &IssuedFiles) -> Outcome<Credentials> {
    Ok(Credentials { certificate_pem: channel::read_pem(&files.certificate)?, key_pem: channel::read_pem(&files.key)? })
}
