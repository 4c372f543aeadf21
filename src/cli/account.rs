//! `vigil account`: local accounts.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Subcommand;

use super::failure::{Failure, exit};
use crate::api::identity::{AccountError, Accounts, NewAccount, Role, SecretError, SecretHash};
use crate::clinical::ids::PersonId;

/// Keeps the local accounts, for sites without an identity provider.
///
/// Example: vigil account add dr-lee --role physician:cardiology --token-file dr-lee.token
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file of accounts; the same as `people.accounts` of the server.
    #[arg(long, global = true, default_value = "accounts.toml")]
    accounts: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Adds an account and hands out its token, once.
    Add {
        /// The person's id.
        name: String,
        /// physician, physician:SPECIALITY, nurse, technician, sre, compliance or admin; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        /// Where the token goes, with mode 0600; otherwise it is printed.
        #[arg(long)]
        token_file: Option<PathBuf>,
        #[command(flatten)]
        secrets: Secrets,
    },
    /// Gives an account another password or PIN; what is not named stays.
    ///
    /// Example: vigil account secret kim --password
    Secret {
        /// The person's id.
        name: String,
        #[command(flatten)]
        secrets: Secrets,
    },
    /// Disables an account; a running server takes note within 10 s.
    Disable {
        /// The person's id.
        name: String,
    },
    /// Lists the accounts.
    List {
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
}

/// Which secrets are asked for: each is read as one line from standard input, never from the command line.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Secrets {
    /// Asks for a password, 10 to 128 characters: it signs in to the dashboard.
    #[arg(long)]
    password: bool,
    /// Asks for a PIN, 6 to 12 digits, after the password: it confirms answers at a shared workstation.
    #[arg(long)]
    pin: bool,
}

impl Secrets {
    /// Reads them before anything is changed.
    fn read(self) -> Result<(Option<SecretHash>, Option<SecretHash>), Failure> {
        let weak = |error| Failure::new(exit::BAD_DATA, error);
        let read = |wanted: bool, what: &str, hash: fn(&str) -> Result<SecretHash, SecretError>| {
            wanted.then(|| hash(&line_of_input(what)?).map_err(weak)).transpose()
        };
        let password = read(self.password, "password", SecretHash::of_password)?;
        Ok((password, read(self.pin, "PIN", SecretHash::of_pin)?))
    }
}

/// One line of standard input; a terminal is asked for it, and does not show it.
fn line_of_input(what: &str) -> Result<String, Failure> {
    let term = console::Term::stderr();
    if term.is_term() && std::io::stdin().is_terminal() {
        term.write_str(&format!("{what}: "))?;
        return Ok(term.read_secure_line()?);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

fn set(accounts: &mut Accounts, name: &PersonId, secrets: Secrets) -> Result<(), Failure> {
    let (password, pin) = secrets.read()?;
    if let Some(password) = password {
        accounts.set_password(name, password)?;
    }
    if let Some(pin) = pin {
        accounts.set_pin(name, pin)?;
    }
    Ok(())
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let code = match error {
            AccountError::File { .. } | AccountError::NoRandomness => exit::STORAGE,
            _ => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::Add { name, roles, token_file, secrets } => {
            let mut accounts = Accounts::load_or_new(&args.accounts)?;
            let name = person(name)?;
            let token = accounts.add(NewAccount { name: name.clone(), roles: roles.clone() })?;
            set(&mut accounts, &name, *secrets)?;
            // The token first: an account whose token nobody has would have to be disabled.
            match token_file {
                Some(path) => crate::pki::write_private(path, &format!("{}\n", token.reveal())).map_err(|error| {
                    Failure::new(exit::STORAGE, format!("cannot write {}: {error}", path.display()))
                })?,
                None => println!("{}", token.reveal()),
            }
            accounts.save(&args.accounts)?;
        }
        Verb::Secret { name, secrets } => {
            if !secrets.password && !secrets.pin {
                return Err(Failure::new(exit::BAD_DATA, "say --password, --pin or both"));
            }
            let mut accounts = Accounts::load(&args.accounts)?;
            set(&mut accounts, &person(name)?, *secrets)?;
            accounts.save(&args.accounts)?;
        }
        Verb::Disable { name } => {
            let mut accounts = Accounts::load(&args.accounts)?;
            accounts.disable(&person(name)?)?;
            accounts.save(&args.accounts)?;
        }
        Verb::List { json } => list(&Accounts::load(&args.accounts)?, *json),
    }
    Ok(())
}

fn person(name: &str) -> Result<PersonId, Failure> {
    PersonId::new(name).map_err(|error| Failure::new(exit::BAD_DATA, error))
}

fn list(accounts: &Accounts, json: bool) {
    for (name, roles, disabled) in accounts.iter() {
        let roles: Vec<_> = roles.iter().map(Role::to_string).collect();
        if json {
            println!("{}", serde_json::json!({ "name": name.as_str(), "roles": roles, "disabled": disabled }));
        } else {
            println!("{name:<24} {}{}", roles.join(", "), if disabled { "  (disabled)" } else { "" });
        }
    }
}
