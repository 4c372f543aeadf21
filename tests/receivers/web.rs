//! A receiver of webhooks, as a hospital's pager gateway would be: it checks signatures and counts keys.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::listen_again;

/// The secret that both sides know; 32 bytes.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Takes,
    /// Takes the page, and says nothing: the sender never learns what became of it.
    TakesAndHangs,
    /// For now.
    Refuses,
    /// For good.
    IsGone,
}

/// A page as it arrived.
#[derive(Clone, Debug)]
pub struct Page {
    pub path: String,
    pub key: String,
    pub body: Value,
}

impl Page {
    pub fn is_about(&self, alert: &str) -> bool {
        self.body["data"]["alerts"].as_array().is_some_and(|alerts| alerts.iter().any(|one| one == alert))
    }

    pub fn is_repeat(&self) -> bool {
        self.body["data"]["repeat"].as_bool().expect("each page says whether it is a repeat")
    }
}

/// A receiver at a port of its own.
pub struct WebReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

struct Shared {
    answer: Mutex<Answer>,
    pages: Mutex<Vec<Page>>,
    /// Requests of any kind, whether they were taken or not.
    asked: Mutex<u32>,
    news: Notify,
}

impl WebReceiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            answer: Mutex::new(Answer::Takes),
            pages: Mutex::default(),
            asked: Mutex::default(),
            news: Notify::new(),
        });
        let task = Some(tokio::spawn(serve(listener, Arc::clone(&shared))));
        Self { address, shared, task }
    }

    /// The contact of somebody here.
    pub fn contact(&self, person: &str) -> String {
        format!("webhook:http://{}/{person}", self.address)
    }

    pub fn answer(&self, answer: Answer) {
        *self.shared.answer.lock().expect("no panic") = answer;
    }

    pub fn pages(&self) -> Vec<Page> {
        self.shared.pages.lock().expect("no panic").clone()
    }

    /// How often each key arrived, and how often without being marked as a repeat.
    pub fn keys(&self) -> BTreeMap<String, (u32, u32)> {
        let mut keys = BTreeMap::new();
        for page in self.pages() {
            let (all, firsts): &mut (u32, u32) = keys.entry(page.key.clone()).or_default();
            *all += 1;
            *firsts += u32::from(!page.is_repeat());
        }
        keys
    }

    /// Waits for the first page for which `wanted` holds.
    pub async fn page(&self, wanted: impl Fn(&Page) -> bool) -> Page {
        self.until(|shared| shared.pages.lock().expect("no panic").iter().find(|page| wanted(page)).cloned()).await
    }

    /// Waits until somebody asked so often since the start.
    pub async fn asked(&self, times: u32) {
        self.until(|shared| (*shared.asked.lock().expect("no panic") >= times).then_some(())).await;
    }

    pub fn asked_so_far(&self) -> u32 {
        *self.shared.asked.lock().expect("no panic")
    }

    async fn until<T>(&self, look: impl Fn(&Shared) -> Option<T>) -> T {
        let found = async {
            loop {
                let news = self.shared.news.notified();
                tokio::pin!(news);
                // Registered before the look, so that nothing in between is missed.
                news.as_mut().enable();
                if let Some(found) = look(&self.shared) {
                    return found;
                }
                news.await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(90), found).await.expect("nobody pages")
    }

    /// Stops listening; connections end.
    pub async fn kill(&mut self) {
        let task = self.task.take().expect("it runs");
        task.abort();
        drop(task.await);
    }

    /// Listens on the same port again; what it has taken it still has.
    pub async fn revive(&mut self) {
        self.task = Some(tokio::spawn(serve(listen_again(self.address).await, Arc::clone(&self.shared))));
    }
}

/// Connections end with the task that serves them.
async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        open.spawn(talk(stream, Arc::clone(&shared)));
    }
}

async fn talk(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(page) = read(&mut stream).await {
        let answer = *shared.answer.lock().expect("no panic");
        if matches!(answer, Answer::Takes | Answer::TakesAndHangs) {
            shared.pages.lock().expect("no panic").push(page);
        }
        *shared.asked.lock().expect("no panic") += 1;
        shared.news.notify_waiters();
        let said: &[u8] = match answer {
            Answer::Takes => b"HTTP/1.1 204 Taken\r\n\r\n",
            Answer::TakesAndHangs => return std::future::pending().await,
            Answer::Refuses => b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
            Answer::IsGone => b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
        };
        if stream.write_all(said).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Page> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    let key = headers["webhook-id"].clone();
    let signed = [key.as_bytes(), b".", headers["webhook-timestamp"].as_bytes(), b".", &body].concat();
    let secret = STANDARD.decode(SECRET.trim_start_matches("whsec_")).expect("base64");
    let tag = STANDARD.decode(headers["webhook-signature"].trim_start_matches("v1,")).expect("base64");
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &secret), &signed, &tag).expect("the signature holds");
    Some(Page { path, key, body: serde_json::from_slice(&body).expect("JSON") })
}
