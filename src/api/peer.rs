//! Who is on the other side of a connection, by the certificate; and how a connection is closed from within.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use x509_parser::extensions::GeneralName;

use crate::actors::handle::Speaker;
use crate::clinical::ids::{DeviceId, GatewayId};

/// Why a certificate names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// It is not a certificate.
    #[error("the certificate cannot be parsed")]
    Malformed,
    /// None, or more than one.
    #[error("the certificate must have exactly one URI subject alternative name, and has {0}")]
    UriCount(usize),
    /// Another form, another site, another kind.
    #[error("the certificate's URI must be spiffe://SITE/device/ID or spiffe://SITE/gateway/ID of this site")]
    NotOurs,
}

/// A client certificate, read once per connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Who speaks.
    pub speaker: Speaker,
    /// Serial number of the certificate, in lower-case hexadecimal.
    pub serial: String,
}

impl Peer {
    /// Reads the single URI SAN of a certificate (DER): `spiffe://SITE/device/ID` or `spiffe://SITE/gateway/ID`.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn of_certificate(der: &[u8], site: &str) -> Result<Self, IdentityError> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).map_err(|_| IdentityError::Malformed)?;
        let names = certificate.subject_alternative_name().map_err(|_| IdentityError::Malformed)?;
        let names = names.map_or(&[][..], |names| names.value.general_names.as_slice());
        let is_uri = |name: &GeneralName<'_>| matches!(name, GeneralName::URI(_));
        let mut uris = names.iter().filter(|name| is_uri(name));
        let (Some(GeneralName::URI(uri)), None) = (uris.next(), uris.next()) else {
            return Err(IdentityError::UriCount(names.iter().filter(|name| is_uri(name)).count()));
        };
        Ok(Self { speaker: speaker_of(uri, site)?, serial: hex::encode(certificate.raw_serial()) })
    }
}

fn speaker_of(uri: &str, site: &str) -> Result<Speaker, IdentityError> {
    let path = uri.strip_prefix("spiffe://").and_then(|rest| rest.strip_prefix(site)).ok_or(IdentityError::NotOurs)?;
    let speaker = if let Some(id) = path.strip_prefix("/device/") {
        DeviceId::new(id).map(Speaker::Device)
    } else if let Some(id) = path.strip_prefix("/gateway/") {
        GatewayId::new(id).map(Speaker::Gateway)
    } else {
        return Err(IdentityError::NotOurs);
    };
    speaker.map_err(|_| IdentityError::NotOurs)
}

/// One connection, as its services see it.
#[derive(Debug)]
pub struct Connection {
    /// Who speaks; `None` on the port of people, who say so with each request.
    pub peer: Option<Peer>,
    /// Where from.
    pub remote: SocketAddr,
    closed: AtomicBool,
    closing: Arc<Notify>,
}

impl Connection {
    /// A connection that stands.
    #[must_use]
    pub fn new(peer: Option<Peer>, remote: SocketAddr) -> Arc<Self> {
        Arc::new(Self { peer, remote, closed: AtomicBool::new(false), closing: Arc::default() })
    }

    /// Ends the connection and every stream on it.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.closing.notify_waiters();
    }

    /// Whether `close` was called.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Returns once `close` was called.
    pub async fn closed(&self) {
        let closing = self.closing.notified();
        tokio::pin!(closing);
        closing.as_mut().enable();
        if !self.is_closed() {
            closing.await;
        }
    }

    /// What is notified by `close`.
    pub(super) fn closing(&self) -> &Arc<Notify> {
        &self.closing
    }
}

/// Every connection that stands, so that those of a revoked certificate can be closed.
#[derive(Debug, Default)]
pub struct Connections {
    next: AtomicU64,
    standing: Mutex<HashMap<u64, Arc<Connection>>>,
}

impl Connections {
    /// Adds a connection; it is taken off when the returned place is dropped.
    pub fn enter(self: &Arc<Self>, connection: &Arc<Connection>) -> Standing {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, Arc::clone(connection));
        Standing { number, connections: Arc::clone(self) }
    }

    /// Closes the connections whose certificate is among the revoked; how many.
    pub fn close_revoked(&self, revoked: &HashSet<String>) -> usize {
        self.close_where(|connection| connection.peer.as_ref().is_some_and(|peer| revoked.contains(&peer.serial)))
    }

    /// Closes all.
    pub fn close_all(&self) -> usize {
        self.close_where(|_| true)
    }

    fn close_where(&self, which: impl Fn(&Connection) -> bool) -> usize {
        let standing = self.lock();
        let closing = standing.values().filter(|connection| which(connection));
        closing.map(|connection| connection.close()).count()
    }

    /// A panic elsewhere while the lock was held leaves a map that is whole.
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the standing connections.
#[derive(Debug)]
pub struct Standing {
    number: u64,
    connections: Arc<Connections>,
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
