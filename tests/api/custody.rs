//! Devices' lifecycle over the wire: whose a reading is, by the time at which it was observed.

use std::ops::ControlFlow;

use tonic::{Code, Status};
use vigil::clinical::ids::PatientId;
use vigil::proto::reattribute_request::Selection;
use vigil::proto::{self, RecordKind, RefusalReason};
use vigil::storage::codec::decode_copies;
use vigil::storage::{Opener, Store, StoreOptions, StreamName};
use vigil::time::Timestamp;

use super::care::Care;
use super::harness::{Stopped, end_of, now, with_token};
use super::ward::{Voice, register, spo2};

impl Care {
    async fn assign_for(&mut self, patient: &str, from: Timestamp, until: Option<Timestamp>) -> Result<(), Status> {
        let until_us = until.map_or(0, Timestamp::micros);
        let (device, patient) = ("ox-1".into(), patient.into());
        let request = proto::AssignDeviceRequest { device, patient, from_us: from.micros(), until_us };
        self.admin.assign_device(with_token(&self.token, request)).await.map(drop)
    }

    async fn unassign(&mut self, at: Option<Timestamp>) -> Result<(), Status> {
        let request = proto::UnassignDeviceRequest { device: "ox-1".into(), at_us: at.map_or(0, Timestamp::micros) };
        self.admin.unassign_device(with_token(&self.token, request)).await.map(drop)
    }

    async fn device(&mut self) -> proto::Device {
        let request = proto::GetDeviceRequest { device: "ox-1".into() };
        self.admin.get_device(with_token(&self.token, request)).await.unwrap().into_inner()
    }
}

/// A saturation that was observed then.
fn spo2_at(sequence: u64, percent: f64, at: Timestamp) -> proto::Reading {
    proto::Reading { device_time_us: at.micros(), ..spo2("", sequence, percent) }
}

#[tokio::test]
async fn in_the_middle_of_a_stream_a_reading_belongs_to_whom_it_was_observed_of() {
    let mut care = Care::open().await;
    care.admit("p-2", "icu", "5").await.unwrap();
    let (mut voice, _) = Voice::greet(&care.site, &care.site.device("ox-1"), &[""]).await;
    let change = now();
    voice.say(vec![spo2_at(1, 97.0, change.plus_ms(-2_000))]).await;
    voice.expect_receipt("ox-1", 1).await;
    care.unassign(Some(change)).await.unwrap();
    care.assign_for("p-2", change, None).await.unwrap();
    voice.say(vec![spo2_at(2, 80.0, change.plus_ms(-1_000))]).await;
    let (_, alert) = care.until("p-1", "raised").await;
    assert_eq!(alert.value, Some(80.0), "it was observed before the change");
    voice.say(vec![spo2_at(3, 70.0, now())]).await;
    let (_, alert) = care.until("p-2", "raised").await;
    assert_eq!(alert.value, Some(70.0));
    assert_eq!(care.device().await.patient, "p-2");
    drop(voice);
    care.stop_and_audit().await;
}

#[tokio::test]
async fn a_late_reading_of_a_discharged_patient_is_on_record_and_pages_nobody() {
    let mut care = Care::open().await;
    let (mut voice, _) = Voice::greet(&care.site, &care.site.device("ox-1"), &[""]).await;
    let observed = now();
    care.discharge("p-1", false).await;
    voice.say(vec![spo2_at(1, 80.0, observed)]).await;
    voice.expect_receipt("ox-1", 1).await;
    care.until("p-1", "raised").await;
    let (fact, _) = care.until("p-1", "closed").await;
    assert_eq!(fact.reason, "withdrawn");
    assert_eq!((care.open_alerts().await.len(), care.pages().await), (0, 0));
    drop(voice);
    care.stop_and_audit().await;
}

#[tokio::test]
async fn overlapping_assignments_are_refused_in_words() {
    let mut care = Care::open().await;
    care.admit("p-2", "icu", "5").await.unwrap();
    let taken = care.assign_for("p-2", now(), None).await.unwrap_err();
    assert_eq!(taken.code(), Code::FailedPrecondition);
    assert!(taken.message().contains("assigned to another patient"), "{}", taken.message());
    care.unassign(None).await.unwrap();
    let free = care.unassign(None).await.unwrap_err();
    assert!(free.message().contains("assigned to nobody"), "{}", free.message());
    let at = now();
    care.assign_for("p-2", at, Some(at.plus_ms(600_000))).await.unwrap();
    let backwards = care.assign_for("p-2", at, Some(at)).await.unwrap_err();
    assert!(backwards.message().contains("ends after it begins"), "{}", backwards.message());
    care.discharge("p-2", false).await;
    let gone = care.assign_for("p-2", now(), None).await.unwrap_err();
    assert!(gone.message().contains("not admitted"), "{}", gone.message());
    care.stop_and_audit().await;
}

