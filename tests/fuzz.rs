//! Definition files and payloads against whatever bytes there may be: an answer, never a panic. Runs each kept input of
//! `tests/__fuzz__/*/corpus` and then inputs that are made up; `cargo bolero test` looks for new ones.

use std::time::Duration;

use vigil::clinical::decoder::DecoderSet;
use vigil::clinical::device::{DeviceState, Received, Registration};
use vigil::clinical::ids::UnitId;
use vigil::clinical::reading::{Lane, RawPayload, Reading, ReadingKey, Validity};
use vigil::clinical::rules::RuleSet;
use vigil::time::Timestamp;

/// How long made-up inputs are tried, where nobody says otherwise.
const FOR: Duration = Duration::from_secs(2);

/// What every definition file of the project says, to begin with.
fn shipped() -> DecoderSet {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/devices");
    let files = vigil::config::read_decoder_files(&[dir]).expect("the shipped decoders can be read");
    DecoderSet::parse(&files).expect("the shipped decoders are in order")
}

fn raw(content_type: &str, bytes: &[u8]) -> Reading {
    Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence: 1 },
        device_time: Timestamp(1),
        sent_at: Timestamp(1),
        observed_until: None,
        period_ms: 1_000,
        signal: Validity::Valid,
        observations: smallvec::SmallVec::new(),
        payload: Some(Box::new(RawPayload { content_type: content_type.into(), bytes: bytes.to_vec() })),
        decoder: None,
    }
}

#[test]
fn any_text_is_a_set_of_decoders_or_a_list_of_mistakes() {
    bolero::check!().with_test_time(FOR).for_each(|bytes: &[u8]| {
        let files = [("f.toml".to_owned(), String::from_utf8_lossy(bytes).into_owned())];
        match DecoderSet::parse(&files) {
            Ok(set) => {
                let again = DecoderSet::parse(set.texts()).expect("the same texts again");
                assert_eq!(again.decoders(), set.decoders());
                for decoder in set.decoders() {
                    let payload = RawPayload { content_type: decoder.content_type.clone(), bytes: bytes.to_vec() };
                    drop(decoder.decode(&payload));
                }
            }
            Err(mistakes) => assert!(mistakes.iter().all(|mistake| mistake.line >= 1 && !mistake.what.is_empty())),
        }
    });
}

#[test]
fn any_text_is_a_set_of_rules_or_a_list_of_mistakes() {
    bolero::check!().with_test_time(FOR).for_each(|bytes: &[u8]| {
        let files = [("f.toml".to_owned(), String::from_utf8_lossy(bytes).into_owned())];
        match RuleSet::parse(&files) {
            Ok(set) => assert_eq!(RuleSet::parse(set.texts()).map(|again| again.hash()).ok(), Some(set.hash())),
            Err(mistakes) => assert!(mistakes.iter().all(|mistake| mistake.line >= 1 && !mistake.what.is_empty())),
        }
    });
}

#[test]
fn any_payload_is_observations_that_can_be_true_or_a_reason() {
    let set = shipped();
    // In the order of the files.
    let devices: Vec<DeviceState> =
        [("cardia-p", "1.4"), ("cardia-p", "2.1"), ("gauge-c", "1.0"), ("oxyhome", "3.0"), ("plx", "1.0")]
            .into_iter()
            .map(|(model, firmware)| {
                let unit = UnitId::new("icu").expect("an identifier");
                let registration = Registration { model: model.into(), firmware: firmware.into(), unit, gateway: None };
                let mut state = DeviceState::default();
                state.evolve(&vigil::clinical::device::DeviceEvent::Registered(registration), 1, Timestamp(1));
                state
            })
            .collect();
    bolero::check!().with_test_time(FOR).for_each(|bytes: &[u8]| {
        for (decoder, device) in set.decoders().iter().zip(&devices) {
            let reading = raw(&decoder.content_type, bytes);
            let verbatim = reading.clone();
            let received = Received::new(reading, device, &set);
            for observation in &received.reading.observations {
                assert!(decoder.fields().any(|field| field.info.code == observation.code), "{observation:?}");
            }
            let mut judged = received.reading.clone();
            vigil::clinical::judge::take_out(&mut judged, &received.rejections);
            assert_eq!(vigil::clinical::judge::faults(&judged), [], "what is left can be true");
            assert_eq!(received.into_verbatim(), verbatim, "the payload is kept as it came");
        }
    });
}
