//! Rule files: what is accepted, and that every mistake is named with its line.

use crate::clinical::rules::RuleSet;

#[test]
fn the_built_in_bedside_set_is_valid() {
    let rules = RuleSet::bedside()
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.iter().map(|m| format!("{m}\n")).collect::<String>()));
    assert_eq!(rules.rules().len(), 15);
}
