//! All ports, from start to drain.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server as Grpc;
use tonic::transport::server::Router;

use super::figures::Figures;
use super::grpc::access::Access;
use super::grpc::admin::Admin;
use super::grpc::alerts::Alerts;
use super::grpc::ingest::{Ingest, Shared};
use super::grpc::oncall::OnCall;
use super::guard::Guard;
use super::http::Web;
use super::identity::{AccountError, Directory};
use super::listener::{Gate, Port, listen};
use super::peer::Connections;
use super::tls::{Tls, TlsError};
use crate::actors::handle::Handle;
use crate::admission::{Admission, Bounds};
use crate::config::{Config, Limits};
use crate::proto::access_service_server::AccessServiceServer;
use crate::proto::admin_service_server::AdminServiceServer;
use crate::proto::alert_service_server::AlertServiceServer;
use crate::proto::ingest_service_server::IngestServiceServer;
use crate::proto::on_call_service_server::OnCallServiceServer;
use crate::views::Views;

/// How often the files of certificates and accounts are looked at: a revocation and a disabled account take effect
/// within this time, without a signal.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Windows of HTTP/2, per stream of a device: enough for the largest message.
const DEVICE_WINDOW_BYTES: u32 = 256 << 10;
const PEOPLE_WINDOW_BYTES: u32 = 64 << 10;
/// The most metadata of one request.
const HEADERS_MAX_BYTES: u32 = 16 << 10;
/// The largest request of a person.
const PEOPLE_MESSAGE_BYTES: usize = 64 << 10;

/// Why the services did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Accounts.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// An address that is taken, or not this machine's.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Why a reload changed nothing, or only a part.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// Certificates stay as they were.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Accounts stay as they were.
    #[error(transparent)]
    Accounts(#[from] AccountError),
}

/// The bounds that the configuration sets on what is in flight.
#[must_use]
pub fn admission(limits: &Limits) -> Admission {
    Admission::new(Bounds {
        readings: limits.readings_in_flight,
        bytes: limits.bytes_in_flight,
        wait: limits.admission_wait,
    })
}

/// What a reload concerns.
struct Reloadable {
    tls: Arc<Tls>,
    directory: Arc<Directory>,
    connections: Arc<Connections>,
    files: Vec<std::path::PathBuf>,
}

/// The running services.
pub struct Server {
    devices: SocketAddr,
    people: SocketAddr,
    web: SocketAddr,
    figures: Arc<Figures>,
    reloadable: Arc<Reloadable>,
    draining: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
    looking: JoinHandle<()>,
}

impl Server {
    /// Listens on all ports and serves.
    ///
    /// # Errors
    /// [`StartError`]; nothing listens then.
    pub async fn start(
        handle: Handle,
        views: Views,
        config: &Config,
        admission: Admission,
    ) -> Result<Self, StartError> {
        let tls = Arc::new(Tls::open(&config.pki)?);
        let directory = Arc::new(Directory::open(&config.people.accounts)?);
        let (devices, devices_at) = bind(config.listen.devices).await?;
        let (people, people_at) = bind(config.listen.people).await?;
        let (web, web_at) = bind(config.listen.web).await?;
        let figures = Arc::new(Figures::default());
        let connections = Arc::new(Connections::default());
        let (draining, drains) = watch::channel(false);
        let gate = |port| {
            Arc::new(Gate {
                port,
                tls: Arc::clone(&tls),
                connections: Arc::clone(&connections),
                figures: Arc::clone(&figures),
                limit: config.limits.connections,
                handshake_timeout: config.limits.handshake_timeout,
            })
        };
        let limits = &config.limits;
        let shared = Shared {
            handle: handle.clone(),
            admission,
            limits: limits.clone(),
            figures: Arc::clone(&figures),
            draining: drains.clone(),
        };
        let for_devices = device_services(Ingest::new(shared), limits).await;
        let guard = Guard::new(handle.clone(), Arc::clone(&directory));
        let (accounts, drain) = (Arc::clone(&directory), drains.clone());
        let alerts = Alerts::new(handle.clone(), guard.clone(), accounts, drain, limits.stalled_client);
        let access = Access::new(handle.clone(), guard.clone(), Arc::clone(&directory));
        let on_call = OnCall::new(handle.clone(), guard.clone());
        let admin = Admin::new(handle.clone(), guard.clone(), Arc::clone(&figures));
        let for_web = Web {
            alerts: alerts.clone(),
            admin: admin.clone(),
            access: access.clone(),
            on_call: on_call.clone(),
            guard,
            handle,
            views,
            asked: Arc::default(),
            listening: Arc::default(),
        };
        let for_people = people_services(alerts, admin, access, on_call, limits);
        let serving = vec![
            serve(for_devices, devices, gate(Port::Devices), drains.clone()),
            serve(for_people, people, gate(Port::People), drains.clone()),
            for_web.serve(listen(web, gate(Port::Web)), limits, drains),
        ];
        let files = vec![
            config.pki.ca.clone(),
            config.pki.crl.clone(),
            config.pki.certificate.clone(),
            config.people.accounts.clone(),
        ];
        let reloadable = Arc::new(Reloadable { tls, directory, connections, files });
        let looking = tokio::spawn(look_at_files(Arc::clone(&reloadable)));
        tracing::info!(devices = %devices_at, people = %people_at, web = %web_at, "listening");
        Ok(Self {
            devices: devices_at,
            people: people_at,
            web: web_at,
            figures,
            reloadable,
            draining,
            serving,
            looking,
        })
    }

