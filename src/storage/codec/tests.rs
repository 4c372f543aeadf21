//! What is encoded decodes to the same; every variant of the journal's facts once.

use smallvec::smallvec;
use smol_str::SmolStr;

use super::*;
use crate::clinical::alert::{
    AlertEvent, AlertInput, CloseCause, Command, RoundCause, TeamAnswer, Term, Verb, Verdict,
};
use crate::clinical::codes::Code;
use crate::clinical::condition::{
    Basis, BasisInput, Condition, ConditionKey, ConditionKind, Evidence, Found, LimitSource, Priority,
};
use crate::clinical::decoder::DecodedBy;
use crate::clinical::device::{
    Announcement, ConditionChange, CustodyEvent, Decoding, DeviceEvent, HandOver, Loan, Reattribution, Registration,
    StoredReading,
};
use crate::clinical::ids::{ChannelId, DeviceId, GatewayId, PatientId, PersonId, RuleId, UnitId};
use crate::clinical::judge::Rejection;
use crate::clinical::oncall::{Contact, Quiet, QuietCause};
use crate::clinical::patient::{
    AgeClass, LateBase, PatientInput, PatientRecord, Profile, Run, Setting, Spo2Scale, Spo2Target, StandbyEnd,
    StayChange,
};
use crate::clinical::reading::{Lane, Observation, RawPayload, Reading, ReadingKey, Validity, Value};
use crate::clinical::rules::LimitValue;
use crate::clinical::units::Unit;
use crate::time::Timestamp;

fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

fn reading() -> Reading {
    let observation =
        |code, value| Observation { code: Code(code), value, unit: Unit::None, validity: Validity::Valid };
    Reading {
        key: ReadingKey { boot: u64::MAX, lane: Lane::Backlog, sequence: 9 },
        device_time: Timestamp(1_700_000_000_000_000),
        sent_at: Timestamp(i64::MIN),
        observed_until: Some(Timestamp(i64::MAX)),
        period_ms: 1_000,
        signal: Validity::NoSignal,
        observations: smallvec![
            observation(1, Value::Number(-0.5)),
            observation(2, Value::Text("V".into())),
            observation(3, Value::Samples { period_us: 4_000, values: Box::new([0.25, -1.5]) }),
        ],
        payload: Some(Box::new(RawPayload { content_type: "application/octet-stream".into(), bytes: vec![0, 255] })),
        decoder: None,
    }
}

fn condition() -> Condition {
    Condition {
        key: ConditionKey {
            rule: RuleId::new("asystole").unwrap(),
            device: Some(DeviceId::new("d1").unwrap()),
            patient: None,
        },
        rule_version: 3,
        kind: ConditionKind::Physiological,
        priority: Priority::High,
        latching: true,
        lethal: false,
        start: Timestamp(-1),
        onset: Timestamp(4_000_000),
        value: Some(4.0),
        limit: None,
        text: "no beat for 4 s".into(),
        evidence: vec![Evidence {
            device: DeviceId::new("d1").unwrap(),
            stream_sequence: 12,
            key: Some(ReadingKey { boot: 7, lane: Lane::Backlog, sequence: 9 }),
            at: Some(Timestamp(3_000_000)),
            decoder: Some("cardia_p1 v2".into()),
        }],
        found: Found::Retrospective,
        signal_delay_ms: 5_000,
        basis: Some(Box::new(Basis {
            rules: [7; 32],
            code: Some(Code::SPO2),
            limit_by: Some(LimitSource::Patient(PersonId::new("ada").unwrap())),
            inputs: vec![BasisInput { code: Code::SPO2, value: 91.0, points: 3 }],
            missing: vec!["temperature".into()],
        })),
    }
}

fn link() -> HandOver {
    HandOver { patient: PatientId::new("p1").unwrap(), previous: 41 }
}

fn stored(decoding: Decoding) -> StoredReading {
    StoredReading {
        reading: reading(),
        fingerprint: 77,
        hand_over: Some(link()),
        shift_us: -3,
        rejections: vec![
            Rejection { observation: None, code: Code(0), reason: "later than sent_at".into() },
            Rejection { observation: Some(1), code: Code(2), reason: "unknown unit".into() },
            Rejection { observation: None, code: Code(2), reason: "missing".into() },
        ],
        decoding,
    }
}

