//! What happens to alerts, from the platform's own service, as every other client hears it.

use std::time::Duration;

use tokio::sync::mpsc;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

use crate::client::channel::Bearer;
use crate::proto;
use crate::proto::alert_service_client::AlertServiceClient;

/// Before a lost service is called again.
const AGAIN: Duration = Duration::from_millis(500);

/// News of alerts.
pub enum News {
    /// What stands now.
    List(Vec<proto::Alert>),
    /// Something happened.
    Update(Box<proto::AlertUpdate>),
    /// The service cannot be reached.
    Lost,
}

/// Follows the service until nobody listens any more. After a loss it resumes behind the last position, so that
/// nothing is missed.
pub async fn follow(endpoint: Endpoint, bearer: Bearer, news: mpsc::Sender<News>) {
    let mut client = AlertServiceClient::with_interceptor(endpoint.connect_lazy(), bearer);
    let mut position = None;
    while !news.is_closed() {
        // Why it was lost does not matter to a view: it says that it is.
        let _ = listen(&mut client, &news, &mut position).await;
        if news.send(News::Lost).await.is_err() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

type Client = AlertServiceClient<InterceptedService<Channel, Bearer>>;

async fn listen(
    client: &mut Client,
    news: &mpsc::Sender<News>,
    position: &mut Option<u64>,
) -> Result<(), tonic::Status> {
    let gone = |_| tonic::Status::cancelled("nobody listens");
    if position.is_none() {
        let listed = client.list(proto::ListAlertsRequest::default()).await?.into_inner();
        *position = Some(listed.position);
        news.send(News::List(listed.alerts)).await.map_err(gone)?;
    }
    let request = proto::WatchAlertsRequest { from_position: *position, unit: String::new() };
    let mut updates = client.watch(request).await?.into_inner();
    while let Some(update) = updates.message().await? {
        *position = Some(update.position);
        news.send(News::Update(Box::new(update))).await.map_err(gone)?;
    }
    Ok(())
}
