//! Lines for people, JSON lines for programs.

use std::io::{self, Write};

use serde_json::json;

use crate::cli::Failure;
use crate::proto::{AccessEntry, ExplainResponse, GlassEntry};
use crate::time::Timestamp;

/// Whether anything changed.
pub(super) fn changed(changed: bool, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", json!({ "changed": changed }))?;
    } else {
        writeln!(out, "{}", if changed { "done" } else { "it was so already" })?;
    }
    Ok(())
}

/// Broken glass, one line each.
pub(super) fn glass(entries: &[GlassEntry], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for entry in entries {
        if json {
            writeln!(
                out,
                "{}",
                json!({
                    "ordinal": entry.ordinal, "person": entry.person, "patient": entry.patient,
                    "reason": entry.reason, "at": at(entry.at_us), "until": at(entry.until_us),
                    "review_due": at(entry.review_due_us), "reviewed_by": entry.reviewed_by,
                    "justified": entry.justified, "note": entry.note,
                })
            )?;
            continue;
        }
        let review = match (entry.reviewed_by.as_str(), entry.justified) {
            ("", _) => format!("review due {}", at(entry.review_due_us)),
            (by, true) => format!("justified, says {by}"),
            (by, false) => format!("not justified, says {by}"),
        };
        writeln!(
            out,
            "{:>4}  {} saw {} from {} until {}: {}  ({review})",
            entry.ordinal,
            entry.person,
            entry.patient,
            at(entry.at_us),
            at(entry.until_us),
            entry.reason.escape_debug(),
        )?;
    }
    Ok(())
}

/// Accesses, one line each.
pub(super) fn accesses(entries: &[AccessEntry], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for entry in entries {
        if json {
            writeln!(
                out,
                "{}",
                json!({
                    "sequence": entry.sequence, "at": at(entry.at_us), "person": entry.person, "roles": entry.roles,
                    "what": entry.what, "patients": entry.patients, "about": entry.about,
                    "purpose": entry.purpose, "from": entry.from, "outcome": entry.outcome,
                    "fields": entry.fields, "position": entry.position, "continues": entry.continues,
                })
            )?;
            continue;
        }
        let who = if entry.person.is_empty() { "(nobody's token)" } else { &entry.person };
        writeln!(
            out,
            "{}  {:<16} {:<20} {:<8} {:<9} {} {}",
            at(entry.at_us),
            who,
            entry.what,
            entry.outcome,
            entry.purpose,
            entry.patients.join(","),
            entry.about,
        )?;
    }
    Ok(())
}

/// What a person may do and see of a patient.
pub(super) fn explained(explained: &ExplainResponse, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        let verb = |verb: &crate::proto::ExplainedVerb| json!({ "verb": verb.verb, "answer": verb.answer, "fields": verb.fields });
        let verbs: Vec<_> = explained.verbs.iter().map(verb).collect();
        writeln!(out, "{}", json!({ "roles": explained.roles, "because": explained.because, "verbs": verbs }))?;
        return Ok(());
    }
    let or_none = |texts: &[String], none: &str| if texts.is_empty() { none.to_owned() } else { texts.join(", ") };
    writeln!(out, "roles: {}", or_none(&explained.roles, "none: there is no such account, or it is disabled"))?;
    writeln!(out, "relation: {}", or_none(&explained.because, "none"))?;
    for verb in &explained.verbs {
        writeln!(out, "  {:<28} {:<10} {}", verb.verb, verb.answer, verb.fields.join(", "))?;
    }
    Ok(())
}

fn at(micros: i64) -> String {
    Timestamp(micros).to_string()
}
