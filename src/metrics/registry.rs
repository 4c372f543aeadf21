//! All metrics together, and the page that Prometheus reads.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::Collector;
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntGauge, Registry, TextEncoder};

use super::{ActorMetrics, AlertMetrics, IngestMetrics, JournalMetrics};

/// Upper ends of a hop's buckets, in seconds: from a tenth of a millisecond to where somebody has to look.
const HOP_SECONDS: [f64; 16] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// All metrics of one process. They live on where the engine is opened anew.
pub struct Metrics {
    registry: Registry,
    /// Scrapes fill in what is counted elsewhere: one at a time.
    scraping: Mutex<()>,
    /// The way in.
    pub ingest: IngestMetrics,
    /// The journal.
    pub journal: JournalMetrics,
    /// Devices' and patients' actors.
    pub actors: ActorMetrics,
    /// Alerts, and whether they are answered.
    pub alerts: AlertMetrics,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// New metrics, all zero.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let registry = Registry::new();
        let names = Names(&registry);
        Arc::new(Self {
            ingest: IngestMetrics::new(&names),
            journal: JournalMetrics::new(&names),
            actors: ActorMetrics::new(&names),
            alerts: AlertMetrics::new(&names),
            scraping: Mutex::default(),
            registry,
        })
    }

    /// The page in Prometheus' text format, after `fill_in` has set what is counted elsewhere.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn text(&self, fill_in: impl FnOnce(&Self)) -> Result<String, prometheus::Error> {
        let _one_at_a_time = self.scraping.lock().unwrap_or_else(PoisonError::into_inner);
        fill_in(self);
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// Sets a counter to a total that is counted elsewhere since the engine was opened.
pub fn set_total(counter: &IntCounter, total: u64) {
    counter.reset();
    counter.inc_by(total);
}

/// Where the files of names register.
pub(super) struct Names<'a>(&'a Registry);

impl Names<'_> {
    pub fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.register(IntCounter::new(name, help))
    }

    pub fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.register(IntGauge::new(name, help))
    }

    /// A gauge of seconds.
    pub fn seconds(&self, name: &str, help: &str) -> Gauge {
        self.register(Gauge::new(name, help))
    }

    /// A hop of a reading's way, in seconds.
    pub fn hop(&self, name: &str, help: &str) -> Histogram {
        self.register(Histogram::with_opts(HistogramOpts::new(name, help).buckets(HOP_SECONDS.to_vec())))
    }

    fn register<C: Collector + Clone + 'static>(&self, made: Result<C, prometheus::Error>) -> C {
        // Names and helps are constants of these files; the test below makes all of them.
        let made = made.expect("the name is valid");
        self.0.register(Box::new(made.clone())).expect("the name is new");
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_unit_and_nothing_names_a_patient() {
        let text = Metrics::new().text(|_| {}).expect("the page is encoded");
        let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert!(names.len() > 20, "{text}");
        for name in names {
            let (name, kind) = name.split_once(' ').expect("a name and its type");
            assert!(name.starts_with("vigil_"), "{name}");
            let ends_well = match kind {
                "counter" => name.ends_with("_total"),
                "histogram" => name.ends_with("_seconds"),
                _ => !name.ends_with("_total"),
            };
            assert!(ends_well, "{name} is a {kind}");
        }
        for forbidden in ["patient=", "device=", "person=", "bed="] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn a_total_that_is_counted_elsewhere_is_shown_as_it_stands() {
        let metrics = Metrics::new();
        for total in [7, 9, 3] {
            let text = metrics.text(|metrics| set_total(&metrics.ingest.readings_stored, total)).unwrap();
            assert!(text.contains(&format!("\nvigil_readings_stored_total {total}\n")), "{text}");
        }
    }
}
