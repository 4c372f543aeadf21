//! What a run says: the toolkit's journal with a part of ours, `JUnit`, and lines for a person.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::experiment::Extension;
use super::judge::Checked;
use crate::time::Timestamp;

/// What a run says of its scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything took place, and every promise held.
    Pass,
    /// Too little took place to say anything.
    Inconclusive,
    /// A promise did not hold, or the hypothesis did not.
    Fail,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Report {
    experiment: Value,
    file: String,
    id: String,
    seed: u64,
    pub(super) min_faults_fired: u64,
    start: Timestamp,
    end: Timestamp,
    took: Duration,
    aborted: Option<String>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    pub(super) run: Vec<Value>,
    pub(super) rollbacks: Vec<Value>,
    pub(super) faults: Vec<String>,
    pub(super) invariants: Vec<Checked>,
    pub(super) worst_lateness_ms: u64,
}

impl Report {
    pub(super) fn new(experiment: Value, file: &Path, ours: &Extension, start: Timestamp) -> Self {
        Self {
            experiment,
            file: file.display().to_string(),
            id: ours.id.clone(),
            seed: ours.seed,
            min_faults_fired: ours.min_faults_fired,
            start,
            end: start,
            took: Duration::ZERO,
            aborted: None,
            before: None,
            after: None,
            run: Vec::new(),
            rollbacks: Vec::new(),
            faults: Vec::new(),
            invariants: Vec::new(),
            worst_lateness_ms: 0,
        }
    }

    /// Notes why the run did not come to its end; the first reason counts.
    pub(super) fn abort(&mut self, why: &str) {
        self.aborted.get_or_insert_with(|| why.to_owned());
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.aborted.is_some()
    }

    /// Whether the hypothesis held before, and does not after.
    pub(super) fn has_deviated(&self) -> bool {
        self.after.as_ref().is_some_and(|after| after["steady_state_met"] != true)
    }

    pub(super) const fn finish(&mut self, end: Timestamp, took: Duration) {
        self.end = end;
        self.took = took;
    }

    /// The toolkit's journal, and our part of it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "experiment": self.experiment, "start": self.start.to_string(), "end": self.end.to_string(),
            "duration": self.took.as_secs_f64(), "status": if self.is_broken() { "aborted" } else { "completed" },
            "deviated": self.has_deviated(),
            "steady_states": { "before": self.before, "after": self.after, "during": [] },
            "run": self.run, "rollbacks": self.rollbacks,
            "vigil": {
                "id": self.id, "verdict": self.verdict(), "aborted_because": self.aborted, "seed": self.seed,
                "version": env!("CARGO_PKG_VERSION"), "faults_fired": self.faults.len(), "faults": self.faults,
                "invariants": self.invariants, "worst_escalation_lateness_ms": self.worst_lateness_ms,
                "replay_command": self.replay_command(),
            },
        })
    }

    fn replay_command(&self) -> String {
        format!("vigil chaos run {}", self.file)
    }

    /// A line per scenario, and more where there is more to say.
    #[must_use]
    pub fn summary(&self) -> String {
        let verdict = match self.verdict() {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::Inconclusive => "inconclusive",
        };
        let mut text =
            format!("{verdict:<13} {:<24} {:>5.1} s, {} faults", self.id, self.took.as_secs_f64(), self.faults.len());
        for checked in &self.invariants {
            // Writing to a string does not fail, here and below.
            let _ =
                write!(text, ", {} {}", checked.id, if checked.violations == 0 { "holds" } else { "DOES NOT HOLD" });
        }
        if self.worst_lateness_ms > 0 {
            let _ = write!(text, ", deadlines at most {} ms late", self.worst_lateness_ms);
        }
        for line in self.complaints() {
            let _ = write!(text, "\n    {line}");
        }
        if self.verdict() != Verdict::Pass {
            let _ = write!(text, "\n    again: {}", self.replay_command());
        }
        text
    }

    /// Everything that kept it from passing.
    fn complaints(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.aborted.iter().map(|why| format!("given up: {why}")).collect();
        let failed = self.run.iter().filter(|entry| entry["status"] == "failed");
        lines.extend(failed.map(|entry| format!("{}: {}", entry["activity"]["name"], entry["output"])));
        for state in [&self.before, &self.after].into_iter().flatten().filter(|state| state["steady_state_met"] != true)
        {
            lines.push(format!("the hypothesis does not hold: {}", state["title"]));
        }
        lines.extend(self.invariants.iter().filter_map(|checked| {
            checked.first_evidence.as_ref().map(|evidence| format!("{}: {evidence}", checked.id))
        }));
        if !self.is_broken() && (self.faults.len() as u64) < self.min_faults_fired {
            lines.push(format!("{} faults took place, {} were wanted", self.faults.len(), self.min_faults_fired));
        }
        lines
    }
}

