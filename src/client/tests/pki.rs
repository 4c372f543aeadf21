//! A certificate authority for tests.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};

use crate::client::channel::Credentials;

/// A CA with a server certificate for 127.0.0.1.
pub struct TestPki {
    pub ca_pem: String,
    pub server: Credentials,
    issuer: Issuer<'static, KeyPair>,
}

impl TestPki {
    pub fn new() -> Self {
        // Ignored: another test has installed it already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let server = issue(&issuer, vec!["localhost".to_owned(), "127.0.0.1".to_owned()], None);
        Self { ca_pem, server, issuer }
    }

    pub fn device(&self, id: &str) -> Credentials {
        issue(&self.issuer, Vec::new(), Some(format!("spiffe://test/device/{id}")))
    }
}

fn issue(issuer: &Issuer<'static, KeyPair>, names: Vec<String>, uri: Option<String>) -> Credentials {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(names).unwrap();
    if let Some(uri) = uri {
        params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
    }
    Credentials { certificate_pem: params.signed_by(&key, issuer).unwrap().pem(), key_pem: key.serialize_pem() }
}
