//! The kinds of rule. One file per kind, each with the same verbs: `parse`, and what it hears.

use smallvec::SmallVec;

use super::baseline::FromBaseline;
use super::beats::{BeatRate, Flutter, IntervalRun, NoBeat, NoBeatAfterBreak, VentricularRun};
use super::burden::Burden;
use super::change::Change;
use super::compound::Compound;
use super::deviation::Deviation;
use super::events::Events;
use super::fields::Fields;
use super::limit::Limit;
use super::limits_missing::{Judged, LimitsMissing};
use super::no_transmission::NoTransmission;
use super::projection::Projection;
use super::repeated::Repeated;
use super::score::{ScoreBand, ScoreIncomplete};
use super::signal_loss::SignalLoss;
use super::silence::Silence;
use super::status::Status;
use super::value_missing::ValueMissing;
use crate::clinical::codes::Code;

/// What a rule does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Limit(Limit),
    Change(Change),
    FromBaseline(FromBaseline),
    Repeated(Repeated),
    Status(Status),
    Events(Events),
    Burden(Burden),
    Silence(Silence),
    LimitsMissing(LimitsMissing),
    Deviation(Deviation),
    Projection(Projection),
    ValueMissing(ValueMissing),
    SignalLoss(SignalLoss),
    NoTransmission(NoTransmission),
    NoBeat(NoBeat),
    NoBeatAfterBreak(NoBeatAfterBreak),
    IntervalRun(IntervalRun),
    VentricularRun(VentricularRun),
    Flutter(Flutter),
    BeatRate(BeatRate),
    ScoreBand(ScoreBand),
    ScoreIncomplete(ScoreIncomplete),
    Compound(Compound),
}

/// Where a rule's slot lies, and what it hears.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// Samples of one code of a device.
    Code(Code),
    /// The beats of a device.
    Beats,
    /// Every reading of a device.
    Reading,
    /// The newest values of these codes of a device.
    Joint(SmallVec<[Code; 3]>),
    /// Scores of a patient.
    Score,
    /// Other conditions.
    Compound,
}

