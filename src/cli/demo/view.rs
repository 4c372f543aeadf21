//! The ward as text: a pure function of what is known and of the time. A value that is not current is never shown as
//! if it were.

use std::time::Duration;

use super::site::ANY_ALERT;
use super::ward::{Feed, PatientRow, WardState};
use super::words;
use crate::cli::duration::short;
use crate::clinical::codes::Code;
use crate::proto;
use crate::time::Timestamp;

/// A value older than this is not current: dashes are shown, and how old the newest reading is.
const CURRENT: Duration = Duration::from_secs(5);

/// The part of a terminal that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Characters per line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

/// How a line is painted, where there is colour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paint {
    Plain,
    Bold,
    Dim,
    Priority(proto::Priority),
}

struct Line {
    text: String,
    paint: Paint,
}

fn line(paint: Paint, text: impl Into<String>) -> Line {
    Line { text: text.into(), paint }
}

/// The whole screen, lines separated by `\n`, none longer than `size.columns`, at most `size.rows` of them.
#[must_use]
pub fn render(ward: &WardState, now: Timestamp, size: Size, colour: bool) -> String {
    let urgent = ward.alerts.values().min_by_key(|alert| urgency(alert)).map_or(ANY_ALERT, |alert| &alert.id);
    let notes = ward.footer.iter().map(|note| note.replace(ANY_ALERT, urgent));
    let footer: Vec<Line> = notes.flat_map(|note| wrapped(&note, size.columns)).collect();
    let room = size.rows.saturating_sub(footer.len());
    let mut lines = header(ward, now);
    let alerts = alert_lines(ward, now, (room.saturating_sub(lines.len()) / 2).max(3));
    let patients = room.saturating_sub(lines.len() + alerts.len() + 1);
    lines.extend(alerts);
    lines.push(line(Paint::Plain, ""));
    lines.extend(patient_lines(ward, now, patients));
    lines.truncate(room);
    lines.resize_with(room, || line(Paint::Plain, ""));
    lines.extend(footer);
    lines.truncate(size.rows);
    let painted: Vec<String> = lines.iter().map(|line| paint(line, size.columns, colour)).collect();
    painted.join("\n")
}

/// One line for where there is no terminal.
#[must_use]
pub fn summary_line(ward: &WardState, now: Timestamp) -> String {
    let current = ward.patients.values().filter(|row| is_current(row, now)).count();
    let waiting = ward.alerts.values().filter(|alert| alert.state() == proto::ResponseState::Waiting).count();
    format!(
        "{} ward: {} patients, {current} with current values; {} alerts open, {waiting} unanswered{}",
        words::clock(now.micros()),
        ward.patients.len(),
        ward.alerts.len(),
        feed_note(ward.feed, now),
    )
}

/// A note in as many lines as it needs.
fn wrapped(text: &str, columns: usize) -> Vec<Line> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(columns.max(1)).map(|part| line(Paint::Dim, part.iter().collect::<String>())).collect()
}

fn header(ward: &WardState, now: Timestamp) -> Vec<Line> {
    let title = format!("{}   {} UTC", ward.title, words::clock(now.micros()));
    vec![line(Paint::Bold, title), line(Paint::Plain, "")]
}

fn feed_note(feed: Feed, now: Timestamp) -> String {
    match feed {
        Feed::Live => String::new(),
        Feed::Opening => "  (not connected yet)".to_owned(),
        Feed::LostAt(at) => format!("  AS OF {} AGO: the alert service cannot be reached", short(at_age(at, now))),
    }
}

fn at_age(at: Timestamp, now: Timestamp) -> Duration {
    now.after(at)
}

/// Unanswered first, then by priority, then by age.
fn urgency(alert: &proto::Alert) -> (bool, i32, i64) {
    (alert.state() != proto::ResponseState::Waiting, -alert.priority, alert.raised_at_us)
}

fn alert_lines(ward: &WardState, now: Timestamp, most: usize) -> Vec<Line> {
    let note = feed_note(ward.feed, now);
    let mut lines = vec![line(Paint::Bold, format!("ALERTS  {} open{note}", ward.alerts.len()))];
    let mut alerts: Vec<&proto::Alert> = ward.alerts.values().collect();
    alerts.sort_by_key(|alert| urgency(alert));
    let shown = if alerts.len() < most { alerts.len() } else { most.saturating_sub(2) };
    lines.extend(alerts.iter().take(shown).map(|alert| alert_line(alert, now)));
    if shown < alerts.len() {
        lines.push(line(Paint::Bold, format!("    and {} more: vigil alerts ls", alerts.len() - shown)));
    }
    lines
}

