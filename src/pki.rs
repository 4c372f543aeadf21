//! A development PKI: one authority, its revocation list, and certificates for devices, gateways and the server.
//!
//! A folder holds `ca.pem`, `ca.key`, `crl.pem`, `site`, `server.pem`, `server.key`, `devices/ID.pem|key` and
//! `gateways/ID.pem|key`. Keys are ECDSA P-256 with mode 0600.

mod files;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

use crate::time::Timestamp;

/// How long the authority's certificate is valid.
const CA_DAYS: u64 = 3_650;
/// How long a certificate of a device, a gateway or the server is valid.
const LEAF_DAYS: u64 = 365;
/// How long a revocation list is valid; `vigil pki renew-crl` makes a new one.
const CRL_DAYS: u64 = 30;
/// Certificates are valid from a little before they are made, so that a clock that is behind accepts them.
const BACKDATED_S: i64 = 300;

/// Why the PKI did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file could not be read or written.
    #[error("cannot {verb} {}: {source}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// There is a PKI already.
    #[error("{} holds a PKI already: choose another folder, or use it as it is", .0.display())]
    Exists(PathBuf),
    /// There is no PKI.
    #[error("{} holds no PKI: make one with `vigil pki init {}`", .0.display(), .0.display())]
    Missing(PathBuf),
    /// The name cannot stand in a certificate.
    #[error("{what} must be 1 to 64 characters of A-Z a-z 0-9 . _ -, and not begin with a dot")]
    BadName {
        /// Which name.
        what: &'static str,
    },
    /// A serial number is hexadecimal.
    #[error("a serial number is written in hexadecimal, for example 5f0c81; otherwise name a certificate file")]
    BadSerial,
    /// A stored certificate or list cannot be read.
    #[error("{} cannot be read: it is not what this PKI wrote", .0.display())]
    Damaged(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
    /// A certificate could not be made.
    #[error("cannot make the certificate: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// What a certificate says.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Common name, for people.
    pub name: String,
    /// URI subject alternative names.
    pub uris: Vec<String>,
    /// DNS names or addresses of a server.
    pub hosts: Vec<String>,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The private key, PEM (PKCS #8).
    pub key_pem: String,
    /// Serial number in lower-case hexadecimal.
    pub serial: String,
}

/// A certificate with its key, in files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedFiles {
    /// The certificate, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM, mode 0600.
    pub key: PathBuf,
    /// Serial number in lower-case hexadecimal.
    pub serial: String,
}

/// The authority of one site.
#[derive(Debug)]
pub struct Authority {
    dir: PathBuf,
    site: String,
    ca_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes a new authority in `dir`, with an empty revocation list.
    ///
    /// # Errors
    /// [`PkiError::Exists`] where `dir` holds one already.
    pub fn create(dir: &Path, site: &str, now: Timestamp) -> Result<Self, PkiError> {
        check_name("the site", site)?;
        if dir.join("ca.key").exists() || dir.join("ca.pem").exists() {
            return Err(PkiError::Exists(dir.to_owned()));
        }
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("Vigil development CA of {site}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number = Some(random_serial()?);
        params.not_before = date(now.plus_ms(-BACKDATED_S * 1_000));
        params.not_after = date(later(now, CA_DAYS));
        let ca_pem = params.self_signed(&key)?.pem();
        files::write_private(&dir.join("ca.key"), &key.serialize_pem())?;
        files::write_public(&dir.join("ca.pem"), &ca_pem)?;
        files::write_public(&dir.join("site"), &format!("{site}\n"))?;
        let authority = Self { dir: dir.to_owned(), site: site.to_owned(), ca_pem, issuer: Issuer::new(params, key) };
        authority.write_crl(Vec::new(), 1, now)?;
        Ok(authority)
    }

    /// Opens the authority in `dir`.
    ///
    /// # Errors
    /// [`PkiError::Missing`] where there is none.
    pub fn open(dir: &Path) -> Result<Self, PkiError> {
        if !dir.join("ca.key").exists() {
            return Err(PkiError::Missing(dir.to_owned()));
        }
        let ca_pem = files::read(&dir.join("ca.pem"))?;
        let key = KeyPair::from_pem(&files::read(&dir.join("ca.key"))?)?;
        let site = files::read(&dir.join("site"))?.trim().to_owned();
        check_name("the site", &site)?;
        let issuer = Issuer::from_ca_cert_pem(&ca_pem, key)?;
        Ok(Self { dir: dir.to_owned(), site, ca_pem, issuer })
    }

    /// The trust domain of the identities that it issues.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.site
    }

