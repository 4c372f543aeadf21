//! Whether the promises held, asked with the product's own verbs, from outside.

use serde::Serialize;
use serde_json::Value;

use super::act::{SERVER, alerts, history, lines, start, stop};
use super::site::Site;
use crate::cli::Failure;

/// How many alerts' histories are read for the lateness of their deadlines.
const HISTORIES_MAX: usize = 50;

/// One invariant, checked. The names are those of the report.
#[allow(clippy::struct_field_names)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its id.
    pub id: String,
    /// How many things were compared.
    pub checked: u64,
    /// How many of them were wrong.
    pub violations: u64,
    /// What was said of the first.
    pub first_evidence: Option<String>,
}

/// What a run left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// In the order in which the scenario names them.
    pub invariants: Vec<Checked>,
    /// Of deadlines, in milliseconds, as far as alerts that still stand say.
    pub worst_lateness_ms: u64,
}

/// Lets the site settle, then checks. Wards end, the server is ready once more, everything is evaluated, the server drains.
///
/// # Errors
/// The site does not settle: then nothing was checked.
pub async fn judge(site: &Site, wanted: &[String]) -> Result<Findings, Failure> {
    let mut findings = Findings::default();
    for name in site.names()?.iter().filter(|name| site.is_running(name) && is_ward(name)) {
        stop(site, name).await?;
    }
    if !site.is_running(SERVER) {
        start(site).await?;
    }
    site.until("the evaluation of what is stored", || {
        let said = site.run(&["check", "--json", "--data-dir", "data"])?;
        Ok(lines(&said).first().filter(|sums| sums["pending"] == 0).map(|_| ()))
    })
    .await?;
    let standing = lines(&alerts(site)?);
    for alert in standing.iter().take(HISTORIES_MAX) {
        let facts = lines(&history(site, alert["id"].as_str().unwrap_or_default())?);
        let worst = facts.iter().filter_map(|fact| fact["lateness_ms"].as_u64()).max().unwrap_or_default();
        findings.worst_lateness_ms = findings.worst_lateness_ms.max(worst);
    }
    stop(site, SERVER).await?;
    for id in wanted {
        findings.invariants.push(match id.as_str() {
            "I1" => receipts(site)?,
            "I2" => by_verb(site, id, "/replayed/items", &["replay", "verify", "--json", "--data-dir", "data"])?,
            "I4" => owned_or_due(&standing),
            "I5" => {
                let args = ["audit", "verify", "--json", "--data-dir", "data", "--witness", "witness.jsonl"];
                by_verb(site, id, "/records", &args)?
            }
            "I7" => no_panic(site)?,
            _ => by_verb(site, id, "/lanes", &["check", "--json", "--data-dir", "data"])?,
        });
    }
    Ok(findings)
}

fn is_ward(name: &str) -> bool {
    !["server", "network"].contains(&name)
}

/// A verb whose exit code is the answer, and one of whose figures (a JSON pointer) says how much it looked at.
fn by_verb(site: &Site, id: &str, figure: &str, args: &[&str]) -> Result<Checked, Failure> {
    let said = site.run(args)?;
    let checked = lines(&said).first().and_then(|sums| sums.pointer(figure)?.as_u64()).unwrap_or_default();
    let error = String::from_utf8_lossy(&said.stderr).trim().to_owned();
    let holds = said.status.success();
    Ok(Checked {
        id: id.to_owned(),
        checked,
        violations: u64::from(!holds),
        first_evidence: (!holds).then(|| format!("vigil {}: {error}", args.join(" "))),
    })
}

/// Every receipt of every ward against the journal.
fn receipts(site: &Site) -> Result<Checked, Failure> {
    let mut sum = Checked { id: "I1".to_owned(), checked: 0, violations: 0, first_evidence: None };
    for name in site.names()?.iter().filter(|name| is_ward(name)) {
        let report = format!("{name}.report");
        // A ward that was killed holds no receipts: what it knew is gone with it.
        if !site.path(&report).exists() {
            continue;
        }
        let args = ["check", "--json", "--data-dir", "data", "--receipts", &report];
        let one = by_verb(site, "I1", "/receipts", &args)?;
        sum.checked += one.checked;
        sum.violations += one.violations;
        sum.first_evidence = sum.first_evidence.or(one.first_evidence);
    }
    Ok(sum)
}

/// Each alert that stands has an owner, or a next deadline.
fn owned_or_due(standing: &[Value]) -> Checked {
    let open = standing.iter().filter(|alert| alert["closed"] != true);
    let is_held = |alert: &Value| {
        let due = alert["deadline_us"].as_i64().is_some_and(|due| due > 0);
        due || matches!(alert["state"].as_str(), Some("accepted" | "acknowledged"))
    };
    let (mut checked, mut lost) = (0, Vec::new());
    for alert in open {
        checked += 1;
        if !is_held(alert) {
            lost.push(alert["id"].to_string());
        }
    }
    Checked {
        id: "I4".to_owned(),
        checked,
        violations: lost.len() as u64,
        first_evidence: lost.first().map(|id| format!("{id} has neither owner nor deadline")),
    }
}

/// No process said that it panicked.
fn no_panic(site: &Site) -> Result<Checked, Failure> {
    let (mut checked, mut panics) = (0, Vec::new());
    for name in site.names()? {
        let said = site.said(&name);
        checked += said.lines().count() as u64;
        panics.extend(said.lines().find(|line| line.contains("panicked at")).map(|line| format!("{name}: {line}")));
    }
    Ok(Checked {
        id: "I7".to_owned(),
        checked,
        violations: panics.len() as u64,
        first_evidence: panics.into_iter().next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_alert_without_owner_and_deadline_is_a_violation() {
        let due = json!({"id": "a", "state": "waiting", "deadline_us": 7, "closed": false});
        let owned = json!({"id": "b", "state": "accepted", "deadline_us": null, "closed": false});
        let lost = json!({"id": "c", "state": "waiting", "deadline_us": null, "closed": false});
        let closed = json!({"id": "d", "state": "waiting", "deadline_us": null, "closed": true});
        let found = owned_or_due(&[due, owned, lost, closed]);
        assert_eq!((found.checked, found.violations), (3, 1));
        assert!(found.first_evidence.is_some_and(|evidence| evidence.contains('c')));
    }
}
