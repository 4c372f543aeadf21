//! The house of `ARCHITECTURE.md`, enforced: who may import whom, what `mod.rs` holds, and what the pure core leaves
//! alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that everybody may import. They know at most instants as data.
const LEAVES: [&str; 8] = ["time", "clock", "config", "faults", "metrics", "admission", "pki", "proto"];

/// Module, and what it may import besides itself and the leaves. From left to right:
/// clinical <- access <- storage <- actors <- api <- app <- (chaos, cli) <- main.
const LAW: [(&str, &[&str]); 13] = [
    ("clinical", &[]),
    ("access", &["clinical"]),
    ("supervision", &[]),
    ("storage", &["clinical", "access"]),
    ("channels", &["clinical"]),
    ("audit", &["clinical", "access", "storage"]),
    ("views", &["clinical", "storage"]),
    ("client", &["clinical"]),
    ("actors", &["clinical", "access", "storage", "channels", "supervision"]),
    ("api", &["clinical", "access", "storage", "views", "actors"]),
    ("app", &["clinical", "access", "storage", "channels", "supervision", "views", "actors", "api"]),
    ("chaos", &["clinical", "storage", "actors", "api", "app", "client"]),
    ("cli", &["clinical", "access", "storage", "audit", "views", "actors", "api", "app", "chaos", "client"]),
];

/// Of the leaves, these may import nothing but the named ones; so may the two cores.
const NARROW: [(&str, &[&str]); 11] = [
    ("time", &[]),
    ("proto", &[]),
    ("clock", &["time"]),
    ("config", &["time"]),
    ("faults", &["time"]),
    ("metrics", &[]),
    ("admission", &["time"]),
    ("pki", &["time"]),
    ("supervision", &["clock", "time"]),
    ("clinical", &["time"]),
    ("access", &["clinical", "time"]),
];

/// Where a `mod.rs` may hold functions, and why.
const MOD_RS_WITH_FUNCTIONS: [(&str, &str); 1] =
    [("src/cli/mod.rs", "the table of the program's verbs, with their dispatch beside it")];

/// How a line begins that belongs into a file of its own.
const HOLDS_CODE: [&str; 9] = ["fn ", "async fn ", "const ", "static ", "struct ", "enum ", "impl ", "impl<", "trait "];

/// What the pure core may not name: clocks, randomness, I/O, tasks. `now` is an argument.
const IMPURE: [&str; 18] = [
    "Instant",
    "SystemTime",
    "Utc::now",
    "Local::now",
    "crate::clock",
    "tokio",
    "ractor",
    "rand::",
    "RandomState",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::thread",
    "async fn",
    ".await",
    "tracing::",
    "println!",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The file's text without line comments, so that documentation may name what code may not.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("the file can be read");
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn without_visibility(line: &str) -> &str {
    ["pub(crate) ", "pub(super) ", "pub "].iter().find_map(|visibility| line.strip_prefix(visibility)).unwrap_or(line)
}

/// The top-level module of a file under `src`.
fn module(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).expect("a file under src");
    let first = inside.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The top-level modules that a text names: `crate::x` and `crate::{x, y::z}`.
fn imports(code: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect()
    };
    let mut found = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => found.extend([name(rest)]),
            Some(group) => {
                let mut depth = 0;
                let mut part = String::new();
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.extend([name(&std::mem::take(&mut part))]),
                        _ => part.push(c),
                    }
                }
                found.extend([name(&part)]);
            }
        }
    }
    // `pub(in crate::x)` aside, an upper-case name is an item of the crate's root, of which there is none.
    found.remove("");
    found
}

fn may_import(module: &str, other: &str) -> bool {
    let named = |table: &[(&str, &[&str])]| {
        table.iter().find(|(name, _)| *name == module).map(|(_, allowed)| allowed.contains(&other))
    };
    if module == other {
        return true;
    }
    match named(&NARROW) {
        Some(allowed) => allowed,
        None => LEAVES.contains(&other) || named(&LAW).unwrap_or(false),
    }
}

/// Tests of the actors, and of nothing else, hold the engine against the auditor's sums: an oracle apart from it.
fn is_oracle_of_a_test(path: &Path, other: &str) -> bool {
    other == "audit" && shown(path).starts_with("src/actors/tests/")
}

#[test]
fn imports_point_to_the_left() {
    let mut broken = Vec::new();
    for path in sources(&root().join("src")) {
        let module = module(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        for other in imports(&code(&path)) {
            if !may_import(&module, &other) && !is_oracle_of_a_test(&path, &other) {
                broken.push(format!("{}: {module} may not import {other}", shown(&path)));
            }
        }
    }
    assert!(broken.is_empty(), "the import law is broken:\n{}", broken.join("\n"));
}

#[test]
fn every_module_has_its_place_in_the_law() {
    let known: BTreeSet<&str> = LAW.iter().map(|(name, _)| *name).chain(LEAVES).chain(["lib", "main"]).collect();
    for path in sources(&root().join("src")) {
        let module = module(&path);
        assert!(known.contains(module.as_str()), "say in the law of tests/architecture.rs where `{module}` stands");
    }
}

#[test]
fn mod_rs_holds_documentation_declarations_and_re_exports_only() {
    let mut broken = Vec::new();
    for path in sources(&root().join("src")) {
        let excepted = MOD_RS_WITH_FUNCTIONS.iter().any(|(name, _)| *name == shown(&path));
        if !path.ends_with("mod.rs") || excepted {
            continue;
        }
        for (number, line) in code(&path).lines().enumerate() {
            let line = line.trim_start();
            if HOLDS_CODE.iter().any(|word| without_visibility(line).starts_with(word)) {
                broken.push(format!("{}:{}: {line}", shown(&path), number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "move this into a file named after what it is:\n{}", broken.join("\n"));
}

#[test]
fn pure_core_names_no_clock_no_randomness_no_io_and_no_task() {
    let mut broken = Vec::new();
    let pure = ["src/clinical", "src/access"].map(|folder| sources(&root().join(folder)));
    for path in pure.into_iter().flatten() {
        let inside_tests = path.iter().any(|part| part == "tests" || part == "tests.rs");
        let code = code(&path);
        let product = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
        if inside_tests {
            continue;
        }
        for word in IMPURE.iter().filter(|word| product.contains(**word)) {
            broken.push(format!("{}: {word}", shown(&path)));
        }
    }
    assert!(broken.is_empty(), "the pure core must not name:\n{}", broken.join("\n"));
}

#[test]
fn unsafe_code_is_forbidden() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest can be read");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
}

mod the_scanner {
    use super::{imports, may_import};

    #[test]
    fn finds_single_and_grouped_imports() {
        let code = "use crate::time::Timestamp;\nuse crate::{clock::Clock, storage::{seal, journal}, actors};\ncrate::api::x()";
        assert_eq!(imports(code).into_iter().collect::<Vec<_>>(), ["actors", "api", "clock", "storage", "time"]);
    }

    #[test]
    fn knows_right_from_left() {
        for (module, other) in [("api", "actors"), ("storage", "clinical"), ("clinical", "time"), ("cli", "app")] {
            assert!(may_import(module, other), "{module} <- {other}");
        }
        for (module, other) in [
            ("clinical", "clock"),
            ("clinical", "storage"),
            ("storage", "actors"),
            ("actors", "api"),
            ("supervision", "clinical"),
            ("time", "clock"),
            ("app", "cli"),
        ] {
            assert!(!may_import(module, other), "{module} <- {other}");
        }
    }
}
