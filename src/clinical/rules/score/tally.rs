//! What the scores of one patient have come to.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::table::{Input, Points, Score};
use crate::clinical::codes::{Allowed, Code};
use crate::clinical::patient::{Profile, Spo2Scale};
use crate::clinical::reading::Reading;
use crate::clinical::rules::joint::NewestValue;
use crate::clinical::rules::kind::Kind;
use crate::clinical::rules::limits_missing::{Judged, LimitsMissing};
use crate::clinical::rules::slot::{Changes, Slot, Turn};
use crate::clinical::rules::view::View;
use crate::time::Timestamp;

/// The newest values of a patient, of whatever device, what each score came to, and a slot per rule on scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::clinical::rules) struct Tally {
    newest: Vec<NewestValue>,
    made: SmallVec<[Made; 2]>,
    /// A bit per score that was made with the newest reading.
    fresh: u16,
    pub(in crate::clinical::rules) slots: SmallVec<[Slot; 4]>,
}

/// What one score came to when it was last made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::clinical::rules) struct Made {
    /// Device time; `None`: never made.
    pub(super) at: Option<Timestamp>,
    /// The points of what is known.
    pub(super) total: u16,
    /// Place among the names of the bands.
    pub(super) band: u8,
    /// A bit per input whose value was there, in their order.
    pub(super) known: u16,
    /// A bit per input whose value was not there.
    pub(super) missing: u16,
}

/// A score as it was last made, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreShown<'a> {
    /// Which.
    pub score: &'a Score,
    /// Device time of the reading with which it was made.
    pub at: Timestamp,
    /// The total of what is known: at least this, where something is missing.
    pub total: u16,
    /// Its band.
    pub band: SmolStr,
    /// The names of the inputs that were missing.
    pub missing: Vec<SmolStr>,
    /// What it was made of, now.
    pub inputs: Vec<InputShown>,
}

/// One input of a score.
#[derive(Clone, Debug, PartialEq)]
pub struct InputShown {
    /// Its name.
    pub name: SmolStr,
    /// The code whose value counted.
    pub code: Code,
    /// The value: a number, or the place of a word among those that the code knows.
    pub value: f64,
    /// Device time of the value.
    pub at: Timestamp,
    /// Its points.
    pub points: u8,
}

impl InputShown {
    /// The word that the value is; `None`: it is a number.
    #[must_use]
    pub fn word(&self) -> Option<&'static str> {
        let Allowed::Word(words) = self.code.info()?.allowed else { return None };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A place of a word.
        words.get(self.value as usize).copied()
    }
}

/// The outcome of one score at one instant.
struct Outcome {
    made: Made,
    required_missing: bool,
}

impl Tally {
    pub(in crate::clinical::rules) fn new(rules: &View) -> Self {
        let slots = SmallVec::from_elem(Slot::default(), rules.score_rules.len());
        Self { newest: Vec::new(), made: SmallVec::from_elem(Made::default(), rules.scores.len()), fresh: 0, slots }
    }

    /// Lays it out for other rules; the newest values stay.
    pub(in crate::clinical::rules) fn lay_out(&mut self, rules: &View) {
        let newest = std::mem::take(&mut self.newest);
        *self = Self { newest, ..Self::new(rules) };
        self.newest.retain(|newest| rules.score_codes.contains(&newest.code));
    }

    /// Tells the rules on missing limits which scores are not made for this patient.
    pub(in crate::clinical::rules) fn note_missing(&mut self, rules: &View, profile: &Profile) {
        for (slot, rule) in self.slots.iter_mut().zip(&rules.score_rules) {
            if let Kind::LimitsMissing(LimitsMissing { of: Judged::Score { index, .. } }) = rules.kind(*rule) {
                slot.count = u16::from(!rules.scores[usize::from(*index)].applies(profile));
            }
        }
    }

    /// Whether scores are made with a reading.
    pub(in crate::clinical::rules) fn concerns(rules: &View, reading: &Reading) -> bool {
        rules.scores.iter().any(|score| score.each_reading)
            || reading.observations.iter().any(|observation| rules.score_codes.contains(&observation.code))
    }

