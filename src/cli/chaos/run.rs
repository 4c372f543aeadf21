//! Carries out a scenario: hypothesis, method, hypothesis, rollbacks; then the promises.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::experiment::{Activity, Experiment, Kind, Provider};
use super::judge::{Findings, judge};
use super::report::{Report, Verdict};
use super::site::{FOLDER, Site};
use crate::clock::Clock;

/// The seed, to whatever makes something up.
pub const SEED: &str = "VIGIL_CHAOS_SEED";
/// An activity without a timeout of its own is given up after so long.
const ACTIVITY_MAX: Duration = Duration::from_mins(3);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What is done where.
struct Stage<'a> {
    dir: &'a Path,
    seed: u64,
}

/// Runs a scenario in a folder that does not exist yet; whatever was started is ended.
pub async fn run(experiment: &Experiment, whole: Value, file: &Path, dir: &Path) -> Report {
    let (clock, began) = (Clock::system(), Instant::now());
    let ours = experiment.vigil();
    let mut report = Report::new(whole, file, ours, clock.now());
    let stage = Stage { dir, seed: ours.seed };
    let limit = Duration::from_secs(ours.max_duration_s);
    let played = timeout(limit, stage.play(experiment, &mut report)).await;
    if played.is_err() {
        report.abort(&format!("it took longer than {} s", ours.max_duration_s));
    }
    if let Ok(site) = Site::open(dir) {
        if played.is_ok() && !report.is_broken() {
            match timeout(limit, judge(&site, &ours.invariants)).await {
                Ok(Ok(findings)) => report.found(findings),
                Ok(Err(error)) => report.abort(&format!("nothing could be checked: {error}")),
                Err(_) => report.abort("nothing could be checked in time"),
            }
        }
        report.faults = site.faults();
    }
    for activity in &experiment.rollbacks {
        let entry = stage.carry_out(activity).await;
        report.rollbacks.push(entry);
    }
    if let Ok(site) = Site::open(dir) {
        site.kill_all();
    }
    report.finish(clock.now(), began.elapsed());
    report
}

impl Stage<'_> {
    async fn play(&self, experiment: &Experiment, report: &mut Report) {
        // The site must be there before anything can be asked of it: the toolkit asks first, so `up` may come before.
        report.before = self.hypothesis(experiment).await;
        if report.before.as_ref().is_some_and(|before| before["steady_state_met"] != true) {
            report.abort("the hypothesis did not hold before anything was done");
            return;
        }
        let mut beside: Vec<JoinHandle<Value>> = Vec::new();
        for activity in &experiment.method {
            if activity.background {
                let (own, dir, seed) = (activity.clone(), self.dir.to_owned(), self.seed);
                beside.push(tokio::spawn(async move { Stage { dir: &dir, seed }.carry_out(&own).await }));
                continue;
            }
            let entry = self.carry_out(activity).await;
            let failed = entry["status"] != "succeeded";
            report.run.push(entry);
            if failed {
                report.abort(&format!("`{}` failed", activity.name));
                break;
            }
        }
        for task in beside {
            if let Ok(entry) = task.await {
                report.run.push(entry);
            }
        }
        if !report.is_broken() {
            report.after = self.hypothesis(experiment).await;
        }
    }

    async fn hypothesis(&self, experiment: &Experiment) -> Option<Value> {
        let hypothesis = experiment.hypothesis.as_ref()?;
        let (mut met, mut probes) = (true, Vec::new());
        for probe in &hypothesis.probes {
            let entry = self.carry_out(probe).await;
            met &= entry["tolerance_met"] == true;
            probes.push(entry);
            if !met {
                break;
            }
        }
        Some(json!({ "title": hypothesis.title, "steady_state_met": met, "probes": probes }))
    }

    /// One entry of the toolkit's journal. A process that exits with anything but 0 has failed, unless its tolerance says
    /// otherwise.
    async fn carry_out(&self, activity: &Activity) -> Value {
        let clock = Clock::system();
        tokio::time::sleep(Duration::from_secs_f64(activity.pauses.before.max(0.0))).await;
        let (start, began) = (clock.now(), Instant::now());
        let answer = match &activity.provider {
            Provider::Process { path, arguments, timeout } => self.process(path, arguments, limit(*timeout)).await,
            Provider::Http { url, timeout } => super::http::get(url, limit(*timeout)).await,
        };
        tokio::time::sleep(Duration::from_secs_f64(activity.pauses.after.max(0.0))).await;
        let (status, output) = match answer {
            Ok((code, said)) => {
                let tolerated = activity.tolerance.as_ref().map(|tolerance| tolerance.holds(code));
                let is_fine = tolerated.unwrap_or(code == 0 || matches!(activity.provider, Provider::Http { .. }));
                (is_fine, json!({ "status": code, "stdout": said }))
            }
            Err(why) => (false, json!(why)),
        };
        json!({
            "activity": { "type": if activity.kind == Kind::Action { "action" } else { "probe" }, "name": activity.name },
            "status": if status { "succeeded" } else { "failed" },
            "tolerance_met": activity.tolerance.as_ref().map(|_| status),
            "output": output, "start": start.to_string(), "end": clock.now().to_string(),
            "duration": began.elapsed().as_secs_f64(),
        })
    }

    /// Runs a program to its end; its exit code, and what it said.
    async fn process(&self, path: &str, arguments: &[String], limit: Duration) -> Result<(i64, String), String> {
        let fails = |error: std::io::Error| format!("{path}: {error}");
        let program = if path == "vigil" { std::env::current_exe().map_err(fails)? } else { path.into() };
        let said = self.dir.with_extension("said");
        let file = std::fs::File::create(&said).map_err(fails)?;
        let mut child = Command::new(program)
            .args(arguments)
            .env(FOLDER, self.dir)
            .env(SEED, self.seed.to_string())
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(fails)?)
            .stderr(file)
            .spawn()
            .map_err(fails)?;
        let until = Instant::now() + limit;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(fails)? {
                break status;
            }
            if Instant::now() >= until {
                // It may have ended just now.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{path} did not end within {limit:?}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        let text = std::fs::read_to_string(&said).unwrap_or_default();
        // A file of the runner's own: a failure to remove it is of no consequence.
        let _ = std::fs::remove_file(&said);
        status.code().map(|code| (code.into(), text)).ok_or_else(|| format!("{path} was killed"))
    }
}

fn limit(seconds: Option<f64>) -> Duration {
    seconds.filter(|seconds| *seconds > 0.0).map_or(ACTIVITY_MAX, Duration::from_secs_f64)
}

impl Report {
    fn found(&mut self, findings: Findings) {
        self.worst_lateness_ms = findings.worst_lateness_ms;
        self.invariants = findings.invariants;
    }

    /// What the run says.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.has_deviated() || self.invariants.iter().any(|checked| checked.violations > 0) {
            return Verdict::Fail;
        }
        let nothing_checked = self.invariants.is_empty() || self.invariants.iter().all(|checked| checked.checked == 0);
        if self.is_broken() || nothing_checked || (self.faults.len() as u64) < self.min_faults_fired {
            return Verdict::Inconclusive;
        }
        Verdict::Pass
    }
}
