//! Which pages stay quiet, why and for how long; and that no first page of a high alert ever does.

use super::scene::{person, unit};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::oncall::{Maintenance, PageFacts, Quiet, QuietCause, terms};
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_000_000);

fn facts(kind: ConditionKind, priority: Priority) -> PageFacts<'static> {
    PageFacts {
        kind,
        priority,
        step: 1,
        maintenance: None,
        snoozed: None,
        unit_alert: None,
        raised_lately: 1,
        sent_lately: 0,
        bundle_due: None,
    }
}

fn work() -> Maintenance {
    let until = NOW.plus_ms(3_600_000);
    Maintenance { unit: unit("icu"), reason: "pumps".into(), by: person("tech"), from: NOW, until }
}

fn cause(facts: &PageFacts<'_>) -> Option<QuietCause> {
    Quiet::of(facts, NOW).map(|quiet| quiet.cause)
}

/// Everything at once that can keep a page quiet.
fn all(kind: ConditionKind, priority: Priority, maintenance: &Maintenance) -> PageFacts<'_> {
    PageFacts {
        maintenance: Some(maintenance),
        snoozed: Some(("ana", NOW.plus_ms(1))),
        unit_alert: Some(("unit~icu~1", NOW.plus_ms(1))),
        raised_lately: 99,
        sent_lately: 99,
        bundle_due: Some(NOW.plus_ms(1)),
        ..facts(kind, priority)
    }
}

#[test]
fn nothing_delays_a_first_high_page_and_nothing_at_all_a_physiological_one() {
    let work = work();
    for kind in [ConditionKind::Physiological, ConditionKind::Technical] {
        assert_eq!(cause(&all(kind, Priority::High, &work)), None, "{kind:?}");
    }
    let later = PageFacts { step: 3, ..all(ConditionKind::Physiological, Priority::High, &work) };
    assert_eq!(cause(&later), None);
}

#[test]
fn maintenance_silences_technical_alerts_only_with_its_author_and_end() {
    let work = work();
    let of = |kind, priority, step| PageFacts { maintenance: Some(&work), step, ..facts(kind, priority) };
    let quiet = Quiet::of(&of(ConditionKind::Technical, Priority::Medium, 1), NOW).unwrap();
    assert_eq!((quiet.cause, quiet.by.as_str(), quiet.until), (QuietCause::Maintenance, "tech", work.until));
    assert_eq!(cause(&of(ConditionKind::Technical, Priority::High, 2)), Some(QuietCause::Maintenance));
    for priority in [Priority::Low, Priority::Medium] {
        assert_eq!(cause(&of(ConditionKind::Physiological, priority, 1)), None, "{priority:?}");
    }
    assert_eq!(Quiet::of(&of(ConditionKind::Technical, Priority::Low, 1), work.until), None, "it has ended");
}

#[test]
fn a_units_alert_hides_technical_alerts_and_never_what_another_sensor_finds() {
    let of = |kind| PageFacts { unit_alert: Some(("unit~icu~1", NOW.plus_ms(9))), ..facts(kind, Priority::Medium) };
    let quiet = Quiet::of(&of(ConditionKind::Technical), NOW).unwrap();
    assert_eq!((quiet.cause, quiet.by.as_str()), (QuietCause::Inhibited, "unit~icu~1"));
    assert_eq!(cause(&of(ConditionKind::Physiological)), None);
}

#[test]
fn a_condition_that_flaps_pages_three_times_and_then_waits_in_the_inbox() {
    let of = |raised_lately| PageFacts { raised_lately, ..facts(ConditionKind::Technical, Priority::Medium) };
    assert_eq!(cause(&of(terms::FLAPS)), None);
    let quiet = Quiet::of(&of(terms::FLAPS + 1), NOW).unwrap();
    assert_eq!((quiet.cause, quiet.until), (QuietCause::Flapping, NOW.plus_ms(terms::FLAPPING_MS)));
}

#[test]
fn in_a_storm_lower_priorities_are_put_together_and_go_out_within_a_minute() {
    let of = |sent_lately, bundle_due| PageFacts {
        sent_lately,
        bundle_due,
        ..facts(ConditionKind::Physiological, Priority::Medium)
    };
    assert_eq!(cause(&of(terms::BUNDLE_PAGES - 1, None)), None);
    let first = Quiet::of(&of(terms::BUNDLE_PAGES, None), NOW).unwrap();
    assert_eq!((first.cause, first.until), (QuietCause::Bundled, NOW.plus_ms(terms::BUNDLE_MS)));
    let due = NOW.plus_ms(17);
    assert_eq!(Quiet::of(&of(0, Some(due)), NOW).unwrap().until, due, "further ones go with those that wait");
}

#[test]
fn each_cause_reads_back_from_its_name() {
    for cause in ["maintenance", "snoozed", "inhibited", "flapping", "bundled"] {
        assert_eq!(cause.parse::<QuietCause>().unwrap().as_str(), cause);
    }
    assert!("throttled".parse::<QuietCause>().is_err());
}
