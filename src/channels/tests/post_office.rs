//! A web server that takes posts, or behaves badly: the other side of webhooks and of Web Push.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::conformance::{LIMIT, Mood, Provider};
use crate::channels::{Channel, WebClient, WebPush, Webhook};
use crate::clock::Clock;

/// 32 bytes.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

/// One post as it arrived.
#[derive(Clone, Debug)]
pub struct Post {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Post {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

type Posts = Arc<Mutex<Vec<Post>>>;

pub struct PostOffice {
    channel: Box<dyn Channel>,
    address: SocketAddr,
    suffix: String,
    mood: Arc<Mutex<Mood>>,
    posts: Posts,
    task: Option<JoinHandle<()>>,
    /// The private key of the subscription, where pushes are taken.
    pub receiver: Option<(PrivateKey, [u8; 16])>,
}

impl PostOffice {
    pub async fn webhook() -> Self {
        let webhook = Webhook::new(client(), SECRET, Clock::system()).expect("a secret");
        Self::start(Box::new(webhook), "/hook".into(), None).await
    }

    pub async fn web_push() -> Self {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &aws_lc_rs::rand::SystemRandom::new())
            .expect("a key");
        let push = WebPush::new(client(), key.as_ref(), "mailto:ops@hospital.example", Clock::system()).expect("a key");
        let (receiver, auth) = (PrivateKey::generate(&ECDH_P256).expect("a key"), [7; 16]);
        let public = URL_SAFE_NO_PAD.encode(receiver.compute_public_key().expect("a public key").as_ref());
        let suffix = format!("/push/s1#p256dh={public}&auth={}", URL_SAFE_NO_PAD.encode(auth));
        Self::start(Box::new(push), suffix, Some((receiver, auth))).await
    }

    async fn start(channel: Box<dyn Channel>, suffix: String, receiver: Option<(PrivateKey, [u8; 16])>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (mood, posts) = (Arc::new(Mutex::new(Mood::Takes)), Posts::default());
        let task = Some(tokio::spawn(serve(listener, Arc::clone(&mood), Arc::clone(&posts))));
        Self { channel, address, suffix, mood, posts, task, receiver }
    }

    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().expect("no panic").clone()
    }
}

pub fn client() -> WebClient {
    WebClient::new(None).expect("a client").within(LIMIT)
}

impl Provider for PostOffice {
    fn channel(&self) -> &dyn Channel {
        &*self.channel
    }

    fn address(&self) -> String {
        format!("http://{}{}", self.address, self.suffix)
    }

    fn behave(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    fn arrived(&self) -> Vec<String> {
        let taken = self.posts().into_iter();
        match &self.receiver {
            None => taken.map(|post| post.header("webhook-id").to_owned()).collect(),
            Some((private, auth)) => taken.map(|post| super::push::key_of(&post, private, auth)).collect(),
        }
    }

    async fn kill(&mut self) {
        let task = self.task.take().expect("it runs");
        task.abort();
        drop(task.await);
    }

    async fn revive(&mut self) {
        let listener = super::mail_server::listen_again(self.address).await;
        self.task = Some(tokio::spawn(serve(listener, Arc::clone(&self.mood), Arc::clone(&self.posts))));
    }
}

/// Connections end with the task that serves them.
async fn serve(listener: TcpListener, mood: Arc<Mutex<Mood>>, posts: Posts) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        open.spawn(talk(stream, Arc::clone(&mood), Arc::clone(&posts)));
    }
}

async fn talk(stream: TcpStream, mood: Arc<Mutex<Mood>>, posts: Posts) {
    let mut stream = BufReader::new(stream);
    while let Some(post) = read(&mut stream).await {
        let mood = *mood.lock().expect("no panic");
        let answer: &[u8] = match mood {
            Mood::Takes => {
                posts.lock().expect("no panic").push(post);
                b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"
            }
            Mood::RefusesForNow => b"HTTP/1.1 503 Busy\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n",
            Mood::RefusesForGood => b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
            Mood::Redirects => b"HTTP/1.1 307 Elsewhere\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n",
            Mood::Resets => return,
            Mood::Hangs => return std::future::pending().await,
            Mood::Endless => {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await);
                while stream.write_all(b"400\r\n").await.is_ok() && stream.write_all(&[b'x'; 0x400]).await.is_ok() {
                    if stream.write_all(b"\r\n").await.is_err() {
                        break;
                    }
                }
                return;
            }
        };
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Post> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Post { path, headers, body })
}
