//! The bare pipeline, built from a copy of its folder and driven by its own command line.

use std::error::Error;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The copy's build script: as its own, but needs no `protoc`.
const BUILD_SCRIPT: &str = r#"fn main() {
    let files = protox::compile(["proto/s.proto"], ["proto"]).unwrap();
    tonic_prost_build::configure().compile_fds(files).unwrap();
}
"#;

/// The program.
pub struct Bare {
    program: PathBuf,
    scratch: PathBuf,
}

/// What its client says.
#[derive(Clone, Copy, Debug)]
pub struct BareFigures {
    /// Receipted readings per second.
    pub per_second: f64,
    /// Latency of receipts.
    pub p50_us: f64,
    /// Latency of receipts.
    pub p99_us: f64,
}

/// One shape of load.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Devices.
    pub devices: usize,
    /// Connections.
    pub connections: usize,
    /// Streams over all connections.
    pub streams: usize,
    /// Readings in a message.
    pub batch: usize,
    /// Messages in flight per stream.
    pub window: usize,
    /// Readings in all.
    pub total: usize,
}

impl Bare {
    /// Builds it; `None` where its folder is not there.
    pub fn build(target: &Path) -> Outcome<Option<Self>> {
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/bare_pipeline");
        let source = std::env::var_os("BARE_PIPELINE").map_or(beside, PathBuf::from);
        if !source.join("Cargo.toml").exists() {
            return Ok(None);
        }
        let copy = target.join("bare_pipeline");
        for file in ["src/pipe.rs", "proto/s.proto"] {
            fs::create_dir_all(copy.join(file).parent().unwrap_or(&copy))?;
            fs::copy(source.join(file), copy.join(file))?;
        }
        // A workspace of its own: the copy lies inside another package.
        let manifest = fs::read_to_string(source.join("Cargo.toml"))?
            .replace("[build-dependencies]", "[build-dependencies]\nprotox = \"0.10\"");
        fs::write(copy.join("Cargo.toml"), manifest + "\n[workspace]\n")?;
        fs::write(copy.join("build.rs"), BUILD_SCRIPT)?;
        eprintln!("bench: builds the bare pipeline in {}", copy.display());
        let built = Command::new(env!("CARGO"))
            .args(["build", "--release", "--quiet"])
            .current_dir(&copy)
            .env("CARGO_TARGET_DIR", copy.join("target"))
            .status()?;
        if !built.success() {
            return Err("the bare pipeline does not build".into());
        }
        Ok(Some(Self { program: copy.join("target/release/pipe"), scratch: target.to_owned() }))
    }

    /// Starts its server, runs its client once, and ends both.
    pub async fn measure(&self, shape: Shape) -> Outcome<BareFigures> {
        let dir = tempfile::Builder::new().prefix("bare-").tempdir_in(&self.scratch)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port().to_string();
        let devices = shape.devices.to_string();
        let server = Command::new(&self.program)
            .args(["server", &devices, "2", "2pc", "block", "0", &port])
            .env("DIR", dir.path())
            .stdout(Stdio::null())
            .spawn()?;
        let _server = Ending(server);
        let give_up = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            if Instant::now() > give_up {
                return Err("the bare pipeline does not listen".into());
            }
            sleep_until(Instant::now() + Duration::from_millis(20)).await;
        }
        let numbers = [shape.streams, shape.batch, shape.total, shape.window].map(|number| number.to_string());
        let told = Command::new(&self.program)
            .args(["client", &devices, &numbers[0], &numbers[1], &numbers[2], &numbers[3], &port])
            .env("DIR", dir.path())
            .env("CONNS", shape.connections.to_string())
            .output()?;
        let line = String::from_utf8_lossy(&told.stdout);
        figures(&line).ok_or_else(|| format!("the bare pipeline said: {line}").into())
    }
}

/// `...: 206000 readings/s durable, receipt p50 1200us p99 2600us`
fn figures(line: &str) -> Option<BareFigures> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let before = |word: &str| words.iter().position(|known| *known == word)?.checked_sub(1);
    let after = |word: &str| Some(words.iter().position(|known| *known == word)? + 1);
    let number = |at: usize| words.get(at)?.trim_end_matches("us").parse().ok();
    Some(BareFigures {
        per_second: number(before("readings/s")?)?,
        p50_us: number(after("p50")?)?,
        p99_us: number(after("p99")?)?,
    })
}

/// A process that is ended with its owner.
pub struct Ending(pub Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // Ended already: so be it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
