//! Rule files: what is accepted, and that every mistake is named with its line.

use super::scene::bedside;
use crate::clinical::ids::RuleId;
use crate::clinical::rules::RuleSet;

const HEAD: &str = "[[rule]]\nid = \"a\"\nversion = 1\nkind = \"physiological\"\npriority = \"low\"\ntext = \"a\"\nsource = \"test\"\n";

fn mistakes(text: &str) -> Vec<String> {
    match RuleSet::parse(&[("f.toml".into(), text.into())]) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

fn only_mistake(text: &str) -> String {
    let mistakes = mistakes(text);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    mistakes[0].clone()
}

#[test]
fn the_built_in_bedside_set_has_every_rule_of_the_page() {
    let rules = bedside();
    let names = "asystole pause3 pause2 ex_brady ex_tachy vtach vrun3 vflutter hr_high hr_low no_beat_after_break \
                 spo2_low spo2_very_low spo2_no_signal";
    for name in names.split_whitespace() {
        assert!(rules.get(&RuleId::new(name).unwrap()).is_some(), "{name}");
    }
    assert!(!rules.get(&RuleId::new("pause2").unwrap()).unwrap().alert);
}

#[test]
fn every_mistake_is_named_at_once_with_its_line() {
    let text = "[[rule]]\nid = \"A b\"\nversion = 0\nkind = \"odd\"\npriority = 3\nlatching = \"yes\"\ntext = \"{x}\"\n\
                colour = \"red\"\n[rule.limit]\ncode = \"blood\"\nbelow = 1\nclear = 2\n";
    let found = mistakes(text).join("\n");
    for part in [
        "f.toml:1: the rule has no `source`; allowed: a text",
        "f.toml:2: `id` must be",
        "f.toml:3: `version` must be a whole number from 1",
        "f.toml:4: `kind` is not one of the words allowed: \"physiological\", \"technical\"",
        "f.toml:5: `priority` is not one of",
        "f.toml:6: `latching` must be true or false",
        "f.toml:7: `text` has a place {x}; allowed: {value}, {limit}",
        "f.toml:8: the rule knows no key `colour`; allowed: id, version",
        "f.toml:10: `code` is not a code with numbers; allowed: heart_rate",
        "f.toml:12: the limit knows no key `clear`; allowed: code, ",
    ] {
        assert!(found.contains(part), "{part}\nis not in\n{found}");
    }
}

#[test]
fn text_that_is_not_toml_is_a_mistake_with_its_line() {
    assert!(only_mistake("# one\n[[rule\n").starts_with("f.toml:2: the file is not TOML"));
    assert_eq!(only_mistake(""), "f.toml:1: the file has no [[rule]]");
    assert!(mistakes("rules = 1\n").join("\n").contains("knows no key `rules`"));
}

#[test]
fn overlapping_bands_are_a_mistake() {
    let low = only_mistake(&format!("{HEAD}[rule.limit]\ncode = \"spo2\"\nbelow = 90\nclears_at = 89\n"));
    assert!(low.contains(":11: `clears_at` overlaps the condition; allowed: at least `below`, which is 90"), "{low}");
    let high = only_mistake(&format!("{HEAD}[rule.limit]\ncode = \"heart_rate\"\nabove = 130\nclears_at = 131\n"));
    assert!(high.contains("at most `above`"), "{high}");
}

#[test]
fn a_limit_outside_what_can_be_measured_is_a_mistake() {
    let found = only_mistake(&format!("{HEAD}[rule.limit]\ncode = \"spo2\"\nbelow = 101\n"));
    assert!(found.contains("`below` must be a number from 0 to 100"), "{found}");
}

#[test]
fn a_window_of_zero_is_a_mistake() {
    assert!(only_mistake(&format!("{HEAD}[rule.no_beat]\nfor_ms = 0\ndecided_by = \"watch\"\n")).contains("`for_ms`"));
    assert!(
        only_mistake(&format!("{HEAD}[rule.beat_rate]\nintervals = 0\nabove_per_min = 130\n")).contains("`intervals`")
    );
}

#[test]
fn a_rule_has_exactly_one_kind() {
    assert!(only_mistake(HEAD).contains("exactly one of the tables limit, change"));
    let two = format!("{HEAD}[rule.limit]\ncode = \"spo2\"\nbelow = 9\n[rule.flutter]\nfor_ms = 4000\n");
    assert!(only_mistake(&two).contains("this one has limit, flutter"));
    assert!(
        only_mistake(&format!("{HEAD}[rule.limit]\ncode = \"spo2\"\n"))
            .contains("exactly one of `above`, `below`, `at_least` and `at_most`")
    );
}

#[test]
fn a_delay_where_the_kind_has_its_own_time_is_a_mistake() {
    let head = HEAD.to_owned() + "condition_delay_s = 3\n";
    let found = only_mistake(&format!("{head}[rule.flutter]\nfor_ms = 4000\n"));
    assert!(found.contains(":8: `condition_delay_s` does not go with `flutter`"), "{found}");
}

#[test]
fn circles_and_unknown_names_in_supersedes_are_mistakes() {
    let rule = |id: &str, supersedes: &str| {
        HEAD.replace("\"a\"\nversion", &format!("\"{id}\"\nversion"))
            + &format!("supersedes = [{supersedes}]\n[rule.flutter]\nfor_ms = 4000\n")
    };
    assert!(only_mistake(&rule("a", "\"b\"")).contains(":8: `supersedes` names `b`, which is no rule"));
    let circle = mistakes(&(rule("a", "\"b\"") + &rule("b", "\"c\"") + &rule("c", "\"a\"")));
    assert_eq!(circle.len(), 3, "{circle:#?}");
    assert!(circle[0].contains("goes in a circle: `a` supersedes itself"), "{circle:#?}");
    assert!(only_mistake(&(rule("a", "") + &rule("a", ""))).contains("the rule `a` is there already, at f.toml:1"));
}

#[test]
fn superseding_reaches_through_rules_in_between() {
    let rules = bedside();
    let pause2 = rules.get(&RuleId::new("pause2").unwrap()).unwrap();
    assert_eq!(pause2.superseded_by.len(), 2, "by pause3 and by asystole");
}

#[test]
fn beat_types_are_checked() {
    let run =
        |types: &str| format!("{HEAD}[rule.ventricular_run]\nbeats = 3\ninterval_below_ms = 600\ntypes = [{types}]\n");
    assert!(only_mistake(&run("\"V\", \"[\"")).contains("names `[`, which is no beat"));
    assert!(only_mistake(&run("")).contains("at least one beat type"));
}

#[test]
fn every_kind_names_its_mistakes() {
    for (head, table, wanted) in [
        (
            "",
            "limit]\ncode = \"spo2\"\nbelow = 90\nbounds = [91, 95]",
            "`bounds` must hold the limit itself, which is 90",
        ),
        ("", "limit]\ncode = \"spo2\"\nbelow = 90\nunit = \"kPa\"", "`unit` `kPa` does not convert to that of spo2"),
        ("", "limit]\ncode = \"spo2\"\nbelow = 90\nunit = \"furlong\"", "`unit` `furlong` does not convert"),
        ("", "limit]\ncode = \"temperature\"\nabove = 300\nunit = \"[degF]\"", "`above` must be from 10 to 50 `Cel`"),
        ("", "change]\ncode = \"spo2\"\nfalls_by = 8\nover_s = 0", "`over_s` must be a number from 0.001"),
        (
            "condition_delay_s = 61",
            "change]\ncode = \"spo2\"\nfalls_by = 8\nover_s = 60",
            "the delay must be at most its window",
        ),
        ("", "change]\ncode = \"spo2\"\nover_s = 60", "exactly one of `rises_by` and `falls_by`"),
        ("", "from_baseline]\ncode = \"spo2\"\nfalls_by = 8\nlearn = 0", "`learn` must be a whole number from 1 to 9"),
        ("", "repeated]\ncode = \"spo2\"\nbelow = 9\nn = 3\nof = 2", "`n` must be at most `of`"),
        (
            "",
            "repeated]\ncode = \"spo2\"\nbelow = 9\nn = 2\nof = 2\ngap_s = 5\napart_s = 6",
            "`apart_s` is longer than `gap_s`",
        ),
        (
            "",
            "status]\ncode = \"mains_power\"\nis_one_of = [\"gone\"]",
            "`gone`, which the code does not know; allowed: on lost",
        ),
        ("", "status]\ncode = \"spo2\"\nis_one_of = [\"low\"]", "`code` is not a code with words"),
        (
            "",
            "events]\ncode = \"episode_type\"\nis_one_of = [\"VT\"]\nat_least = 3\nwithin_s = 0",
            "`within_s` must be",
        ),
        (
            "",
            "burden]\ncode = \"heart_rate\"\nabove = 100\nover_s = 60\nmore_than_s = 60",
            "`more_than_s` must be less than `over_s`",
        ),
        (
            "",
            "burden]\ncode = \"heart_rate\"\nabove = 100\nover_s = 60\nmore_than_s = 6\nduration = \"spo2\"",
            "whose unit is one of time",
        ),
        (
            "",
            "deviation]\ncode = \"oxygen_flow\"\nfrom = \"spo2\"\npercent = 20\nside = \"either\"\nfresh_s = 60",
            "`from` must have the unit of `code`",
        ),
        (
            "",
            "projection]\nlevel = \"cylinder_pressure\"\nfresh_s = 60\nat_most = 15",
            "either `rate`, `type` and `factors`, or `over_s`",
        ),
        (
            "",
            "projection]\nlevel = \"battery_percentage\"\nover_s = 60\nfresh_s = 60\nabove = 15",
            "`at_most` or `below`, in minutes",
        ),
        ("", "score_band]\nscore = \"nothing\"\nbands = [\"high\"]", "`score` names `nothing`, which is no score"),
        ("", "limits_missing]\ncode = \"spo2\"\nscore = \"news2\"", "exactly one of `code` and `score`"),
        (
            "subject = \"device\"",
            "limit]\ncode = \"spo2\"\nbelow = 90",
            "`subject` must be \"patient\" for a physiological rule",
        ),
        ("models = [\"Azure\"]", "limit]\ncode = \"spo2\"\nbelow = 90", "goes with `subject = \"device\"` only"),
        ("ages = [\"old\"]", "limit]\ncode = \"spo2\"\nbelow = 90", "`old`, which is no age class"),
        (
            "condition_delay_s = 3",
            "events]\ncode = \"episode_type\"\nis_one_of = [\"VT\"]\nat_least = 1\nwithin_s = 9",
            "does not go with `events`",
        ),
    ] {
        let found = mistakes(&format!("{HEAD}{head}\n[rule.{table}\n"));
        assert!(found.iter().any(|found| found.contains(wanted)), "{wanted} is not in {found:#?}");
        assert!(found.iter().all(|found| found.starts_with("f.toml:")), "{found:#?}");
    }
}

#[test]
fn bands_of_scores_neither_overlap_nor_leave_a_gap() {
    let score = |points: &str, bands: &str| {
        format!(
            "[[score]]\nid = \"s\"\nversion = 1\ntitle = \"S\"\nsource = \"test\"\n[[score.input]]\nname = \"pulse\"\n\
             codes = [\"heart_rate\"]\nfresh_s = 60\nround_to = \"1\"\npoints = [{points}]\n{bands}"
        )
    };
    let bands = "[[score.band]]\nname = \"low\"\nto = 4\n[[score.band]]\nname = \"high\"\nfrom = 5\n";
    let sound = "{ to = 40, points = 3 }, { from = 41, points = 0 }";
    assert!(mistakes(&score(sound, bands)).is_empty());
    let overlap = only_mistake(&score("{ to = 40, points = 3 }, { from = 40, points = 0 }", bands));
    assert!(overlap.contains("f.toml:11: the band overlaps the band before; allowed: `from` = 41"), "{overlap}");
    let gap = only_mistake(&score("{ to = 40, points = 3 }, { from = 42, points = 0 }", bands));
    assert!(gap.contains("leaves a gap after the band before"), "{gap}");
    let open = only_mistake(&score("{ to = 40, points = 3 }, { from = 41, to = 50, points = 0 }", bands));
    assert!(open.contains("only the last one no `to`"), "{open}");
    let total = only_mistake(&score(sound, &bands.replace("from = 5", "from = 4")));
    assert!(total.contains("the band overlaps the band before; allowed: `from` = 5"), "{total}");
}

#[test]
fn every_set_that_is_carried_along_is_sound() {
    for set in [RuleSet::ward(), RuleSet::cied(), RuleSet::oxygen(), RuleSet::reference(), RuleSet::for_care()] {
        assert!(set.is_ok(), "{:#?}", set.err());
    }
}
