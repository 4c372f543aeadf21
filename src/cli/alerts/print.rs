//! Tables for people, JSON lines for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::Failure;
use crate::proto::{
    Alert, AlertFact, AlertUpdate, ConditionKind, Explanation, Page, Priority, ReadingRef, ResponseState, ScoreInput,
};
use crate::time::Timestamp;

/// Alerts as they stand.
pub(super) fn alerts(alerts: &[Alert], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return lines(&mut out, alerts.iter().map(alert_json));
    }
    if alerts.is_empty() {
        writeln!(out, "no alerts")?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<16} {:<7} {:<12} {:<10} {:<12} {:<20} condition",
        "alert", "prio", "state", "unit", "bed", "responsible"
    )?;
    for alert in alerts {
        writeln!(
            out,
            "{:<16} {:<7} {:<12} {:<10} {:<12} {:<20} {}{}",
            alert.id,
            priority(alert),
            state(alert),
            alert.unit,
            visible(&alert.bed),
            alert.people.join(","),
            visible(&alert.text),
            if alert.present { "" } else { " (gone)" },
        )?;
    }
    Ok(())
}

/// Why an alert was raised.
pub(super) fn explanation(alert: &Alert) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let marks = [
        (alert.found.as_str(), alert.found.as_str()),
        ("listed", if alert.listed { "on the worklist for review" } else { "" }),
        ("revised", if alert.revised { "late data say that it was otherwise" } else { "" }),
        ("disputed", if alert.disputed { "its readings were recorded for the wrong patient" } else { "" }),
    ];
    writeln!(out, "{}  [{}] {}", alert.id, priority(alert), visible(&alert.text))?;
    for (name, text) in marks.iter().filter(|(_, text)| !text.is_empty()) {
        writeln!(out, "  {name}: {text}")?;
    }
    let Some(why) = &alert.explanation else { return Ok(()) };
    if !why.rules_sha256.is_empty() {
        writeln!(out, "  rule {} version {}, of rules {}", alert.rule, alert.rule_version, why.rules_sha256)?;
    }
    if let Some(limit) = alert.limit {
        let by = if why.limit_by.is_empty() { String::new() } else { format!(", set by {}", why.limit_by) };
        writeln!(out, "  limit {limit} {} of the {}{by}", why.unit, why.limit_from.replace('_', " "))?;
    }
    for reading in &why.readings {
        let lane = if reading.lane == 2 { "backlog" } else { "live" };
        let decoder =
            if reading.decoder.is_empty() { String::new() } else { format!(", decoded by {}", reading.decoder) };
        let value = alert.value.map(|value| format!(": {} {value} {}", why.quantity, why.unit)).unwrap_or_default();
        writeln!(
            out,
            "  reading {} boot {} {lane} {} at {}{decoder}{value}",
            reading.device,
            reading.boot,
            reading.sequence,
            Timestamp(reading.device_time_us)
        )?;
    }
    for input in &why.inputs {
        writeln!(out, "  {} {} {}: {} points", input.quantity, input.value, input.unit, input.points)?;
    }
    if !why.missing.is_empty() {
        writeln!(out, "  missing: {}", why.missing.join(", "))?;
    }
    Ok(())
}

/// What happened to an alert.
pub(super) fn facts(facts: &[AlertFact], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return lines(&mut out, facts.iter().map(fact_json));
    }
    for fact in facts {
        writeln!(out, "{}", fact_line(fact))?;
    }
    Ok(())
}

/// One piece of news.
pub(super) fn update(update: &AlertUpdate, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let fact = update.fact.clone().unwrap_or_default();
    let alert = update.alert.clone().unwrap_or_default();
    if json {
        let value = json!({ "position": update.position, "fact": fact_json(&fact), "alert": alert_json(&alert) });
        return lines(&mut out, [value]);
    }
    writeln!(out, "{} {} {} [{}]", fact_line(&fact), alert.id, visible(&alert.text), priority(&alert))?;
    out.flush()?;
    Ok(())
}

