//! The auditor: proves again and again that every open alert has somebody or a deadline that is kept (I4).

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::context::Context;
use crate::time::Timestamp;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// How late a deadline may fire (I4).
const LATE_MS_MAX: i64 = 2_000;

/// What the auditor found at its last look. All must be 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Open alerts whose deadline has passed by more than 2 s without anything having happened: nobody owns them, and
    /// their ladder stands still.
    pub overdue: u64,
    /// How late the latest of them is.
    pub late_ms_max: u64,
}

impl Findings {
    /// Judges the deadlines of all open alerts.
    pub fn of(deadlines: impl Iterator<Item = Timestamp>, now: Timestamp) -> Self {
        let late = deadlines.map(|deadline| now.since_ms(deadline)).filter(|late_ms| *late_ms > LATE_MS_MAX);
        late.fold(Self::default(), |found, late_ms| Self {
            overdue: found.overdue + 1,
            late_ms_max: found.late_ms_max.max(u64::try_from(late_ms).unwrap_or(0)),
        })
    }
}

/// Looks until the engine is gone.
pub(super) async fn run(context: Weak<Context>) {
    let mut looks = tokio::time::interval(EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = 0;
    loop {
        looks.tick().await;
        let Some(context) = context.upgrade() else { return };
        before = look(&context, before);
    }
}

fn look(context: &Arc<Context>, before: u64) -> u64 {
    let found = Findings::of(context.feed.deadlines().into_iter(), context.clock.now());
    context.counters.alerts_overdue.set(found.overdue);
    context.counters.alerts_late_ms_max.raise_to(found.late_ms_max);
    if found.overdue > before {
        // Whoever watches the platform is told even if nobody can be paged.
        tracing::error!(
            alerts = found.overdue,
            late_ms = found.late_ms_max,
            "alerts stand still: nobody is being asked"
        );
    }
    found.overdue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_whose_deadline_nothing_kept_is_found() {
        let now = Timestamp(0).plus_ms(100_000);
        let late = |ms: i64| now.plus_ms(-ms);
        let kept = [now.plus_ms(1), now, late(2_000)];
        assert_eq!(Findings::of(kept.into_iter(), now), Findings::default());
        let broken = [late(2_001), late(60_000), now.plus_ms(5)];
        assert_eq!(Findings::of(broken.into_iter(), now), Findings { overdue: 2, late_ms_max: 60_000 });
    }
}
