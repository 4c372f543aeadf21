//! Everything a demo needs, made on the spot: folder, PKI, accounts with their tokens, rules, configuration.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::identity::{Accounts, NewAccount, Role, SecretHash};
use crate::cli::{Failure, exit};
use crate::clinical::ids::PersonId;
use crate::clinical::rules::RuleSet;
use crate::config::Config;
use crate::pki::Authority;
use crate::proto;
use crate::time::Timestamp;

/// The unit of the simulated ward.
pub const UNIT: &str = "demo-ward";
/// Who sees and answers everything.
pub const PHYSICIAN: &str = "dr-demo";
/// Who registers, admits and assigns.
pub const ADMIN: &str = "admin-demo";
/// Of every demo account: nothing here is a secret.
const PASSWORD: &str = "simulated ward";
const PIN: &str = "271828";
/// Name, role and what the person does.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("nurse-demo", "nurse", "paged first"),
    (PHYSICIAN, "physician", "paged after 60 s"),
    ("charge-demo", "nurse", "paged after 2 min, and where nobody else is named"),
    (ADMIN, "admin", "registers, admits, assigns"),
];

/// A prepared demo.
pub struct Site {
    /// Where everything lies.
    pub dir: PathBuf,
    /// The PKI folder.
    pub pki: PathBuf,
    /// The configuration, also written to `vigil.toml`.
    pub config: Config,
    /// The bedside rules, also written to `rules/`.
    pub rules: Arc<RuleSet>,
}

impl Site {
    /// Makes the folder and everything in it. Ports are 7443 to 7445, or free ones where those are taken.
    ///
    /// # Errors
    /// The folder exists already or cannot be written.
    pub fn prepare(dir: &Path, now: Timestamp) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(exit::STORAGE, error);
        if dir.exists() {
            return Err(failed(&format_args!("{} is there already: choose another --dir", dir.display())));
        }
        std::fs::create_dir_all(dir.join("tokens"))?;
        let dir = dir.canonicalize()?;
        let pki = dir.join("pki");
        let authority = Authority::create(&pki, "demo", now).map_err(|error| failed(&error))?;
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        authority.issue_server(&hosts, now).map_err(|error| failed(&error))?;
        make_accounts(&dir).map_err(|error| failed(&error))?;
        // So that the commands of another shell are short: they look for these names by themselves.
        std::fs::copy(dir.join("tokens").join(format!("{PHYSICIAN}.token")), dir.join("vigil.token"))?;
        std::os::unix::fs::symlink(std::env::current_exe()?, dir.join("vigil"))?;
        let rules = RuleSet::for_care().map_err(|mistakes| failed(&format_args!("{mistakes:?}")))?;
        for (file, text) in rules.texts() {
            let path = dir.join("rules").join(file);
            std::fs::create_dir_all(path.parent().unwrap_or(&dir))?;
            std::fs::write(path, text)?;
        }
        let file = dir.join("vigil.toml");
        std::fs::write(&file, configuration())?;
        let config = Config::load(&file).map_err(|error| Failure::new(exit::BAD_CONFIG, error))?;
        Ok(Self { dir, pki, config, rules: Arc::new(rules) })
    }

    /// The file with a person's token.
    #[must_use]
    pub fn token_file(&self, person: &str) -> PathBuf {
        self.dir.join("tokens").join(format!("{person}.token"))
    }

    /// What a person at another shell needs to know.
    #[must_use]
    pub fn notes(&self, Addresses { devices, people, web }: &Addresses) -> Vec<String> {
        let accounts: Vec<String> =
            PEOPLE.iter().map(|(name, role, does)| format!("{name} ({role}, {does})")).collect();
        vec![
            format!("devices {devices}   people {people}   data, keys, PKI and tokens: {}", self.dir.display()),
            format!("dashboard {web}   its certificate is the demo's own: the browser warns once"),
            format!("accounts: {}", accounts.join("; ")),
            format!("each with the password \"{PASSWORD}\" and the PIN {PIN}"),
            format!("see and answer alerts from another shell, as {PHYSICIAN}:"),
            format!("  cd {}", self.dir.display()),
            format!("  ./vigil alerts ls{}", server_note(people)),
            format!("  ./vigil alerts acknowledge {ANY_ALERT} -m seen{}", server_note(people)),
        ]
    }
}

/// Where the platform of a demo listens.
pub struct Addresses {
    /// Devices and gateways.
    pub devices: String,
    /// People and programs, gRPC.
    pub people: String,
    /// The dashboard.
    pub web: String,
}

/// Where a note names an alert, the view puts the most urgent one.
pub const ANY_ALERT: &str = "PATIENT~NUMBER";

/// The address, where it is not the one that the program takes by itself.
fn server_note(people: &str) -> String {
    if people == "https://127.0.0.1:7444" { String::new() } else { format!(" --server {people}") }
}

/// Who answers for the ward, step by step.
#[must_use]
pub fn care_team() -> proto::CareTeam {
    let step = |people: &[&str], delay_ms| proto::CareStep {
        people: people.iter().map(|person| (*person).to_owned()).collect(),
        delay_ms,
    };
    proto::CareTeam {
        unit: UNIT.to_owned(),
        steps: vec![
            step(&["nurse-demo"], 60_000),
            step(&[PHYSICIAN], 60_000),
            step(&["charge-demo", PHYSICIAN], 120_000),
        ],
    }
}

fn make_accounts(dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut accounts = Accounts::default();
    let (password, pin) = (SecretHash::of_password(PASSWORD)?, SecretHash::of_pin(PIN)?);
    for (name, role, _) in PEOPLE {
        let person = PersonId::new(name)?;
        let token = accounts.add(NewAccount { name: person.clone(), roles: vec![role.parse::<Role>()?] })?;
        accounts.set_password(&person, password.clone())?;
        accounts.set_pin(&person, pin.clone())?;
        let path = dir.join("tokens").join(format!("{name}.token"));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", token.reveal())?;
    }
    accounts.save(&dir.join("accounts.toml"))?;
    Ok(())
}

fn configuration() -> String {
    let address = |port: u16| {
        let port = TcpListener::bind(("127.0.0.1", port)).map_or(0, |_| port);
        format!("127.0.0.1:{port}")
    };
    format!(
        "[listen]\ndevices = \"{}\"\npeople = \"{}\"\nweb = \"{}\"\noperations = \"{}\"\n\n[pki]\nsite = \"demo\"\n\n\
         [people]\nfallback = [\"charge-demo\"]\n\n[rules]\ndirs = [\"rules/bedside\", \"rules/ward\", \
         \"rules/cied\", \"rules/oxygen\"]\n",
        address(7443),
        address(7444),
        address(7445),
        address(7446),
    )
}
