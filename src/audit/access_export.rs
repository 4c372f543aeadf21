//! The audit trail of one patient as FHIR R4 `AuditEvent` resources (<https://hl7.org/fhir/R4/auditevent.html>).

use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::AuditError;
use crate::access::{AccessRecord, Outcome};
use crate::clinical::ids::PatientId;
use crate::proto::RecordKind;
use crate::storage::codec::decode_access;
use crate::storage::{Keys, Opener, ReadError, Reader, StoredRecord, StreamName};

/// Shows every access to a patient's data, oldest first, with its place in the audit trail.
///
/// # Errors
/// [`AuditError`]; what was shown before it is right.
pub fn accesses_of(
    reader: &Reader,
    keys: &Keys,
    patient: &PatientId,
    show: &mut dyn FnMut(u64, &AccessRecord),
) -> Result<(), AuditError> {
    let mut opener = Opener::new(Some(keys.audit()), &StreamName::audit());
    let mut failure = None;
    reader.scan(0, &mut |view| {
        if view.kind != RecordKind::Access {
            return ControlFlow::Continue(());
        }
        let opened = view
            .to_stored()
            .map_err(|error| AuditError::from(ReadError::Damaged { position: view.position, what: error.to_string() }));
        let opened = opened.and_then(|record| open(&mut opener, &record).map(|access| (record.sequence, access)));
        match opened {
            Ok((sequence, access)) if access.patients.contains(patient) => show(sequence, &access),
            Ok(_) => {}
            Err(error) => {
                failure = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    failure.map_or(Ok(()), Err)
}

fn open(opener: &mut Opener, record: &StoredRecord) -> Result<AccessRecord, AuditError> {
    let place = || (record.stream.to_string(), record.sequence);
    let plaintext = opener.open(record).map_err(|error| {
        let (stream, sequence) = place();
        AuditError::Seal { stream, sequence, error }
    })?;
    decode_access(&plaintext).map_err(|error| {
        let (stream, sequence) = place();
        AuditError::Decode { stream, sequence, error }
    })
}

/// One access as an `AuditEvent`. It names the patient for whom it is exported, and no other one whom the same request
/// showed.
#[must_use]
pub fn audit_event(sequence: u64, access: &AccessRecord, patient: &PatientId) -> Value {
    let coding =
        |system: &str, code: &str, display: &str| json!({ "system": system, "code": code, "display": display });
    let hl7 = |name: &str| format!("http://terminology.hl7.org/CodeSystem/{name}");
    let (outcome, described) = match access.outcome {
        Outcome::Shown => ("0", "shown"),
        Outcome::Refused => ("4", "refused"),
        Outcome::Failed => ("8", "failed"),
    };
    let who = access.person.as_ref().map_or("unknown", |person| person.as_str());
    let roles: Vec<_> = access.roles.iter().map(|role| json!({ "text": role.as_str() })).collect();
    let mut agent = json!({ "who": { "identifier": { "value": who } }, "role": roles, "requestor": true });
    if !access.from.is_empty() {
        // 2: an IP address.
        agent["network"] = json!({ "address": access.from.as_str(), "type": "2" });
    }
    let mut entities = vec![json!({
        "what": { "identifier": { "value": patient.as_str() } },
        "type": coding(&hl7("audit-entity-type"), "1", "Person"),
        "role": coding(&hl7("object-role"), "1", "Patient"),
    })];
    if !access.about.is_empty() {
        entities.push(json!({
            "what": { "identifier": { "value": access.about.as_str() } },
            "type": coding(&hl7("audit-entity-type"), "2", "System Object"),
            "description": access.fields.to_string(),
        }));
    }
    json!({
        "resourceType": "AuditEvent",
        "id": format!("access-{sequence}"),
        "type": coding(&hl7("audit-event-type"), "rest", "RESTful Operation"),
        "subtype": [{ "system": "urn:vigil:request", "code": access.what.as_str() }],
        "action": action(&access.what),
        "recorded": access.now.to_string(),
        "outcome": outcome,
        "outcomeDesc": described,
        "purposeOfEvent": [{ "coding": [{ "system": hl7("v3-ActReason"), "code": access.purpose.code() }] }],
        "agent": [agent],
        "source": {
            "observer": { "display": "vigil" },
            "type": [coding(&hl7("security-source-type"), "4", "Application Server")],
        },
        "entity": entities,
    })
}

/// `R` for what only reads, `E` (execute) for what changes something.
fn action(what: &str) -> &'static str {
    let verb = what.rsplit('.').next().unwrap_or(what);
    if matches!(verb, "list" | "watch" | "history" | "inbox" | "reviews" | "explain" | "evidence" | "show") {
        "R"
    } else {
        "E"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Fields, Purpose};
    use crate::clinical::ids::PersonId;
    use crate::time::Timestamp;

    #[test]
    fn an_audit_event_names_the_patient_and_no_other_of_the_same_request() {
        let p1 = PatientId::new("p-1").unwrap();
        let access = AccessRecord {
            now: Timestamp(1_700_000_000_000_000),
            person: Some(PersonId::new("kim").unwrap()),
            roles: vec!["nurse".into()],
            what: "alerts.list".into(),
            patients: vec![p1.clone(), PatientId::new("p-secret").unwrap()],
            about: "".into(),
            purpose: Purpose::Treatment,
            from: "10.0.0.7".into(),
            outcome: Outcome::Shown,
            fields: Fields::BEDSIDE,
            position: 9,
            continues: None,
        };
        let event = audit_event(4, &access, &p1);
        assert_eq!(event["resourceType"], "AuditEvent");
        assert_eq!((event["action"].as_str(), event["outcome"].as_str()), (Some("R"), Some("0")));
        assert_eq!(event["recorded"], "2023-11-14T22:13:20.000000Z");
        assert_eq!(event["agent"][0]["who"]["identifier"]["value"], "kim");
        assert_eq!(event["purposeOfEvent"][0]["coding"][0]["code"], "TREAT");
        assert_eq!(event["entity"][0]["what"]["identifier"]["value"], "p-1");
        assert!(!event.to_string().contains("p-secret"));
    }
}
