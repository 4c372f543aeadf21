//! The documentation against the tree: links resolve, named files exist, tables that are generated are up to date,
//! and every hazard names a test that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|has| has == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pages() -> Vec<PathBuf> {
    let mut pages = files(&root().join("docs"), "md");
    pages.extend(["README.md", "ARCHITECTURE.md", "SECURITY.md"].map(|name| root().join(name)));
    pages
}

/// The text without code blocks, where brackets are no links.
fn prose(text: &str) -> String {
    let mut in_code = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Targets of `[text](target)`.
fn links(text: &str) -> Vec<String> {
    let target = |(at, _): (usize, &str)| text[at + 2..].split(')').next().map(str::to_owned);
    text.match_indices("](").filter_map(target).collect()
}

/// What stands between backticks on one line.
fn quoted(text: &str) -> Vec<String> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

#[test]
fn every_relative_link_resolves() {
    let mut broken = Vec::new();
    for page in pages() {
        for link in links(&prose(&read(&page))).iter().filter(|link| !link.contains("://")) {
            let (path, part) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if path.is_empty() { page.clone() } else { page.parent().expect("a page lies in a folder").join(path) };
            let has_part = || {
                let text = read(&target);
                text.lines()
                    .filter_map(|line| line.strip_prefix('#'))
                    .any(|line| anchor(line.trim_matches('#')) == part)
            };
            if !target.exists() || (!part.is_empty() && !has_part()) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn files_named_on_the_map_exist() {
    let is_path = |name: &str| {
        name.contains('/')
            && ["src/", "tests/", "proto/", "config/", "docs/", "benches/", "web/"]
                .iter()
                .any(|top| name.starts_with(top))
            && !name.contains([' ', '*', '<'])
    };
    let named: BTreeSet<String> =
        quoted(&read(&root().join("ARCHITECTURE.md"))).into_iter().filter(|name| is_path(name)).collect();
    assert!(named.len() > 20, "the map names files: {named:?}");
    let absent: Vec<&String> = named.iter().filter(|name| !root().join(name.trim_end_matches('/')).exists()).collect();
    assert_eq!(absent, Vec::<&String>::new());
}

#[test]
fn the_page_of_codes_is_what_the_program_writes() {
    let output = Command::new(env!("CARGO_BIN_EXE_vigil")).arg("codes").output().expect("the program runs");
    assert!(output.status.success());
    let written = String::from_utf8(output.stdout).expect("text");
    assert!(written == read(&root().join("docs/CODES.md")), "run: vigil codes > docs/CODES.md");
}

#[test]
fn every_test_that_a_hazard_a_threat_or_a_control_names_exists() {
    let mut sources = files(&root().join("src"), "rs");
    sources.extend(files(&root().join("tests"), "rs"));
    sources.extend(files(&root().join("web/tests"), "ts"));
    let code: String = sources.iter().map(|path| read(path)).collect();
    let pages = ["HAZARDS.md", "THREAT_MODEL.md", "CONTROLS.md"];
    let page: String = pages.iter().map(|name| read(&root().join("docs").join(name))).collect();
    let is_head = |line: &str| ["| hazard", "| threat", "| rule"].iter().any(|head| line.starts_with(head));
    let rows = page.lines().filter(|line| line.starts_with("| ") && !is_head(line));
    let (mut named, mut absent) = (0, Vec::new());
    for row in rows {
        let tests = row.trim_end_matches([' ', '|']).rsplit('|').next().map(quoted).unwrap_or_default();
        assert!(!tests.is_empty(), "a row without a test: {row}");
        named += tests.len();
        // Tests of the dashboard have sentences for names.
        let is_there =
            |test: &str| [format!("fn {test}("), format!("test(\"{test}\"")].iter().any(|head| code.contains(head));
        absent.extend(tests.into_iter().filter(|test| !is_there(test)));
    }
    assert!(named > 40, "the table names tests");
    assert_eq!(absent, Vec::<String>::new());
}

#[test]
fn decisions_are_numbered_without_a_gap() {
    let names = files(&root().join("docs/adr"), "md");
    for (number, path) in (1..).zip(&names) {
        let name = path.file_name().expect("a file has a name").to_string_lossy();
        assert!(name.starts_with(&format!("{number:04}-")), "{name} should be {number:04}");
    }
}

#[test]
fn each_line_that_the_runbook_explains_is_in_the_source() {
    let source: String = files(&root().join("src"), "rs").iter().map(|file| read(file)).collect();
    let page = read(&root().join("docs/RUNBOOK.md"));
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() > 15, "the table is there");
    for row in rows {
        let said = quoted(row).into_iter().next().expect("a row begins with what the log says");
        assert!(source.contains(&said), "the source does not say: {said}");
    }
}

#[test]
fn each_alert_of_the_metrics_is_in_the_runbook() {
    let rules = read(&root().join("deploy/prometheus/vigil.rules.yml"));
    let page = read(&root().join("docs/RUNBOOK.md"));
    let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(!alerts.is_empty(), "there are rules");
    for alert in alerts {
        assert!(page.contains(&format!("| {alert} |")), "the runbook does not explain {alert}");
    }
}
