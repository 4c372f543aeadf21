//! Turns, layers, overrides, and lists that change.

use super::scene::{SITE, Site, at, files, person, rotation};
use crate::clinical::oncall::{Override, RosterCommand, RosterRefused};

fn on_call(site: &Site, rfc3339: &str) -> Vec<String> {
    site.roster.on_call(&rotation("nurses"), at(rfc3339)).iter().map(ToString::to_string).collect()
}

fn adopt(site: &mut Site, text: &str) -> Result<(), RosterRefused> {
    site.command(RosterCommand::AdoptPlan { files: files(text) }).map(|_| ())
}

fn change(add: Option<&str>, remove: Option<&str>, from: &str, to: &str) -> RosterCommand {
    RosterCommand::Override(Override {
        number: 0,
        rotation: rotation("nurses"),
        add: add.map(person),
        remove: remove.map(person),
        from: at(from),
        to: at(to),
    })
}

#[test]
fn turns_are_handed_over_at_wall_time() {
    let site = Site::new();
    // 56 days after the start: (56 % 3) = 2, at 07:00 in Zurich, which is 06:00Z.
    assert_eq!(on_call(&site, "2026-03-02T05:59:59Z"), ["nurse-b"]);
    assert_eq!(on_call(&site, "2026-03-02T06:00:00Z"), ["nurse-c"]);
    assert_eq!(on_call(&site, "2026-03-03T06:00:00Z"), ["nurse-a"]);
}

#[test]
fn weekly_and_custom_turns_go_round() {
    let mut site = Site::new();
    adopt(&mut site, &SITE.replace("turn = \"daily\"", "turn = \"weekly\"")).expect("a plan");
    assert_eq!(on_call(&site, "2026-01-11T12:00:00Z"), ["nurse-a"]);
    assert_eq!(on_call(&site, "2026-01-12T12:00:00Z"), ["nurse-b"]);
    adopt(&mut site, &SITE.replace("turn = \"daily\"", "turn_h = 12")).expect("a plan");
    assert_eq!(on_call(&site, "2026-01-05T17:59:00Z"), ["nurse-a"]);
    assert_eq!(on_call(&site, "2026-01-05T18:00:00Z"), ["nurse-b"]);
}

#[test]
fn removing_a_person_does_not_shift_the_rotation() {
    let mut site = Site::new();
    assert_eq!(on_call(&site, "2026-03-02T12:00:00Z"), ["nurse-c"]);
    // Without nurse-a, nurse-c keeps this turn, and nurse-b follows.
    adopt(
        &mut site,
        &SITE.replace("people = [\"nurse-a\", \"nurse-b\", \"nurse-c\"]", "people = [\"nurse-b\", \"nurse-c\"]"),
    )
    .expect("a plan");
    assert_eq!(on_call(&site, "2026-03-02T12:00:00Z"), ["nurse-c"]);
    assert_eq!(on_call(&site, "2026-03-03T12:00:00Z"), ["nurse-b"]);
    assert_eq!(on_call(&site, "2026-03-04T12:00:00Z"), ["nurse-c"]);
}

#[test]
fn removing_someone_who_is_on_call_needs_a_replacement() {
    let mut site = Site::new();
    let before = "people = [\"nurse-a\", \"nurse-b\", \"nurse-c\"]";
    let refused = adopt(&mut site, &SITE.replace(before, "people = [\"nurse-a\", \"nurse-b\"]"));
    let said = refused.expect_err("nurse-c is on call").to_string();
    assert!(said.contains("`nurse-c` has the turn of `nurses` now"), "{said}");
    assert_eq!(on_call(&site, "2026-03-02T12:00:00Z"), ["nurse-c"], "nothing changed");
    let after = "people = [\"nurse-a\", \"nurse-b\"]\nreplaced_by = { nurse-c = \"nurse-b\" }";
    adopt(&mut site, &SITE.replace(before, after)).expect("nurse-b takes over");
    assert_eq!(on_call(&site, "2026-03-02T12:00:00Z"), ["nurse-b"]);
    assert_eq!(on_call(&site, "2026-03-03T12:00:00Z"), ["nurse-a"]);
}

