//! Limits that people set for patients, and what they would have alerted.

use std::io::Write;
use std::time::Duration;

use clap::Subcommand;

use super::{Client, show};
use crate::cli::{Failure, duration};
use crate::clock::Clock;
use crate::proto;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Sets a limit in place of a rule's own, within the bounds that the rule names.
    Set {
        /// The patient.
        patient: String,
        /// The rule, for example `hr_high`.
        rule: String,
        /// The limit, in the rule's unit.
        #[arg(allow_negative_numbers = true)]
        limit: f64,
        /// Where the condition clears; without it as far from the limit as the rule says.
        #[arg(long, allow_negative_numbers = true)]
        clears_at: Option<f64>,
        /// Why.
        #[arg(long, short = 'm')]
        reason: String,
        /// For how long, for example 8h; without it until it is cleared or the stay ends.
        #[arg(long = "for", value_parser = duration::parse)]
        lasts: Option<Duration>,
    },
    /// Says what a limit would have alerted over the last 24 hours, and changes nothing.
    Try {
        /// The patient.
        patient: String,
        /// The rule, for example `hr_high`.
        rule: String,
        /// The limit, in the rule's unit.
        #[arg(allow_negative_numbers = true)]
        limit: f64,
        /// Where the condition clears; without it as far from the limit as the rule says.
        #[arg(long, allow_negative_numbers = true)]
        clears_at: Option<f64>,
    },
    /// The rule's own limit holds again.
    Clear {
        /// The patient.
        patient: String,
        /// The rule.
        rule: String,
    },
}

pub(super) async fn run(mut admin: Client, verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::Set { patient, rule, limit, clears_at, reason, lasts } => {
            let until = |lasts: &Duration| {
                let lasts_ms = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
                Clock::system().now().plus_ms(lasts_ms).micros()
            };
            let request = proto::SetLimitRequest {
                patient: patient.clone(),
                rule: rule.clone(),
                limit: *limit,
                clears_at: *clears_at,
                reason: reason.clone(),
                until_us: lasts.as_ref().map(until),
            };
            admin.set_limit(request).await?;
            show(admin, patient, json).await
        }
        Verb::Try { patient, rule, limit, clears_at } => {
            let request = proto::AdviseLimitRequest {
                patient: patient.clone(),
                rule: rule.clone(),
                limit: *limit,
                clears_at: *clears_at,
            };
            let advice = admin.advise_limit(request).await?.into_inner();
            say(&advice, json)
        }
        Verb::Clear { patient, rule } => {
            admin.clear_limit(proto::ClearLimitRequest { patient: patient.clone(), rule: rule.clone() }).await?;
            show(admin, patient, json).await
        }
    }
}

fn say(advice: &proto::AdviseLimitResponse, json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let proto::AdviseLimitResponse { readings, alerts_now, alerts_then, added, removed, earlier, later } = advice;
    if json {
        let value = serde_json::json!({
            "readings": readings, "alerts_now": alerts_now, "alerts_then": alerts_then, "added": added,
            "removed": removed, "earlier": earlier, "later": later,
        });
        writeln!(out, "{value}")?;
        return Ok(());
    }
    writeln!(
        out,
        "over the last 24 h, {readings} readings: {alerts_now} alerts with the limit in force, {alerts_then} then"
    )?;
    writeln!(out, "{added} more, {removed} fewer, {earlier} earlier, {later} later")?;
    Ok(())
}
