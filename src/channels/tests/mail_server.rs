//! An SMTP server that takes mail, or behaves badly.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::conformance::{LIMIT, Mood, Provider, message};
use crate::channels::{Channel, Email};

type Mails = Arc<Mutex<Vec<String>>>;

pub struct MailServer {
    channel: Email,
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    mails: Mails,
    task: Option<JoinHandle<()>>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let channel = Email::new(&format!("smtp://{address}"), "vigil@hospital.example").expect("a URL").within(LIMIT);
        let (mood, mails) = (Arc::new(Mutex::new(Mood::Takes)), Mails::default());
        let task = Some(tokio::spawn(serve(listener, Arc::clone(&mood), Arc::clone(&mails))));
        Self { channel, address, mood, mails, task }
    }
}

impl Provider for MailServer {
    fn channel(&self) -> &dyn Channel {
        &self.channel
    }

    fn address(&self) -> String {
        "nurse@hospital.example".into()
    }

    fn behave(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    fn arrived(&self) -> Vec<String> {
        let mails = self.mails.lock().expect("no panic");
        let key = |mail: &String| {
            let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: <"))?;
            Some(id.split('@').next()?.to_owned())
        };
        mails.iter().map(|mail| key(mail).expect("a message id")).collect()
    }

    async fn kill(&mut self) {
        let task = self.task.take().expect("it runs");
        task.abort();
        drop(task.await);
    }

    async fn revive(&mut self) {
        let listener = listen_again(self.address).await;
        self.task = Some(tokio::spawn(serve(listener, Arc::clone(&self.mood), Arc::clone(&self.mails))));
    }
}

/// The port is free once the connections of the one before have ended.
pub async fn listen_again(address: SocketAddr) -> TcpListener {
    let tries = async {
        loop {
            if let Ok(listener) = TcpListener::bind(address).await {
                return listener;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), tries).await.expect("the port is free again")
}

async fn serve(listener: TcpListener, mood: Arc<Mutex<Mood>>, mails: Mails) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        open.spawn(talk(stream, Arc::clone(&mood), Arc::clone(&mails)));
    }
}

async fn talk(stream: TcpStream, mood: Arc<Mutex<Mood>>, mails: Mails) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.example\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let now = *mood.lock().expect("no panic");
        let verb = line.split([' ', '\r']).next().unwrap_or("").to_ascii_uppercase();
        let answer: &[u8] = match (verb.as_str(), now) {
            ("EHLO" | "HELO", Mood::Hangs) => return std::future::pending().await,
            ("EHLO" | "HELO", _) => b"250 mail.example\r\n",
            ("RCPT", Mood::RefusesForNow) => b"450 try later\r\n",
            ("RCPT", Mood::RefusesForGood | Mood::Redirects) => b"551 not here\r\n",
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                let mail = text(&mut stream).await?;
                let now = *mood.lock().expect("no panic");
                match now {
                    Mood::Resets => return None,
                    Mood::Hangs => return std::future::pending().await,
                    Mood::Endless => {
                        // Slowly: the client's library reads all of it again with each line.
                        let mut pace = tokio::time::interval(Duration::from_millis(2));
                        while stream.write_all(b"250-and so on\r\n").await.is_ok() {
                            pace.tick().await;
                        }
                        return None;
                    }
                    _ => mails.lock().expect("no panic").push(mail),
                }
                b"250 taken\r\n"
            }
            ("QUIT", _) => {
                drop(stream.write_all(b"221 bye\r\n").await);
                return None;
            }
            _ => b"250 fine\r\n",
        };
        stream.write_all(answer).await.ok()?;
    }
}

async fn text(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut mail = String::new();
    while !mail.ends_with("\r\n.\r\n") {
        stream.read_line(&mut mail).await.ok().filter(|read| *read > 0)?;
    }
    Some(mail)
}

#[tokio::test]
async fn mail_says_priority_and_link_and_whether_it_is_a_repeat() {
    let server = MailServer::start().await;
    let repeat = crate::channels::Message { repeat: true, ..message("k1") };
    server.channel.send(&repeat, &server.address()).await;
    let mail = server.mails.lock().expect("no panic")[0].clone();
    for wanted in [
        "Subject: high: spo2_low in icu",
        "From: vigil@hospital.example",
        "To: nurse@hospital.example",
        "https://vigil.example/alerts/p-7~3",
        "This is a repeat",
    ] {
        assert!(mail.contains(wanted), "{wanted}: {mail}");
    }
}

#[test]
fn a_wrong_server_is_named_without_its_password() {
    let error = Email::new("smtp//user:secret@host", "vigil@hospital.example").err().expect("an error").to_string();
    assert!(!error.contains("secret"), "{error}");
    assert!(Email::new("smtp://localhost", "nobody").is_err());
}
