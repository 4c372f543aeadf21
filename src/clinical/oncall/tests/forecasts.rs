//! Coverage: each minute without a reachable person is found.

use super::scene::{Site, at, person, rotation, unit};
use crate::clinical::condition::Priority;
use crate::clinical::oncall::{Contact, Gap, GapCause, Override, RosterCommand};

fn gaps_of(site: &Site, role: &str) -> Vec<Gap> {
    let all = site.roster.gaps(site.now);
    all.into_iter().filter(|gap| gap.unit == unit("icu") && gap.role.as_str() == role).collect()
}

#[test]
fn whoever_has_not_verified_a_contact_is_a_gap() {
    let site = Site::new();
    let gaps = gaps_of(&site, "backup");
    let end = site.now.plus_ms(14 * 24 * 3_600_000);
    let cause = GapCause::Unreachable(vec![person("charge")]);
    assert_eq!(
        gaps.iter().map(|gap| (gap.from, gap.to, gap.cause.clone())).collect::<Vec<_>>(),
        [(site.now, end, cause)]
    );
}

#[test]
fn with_verified_contacts_there_is_no_gap() {
    let mut site = Site::new();
    site.verify_all();
    assert_eq!(gaps_of(&site, "primary"), []);
    assert_eq!(gaps_of(&site, "physician"), []);
}

#[test]
fn in_app_and_e_mail_alone_make_nobody_reachable_for_high_alerts() {
    let mut site = Site::new();
    site.verify_all();
    assert_eq!(gaps_of(&site, "technician").len(), 1, "a technician with e-mail only is paged for high alerts");
    assert!(!site.roster.is_reachable(&person("tech"), Priority::High, site.now));
    assert!(site.roster.is_reachable(&person("tech"), Priority::Medium, site.now));
}

#[test]
fn the_minutes_of_an_override_without_successor_are_the_gap() {
    let mut site = Site::new();
    site.verify_all();
    let (from, to) = (at("2026-03-04T12:34:00Z"), at("2026-03-04T12:35:00Z"));
    let gone =
        Override { number: 0, rotation: rotation("nurses"), add: None, remove: Some(person("nurse-b")), from, to };
    site.command(RosterCommand::Override(gone)).expect("an override");
    let gaps = gaps_of(&site, "primary");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((gaps[0].from, gaps[0].to, &gaps[0].cause), (from, to, &GapCause::NoOneOnCall));
}

#[test]
fn a_test_page_unanswered_for_a_day_is_a_gap_until_it_is_answered() {
    let mut site = Site::new();
    site.verify_all();
    site.command(RosterCommand::Check { person: person("charge") }).expect("a test page");
    let gaps = gaps_of(&site, "backup");
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].from, site.now.plus_ms(24 * 3_600_000), "from the moment at which a day has passed");
    site.command(RosterCommand::AnswerCheck { person: person("charge") }).expect("an answer");
    assert_eq!(gaps_of(&site, "backup"), []);
}

#[test]
fn a_contact_that_is_disabled_or_gone_does_not_count() {
    let mut site = Site::new();
    site.verify_all();
    let contact =
        Contact { channel: crate::clinical::ids::ChannelId::new("web-push").expect("an id"), address: "x".into() };
    site.command(RosterCommand::DisableContact { person: person("dr-x"), contact }).expect("a contact");
    assert_eq!(gaps_of(&site, "physician").len(), 1);
}
