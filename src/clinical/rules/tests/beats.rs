//! Beat rules, one by one.

use super::scene::{Scene, beat, bedside, interval, set};
use crate::clinical::reading::Validity;

const NOTHING: Vec<String> = Vec::new();

#[test]
fn an_asystole_is_determined_when_the_device_has_watched_four_seconds() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    assert_eq!(scene.watched(9_999), NOTHING);
    assert_eq!(scene.watched(11_999), ["+pause2 8000..10000", "+pause3! 8000..11000"]);
    assert_eq!(scene.watched(12_000), ["+asystole! 8000..12000"]);
    assert_eq!(scene.watched(20_000), NOTHING);
    assert_eq!(scene.beat(21_000, 13_000.0, "N"), ["-asystole 21000", "-pause3 21000", "-pause2 21000"]);
}

#[test]
fn an_asystole_comes_before_the_beat_that_ends_it() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    let said = scene.beat(12_000, 4_000.0, "N");
    let began = ["+pause2 8000..10000", "+pause3 8000..11000", "+asystole! 8000..12000"];
    assert_eq!(said, [began.as_slice(), &["-asystole 12000", "-pause3 12000", "-pause2 12000"]].concat());
}

#[test]
fn a_stalled_network_is_no_asystole() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    // The device stops: no device time passes, whatever the receipt time. Nothing is said by a reading that has not
    // watched further.
    assert_eq!(scene.says_with(60_000, &[], |reading| reading.observed_until = None), NOTHING);
}

#[test]
fn signal_loss_ends_the_chain_and_is_never_asystole() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    assert_eq!(scene.lost(9_500), NOTHING);
    assert_eq!(scene.lost(14_000), NOTHING);
    assert_eq!(scene.lost(19_500), ["+ecg_signal_lost! 9500..19500"]);
    // Back, with beats: the first has no interval, though its row carries one.
    assert_eq!(scene.beat(20_000, 12_000.0, "N"), ["-ecg_signal_lost 20000"]);
    assert_eq!(scene.beat(20_800, 800.0, "N"), NOTHING);
}

#[test]
fn a_doubted_signal_is_a_lost_one() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    let doubt = |at| {
        move |reading: &mut crate::clinical::reading::Reading| {
            reading.signal = Validity::Questionable;
            reading.observed_until = Some(crate::time::Timestamp(0).plus_ms(at));
        }
    };
    assert_eq!(scene.says_with(9_000, &[], doubt(14_000)), NOTHING);
    assert_eq!(scene.watched(14_000), NOTHING);
}

#[test]
fn a_signal_that_comes_back_without_beats_alarms() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    scene.lost(9_000);
    assert_eq!(scene.watched(12_000), NOTHING);
    assert_eq!(scene.watched(16_000), ["+no_beat_after_break! 12000..16000"]);
    assert_eq!(scene.beat(17_000, 9_000.0, "N"), ["-no_beat_after_break 17000"]);
}

#[test]
fn a_signal_that_was_lost_again_is_not_watched_meanwhile() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    scene.lost(9_000);
    scene.watched(12_000);
    scene.lost(13_000);
    assert_eq!(scene.watched(17_000), NOTHING);
    assert_eq!(scene.watched(21_000), ["+no_beat_after_break! 17000..21000"]);
}

#[test]
fn readings_that_are_missing_break_the_chain() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    let said = scene.says_with(15_000, &[interval(800.0), beat("N")], |reading| reading.key.sequence += 5);
    assert_eq!(said, NOTHING);
    assert_eq!(scene.watched(19_000), ["+pause2 15000..17000", "+pause3 15000..18000", "+asystole! 15000..19000"]);
}

#[test]
fn a_new_boot_starts_a_new_chain_also_where_its_clock_was_set_back() {
    let mut scene = Scene::new(bedside());
    scene.beats(100_000, 800, 10, "N");
    let boot = |reading: &mut crate::clinical::reading::Reading| reading.key.boot = 2;
    assert_eq!(scene.says_with(1_000, &[beat("N")], boot), NOTHING);
    assert_eq!(scene.states.late_readings(), 0);
    assert_eq!(scene.says_with(5_000, &[], boot).last().unwrap(), "+asystole! 1000..5000");
}