fn device_events() -> Vec<DeviceEvent> {
    let registration = |gateway| Registration {
        model: "m".into(),
        firmware: "1.2".into(),
        unit: UnitId::new("icu").unwrap(),
        gateway,
    };
    vec![
        DeviceEvent::Registered(registration(None)),
        DeviceEvent::Registered(registration(Some(GatewayId::new("g1").unwrap()))),
        DeviceEvent::Announced(Announcement { model: "m".into(), firmware: "1.3".into() }),
        DeviceEvent::Reading(Box::new(stored(Decoding::Coded))),
        DeviceEvent::Reading(Box::new(stored(Decoding::By(DecodedBy { id: "d2".into(), version: 3, set: u64::MAX })))),
        DeviceEvent::Reading(Box::new(stored(Decoding::Undecodable("no JSON".into())))),
        DeviceEvent::GapDeclared { from: ReadingKey { boot: 1, lane: Lane::Live, sequence: 5 }, through: 9 },
        DeviceEvent::Conflicted { reading: Box::new(reading()), fingerprint: 78 },
        DeviceEvent::Condition { hand_over: None, change: ConditionChange::Began(condition()) },
        DeviceEvent::Condition {
            hand_over: Some(link()),
            change: ConditionChange::Ended(RuleId::new("device_silent").unwrap(), Timestamp(8)),
        },
    ]
    .into_iter()
    .chain(custody_events().map(DeviceEvent::Custody))
    .collect()
}

fn custody_events() -> [CustodyEvent; 9] {
    let what = Box::new(Reattribution {
        from: PatientId::new("p1").unwrap(),
        to: PatientId::new("p2").unwrap(),
        runs: vec![(1, 4), (9, 9)],
        by: person("ada"),
        reason: "wrong bed".into(),
    });
    let loan = Loan { unit: UnitId::new("icu").unwrap(), until: Timestamp(7) };
    let (from, until) = (Some(Timestamp(5)), Some(Timestamp(9)));
    [
        CustodyEvent::Assigned { hand_over: link(), from, until, over: true },
        CustodyEvent::Assigned { hand_over: link(), from: None, until: None, over: false },
        CustodyEvent::Unassigned { hand_over: link(), at: Some(Timestamp(6)) },
        CustodyEvent::Retired,
        CustodyEvent::Lent(loan),
        CustodyEvent::Returned,
        CustodyEvent::PassedOn { from: PatientId::new("p1").unwrap(), hand_over: link(), open: true },
        CustodyEvent::TakenFrom { hand_over: link(), what: what.clone() },
        CustodyEvent::GivenTo { hand_over: link(), what },
    ]
}

#[test]
fn copies_of_readings_come_back_as_they_were() {
    let copied = CopiedReading { stream_sequence: 7, received_at: Timestamp(9), reading: reading() };
    let copies =
        Copies { device: DeviceId::new("d1").unwrap(), from: PatientId::new("p1").unwrap(), readings: vec![copied] };
    assert_eq!(decode_copies(&encode_copies(&copies)), Ok(copies));
}

#[test]
fn an_assignment_and_its_end_from_before_they_had_times_still_decode() {
    let decode = |name| decode_device(&golden(name)).unwrap().with_body(None).unwrap();
    let assigned = CustodyEvent::Assigned { hand_over: link(), from: None, until: None, over: false };
    assert_eq!(decode("device-assigned-1.hex"), DeviceEvent::Custody(assigned));
    let unassigned = CustodyEvent::Unassigned { hand_over: link(), at: None };
    assert_eq!(decode("device-unassigned-1.hex"), DeviceEvent::Custody(unassigned));
}

