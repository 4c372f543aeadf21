//! An SMTP server that keeps what it is given.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::listen_again;

/// A server at a port of its own.
pub struct MailReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    mails: Mutex<Vec<String>>,
    news: Notify,
}

impl MailReceiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let task = Some(tokio::spawn(serve(listener, Arc::clone(&shared))));
        Self { address, shared, task }
    }

    /// How the platform reaches it.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Waits for a mail that has this text.
    pub async fn mail(&self, text: &str) -> String {
        let found = async {
            loop {
                let news = self.shared.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if let Some(mail) = self.mails().into_iter().find(|mail| mail.contains(text)) {
                    return mail;
                }
                news.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(90), found).await.expect("no mail comes")
    }

    pub fn mails(&self) -> Vec<String> {
        self.shared.mails.lock().expect("no panic").clone()
    }

    /// Stops listening; connections end.
    pub async fn kill(&mut self) {
        let task = self.task.take().expect("it runs");
        task.abort();
        drop(task.await);
    }

    /// Listens on the same port again.
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

async fn talk(stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.example\r\n").await.ok()?;
    loop {
        let line = line(&mut stream).await?;
        let verb = line.split([' ', '\r']).next().unwrap_or("").to_ascii_uppercase();
        match verb.as_str() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    mail.push_str(&self::line(&mut stream).await?);
                }
                shared.mails.lock().expect("no panic").push(mail);
                shared.news.notify_waiters();
                stream.write_all(b"250 taken\r\n").await.ok()?;
            }
            "QUIT" => {
                drop(stream.write_all(b"221 bye\r\n").await);
                return None;
            }
            _ => stream.write_all(b"250 fine\r\n").await.ok()?,
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    Some(line)
}
