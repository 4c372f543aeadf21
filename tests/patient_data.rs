//! Every field on the wire and in the journal says whether it can hold data about a patient (`options.proto`).

use std::fs;
use std::path::Path;

use protox::prost_reflect::{DescriptorPool, MessageDescriptor, Value};

fn pool(files: &[String], includes: &Path) -> DescriptorPool {
    let mut compiler = protox::Compiler::new([includes]).expect("the folder is there");
    compiler.include_imports(true);
    compiler.open_files(files).expect("the files compile");
    compiler.descriptor_pool()
}

/// Every field of every message of this package without the option, as `message.field`.
fn unmarked(pool: &DescriptorPool) -> Vec<String> {
    let marked = pool.get_extension_by_name("vigil.v1.patient_data").expect("options.proto is imported");
    let ours = |message: &MessageDescriptor| message.package_name() == "vigil.v1";
    pool.all_messages()
        .filter(ours)
        .flat_map(|message| message.fields().collect::<Vec<_>>())
        .filter(|field| !field.options().has_extension(&marked))
        .map(|field| field.full_name().to_owned())
        .collect()
}

/// Every message with the fields that can hold patient data, by name; one line each.
fn inventory(pool: &DescriptorPool) -> String {
    let mark = pool.get_extension_by_name("vigil.v1.patient_data").expect("options.proto is imported");
    let mut lines = Vec::new();
    for message in pool.all_messages().filter(|message| message.package_name() == "vigil.v1") {
        let mut fields: Vec<_> = message
            .fields()
            .filter(|field| *field.options().get_extension(&mark) == Value::Bool(true))
            .map(|field| format!("`{}`", field.name()))
            .collect();
        fields.sort();
        if !fields.is_empty() {
            let file = message.parent_file();
            let file = file.name().rsplit('/').next().unwrap_or_default();
            lines.push(format!("| {file} | `{}` | {} |\n", message.name(), fields.join(", ")));
        }
    }
    lines.sort();
    lines.concat()
}

#[test]
fn the_inventory_of_patient_data_is_what_the_marks_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/PATIENT_DATA.md");
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let text = fs::read_to_string(&page).expect("the page is there");
    let (head, _) = text.split_once("|---|---|---|\n").expect("the page has the table");
    let written = format!("{head}|---|---|---|\n{}", inventory(&pool(&our_files(&proto), &proto)));
    if std::env::var_os("VIGIL_WRITE").is_some() {
        fs::write(&page, &written).expect("the page can be written");
    }
    assert!(text == written, "run: VIGIL_WRITE=1 cargo test --test patient_data");
}

fn our_files(proto: &Path) -> Vec<String> {
    let entries = fs::read_dir(proto.join("vigil/v1")).expect("the folder is there");
    entries.map(|entry| format!("vigil/v1/{}", entry.expect("an entry").file_name().to_string_lossy())).collect()
}

#[test]
fn every_field_says_whether_it_can_hold_patient_data() {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let files = our_files(&proto);
    let pool = pool(&files, &proto);
    assert!(pool.all_messages().any(|message| message.full_name() == "vigil.v1.Record"), "the journal is among them");
    assert_eq!(unmarked(&pool), Vec::<String>::new(), "mark each with [(patient_data) = true or false]");
}

#[test]
fn what_is_printed_by_accident_holds_no_patient_data() {
    use vigil::proto;
    let alert = proto::Alert {
        id: "p-1~1".into(),
        bed: "bed-canary".into(),
        text: "text-canary".into(),
        value: Some(77.125),
        ..proto::Alert::default()
    };
    let request = proto::AnswerRequest { id: "p-1~1".into(), reason: "reason-canary".into(), ..Default::default() };
    let value = proto::observation::Value::Text("value-canary".into());
    let reading = proto::Reading {
        device: "ox-1".into(),
        observations: vec![proto::Observation { value: Some(value.clone()), ..Default::default() }],
        payload: Some(proto::RawPayload { content_type: "x".into(), body: b"payload-canary".to_vec() }),
        ..Default::default()
    };
    let listed = proto::ListAlertsResponse { alerts: vec![alert.clone()], position: 4, next_page_token: String::new() };
    let said =
        format!("{alert:?} {request:?} {value:?} {reading:?} {listed:?} {:#?}", proto::ListAlertsResponse::default());
    assert!(said.contains("p-1~1") && said.contains("ox-1") && said.contains("position: 4"), "{said}");
    let payload = format!("{:?}", b"payload-canary");
    for canary in ["canary", "77.1", &payload[1..payload.len() - 1]] {
        assert!(!said.contains(canary), "{canary} in {said}");
    }
}

#[test]
fn a_field_without_the_mark_is_found() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/vigil/v1/options.proto");
    fs::create_dir_all(folder.path().join("vigil/v1")).expect("it can be made");
    fs::copy(options, folder.path().join("vigil/v1/options.proto")).expect("it can be copied");
    let text = "syntax = \"proto3\"; package vigil.v1; import \"vigil/v1/options.proto\";\n\
                message Chart { string ward = 1 [(patient_data) = false]; string name = 2; }";
    fs::write(folder.path().join("chart.proto"), text).expect("it can be written");
    assert_eq!(unmarked(&pool(&["chart.proto".to_owned()], folder.path())), ["vigil.v1.Chart.name"]);
}
