//! `vigil chaos act`: what a scenario does to a scratch site. Each is a process of its own, so that the stock Chaos Toolkit
//! does the same as our runner.

use std::path::Path;
use std::process::Command;

use super::network::{self, Weather, carry_all};
use super::site::Site;
use crate::cli::{Failure, exit};
use crate::clock::Clock;
use crate::pki::{Authority, device_path, serial_of};

/// The server's name among the processes of a site.
pub const SERVER: &str = "server";
const NETWORK: &str = "network";
/// How much a file may still grow on a disk that is about to be full.
const LEFT_BYTES: u64 = 256 << 10;
/// What `ulimit -f` counts in.
const LIMIT_BLOCK_BYTES: u64 = 512;

/// What is done to the site in `VIGIL_CHAOS_SITE`.
#[derive(Debug, clap::Subcommand)]
pub enum Act {
    /// Makes the site where there is none: PKI, accounts, configuration, network, a server. Exits 0 if that is ready.
    Up,
    /// Starts the server and waits until it is ready.
    Start,
    /// Drains the server, or ends a ward in order, and waits for its end.
    Stop {
        /// `server`, or the name of a ward.
        name: String,
    },
    /// A fault: `kill -9`.
    Kill {
        /// `server`, or the name of a ward.
        name: String,
    },
    /// A fault: `kill -9` of a server that has just been started, before it is ready.
    KillInRecovery,
    /// A fault: the process is stopped by SIGSTOP, as by a busy loop or a machine that hangs.
    Freeze {
        /// `server`, or the name of a ward.
        name: String,
    },
    /// It goes on.
    Thaw {
        /// `server`, or the name of a ward.
        name: String,
    },
    /// Starts simulated patients.
    Ward {
        /// What the scenario calls them.
        #[arg(long, default_value = "ward")]
        name: String,
        /// How many.
        #[arg(long, default_value_t = 5)]
        patients: u32,
        /// Vital signs per patient and second.
        #[arg(long, default_value_t = 5)]
        rate: u32,
        /// Nothing happens to them.
        #[arg(long)]
        calm: bool,
    },
    /// A fault, but for `fair`: what the network between devices and platform does from now on.
    Network {
        /// How it is.
        weather: Weather,
    },
    /// A fault: the server runs on a disk with room for a little more, until it gives up.
    FillDisk,
    /// A fault: revokes the certificate of a device that is streaming.
    Revoke,
    /// A fault: the same devices speak a second time, beside the ward that is there.
    Twin {
        /// How many of them.
        #[arg(long, default_value_t = 5)]
        patients: u32,
    },
    /// Waits until so many more readings are stored.
    Stored {
        /// How many more.
        more: u64,
    },
    /// Waits until an alert of a rule stands.
    Raised {
        /// What the rule's name begins with.
        rule: String,
    },
    /// Waits until an alert that nobody answered has gone on to a later step or round.
    Escalated,
    /// The chain against the witness: exit 0 or 1.
    Verify,
    /// Copies the data folder of a server that is stopped.
    KeepImage,
    /// A fault: puts the copied folder back, unannounced.
    PutImageBack,
    /// A backup beside the server.
    Backup,
    /// A fault: the disk is gone.
    LoseDisk,
    /// Restores the backup; two people accept what is lost.
    Restore,
    /// Ends everything at once.
    Down,
    /// The process that is the network.
    #[command(hide = true)]
    Carry,
}