fn alert_events() -> Vec<AlertEvent> {
    let (ordinal, round, step, deadline, lateness_ms) = (4, 2, 3, Timestamp(99), -5);
    let by = person("ada");
    let handed_over = |accepted| AlertEvent::HandedOver {
        ordinal,
        round,
        step,
        by: person("ada"),
        to: person("bo"),
        reason: "end of shift".into(),
        accepted,
    };
    let mut events = vec![
        AlertEvent::Raised { ordinal, condition: condition(), deadline },
        AlertEvent::Folded { ordinal, condition: condition() },
        AlertEvent::StepDue { ordinal, round, step, deadline, lateness_ms },
        AlertEvent::NoOneOnCall { ordinal, round, step },
        AlertEvent::StepEntered {
            ordinal,
            round,
            step,
            people: vec![by.clone(), person("bo")],
            policy_version: 6,
            last: true,
            fallback: true,
            deadline,
            lateness_ms,
            accepts: 2,
            answer: Some(Term::Until(Timestamp(77))),
        },
        AlertEvent::Joined { ordinal, by: by.clone() },
        handed_over(false),
        handed_over(true),
        AlertEvent::Snoozed { ordinal, by: by.clone(), reason: "turning".into(), until: deadline },
        AlertEvent::Acknowledged { ordinal, by: by.clone(), reason: "seen".into(), until: deadline },
        AlertEvent::Accepted { ordinal, by: by.clone(), until: deadline },
        AlertEvent::Rejected { ordinal, by: by.clone(), reason: "off duty".into() },
        AlertEvent::Escalated { ordinal, round, step, by: by.clone(), to: Some(person("bo")), reason: "".into() },
        AlertEvent::Escalated { ordinal, round, step, by: by.clone(), to: None, reason: "help".into() },
        AlertEvent::AnswerExpired { ordinal, lateness_ms },
        AlertEvent::ConditionCleared { ordinal, at: deadline },
        AlertEvent::Reset { ordinal, by: by.clone() },
        AlertEvent::Commented { ordinal, by: by.clone(), text: "artefact".into() },
        AlertEvent::Held { ordinal, until: deadline },
        AlertEvent::Listed { ordinal, until: deadline },
        AlertEvent::FoundEarlier { ordinal, condition: condition() },
        AlertEvent::Revised { ordinal },
        AlertEvent::Delayed { ordinal, until: deadline },
        AlertEvent::Disputed { ordinal, by, reason: "wrong bed".into() },
    ];
    let round_causes = [
        RoundCause::Raised,
        RoundCause::PriorityRose,
        RoundCause::AcknowledgementExpired,
        RoundCause::SetInAnew,
        RoundCause::LadderRepeats,
        RoundCause::StandbyEnded,
        RoundCause::Moved,
        RoundCause::ReviewDue,
    ];
    events.extend(round_causes.map(|cause| AlertEvent::RoundBegan { ordinal, round, cause, deadline, lateness_ms }));
    let verdicts = [Verdict::True, Verdict::False, Verdict::NotActionable];
    let (who, why) = (person("ada"), "moved".into());
    events.extend(verdicts.map(|verdict| AlertEvent::Disposed {
        ordinal,
        by: PersonId::clone(&who),
        verdict,
        reason: SmolStr::clone(&why),
    }));
    let close_causes = [CloseCause::Ended, CloseCause::EndedUnanswered, CloseCause::Reset, CloseCause::Withdrawn];
    events.extend(close_causes.map(|cause| AlertEvent::Closed { ordinal, cause }));
    events
}

