//! Certificates of simulated devices: those of the PKI folder, made where they are missing.

use std::path::{Path, PathBuf};

use crate::client::channel::{ChannelError, Credentials, read_pem};
use crate::pki::{self, Authority, PkiError};
use crate::time::Timestamp;

/// Why a device has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The PKI could not make one.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ChannelError),
}

/// A PKI folder.
pub struct Wallet {
    dir: PathBuf,
    authority: Option<Authority>,
}

impl Wallet {
    /// Opens a PKI folder. Without the authority's key, certificates must be there already.
    ///
    /// # Errors
    /// The authority is damaged.
    pub fn open(dir: &Path) -> Result<Self, CredentialsError> {
        let authority = match Authority::open(dir) {
            Ok(authority) => Some(authority),
            Err(PkiError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { dir: dir.to_owned(), authority })
    }

    /// The authority's certificate.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn ca_pem(&self) -> Result<String, CredentialsError> {
        Ok(read_pem(&self.dir.join("ca.pem"))?)
    }

    /// The certificate of a device.
    ///
    /// # Errors
    /// There is none, and none can be made.
    pub fn device(&self, id: &str, now: Timestamp) -> Result<Credentials, CredentialsError> {
        let path = pki::device_path(&self.dir, id);
        match &self.authority {
            Some(authority) if !path.exists() => authority.issue_device(id, now).map(drop)?,
            _ => {}
        }
        read(&path)
    }

    /// The certificate of a gateway.
    ///
    /// # Errors
    /// There is none, and none can be made.
    pub fn gateway(&self, id: &str, now: Timestamp) -> Result<Credentials, CredentialsError> {
        let path = pki::gateway_path(&self.dir, id);
        match &self.authority {
            Some(authority) if !path.exists() => authority.issue_gateway(id, now).map(drop)?,
            _ => {}
        }
        read(&path)
    }
}

fn read(path: &Path) -> Result<Credentials, CredentialsError> {
    Ok(Credentials { certificate_pem: read_pem(path)?, key_pem: read_pem(&pki::key_path(path))? })
}
