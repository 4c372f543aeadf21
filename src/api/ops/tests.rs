//! The port while no platform runs. With one: `tests/recordings/operations.rs`.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Operations;
use crate::metrics::Metrics;

async fn get(at: SocketAddr, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(at).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: vigil\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[tokio::test]
async fn while_the_journal_is_opened_the_process_lives_and_says_why_it_is_not_ready() {
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let operations = Operations::listen(local, std::env::temp_dir(), Metrics::new()).await.unwrap();
    let at = operations.address();
    assert_eq!(get(at, "/livez").await.0, 200);
    let (status, answer) = get(at, "/readyz").await;
    assert_eq!(status, 503, "{answer}");
    assert!(
        answer.contains(r#"{"ready":false,"reasons":[{"check":"platform","why":"the journal is being opened"#),
        "{answer}"
    );
    let (status, page) = get(at, "/metrics").await;
    assert_eq!(status, 200);
    assert!(page.contains("content-type: text/plain; version=0.0.4"), "{page}");
    assert!(page.contains("\nvigil_journal_can_sync 0\n"), "{page}");
    operations.down("it drains");
    assert!(get(at, "/readyz").await.1.contains("it drains"));
    assert_eq!(get(at, "/elsewhere").await.0, 404);
}
