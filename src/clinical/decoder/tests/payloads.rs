//! What payloads say.

use super::scene::{binary, decode, json, numbers};
use crate::clinical::decoder::{Decoded, Undecodable};
use crate::clinical::reading::Validity::{NoSignal, Valid};
use crate::clinical::reading::Value;

const SPO2: &str =
    "[[decoder.field]]\ncode = \"spo2\"\nunit = \"%\"\npath = \"/v/0/spo2\"\nno_signal = [0, \"--\"]\nabsent = [127]\n";
const PULSE: &str = "[[decoder.field]]\ncode = \"pulse_rate\"\nunit = \"/min\"\npath = \"/v/0/pr\"\n";

#[test]
fn zero_and_words_of_the_decoder_mean_no_signal() {
    let set = json(SPO2);
    for (text, number, validity) in
        [("96", 96.0, Valid), ("96.5", 96.5, Valid), ("0", 0.0, NoSignal), ("\"--\"", 0.0, NoSignal)]
    {
        let decoded = decode(&set, format!("{{\"v\":[{{\"spo2\":{text}}}]}}").as_bytes()).unwrap();
        assert_eq!(numbers(&decoded), [("spo2", number, validity)], "{text}");
    }
}

#[test]
fn what_was_not_measured_is_no_observation_and_nothing_is_missing() {
    let decoded = decode(&json(SPO2), br#"{"v":[{"spo2":127}]}"#).unwrap();
    assert_eq!(decoded, Decoded::default());
}

#[test]
fn a_field_that_is_missing_is_said_and_its_neighbours_count() {
    let set = json(&(SPO2.to_owned() + PULSE));
    for text in [r#"{"v":[{"pr":71}]}"#, r#"{"v":[{"pr":71,"spo2":null}]}"#] {
        let decoded = decode(&set, text.as_bytes()).unwrap();
        assert_eq!(numbers(&decoded), [("pulse_rate", 71.0, Valid)]);
        assert_eq!(decoded.missing.len(), 1);
        assert_eq!(decoded.missing[0].reason, "spo2 is missing: the payload has nothing at /v/0/spo2");
        assert!(decoded.missing[0].is_of_a_missing_field());
    }
    let optional = json(&(SPO2.to_owned() + "optional = true\n" + PULSE));
    assert!(decode(&optional, br#"{"v":[{"pr":71}]}"#).unwrap().missing.is_empty());
}

#[test]
fn a_payload_of_another_format_is_undecodable_and_not_empty() {
    let set = json(&(SPO2.to_owned() + "optional = true\n" + PULSE));
    assert_eq!(decode(&set, b"{}"), Err(Undecodable::NothingInIt));
    assert_eq!(decode(&set, br#"{"v":[{"spo2":[1],"pr":"fast"}]}"#), Err(Undecodable::NothingInIt));
    assert_eq!(decode(&set, b"{\n\"v\": x}"), Err(Undecodable::NotJson { line: 2, column: 6 }));
    assert!(matches!(decode(&set, &[0xFF, 0xFE]), Err(Undecodable::NotJson { .. })));
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert!(matches!(decode(&set, &deep), Err(Undecodable::NotJson { .. })));
}

#[test]
fn a_payload_that_lacks_the_mark_of_its_format_is_undecodable() {
    let mark = "[[decoder.expect]]\npath = \"/format\"\nis = \"two\"\n";
    let set = json(&(mark.to_owned() + PULSE));
    assert!(decode(&set, br#"{"format":"two","v":[{"pr":71}]}"#).is_ok());
    for text in [r#"{"format":"one","v":[{"pr":71}]}"#, r#"{"v":[{"pr":71}]}"#] {
        let refused = decode(&set, text.as_bytes()).unwrap_err();
        assert_eq!(refused, Undecodable::OtherFormat { place: "/format".into() });
        assert!(!refused.to_string().contains("one"), "no value of the payload: {refused}");
    }
}

#[test]
fn words_are_those_of_the_decoder() {
    let set =
        json("[[decoder.field]]\ncode = \"mains_power\"\npath = \"/mains\"\nwords = { true = \"on\", 0 = \"lost\" }\n");
    let word = |text: &str| match &decode(&set, text.as_bytes()).unwrap().observations[0].value {
        Value::Text(word) => word.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!((word(r#"{"mains":true}"#), word(r#"{"mains":0}"#)), ("on".to_owned(), "lost".to_owned()));
    assert_eq!(decode(&set, br#"{"mains":"maybe"}"#), Err(Undecodable::NothingInIt));
}

#[test]
fn scale_and_offset_give_the_value_in_its_unit() {
    let set = json(
        "[[decoder.field]]\ncode = \"temperature\"\nunit = \"[degF]\"\npath = \"/t\"\nscale = 0.1\nplus = 32\nno_signal = [0]\n",
    );
    assert_eq!(numbers(&decode(&set, br#"{"t":666}"#).unwrap()), [("temperature", 98.6, Valid)]);
    assert_eq!(numbers(&decode(&set, br#"{"t":0}"#).unwrap()), [("temperature", 32.0, NoSignal)]);
}

#[test]
fn a_scaled_value_is_exactly_the_decimal_that_was_meant() {
    for (scale, digits) in [("0.1", 1), ("0.01", 2), ("0.001", 3)] {
        let set = json(&format!("[[decoder.field]]\ncode = \"spo2\"\nunit = \"%\"\npath = \"/s\"\nscale = {scale}\n"));
        for raw in (0..100 * 10_u32.pow(digits)).step_by(7) {
            let (whole, part) = (raw / 10_u32.pow(digits), raw % 10_u32.pow(digits));
            let meant: f64 = format!("{whole}.{part:0width$}", width = digits as usize).parse().unwrap();
            let decoded = decode(&set, format!("{{\"s\":{raw}}}").as_bytes()).unwrap();
            assert_eq!(numbers(&decoded), [("spo2", meant, Valid)]);
        }
    }
}

#[test]
fn numbers_are_read_in_their_type_and_byte_order() {
    let number = |what: &str, endian: &str, bytes: [u8; 4]| {
        let field =
            format!("[[decoder.field]]\ncode = \"episode_duration\"\nunit = \"s\"\noffset = 0\ntype = \"{what}\"\n");
        let text = super::scene::BINARY_HEAD.replace("\"big\"", &format!("\"{endian}\"")) + &field;
        numbers(&decode(&super::scene::set(&text), &bytes).unwrap())[0].1
    };
    let bytes = [0xFE, 0x01, 0x02, 0x83];
    for (what, little, big) in [
        ("u8", 254.0, 254.0),
        ("i8", -2.0, -2.0),
        ("u16", f64::from(0x01FE), f64::from(0xFE01)),
        ("i16", f64::from(0x01FE), f64::from(0xFE01_u16.cast_signed())),
        ("u32", f64::from(0x8302_01FE_u32), f64::from(0xFE01_0283_u32)),
        ("i32", f64::from(0x8302_01FE_u32.cast_signed()), f64::from(0xFE01_0283_u32.cast_signed())),
        ("f32", f64::from(f32::from_bits(0x8302_01FE)), f64::from(f32::from_bits(0xFE01_0283))),
    ] {
        // The bits must be these, not about these.
        #[allow(clippy::float_cmp)]
        {
            assert_eq!(number(what, "little", bytes), little, "{what} little");
            assert_eq!(number(what, "big", bytes), big, "{what} big");
        }
    }
}

#[test]
fn medical_floats_are_decimals_and_their_special_values_words() {
    let field = "[[decoder.field]]\ncode = \"spo2\"\nunit = \"%\"\noffset = 0\ntype = \"sfloat\"\nno_signal = [\"nan\", \"nres\"]\n";
    let set = binary(field);
    for (word, number, validity) in [
        (0x0061_u16, 97.0, Valid),
        (0xF3CA, 97.0, Valid),
        (0x1009, 90.0, Valid),
        (0x07FF, 0.0, NoSignal),
        (0x0800, 0.0, NoSignal),
    ] {
        let [high, low] = word.to_be_bytes();
        assert_eq!(numbers(&decode(&set, &[high, low, 0, 0]).unwrap()), [("spo2", number, validity)], "{word:x}");
    }
    assert_eq!(decode(&set, &[0x07, 0xFE, 0, 0]), Err(Undecodable::NothingInIt), "infinity is no saturation");
}

#[test]
fn a_float_that_is_not_finite_is_no_value() {
    let set = binary("[[decoder.field]]\ncode = \"spo2\"\nunit = \"%\"\noffset = 0\ntype = \"f32\"\n");
    for bits in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].map(f32::to_be_bytes) {
        assert_eq!(decode(&set, &bits), Err(Undecodable::NothingInIt));
    }
}

#[test]
fn bits_are_taken_out_of_a_number() {
    let set = binary(
        "[[decoder.field]]\ncode = \"battery_status\"\noffset = 1\ntype = \"u8\"\nmask = 0x30\nwords = { 0 = \"ok\", 2 = \"low\" }\n",
    );
    let word = |byte: u8| decode(&set, &[0, byte, 0, 0]).map(|decoded| decoded.observations[0].value.clone());
    assert_eq!(word(0xCF), Ok(Value::Text("ok".into())));
    assert_eq!(word(0x20), Ok(Value::Text("low".into())));
    assert_eq!(word(0x10), Err(Undecodable::NothingInIt));
}

#[test]
fn a_payload_of_another_length_is_undecodable() {
    let set = binary("[[decoder.field]]\ncode = \"spo2\"\nunit = \"%\"\noffset = 0\ntype = \"u8\"\n");
    assert_eq!(decode(&set, &[97, 0, 0]), Err(Undecodable::Length { found: 3, allowed: 4 }));
    assert_eq!(decode(&set, &[]), Err(Undecodable::Length { found: 0, allowed: 4 }));
}
