//! What a simulation did, for `vigil check --receipts` and for tests: every reading sent and receipted as ranges, the
//! anchors, and what had to alert.

use serde::{Deserialize, Serialize};

use crate::client::device::Finished;

/// The report of one run. Times are microseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format: 1.
    pub format: u32,
    /// Receipt time at the start of the run.
    pub started_at_us: i64,
    /// Receipt time at its end.
    pub ended_at_us: i64,
    /// Seed of the run.
    pub seed: u64,
    /// Speed at which recordings were played.
    pub speed: f64,
    /// One entry per patient.
    pub patients: Vec<PatientReport>,
    /// One entry per (device, boot, lane).
    pub lanes: Vec<LaneReport>,
    /// Episodes that had to alert.
    pub expected: Vec<Expected>,
    /// Sums over all lanes.
    pub counts: Counts,
    /// The newest error of a connection, one per stream that had any; at most 20.
    pub errors: Vec<String>,
}

/// Who was played by which device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientReport {
    /// The patient.
    pub patient: String,
    /// The device.
    pub device: String,
    /// The recording's file, or `synthetic`.
    pub source: String,
    /// Device time of the recording's zero; for a synthetic patient of the run's start.
    pub anchor_us: i64,
}

/// One (device, boot, lane).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneReport {
    /// The device.
    pub device: String,
    /// Its boot.
    pub boot: u64,
    /// `live` or `backlog`.
    pub lane: String,
    /// First and last sequence that was sent at least once; `null`: none.
    pub sent: Option<[u64; 2]>,
    /// Everything up to this sequence was receipted; 0: none.
    pub receipted_through: u64,
    /// Readings that were played, but had no receipt at the end.
    pub missing: u64,
    /// Receipted sequences that were not stored whole.
    pub exceptions: Vec<ExceptionReport>,
    /// The newest refusal, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// A receipted sequence that was not stored whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionReport {
    /// The sequence.
    pub sequence: u64,
    /// `observations_rejected`, `quarantined_undecodable`, `quarantined_conflict` or `declared_missing`.
    pub outcome: String,
    /// As the server said it.
    pub reason: String,
}

/// An alert that a scripted episode had to raise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The patient.
    pub patient: String,
    /// The device.
    pub device: String,
    /// The rule.
    pub rule: String,
    /// Earliest and latest device time of the onset.
    pub onset_us: [i64; 2],
}

/// Sums over all lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Readings that were played.
    pub played: u64,
    /// Readings that were sent at least once.
    pub sent: u64,
    /// Readings that were sent again.
    pub resent: u64,
    /// Readings that were receipted.
    pub receipted: u64,
    /// Readings without a receipt at the end.
    pub missing: u64,
    /// Receipted readings that were not stored whole.
    pub exceptions: u64,
    /// Refusals.
    pub refusals: u64,
    /// Times that the server asked to go back.
    pub resumes: u64,
    /// Sequences declared lost, because a server had less than it had receipted.
    pub lost: u64,
    /// Connections that were made.
    pub connections: u64,
}

impl Report {
    /// Adds a stream that has ended.
    pub fn add(&mut self, finished: &Finished) {
        let totals = finished.ledger.totals();
        self.counts.played += totals.given;
        self.counts.sent += totals.sent;
        self.counts.resent += totals.resent;
        self.counts.receipted += totals.receipted;
        self.counts.missing += finished.ledger.kept() as u64;
        self.counts.refusals += totals.refusals;
        self.counts.resumes += totals.resumes;
        self.counts.lost += totals.lost;
        self.counts.connections += finished.connections;
        for lane in finished.ledger.lanes() {
            self.counts.exceptions += lane.exceptions().len() as u64;
            self.lanes.push(lane_report(lane));
        }
        let new = |error: &&String| self.errors.len() < 20 && !self.errors.contains(error);
        if let Some(error) = finished.last_error.as_ref().filter(new) {
            self.errors.push(error.clone());
        }
    }