fn alert_line(alert: &proto::Alert, now: Timestamp) -> Line {
    let (mark, word) = words::priority(alert.priority());
    let gone = if alert.present { "" } else { " (gone)" };
    let kind = if alert.kind() == proto::ConditionKind::Technical { "technical: " } else { "" };
    let age = short(at_age(Timestamp(alert.raised_at_us), now));
    let text = format!(
        " {mark} {word:<6} {:<18} {:<7} {:<22} {}: {kind}{}{gone}, {age} ago",
        alert.id,
        alert.bed,
        words::countdown(alert, now),
        words::responsible(alert),
        alert.text,
    );
    let answered = alert.state() != proto::ResponseState::Waiting;
    line(if answered { Paint::Plain } else { Paint::Priority(alert.priority()) }, text)
}

fn patient_lines(ward: &WardState, now: Timestamp, most: usize) -> Vec<Line> {
    let title = "PATIENTS          BED     HR    SpO2  RESP  PULSE  ECG   NEWEST      WORST ALERT";
    let mut lines = vec![line(Paint::Bold, title)];
    let mut rows: Vec<(&String, &PatientRow, Option<&proto::Alert>)> =
        ward.patients.iter().map(|(patient, row)| (patient, row, worst(ward, patient))).collect();
    rows.sort_by_key(|(patient, _, alert)| (alert.is_none(), alert.map(urgency), (*patient).clone()));
    let shown = if rows.len() < most { rows.len() } else { most.saturating_sub(2) };
    lines.extend(rows.iter().take(shown).map(|(patient, row, alert)| patient_line(patient, row, *alert, now)));
    if shown < rows.len() {
        lines.push(line(Paint::Dim, format!("    and {} more", rows.len() - shown)));
    }
    lines
}

fn worst<'a>(ward: &'a WardState, patient: &str) -> Option<&'a proto::Alert> {
    ward.alerts.values().filter(|alert| alert.patient == patient).min_by_key(|alert| urgency(alert))
}

fn is_current(row: &PatientRow, now: Timestamp) -> bool {
    row.seen_at.is_some_and(|at| at_age(at, now) < CURRENT)
}

fn patient_line(patient: &str, row: &PatientRow, alert: Option<&proto::Alert>, now: Timestamp) -> Line {
    let value = |code: Code| {
        let shown = row.values.get(&code).filter(|shown| at_age(shown.seen_at, now) < CURRENT);
        shown.and_then(|shown| shown.value).map_or_else(|| "--".to_owned(), |value| format!("{value:.0}"))
    };
    let current = is_current(row, now);
    let ecg = match (current, row.signal_valid) {
        (false, _) => "--",
        (true, true) => "ok",
        (true, false) => "LOST",
    };
    let newest = match row.seen_at {
        None => "no reading".to_owned(),
        Some(at) if current => format!("{:.1} s", at_age(at, now).as_secs_f64()),
        Some(at) => format!("{} OLD", short(at_age(at, now))),
    };
    let worst = alert.map_or_else(String::new, |alert| {
        let (mark, word) = words::priority(alert.priority());
        format!("{mark} {word} {}", alert.rule)
    });
    let text = format!(
        " {patient:<17}{:<7}{:>4}  {:>5} {:>5}  {:>5}  {ecg:<5} {newest:<11} {worst}",
        row.bed,
        value(Code::HEART_RATE),
        value(Code::SPO2),
        value(Code::RESP_RATE),
        value(Code::PULSE_RATE),
    );
    line(if current { Paint::Plain } else { Paint::Dim }, text.trim_end())
}

fn paint(line: &Line, columns: usize, colour: bool) -> String {
    let text: String = line.text.chars().take(columns).collect();
    let code = match line.paint {
        _ if !colour => return text,
        Paint::Plain => return text,
        Paint::Bold => "1",
        Paint::Dim => "2",
        Paint::Priority(proto::Priority::High) => "1;31",
        Paint::Priority(proto::Priority::Medium) => "1;33",
        Paint::Priority(_) => "36",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
