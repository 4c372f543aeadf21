//! Definition files: that every mistake is named with its line.

use super::scene::{BINARY_HEAD, JSON_HEAD, set};
use crate::clinical::decoder::DecoderSet;

fn mistakes(text: &str) -> Vec<String> {
    match DecoderSet::parse(&[("f.toml".into(), text.into())]) {
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
fn every_mistake_of_a_decoder_is_named_at_once_with_its_line() {
    let text = "[[decoder]]\nid = \"A b\"\nversion = 0\nmodel = \"\"\nfirmware = [\">=2 <1\", 3]\ncontent_type = \"a;b\"\n\
                format = \"json\"\ncolour = \"red\"\n[[decoder.expect]]\npath = \"format\"\nis = []\n\
                [[decoder.field]]\ncode = \"spo2\"\npath = \"/a\"\nunit = \"mm[Hg]\"\nscale = 0\nno_signal = [1]\nabsent = [1]\n\
                [[decoder.field]]\ncode = \"mains_power\"\npath = \"/b\"\nwords = { a = \"off\" }\nunit = \"%\"\n\
                [[decoder.field]]\ncode = \"blood\"\npath = \"/c\"\n";
    let found = mistakes(text).join("\n");
    for part in [
        "f.toml:1: the decoder has no `source`; allowed: a text",
        "f.toml:2: `id` must be 1 to 64 characters of a-z 0-9 _",
        "f.toml:3: `version` must be a whole number from 1",
        "f.toml:4: `model` must be a text that is not empty",
        "f.toml:5: `firmware` is a range without any version",
        "f.toml:5: `firmware` must hold texts only",
        "f.toml:6: `content_type` must have at most 64 bytes, without control characters and `;`",
        "f.toml:8: the decoder knows no key `colour`; allowed: id, version",
        "f.toml:10: `path` must be a JSON pointer (RFC 6901)",
        "f.toml:11: `is` must be a number, a text, true or false",
        "f.toml:15: `unit` is no UCUM unit of spo2; allowed: `%` or what converts to it",
        "f.toml:16: `scale` must not be 0",
        "f.toml:18: `absent` and `no_signal` name the same value",
        "f.toml:22: `words` names what mains_power cannot be; allowed: on lost",
        "f.toml:23: the field knows no key `unit`; allowed: path, code, optional, absent, words",
        "f.toml:25: `code` is no code; allowed: the names of docs/CODES.md",
    ] {
        assert!(found.contains(part), "{part}\nis not in\n{found}");
    }
}

#[test]
fn a_field_outside_the_payload_is_a_mistake() {
    let field = "[[decoder.field]]\ncode = \"spo2\"\nunit = \"%\"\ntype = \"u16\"\noffset = 3\n";
    let found = only_mistake(&format!("{BINARY_HEAD}{field}"));
    assert!(found.contains(":15: `offset` reaches beyond the payload of 4 bytes; allowed: 0 to 2"), "{found}");
}

#[test]
fn bits_of_a_signed_number_are_a_mistake() {
    let field = "[[decoder.field]]\ncode = \"spo2\"\nunit = \"%\"\noffset = 0\nmask = 3\n";
    let signed = only_mistake(&format!("{BINARY_HEAD}{field}type = \"i8\"\n"));
    assert!(signed.contains("`mask` goes with u8, u16 and u32 only"), "{signed}");
    let wide = only_mistake(&format!("{BINARY_HEAD}{}type = \"u8\"\n", field.replace("mask = 3", "mask = 256")));
    assert!(wide.contains("`mask` must be a whole number from 1 to 255"), "{wide}");
}

#[test]
fn a_decoder_without_fields_and_a_code_that_comes_twice_are_mistakes() {
    assert!(only_mistake(JSON_HEAD).contains("f.toml:1: a decoder has 1 to 256 tables [[decoder.field]]"));
    let field = "[[decoder.field]]\ncode = \"spo2\"\npath = \"/a\"\nunit = \"%\"\n";
    let twice = only_mistake(&format!("{JSON_HEAD}{field}{field}"));
    assert!(twice.contains(":14: `code` is there already in this decoder"), "{twice}");
}

#[test]
fn two_decoders_for_one_firmware_are_a_mistake_whether_exact_or_in_ranges() {
    let decoder = |id: &str, firmware: &str| {
        JSON_HEAD.replace("\"a\"\nversion", &format!("\"{id}\"\nversion")).replace("[\"1\"]", firmware)
            + "[[decoder.field]]\ncode = \"spo2\"\npath = \"/a\"\nunit = \"%\"\n"
    };
    let both = |one: &str, other: &str| mistakes(&(decoder("a", one) + &decoder("b", other)));
    for (one, other) in [
        ("[\"1.0\"]", "[\"1\"]"),
        ("[\">=1 <2\"]", "[\"3\", \"1.9.9\"]"),
        ("[\">=1 <2\"]", "[\">1.5\"]"),
        ("[\"<=2\"]", "[\">=2\"]"),
        ("[\"beta\"]", "[\"beta\"]"),
    ] {
        let found = both(one, other).join("\n");
        assert!(found.contains("`b` is for a firmware that `a` at f.toml:1 is for, too"), "{one} {other}: {found}");
    }
    for (one, other) in
        [("[\">=1 <2\"]", "[\">=2\"]"), ("[\"<2\"]", "[\"2\"]"), ("[\">=1\"]", "[\"beta\"]"), ("[\"<2\"]", "[\">2\"]")]
    {
        assert_eq!(both(one, other), Vec::<String>::new(), "{one} {other}");
    }
    let same_name = mistakes(&(decoder("a", "[\"1\"]") + &decoder("a", "[\"2\"]"))).join("\n");
    assert!(same_name.contains("the decoder `a` is there already, at f.toml:1"), "{same_name}");
}

#[test]
fn the_hash_is_of_the_texts() {
    let text = format!("{JSON_HEAD}[[decoder.field]]\ncode = \"spo2\"\npath = \"/a\"\nunit = \"%\"\n");
    let (one, other) = (set(&text), set(&text.replace("/a", "/b")));
    assert_ne!(one.hash(), other.hash());
    assert_ne!(one.fingerprint(), other.fingerprint());
    let again = DecoderSet::parse(one.texts()).unwrap();
    assert_eq!((again.hash(), again.decoders()), (one.hash(), one.decoders()));
}