/// How a kind is read from its table.
type Parse = fn(&mut Fields<'_>, i64) -> Option<Kind>;

/// The tables that name a kind, in the words of rule files; whether the rule takes a condition delay; how it is read.
const KINDS: [(&str, bool, Parse); 23] = [
    ("limit", true, |fields, delay_us| Limit::parse(fields, delay_us).map(Kind::Limit)),
    ("change", true, |fields, delay_us| Change::parse(fields, delay_us).map(Kind::Change)),
    ("from_baseline", false, |fields, _| FromBaseline::parse(fields).map(Kind::FromBaseline)),
    ("repeated", false, |fields, _| Repeated::parse(fields).map(Kind::Repeated)),
    ("status", true, |fields, delay_us| Status::parse(fields, delay_us).map(Kind::Status)),
    ("events", false, |fields, _| Events::parse(fields).map(Kind::Events)),
    ("burden", false, |fields, _| Burden::parse(fields).map(Kind::Burden)),
    ("silence", false, |fields, _| Silence::parse(fields).map(Kind::Silence)),
    ("limits_missing", false, |fields, _| LimitsMissing::parse(fields).map(Kind::LimitsMissing)),
    ("deviation", true, |fields, delay_us| Deviation::parse(fields, delay_us).map(Kind::Deviation)),
    ("projection", false, |fields, _| Projection::parse(fields).map(Kind::Projection)),
    ("value_missing", true, |fields, delay_us| ValueMissing::parse(fields, delay_us).map(Kind::ValueMissing)),
    ("signal_loss", false, |fields, _| SignalLoss::parse(fields).map(Kind::SignalLoss)),
    ("no_transmission", false, |fields, _| NoTransmission::parse(fields).map(Kind::NoTransmission)),
    ("no_beat", false, |fields, _| NoBeat::parse(fields).map(Kind::NoBeat)),
    ("no_beat_after_break", false, |fields, _| NoBeatAfterBreak::parse(fields).map(Kind::NoBeatAfterBreak)),
    ("interval_run", false, |fields, _| IntervalRun::parse(fields).map(Kind::IntervalRun)),
    ("ventricular_run", false, |fields, _| VentricularRun::parse(fields).map(Kind::VentricularRun)),
    ("flutter", false, |fields, _| Flutter::parse(fields).map(Kind::Flutter)),
    ("beat_rate", true, |fields, delay_us| BeatRate::parse(fields, delay_us).map(Kind::BeatRate)),
    ("score_band", false, |fields, _| ScoreBand::parse(fields).map(Kind::ScoreBand)),
    ("score_incomplete", true, |fields, delay_us| ScoreIncomplete::parse(fields, delay_us).map(Kind::ScoreIncomplete)),
    ("compound", true, |fields, delay_us| Compound::parse(fields, delay_us).map(Kind::Compound)),
];

impl Kind {
    /// Reads the one table of `rule` that names a kind; `delay_us` is the rule's condition delay, which only some kinds
    /// take.
    pub(super) fn parse(rule: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let named: Vec<_> = KINDS.into_iter().filter(|(name, ..)| rule.has(name)).collect();
        let [(name, takes_delay, parse)] = named[..] else {
            let names = |kinds: &[(&str, bool, Parse)]| kinds.iter().map(|kind| kind.0).collect::<Vec<_>>().join(", ");
            let found = if named.is_empty() { "none".into() } else { names(&named) };
            let what = format!("a rule has exactly one of the tables {}; this one has {found}", names(&KINDS));
            rule.source.mistake(rule.offset(), what);
            // They are known keys all the same.
            for (name, ..) in named {
                rule.table(name);
            }
            return None;
        };
        let mut fields = rule.table(name)?;
        if !takes_delay && rule.has("condition_delay_s") {
            rule.wrong("condition_delay_s", &format!("does not go with `{name}`, which has a time of its own"));
        }
        let kind = parse(&mut fields, delay_us);
        fields.finish();
        kind
    }

    /// Where the rule's slot lies.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Limit(kind) => Place::Code(kind.code),
            Self::Change(kind) => Place::Code(kind.code),
            Self::FromBaseline(kind) => Place::Code(kind.code),
            Self::Repeated(kind) => Place::Code(kind.code),
            Self::Status(kind) => Place::Code(kind.code),
            Self::Events(kind) => Place::Code(kind.code),
            Self::Burden(kind) => Place::Code(kind.code),
            Self::Silence(kind) => Place::Code(kind.code),
            Self::LimitsMissing(LimitsMissing { of: Judged::Code(code) }) => Place::Code(*code),
            Self::LimitsMissing(_) | Self::ScoreBand(_) | Self::ScoreIncomplete(_) => Place::Score,
            Self::Deviation(kind) => Place::Joint(SmallVec::from_slice(&[kind.code, kind.from])),
            Self::Projection(kind) => Place::Joint(kind.codes()),
            Self::ValueMissing(kind) => Place::Joint(kind.codes()),
            Self::SignalLoss(_) | Self::NoTransmission(_) => Place::Reading,
            Self::Compound(_) => Place::Compound,
            Self::NoBeat(_)
            | Self::NoBeatAfterBreak(_)
            | Self::IntervalRun(_)
            | Self::VentricularRun(_)
            | Self::Flutter(_)
            | Self::BeatRate(_) => Place::Beats,
        }
    }

    /// The quantity in whose unit value and limit are; `None`: there is no single one.
    pub(super) fn code(&self) -> Option<Code> {
        match self.place() {
            Place::Code(code) => Some(code),
            Place::Beats => Some(Code::RR_INTERVAL),
            Place::Joint(codes) => codes.first().copied(),
            Place::Reading | Place::Score | Place::Compound => None,
        }
    }

    /// Whether it judges values, as opposed to watching that there are any.
    pub(super) const fn judges(&self) -> bool {
        !matches!(self, Self::Silence(_) | Self::LimitsMissing(_))
    }

    /// Whether it must be told how far the device has watched, sample or none.
    pub(super) const fn watches(&self) -> bool {
        matches!(self, Self::Silence(_) | Self::Events(_) | Self::Burden(_))
    }

    /// The limit that people are shown, in the unit of the rule.
    pub(super) fn limit(&self) -> Option<f64> {
        match self {
            Self::Limit(kind) => Some(kind.threshold.limit),
            Self::Change(kind) => Some(kind.by),
            Self::FromBaseline(kind) => Some(kind.by),
            Self::Repeated(kind) => kind.breach.limit(),
            Self::Events(kind) => Some(f64::from(kind.at_least)),
            Self::Burden(kind) => Some(kind.limit_h()),
            Self::Deviation(kind) => Some(kind.percent),
            Self::Projection(kind) => Some(kind.threshold.limit),
            Self::BeatRate(kind) => Some(kind.threshold.limit),
            Self::NoBeat(kind) => Some(kind.limit_ms()),
            Self::NoBeatAfterBreak(kind) => Some(kind.limit_ms()),
            Self::Flutter(kind) => Some(kind.limit_ms()),
            Self::IntervalRun(kind) => Some(kind.limit_per_min()),
            Self::VentricularRun(kind) => Some(kind.limit_beats()),
            Self::Status(_)
            | Self::Silence(_)
            | Self::SignalLoss(_)
            | Self::NoTransmission(_)
            | Self::LimitsMissing(_)
            | Self::ValueMissing(_)
            | Self::ScoreBand(_)
            | Self::ScoreIncomplete(_)
            | Self::Compound(_) => None,
        }
    }
}
