//! Working days.

use super::scene::{SITE, at, plan, unit};

#[test]
fn next_working_day_passes_over_weekends_and_holidays() {
    let plan = plan(SITE);
    let calendar = plan.calendar_of(plan.unit(&unit("clinic")).expect("a unit")).expect("a calendar");
    for (from, end) in [
        ("2026-03-02T11:00:00Z", "2026-03-03T16:00:00Z"), // Monday -> Tuesday
        ("2026-03-06T11:00:00Z", "2026-03-09T16:00:00Z"), // Friday -> Monday
        ("2026-12-24T11:00:00Z", "2026-12-28T16:00:00Z"), // Christmas, then a weekend
        ("2026-03-27T23:30:00Z", "2026-03-30T15:00:00Z"), // Saturday in Zurich, then summer time
    ] {
        assert_eq!(calendar.next_working_day_ends(at(from)), Some(at(end)), "{from}");
    }
}

#[test]
fn office_hours_are_those_of_working_days() {
    let plan = plan(SITE);
    let calendar = plan.calendar_of(plan.unit(&unit("clinic")).expect("a unit")).expect("a calendar");
    for (moment, open) in [
        ("2026-03-02T07:00:00Z", true),
        ("2026-03-02T06:59:59Z", false),
        ("2026-03-02T16:00:00Z", false),
        ("2026-03-01T11:00:00Z", false),
        ("2026-12-25T11:00:00Z", false),
    ] {
        assert_eq!(calendar.is_open(at(moment)), open, "{moment}");
    }
}