fn inputs() -> Vec<PatientInput> {
    let command = |verb| {
        PatientInput::Alert(AlertInput::Command(Command {
            ordinal: 4,
            verb,
            by: person("ada"),
            reason: "because".into(),
            seen_version: 2,
        }))
    };
    let answered = |answer| {
        PatientInput::Alert(AlertInput::TeamAnswered(TeamAnswer {
            ordinal: 4,
            round: 1,
            step: 2,
            people: vec![person("ada")],
            delay_ms: 60_000,
            accepts: 2,
            answer,
            last: true,
            policy_version: 9,
            fallback: vec![person("chief")],
        }))
    };
    vec![
        PatientInput::Consumed(smallvec![
            Run { device: DeviceId::new("d1").unwrap(), through: 7 },
            Run { device: DeviceId::new("d2").unwrap(), through: 1 },
        ]),
        PatientInput::Admitted {
            unit: UnitId::new("icu").unwrap(),
            bed: "4".into(),
            profile: profile(),
            by: Some(person("ada")),
        },
        PatientInput::RulesAdopted { hash: [7; 32], engine: 1 },
        PatientInput::Alert(AlertInput::Tick { fallback: vec![person("chief")] }),
        answered(None),
        answered(Some(Term::Ms(600_000))),
        answered(Some(Term::Until(Timestamp(5)))),
        command(Verb::HandOver { to: person("bo") }),
        command(Verb::Snooze { ms: 60_000 }),
        command(Verb::Dispose { verdict: Verdict::NotActionable }),
        command(Verb::Acknowledge),
        command(Verb::Accept),
        command(Verb::Reject),
        command(Verb::Escalate { to: None }),
        command(Verb::Escalate { to: Some(person("bo")) }),
        command(Verb::Reset),
        command(Verb::Comment),
        PatientInput::Alert(AlertInput::Withdrawn),
        PatientInput::StandbyEnded(StandbyEnd::Due),
        PatientInput::StandbyEnded(StandbyEnd::SignalsReturned),
        PatientInput::LimitsEnded,
        PatientInput::LateJudged { base: LateBase::Now, bound_us: 1 },
        PatientInput::LateJudged { base: LateBase::Stay, bound_us: 2 },
        PatientInput::LateJudged { base: LateBase::Windows(7), bound_us: 3 },
    ]
    .into_iter()
    .chain(stay_changes().map(|change| PatientInput::Stay { by: person("ada"), change }))
    .collect()
}

fn profile() -> Profile {
    Profile {
        age: AgeClass::Adult,
        pregnant: true,
        spo2_scale: Spo2Scale::Two,
        spo2_prescribed: Spo2Target::new(86, 90).ok(),
        setting: Setting::DeviceClinic,
        ..Profile::default()
    }
}

fn stay_changes() -> [StayChange; 11] {
    let patient = PatientId::new("p2").unwrap();
    [
        StayChange::LimitSet {
            rule: RuleId::new("hr_high").unwrap(),
            limit: LimitValue::new(140.5).unwrap(),
            clears_at: LimitValue::new(135.0),
            reason: "athlete".into(),
            until: Some(Timestamp(9)),
        },
        StayChange::LimitSet {
            rule: RuleId::new("hr_high").unwrap(),
            limit: LimitValue(-1),
            clears_at: None,
            reason: "".into(),
            until: None,
        },
        StayChange::LimitCleared(RuleId::new("hr_high").unwrap()),
        StayChange::Moved { unit: UnitId::new("icu").unwrap(), bed: "5".into() },
        StayChange::Prescribed(profile()),
        StayChange::StandbyBegan { reason: "CT".into(), until: Timestamp(9) },
        StayChange::StandbyEnded,
        StayChange::Discharged,
        StayChange::Died,
        StayChange::MergedInto { into: patient.clone(), last_ordinal: 3 },
        StayChange::TookOver { from: patient, conditions: vec![condition()] },
    ]
}

/// A record as an earlier version wrote it.
fn golden(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/golden/records/{name}", env!("CARGO_MANIFEST_DIR"));
    hex::decode(std::fs::read_to_string(path).unwrap().trim()).unwrap()
}

#[test]
fn an_admission_from_before_profiles_still_decodes() {
    let record = decode_patient(&golden("patient-admitted-1.hex")).unwrap();
    let input = PatientInput::Admitted {
        unit: UnitId::new("icu").unwrap(),
        bed: "4".into(),
        profile: Profile::default(),
        by: None,
    };
    assert_eq!(record, PatientRecord { now: Timestamp(1_700_000_000_000_000), input, events: Vec::new() });
}

