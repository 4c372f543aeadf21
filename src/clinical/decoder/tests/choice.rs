//! Which decoder is for a device.

use super::scene::{JSON_HEAD, payload, set};
use crate::clinical::decoder::{DecoderSet, Undecodable};

fn two_firmwares() -> DecoderSet {
    let decoder = |id: &str, firmware: &str| {
        JSON_HEAD.replace("\"a\"\nversion", &format!("\"{id}\"\nversion")).replace("[\"1\"]", firmware)
            + "[[decoder.field]]\ncode = \"spo2\"\npath = \"/a\"\nunit = \"%\"\n"
    };
    set(&(decoder("old", "[\"0.9\", \">=1.0 <2\"]") + &decoder("new", "[\">=2 <=2.4\", \"beta-3\"]")))
}

#[test]
fn a_decoder_is_chosen_by_model_and_firmware() {
    let set = two_firmwares();
    let chosen = |firmware| set.choose("m", firmware, "application/json").map(|decoder| decoder.id.as_str()).ok();
    for (firmware, decoder) in [
        ("0.9", Some("old")),
        ("0.9.0", Some("old")),
        ("0.8", None),
        ("1", Some("old")),
        ("1.10", Some("old")),
        ("2", Some("new")),
        ("2.4.0", Some("new")),
        ("2.4.1", None),
        ("beta-3", Some("new")),
        ("beta-4", None),
        ("", None),
        ("1..2", None),
    ] {
        assert_eq!(chosen(firmware), decoder, "{firmware}");
    }
    assert!(set.choose("other", "1", "application/json").is_err());
}

#[test]
fn a_firmware_that_nobody_knows_is_an_answer_that_names_it() {
    let error = two_firmwares().decode("m", "9", &payload("application/json", b"{}")).unwrap_err();
    assert_eq!(error.to_string(), "no decoder is for model `m` with firmware `9`; the payload is kept");
}

#[test]
fn parameters_of_a_media_type_make_no_difference_and_another_one_is_refused() {
    let set = two_firmwares();
    let json = br#"{"a": 97}"#;
    assert!(set.decode("m", "1", &payload("Application/JSON; charset=utf-8", json)).is_ok());
    let refused = set.decode("m", "1", &payload("text/plain", json)).unwrap_err();
    assert_eq!(refused, Undecodable::ContentType { allowed: "application/json".into() });
}

#[test]
fn what_was_decoded_names_decoder_version_and_set() {
    let set = two_firmwares();
    let (by, _) = set.decode("m", "2.1", &payload("application/json", br#"{"a": 97}"#)).unwrap();
    assert_eq!((by.id.as_str(), by.version, by.set), ("new", 3, set.fingerprint()));
}
