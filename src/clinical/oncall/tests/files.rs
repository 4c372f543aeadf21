//! Every mistake of a care file is named with its file and line.

use super::scene::{POLICIES, SITE, files};
use crate::clinical::oncall::Plan;

fn mistakes(site: &str) -> Vec<String> {
    Plan::parse(&files(site)).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// The only mistake after one change, without its place.
fn only_mistake(from: &str, to: &str) -> String {
    assert!(SITE.contains(from), "{from}");
    let text = SITE.replacen(from, to, 1);
    let found = mistakes(&text);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("site.toml:"), "{found:?}");
    found[0].clone()
}

#[test]
fn rotation_with_nobody_is_a_mistake() {
    let said = only_mistake("people = [\"nurse-a\", \"nurse-b\", \"nurse-c\"]", "people = []");
    assert!(said.contains("site.toml:27: `people` must name at least one person"), "{said}");
}

#[test]
fn person_without_contact_cannot_be_in_a_rotation() {
    let said = only_mistake("contacts = [\"webhook:https://pager.example/b\"]", "contacts = []");
    assert!(said.contains("`nurse-b` has no contact, and cannot be in the rotation `nurses`"), "{said}");
}

#[test]
fn unknown_zone_is_a_mistake() {
    let said = only_mistake("zone = \"Europe/Zurich\"", "zone = \"Europe/Zuerich\"");
    assert!(said.contains("names no IANA time zone: `Europe/Zuerich`"), "{said}");
}

#[test]
fn reference_to_what_is_not_there_is_a_mistake() {
    for (from, to, wanted) in [
        ("primary = [\"rotation:nurses\"]", "primary = [\"rotation:nurse\"]", "there is no rotation `nurse`"),
        ("physician = [\"person:dr-x\"]", "physician = [\"person:dr-y\"]", "there is no person `dr-y`"),
        ("calendar = \"clinic-days\"", "calendar = \"clinic\"", "there is no calendar `clinic`"),
        ("charge-nurse = [\"person:charge\"]\n", "", "pages the role `charge-nurse`, which `icu` does not fill"),
        ("calendar = \"clinic-days\"\n", "", "goes by working days, and `clinic` has no `calendar`"),
    ] {
        let text = SITE.replacen(from, to, 1);
        let found = mistakes(&text);
        assert!(found.iter().any(|one| one.contains(wanted)), "{wanted}: {found:#?}");
    }
}

#[test]
fn fallback_is_never_empty() {
    for change in ["fallback = []", ""] {
        let text = POLICIES.replacen("fallback = [\"role:charge-nurse\", \"role:supervisor\"]", change, 1);
        let files = [("policies.toml".to_owned(), text), ("site.toml".to_owned(), SITE.to_owned())];
        let found = Plan::parse(&files).expect_err("a mistake");
        assert!(found.iter().any(|one| one.what.contains("`fallback` must name at least one target")), "{found:#?}");
    }
}

#[test]
fn policy_without_a_step_is_a_mistake() {
    let policy = "[[policy]]\nid = \"x\"\nsetting = \"home\"\nkind = \"technical\"\npriority = \"low\"\nlethal = true\n\
                  answer_s = 5\nfallback = [\"role:supervisor\"]\n";
    let found = Plan::parse(&[("x.toml".to_owned(), policy.to_owned())]).expect_err("a mistake");
    assert!(found[0].to_string().starts_with("x.toml:1: `step` is missing"), "{found:?}");
}

#[test]
fn unit_without_a_policy_for_some_alerts_is_a_mistake() {
    let files = [("site.toml".to_owned(), SITE.to_owned())];
    let found = Plan::parse(&files).expect_err("mistakes");
    assert_eq!(found.iter().filter(|one| one.what.contains("no policy is for")).count(), 12, "{found:#?}");
}

#[test]
fn every_mistake_is_named_at_once() {
    let text = SITE
        .replacen("turn = \"daily\"", "turn = \"dayly\"", 1)
        .replacen("contacts = [\"web-push:x\"]", "contacts = [\"web-push\"]\npager = 1", 1)
        .replacen("setting = \"bedside\"", "setting = \"bed\"", 1)
        .replacen("from = \"08:00\"", "from = \"8\"", 1);
    let found = mistakes(&text);
    for wanted in
        ["`turn` is not one of", "a contact must be", "no key `pager`", "`setting` is not", "`from` must be a wall"]
    {
        assert!(found.iter().any(|one| one.contains(wanted)), "{wanted}: {found:#?}");
    }
}

#[test]
fn names_that_are_there_twice_are_mistakes() {
    let found = mistakes(&format!("{SITE}\n[[person]]\nid = \"tech\"\n"));
    assert!(found.iter().any(|one| one.contains("the person `tech` is there already, at site.toml:")), "{found:#?}");
}

#[test]
fn rule_of_a_person_needs_its_contact() {
    let said = only_mistake(
        "contacts = [\"web-push:x\"]",
        "contacts = [\"web-push:x\"]\nrule = [{ priority = \"low\", channel = \"email\" }]",
    );
    assert!(said.contains("names `email`, for which the person has no contact"), "{said}");
}
