//! A PKI folder for tests.

use tempfile::TempDir;

use crate::client::channel::{Credentials, read_pem};
use crate::clock::Clock;
use crate::pki::{Authority, IssuedFiles};
use crate::time::Timestamp;

/// An authority with a server certificate for 127.0.0.1.
pub struct TestPki {
    pub dir: TempDir,
    pub ca_pem: String,
    pub server: Credentials,
    authority: Authority,
    now: Timestamp,
}

impl TestPki {
    pub fn new() -> Self {
        // Ignored: another test has installed it already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let now = Clock::system().now();
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::create(dir.path(), "test", now).unwrap();
        let server = read(&authority.issue_server(&["localhost".to_owned(), "127.0.0.1".to_owned()], now).unwrap());
        Self { ca_pem: authority.ca_pem().to_owned(), dir, server, authority, now }
    }

    pub fn device(&self, id: &str) -> Credentials {
        read(&self.authority.issue_device(id, self.now).unwrap())
    }
}

fn read(files: &IssuedFiles) -> Credentials {
    Credentials { certificate_pem: read_pem(&files.certificate).unwrap(), key_pem: read_pem(&files.key).unwrap() }
}
