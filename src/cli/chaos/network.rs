//! The network between devices and platform: a process that carries bytes, or does what a bad network does.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::site::Site;
use crate::cli::Failure;

/// The file that says what the network does.
pub const FILE: &str = "network";
const LOOK_EVERY: Duration = Duration::from_millis(50);
const CHUNK_BYTES: usize = 16 << 10;
/// A slow network carries so much at once, each 20 ms: some 50 kB/s.
const SLOW_BYTES: usize = 1 << 10;
const SLOW_EVERY: Duration = Duration::from_millis(20);
/// A late network carries each piece after this time.
const LATE: Duration = Duration::from_millis(300);

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Weather {
    /// Carries everything at once.
    Fair,
    /// Carries everything, later.
    Late,
    /// Carries little at a time.
    Slow,
    /// Carries nothing; what waits is carried when it is fair again.
    Stalled,
    /// Loses what is sent, and says nothing: connections are half open.
    Gone,
    /// Ends every connection at once, then is fair.
    Reset,
}

impl Weather {
    fn read(site: &Site) -> Option<Self> {
        let text = std::fs::read_to_string(site.path(FILE)).ok()?;
        clap::ValueEnum::from_str(text.trim(), true).ok()
    }

    /// As the file has it.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Carries until the process is ended.
///
/// # Errors
/// The port cannot be taken.
pub async fn carry_all(site: &Site) -> Result<(), Failure> {
    let [devices, _, network] = site.ports()?;
    let listener = TcpListener::bind(("127.0.0.1", network)).await?;
    let to = SocketAddr::from(([127, 0, 0, 1], devices));
    let (weather, watched) = watch::channel(Weather::Fair);
    eprintln!("network: ready");
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (device, _) = accepted?;
                tokio::spawn(join(device, to, watched.clone()));
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if let Some(now) = Weather::read(site) {
            weather.send_if_modified(|weather| std::mem::replace(weather, now) != now);
        }
    }
}

async fn join(device: TcpStream, to: SocketAddr, weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let (from_device, to_device) = device.into_split();
    let (from_server, to_server) = server.into_split();
    let mut ending = weather.clone();
    ending.mark_unchanged();
    let mut there = tokio::spawn(carry(from_device, to_server, weather.clone()));
    let mut back = tokio::spawn(carry(from_server, to_device, weather));
    tokio::select! {
        _ = &mut there => {}
        _ = &mut back => {}
        () = reset(&mut ending) => {}
    }
    there.abort();
    back.abort();
}

/// Resolves when the weather changes to one that ends connections.
async fn reset(weather: &mut watch::Receiver<Weather>) {
    while weather.changed().await.is_ok() {
        if *weather.borrow_and_update() == Weather::Reset {
            return;
        }
    }
}

/// Carries one way until either end is gone, or bytes were lost: TLS does not go on without them.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: watch::Receiver<Weather>) {
    let mut bytes = vec![0; CHUNK_BYTES];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if weather.wait_for(|weather| *weather != Weather::Stalled).await.is_err() {
            return;
        }
        let now = *weather.borrow_and_update();
        let written = match now {
            Weather::Gone => {
                // Nobody hears of it before there is a network again.
                let _ = weather.wait_for(|weather| *weather != Weather::Gone).await;
                return;
            }
            Weather::Late => {
                tokio::time::sleep(LATE).await;
                to.write_all(&bytes[..count]).await
            }
            Weather::Slow => slowly(&mut to, &bytes[..count]).await,
            Weather::Fair | Weather::Reset | Weather::Stalled => to.write_all(&bytes[..count]).await,
        };
        if written.is_err() {
            return;
        }
    }
}

async fn slowly(to: &mut OwnedWriteHalf, bytes: &[u8]) -> std::io::Result<()> {
    for piece in bytes.chunks(SLOW_BYTES) {
        to.write_all(piece).await?;
        tokio::time::sleep(SLOW_EVERY).await;
    }
    Ok(())
}
