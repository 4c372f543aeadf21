//! Certificates of the server, and whom it believes. A reload builds new configurations with fresh session storage,
//! because a resumed session repeats the verdict of the handshake before it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use super::peer::Peer;
use crate::config::Pki;

mod verifier;

use verifier::OneIdentity;

/// Why certificates were not taken. What was in force before stays in force.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as what it should be.
    #[error("cannot read {what} from {}: {source}", path.display())]
    File {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: rustls_pki_types::pem::Error,
    },
    /// The revocation list is not one.
    #[error("{} holds no revocation list that can be parsed: make one with `vigil pki renew-crl`", .0.display())]
    Crl(PathBuf),
    /// The authority or its list does not serve for verification.
    #[error("cannot verify client certificates with {} and its revocation list: {reason}", path.display())]
    Verifier {
        /// The authority's certificate.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("cannot serve with {} and its key: {source}", path.display())]
    Identity {
        /// The server's certificate.
        path: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

/// What is in force.
#[derive(Debug)]
struct InForce {
    devices: Arc<ServerConfig>,
    people: Arc<ServerConfig>,
    web: Arc<ServerConfig>,
    revoked: Arc<HashSet<String>>,
}

/// TLS of all ports, reloadable.
#[derive(Debug)]
pub struct Tls {
    files: Pki,
    in_force: ArcSwap<InForce>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(files: &Pki) -> Result<Self, TlsError> {
        Ok(Self { files: files.clone(), in_force: ArcSwap::from_pointee(read(files)?) })
    }

    /// Reads the files again. Returns the serial numbers that are revoked now.
    ///
    /// # Errors
    /// [`TlsError`]; what was in force stays in force.
    pub fn reload(&self) -> Result<Arc<HashSet<String>>, TlsError> {
        self.in_force.store(Arc::new(read(&self.files)?));
        Ok(self.revoked())
    }

    /// For the port of devices: a client certificate is required.
    #[must_use]
    pub fn devices(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.in_force.load().devices)
    }

    /// For the port of people: they show a token, not a certificate.
    #[must_use]
    pub fn people(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.in_force.load().people)
    }

    /// For the port of browsers: HTTP/1.1 too, and no client certificate.
    #[must_use]
    pub fn web(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.in_force.load().web)
    }

    /// Serial numbers of revoked certificates.
    #[must_use]
    pub fn revoked(&self) -> Arc<HashSet<String>> {
        Arc::clone(&self.in_force.load().revoked)
    }

    /// Reads who a verified client certificate names.
    ///
    /// # Errors
    /// [`super::peer::IdentityError`].
    pub fn peer(&self, certificate: &[u8]) -> Result<Peer, super::peer::IdentityError> {
        Peer::of_certificate(certificate, &self.files.site)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn read(files: &Pki) -> Result<InForce, TlsError> {
    let crl = one::<CertificateRevocationListDer<'static>>("a revocation list", &files.crl)?;
    let revoked = Arc::new(serials(&crl, &files.crl)?);
    let verifier = OneIdentity::new(verifier(files, crl)?, files.site.clone());
    Ok(InForce {
        devices: server_config(files, Some(Arc::new(verifier)), &[b"h2"])?,
        people: server_config(files, None, &[b"h2"])?,
        web: server_config(files, None, &[b"h2", b"http/1.1"])?,
        revoked,
    })
}

fn serials(crl: &[u8], path: &Path) -> Result<HashSet<String>, TlsError> {
    let (_, crl) = x509_parser::parse_x509_crl(crl).map_err(|_| TlsError::Crl(path.to_owned()))?;
    Ok(crl.iter_revoked_certificates().map(|revoked| hex::encode(revoked.raw_serial())).collect())
}

fn verifier(files: &Pki, crl: CertificateRevocationListDer<'static>) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let wrong = |reason: String| TlsError::Verifier { path: files.ca.clone(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in all("a certificate", &files.ca)? {
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .with_crls([crl])
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| wrong(error.to_string()))
}

fn server_config(
    files: &Pki,
    verifier: Option<Arc<OneIdentity>>,
    protocols: &[&[u8]],
) -> Result<Arc<ServerConfig>, TlsError> {
    let wrong = |source| TlsError::Identity { path: files.certificate.clone(), source };
    let builder =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(wrong)?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let chain = all("a certificate", &files.certificate)?;
    let key = one::<PrivateKeyDer<'static>>("a private key", &files.key)?;
    let mut config = builder.with_single_cert(chain, key).map_err(wrong)?;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

fn one<T: PemObject>(what: &'static str, path: &Path) -> Result<T, TlsError> {
    T::from_pem_file(path).map_err(|source| TlsError::File { what, path: path.to_owned(), source })
}

fn all(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |source| TlsError::File { what, path: path.to_owned(), source };
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)?;
    if certificates.is_empty() {
        return Err(wrong(rustls_pki_types::pem::Error::NoItemsFound));
    }
    Ok(certificates)
}
