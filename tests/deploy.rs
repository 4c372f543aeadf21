//! The unit and the container file: linted, and run as far as that goes without systemd and without an engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join("deploy").join(file)).expect("the file can be read")
}

/// The command line that a deployment gives the program must be one that it takes.
fn expect_taken(args: &[&str]) {
    let config = root().join("config/vigil.toml").display().to_string();
    let args = args.iter().map(|arg| if arg.ends_with("vigil.toml") { config.as_str() } else { arg });
    let output = Command::new(env!("CARGO_BIN_EXE_vigil")).args(args).arg("--print-config").output();
    let output = output.expect("the program runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("data_dir = \"/var/lib/vigil/data\""), "{printed}");
}

mod unit {
    use super::*;

    fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
        text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
    }

    #[test]
    fn the_unit_drains_restarts_and_keeps_everything_from_itself_that_it_does_not_need() {
        let text = read("vigil.service");
        for (key, value) in [
            ("KillSignal", "SIGTERM"),
            ("ExecReload", "/bin/kill -HUP $MAINPID"),
            ("Restart", "on-failure"),
            ("RestartPreventExitStatus", "78"),
            ("DynamicUser", "yes"),
            ("NoNewPrivileges", "yes"),
            ("ProtectSystem", "strict"),
            ("CapabilityBoundingSet", ""),
            ("MemoryDenyWriteExecute", "yes"),
            ("LimitCORE", "0"),
            ("UMask", "0077"),
        ] {
            assert_eq!(values(&text, key), [value], "{key}");
        }
        let patience_s: u32 = values(&text, "TimeoutStopSec")[0].parse().expect("seconds");
        assert!(patience_s > 20, "a drain takes 10 s, and the last snapshots as long at most");
        let command = values(&text, "ExecStart")[0];
        expect_taken(&command.split(' ').skip(1).collect::<Vec<_>>());
    }

    /// Where systemd is at hand it judges the unit itself.
    #[test]
    fn systemd_takes_the_unit_and_finds_it_hardened() {
        let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
            eprintln!("systemd-analyze is not here: the unit is linted by the other test alone");
            return;
        };
        assert!(version.status.success());
        let dir = tempfile::tempdir().expect("a folder");
        let unit = dir.path().join("vigil.service");
        let text = read("vigil.service").replace("/usr/local/bin/vigil", env!("CARGO_BIN_EXE_vigil"));
        fs::write(&unit, text).expect("the unit can be written");
        let judge = |args: &[&str]| {
            let output = Command::new("systemd-analyze").args(args).arg(&unit).output().expect("it runs");
            let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
            (output.status.success(), said)
        };
        let (taken, said) = judge(&["verify"]);
        assert!(taken && !said.contains("vigil.service:"), "{said}");
        // In tenths: 2.0 of 10, where 10 is without any protection.
        let (hardened, said) = judge(&["security", "--offline=true", "--threshold=20"]);
        assert!(hardened, "{said}");
    }
}

mod prometheus {
    use std::io::Write as _;
    use std::process::Stdio;

    use vigil::metrics::Metrics;

    use super::*;

    fn page() -> String {
        Metrics::new().text(|_| {}).expect("the page is encoded")
    }

    #[test]
    fn every_figure_that_a_rule_looks_at_is_on_the_page() {
        let (page, rules) = (page(), read("prometheus/vigil.rules.yml"));
        let mut looked_at = 0;
        for expression in rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")) {
            for name in expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
                if name.starts_with("vigil_") {
                    looked_at += 1;
                    let family = name.trim_end_matches("_bucket");
                    assert!(page.contains(&format!("# TYPE {family} ")), "{name} in {expression}");
                }
            }
        }
        assert!(looked_at >= 7, "{rules}");
    }

    /// Where Prometheus' own tool is at hand it judges both.
    #[test]
    fn promtool_takes_the_rules_and_the_page() {
        if Command::new("promtool").arg("--version").output().is_err() {
            eprintln!(
                "promtool is not here (apt-get install prometheus): the names are checked by the other test alone"
            );
            return;
        }
        let rules = root().join("deploy/prometheus/vigil.rules.test.yml");
        let said = Command::new("promtool").args(["test", "rules"]).arg(rules).output().expect("it runs");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
        let mut check = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        check.stdin.take().expect("a pipe").write_all(page().as_bytes()).expect("it listens");
        let said = check.wait_with_output().expect("it ends");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }
}

mod container {
    use super::*;

