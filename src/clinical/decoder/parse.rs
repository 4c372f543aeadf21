//! From the texts of definition files to decoders; every mistake is noted, then the next key is read.

use std::cell::RefCell;

use smol_str::SmolStr;
use toml_edit::TableLike;

use super::binary::{Endian, Layout, TYPES};
use super::decoding::Place;
use super::definition::{Decoder, Format, Parts};
use super::field::{Field, Raw, Scale};
use super::fields::{Fields, Scalar, Source, documents};
use super::firmware::Firmware;
use super::json::Path;
use super::mistake::Mistake;
use crate::clinical::codes::{Allowed, CodeInfo};
use crate::clinical::units::Unit;

/// More decoders than anybody can oversee.
const DECODERS_MAX: usize = 1_000;
/// As many observations as one reading may carry.
const FIELDS_MAX: usize = 256;
/// Longest name of a model or media type, in bytes.
const NAME_MAX: usize = 64;
/// Scales and sums beyond this are slips of a finger.
const FACTOR_MAX: f64 = 1e9;

/// A decoder with where it stands.
struct Parsed<'a> {
    decoder: Decoder,
    file: &'a str,
    line: usize,
}

/// Reads all files.
pub(super) fn decoders(files: &[(String, String)], mistakes: &RefCell<Vec<Mistake>>) -> Vec<Decoder> {
    let texts = documents(files, mistakes);
    let mut parsed = Vec::new();
    for (source, document) in &texts {
        for (table, offset) in source.tables(document.as_table(), "decoder") {
            if let Some(decoder) = read_decoder(source, table, offset) {
                parsed.push(Parsed { decoder, file: source.file, line: source.line(offset) });
            }
        }
    }
    check_against_each_other(&parsed, mistakes);
    parsed.into_iter().map(|parsed| parsed.decoder).collect()
}

fn check_against_each_other(parsed: &[Parsed<'_>], mistakes: &RefCell<Vec<Mistake>>) {
    let note = |of: &Parsed<'_>, what: String| {
        mistakes.borrow_mut().push(Mistake { file: of.file.into(), line: of.line, what });
    };
    for (at, one) in parsed.iter().enumerate() {
        let before = &parsed[..at];
        if let Some(first) = before.iter().find(|first| first.decoder.id == one.decoder.id) {
            note(one, format!("the decoder `{}` is there already, at {}:{}", one.decoder.id, first.file, first.line));
        } else if let Some(first) = before.iter().find(|first| first.decoder.overlaps(&one.decoder)) {
            let (id, other) = (&one.decoder.id, &first.decoder.id);
            let what = format!(
                "the decoder `{id}` is for a firmware that `{other}` at {}:{} is for, too; allowed: one decoder per model, \
                 firmware and content type",
                first.file, first.line
            );
            note(one, what);
        }
    }
    if let Some(one) = parsed.get(DECODERS_MAX) {
        note(one, format!("there are more than {DECODERS_MAX} decoders"));
    }
}

fn read_decoder(source: &Source<'_>, table: &dyn TableLike, offset: usize) -> Option<Decoder> {
    let mut fields = Fields::new(source, "decoder", table, offset);
    let id = fields.identifier("id");
    let version = fields.whole("version", 1..=u16::MAX);
    let model = read_name(&mut fields, "model");
    let firmware = read_firmware(&mut fields);
    let content_type = read_name(&mut fields, "content_type");
    let origin = fields.text("source").map(SmolStr::new);
    let format = fields.word("format", &[("json", true), ("binary", false)]);
    let format = match format {
        Some(true) => read_parts(&mut fields, read_path).map(Format::Json),
        Some(false) => read_binary(&mut fields),
        None => {
            // They are known keys all the same, and each format would say something else of them.
            fields.allow(&["length", "endian", "expect", "field"]);
            None
        }
    };
    fields.finish();
    Some(Decoder {
        id: SmolStr::new(id?),
        version: u32::from(version?),
        model: model?,
        content_type: content_type?,
        source: origin?,
        firmware: firmware?,
        format: format?,
    })
}

