//! Alerts in words: priority is always a word and a mark, never a colour alone.

use std::time::Duration;

use crate::cli::duration::short;
use crate::proto;
use crate::time::Timestamp;

/// Mark and word of a priority.
#[must_use]
pub const fn priority(priority: proto::Priority) -> (&'static str, &'static str) {
    match priority {
        proto::Priority::High => ("!!!", "HIGH"),
        proto::Priority::Medium => ("!! ", "MEDIUM"),
        proto::Priority::Low => ("!  ", "LOW"),
        proto::Priority::Unspecified => ("   ", "?"),
    }
}

/// What follows, and in which time.
#[must_use]
pub fn countdown(alert: &proto::Alert, now: Timestamp) -> String {
    let left = Timestamp(alert.deadline_us).after(now);
    let within = if left.is_zero() { "now".to_owned() } else { format!("in {}", short(rounded_up(left))) };
    match alert.state() {
        proto::ResponseState::Waiting => format!("next step {within}"),
        proto::ResponseState::Accepted | proto::ResponseState::Acknowledged => format!("expires {within}"),
        proto::ResponseState::Closed | proto::ResponseState::Unspecified => String::new(),
    }
}

/// Who answers, or has to.
#[must_use]
pub fn responsible(alert: &proto::Alert) -> String {
    let people = if alert.people.is_empty() { "nobody yet".to_owned() } else { alert.people.join(", ") };
    match alert.state() {
        proto::ResponseState::Waiting => {
            format!("waits for {people} (round {} step {})", alert.round, alert.step.max(1))
        }
        proto::ResponseState::Accepted => format!("owned by {people}"),
        proto::ResponseState::Acknowledged => format!("acknowledged by {people}"),
        proto::ResponseState::Closed | proto::ResponseState::Unspecified => String::new(),
    }
}

/// One line that says what happened to an alert.
#[must_use]
pub fn fact(alert: &proto::Alert, fact: &proto::AlertFact) -> String {
    let (mark, word) = priority(alert.priority());
    let people = || if fact.people.is_empty() { "nobody".to_owned() } else { fact.people.join(", ") };
    let what = match fact.what.as_str() {
        "raised" => "raised".to_owned(),
        "folded" => "set in again".to_owned(),
        "step_due" => format!("step {} is due: the care team is asked", fact.step),
        "no_one_on_call" => "nobody is on call".to_owned(),
        "step_entered" => format!("step {}: {} paged", fact.step, people()),
        "round_began" => format!("round {} begins", fact.round),
        "condition_cleared" => "condition has gone".to_owned(),
        "closed" => format!("closed ({})", alert.closed.replace('_', " ")),
        "answer_expired" => "answer has expired".to_owned(),
        other if fact.by.is_empty() => other.replace('_', " "),
        other => format!("{} by {}", other.replace('_', " "), fact.by),
    };
    format!("{} {mark} {word:<6} {} {}: {what}", clock(fact.at_us), alert.id, alert.text)
}

/// Time of day in UTC.
#[must_use]
pub fn clock(at_us: i64) -> String {
    let second = at_us.div_euclid(1_000_000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

fn rounded_up(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}