#[tokio::test]
async fn an_assignment_for_a_time_ends_by_itself() {
    let mut care = Care::open().await;
    care.unassign(None).await.unwrap();
    let at = now();
    care.assign_for("p-1", at, Some(at.plus_ms(500))).await.unwrap();
    let ended = async {
        while !care.device().await.patient.is_empty() || !care.patient("p-1").await.devices.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(super::harness::PATIENCE, ended).await.expect("it does not end");
    care.stop_and_audit().await;
}

#[tokio::test]
async fn a_device_on_two_streams_is_served_on_the_newest_and_still_missed_when_that_is_silent() {
    let mut care = Care::open().await;
    let device = care.site.device("ox-1");
    let (mut older, _) = Voice::greet(&care.site, &device, &[""]).await;
    older.say(vec![spo2("", 1, 97.0)]).await;
    older.expect_receipt("ox-1", 1).await;
    let (mut newer, _) = Voice::greet(&care.site, &device, &[""]).await;
    let ended = end_of(&mut older.answers).await.unwrap_err();
    assert_eq!(ended.code(), Code::Aborted, "{}", ended.message());
    newer.say(vec![spo2("", 2, 97.0)]).await;
    newer.expect_receipt("ox-1", 2).await;
    let (fact, _) = care.until("p-1", "raised").await;
    assert_eq!(fact.rule, "device_silent");
    drop((older, newer));
    care.stop_and_audit().await;
}

#[tokio::test]
async fn a_gateway_that_loses_a_device_to_another_stream_goes_on_for_the_others() {
    let mut care = Care::open().await;
    register(&mut care.site, "ox-2", "east").await;
    register(&mut care.site, "ox-3", "east").await;
    let gateway = care.site.gateway("east");
    let (mut older, _) = Voice::greet(&care.site, &gateway, &["ox-2", "ox-3"]).await;
    let (mut newer, _) = Voice::greet(&care.site, &gateway, &["ox-2"]).await;
    assert_eq!(older.expect_refusal(RefusalReason::Superseded).await.device, "ox-2");
    older.say(vec![spo2("ox-2", 1, 50.0)]).await;
    older.expect_refusal(RefusalReason::Superseded).await;
    older.say(vec![spo2("ox-3", 1, 97.0)]).await;
    older.expect_receipt("ox-3", 1).await;
    newer.say(vec![spo2("ox-2", 1, 97.0)]).await;
    newer.expect_receipt("ox-2", 1).await;
    drop((older, newer));
    care.stop_and_audit().await;
}

#[tokio::test]
async fn a_retired_device_is_told_so_and_comes_back_by_a_registration() {
    let mut care = Care::open().await;
    let device = care.site.device("ox-1");
    let (mut voice, _) = Voice::greet(&care.site, &device, &[""]).await;
    let retire = proto::RetireDeviceRequest { device: "ox-1".into() };
    care.admin.retire_device(with_token(&care.token, retire)).await.unwrap();
    assert_eq!(end_of(&mut voice.answers).await.unwrap_err().code(), Code::Aborted);
    let known = care.device().await;
    assert!(known.retired && known.patient.is_empty());
    let (mut again, welcome) = Voice::greet(&care.site, &device, &[""]).await;
    assert!(welcome.devices.is_empty());
    again.expect_refusal(RefusalReason::Retired).await;
    let all = proto::ListDevicesRequest::default();
    let listed = care.admin.list_devices(with_token(&care.token, all)).await.unwrap().into_inner();
    assert!(listed.devices.is_empty(), "lists are of what is in use");
    register(&mut care.site, "ox-1", "").await;
    assert!(!care.device().await.retired);
    drop((voice, again));
    care.stop_and_audit().await;
}

#[tokio::test]
async fn a_lent_device_is_cared_for_elsewhere_until_it_returns() {
    let mut care = Care::open().await;
    let lend = |unit: &str| {
        let until_us = now().plus_ms(3_600_000).micros();
        proto::LendDeviceRequest { device: "ox-1".into(), unit: unit.into(), until_us }
    };
    let unknown = care.admin.lend_device(with_token(&care.token, lend("ward"))).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let unit = proto::CreateUnitRequest { unit: "ward".into() };
    care.admin.create_unit(with_token(&care.token, unit)).await.unwrap();
    care.admin.lend_device(with_token(&care.token, lend("ward"))).await.unwrap();
    let of_ward = || proto::ListDevicesRequest { unit: "ward".into(), ..proto::ListDevicesRequest::default() };
    let listed = care.admin.list_devices(with_token(&care.token, of_ward())).await.unwrap().into_inner();
    assert_eq!(listed.devices.iter().map(|device| device.lent_to.as_str()).collect::<Vec<_>>(), ["ward"]);
    let back = proto::ReturnDeviceRequest { device: "ox-1".into() };
    care.admin.return_device(with_token(&care.token, back)).await.unwrap();
    assert_eq!((care.device().await.lent_to.as_str(), care.device().await.unit.as_str()), ("", "icu"));
    care.stop_and_audit().await;
}

#[tokio::test]
async fn readings_of_the_wrong_patient_are_copied_for_the_right_one_and_their_alerts_are_disputed() {
    let mut care = Care::open().await;
    care.admit("p-2", "icu", "5").await.unwrap();
    let (mut voice, _) = Voice::greet(&care.site, &care.site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 97.0), spo2("", 2, 80.0), spo2("", 3, 81.0)]).await;
    voice.expect_receipt("ox-1", 3).await;
    care.until("p-1", "step_entered").await;
    let request = |first, last| proto::ReattributeRequest {
        device: "ox-1".into(),
        from: "p-1".into(),
        to: "p-2".into(),
        reason: "the oximeter was at the wrong bed".into(),
        selection: Some(Selection::Sequences(proto::DeviceSequences {
            boot: 1,
            lane: proto::Lane::Live.into(),
            first,
            last,
        })),
    };
    let nothing = care.admin.reattribute(with_token(&care.token, request(7, 9))).await.unwrap_err();
    assert_eq!(nothing.code(), Code::NotFound, "{}", nothing.message());
    let moved = care.admin.reattribute(with_token(&care.token, request(2, 3))).await.unwrap().into_inner();
    assert_eq!(moved.readings, 2);
    let (fact, alert) = care.until("p-1", "disputed").await;
    assert!(alert.disputed && alert.closed.is_empty(), "it stays open, and says so");
    assert_eq!(fact.reason, "the oximeter was at the wrong bed");
    care.admin.reattribute(with_token(&care.token, request(2, 3))).await.expect("again, it changes nothing");
    drop(voice);
    let stopped = care.stop_and_audit().await;
    assert_eq!(copied(&stopped, "p-2"), [(2, 80.0), (3, 81.0)]);
}

