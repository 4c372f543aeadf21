//! Rule files that somebody has damaged: an answer, never a panic; and what is accepted can judge.

use proptest::prelude::*;

use super::scene::{Scene, beat, interval, number, word};
use crate::clinical::rules::RuleSet;

/// What takes the place of a stretch of a file.
fn patch() -> impl Strategy<Value = String> {
    let words = [
        "",
        "0",
        "-1",
        "1e308",
        "nan",
        "true",
        "\"\"",
        "\"spo2\"",
        "[]",
        "{}",
        "\n",
        "=",
        "[[rule]]",
        "[rule.limit]",
        "[[score]]",
        "\"é\"",
        "9223372036854775807",
    ];
    prop_oneof![3 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn damaged_rule_files_are_named_or_can_judge(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..24_usize, patch()), 1..6),
    ) {
        let mut texts = RuleSet::for_care().unwrap().texts().to_vec();
        for (file, at, length, patch) in cuts {
            let text = &mut file.get_mut(&mut texts).1;
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            let begin = places[at.index(places.len())];
            let end = places.iter().copied().find(|place| *place >= begin + length).unwrap_or(text.len());
            text.replace_range(begin..end, &patch);
            if text.is_empty() {
                text.push('#');
            }
        }
        match RuleSet::parse(&texts) {
            Err(mistakes) => {
                for mistake in &mistakes {
                    prop_assert!(mistake.line >= 1 && !mistake.what.is_empty(), "{mistake}");
                }
            }
            Ok(rules) => {
                let mut scene = Scene::new(rules);
                for second in 0..20 {
                    let said = [number("spo2", 80.0), word("consciousness", "U"), interval(300.0), beat("V")];
                    scene.says(second * 1_000, &said);
                }
            }
        }
    }
}