    /// Instructions with their arguments, lines that go on put together, comments left out.
    fn instructions() -> Vec<(String, String)> {
        let text = read("Containerfile").replace("\\\n", " ");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let split = |line: &str| {
            let (word, rest) = line.split_once(' ').expect("an instruction has arguments");
            (word.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        lines.map(split).collect()
    }

    fn of(word: &str) -> Vec<String> {
        instructions().into_iter().filter(|(known, _)| known == word).map(|(_, rest)| rest).collect()
    }

    #[test]
    fn the_image_is_built_in_stages_and_runs_as_nobody_in_particular() {
        let from = of("FROM");
        assert_eq!(from.len(), 3, "two stages build, one runs");
        for image in &from {
            let tag = image.split(' ').next().and_then(|name| name.rsplit_once(':')).map(|(_, tag)| tag);
            assert!(tag.is_some_and(|tag| tag != "latest"), "{image} has no version");
        }
        let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest can be read");
        let rust = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a version");
        assert!(from[1].contains(&format!("rust:{}-", rust.trim_matches('"'))), "{} is not Rust {rust}", from[1]);
        let user = of("USER").pop().expect("a user");
        let is_id = |part: &str| part.parse::<u32>().is_ok_and(|id| id > 0);
        assert!(user.split(':').all(is_id), "{user} is no number above 0");
        assert_eq!(of("VOLUME"), ["/var/lib/vigil"], "nothing else can be written");
        assert_eq!(of("STOPSIGNAL"), ["SIGTERM"]);
        assert!(of("ADD").is_empty() && of("ENV").is_empty(), "nothing is fetched, no secret is kept");
        for run in of("RUN").iter().filter(|run| run.contains("apt-get install")) {
            assert!(run.contains("--no-install-recommends") && run.contains("rm -rf /var/lib/apt/lists/*"), "{run}");
        }
    }

    #[test]
    fn the_program_takes_what_the_image_tells_it() {
        let list = |word: &str| -> Vec<String> {
            serde_json::from_str(&of(word).pop().expect("it is there")).expect("a list: no shell between")
        };
        assert_eq!(list("ENTRYPOINT"), ["/usr/local/bin/vigil"]);
        let args = list("CMD");
        expect_taken(&args.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// The build stage's own step, as far as cargo looks before it compiles.
    #[test]
    fn what_the_build_stage_copies_is_all_that_a_build_needs() {
        let dir = tempfile::tempdir().expect("a folder");
        for copy in of("COPY").iter().filter(|copy| !copy.starts_with("--from")) {
            let mut names: Vec<&str> = copy.split(' ').collect();
            let target = dir.path().join(names.pop().expect("a target"));
            for name in names {
                let source = root().join(name);
                let target = if copy.ends_with("./") { dir.path().join(name) } else { target.clone() };
                copy_all(&source, &target);
            }
        }
        let metadata = Command::new(env!("CARGO"))
            .current_dir(dir.path())
            .args(["metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"])
            .output()
            .expect("cargo runs");
        let said = String::from_utf8_lossy(&metadata.stderr);
        assert!(metadata.status.success(), "{said}");
        let build = of("RUN").into_iter().find(|run| run.starts_with("cargo")).expect("a build");
        assert_eq!(build, "cargo build --locked --release --bin vigil");
        assert!(dir.path().join("src/main.rs").exists() && dir.path().join("proto/vigil/v1/ingest.proto").exists());
        included_files_are_there(dir.path(), &dir.path().join("src"));
    }

    /// Every `include_str!` of the product's code finds its file among what was copied.
    fn included_files_are_there(dir: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                included_files_are_there(dir, &path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("the file can be read");
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            for part in product.split("include_str!(\"").skip(1) {
                let name = part.split('"').next().expect("a name");
                let included: PathBuf = path.parent().expect("a folder").join(name);
                // Of tests of the documentation alone.
                let of_a_page = Path::new(name).extension().is_some_and(|extension| extension == "md");
                assert!(of_a_page || included.exists(), "{} includes {name}, which is not copied", path.display());
            }
        }
        assert!(dir.join("config/rules").exists(), "rules are built in");
    }

    fn copy_all(source: &Path, target: &Path) {
        if !source.is_dir() {
            fs::copy(source, target).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
            return;
        }
        fs::create_dir_all(target).expect("a folder");
        for entry in fs::read_dir(source).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            copy_all(&path, &target.join(path.file_name().expect("a name")));
        }
    }
}