/// Does it.
///
/// # Errors
/// It cannot be done, or what is waited for does not come.
pub async fn act(dir: &Path, seed: u64, act: &Act) -> Result<(), Failure> {
    if matches!(act, Act::Up) && !dir.exists() {
        let site = Site::create(dir)?;
        site.start(NETWORK, &["chaos", "act", "carry"])?;
        return start(&site).await;
    }
    let site = &Site::open(dir)?;
    match act {
        Act::Up => alerts(site).and_then(|said| answered(&said, "the server does not answer")),
        Act::Start => start(site).await,
        Act::Stop { name } => stop(site, name).await,
        Act::Kill { name } => kill(site, name).await,
        Act::KillInRecovery => {
            serve(site)?;
            kill(site, SERVER).await
        }
        Act::Freeze { name } => site.signal(name, "STOP").and_then(|()| site.note_fault(&format!("freeze {name}"))),
        Act::Thaw { name } => site.signal(name, "CONT"),
        Act::Ward { name, patients, rate, calm } => ward(site, name, seed, *patients, *rate, *calm),
        Act::Twin { patients } => {
            ward(site, "twin", seed, *patients, 5, false).and_then(|()| site.note_fault("the same devices twice"))
        }
        Act::Network { weather } => set_weather(site, *weather),
        Act::FillDisk => fill_disk(site).await,
        Act::Revoke => revoke(site),
        Act::Stored { more } => until_stored(site, *more).await,
        Act::Raised { rule } => until_raised(site, rule).await,
        Act::Escalated => until_escalated(site).await,
        Act::Verify => verb(site, &["audit", "verify", "--data-dir", "data", "--witness", "witness.jsonl"]),
        Act::KeepImage => copy(&site.path("data"), &site.path("image")),
        Act::PutImageBack => {
            std::fs::remove_dir_all(site.path("data"))?;
            copy(&site.path("image"), &site.path("data"))?;
            site.note_fault("an old image of the disk")
        }
        Act::Backup => verb(site, &["backup", "--data-dir", "data", "--to", "backup"]),
        Act::LoseDisk => {
            std::fs::remove_dir_all(site.path("data"))?;
            site.note_fault("the disk is gone")
        }
        Act::Restore => {
            let accepted = ["--accept-loss", "--by", "ada", "--by", "lee", "--reason", "a scenario"];
            let args = ["restore", "--from", "backup", "--data-dir", "data", "--witness", "witness.jsonl"];
            verb(site, &[&args[..], &accepted].concat())
        }
        Act::Down => {
            site.kill_all();
            Ok(())
        }
        Act::Carry => carry_all(site).await,
    }
}

fn serve(site: &Site) -> Result<(), Failure> {
    site.start(SERVER, &["serve", "--config", "vigil.toml"])
}

/// Starts the server, waits until it is ready, and lets the physician see the ward.
pub async fn start(site: &Site) -> Result<(), Failure> {
    let before = site.said(SERVER).len();
    serve(site)?;
    let look = || {
        let said = site.said(SERVER);
        if said[before.min(said.len())..].contains("vigil: ready") {
            return Ok(Some(()));
        }
        if site.is_running(SERVER) {
            return Ok(None);
        }
        let last = said.lines().last().unwrap_or_default();
        Err(Failure::new(exit::NO, format_args!("the server has ended: {last}")))
    };
    site.until("the server's readiness", look).await?;
    people(site, "ada", &["access", "assign", "lee", "--unit", "sim"]).and_then(|said| answered(&said, "assign fails"))
}

/// Ends a process in order.
pub async fn stop(site: &Site, name: &str) -> Result<(), Failure> {
    site.signal(name, if name == SERVER { "TERM" } else { "INT" })?;
    site.ended(name).await
}

async fn kill(site: &Site, name: &str) -> Result<(), Failure> {
    site.signal(name, "KILL")?;
    site.note_fault(&format!("kill -9 {name}"))?;
    site.ended(name).await
}

fn ward(site: &Site, name: &str, seed: u64, patients: u32, rate: u32, calm: bool) -> Result<(), Failure> {
    let [_, people, network] = site.ports()?;
    let (to, admin) = (format!("https://127.0.0.1:{network}"), format!("https://127.0.0.1:{people}"));
    let (report, seed) = (format!("{name}.report"), seed.to_string());
    let (patients, rate) = (patients.to_string(), rate.to_string());
    let mut args = vec!["simulate", "--to", &to, "--admin", &admin, "--token-file", "ada.token", "--pki", "pki"];
    args.extend(["--report", &report, "--settle", "20s", "--seed", &seed, "--patients", &patients, "--rate", &rate]);
    if calm {
        args.push("--calm");
    }
    site.start(name, &args)
}

fn set_weather(site: &Site, weather: Weather) -> Result<(), Failure> {
    site.put(network::FILE, &weather.name())?;
    if weather == Weather::Fair { Ok(()) } else { site.note_fault(&format!("the network is {}", weather.name())) }
}