/// Pages that wait.
pub(super) fn pages(pages: &[Page], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        let value = |page: &Page| {
            json!({
                "alert": page.alert, "round": page.round, "step": page.step, "paged_at_us": page.paged_at_us,
                "quiet": page.quiet, "quiet_by": page.quiet_by, "quiet_until_us": page.quiet_until_us,
            })
        };
        return lines(&mut out, pages.iter().map(value));
    }
    if pages.is_empty() {
        writeln!(out, "no pages wait for you")?;
    }
    for page in pages {
        write!(out, "{} {} (round {}, step {})", Timestamp(page.paged_at_us), page.alert, page.round, page.step)?;
        if !page.quiet.is_empty() {
            let until = Timestamp(page.quiet_until_us);
            write!(out, ", quiet: {}, by {}, until {until}", page.quiet, page.quiet_by)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn lines(out: &mut impl Write, values: impl IntoIterator<Item = Value>) -> Result<(), Failure> {
    for value in values {
        writeln!(out, "{value}")?;
    }
    out.flush()?;
    Ok(())
}

fn fact_line(fact: &AlertFact) -> String {
    let mut line = format!("{} {:<17}", Timestamp(fact.at_us), fact.what);
    let mut add = |name: &str, text: &str| {
        if !text.is_empty() {
            line += &[" ", name, " ", &visible(text)].concat();
        }
    };
    if fact.step > 0 {
        add("step", &fact.step.to_string());
    }
    add("by", &fact.by);
    add("people", &fact.people.join(","));
    add("rule", &fact.rule);
    add("because", &fact.reason);
    if fact.lateness_ms > 0 {
        add("late by", &format!("{} ms", fact.lateness_ms));
    }
    line
}

/// What others wrote is shown as text: no control characters reach the terminal.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn priority(alert: &Alert) -> &'static str {
    match alert.priority() {
        Priority::High => "high",
        Priority::Medium => "medium",
        Priority::Low => "low",
        Priority::Unspecified => "?",
    }
}

fn state(alert: &Alert) -> &'static str {
    match alert.state() {
        ResponseState::Waiting => "waiting",
        ResponseState::Accepted => "accepted",
        ResponseState::Acknowledged => "acknowledged",
        ResponseState::Closed => "closed",
        ResponseState::Unspecified => "?",
    }
}

fn alert_json(alert: &Alert) -> Value {
    let kind = match alert.kind() {
        ConditionKind::Technical => "technical",
        _ => "physiological",
    };
    json!({
        "id": alert.id, "subject": alert.subject, "patient": alert.patient, "unit": alert.unit, "bed": alert.bed, "rule": alert.rule,
        "rule_version": alert.rule_version, "kind": kind, "priority": priority(alert), "latching": alert.latching, "lethal": alert.lethal,
        "present": alert.present, "start_us": alert.start_us, "onset_us": alert.onset_us, "value": alert.value,
        "limit": alert.limit, "text": alert.text, "raised_at_us": alert.raised_at_us, "folds": alert.folds,
        "round": alert.round, "step": alert.step, "state": state(alert), "people": alert.people,
        "deadline_us": alert.deadline_us, "version": alert.version, "closed": alert.closed, "device": alert.device,
        "found": alert.found, "listed": alert.listed, "revised": alert.revised, "disputed": alert.disputed,
        "explanation": alert.explanation.as_ref().map(explanation_json),
    })
}

fn explanation_json(why: &Explanation) -> Value {
    let reading = |reading: &ReadingRef| {
        let lane = if reading.lane == 2 { "backlog" } else { "live" };
        json!({
            "device": reading.device, "boot": reading.boot, "lane": lane, "sequence": reading.sequence,
            "device_time_us": reading.device_time_us, "decoder": reading.decoder,
            "stream_sequence": reading.stream_sequence,
        })
    };
    let input = |input: &ScoreInput| json!({ "quantity": input.quantity, "value": input.value, "unit": input.unit, "points": input.points });
    json!({
        "quantity": why.quantity, "unit": why.unit, "rules_sha256": why.rules_sha256, "limit_from": why.limit_from,
        "limit_by": why.limit_by, "readings": why.readings.iter().map(reading).collect::<Vec<_>>(),
        "inputs": why.inputs.iter().map(input).collect::<Vec<_>>(), "missing": why.missing,
    })
}

fn fact_json(fact: &AlertFact) -> Value {
    json!({
        "at_us": fact.at_us, "what": fact.what, "round": fact.round, "step": fact.step, "by": fact.by,
        "people": fact.people, "reason": fact.reason, "deadline_us": fact.deadline_us,
        "lateness_ms": fact.lateness_ms, "rule": fact.rule, "onset_us": fact.onset_us, "value": fact.value,
    })
}
