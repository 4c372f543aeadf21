//! Processes of the program under test, with expectations. Nothing waits for a fixed time: what is awaited is polled
//! until a deadline, and a test that reaches the deadline has failed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

/// Longer than anything here takes, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(3);
/// Between two looks at something that is awaited.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// These tests measure times and load the machine: one at a time.
pub async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// Looks until there is something.
pub async fn until<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let limit = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < limit, "{what} does not come within {within:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What a process said, and how it ended.
pub struct Said {
    what: String,
    /// `None`: it was killed.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// It must have ended with one of these codes, and not by a panic.
    pub fn expect_one_of(self, codes: &[i32]) -> Self {
        let told = format!("{}: exit {:?}\n{}\n{}", self.what, self.code, self.out, self.err);
        assert!(!self.err.contains("panicked at"), "{told}");
        assert!(self.code.is_some_and(|code| codes.contains(&code)), "allowed: {codes:?}; {told}");
        self
    }

    /// It must have ended with this code, and not by a panic.
    pub fn expect(self, code: i32) -> Self {
        self.expect_one_of(&[code])
    }

    /// Its errors must hold all of these.
    pub fn expect_said(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "{} does not say `{part}`, but:\n{}", self.what, self.err);
        }
        self
    }

    /// Its answer as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{}: {error}\n{}", self.what, self.out))
    }
}

/// A running process; killed when it is dropped.
pub struct Running {
    what: String,
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Starts the program; what it says is kept in `dir`.
    pub fn start(dir: &Path, args: &[&str]) -> Self {
        Self::start_with(dir, args, &[])
    }

    /// The same, with variables of the environment.
    pub fn start_with(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Self {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let verb = args.first().copied().unwrap_or_default();
        let (out, err) = (dir.join(format!("{verb}-{number}.out")), dir.join(format!("{verb}-{number}.err")));
        let child = Command::new(env!("CARGO_BIN_EXE_vigil"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(args)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("a file for the answer"))
            .stderr(File::create(&err).expect("a file for errors"))
            .spawn()
            .expect("the program runs");
        Self { what: format!("vigil {verb}"), child, out, err }
    }

    /// What it said on standard error so far.
    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.err).expect("the errors can be read")).into_owned()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and no trace of it left.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Sends a signal by name, for example `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("`kill` runs").success(), "{} takes no signal", self.what);
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<Said> {
        let status = self.child.try_wait().expect("it can be waited for")?;
        let out = String::from_utf8_lossy(&fs::read(&self.out).expect("the answer can be read")).into_owned();
        Some(Said { what: self.what.clone(), code: status.code(), out, err: self.errors() })
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Said {
        let what = format!("the end of {}", self.what);
        until(&what, PATIENCE, || self.ended()).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