#[test]
fn device_events_come_back_as_they_were() {
    let now = Timestamp(123);
    for event in device_events() {
        let (head, body) = encode_device(&event, now);
        let record = decode_device(&head).unwrap();
        assert_eq!(record.now, now);
        assert_eq!(record.hand_over().unwrap().as_ref(), event.hand_over());
        let body = (!body.is_empty()).then_some(body);
        assert_eq!(record.with_body(body.as_deref()).unwrap(), event);
    }
}

#[test]
fn an_erased_reading_keeps_its_bookkeeping() {
    let event = DeviceEvent::Reading(Box::new(stored(Decoding::Undecodable("no JSON".into()))));
    let (head, _) = encode_device(&event, Timestamp(1));
    let DeviceEvent::Reading(stored) = decode_device(&head).unwrap().with_body(None).unwrap() else {
        panic!("it is a reading")
    };
    assert_eq!((stored.reading.key, stored.fingerprint, stored.reading.period_ms), (reading().key, 77, 1_000));
    assert!(stored.reading.observations.is_empty());
    assert_eq!(stored.decoding, Decoding::Undecodable("no JSON".into()));
}

#[test]
fn patient_records_come_back_as_they_were() {
    for input in inputs() {
        let record = PatientRecord { now: Timestamp(-4), input, events: alert_events() };
        assert_eq!(decode_patient(&encode_patient(&record)).unwrap(), record);
    }
}

#[test]
fn records_of_units_people_and_rules_come_back_as_they_were() {
    let now = Timestamp(55);
    let care = CareRecord {
        now,
        policy_version: 2,
        unit: UnitId::new("icu").unwrap(),
        steps: vec![(vec![person("ada")], 60_000), (vec![person("bo"), person("chief")], 1)],
    };
    assert_eq!(decode_care(&encode_care(&care)).unwrap(), care);
    let alert: crate::clinical::ids::AlertId = "p1~4".parse().unwrap();
    let contact = || Contact { channel: ChannelId::new("webhook").unwrap(), address: "https://pager.example".into() };
    let paged = |deliveries, quiet| {
        let alert = alert.clone();
        PersonEvent::Paged { alert, round: 2, step: 1, deliveries, quiet }
    };
    let delivered = |sent, why: &str| {
        let (alert, contact, why) = (alert.clone(), contact(), why.into());
        let page = PageKey { alert, round: 2, step: 1 };
        PersonEvent::Delivered(PageOutcome { page, bundle: 7, paged_at: Timestamp(4), contact, sent, why, attempts: 3 })
    };
    let events = [
        paged(vec![(contact(), 0), (contact(), 60_000)], None),
        paged(Vec::new(), Some(Quiet { cause: QuietCause::Snoozed, by: "ana".into(), until: now })),
        delivered(true, ""),
        delivered(false, "status 410"),
        PersonEvent::Withdrawn(alert.clone()),
        PersonEvent::Bundled {
            number: 3,
            pages: vec![PageKey { alert: alert.clone(), round: 1, step: 2 }],
            deliveries: vec![(contact(), 0)],
        },
    ];
    for event in events {
        let record = PersonRecord { now, event };
        assert_eq!(decode_person(&encode_person(&record)).unwrap(), record);
    }
    let rules = RulesRecord { now, hash: [3; 32], files: vec![("a.toml".into(), "x = 1".into())] };
    assert_eq!(decode_rules(&encode_rules(&rules)).unwrap(), rules);
}

#[test]
fn cut_or_altered_plaintexts_are_errors_and_never_panics() {
    let (head, _) = encode_device(&device_events()[5], Timestamp(1));
    let record = PatientRecord { now: Timestamp(1), input: inputs()[4].clone(), events: alert_events() };
    let patient = encode_patient(&record);
    for length in 0..head.len() {
        drop(decode_device(&head[..length]));
    }
    for length in 0..patient.len() {
        drop(decode_patient(&patient[..length]));
    }
    assert!(decode_device(&[]).is_err());
    assert!(decode_patient(&[]).is_err());
    assert!(
        decode_rules(&encode_rules(&RulesRecord { now: Timestamp(1), hash: [0; 32], files: vec![] })[..5]).is_err()
    );
}