    /// The authority's certificate, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Makes a certificate without writing it anywhere.
    ///
    /// # Errors
    /// [`PkiError::Certificate`] where a name cannot stand in a certificate.
    pub fn issue(&self, profile: &Profile) -> Result<Issued, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, profile.name.as_str());
        for uri in &profile.uris {
            params.subject_alt_names.push(SanType::URI(uri.as_str().try_into()?));
        }
        for host in &profile.hosts {
            params.subject_alt_names.push(match host.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(host.as_str().try_into()?),
            });
        }
        let usage = if profile.hosts.is_empty() {
            ExtendedKeyUsagePurpose::ClientAuth
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        };
        params.extended_key_usages = vec![usage];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.not_before = date(profile.not_before);
        params.not_after = date(profile.not_after);
        let serial = random_serial()?;
        params.serial_number = Some(serial.clone());
        let key = KeyPair::generate()?;
        let certificate_pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Issued { certificate_pem, key_pem: key.serialize_pem(), serial: hex::encode(serial.to_bytes()) })
    }

    /// Issues the certificate of a device into `devices/ID.pem`; one that was there before is replaced, not revoked.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn issue_device(&self, id: &str, now: Timestamp) -> Result<IssuedFiles, PkiError> {
        check_name("a device id", id)?;
        self.issue_files(&device_path(&self.dir, id), &self.client_profile("device", id, now))
    }

    /// Issues the certificate of a gateway into `gateways/ID.pem`.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn issue_gateway(&self, id: &str, now: Timestamp) -> Result<IssuedFiles, PkiError> {
        check_name("a gateway id", id)?;
        self.issue_files(&gateway_path(&self.dir, id), &self.client_profile("gateway", id, now))
    }

    /// Issues the server's certificate, for these DNS names and addresses, into `server.pem`.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn issue_server(&self, hosts: &[String], now: Timestamp) -> Result<IssuedFiles, PkiError> {
        let name = hosts.first().cloned().unwrap_or_default();
        let profile = Profile { name, hosts: hosts.to_vec(), ..leaf_profile(now) };
        self.issue_files(&self.dir.join("server.pem"), &profile)
    }

    /// Puts a certificate on the revocation list; the same again changes nothing but the list's date.
    ///
    /// # Errors
    /// [`PkiError::BadSerial`], or the list cannot be read or written.
    pub fn revoke(&self, serial: &str, now: Timestamp) -> Result<(), PkiError> {
        let serial = hex::decode(serial).ok().filter(|s| (1..=20).contains(&s.len())).ok_or(PkiError::BadSerial)?;
        let (mut revoked, number) = self.read_crl()?;
        if !revoked.iter().any(|known| known.serial_number.to_bytes() == serial) {
            revoked.push(RevokedCertParams {
                serial_number: SerialNumber::from_slice(&serial),
                revocation_time: date(now),
                reason_code: None,
                invalidity_date: None,
            });
        }
        self.write_crl(revoked, number + 1, now)
    }

    /// Signs the revocation list anew, so that it stays valid.
    ///
    /// # Errors
    /// The list cannot be read or written.
    pub fn renew_crl(&self, now: Timestamp) -> Result<(), PkiError> {
        let (revoked, number) = self.read_crl()?;
        self.write_crl(revoked, number + 1, now)
    }

    fn client_profile(&self, kind: &str, id: &str, now: Timestamp) -> Profile {
        let uris = vec![format!("spiffe://{}/{kind}/{id}", self.site)];
        Profile { name: id.to_owned(), uris, ..leaf_profile(now) }
    }

    fn issue_files(&self, certificate: &Path, profile: &Profile) -> Result<IssuedFiles, PkiError> {
        let issued = self.issue(profile)?;
        let key = key_path(certificate);
        files::write_private(&key, &issued.key_pem)?;
        files::write_public(certificate, &issued.certificate_pem)?;
        Ok(IssuedFiles { certificate: certificate.to_owned(), key, serial: issued.serial })
    }

    fn read_crl(&self) -> Result<(Vec<RevokedCertParams>, u64), PkiError> {
        let path = self.dir.join("crl.pem");
        let damaged = || PkiError::Damaged(path.clone());
        let der =
            CertificateRevocationListDer::from_pem_slice(files::read(&path)?.as_bytes()).map_err(|_| damaged())?;
        let (_, crl) = x509_parser::parse_x509_crl(&der).map_err(|_| damaged())?;
        let revoked = crl.iter_revoked_certificates().map(|revoked| RevokedCertParams {
            serial_number: SerialNumber::from_slice(revoked.raw_serial()),
            revocation_time: date(Timestamp(revoked.revocation_date.timestamp().saturating_mul(1_000_000))),
            reason_code: None,
            invalidity_date: None,
        });
        let number = crl.crl_number().and_then(|number| u64::try_from(number).ok()).ok_or_else(damaged)?;
        Ok((revoked.collect(), number))
    }

    fn write_crl(&self, revoked_certs: Vec<RevokedCertParams>, number: u64, now: Timestamp) -> Result<(), PkiError> {
        let list = CertificateRevocationListParams {
            this_update: date(now.plus_ms(-BACKDATED_S * 1_000)),
            next_update: date(later(now, CRL_DAYS)),
            crl_number: SerialNumber::from_slice(&number.to_be_bytes()),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        files::write_public(&self.dir.join("crl.pem"), &list.signed_by(&self.issuer)?.pem()?)
    }
}

