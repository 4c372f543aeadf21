//! What is the case of a whole unit.

use super::scene::{Site, at, person, rotation, unit};
use crate::clinical::condition::Priority;
use crate::clinical::oncall::unit_conditions::{COVERAGE_GAP, NOBODY_REACHABLE, coverage, unit_silent};
use crate::clinical::oncall::{Override, RosterCommand};
use crate::time::Timestamp;

fn found(site: &Site) -> Vec<(String, Priority)> {
    let covered = site.roster.coverage(site.now);
    let mine = covered.iter().filter(|one| one.unit == unit("icu")).flat_map(|one| coverage(one, site.now));
    mine.map(|condition| (condition.key.rule.to_string(), condition.priority)).collect()
}

#[test]
fn whole_chain_off_duty_is_a_high_alert_of_the_unit() {
    let mut site = Site::new();
    assert_eq!(found(&site)[0], (NOBODY_REACHABLE.to_owned(), Priority::High), "no contact was ever verified");
    site.verify_all();
    assert!(found(&site).iter().all(|(rule, _)| rule != NOBODY_REACHABLE));
}

#[test]
fn a_coverage_alarm_comes_a_shift_before_the_gap_and_not_earlier() {
    let mut site = Site::new();
    site.verify_all();
    let site_gap = |site: &Site| {
        let covered = site.roster.coverage(site.now).into_iter().find(|one| one.unit == unit("icu"));
        covered.and_then(|one| one.gap).filter(|gap| gap.role.as_str() == "primary")
    };
    // The technician has e-mail only, which is a gap of its own; here it is about the nurses.
    let from = at("2026-03-02T22:00:00Z");
    let gone = site.roster.on_call(&rotation("nurses"), from)[0].clone();
    let set = Override {
        number: 0,
        rotation: rotation("nurses"),
        add: None,
        remove: Some(gone),
        from,
        to: from.plus_ms(3_600_000),
    };
    site.command(RosterCommand::Override(set)).unwrap();
    let gaps =
        |site: &Site| site.roster.gaps(site.now).into_iter().filter(|gap| gap.role.as_str() == "primary").count();
    assert!(gaps(&site) >= 1, "the forecast knows it for 14 days");
    let is_alarmed = |site: &Site| {
        let covered = site.roster.coverage(site.now);
        covered.iter().any(|one| one.unit == unit("icu") && one.gap.is_some())
    };
    assert!(is_alarmed(&site) && site_gap(&site).is_none(), "11 hours before, the nurses are no matter yet");
    // A technician who can be woken leaves the nurses' gap alone.
    site.command(RosterCommand::AdoptPlan {
        files: super::scene::files(&super::scene::SITE.replace("email:tech@", "webhook:https://pager.example/tech@")),
    })
    .unwrap();
    site.verify_all();
    assert!(!is_alarmed(&site), "more than a shift before");
    site.now = from.plus_ms(-8 * 3_600_000 + 1);
    assert!(is_alarmed(&site), "within a shift");
    assert_eq!(found(&site), [(COVERAGE_GAP.to_owned(), Priority::Medium)]);
    assert_eq!(site_gap(&site).map(|gap| gap.from), Some(from));
    assert!(site.roster.is_on_team(&person("nurse-a"), &unit("icu"), site.now).unwrap_or(false));
}

#[test]
fn most_of_a_units_devices_silent_is_one_alert_and_a_few_are_none() {
    assert!(unit_silent(2, 2, Timestamp(0)).is_none(), "two are no unit");
    assert!(unit_silent(3, 6, Timestamp(0)).is_none(), "half are not most");
    let all = unit_silent(5, 6, Timestamp(0)).unwrap();
    assert_eq!((all.priority, all.text.as_str()), (Priority::High, "5 of 6 devices of the unit are silent"));
}