fn read_name(fields: &mut Fields<'_>, key: &'static str) -> Option<SmolStr> {
    let text = fields.text(key)?;
    if text.len() > NAME_MAX || text.chars().any(|c| c.is_control() || c == ';') {
        fields.wrong(key, &format!("must have at most {NAME_MAX} bytes, without control characters and `;`"));
        return None;
    }
    Some(SmolStr::new(text))
}

fn read_firmware(fields: &mut Fields<'_>) -> Option<Vec<Firmware>> {
    if !fields.has("firmware") {
        fields.allow(&["firmware"]);
        fields.missing("firmware", "a list of firmwares, such as [\"1.4\", \">=2.0 <3\"]");
        return None;
    }
    let texts = fields.texts("firmware");
    let mut found = Vec::new();
    for (text, offset) in &texts {
        match Firmware::parse(text) {
            Ok(firmware) => found.push(firmware),
            Err(what) => fields.source.mistake(*offset, format!("`firmware` {what}")),
        }
    }
    if texts.is_empty() {
        fields.wrong("firmware", "must name at least one firmware");
    }
    (found.len() == texts.len() && !found.is_empty()).then_some(found)
}

fn read_binary(fields: &mut Fields<'_>) -> Option<Format> {
    let length = fields.whole("length", 1..=u16::MAX).map(usize::from);
    let endian = fields.word("endian", &[("little", Endian::Little), ("big", Endian::Big)]);
    // A mistake in these two is said already: the places are checked against what is allowed at most.
    let most = length.unwrap_or(usize::from(u16::MAX));
    let parts = read_parts(fields, |fields| read_layout(fields, most, endian.unwrap_or(Endian::Little)));
    endian?;
    Some(Format::Binary { length: length?, parts: parts? })
}

fn read_path(fields: &mut Fields<'_>) -> Option<Path> {
    let text = fields.text("path")?;
    Path::parse(text).map_err(|what| fields.wrong("path", &what)).ok()
}

fn read_layout(fields: &mut Fields<'_>, length: usize, endian: Endian) -> Option<Layout> {
    let offset = fields.whole("offset", 0..=u16::MAX).map(usize::from);
    let what = fields.word("type", &TYPES);
    let mask = fields.has("mask").then(|| fields.number("mask", 1.0..=f64::from(u32::MAX)));
    let (offset, what) = (offset?, what?);
    if offset + what.length() > length {
        let last = length.saturating_sub(what.length());
        fields.wrong("offset", &format!("reaches beyond the payload of {length} bytes; allowed: 0 to {last}"));
        return None;
    }
    let mask = match mask {
        None => None,
        Some(mask) => Some(read_mask(fields, mask?, what.largest())?),
    };
    Some(Layout { offset, what, endian, mask })
}

fn read_mask(fields: &Fields<'_>, mask: f64, largest: Option<u32>) -> Option<u32> {
    let Some(largest) = largest else {
        fields.wrong("mask", "goes with u8, u16 and u32 only");
        return None;
    };
    // In this range and without a fraction it is a u32.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = (mask.fract() == 0.0 && mask <= f64::from(largest)).then_some(mask as u32);
    if whole.is_none() {
        fields.wrong("mask", &format!("must be a whole number from 1 to {largest}"));
    }
    whole
}