/// Writes a file whole or not at all, readable by its owner alone (mode 0600).
///
/// # Errors
/// What the operating system says.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    files::write_whole(path, text, 0o600)
}

/// Where the certificate of a device lies in a PKI folder.
#[must_use]
pub fn device_path(dir: &Path, id: &str) -> PathBuf {
    dir.join("devices").join(format!("{id}.pem"))
}

/// Where the certificate of a gateway lies in a PKI folder.
#[must_use]
pub fn gateway_path(dir: &Path, id: &str) -> PathBuf {
    dir.join("gateways").join(format!("{id}.pem"))
}

/// Where the key of a certificate lies: beside it.
#[must_use]
pub fn key_path(certificate: &Path) -> PathBuf {
    certificate.with_file_name(
        certificate.file_stem().map(|stem| format!("{}.key", stem.to_string_lossy())).unwrap_or_default(),
    )
}

/// The serial number of a certificate file, in lower-case hexadecimal.
///
/// # Errors
/// The file cannot be read or holds no certificate.
pub fn serial_of(path: &Path) -> Result<String, PkiError> {
    let damaged = || PkiError::Damaged(path.to_owned());
    let der = CertificateDer::from_pem_slice(files::read(path)?.as_bytes()).map_err(|_| damaged())?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|_| damaged())?;
    Ok(hex::encode(certificate.raw_serial()))
}

/// Validity of a certificate made now; the rest is empty.
#[must_use]
pub fn leaf_profile(now: Timestamp) -> Profile {
    Profile { not_before: now.plus_ms(-BACKDATED_S * 1_000), not_after: later(now, LEAF_DAYS), ..Profile::default() }
}

fn check_name(what: &'static str, name: &str) -> Result<(), PkiError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let valid = (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('.');
    valid.then_some(()).ok_or(PkiError::BadName { what })
}

fn later(now: Timestamp, days: u64) -> Timestamp {
    now.plus_ms(i64::try_from(days * 86_400_000).unwrap_or(i64::MAX))
}

fn date(at: Timestamp) -> ::time::OffsetDateTime {
    let seconds = u64::try_from(at.micros().div_euclid(1_000_000)).unwrap_or(0);
    rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
}

/// 127 random bits: a serial number is positive and at most 20 octets (RFC 5280, 4.1.2.2).
fn random_serial() -> Result<SerialNumber, PkiError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| PkiError::NoRandomness)?;
    // Neither negative nor with a leading zero, so that its DER and its hexadecimal form are the same octets.
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

#[cfg(test)]
mod tests;
