//! What a look at all open alerts shows: for the auditor, and for whoever decides whether a page stays quiet.

use std::collections::BTreeMap;

use super::AlertFeed;
use crate::actors::auditor::LATE_MS_MAX;
use crate::clinical::alert::Alert;
use crate::clinical::condition::ConditionKey;
use crate::clinical::device::DEVICE_SILENT;
use crate::clinical::ids::{AlertId, Subject, UnitId};
use crate::clinical::oncall::unit_conditions::WATCHED;
use crate::time::Timestamp;

/// What a look at all open alerts shows, by unit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::actors) struct Survey {
    pub units: BTreeMap<UnitId, UnitSurvey>,
    /// Conditions of units that the auditor watches over, and that are present.
    pub present: Vec<(UnitId, ConditionKey)>,
}

/// What a look at a unit's open alerts shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::actors) struct UnitSurvey {
    /// Alerts whose deadline has passed by more than 2 s without anything having happened: nobody owns them, and their
    /// ladder stands still.
    pub overdue: u64,
    /// How late the latest of them is.
    pub late_ms_max: i64,
    /// Devices that are silent.
    pub silent: usize,
}

impl AlertFeed {
    /// Looks at every open alert.
    pub fn survey(&self, now: Timestamp) -> Survey {
        let mut survey = Survey::default();
        let state = self.lock();
        for (subject, (place, book)) in &state.books {
            for alert in book.open() {
                survey.see(subject, &place.unit, alert, now);
            }
        }
        survey
    }

    /// How many alerts of the same condition were raised since: those that are open, and those closed lately.
    pub fn raised_since(&self, subject: &Subject, key: &ConditionKey, since: Timestamp) -> usize {
        let state = self.lock();
        let same = |alert: &&Alert| alert.condition.key == *key && alert.raised_at >= since;
        let open = state.books.get(subject).map_or(0, |(_, book)| book.open().iter().filter(same).count());
        // The newest come first.
        let lately =
            state.closed.iter().take_while(|view| view.alert.raised_at >= since || view.id.subject != *subject);
        open + lately.filter(|view| view.id.subject == *subject && same(&&view.alert)).count()
    }

    /// The open alert of a unit by this rule, while its condition is present, and when it is looked at next.
    pub fn of_unit(&self, unit: &UnitId, rule: &str) -> Option<(AlertId, Timestamp)> {
        let subject = Subject::Unit(unit.clone());
        let state = self.lock();
        let (_, book) = state.books.get(&subject)?;
        let found = book.open().iter().find(|alert| alert.present && alert.condition.key.rule.as_str() == rule)?;
        Some((AlertId { subject: subject.clone(), ordinal: found.ordinal }, found.deadline()))
    }
}

impl Survey {
    fn see(&mut self, subject: &Subject, unit: &UnitId, alert: &Alert, now: Timestamp) {
        let rule = alert.condition.key.rule.as_str();
        let late_ms = now.since_ms(alert.deadline());
        let (overdue, silent) = (late_ms > LATE_MS_MAX, alert.present && rule == DEVICE_SILENT);
        if overdue || silent {
            let seen = self.units.entry(unit.clone()).or_default();
            seen.silent += usize::from(silent);
            if overdue {
                (seen.overdue, seen.late_ms_max) = (seen.overdue + 1, seen.late_ms_max.max(late_ms));
            }
        }
        if alert.present && matches!(subject, Subject::Unit(_)) && WATCHED.contains(&rule) {
            self.present.push((unit.clone(), alert.condition.key.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;
    use crate::clinical::alert::{AlertBook, AlertEvent};
    use crate::clinical::condition::Priority;
    use crate::clinical::ids::PersonId;
    use crate::clinical::oncall::unit_conditions::{self, UNIT_SILENT};

    fn feed(deadlines_ms: &[i64]) -> (AlertFeed, UnitId) {
        let (feed, unit) = (AlertFeed::default(), UnitId::new("icu").unwrap());
        let mut book = AlertBook::default();
        for (ordinal, deadline_ms) in (1..).zip(deadlines_ms) {
            let by = PersonId::new("ana").unwrap();
            let kind = crate::clinical::condition::ConditionKind::Technical;
            let mut condition = unit_conditions::drill(&by, kind, Priority::High, Timestamp(0));
            condition.key = unit_conditions::key(if ordinal == 1 { UNIT_SILENT } else { "other" });
            let deadline = Timestamp(0).plus_ms(*deadline_ms);
            book.evolve(&AlertEvent::Raised { ordinal, condition, deadline }, Timestamp(0));
        }
        let place = Place { unit: unit.clone(), bed: smol_str::SmolStr::default() };
        feed.seed(&Subject::Unit(unit.clone()), place, &book);
        (feed, unit)
    }

    #[test]
    fn an_alert_whose_deadline_nothing_kept_is_found_with_its_unit() {
        let now = Timestamp(0).plus_ms(100_000);
        let (kept, unit) = feed(&[100_001, 100_000, 98_000]);
        assert_eq!(kept.survey(now).units, BTreeMap::new());
        let (broken, _) = feed(&[97_999, 40_000, 100_005]);
        let seen = UnitSurvey { overdue: 2, late_ms_max: 60_000, silent: 0 };
        assert_eq!(broken.survey(now).units, [(unit, seen)].into());
    }

    #[test]
    fn what_the_platform_watches_over_is_seen_while_it_is_present() {
        let (feed, unit) = feed(&[5, 7]);
        let survey = feed.survey(Timestamp(0));
        assert_eq!(survey.present, [(unit.clone(), unit_conditions::key(UNIT_SILENT))]);
        let (id, deadline) = feed.of_unit(&unit, UNIT_SILENT).unwrap();
        assert_eq!((id.to_string().as_str(), deadline), ("unit~icu~1", Timestamp(0).plus_ms(5)));
        let raised = |since| feed.raised_since(&Subject::Unit(unit.clone()), &unit_conditions::key("other"), since);
        assert_eq!((raised(Timestamp(0)), raised(Timestamp(1))), (1, 0));
    }
}
