//! The file of local accounts: names, roles and hashes of tokens. A token is 256 random bits, so a fast hash serves.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use toml_edit::{ArrayOfTables, Document, DocumentMut, Item, Table, value};

use super::SecretHash;
use crate::access::{Person, Role, RoleError};
use crate::clinical::ids::{IdError, PersonId};

/// Why the file of accounts was not taken or not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file cannot be read or written.
    #[error("cannot {verb} {}: {source}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("{} can be read by others: chmod 600 it", .0.display())]
    Open(PathBuf),
    /// The file is not what this program writes.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        what: String,
    },
    /// The name is taken.
    #[error("there is an account {0} already")]
    Exists(PersonId),
    /// There is no such account.
    #[error("there is no account {0}")]
    Missing(PersonId),
    /// A name that cannot be a person's.
    #[error(transparent)]
    Name(#[from] IdError),
    /// An account without a role could do nothing.
    #[error("an account needs at least one role")]
    NoRole,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a token")]
    NoRandomness,
}

/// A bearer token: `vigil_NAME_SECRET`, the secret being 43 characters of base64url. Shown once, then only its hash is
/// kept.
pub struct Token(String);

const SECRET_BYTES: usize = 32;
const SECRET_CHARS: usize = 43;
const PREFIX: &str = "vigil_";
const PASSWORD: &str = "password_argon2id";
const PIN: &str = "pin_argon2id";

impl Token {
    fn random(name: &PersonId) -> Result<Self, AccountError> {
        let mut secret = [0; SECRET_BYTES];
        aws_lc_rs::rand::fill(&mut secret).map_err(|_| AccountError::NoRandomness)?;
        Ok(Self(format!("{PREFIX}{name}_{}", BASE64_URL_SAFE_NO_PAD.encode(secret))))
    }

    /// The token, to be handed to its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// An account to be added.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Whose.
    pub name: PersonId,
    /// Not empty.
    pub roles: Vec<Role>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Account {
    roles: Vec<Role>,
    disabled: bool,
    token_sha256: [u8; 32],
    password: Option<SecretHash>,
    pin: Option<SecretHash>,
}

/// All local accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    by_name: BTreeMap<PersonId, Account>,
}

impl Accounts {
    /// Reads the file.
    ///
    /// # Errors
    /// [`AccountError::Open`] where others may read it, [`AccountError::Malformed`] with the line.
    pub fn load(path: &Path) -> Result<Self, AccountError> {
        let failed = |source| AccountError::File { verb: "read", path: path.to_owned(), source };
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(AccountError::Open(path.to_owned()));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        parse(&text).map_err(|what| AccountError::Malformed { path: path.to_owned(), what })
    }

    /// Reads the file, or starts anew where there is none.
    ///
    /// # Errors
    /// As [`Accounts::load`].
    pub fn load_or_new(path: &Path) -> Result<Self, AccountError> {
        if path.exists() { Self::load(path) } else { Ok(Self::default()) }
    }

    /// Writes the file, mode 0600, whole or not at all.
    ///
    /// # Errors
    /// [`AccountError::File`].
    pub fn save(&self, path: &Path) -> Result<(), AccountError> {
        crate::pki::write_private(path, &self.to_toml()).map_err(|source| AccountError::File {
            verb: "write",
            path: path.to_owned(),
            source,
        })
    }

    /// Adds an account and returns its token.
    ///
    /// # Errors
    /// [`AccountError::Exists`], [`AccountError::NoRole`].
    pub fn add(&mut self, new: NewAccount) -> Result<Token, AccountError> {
        if self.by_name.contains_key(&new.name) {
            return Err(AccountError::Exists(new.name));
        }
        if new.roles.is_empty() {
            return Err(AccountError::NoRole);
        }
        let token = Token::random(&new.name)?;
        let token_sha256 = hash(token.reveal());
        let account = Account { roles: new.roles, disabled: false, token_sha256, password: None, pin: None };
        self.by_name.insert(new.name, account);
        Ok(token)
    }

    /// Disables an account for good; its name stays taken, so that history stays unambiguous.
    ///
    /// # Errors
    /// [`AccountError::Missing`].
    pub fn disable(&mut self, name: &PersonId) -> Result<(), AccountError> {
        self.existing(name)?.disabled = true;
        Ok(())
    }

    /// Gives an account a password, in the place of an older one.
    ///
    /// # Errors
    /// [`AccountError::Missing`].
    pub fn set_password(&mut self, name: &PersonId, password: SecretHash) -> Result<(), AccountError> {
        self.existing(name)?.password = Some(password);
        Ok(())
    }

    /// Gives an account a PIN, in the place of an older one.
    ///
    /// # Errors
    /// [`AccountError::Missing`].
    pub fn set_pin(&mut self, name: &PersonId, pin: SecretHash) -> Result<(), AccountError> {
        self.existing(name)?.pin = Some(pin);
        Ok(())
    }

    fn existing(&mut self, name: &PersonId) -> Result<&mut Account, AccountError> {
        self.by_name.get_mut(name).ok_or_else(|| AccountError::Missing(name.clone()))
    }

