//! The kinds of rule. One file per kind, each with the same verbs: `parse`, and what it hears.

use super::beats::{BeatRate, Flutter, IntervalRun, NoBeat, NoBeatAfterBreak, VentricularRun};
use super::fields::Fields;
use super::limit::Limit;
use super::signal_loss::SignalLoss;
use super::silence::Silence;
use crate::clinical::codes::Code;

/// What a rule does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Limit(Limit),
    Silence(Silence),
    SignalLoss(SignalLoss),
    NoBeat(NoBeat),
    NoBeatAfterBreak(NoBeatAfterBreak),
    IntervalRun(IntervalRun),
    VentricularRun(VentricularRun),
    Flutter(Flutter),
    BeatRate(BeatRate),
}

/// The tables that name a kind, in the words of rule files.
const NAMES: [&str; 9] = [
    "limit",
    "silence",
    "signal_loss",
    "no_beat",
    "no_beat_after_break",
    "interval_run",
    "ventricular_run",
    "flutter",
    "beat_rate",
];

impl Kind {
    /// Reads the one table of `rule` that names a kind; `delay_us` is the rule's condition delay, which only some kinds
    /// take.
    pub(super) fn parse(rule: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let named: Vec<_> = NAMES.into_iter().filter(|name| rule.has(name)).collect();
        let [name] = named[..] else {
            let found = if named.is_empty() { "none".into() } else { named.join(", ") };
            let what = format!("a rule has exactly one of the tables {}; this one has {found}", NAMES.join(", "));
            rule.source.mistake(rule.offset(), what);
            // They are known keys all the same.
            for name in named {
                rule.table(name);
            }
            return None;
        };
        let mut fields = rule.table(name)?;
        let takes_delay = matches!(name, "limit" | "beat_rate");
        if !takes_delay && rule.has("condition_delay_s") {
            rule.wrong("condition_delay_s", &format!("does not go with `{name}`, which has a time of its own"));
        }
        let kind = match name {
            "limit" => Limit::parse(&mut fields, delay_us).map(Self::Limit),
            "silence" => Silence::parse(&mut fields).map(Self::Silence),
            "signal_loss" => SignalLoss::parse(&mut fields).map(Self::SignalLoss),
            "no_beat" => NoBeat::parse(&mut fields).map(Self::NoBeat),
            "no_beat_after_break" => NoBeatAfterBreak::parse(&mut fields).map(Self::NoBeatAfterBreak),
            "interval_run" => IntervalRun::parse(&mut fields).map(Self::IntervalRun),
            "ventricular_run" => VentricularRun::parse(&mut fields).map(Self::VentricularRun),
            "flutter" => Flutter::parse(&mut fields).map(Self::Flutter),
            _ => BeatRate::parse(&mut fields, delay_us).map(Self::BeatRate),
        };
        fields.finish();
        kind
    }

    /// The code on whose samples the rule works; `None` for rules on beats and signals.
    pub(super) const fn code(&self) -> Option<Code> {
        match self {
            Self::Limit(kind) => Some(kind.code),
            Self::Silence(kind) => Some(kind.code),
            _ => None,
        }
    }

    /// Whether the rule works on beats.
    pub(super) const fn is_on_beats(&self) -> bool {
        !matches!(self, Self::Limit(_) | Self::Silence(_) | Self::SignalLoss(_))
    }

    /// The limit that people are shown, in the unit of the rule.
    pub(super) fn limit(&self) -> Option<f64> {
        match self {
            Self::Limit(kind) => Some(kind.bound),
            Self::BeatRate(kind) => Some(kind.limit),
            Self::NoBeat(kind) => Some(kind.limit_ms()),
            Self::NoBeatAfterBreak(kind) => Some(kind.limit_ms()),
            Self::Flutter(kind) => Some(kind.limit_ms()),
            Self::IntervalRun(kind) => Some(kind.limit_per_min()),
            Self::VentricularRun(kind) => Some(kind.limit_beats()),
            Self::Silence(_) | Self::SignalLoss(_) => None,
        }
    }
}
