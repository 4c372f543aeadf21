//! The pages per role: whoever follows one gets the job done. Their commands are run as they stand, in a demo's folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tokio::time::Instant;

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// A running demo; killed when it is dropped.
struct Demo {
    dir: PathBuf,
    said: PathBuf,
    child: Child,
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn start(scratch: &Path) -> Self {
        let (dir, said) = (scratch.join("vigil"), scratch.join("said"));
        let child = Command::new(env!("CARGO_BIN_EXE_vigil"))
            .args(["demo", "--patients", "6", "--seed", "1", "--dir"])
            .arg(&dir)
            .stdin(Stdio::null())
            .stdout(File::create(&said).expect("a file"))
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        Self { dir, said, child }
    }

    /// The address after a word of what the demo says: `devices https://... people https://...`.
    fn address(&self, of: &str) -> Option<String> {
        let said = fs::read_to_string(&self.said).ok()?;
        let (_, rest) = said.split_once(&format!("{of} https://"))?;
        rest.split_whitespace().next().map(|at| format!("https://{at}"))
    }

    /// An alert that is open, the most urgent first.
    fn open_alert(&self) -> Option<String> {
        let listed = self.bash("./vigil alerts ls");
        let said = String::from_utf8_lossy(&listed.stdout).into_owned();
        let (_, rest) = said.split_once("sim-")?;
        let id: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-~".contains(*c)).collect();
        Some(format!("sim-{id}"))
    }

    /// Runs commands as a page shows them, but for what depends on the machine: the addresses.
    fn bash(&self, commands: &str) -> Output {
        let people = self.address("people").unwrap_or_default();
        let line = |line: &str| {
            let (command, comment) = line.split_once(" #").unwrap_or((line, ""));
            let asks =
                ["alerts", "patients", "units"].iter().any(|verb| command.starts_with(&format!("./vigil {verb} ")));
            if asks { format!("{command} --server {people} # {comment}") } else { line.to_owned() }
        };
        let lines: Vec<String> = commands.lines().map(line).collect();
        let script = format!("set -euo pipefail\n{}\n", lines.join("\n"));
        let devices = self.address("devices").unwrap_or_default();
        let script = script.replace("https://127.0.0.1:7443", &devices).replace("https://127.0.0.1:7444", &people);
        Command::new("bash").arg("-c").arg(script).current_dir(&self.dir).output().expect("bash runs")
    }

    async fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let limit = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < limit, "{what} does not come: {:?}", fs::read_to_string(&self.said));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Runs every command of a page.
    async fn follow(&self, page: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roles").join(page);
        let commands = commands(&fs::read_to_string(path).expect("the page can be read"));
        assert!(!commands.is_empty(), "{page} has no command");
        for last_try in [false, false, true] {
            let mut asked = commands.clone();
            if asked.contains("p-17~2") {
                let alert = self.until("an alert", || self.open_alert()).await;
                asked = asked.replace("p-17~2", &alert);
            }
            let output = self.bash(&asked);
            if output.status.success() {
                return;
            }
            // An alert may have ended by itself between two commands.
            let told = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
            assert!(!last_try && asked != commands, "{page}:\n{asked}\n{told}");
        }
    }
}

/// What stands between "```sh" and "```".
fn commands(page: &str) -> String {
    let mut found = String::new();
    for block in page.split("```sh\n").skip(1) {
        found += block.split("```").next().unwrap_or_default();
    }
    found
}

#[tokio::test]
async fn whoever_follows_the_page_of_a_role_gets_the_job_done() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut demo = Demo::start(scratch.path());
    demo.until("the demo", || demo.address("people").filter(|_| demo.dir.join("vigil").exists())).await;
    for page in ["administrator.md", "clinician.md", "software-integrator.md", "integrator.md", "compliance.md"] {
        demo.follow(page).await;
    }
    let stopped = Command::new("kill").arg("-TERM").arg(demo.child.id().to_string()).status();
    assert!(stopped.expect("`kill` runs").success());
    let limit = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = demo.child.try_wait().expect("it can be waited for") {
            break status;
        }
        assert!(Instant::now() < limit, "the demo does not drain");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(status.success(), "the demo ends in order: {status}");
    demo.follow("sre.md").await;
}

#[test]
fn commands_are_what_stands_in_shell_blocks() {
    assert_eq!(commands("a\n```sh\nb # c\n```\nd\n```text\ne\n```\n```sh\nf\n```\n"), "b # c\nf\n");
}