/// All runs as `JUnit` XML: a suite, a case per scenario.
#[must_use]
pub fn junit(reports: &[Report]) -> String {
    let count = |verdict| reports.iter().filter(|report| report.verdict() == verdict).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"vigil chaos\" tests=\"{}\" failures=\"{}\" \
         errors=\"{}\">\n",
        reports.len(),
        count(Verdict::Fail),
        count(Verdict::Inconclusive)
    );
    for report in reports {
        let head = format!("<testcase name=\"{}\" time=\"{:.3}\"", escaped(&report.id), report.took.as_secs_f64());
        let element = match report.verdict() {
            Verdict::Pass => None,
            Verdict::Fail => Some("failure"),
            Verdict::Inconclusive => Some("error"),
        };
        let _ = match element {
            None => writeln!(text, "  {head}/>"),
            Some(element) => {
                let said = escaped(&report.complaints().join("\n"));
                writeln!(text, "  {head}><{element}>{said}</{element}></testcase>")
            }
        };
    }
    text.push_str("</testsuite>\n");
    text
}

/// Text in XML; control characters, which XML cannot hold, become spaces.
fn escaped(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => kept.push_str("&lt;"),
            '>' => kept.push_str("&gt;"),
            '&' => kept.push_str("&amp;"),
            '"' => kept.push_str("&quot;"),
            '\n' => kept.push('\n'),
            other if other.is_control() => kept.push(' '),
            other => kept.push(other),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let ours = json!({"name": "vigil", "id": "a<b", "seed": 7, "invariants": ["I1"], "blast_radius": "none",
            "abort_if": ["patient_not_simulated"], "max_duration_s": 1, "min_faults_fired": 1});
        let ours: Extension = serde_json::from_value(ours).unwrap();
        let mut report = Report::new(json!({}), Path::new("a.yaml"), &ours, Timestamp(0));
        report.faults = vec!["kill".to_owned()];
        report.invariants = vec![checked(5, 0)];
        report
    }

    fn checked(checked: u64, violations: u64) -> Checked {
        let first_evidence = (violations > 0).then(|| "lost & gone".to_owned());
        Checked { id: "I1".to_owned(), checked, violations, first_evidence }
    }

    #[test]
    fn a_run_passes_only_if_something_was_done_and_something_was_checked() {
        assert_eq!(report().verdict(), Verdict::Pass);
        assert_eq!(Report { faults: Vec::new(), ..report() }.verdict(), Verdict::Inconclusive);
        assert_eq!(Report { invariants: vec![checked(0, 0)], ..report() }.verdict(), Verdict::Inconclusive);
        assert_eq!(Report { invariants: vec![checked(5, 1)], ..report() }.verdict(), Verdict::Fail);
        let mut aborted = report();
        aborted.abort("no time");
        assert_eq!(aborted.verdict(), Verdict::Inconclusive);
        let deviated = Report { after: Some(json!({"steady_state_met": false, "title": "t"})), ..report() };
        assert_eq!(deviated.verdict(), Verdict::Fail);
    }

    #[test]
    fn what_is_wrong_is_said_everywhere_and_xml_stays_xml() {
        let bad = Report { invariants: vec![checked(5, 1)], ..report() };
        assert!(bad.summary().contains("I1 DOES NOT HOLD") && bad.summary().contains("again: vigil chaos run a.yaml"));
        let xml = junit(&[report(), bad.clone()]);
        assert!(xml.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{xml}");
        assert!(xml.contains("a&lt;b") && xml.contains("lost &amp; gone"), "{xml}");
        assert_eq!(bad.json()["vigil"]["verdict"], "fail");
        assert_eq!(bad.json()["vigil"]["invariants"][0]["violations"], 1);
    }
}
