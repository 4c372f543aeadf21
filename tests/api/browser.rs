//! A client of the port of browsers: HTTP/2 or HTTP/1.1 over real TLS, with a cookie or a token.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longer than anything here takes; a test that reaches it has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a dashboard is.
pub trait Reach {
    /// The name on its certificate.
    fn host(&self) -> &'static str;
    /// Its port on this machine.
    fn port(&self) -> u16;
    /// Who signed its certificate.
    fn ca_pem(&self) -> String;
}

enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// What came back.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answered {
    #[track_caller]
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {text}", self.status))
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A client with its connection.
pub struct Browser {
    sender: Sender,
    origin: String,
    /// Sent with each request.
    pub headers: HeaderMap,
    keys: u32,
}

async fn tls(site: &impl Reach, protocol: &[u8]) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(site.ca_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let socket = TcpStream::connect(("127.0.0.1", site.port())).await.unwrap();
    let name = ServerName::try_from(site.host()).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

impl Browser {
    /// Connects with HTTP/2.
    pub async fn open(site: &impl Reach) -> Self {
        let io = TokioIo::new(tls(site, b"h2").await);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        Self::with(site, Sender::Two(sender))
    }

    /// Connects with HTTP/1.1.
    pub async fn open_http1(site: &impl Reach) -> Self {
        let io = TokioIo::new(tls(site, b"http/1.1").await);
        let (sender, connection) = http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        Self::with(site, Sender::One(sender))
    }

    /// Connects, and shows the token of an account with each request.
    pub async fn with_token(site: &impl Reach, token: &str) -> Self {
        let mut browser = Self::open(site).await;
        browser.set("authorization", &format!("Bearer {token}"));
        browser
    }

    fn with(site: &impl Reach, sender: Sender) -> Self {
        let origin = format!("https://{}:{}", site.host(), site.port());
        let mut browser = Self { sender, origin: origin.clone(), headers: HeaderMap::new(), keys: 0 };
        browser.set("origin", &origin);
        browser
    }

    pub fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }

    /// Signs in, and keeps the cookie.
    pub async fn sign_in(&mut self, person: &str, password: &str) -> Answered {
        let said = serde_json::json!({ "person": person, "password": password });
        let answered = self.post("/api/v1/session", &said).await;
        if answered.status == StatusCode::OK {
            let cookie = answered.header("set-cookie").split(';').next().unwrap().to_owned();
            self.set("cookie", &cookie);
        }
        answered
    }

    pub async fn get(&mut self, path: &str) -> Answered {
        whole(self.send(Method::GET, path, None).await).await
    }

    /// Posts with a key of its own.
    pub async fn post(&mut self, path: &str, body: &Value) -> Answered {
        self.keys += 1;
        self.set("idempotency-key", &format!("key-{}", self.keys));
        self.post_again(path, body).await
    }

    /// Posts with the key of the post before.
    pub async fn post_again(&mut self, path: &str, body: &Value) -> Answered {
        whole(self.send(Method::POST, path, Some(body.to_string())).await).await
    }

    pub async fn delete(&mut self, path: &str) -> Answered {
        whole(self.send(Method::DELETE, path, None).await).await
    }

    /// Sends; the body of what comes back has not been read.
    pub async fn send(&mut self, method: Method, path: &str, body: Option<String>) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if body.is_some() && !self.headers.contains_key("content-type") {
            request = request.header("content-type", "application/json");
        }
        let body = Full::new(Bytes::from(body.unwrap_or_default()));
        let sent = async {
            match &mut self.sender {
                Sender::One(sender) => {
                    let host = self.origin.trim_start_matches("https://").to_owned();
                    let request = request.uri(path).header("host", host).body(body).unwrap();
                    sender.send_request(request).await
                }
                Sender::Two(sender) => sender.send_request(request.body(body).unwrap()).await,
            }
        };
        timeout(PATIENCE, sent).await.expect("an answer in time").unwrap()
    }
}

async fn whole(response: Response<Incoming>) -> Answered {
    let (parts, body) = response.into_parts();
    let body = timeout(PATIENCE, body.collect()).await.expect("a body in time").unwrap().to_bytes();
    Answered { status: parts.status, headers: parts.headers, body }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

/// A stream of server-sent events.
pub struct Events {
    body: Incoming,
    text: String,
}

impl Events {
    pub async fn open(browser: &mut Browser, path: &str) -> Self {
        let response = browser.send(Method::GET, path, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next event; `None` where the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (parse(event), rest.to_owned());
                self.text = rest;
                return Some(event);
            }
            let frame = timeout(PATIENCE, self.body.frame()).await.expect("an event in time")?;
            let data = frame.ok()?.into_data().ok()?;
            self.text.push_str(std::str::from_utf8(&data).unwrap());
        }
    }

    /// The next event of this name.
    pub async fn next_of(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == name {
                return event;
            }
        }
    }
}

fn parse(text: &str) -> Event {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    Event {
        name: field("event").unwrap_or_default().to_owned(),
        id: field("id").map(ToOwned::to_owned),
        data: serde_json::from_str(field("data").unwrap_or("null")).unwrap(),
    }
}
