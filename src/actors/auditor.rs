//! The auditor: proves again and again that every open alert has somebody or a deadline that is kept (I4), and watches over
//! whole units: whether their devices are silent, whether somebody can be reached. What it finds is a technical alert of
//! the unit for as long as it is the case: each look tells keepers what is missing and what is over, so that nothing is
//! lost with an actor or a process.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::alert_feed::Survey;
use super::context::Context;
use super::keeper::KeeperMsg;
use super::router::tell_keeper;
use crate::clinical::condition::{Condition, ConditionKey};
use crate::clinical::ids::{Subject, UnitId};
use crate::clinical::oncall::unit_conditions as conditions;
use crate::clinical::subject_book::Observed;
use crate::time::Timestamp;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// Coverage is looked at with every so many looks: it changes with turns and overrides, and looks hours ahead.
const COVERAGE_EVERY: u64 = 30;
/// How late a deadline may fire (I4).
pub(super) const LATE_MS_MAX: i64 = 2_000;

/// What must be present, by unit.
type Wanted = BTreeMap<(UnitId, ConditionKey), Condition>;

/// Looks until the engine is gone.
pub(super) async fn run(context: Weak<Context>) {
    let mut looks = tokio::time::interval(EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut look, mut coverage) = (0, Wanted::new());
    loop {
        looks.tick().await;
        let Some(context) = context.upgrade() else { return };
        let now = context.clock.now();
        if look % COVERAGE_EVERY == 0 {
            coverage = uncovered(&context, now).await.unwrap_or(coverage);
        }
        look += 1;
        let survey = context.feed.survey(now);
        report(&context, &survey);
        let mut wanted = found(&context, &survey, now);
        wanted.extend(coverage.iter().map(|(key, condition)| (key.clone(), condition.clone())));
        reconcile(&context, wanted, &survey, now);
    }
}

/// The figures, and a line for whoever watches the platform when nobody can be paged.
fn report(context: &Context, survey: &Survey) {
    let overdue = survey.units.values().map(|unit| unit.overdue).sum();
    let late_ms = survey.units.values().map(|unit| unit.late_ms_max).max().unwrap_or(0);
    if overdue > context.counters.alerts_overdue.get() {
        tracing::error!(alerts = overdue, late_ms, "alerts stand still: nobody is being asked");
    }
    context.counters.alerts_overdue.set(overdue);
    context.counters.alerts_late_ms_max.raise_to(u64::try_from(late_ms).unwrap_or(0));
}

/// What the alerts themselves show.
fn found(context: &Context, survey: &Survey, now: Timestamp) -> Wanted {
    let mut wanted = Wanted::new();
    let mut watched = None;
    for (unit, seen) in &survey.units {
        let still = (seen.overdue > 0).then(|| conditions::stands_still(seen.overdue, seen.late_ms_max, now));
        let silent = (seen.silent > 0).then(|| {
            let watched = watched.get_or_insert_with(|| context.directory.watched_by_unit());
            conditions::unit_silent(seen.silent, watched.get(unit).copied().unwrap_or(0), now)
        });
        let both = still.into_iter().chain(silent.flatten());
        wanted.extend(both.map(|condition| ((unit.clone(), condition.key.clone()), condition)));
    }
    wanted
}

/// Units of the care plan in which nobody can be reached, or soon nobody can; `None`: it could not be found out.
async fn uncovered(context: &Arc<Context>, now: Timestamp) -> Option<Wanted> {
    let roster = context.roster.now();
    // Hours of turns of a whole site.
    let found = tokio::task::spawn_blocking(move || roster.coverage(now)).await.ok()?;
    let of = |unit: &UnitId, condition: Condition| ((unit.clone(), condition.key.clone()), condition);
    let conditions = found
        .iter()
        .flat_map(|one| conditions::coverage(one, now).into_iter().map(move |condition| of(&one.unit, condition)));
    Some(conditions.collect())
}

/// Tells keepers what set in and what is over. What is told twice changes nothing there.
fn reconcile(context: &Arc<Context>, mut wanted: Wanted, survey: &Survey, now: Timestamp) {
    for (unit, key) in &survey.present {
        if wanted.remove(&(unit.clone(), key.clone())).is_none() {
            tell(context, unit, Observed::Ended { key: key.clone(), at: now });
        }
    }
    for ((unit, _), condition) in wanted {
        tell(context, &unit, Observed::Began(condition));
    }
}

fn tell(context: &Arc<Context>, unit: &UnitId, what: Observed) {
    let message = KeeperMsg::Observed { unit: unit.clone(), what, source: None };
    tell_keeper(context, &Subject::Unit(unit.clone()), message);
}