/// Sequence and saturation of what a patient's stream holds as copies, under that patient's key.
fn copied(stopped: &Stopped, patient: &str) -> Vec<(u64, f64)> {
    let mut options = StoreOptions::new(&stopped.config.storage.data_dir);
    options.keys_dir.clone_from(&stopped.config.storage.keys_dir);
    let store = Store::open_read_only(&options).unwrap();
    let patient = PatientId::new(patient).unwrap();
    let name = StreamName::patient(&patient);
    let mut opener = Opener::new(store.keys().patient(&patient).unwrap(), &name);
    let mut found = Vec::new();
    let mut take = |record: &vigil::storage::StoredRecord| {
        let copies = decode_copies(&opener.open(record).unwrap()).unwrap();
        assert_eq!((copies.device.as_str(), copies.from.as_str()), ("ox-1", "p-1"));
        found.extend(copies.readings.into_iter().map(|copy| match copy.reading.observations[0].value {
            vigil::clinical::reading::Value::Number(percent) => (copy.reading.key.sequence, percent),
            _ => panic!("a saturation is a number"),
        }));
    };
    let scanned = store.reader().scan(0, &mut |view| {
        if view.kind == RecordKind::Copy {
            let record = view.to_stored().unwrap();
            assert_eq!(record.stream, name);
            take(&record);
        }
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    found
}