    /// Where devices connect.
    #[must_use]
    pub const fn devices_addr(&self) -> SocketAddr {
        self.devices
    }

    /// Where people connect.
    #[must_use]
    pub const fn people_addr(&self) -> SocketAddr {
        self.people
    }

    /// Where browsers connect.
    #[must_use]
    pub const fn web_addr(&self) -> SocketAddr {
        self.web
    }

    /// Live figures of the services.
    #[must_use]
    pub const fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// Reads certificates, revocation list and accounts again; connections of certificates that are revoked now are
    /// closed.
    ///
    /// # Errors
    /// [`ReloadError`]; what could not be read stays as it was.
    pub fn reload(&self) -> Result<(), ReloadError> {
        self.reloadable.reload()
    }

    /// Stops accepting, lets each stream send its last receipts, and closes what still stands after `within`.
    pub async fn drain(mut self, within: Duration) {
        self.looking.abort();
        self.draining.send_replace(true);
        let all = async {
            for serving in &mut self.serving {
                // A serving task that panicked serves no more, which is what is asked for.
                let _ = serving.await;
            }
        };
        if timeout(within, all).await.is_err() {
            let closed = self.reloadable.connections.close_all();
            tracing::warn!(closed, "connections did not end within the drain's limit");
            self.serving.iter().for_each(JoinHandle::abort);
        }
    }
}

impl Reloadable {
    fn reload(&self) -> Result<(), ReloadError> {
        let revoked = self.tls.reload()?;
        let closed = self.connections.close_revoked(&revoked);
        if closed > 0 {
            tracing::warn!(closed, "closed connections of revoked certificates");
        }
        Ok(self.directory.reload()?)
    }

    fn written(&self) -> Vec<Option<(SystemTime, u64)>> {
        let of = |path| std::fs::metadata(path).ok().and_then(|meta| Some((meta.modified().ok()?, meta.len())));
        self.files.iter().map(of).collect()
    }
}

async fn look_at_files(reloadable: Arc<Reloadable>) {
    let mut written = reloadable.written();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = reloadable.written();
        if now != written {
            written = now;
            if let Err(error) = reloadable.reload() {
                tracing::error!(%error, "a file changed and cannot be used; what was in force stays in force");
            }
        }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn grpc(limits: &Limits, window_bytes: u32) -> Grpc {
    Grpc::builder()
        .max_concurrent_streams(limits.streams_per_connection)
        .initial_stream_window_size(window_bytes)
        // A stream that is not read for want of room must not stop the others of its connection.
        .initial_connection_window_size(window_bytes * 4)
        .http2_keepalive_interval(Some(limits.keepalive))
        .http2_keepalive_timeout(Some(limits.keepalive))
        .http2_max_header_list_size(HEADERS_MAX_BYTES)
}

async fn device_services(ingest: Ingest, limits: &Limits) -> Router {
    let (health, service) = tonic_health::server::health_reporter();
    health.set_serving::<IngestServiceServer<Ingest>>().await;
    let ingest = IngestServiceServer::new(ingest).max_decoding_message_size(limits.message_bytes);
    grpc(limits, DEVICE_WINDOW_BYTES).add_service(ingest).add_service(service)
}

fn people_services(alerts: Alerts, admin: Admin, access: Access, on_call: OnCall, limits: &Limits) -> Router {
    grpc(limits, PEOPLE_WINDOW_BYTES)
        .add_service(AlertServiceServer::new(alerts).max_decoding_message_size(PEOPLE_MESSAGE_BYTES))
        .add_service(OnCallServiceServer::new(on_call).max_decoding_message_size(PEOPLE_MESSAGE_BYTES))
        .add_service(AdminServiceServer::new(admin).max_decoding_message_size(PEOPLE_MESSAGE_BYTES))
        .add_service(AccessServiceServer::new(access).max_decoding_message_size(PEOPLE_MESSAGE_BYTES))
}

fn serve(router: Router, listener: TcpListener, gate: Arc<Gate>, mut drains: watch::Receiver<bool>) -> JoinHandle<()> {
    let port = gate.port;
    let incoming = ReceiverStream::new(listen(listener, gate));
    tokio::spawn(async move {
        let stop = async move {
            let _ = drains.wait_for(|draining| *draining).await;
        };
        if let Err(error) = router.serve_with_incoming_shutdown(incoming, stop).await {
            tracing::error!(%error, ?port, "a port stopped serving");
        }
    })
}
