//! A scratch site: folder, PKI, accounts, configuration; and the processes that run in it, by name.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use crate::api::identity::{Accounts, NewAccount};
use crate::cli::{Failure, exit};
use crate::clinical::ids::PersonId;
use crate::clinical::rules::RuleSet;
use crate::clock::Clock;
use crate::pki::{Authority, write_private};

/// Names the folder of the site to whatever acts on it.
pub const FOLDER: &str = "VIGIL_CHAOS_SITE";
/// Between two looks at something that is awaited.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Longer than anything here takes, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);
/// Below the range from which outgoing connections take their ports: they are still free after a restart.
const PORTS: std::ops::Range<u16> = 18_000..30_000;

/// A scratch site in its folder.
#[derive(Clone, Debug)]
pub struct Site {
    dir: PathBuf,
}

impl Site {
    /// Makes a site. Nobody can be in it but whom a simulation makes up.
    ///
    /// # Errors
    /// The folder is there already, or cannot be written.
    pub fn create(dir: &Path) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(exit::STORAGE, error);
        if dir.exists() {
            return Err(failed(&format_args!("{} is there already: a scenario makes its own folder", dir.display())));
        }
        fs::create_dir_all(dir)?;
        let site = Self { dir: dir.canonicalize()? };
        let now = Clock::system().now();
        let authority = Authority::create(&site.path("pki"), "chaos", now).map_err(|error| failed(&error))?;
        authority.issue_server(&["127.0.0.1".to_owned()], now).map_err(|error| failed(&error))?;
        site.make_accounts().map_err(|error| failed(&error))?;
        let rules = RuleSet::for_care().map_err(|mistakes| failed(&format_args!("{mistakes:?}")))?;
        for (file, text) in rules.texts() {
            let path = site.path("rules").join(file);
            fs::create_dir_all(path.parent().unwrap_or(dir))?;
            fs::write(path, text)?;
        }
        let [devices, people, network, web, operations] = free_ports()?;
        fs::write(site.path("ports"), format!("{devices} {people} {network}"))?;
        let text = format!(
            "[listen]\ndevices = \"127.0.0.1:{devices}\"\npeople = \"127.0.0.1:{people}\"\nweb = \
             \"127.0.0.1:{web}\"\noperations = \"127.0.0.1:{operations}\"\n\n[pki]\nsite = \"chaos\"\n\n\
             [people]\nfallback = [\"lee\"]\n\n[storage]\ndata_dir = \"data\"\nkeys_dir = \"data-keys\"\n\n\
             [audit]\nwitness_file = \"witness.jsonl\"\n\n[rules]\ndirs = \
             [\"rules/bedside\", \"rules/ward\", \"rules/cied\", \"rules/oxygen\"]\n",
        );
        fs::write(site.path("vigil.toml"), text)?;
        Ok(site)
    }

    /// The site that was made in a folder.
    ///
    /// # Errors
    /// There is none.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        let site = Self { dir: dir.to_owned() };
        if site.path("ports").exists() {
            return Ok(site);
        }
        Err(Failure::new(exit::BAD_DATA, format_args!("{} is no scratch site: run `act up` first", dir.display())))
    }

    fn make_accounts(&self) -> Result<(), Box<dyn std::error::Error>> {
        let mut accounts = Accounts::default();
        for (name, role) in [("ada", "admin"), ("lee", "physician")] {
            let token = accounts.add(NewAccount { name: PersonId::new(name)?, roles: vec![role.parse()?] })?;
            write_private(&self.path(&format!("{name}.token")), token.reveal())?;
        }
        Ok(accounts.save(&self.path("accounts.toml"))?)
    }

    /// A file of the site.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Where devices are served, people are served, and the network between devices and platform begins.
    ///
    /// # Errors
    /// The site is not whole.
    pub fn ports(&self) -> Result<[u16; 3], Failure> {
        let text = fs::read_to_string(self.path("ports"))?;
        let ports: Vec<u16> = text.split(' ').filter_map(|port| port.trim().parse().ok()).collect();
        ports.try_into().map_err(|_| Failure::new(exit::BAD_DATA, "the site's file of ports is damaged"))
    }

    /// Starts this program with `args` under a name; it outlives whoever starts it. What it says is in `NAME.log`.
    ///
    /// # Errors
    /// It runs already, or cannot be started.
    pub fn start(&self, name: &str, args: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(args);
        self.start_command(name, command)
    }

    /// The same with any program.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_command(&self, name: &str, mut command: Command) -> Result<(), Failure> {
        if self.is_running(name) {
            return Err(Failure::new(exit::BAD_DATA, format_args!("{name} runs already")));
        }
        let log = OpenOptions::new().create(true).append(true).open(self.path(&format!("{name}.log")))?;
        let child = command
            .current_dir(&self.dir)
            .env(FOLDER, &self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C at a terminal is for the runner alone: it ends the others in order.
            .process_group(0)
            .spawn()?;
        Ok(fs::write(self.path(&format!("{name}.pid")), child.id().to_string())?)
    }

    /// Runs this program in the site to its end.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, args: &[&str]) -> Result<std::process::Output, Failure> {
        Ok(Command::new(std::env::current_exe()?).current_dir(&self.dir).args(args).stdin(Stdio::null()).output()?)
    }

    fn pid(&self, name: &str) -> Option<u32> {
        fs::read_to_string(self.path(&format!("{name}.pid"))).ok()?.trim().parse().ok()
    }

    /// Whether a process of the site lives.
    #[must_use]
    pub fn is_running(&self, name: &str) -> bool {
        let stat = self.pid(name).and_then(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok());
        // One that has ended and that nobody has waited for is a Z.
        stat.is_some_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
    }

    /// The names of all processes that were started.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            names.extend(name.to_str().and_then(|name| name.strip_suffix(".pid")).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// Sends a signal by name.
    ///
    /// # Errors
    /// There is no such process.
    pub fn signal(&self, name: &str, signal: &str) -> Result<(), Failure> {
        let pid = self.pid(name).filter(|_| self.is_running(name));
        let pid = pid.ok_or_else(|| Failure::new(exit::NO, format_args!("{name} does not run")))?;
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status()?;
        if sent.success() { Ok(()) } else { Err(Failure::new(exit::NO, format_args!("{name} takes no {signal}"))) }
    }

    /// Waits until a process has ended.
    ///
    /// # Errors
    /// It does not.
    pub async fn ended(&self, name: &str) -> Result<(), Failure> {
        self.until(&format!("the end of {name}"), || Ok((!self.is_running(name)).then_some(()))).await
    }

    /// How much a process has said, to know later what is new.
    #[must_use]
    pub fn said(&self, name: &str) -> String {
        let log = fs::read(self.path(&format!("{name}.log"))).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Looks until there is something.
    ///
    /// # Errors
    /// It does not come, or looking fails.
    pub async fn until<T>(
        &self,
        what: &str,
        mut look: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let limit = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            if Instant::now() >= limit {
                return Err(Failure::new(exit::NO, format_args!("{what} does not come within {PATIENCE:?}")));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Notes that a fault took place.
    ///
    /// # Errors
    /// The site cannot be written.
    pub fn note_fault(&self, fault: &str) -> Result<(), Failure> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path("faults"))?;
        Ok(writeln!(file, "{} {fault}", Clock::system().now())?)
    }

    /// The faults that took place, in order.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        fs::read_to_string(self.path("faults")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Ends whatever still runs, at once.
    pub fn kill_all(&self) {
        for name in self.names().unwrap_or_default().iter().filter(|name| self.is_running(name)) {
            // It may end by itself in between.
            let _ = self.signal(name, "KILL");
        }
    }

    /// Replaces a small file that another process of the site reads.
    ///
    /// # Errors
    /// The site cannot be written.
    pub fn put(&self, name: &str, text: &str) -> Result<(), Failure> {
        let new = self.path(&format!("{name}.new"));
        File::create(&new)?.write_all(text.as_bytes())?;
        Ok(fs::rename(new, self.path(name))?)
    }
}

fn free_ports() -> Result<[u16; 5], Failure> {
    let first = PORTS.start + u16::try_from(std::process::id() % 2_000).unwrap_or_default() * 5;
    let candidates = (first..PORTS.end).chain(PORTS.start..first);
    // Held until all are found, so that they differ.
    let held: Vec<_> = candidates.filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).take(5).collect();
    let ports: Vec<u16> = held.iter().filter_map(|held| held.local_addr().ok()).map(|at| at.port()).collect();
    ports.try_into().map_err(|_| Failure::new(exit::UNAVAILABLE, "no five ports are free"))
}