    /// The hash of a person's password.
    #[must_use]
    pub fn password(&self, name: &PersonId) -> Option<&SecretHash> {
        self.by_name.get(name)?.password.as_ref()
    }

    /// The hash of a person's PIN.
    #[must_use]
    pub fn pin(&self, name: &PersonId) -> Option<&SecretHash> {
        self.by_name.get(name)?.pin.as_ref()
    }

    /// Name, roles and whether it is disabled, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&PersonId, &[Role], bool)> {
        self.by_name.iter().map(|(name, account)| (name, account.roles.as_slice(), account.disabled))
    }

    /// The person as the accounts have them now; `None` if disabled or unknown.
    #[must_use]
    pub fn person(&self, id: &PersonId) -> Option<Person> {
        let account = self.by_name.get(id).filter(|account| !account.disabled)?;
        Some(Person { id: id.clone(), roles: account.roles.clone() })
    }

    /// The person whose token this is.
    #[must_use]
    pub fn authenticate(&self, token: &str) -> Option<Person> {
        let name = PersonId::new(name_of(token)?).ok()?;
        // An unknown name takes as long as a wrong secret.
        let nobody = [0; 32];
        let expected = self.by_name.get(&name).map_or(&nobody, |account| &account.token_sha256);
        let same = verify_slices_are_equal(&hash(token), expected).is_ok();
        same.then(|| self.person(&name)).flatten()
    }

    fn to_toml(&self) -> String {
        let mut tables = ArrayOfTables::new();
        for (name, account) in &self.by_name {
            let mut table = Table::new();
            table["name"] = value(name.as_str());
            table["roles"] = value(account.roles.iter().map(Role::to_string).collect::<toml_edit::Array>());
            table["disabled"] = value(account.disabled);
            table["token_sha256"] = value(hex::encode(account.token_sha256));
            for (key, secret) in [(PASSWORD, &account.password), (PIN, &account.pin)] {
                if let Some(secret) = secret {
                    table[key] = value(secret.as_str());
                }
            }
            tables.push(table);
        }
        let mut document = DocumentMut::new();
        document["account"] = Item::ArrayOfTables(tables);
        document.to_string()
    }
}

fn hash(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

/// The name may hold underscores, and so may the secret: the secret's length tells them apart.
fn name_of(token: &str) -> Option<&str> {
    let rest = token.strip_prefix(PREFIX).filter(|rest| rest.is_ascii())?;
    rest.get(..rest.len().checked_sub(SECRET_CHARS)?)?.strip_suffix('_')
}

fn parse(text: &str) -> Result<Accounts, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    if let Some((key, _)) = document.iter().find(|(key, _)| *key != "account") {
        return Err(format!("{key} is not known here; allowed is [[account]]"));
    }
    let mut accounts = Accounts::default();
    let Some(item) = document.get("account") else { return Ok(accounts) };
    let tables = item.as_array_of_tables().ok_or("account must be a list of tables: [[account]]")?;
    for table in tables {
        let line = 1 + text[..table.span().map_or(0, |span| span.start)].matches('\n').count();
        let (name, account) = parse_account(table).map_err(|what| format!("line {line}: {what}"))?;
        if accounts.by_name.insert(name, account).is_some() {
            return Err(format!("line {line}: the name is taken by an account above"));
        }
    }
    Ok(accounts)
}

fn parse_account(table: &Table) -> Result<(PersonId, Account), String> {
    const KEYS: [&str; 6] = ["name", "roles", "disabled", "token_sha256", PASSWORD, PIN];
    if let Some((key, _)) = table.iter().find(|(key, _)| !KEYS.contains(key)) {
        return Err(format!("{key} is not known; allowed are {}", KEYS.join(", ")));
    }
    let name = table.get("name").and_then(Item::as_str).ok_or("name must be a text")?;
    let roles = table.get("roles").and_then(Item::as_array).ok_or("roles must be a list")?;
    let roles = roles.iter().map(|role| role.as_str().and_then(|role| role.parse().ok()));
    let roles: Vec<Role> = roles.collect::<Option<_>>().ok_or_else(|| RoleError.to_string())?;
    let hash = table.get("token_sha256").and_then(Item::as_str).and_then(|text| hex::decode(text).ok());
    let hash = hash.and_then(|hash| hash.try_into().ok()).ok_or("token_sha256 must be 64 hexadecimal digits")?;
    let disabled = table.get("disabled").map_or(Some(false), Item::as_bool).ok_or("disabled must be true or false")?;
    let name = PersonId::new(name).map_err(|error| error.to_string())?;
    let (password, pin) = (secret(table, PASSWORD)?, secret(table, PIN)?);
    Ok((name, Account { roles, disabled, token_sha256: hash, password, pin }))
}

fn secret(table: &Table, key: &str) -> Result<Option<SecretHash>, String> {
    let Some(item) = table.get(key) else { return Ok(None) };
    let hash = item.as_str().and_then(SecretHash::stored);
    hash.map(Some).ok_or_else(|| format!("{key} must be what `vigil account` writes"))
}