    /// Takes in what a reading says, and makes the scores that it concerns.
    pub(in crate::clinical::rules) fn observe(
        &mut self,
        rules: &View,
        profile: &Profile,
        reading: &Reading,
        changes: &mut Changes,
    ) {
        let at = reading.device_time;
        let mut heard: SmallVec<[Code; 8]> = SmallVec::new();
        for observation in &reading.observations {
            if !rules.score_codes.contains(&observation.code) {
                continue;
            }
            let Some(value) = NewestValue::of(observation, at) else { continue };
            heard.push(value.code);
            match self.newest.iter_mut().find(|newest| newest.code == value.code) {
                Some(newest) if newest.at > value.at => {}
                Some(newest) => *newest = value,
                None => {
                    self.newest.reserve_exact(1);
                    self.newest.push(value);
                }
            }
        }
        for (index, score) in rules.scores.iter().enumerate() {
            if score.each_reading || heard.iter().any(|code| score.is_made_of(*code)) {
                self.make(rules, index, score, profile, at, changes);
            }
        }
    }

    fn make(
        &mut self,
        rules: &View,
        index: usize,
        score: &Score,
        profile: &Profile,
        at: Timestamp,
        changes: &mut Changes,
    ) {
        let outcome = score.applies(profile).then(|| self.outcome(score, profile.spo2_scale, at));
        let made = outcome.filter(|outcome| !outcome.required_missing).map(|outcome| outcome.made);
        if let Some(made) = made {
            self.made[index] = made;
            self.fresh |= 1 << index;
        }
        for (slot, &rule) in self.slots.iter_mut().zip(&rules.score_rules) {
            let mut turn = Turn { rule, slot, changes };
            match (rules.kind(rule), &made) {
                (Kind::ScoreBand(kind), Some(made)) if usize::from(kind.score) == index && !turn.slot.off => {
                    kind.hear(&mut turn, made, at);
                }
                (Kind::ScoreIncomplete(kind), Some(made)) if usize::from(kind.score) == index && !turn.slot.off => {
                    kind.hear(&mut turn, made, at);
                }
                (Kind::LimitsMissing(kind), _) if !turn.slot.off => match kind.of {
                    Judged::Score { index: of, .. } if usize::from(of) == index => kind.heard(&mut turn, at),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn outcome(&self, score: &Score, scale: Spo2Scale, now: Timestamp) -> Outcome {
        let on_oxygen = self.on_oxygen(score, now);
        let (mut total, mut known, mut greatest) = (0_u16, 0_u16, 0_u8);
        let (mut missing, mut required_missing) = (0_u16, false);
        for (place, input) in score.inputs.iter().enumerate() {
            if input.scale.is_some_and(|of| of != scale) {
                continue;
            }
            let found = self.points(input, on_oxygen, now).map(|(points, _)| points);
            if found.is_some() {
                known |= 1 << place;
            } else {
                missing |= 1 << place;
                required_missing |= input.required;
            }
            let points = found.or(input.assumed).unwrap_or(0);
            total += u16::from(points);
            greatest = greatest.max(points);
        }
        let band = score.band_of(total, greatest);
        Outcome { made: Made { at: Some(now), total, band, known, missing }, required_missing }
    }

    /// The points of an input and the value that counted; `None`: it is missing.
    fn points(&self, input: &Input, on_oxygen: Option<bool>, now: Timestamp) -> Option<(u8, NewestValue)> {
        if let Points::Oxygen { above, .. } = &input.points {
            let given = |newest: &NewestValue, above: f64| if newest.value > above { 1.0_f64 } else { 0.0 };
            let fresh = input.codes.iter().zip(above).filter_map(|(code, above)| {
                let newest = self.fresh(*code, input.fresh_us, now)?;
                Some((given(&newest, *above), newest))
            });
            // Given by any of the codes; else the newest that says that it is not.
            let (given, newest) = fresh.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.at.cmp(&b.1.at)))?;
            return Some((input.points.of(given, None)?, newest));
        }
        let mut best: Option<NewestValue> = None;
        for code in &input.codes {
            let found = self.fresh(*code, input.fresh_us, now);
            best = match (best, found) {
                (Some(best), Some(found)) if found.at <= best.at => Some(best),
                (best, found) => found.or(best),
            };
        }
        let best = best?;
        Some((input.points.of(best.value, on_oxygen)?, best))
    }

    /// Whether the patient is given oxygen, where a score has an input that says so.
    fn on_oxygen(&self, score: &Score, now: Timestamp) -> Option<bool> {
        let input = score.inputs.iter().find(|input| matches!(input.points, Points::Oxygen { .. }))?;
        let known = self.points(input, None, now).map(|(points, _)| points > 0);
        known.or(input.assumed.map(|points| points > 0))
    }

    fn fresh(&self, code: Code, fresh_us: i64, now: Timestamp) -> Option<NewestValue> {
        let newest = self.newest.iter().find(|newest| newest.code == code)?;
        (now.since_us(newest.at) <= fresh_us).then_some(*newest)
    }

    /// What a score last came to.
    pub(in crate::clinical::rules) fn made(&self, index: u16) -> Option<&Made> {
        self.made.get(usize::from(index)).filter(|made| made.at.is_some())
    }

    /// A reading comes that may concern no score.
    pub(in crate::clinical::rules) fn forget_fresh(&mut self) {
        self.fresh = 0;
    }

    /// Every score that was made with the newest reading.
    pub(in crate::clinical::rules) fn shown<'a>(&self, rules: &'a View, scale: Spo2Scale) -> Vec<ScoreShown<'a>> {
        let fresh = (0..).zip(rules.scores.iter().zip(&self.made)).filter(|(index, _)| self.fresh & 1 << index != 0);
        fresh.filter_map(|(_, (score, made))| Some(self.show(score, made, scale, made.at?))).collect()
    }

