use super::*;

fn number(value: f64) -> proto::Observation {
    proto::Observation {
        code: 1,
        value: Some(proto::observation::Value::Number(value)),
        unit: "%".into(),
        ..proto::Observation::default()
    }
}

fn wire() -> proto::Reading {
    proto::Reading {
        boot: 7,
        lane: proto::Lane::Live as i32,
        sequence: 1,
        observations: vec![number(97.0)],
        ..proto::Reading::default()
    }
}

fn converted(wire: proto::Reading) -> Result<Arrived, Malformed> {
    reading(key(&wire)?, wire)
}

#[test]
fn a_reading_keeps_what_it_says() {
    let arrived = converted(proto::Reading { observed_until_us: Some(5), ..wire() }).unwrap();
    assert_eq!(arrived.reading.key, ReadingKey { boot: 7, lane: Lane::Live, sequence: 1 });
    assert_eq!(arrived.reading.observed_until, Some(Timestamp(5)));
    assert_eq!(arrived.reading.observations[0].value, Value::Number(97.0));
    assert_eq!(arrived.lost_through, 0);
}

#[test]
fn values_and_units_that_are_impossible_are_left_to_the_judge() {
    let mut odd = number(f64::NAN);
    odd.unit = "furlong".into();
    let arrived = converted(proto::Reading { observations: vec![odd], ..wire() }).unwrap();
    assert_eq!(arrived.reading.observations[0].unit, Unit::Unknown);
    assert!(matches!(arrived.reading.observations[0].value, Value::Number(number) if number.is_nan()));
}

#[test]
fn what_is_wrong_in_form_is_refused() {
    let empty = || proto::Reading { observations: Vec::new(), ..wire() };
    let payload = proto::RawPayload { content_type: "text/plain".into(), body: vec![1] };
    let samples = proto::SampledArray { period_us: 0, values: vec![1.0] };
    let timeless = proto::Observation { value: Some(proto::observation::Value::Samples(samples)), ..number(1.0) };
    for (wrong, what) in [
        (proto::Reading { lane: 0, ..wire() }, "no lane"),
        (proto::Reading { lane: 9, ..wire() }, "another lane"),
        (proto::Reading { sequence: 0, ..wire() }, "sequence 0"),
        (empty(), "empty"),
        (proto::Reading { observations: vec![number(1.0); 257], ..wire() }, "too many observations"),
        (proto::Reading { payload: Some(payload.clone()), ..wire() }, "both"),
        (proto::Reading { lost_through: 1, ..wire() }, "a gap with observations"),
        (proto::Reading { sequence: 5, lost_through: 4, ..empty() }, "a gap that ends before it begins"),
        (proto::Reading { signal: 77, ..wire() }, "unknown validity"),
        (proto::Reading { observations: vec![proto::Observation::default()], ..wire() }, "no value"),
        (proto::Reading { observations: vec![timeless], ..wire() }, "samples without a period"),
    ] {
        assert!(converted(wrong).is_err(), "{what}");
    }
    assert!(converted(proto::Reading { payload: Some(payload), ..empty() }).is_ok());
    assert!(converted(proto::Reading { observed_until_us: Some(1), ..empty() }).is_ok());
    assert_eq!(converted(proto::Reading { lost_through: 3, ..empty() }).unwrap().lost_through, 3);
}

#[test]
fn a_reading_weighs_what_it_carries() {
    let payload = proto::RawPayload { content_type: "text/plain".into(), body: vec![1; 10_000] };
    let heavy = converted(proto::Reading { observations: Vec::new(), payload: Some(payload), ..wire() }).unwrap();
    assert!((10_000..11_000).contains(&weight(&heavy.reading)));
    assert!(weight(&converted(wire()).unwrap().reading) < 1_000);
}