fn read_parts<P: Place>(
    fields: &mut Fields<'_>,
    read_place: impl Fn(&mut Fields<'_>) -> Option<P>,
) -> Option<Parts<P>> {
    let mut whole = true;
    let mut expected = Vec::new();
    for mut table in fields.tables("expect") {
        let place = read_place(&mut table);
        let is = table.scalar("is").map(raw);
        table.finish();
        match (place, is) {
            (Some(place), Some(is)) => expected.push((place, is)),
            _ => whole = false,
        }
    }
    let mut found: Vec<(P, Field)> = Vec::new();
    for mut table in fields.tables("field") {
        let place = read_place(&mut table);
        let field = read_field(&mut table, place.as_ref().map_or_else(String::new, Place::shown));
        if let Some(field) = &field
            && found.iter().any(|(_, other)| other.info.code == field.info.code)
        {
            table.wrong("code", "is there already in this decoder; allowed: one field per code");
        }
        table.finish();
        match (place, field) {
            (Some(place), Some(field)) => found.push((place, field)),
            _ => whole = false,
        }
    }
    if whole && !(1..=FIELDS_MAX).contains(&found.len()) {
        fields.source.mistake(fields.offset(), format!("a decoder has 1 to {FIELDS_MAX} tables [[decoder.field]]"));
    }
    whole.then_some(Parts { expected, fields: found })
}

fn read_field(fields: &mut Fields<'_>, place: String) -> Option<Field> {
    let info = fields.code("code");
    let optional = fields.flag("optional", false);
    let absent = raws(fields.scalars("absent"));
    let place = SmolStr::from(place);
    let Some(info) = info else {
        // Which other keys are allowed depends on the code.
        fields.allow(&["unit", "scale", "plus", "no_signal", "words"]);
        return None;
    };
    if !matches!(info.allowed, Allowed::Number { .. }) {
        let words = read_words(fields, info)?;
        let (scale, plus, no_signal) = (Scale::ONE, 0.0, Vec::new());
        return Some(Field { info, unit: info.unit, optional, place, scale, plus, no_signal, absent, words });
    }
    let unit = read_unit(fields, info);
    let scale = fields.optional_number("scale", -FACTOR_MAX..=FACTOR_MAX).unwrap_or(1.0);
    if scale == 0.0 {
        fields.wrong("scale", "must not be 0: every value would be the same");
    }
    let plus = fields.optional_number("plus", -FACTOR_MAX..=FACTOR_MAX).unwrap_or(0.0);
    let no_signal = raws(fields.scalars("no_signal"));
    let scale = Scale::new(scale);
    if no_signal.iter().any(|value| absent.contains(value)) {
        fields.wrong("absent", "and `no_signal` name the same value; allowed: one meaning each");
    }
    Some(Field { info, unit: unit?, optional, place, scale, plus, no_signal, absent, words: Vec::new() })
}

fn read_unit(fields: &mut Fields<'_>, info: &CodeInfo) -> Option<Unit> {
    let text =
        if info.unit == Unit::None { fields.optional_text("unit").unwrap_or("1") } else { fields.text("unit")? };
    let unit = Unit::from_ucum(text);
    if unit.converts_to(info.unit) {
        return Some(unit);
    }
    let canonical = if info.ucum.is_empty() { "1" } else { info.ucum };
    fields.wrong("unit", &format!("is no UCUM unit of {}; allowed: `{canonical}` or what converts to it", info.name));
    None
}

/// What raw values mean in the code's vocabulary. Without a table they are the words themselves.
fn read_words(fields: &mut Fields<'_>, info: &CodeInfo) -> Option<Vec<(SmolStr, SmolStr)>> {
    let mut found = Vec::new();
    for (raw, word, offset) in fields.pairs("words")? {
        let (known, allowed) = match info.allowed {
            Allowed::Word(words) => (words.contains(&word), words.join(" ")),
            _ => (
                (1..=32).contains(&word.chars().count()) && !word.chars().any(char::is_control),
                "1 to 32 printable characters".into(),
            ),
        };
        if !known {
            fields.source.mistake(offset, format!("`words` names what {} cannot be; allowed: {allowed}", info.name));
        }
        found.push((SmolStr::new(raw), SmolStr::new(word)));
    }
    Some(found)
}

fn raws(scalars: Vec<Scalar<'_>>) -> Vec<Raw> {
    scalars.into_iter().map(raw).collect()
}

fn raw(scalar: Scalar<'_>) -> Raw {
    match scalar {
        Scalar::Number(number) => Raw::Number(number),
        Scalar::Text(text) => Raw::Text(SmolStr::new(text)),
        Scalar::Truth(truth) => Raw::Text(SmolStr::new_static(if truth { "true" } else { "false" })),
    }
}
