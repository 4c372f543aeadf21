//! The figures of a running server.

use vigil::client::channel::{Bearer, connect, endpoint, read_pem};
use vigil::proto::admin_service_client::AdminServiceClient;
use vigil::proto::{StatusRequest, StatusResponse};

use super::site::Site;

/// The figures now.
pub async fn figures(site: &Site) -> StatusResponse {
    let ca_pem = read_pem(&site.path("pki/ca.pem")).unwrap();
    let endpoint = endpoint(&format!("https://127.0.0.1:{}", site.people_port), &ca_pem, None).unwrap();
    let bearer = Bearer::from_file(&site.path("ada.token")).unwrap();
    let mut admin = AdminServiceClient::with_interceptor(connect(&endpoint).await.unwrap(), bearer);
    admin.status(StatusRequest {}).await.unwrap().into_inner()
}