    fn show<'a>(&self, score: &'a Score, made: &Made, scale: Spo2Scale, at: Timestamp) -> ScoreShown<'a> {
        let on_oxygen = self.on_oxygen(score, at);
        let inputs = score.inputs.iter().filter(|input| input.scale.is_none_or(|of| of == scale));
        let shown = inputs.filter_map(|input| {
            let (points, newest) = self.points(input, on_oxygen, at)?;
            Some(InputShown { name: input.name.clone(), code: newest.code, value: newest.value, at: newest.at, points })
        });
        ScoreShown {
            score,
            at,
            total: made.total,
            band: score.band_names().nth(usize::from(made.band)).cloned().unwrap_or_default(),
            missing: score.names_of(made.missing).cloned().collect(),
            inputs: shown.collect(),
        }
    }

    /// What a score is made of at `at`: code, value and points of each input that is known.
    pub(in crate::clinical::rules) fn inputs_of(
        &self,
        score: &Score,
        scale: Spo2Scale,
        at: Timestamp,
    ) -> impl Iterator<Item = (Code, f64, u8)> {
        let on_oxygen = self.on_oxygen(score, at);
        let inputs = score.inputs.iter().filter(move |input| input.scale.is_none_or(|of| of == scale));
        inputs.filter_map(move |input| {
            let (points, newest) = self.points(input, on_oxygen, at)?;
            Some((newest.code, newest.value, points))
        })
    }

    pub(in crate::clinical::rules) fn bytes_held(&self) -> usize {
        let slots = if self.slots.spilled() { self.slots.capacity() * size_of::<Slot>() } else { 0 };
        let made = if self.made.spilled() { self.made.capacity() * size_of::<Made>() } else { 0 };
        size_of::<Self>() + slots + made + self.newest.capacity() * size_of::<NewestValue>()
    }
}

impl Made {
    /// The inputs that were there, and those that were missing, a bit each.
    pub(in crate::clinical::rules) const fn inputs(&self) -> (u16, u16) {
        (self.known, self.missing)
    }
}
