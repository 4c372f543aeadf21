//! A client in another language, generated from the proto files: what integrators do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::harness::{Site, now, site};
use super::ward::{admit, register};

fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("python").join(part)
}

fn source(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(part)
}

/// Runs a step; one that fails says in one line what to install or to mend.
fn done(what: &str, remedy: &str, command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{what}: {error}: {remedy}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {}: {remedy}", said.trim().replace('\n', " | "));
    output
}

/// An interpreter with what `tests/python/NAME.txt` names, in a folder of its own under `target`.
pub fn interpreter(name: &str) -> PathBuf {
    let (venv, requirements) = (folder(&format!("venv-{name}")), source(&format!("tests/python/{name}.txt")));
    let python = venv.join("bin/python");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    let complete = folder(&format!("installed-{name}.txt"));
    if std::fs::read_to_string(&complete).is_ok_and(|installed| installed == wanted) && python.exists() {
        return python;
    }
    let remedy = "install python3 (3.10 or newer) with its venv module";
    done("make a virtual environment", remedy, Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
    let remedy = "make a package index reachable for pip, so that it can install what the tests need";
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    done("install what a test needs", remedy, Command::new(&python).args(pip).arg(&requirements));
    std::fs::write(complete, wanted).unwrap();
    python
}

fn generate(python: &Path) -> PathBuf {
    let (out, proto) = (folder("generated"), source("proto"));
    std::fs::create_dir_all(&out).unwrap();
    let mut command = Command::new(python);
    command.args(["-m", "grpc_tools.protoc"]).arg(format!("-I{}", proto.display()));
    command.arg(format!("--python_out={}", out.display())).arg(format!("--grpc_python_out={}", out.display()));
    let files = ["options", "ingest", "alerts"].map(|name| proto.join(format!("vigil/v1/{name}.proto")));
    done("generate the client", "mend the proto files", command.args(files));
    out
}

fn pki(site: &Site) -> PathBuf {
    site.config.pki.ca.parent().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_python_client_sends_readings_and_answers_the_alert() {
    // First, since it takes longer than a device may be silent.
    let (python, generated) = tokio::task::spawn_blocking(|| {
        let python = interpreter("requirements");
        let generated = generate(&python);
        (python, generated)
    })
    .await
    .unwrap();
    let mut site = site().await;
    register(&mut site, "ox-py", "").await;
    admit(&mut site, "p-1", "ox-py", "dr-py").await;
    site.authority.issue_device("ox-py", now()).unwrap();
    let token_file = pki(&site).join("dr-py.token");
    let token = site.account("dr-py", "physician");
    std::fs::write(&token_file, token).unwrap();
    let [devices, people] = [site.server().devices_addr(), site.server().people_addr()].map(|at| at.to_string());
    let pki = pki(&site);
    let output = tokio::task::spawn_blocking(move || {
        let mut client = Command::new(&python);
        client.arg(source("tests/python/client.py")).arg(generated).arg(pki).args([devices, people]);
        done("run the client", "see what it says", client.arg(token_file))
    })
    .await
    .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let expected = ["welcome ox-py 4096", "receipt 3", "alert p-1~1 SpO2 84 % < 90 %", "acknowledged p-1~1 by dr-py"];
    assert_eq!(lines, expected);
}
