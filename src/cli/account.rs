//! `vigil account`: local accounts.

use std::path::PathBuf;

use clap::Subcommand;

use super::failure::{Failure, exit};
use crate::api::identity::{AccountError, Accounts, NewAccount, Role, SecretHash};
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
    },
    /// Gives an account a password or PIN, read as one line from standard input.
    ///
    /// Example: vigil account set-secret kim < secret.txt
    SetSecret {
        /// The person's id.
        name: String,
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
        Verb::Add { name, roles, token_file } => {
            let mut accounts = Accounts::load_or_new(&args.accounts)?;
            let token = accounts.add(NewAccount { name: person(name)?, roles: roles.clone() })?;
            // The token first: an account whose token nobody has would have to be disabled.
            match token_file {
                Some(path) => crate::pki::write_private(path, &format!("{}\n", token.reveal())).map_err(|error| {
                    Failure::new(exit::STORAGE, format!("cannot write {}: {error}", path.display()))
                })?,
                None => println!("{}", token.reveal()),
            }
            accounts.save(&args.accounts)?;
        }
        Verb::SetSecret { name } => {
            let mut accounts = Accounts::load(&args.accounts)?;
            let secret = SecretHash::of(&line_of_input()?).map_err(|error| Failure::new(exit::BAD_DATA, error))?;
            accounts.set_secret(&person(name)?, secret)?;
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

/// One line of standard input.
pub(super) fn line_of_input() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| Failure::new(exit::BAD_DATA, error))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
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