/// A server whose files may grow by a little only, until it has given up. SIGXFSZ is ignored, so that a write fails as on a
/// disk that is full.
async fn fill_disk(site: &Site) -> Result<(), Failure> {
    if site.is_running(SERVER) {
        stop(site, SERVER).await?;
    }
    let mut largest = 0;
    for entry in std::fs::read_dir(site.path("data"))? {
        largest = largest.max(entry?.metadata()?.len());
    }
    let blocks = (largest + LEFT_BYTES) / LIMIT_BLOCK_BYTES;
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" serve --config vigil.toml");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(std::env::current_exe()?);
    site.start_command(SERVER, command)?;
    site.ended(SERVER).await?;
    if site.said(SERVER).contains("nothing that was receipted is lost")
        || site.said(SERVER).contains("refused a commit")
    {
        return site.note_fault("the disk is full");
    }
    Err(Failure::new(exit::NO, "the server ended, but not because its disk was full"))
}

/// The first device by name, so that a seed gives the same one.
fn revoke(site: &Site) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(exit::NO, error);
    let pki = site.path("pki");
    let any = device_path(&pki, "any");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(any.parent().unwrap_or(&pki))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("sim-") && name.strip_suffix(".pem").is_some() {
            found.push(path);
        }
    }
    let first = found.into_iter().min().ok_or_else(|| failed(&"no device has a certificate"))?;
    let serial = serial_of(&first).map_err(|error| failed(&error))?;
    let authority = Authority::open(&pki).map_err(|error| failed(&error))?;
    authority.revoke(&serial, Clock::system().now()).map_err(|error| failed(&error))?;
    site.note_fault("a certificate is revoked")
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Runs a verb; its "no" is ours.
fn verb(site: &Site, args: &[&str]) -> Result<(), Failure> {
    let said = site.run(args)?;
    print!("{}", String::from_utf8_lossy(&said.stdout));
    answered(&said, args[0])
}

fn answered(said: &std::process::Output, what: &str) -> Result<(), Failure> {
    if said.status.success() {
        return Ok(());
    }
    Err(Failure::new(exit::NO, format_args!("{what}: {}", String::from_utf8_lossy(&said.stderr).trim())))
}

fn people(site: &Site, who: &str, args: &[&str]) -> Result<std::process::Output, Failure> {
    let (server, token) = (format!("https://127.0.0.1:{}", site.ports()?[1]), format!("{who}.token"));
    site.run(&[args, &["--server", &server, "--ca", "pki/ca.pem", "--token-file", &token]].concat())
}

/// The alerts that stand, one JSON object per line.
pub fn alerts(site: &Site) -> Result<std::process::Output, Failure> {
    people(site, "lee", &["alerts", "ls", "--json"])
}

/// Everything that happened to an alert, the same way.
pub fn history(site: &Site, alert: &str) -> Result<std::process::Output, Failure> {
    people(site, "lee", &["alerts", "show", alert, "--json"])
}

/// Lines of JSON.
#[must_use]
pub fn lines(said: &std::process::Output) -> Vec<serde_json::Value> {
    String::from_utf8_lossy(&said.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn stored(site: &Site) -> Result<u64, Failure> {
    let said = site.run(&["check", "--json", "--data-dir", "data"])?;
    answered(&said, "check")?;
    Ok(lines(&said).first().and_then(|sums| sums["stored"].as_u64()).unwrap_or_default())
}

async fn until_stored(site: &Site, more: u64) -> Result<(), Failure> {
    let wanted = stored(site)? + more;
    site.until(&format!("{more} more readings"), || Ok((stored(site)? >= wanted).then_some(()))).await
}

async fn until_raised(site: &Site, rule: &str) -> Result<(), Failure> {
    let is_meant = |alert: &serde_json::Value| alert["rule"].as_str().is_some_and(|name| name.starts_with(rule));
    let look = || Ok(lines(&alerts(site)?).iter().any(is_meant).then_some(()));
    site.until(&format!("an alert of {rule}"), look).await
}

async fn until_escalated(site: &Site) -> Result<(), Failure> {
    let went_on = |alert: &serde_json::Value| {
        alert["step"].as_u64().is_some_and(|step| step > 1) || alert["round"].as_u64().is_some_and(|round| round > 1)
    };
    let look = || Ok(lines(&alerts(site)?).iter().any(went_on).then_some(()));
    site.until("an alert that goes on", look).await
}
