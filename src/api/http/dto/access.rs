//! Who saw what, and who broke the glass.

use serde::Serialize;
use utoipa::ToSchema;

use super::{instant, text};
use crate::proto;

/// One access.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessEntry {
    pub at_us: i64,
    /// Absent: a token that is nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    pub roles: Vec<String>,
    /// What was asked, for example alerts.list.
    pub what: String,
    pub patients: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Code of HL7's value set `PurposeOfUse`.
    pub purpose: String,
    pub from: String,
    /// shown, refused or failed.
    pub outcome: String,
    /// Names of the groups of fields that were shown.
    pub fields: Vec<String>,
    /// Its place in the audit trail.
    pub sequence: u64,
    /// Of a subscription that came to show another patient: the place of its first record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<u64>,
}

/// A page of accesses, newest first. It may hold less than was asked for, or nothing, and still have a next one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessPage {
    pub entries: Vec<AccessEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A time at which the glass was broken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Glass {
    pub ordinal: u32,
    pub person: String,
    pub patient: String,
    pub reason: String,
    pub at_us: i64,
    pub until_us: i64,
    pub review_due_us: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Those that wait for a review first, by due date.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GlassList {
    pub entries: Vec<Glass>,
}

/// What a person may do of one kind, and see.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExplainedVerb {
    pub verb: String,
    /// yes, absent or forbidden.
    pub answer: String,
    pub fields: Vec<String>,
}

/// What a person may do and see of a patient, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Explained {
    pub roles: Vec<String>,
    /// Empty: no relation.
    pub because: Vec<String>,
    pub verbs: Vec<ExplainedVerb>,
}

/// Whether anything changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Changed {
    pub changed: bool,
}

/// A version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Version {
    pub version: u32,
}

/// Devices that were freed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Freed {
    pub devices: Vec<String>,
}

impl From<proto::ListAccessResponse> for AccessPage {
    fn from(page: proto::ListAccessResponse) -> Self {
        let entries = page.entries.into_iter().map(Into::into).collect();
        Self { entries, next_cursor: text(page.next_page_token) }
    }
}

impl From<proto::AccessEntry> for AccessEntry {
    fn from(entry: proto::AccessEntry) -> Self {
        Self {
            at_us: entry.at_us,
            person: text(entry.person),
            roles: entry.roles,
            what: entry.what,
            patients: entry.patients,
            about: text(entry.about),
            purpose: entry.purpose,
            from: entry.from,
            outcome: entry.outcome,
            fields: entry.fields,
            sequence: entry.sequence,
            continues: (entry.continues != 0).then_some(entry.continues),
        }
    }
}

impl From<proto::GlassEntry> for Glass {
    fn from(entry: proto::GlassEntry) -> Self {
        let reviewed_by = text(entry.reviewed_by);
        Self {
            ordinal: entry.ordinal,
            person: entry.person,
            patient: entry.patient,
            reason: entry.reason,
            at_us: entry.at_us,
            until_us: entry.until_us,
            review_due_us: entry.review_due_us,
            justified: reviewed_by.is_some().then_some(entry.justified),
            reviewed_by,
            note: text(entry.note),
        }
    }
}

impl From<proto::ListBreakGlassResponse> for GlassList {
    fn from(list: proto::ListBreakGlassResponse) -> Self {
        Self { entries: list.entries.into_iter().map(Into::into).collect() }
    }
}

impl From<proto::ExplainResponse> for Explained {
    fn from(explained: proto::ExplainResponse) -> Self {
        let verb =
            |verb: proto::ExplainedVerb| ExplainedVerb { verb: verb.verb, answer: verb.answer, fields: verb.fields };
        let verbs = explained.verbs.into_iter().map(verb).collect();
        Self { roles: explained.roles, because: explained.because, verbs }
    }
}

/// Figures of the running platform; no patient data.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Operations {
    pub version: String,
    /// The next journal position.
    pub position: u64,
    pub readings_stored: u64,
    pub readings_duplicate: u64,
    /// Set aside: in conflict with one that came before, or with a payload that cannot be decoded.
    pub readings_quarantined: u64,
    pub readings_undecodable: u64,
    pub readings_declared_missing: u64,
    pub readings_refused: u64,
    pub observations_rejected: u64,
    /// Stored, but not yet evaluated.
    pub readings_pending: u64,
    pub alerts_open: u64,
    pub device_actors: u64,
    pub patient_actors: u64,
    pub actor_restarts: u64,
    pub actors_parked: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resident_bytes: Option<i64>,
    pub connections: u64,
    /// Journal positions that are not in the views yet.
    pub views_behind: u64,
    /// Clients that listen to events.
    pub listening: u64,
}

impl Operations {
    /// Of what port 7444 answers, and what this port knows.
    pub fn of(status: proto::StatusResponse, views_behind: u64, listening: u64) -> Self {
        Self {
            version: status.version,
            position: status.position,
            readings_stored: status.readings_stored,
            readings_duplicate: status.readings_duplicate,
            readings_quarantined: status.readings_quarantined,
            readings_undecodable: status.readings_undecodable,
            readings_declared_missing: status.readings_declared_missing,
            readings_refused: status.readings_refused,
            observations_rejected: status.observations_rejected,
            readings_pending: status.readings_pending,
            alerts_open: status.alerts_open,
            device_actors: status.device_actors,
            patient_actors: status.patient_actors,
            actor_restarts: status.actor_restarts,
            actors_parked: status.actors_parked,
            resident_bytes: instant(i64::try_from(status.resident_bytes).unwrap_or(i64::MAX)),
            connections: status.connections,
            views_behind,
            listening,
        }
    }
}