#[test]
fn pauses_go_by_the_interval_of_the_device_and_not_by_differences_of_time() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    assert_eq!(scene.beat(10_050, 1_990.0, "N"), NOTHING);
    assert_eq!(scene.beat(12_000, 2_000.0, "N"), ["+pause2 10050..12050", "-pause2 12050"]);
}

#[test]
fn extreme_bradycardia_needs_five_intervals_in_a_row() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    let (at, said) = scene.beats(8_000, 1_501, 4, "N");
    assert_eq!(said, NOTHING);
    let (at, said) = scene.beats(at, 800, 1, "N");
    assert_eq!(said, NOTHING);
    let (at, said) = scene.beats(at, 1_501, 5, "N");
    assert_eq!(said, [format!("+ex_brady! {}..{at}", at - 5 * 1_501)]);
    let (_, said) = scene.beats(at, 1_500, 1, "N");
    assert_eq!(said, [format!("-ex_brady {at}")]);
}

#[test]
fn extreme_tachycardia_needs_seventeen_intervals_in_a_row() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    let (_, said) = scene.beats(8_000, 428, 16, "N");
    assert!(!said.iter().any(|line| line.contains("ex_tachy")), "{said:?}");
    let said = scene.beat(8_000 + 17 * 428, 428.0, "N");
    assert_eq!(said, ["+ex_tachy! 8000..15276"]);
    let said = scene.beat(8_000 + 17 * 428 + 429, 429.0, "N");
    assert_eq!(said, ["-ex_tachy 15276"]);
}

#[test]
fn a_ventricular_tachycardia_hides_the_run_it_grew_from_only_if_they_come_together() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    let (at, said) = scene.beats(8_000, 400, 6, "V");
    assert_eq!(said, ["+vrun3! 8400..9200", "+vtach! 8400..10000"]);
    assert_eq!(scene.beat(at + 800, 800.0, "N"), ["-vtach 10400", "-vrun3 10400"]);
}

#[test]
fn an_interval_that_is_too_long_begins_another_run() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    let (at, said) = scene.beats(8_000, 400, 2, "V");
    assert_eq!(said, NOTHING);
    assert_eq!(scene.beat(at + 600, 600.0, "V"), NOTHING);
    assert_eq!(scene.beat(at + 1_000, 400.0, "E"), NOTHING);
    assert_eq!(scene.beat(at + 1_400, 400.0, "r"), [format!("+vrun3! {}..{}", at + 600, at + 1_400)]);
}

#[test]
fn flutter_counts_from_its_begin_while_the_device_watches() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 800, 10, "N");
    scene.says(8_300, &[beat("[")]);
    assert_eq!(scene.watched(12_299), NOTHING);
    assert_eq!(scene.watched(12_300), ["+vflutter! 8300..12300"]);
    assert_eq!(scene.says(15_000, &[beat("]")]), ["-vflutter 15000"]);
    assert_eq!(scene.watched(18_999), NOTHING);
    assert_eq!(scene.watched(19_000), ["+no_beat_after_break! 15000..19000"]);
}

#[test]
fn a_short_flutter_is_none_and_one_of_four_seconds_is() {
    let mut scene = Scene::new(bedside());
    scene.says(1_000, &[beat("[")]);
    assert_eq!(scene.says(4_999, &[beat("]")]), NOTHING);
    scene.says(6_000, &[beat("[")]);
    assert_eq!(scene.says(10_000, &[beat("]")]), ["+vflutter! 6000..10000", "-vflutter 10000"]);
}

#[test]
fn flutter_is_not_watched_without_a_signal() {
    let mut scene = Scene::new(bedside());
    scene.says(1_000, &[beat("[")]);
    scene.lost(3_000);
    assert_eq!(scene.watched(6_000), NOTHING);
}