#[test]
fn another_start_is_taken_as_it_is_written() {
    let mut site = Site::new();
    adopt(&mut site, &SITE.replace("2026-01-05 07:00", "2026-03-02 07:00")).expect("a plan");
    assert_eq!(on_call(&site, "2026-03-02T12:00:00Z"), ["nurse-a"]);
}

#[test]
fn the_uppermost_layer_on_duty_counts() {
    let mut site = Site::new();
    let weekend = "[[rotation.layer]]\nstart = \"2026-01-05 07:00\"\nturn = \"weekly\"\npeople = [\"charge\"]\n\
                   days = [\"sat\", \"sun\"]\nfrom = \"20:00\"\nto = \"06:00\"\n[[rotation.layer]]";
    adopt(&mut site, &SITE.replacen("[[rotation.layer]]", weekend, 1)).expect("a plan");
    assert_eq!(on_call(&site, "2026-03-07T18:59:59Z"), ["nurse-b"]);
    assert_eq!(on_call(&site, "2026-03-07T19:00:00Z"), ["charge"], "Saturday, 20:00");
    assert_eq!(on_call(&site, "2026-03-08T04:59:59Z"), ["charge"], "until Sunday, 06:00");
    assert_eq!(on_call(&site, "2026-03-08T05:00:00Z"), ["nurse-b"]);
}

#[test]
fn an_override_adds_removes_and_puts_one_in_anothers_place() {
    let mut site = Site::new();
    let swap = change(Some("nurse-a"), Some("nurse-c"), "2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z");
    site.command(swap).expect("an override");
    assert_eq!(on_call(&site, "2026-03-02T11:59:59Z"), ["nurse-c"]);
    assert_eq!(on_call(&site, "2026-03-02T12:00:00Z"), ["nurse-a"]);
    assert_eq!(on_call(&site, "2026-03-02T14:00:00Z"), ["nurse-c"]);
    site.command(change(Some("dr-x"), None, "2026-03-02T15:00:00Z", "2026-03-02T16:00:00Z")).expect("an override");
    assert_eq!(on_call(&site, "2026-03-02T15:00:00Z"), ["nurse-c", "dr-x"]);
    site.command(RosterCommand::EndOverride { number: 2, by: person("charge") }).expect("it is set");
    assert_eq!(on_call(&site, "2026-03-02T15:00:00Z"), ["nurse-c"]);
}

#[test]
fn overlapping_overrides_of_one_person_are_refused_by_number() {
    let mut site = Site::new();
    let (from, to) = ("2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z");
    site.command(change(Some("nurse-a"), Some("nurse-c"), from, to)).expect("an override");
    for other in [
        change(Some("dr-x"), Some("nurse-c"), "2026-03-02T13:00:00Z", "2026-03-02T15:00:00Z"),
        change(None, Some("nurse-a"), "2026-03-02T13:59:59Z", "2026-03-02T15:00:00Z"),
    ] {
        assert_eq!(site.command(other), Err(RosterRefused::Contradicts { number: 1 }));
    }
    let after = change(Some("dr-x"), Some("nurse-c"), to, "2026-03-02T15:00:00Z");
    site.command(after).expect("one begins where the other ends");
}

#[test]
fn an_override_that_makes_no_sense_is_refused() {
    let mut site = Site::new();
    let (from, to) = ("2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z");
    for wrong in [
        change(None, None, from, to),
        change(Some("nurse-a"), Some("nurse-a"), from, to),
        change(Some("nurse-a"), None, to, from),
        change(Some("nurse-a"), None, "2026-03-01T12:00:00Z", "2026-03-02T10:00:00Z"),
        change(Some("nurse-a"), None, from, "2027-03-02T10:00:00Z"),
    ] {
        assert!(matches!(site.command(wrong), Err(RosterRefused::Invalid(_))));
    }
    assert_eq!(site.command(change(Some("nobody"), None, from, to)), Err(RosterRefused::NotFound("person")));
}