    /// Whether every reading that was played is receipted.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.counts.missing == 0
    }

    /// A few lines for a person.
    #[must_use]
    pub fn summary(&self) -> String {
        let Counts { played, sent, resent, receipted, missing, exceptions, refusals, resumes, connections, .. } =
            self.counts;
        let sums = format!(
            "{} patients, {played} readings played, {sent} sent, {resent} sent again, {receipted} receipted, \
             {missing} without a receipt\n{connections} connections, {refusals} refusals, {resumes} resumes, \
             {exceptions} exceptions, {} episodes that had to alert\n",
            self.patients.len(),
            self.expected.len(),
        );
        let errors = self.errors.iter().map(|error| format!("connection: {error}\n"));
        let missing = self.lanes.iter().filter(|lane| lane.missing > 0).take(10).map(|lane| {
            let why = lane.refusal.as_deref().unwrap_or("no receipt came");
            format!("{} {}: {} without a receipt: {why}\n", lane.device, lane.lane, lane.missing)
        });
        std::iter::once(sums).chain(errors).chain(missing).collect()
    }
}

fn lane_report(lane: &crate::client::ledger::Lane) -> LaneReport {
    LaneReport {
        device: lane.device().to_owned(),
        boot: lane.boot(),
        lane: lane.lane().as_str_name().trim_start_matches("LANE_").to_lowercase(),
        sent: (lane.sent_through() > 0).then(|| [1, lane.sent_through()]),
        receipted_through: lane.receipted_through(),
        missing: lane.given_through() - lane.receipted_through(),
        exceptions: lane
            .exceptions()
            .iter()
            .map(|exception| ExceptionReport {
                sequence: exception.sequence,
                outcome: exception.outcome().as_str_name().trim_start_matches("OUTCOME_").to_lowercase(),
                reason: exception.reason.clone(),
            })
            .collect(),
        refusal: lane.last_refusal().map(|(reason, detail)| {
            let word = reason.as_str_name().trim_start_matches("REFUSAL_REASON_").to_lowercase();
            if detail.is_empty() { word } else { format!("{word}: {detail}") }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ledger::Ledger;
    use crate::proto;
    use crate::time::Timestamp;

    #[test]
    fn sums_are_those_of_the_ledgers_and_the_report_survives_json() {
        let mut report = Report { format: 1, ..Report::default() };
        for (device, given, taken, receipted) in [("a", 5_u64, 4_usize, 3_u64), ("b", 2, 2, 2)] {
            let mut ledger = Ledger::default();
            let lane = ledger.open(device, 7, proto::Lane::Live);
            for _ in 0..given {
                ledger.push(lane, proto::Reading::default());
            }
            ledger.take(Timestamp(0), taken, 100);
            ledger.receipt(&proto::Receipt {
                device: device.into(),
                boot: 7,
                lane: proto::Lane::Live as i32,
                through_sequence: receipted,
                exceptions: vec![proto::Exception {
                    sequence: 1,
                    outcome: proto::Outcome::QuarantinedConflict as i32,
                    reason: "other content".into(),
                }],
                proof: Vec::new(),
            });
            report.add(&Finished { ledger, connections: 2, last_error: Some("gone".into()) });
        }
        let counts = report.counts;
        assert_eq!((counts.played, counts.sent, counts.receipted, counts.missing), (7, 6, 5, 2));
        assert_eq!((counts.exceptions, counts.connections), (2, 4));
        assert!(!report.is_complete());
        assert_eq!(report.lanes[0].sent, Some([1, 4]));
        assert_eq!((report.lanes[0].receipted_through, report.lanes[0].missing), (3, 2));
        assert_eq!(report.lanes[0].exceptions[0].outcome, "quarantined_conflict");
        assert_eq!(report.errors, ["gone"]);
        assert!(report.summary().contains("2 without a receipt"));
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}