#[test]
fn a_high_rate_needs_eight_intervals_and_ten_seconds_and_clears_with_hysteresis() {
    let mut scene = Scene::new(bedside());
    let (at, said) = scene.beats(0, 450, 31, "N");
    assert_eq!(said, NOTHING);
    // The first beat has no interval: the ninth, at 4.05 s, is the first with eight. 10 s later: 14.05, so 14.4.
    let (at, said) = scene.beats(at, 450, 1, "N");
    assert_eq!(said, ["+hr_high! 4050..14400"]);
    let (at, said) = scene.beats(at, 470, 20, "N");
    assert_eq!(said, NOTHING, "127.7 /min is above the clearing limit");
    let (_, said) = scene.beats(at, 480, 8, "N");
    assert_eq!(said, [format!("-hr_high {}", at + 8 * 480)], "125 /min clears");
}

#[test]
fn a_break_empties_the_window_and_clears_the_rate() {
    let mut scene = Scene::new(bedside());
    let (at, said) = scene.beats(0, 1_300, 17, "N");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("+hr_low! "), "{said:?}");
    assert_eq!(scene.lost(at + 500), [format!("-hr_low {}", at + 500)]);
    let (_, said) = scene.beats(at + 1_000, 1_300, 16, "N");
    assert_eq!(said, NOTHING, "eight intervals and ten seconds are not full again");
}

#[test]
fn a_beat_without_an_interval_starts_the_chain_anew() {
    let mut scene = Scene::new(bedside());
    scene.beats(0, 450, 30, "N");
    scene.says(14_000, &[beat("N")]);
    let (_, said) = scene.beats(14_000, 450, 20, "N");
    assert_eq!(said, NOTHING);
}

#[test]
fn an_interval_without_a_type_is_a_beat() {
    let mut scene = Scene::new(bedside());
    scene.says(1_000, &[interval(800.0)]);
    assert_eq!(scene.watched(5_000).last().unwrap(), "+asystole! 1000..5000");
}

#[test]
fn a_device_that_never_sent_a_beat_is_not_watched_for_beats() {
    let mut scene = Scene::new(bedside());
    for second in 0..120 {
        assert_eq!(scene.says(second * 1_000, &[super::scene::spo2(97.0)]), NOTHING);
    }
}

#[test]
fn a_condition_hidden_by_another_alerts_when_that_one_has_gone() {
    let rules =
        set("[[rule]]\nid = \"fast\"\nversion = 1\nkind = \"physiological\"\npriority = \"medium\"\ntext = \"fast\"\n\
         source = \"test\"\n[rule.beat_rate]\nintervals = 2\nabove_per_min = 100\nclears_at_per_min = 80\n\
         [[rule]]\nid = \"faster\"\nversion = 1\nkind = \"physiological\"\npriority = \"high\"\ntext = \"faster\"\n\
         source = \"test\"\nsupersedes = [\"fast\"]\n[rule.beat_rate]\nintervals = 2\nabove_per_min = 120\n");
    let mut scene = Scene::new(rules);
    let (at, said) = scene.beats(0, 400, 3, "N");
    assert_eq!(said, ["+fast 1200..1200", "+faster! 1200..1200"]);
    let (_, said) = scene.beats(at, 600, 2, "N");
    assert_eq!(said, ["-faster 1800", "+fast! 1200..1200"]);
}

#[test]
fn what_an_asystole_hid_stays_hidden_when_one_beat_ends_both() {
    for watched in [vec![], vec![5_000], vec![3_999, 5_000, 5_500]] {
        let mut scene = Scene::new(bedside());
        scene.beats(0, 800, 3, "N");
        let mut said: Vec<String> = watched.iter().flat_map(|until| scene.watched(2_400 + until)).collect();
        said.extend(scene.beat(2_400 + 6_000, 6_000.0, "N"));
        said.extend(scene.beat(2_400 + 6_800, 800.0, "N"));
        let raised: Vec<_> = said.iter().filter(|said| said.contains("pause3!")).collect();
        // Where the device says so before the asystole, the pause alerts when it sets in; never when both end.
        assert_eq!(raised.len(), usize::from(watched.len() == 3), "{said:?}");
        assert_eq!(said.iter().filter(|said| said.contains("asystole!")).count(), 1, "{said:?}");
    }
}
