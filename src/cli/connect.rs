//! How verbs that speak to a running platform reach it.

use std::path::PathBuf;

use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::failure::{Failure, exit};
use crate::client::channel::{self, Bearer, ChannelError};

/// A channel on which every request carries the person's token.
pub(super) type People = InterceptedService<Channel, Bearer>;

/// Which platform, and who asks.
#[derive(Debug, clap::Args)]
pub(super) struct ConnectArgs {
    /// Where the platform listens for people.
    #[arg(long, global = true, default_value = "https://127.0.0.1:7444")]
    server: String,
    /// Certificate of the authority that signed the server's.
    #[arg(long, global = true, default_value = "pki/ca.pem")]
    ca: PathBuf,
    /// File with your token.
    #[arg(long, global = true, default_value = "vigil.token")]
    token_file: PathBuf,
    /// One JSON object per line.
    #[arg(long, global = true)]
    pub json: bool,
}

impl ConnectArgs {
    /// Connects.
    pub(super) async fn people(&self) -> Result<People, Failure> {
        let bearer = Bearer::from_file(&self.token_file)?;
        let endpoint = channel::endpoint(&self.server, &channel::read_pem(&self.ca)?, None)?;
        Ok(InterceptedService::new(channel::connect(&endpoint).await?, bearer))
    }
}

/// Runs what a verb asks to its end.
pub(super) fn block_on<T>(asking: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asking)
}

impl From<ChannelError> for Failure {
    fn from(error: ChannelError) -> Self {
        let code = match error {
            ChannelError::Connect { .. } => exit::UNAVAILABLE,
            _ => exit::BAD_CONFIG,
        };
        Self::new(code, error)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let code = match status.code() {
            Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => exit::UNAVAILABLE,
            Code::Unauthenticated => exit::BAD_CONFIG,
            _ => exit::NO,
        };
        Self::new(code, status.message())
    }
}
