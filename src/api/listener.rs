//! One listening port: its own accept loop, because the one of the gRPC server has no limit on connections, no timeout
//! on handshakes and spins when the process is out of file descriptors.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::figures::Figures;
use super::peer::{Connection, Connections};
use super::tls::Tls;

mod conn;

pub use conn::Conn;

/// The first pause after an accept that failed; doubled up to [`BACK_OFF_MAX`].
const BACK_OFF_MIN: Duration = Duration::from_millis(10);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);
/// Connections that passed the handshake and wait to be served.
const READY: usize = 64;

/// Which port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Devices and gateways: a client certificate is required.
    Devices,
    /// People and programs, by gRPC.
    People,
    /// Browsers and programs, by HTTPS.
    Web,
}

/// What all connections of a port share.
#[derive(Debug)]
pub struct Gate {
    /// Which port.
    pub port: Port,
    /// Certificates.
    pub tls: Arc<Tls>,
    /// Connections that stand, on all ports.
    pub connections: Arc<Connections>,
    /// Figures.
    pub figures: Arc<Figures>,
    /// Connections of this port at the same time.
    pub limit: usize,
    /// For the handshake, and again for the first bytes after it: of the HTTP/2 preface, or of a request.
    pub handshake_timeout: Duration,
}

impl Gate {
    fn config(&self) -> Arc<ServerConfig> {
        match self.port {
            Port::Devices => self.tls.devices(),
            Port::People => self.tls.people(),
            Port::Web => self.tls.web(),
        }
    }
}

/// Accepts until the receiver is dropped. Those over the limit are closed at once: waiting would only hide them.
pub fn listen(listener: TcpListener, gate: Arc<Gate>) -> mpsc::Receiver<io::Result<Conn>> {
    let (ready, served) = mpsc::channel(READY);
    tokio::spawn(accept_all(listener, gate, ready));
    served
}

async fn accept_all(listener: TcpListener, gate: Arc<Gate>, ready: mpsc::Sender<io::Result<Conn>>) {
    let places = Arc::new(Semaphore::new(gate.limit));
    let mut back_off = BACK_OFF_MIN;
    loop {
        let accepted = tokio::select! {
            () = ready.closed() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, remote)) => {
                back_off = BACK_OFF_MIN;
                if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                    tokio::spawn(hand_over(socket, remote, place, Arc::clone(&gate), ready.clone()));
                } else {
                    gate.figures.connections_refused.add(1);
                }
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, port = ?gate.port, "cannot accept connections; trying again");
                sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_MAX);
            }
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn hand_over(
    socket: TcpStream,
    remote: SocketAddr,
    place: OwnedSemaphorePermit,
    gate: Arc<Gate>,
    ready: mpsc::Sender<io::Result<Conn>>,
) {
    match timeout(gate.handshake_timeout, handshake(socket, remote, place, &gate)).await {
        Ok(Ok(conn)) => {
            // The server is draining when nobody takes it: the connection ends here.
            let _ = ready.send(Ok(conn)).await;
        }
        Ok(Err(error)) => {
            gate.figures.handshakes_failed.add(1);
            tracing::info!(%error, %remote, port = ?gate.port, "a handshake failed");
        }
        Err(_) => {
            gate.figures.handshakes_failed.add(1);
            tracing::info!(%remote, port = ?gate.port, "a handshake took too long");
        }
    }
}

async fn handshake(
    socket: TcpStream,
    remote: SocketAddr,
    place: OwnedSemaphorePermit,
    gate: &Gate,
) -> io::Result<Conn> {
    socket.set_nodelay(true)?;
    let stream = TlsAcceptor::from(gate.config()).accept(socket).await?;
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let peer = match (gate.port, certificate) {
        (Port::Devices, Some(certificate)) => Some(gate.tls.peer(certificate).map_err(io::Error::other)?),
        (Port::Devices, None) => return Err(io::Error::other("no client certificate")),
        (Port::People | Port::Web, _) => None,
    };
    let connection = Connection::new(peer, remote);
    let conn = Conn::new(stream, Arc::clone(&connection), place, gate);
    // The list may have been reloaded during the handshake; from here on a reload finds the connection.
    if connection.peer.as_ref().is_some_and(|peer| gate.tls.revoked().contains(&peer.serial)) {
        return Err(io::Error::other("the certificate is revoked"));
    }
    Ok(conn)
}
