//! Reads `[[score]]` tables.

use smol_str::SmolStr;

use super::table::{Band, Input, PointBand, Points, Score};
use crate::clinical::patient::Spo2Scale;
use crate::clinical::rules::applies::Ages;
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::joint::place_of;

/// More inputs than any score has; what is known of them is kept in 16 bits.
const INPUTS_MAX: usize = 16;

/// Reads one score.
pub(in crate::clinical::rules) fn read_score(mut fields: Fields<'_>) -> Option<Score> {
    let id = fields.id();
    let version = fields.whole("version", 1..=u16::MAX);
    let title = fields.text("title").map(SmolStr::new);
    let source = fields.text("source").map(SmolStr::new);
    let ages = Ages::parse(&mut fields);
    let pregnancy = fields.flag("pregnancy", true);
    let each_reading = fields.flag("each_reading", false);
    let tables = fields.tables("input");
    if tables.is_empty() || tables.len() > INPUTS_MAX {
        fields.source.mistake(fields.offset(), format!("a score has 1 to {INPUTS_MAX} inputs, [[score.input]]"));
    }
    let inputs: Vec<_> = tables.into_iter().map(read_input).collect();
    let bands = read_bands(&mut fields);
    fields.finish();
    Some(Score {
        id: id?,
        version: u32::from(version?),
        title: title?,
        source: source?,
        ages,
        pregnancy,
        each_reading,
        inputs: inputs.into_iter().collect::<Option<_>>()?,
        bands: bands?,
    })
}

fn read_input(mut fields: Fields<'_>) -> Option<Input> {
    let name = fields.text("name").map(SmolStr::new);
    let codes = fields.codes("codes");
    let fresh_us = fields.window_s("fresh_s", 0);
    let required = fields.flag("required", false);
    let assumed = fields.has("assumed").then(|| fields.whole("assumed", 0..=20)).flatten();
    let scale = if fields.has("scale") {
        fields
            .optional_number("scale", 1.0..=2.0)
            .map(|scale| if scale < 2.0 { Spo2Scale::One } else { Spo2Scale::Two })
    } else {
        None
    };
    let points = read_points(&mut fields, codes.first().copied(), codes.len());
    fields.finish();
    Some(Input {
        name: name?,
        codes: codes.into_iter().map(|info| info.code).collect(),
        fresh_us: fresh_us?,
        required,
        assumed: assumed.and_then(|points| u8::try_from(points).ok()),
        scale,
        points: points?,
    })
}

fn read_points(
    fields: &mut Fields<'_>,
    first: Option<&crate::clinical::codes::CodeInfo>,
    count: usize,
) -> Option<Points> {
    let named: Vec<_> = ["points", "words", "given_above"].into_iter().filter(|key| fields.has(key)).collect();
    if named.len() != 1 {
        let what = "an input has exactly one of `points`, `words` and `given_above`";
        fields.source.mistake(fields.offset(), what);
    }
    match named.first().copied()? {
        "points" => read_point_bands(fields),
        "words" => {
            let code = first?.code;
            let mut words = Vec::new();
            for (word, points) in fields.numbers("words", 0.0..=20.0) {
                match place_of(code, word) {
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 20.
                    Some(place) => words.push((place, points as u8)),
                    None => fields.wrong("words", &format!("names `{word}`, which the code does not know")),
                }
            }
            Some(Points::Word(words))
        }
        _ => {
            let above = fields.number_list("given_above", 0.0..=1000.0);
            if above.len() != count {
                fields.wrong("given_above", "must hold as many numbers as `codes` has codes");
            }
            let given = fields.whole("given", 0..=20);
            Some(Points::Oxygen { above, given: u8::try_from(given?).ok()? })
        }
    }
}

/// Bands in steps of the rounding, ascending: each begins one step after the one before it ends.
fn read_point_bands(fields: &mut Fields<'_>) -> Option<Points> {
    let per_unit = fields.word("round_to", &[("1", 1.0), ("0.1", 10.0)]);
    let tables = fields.rows("points");
    let mut bands = Vec::new();
    let count = tables.len();
    let mut before: Option<f64> = None;
    for (nth, mut table) in tables.into_iter().enumerate() {
        let from = table.optional_number("from", -1e6..=1e6);
        let to = table.optional_number("to", -1e6..=1e6);
        let points = table.whole("points", 0..=20);
        let on_air = table.has("on_air").then(|| table.whole("on_air", 0..=20)).flatten();
        let step = 1.0 / per_unit.unwrap_or(1.0);
        check_band(&table, nth == 0, nth + 1 == count, (from, to), before, step);
        before = to;
        #[allow(clippy::cast_possible_truncation)] // At most 1e7.
        let to = to.map(|to| (to / step).round() as i64);
        bands.push(points.and_then(|points| {
            Some(PointBand {
                to,
                points: u8::try_from(points).ok()?,
                on_air: on_air.and_then(|points| u8::try_from(points).ok()),
            })
        }));
        table.finish();
    }
    Some(Points::Number { per_unit: per_unit?, bands: bands.into_iter().collect::<Option<_>>()? })
}

/// Bands neither overlap nor leave a gap; the first and the last are open.
fn check_band(
    table: &Fields<'_>,
    first: bool,
    last: bool,
    (from, to): (Option<f64>, Option<f64>),
    before: Option<f64>,
    step: f64,
) {
    let note = |what: String| table.source.mistake(table.offset(), what);
    if first != from.is_none() || last != to.is_none() {
        note("only the first band has no `from`, and only the last one no `to`".into());
    }
    if let (Some(before), Some(from)) = (before, from) {
        let expected = before + step;
        if (from - expected).abs() > step / 10.0 {
            let problem =
                if from < expected { "overlaps the band before" } else { "leaves a gap after the band before" };
            note(format!("the band {problem}; allowed: `from` = {}", (expected * 1e6).round() / 1e6));
        }
    }
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        note("the band ends before it begins".into());
    }
}

fn read_bands(fields: &mut Fields<'_>) -> Option<Vec<Band>> {
    let tables = fields.tables("band");
    if tables.is_empty() || tables.len() > INPUTS_MAX {
        let what = format!("a score has 1 to {INPUTS_MAX} bands, [[score.band]]");
        fields.source.mistake(fields.offset(), what);
    }
    let count = tables.len();
    let mut bands = Vec::new();
    let mut before: Option<f64> = None;
    for (nth, mut table) in tables.into_iter().enumerate() {
        let name = table.text("name").map(SmolStr::new);
        let from = table.optional_number("from", 0.0..=300.0);
        let to = table.optional_number("to", 0.0..=300.0);
        let single = table.table("single").and_then(|mut single| {
            let points = single.whole("points", 1..=20);
            let name = single.text("name").map(SmolStr::new);
            single.finish();
            Some((u8::try_from(points?).ok()?, name?))
        });
        check_band(&table, nth == 0, nth + 1 == count, (from.filter(|_| nth > 0), to), before, 1.0);
        before = to;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 300.
        let to = to.map(|to| to as u16);
        bands.push(name.map(|name| Band { name, to, single }));
        table.finish();
    }
    bands.into_iter().collect()
}
