//! Daylight saving in every zone: shifts overlap, and never leave a gap.

use chrono::NaiveDateTime;
use proptest::prelude::*;

use super::scene::{at, person, rotation};
use crate::clinical::oncall::{DAY_MINUTES, Layer, Rotation, Turns, Zone};
use crate::time::Timestamp;

const HOUR_MS: i64 = 3_600_000;

/// Every change of a zone's clocks from 2026 to the end of 2040, by looking at each day and bisecting.
fn transitions(zone: Zone) -> Vec<Timestamp> {
    let (mut from, end) = (at("2026-01-01T00:00:00Z"), at("2041-01-01T00:00:00Z"));
    let mut found = Vec::new();
    while from < end {
        let to = from.plus_ms(24 * HOUR_MS);
        if zone.offset_s(from) != zone.offset_s(to) {
            let (mut low, mut high) = (from, to);
            while high.since_us(low) > 1 {
                let middle = low.plus_us(high.since_us(low) / 2);
                if zone.offset_s(middle) == zone.offset_s(from) { low = middle } else { high = middle }
            }
            found.push(high);
        }
        from = to;
    }
    found
}

fn turns(start: &str, length_minutes: u32, people: usize) -> Turns {
    let start = NaiveDateTime::parse_from_str(start, "%Y-%m-%d %H:%M").expect("a wall time");
    Turns { start, length_minutes, people: (0..people).map(|n| person(&format!("p{n}"))).collect() }
}

fn of(zone: Zone, turns: Turns) -> Rotation {
    Rotation { id: rotation("r"), zone, layers: vec![Layer { turns, hours: None, replaced: Vec::new() }] }
}

/// Every IANA zone, every transition to 2040, turns of several lengths and hand-over minutes: around each transition
/// somebody is on call at every moment at which anything can change, and just before and after it.
#[test]
fn daylight_saving_leaves_no_gap_in_any_zone_to_2040() {
    let mut seen = 0;
    let shapes = [
        ("2020-03-01 02:30", DAY_MINUTES),
        ("2020-03-01 00:00", DAY_MINUTES),
        ("2020-03-01 01:15", 60),
        ("2020-03-01 02:00", 12 * 60),
        ("2020-03-01 03:00", 7 * DAY_MINUTES),
    ];
    let rotations = |zone| shapes.map(|(start, length)| of(zone, turns(start, length, 3)));
    for zone in Zone::all() {
        let rotations = rotations(zone);
        for transition in transitions(zone) {
            seen += 1;
            for rotation in &rotations {
                let (from, to) = (transition.plus_ms(-4 * HOUR_MS), transition.plus_ms(4 * HOUR_MS));
                let mut changes = vec![transition];
                rotation.changes(from, to, &mut changes);
                for change in changes {
                    for moment in [change.plus_us(-1), change, change.plus_us(1)] {
                        assert!(!rotation.at(moment).is_empty(), "{} at {moment}: {rotation:?}", zone.name());
                    }
                }
            }
        }
    }
    assert!(seen > 5_000, "the database has thousands of transitions, {seen} were seen");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// Any zone, start, length and moment.
    #[test]
    fn rotation_has_somebody_at_any_moment(
        zone in 0..chrono_tz::TZ_VARIANTS.len(),
        start_minute in 0_i64..525_600,
        length_minutes in 60_u32..50_000,
        people in 1_usize..6,
        // 1970 to 2040.
        moment_s in 0_i64..2_240_524_800,
    ) {
        let zone = Zone::all().nth(zone).expect("a zone");
        let mut turns = turns("2020-01-01 00:00", length_minutes, people);
        turns.start += chrono::Duration::minutes(start_minute);
        let rotation = of(zone, turns);
        let now = Timestamp(moment_s * 1_000_000);
        let found = rotation.at(now);
        prop_assert!(!found.is_empty(), "{}", zone.name());
        prop_assert!(rotation.ends_at(now) > now);
    }
}

#[test]
fn at_a_fold_the_start_is_the_first_and_the_end_the_last_occurrence() {
    let zone = Zone::named("Europe/Zurich").expect("a zone");
    // On 25 October 2026 at 03:00 clocks go back to 02:00: 02:30 is at 00:30Z and at 01:30Z.
    let rotation = of(zone, turns("2026-10-24 02:30", DAY_MINUTES, 2));
    let names = |rfc3339: &str| rotation.at(at(rfc3339)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names("2026-10-25T00:29:59Z"), ["p0"]);
    assert_eq!(names("2026-10-25T00:30:00Z"), ["p0", "p1"], "both, from the first 02:30 on");
    assert_eq!(names("2026-10-25T01:29:59Z"), ["p0", "p1"]);
    assert_eq!(names("2026-10-25T01:30:00Z"), ["p1"], "the first leaves at the last 02:30");
}

#[test]
fn at_a_gap_hand_over_is_at_the_change() {
    let zone = Zone::named("Europe/Zurich").expect("a zone");
    // On 29 March 2026 02:30 does not exist: clocks go from 02:00 to 03:00 at 01:00Z.
    let rotation = of(zone, turns("2026-03-28 02:30", DAY_MINUTES, 2));
    let names = |rfc3339: &str| rotation.at(at(rfc3339)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names("2026-03-29T00:59:59Z"), ["p0"]);
    assert_eq!(names("2026-03-29T01:00:00Z"), ["p1"]);
}

#[test]
fn hand_over_stays_at_its_wall_time_all_year() {
    let zone = Zone::named("America/New_York").expect("a zone");
    let rotation = of(zone, turns("2026-01-01 07:00", DAY_MINUTES, 2));
    let ends = |rfc3339: &str| rotation.ends_at(at(rfc3339));
    assert_eq!(ends("2026-01-10T18:00:00Z"), at("2026-01-11T12:00:00Z"));
    assert_eq!(ends("2026-07-10T18:00:00Z"), at("2026-07-11T11:00:00Z"));
}

#[test]
fn a_day_that_a_zone_skipped_is_no_gap() {
    let zone = Zone::named("Pacific/Apia").expect("a zone");
    let rotation = of(zone, turns("2011-12-20 08:00", DAY_MINUTES, 3));
    // 30 December 2011 was left out.
    for hour in 0..72 {
        let moment = at("2011-12-29T00:00:00Z").plus_ms(hour * HOUR_MS);
        assert!(!rotation.at(moment).is_empty(), "{moment}");
    }
}
