//! Figures, their targets, and how they are told.

use serde::Serialize;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// What was measured.
    pub what: String,
    /// Unit of both figures.
    pub unit: &'static str,
    /// The bare pipeline's figure, where it has one.
    pub bare: Option<f64>,
    /// The platform's figure.
    pub vigil: f64,
    /// The platform's figure over the bare pipeline's.
    pub ratio: Option<f64>,
    /// What the ratio, or else the figure, should be.
    pub target: Target,
    /// Whether it is.
    pub reached: Option<bool>,
}

/// What should be reached.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The ratio is at least this.
    RatioAtLeast(f64),
    /// The ratio is at most this.
    RatioAtMost(f64),
    /// The figure is at most this.
    AtMost(f64),
    /// For information.
    None,
}

/// All figures of a run.
#[derive(Debug, Default, Serialize)]
pub struct Outcomes {
    /// In the order of measuring.
    pub figures: Vec<Outcome>,
}

impl Outcomes {
    /// Adds a figure and says it.
    pub fn add(&mut self, what: impl Into<String>, unit: &'static str, bare: Option<f64>, vigil: f64, target: Target) {
        let ratio = bare.map(|bare| vigil / bare);
        let reached = match target {
            Target::RatioAtLeast(least) => ratio.map(|ratio| ratio >= least),
            Target::RatioAtMost(most) => ratio.map(|ratio| ratio <= most),
            Target::AtMost(most) => Some(vigil <= most),
            Target::None => None,
        };
        let outcome = Outcome { what: what.into(), unit, bare, vigil, ratio, target, reached };
        println!("{}", outcome.line());
        self.figures.push(outcome);
    }

    /// All figures as a table.
    pub fn table(&self) -> String {
        let head = format!(
            "{:<66} {:>10} {:>10} {:<10} {:>6}  {:<9} ok\n",
            "what", "bare", "vigil", "unit", "ratio", "target"
        );
        self.figures.iter().fold(head, |table, figure| table + &figure.line() + "\n")
    }
}

impl Outcome {
    fn line(&self) -> String {
        let number = |number: f64| if number.abs() >= 100.0 { format!("{number:.0}") } else { format!("{number:.2}") };
        let target = match self.target {
            Target::RatioAtLeast(least) => format!(">= {least}x"),
            Target::RatioAtMost(most) => format!("<= {most}x"),
            Target::AtMost(most) => format!("<= {}", number(most)),
            Target::None => String::new(),
        };
        let reached = self.reached.map_or("", |reached| if reached { "yes" } else { "NO" });
        format!(
            "{:<66} {:>10} {:>10} {:<10} {:>6}  {target:<9} {reached}",
            self.what,
            self.bare.map(number).unwrap_or_default(),
            number(self.vigil),
            self.unit,
            self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        )
    }
}
