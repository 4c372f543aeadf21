//! TLS channels to a running platform.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

/// Why a channel cannot be made. Says which file or address, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// A file of the PKI folder, or a token, cannot be read.
    #[error("reading {}: {source}; `vigil pki init DIR` makes a development PKI", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The address is no URL, or TLS cannot be set up with these certificates.
    #[error("setting up TLS to {url}: {detail}; allowed is https://HOST:PORT")]
    Setup {
        /// The address.
        url: String,
        /// Why.
        detail: String,
    },
    /// A token file that holds no token.
    #[error("{} holds no token: one line of visible characters is allowed", path.display())]
    Token {
        /// The file.
        path: PathBuf,
    },
    /// Nobody answers, or the handshake fails.
    #[error("connecting to {url}: {detail}")]
    Connect {
        /// The address.
        url: String,
        /// Why.
        detail: String,
    },
}

/// A certificate chain and its key, both PEM.
#[derive(Clone)]
pub struct Credentials {
    /// The chain, the speaker's own certificate first.
    pub certificate_pem: String,
    /// Its private key.
    pub key_pem: String,
}

/// Reads a PEM file.
///
/// # Errors
/// [`ChannelError::Read`].
pub fn read_pem(path: &Path) -> Result<String, ChannelError> {
    std::fs::read_to_string(path).map_err(|source| ChannelError::Read { path: path.to_owned(), source })
}

/// An endpoint that trusts `ca_pem` alone and shows `credentials`, where the other side asks for them. Notices a peer
/// that went away without a word within 15 s.
///
/// # Errors
/// [`ChannelError::Setup`].
pub fn endpoint(url: &str, ca_pem: &str, credentials: Option<&Credentials>) -> Result<Endpoint, ChannelError> {
    let setup = |error: tonic::transport::Error| ChannelError::Setup { url: url.to_owned(), detail: reason(&error) };
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca_pem));
    if let Some(own) = credentials {
        tls = tls.identity(Identity::from_pem(&own.certificate_pem, &own.key_pem));
    }
    Ok(Endpoint::from_shared(url.to_owned())
        .map_err(setup)?
        .tls_config(tls)
        .map_err(setup)?
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(5))
        .keep_alive_timeout(Duration::from_secs(10))
        .keep_alive_while_idle(true))
}

/// Connects now.
///
/// # Errors
/// [`ChannelError::Connect`].
pub async fn connect(endpoint: &Endpoint) -> Result<Channel, ChannelError> {
    endpoint
        .connect()
        .await
        .map_err(|error| ChannelError::Connect { url: endpoint.uri().to_string(), detail: reason(&error) })
}

/// An error with everything below it: the top alone says only "transport error".
#[must_use]
pub fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        below = cause.source();
    }
    text
}

/// Puts a person's bearer token on every call of ports 7444 and above.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    /// Reads the token from a file.
    ///
    /// # Errors
    /// [`ChannelError::Token`].
    pub fn from_file(path: &Path) -> Result<Self, ChannelError> {
        let text = read_pem(path)?;
        format!("Bearer {}", text.trim()).parse().map(Self).map_err(|_| ChannelError::Token { path: path.to_owned() })
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}
