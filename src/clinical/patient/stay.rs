//! A patient's stay: admitted, on standby, gone, or one record with another.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::profile::Profile;
use crate::clinical::alert::Refused;
use crate::clinical::codes::Code;
use crate::clinical::condition::Condition;
use crate::clinical::ids::{PatientId, PersonId, RuleId, UnitId};
use crate::clinical::reading::{Observation, Reading, Validity};
use crate::clinical::rules::{LimitValue, RuleSet, SetLimit};
use crate::time::Timestamp;

/// The longest standby (default of this project, not from a standard).
pub const STANDBY_MS_MAX: i64 = 24 * 3_600_000;

/// More limits than anybody sets for one patient.
const LIMITS_MAX: usize = 32;

/// How long after its begin a standby is not ended by signals: sensors are being taken off (default of this project).
pub const STANDBY_SETTLES_MS: i64 = 120_000;

/// What a sensor on the patient gives without a break. A pressure that was taken once, or a battery, says nothing of
/// whether the patient is back.
const SIGNALS: [Code; 5] = [Code::RR_INTERVAL, Code::HEART_RATE, Code::SPO2, Code::PULSE_RATE, Code::RESP_RATE];

/// Whether somebody is responsible for the patient here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// Never admitted.
    #[default]
    Unknown,
    /// Admitted.
    Present,
    /// Discharged.
    Discharged,
    /// Died.
    Died,
    /// The same person as another record, where everything goes on.
    Merged(PatientId),
}

/// Signals are off, evaluation is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standby {
    /// Why.
    pub reason: SmolStr,
    /// Who said so.
    pub by: PersonId,
    /// Receipt time of its begin.
    pub since: Timestamp,
    /// Receipt time of its end, unless valid signals return before.
    pub until: Timestamp,
}

/// Why a standby ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandbyEnd {
    /// Its time was over.
    Due,
    /// A device sends a valid signal again.
    SignalsReturned,
}

/// What a person does to a patient's stay.
#[derive(Clone, Debug, PartialEq)]
pub enum StayChange {
    /// To another unit or bed.
    Moved {
        /// The care unit.
        unit: UnitId,
        /// The bed.
        bed: SmolStr,
    },
    /// Another profile is prescribed.
    Prescribed(Profile),
    /// A limit is set in place of a rule's own.
    LimitSet {
        /// The rule.
        rule: RuleId,
        /// The limit.
        limit: LimitValue,
        /// Where the condition clears; `None`: as far from the limit as the rule says.
        clears_at: Option<LimitValue>,
        /// Why.
        reason: SmolStr,
        /// Receipt time from which it does not hold any more; `None`: no end.
        until: Option<Timestamp>,
    },
    /// The rule's own limit holds again.
    LimitCleared(RuleId),
    /// Signals off until then at the latest.
    StandbyBegan {
        /// Why.
        reason: SmolStr,
        /// Receipt time.
        until: Timestamp,
    },
    /// Signals on.
    StandbyEnded,
    /// Left.
    Discharged,
    /// Died.
    Died,
    /// The record is another one's duplicate: what happened stays here, what comes goes there.
    MergedInto {
        /// The record that goes on.
        into: PatientId,
        /// The newest alert whose condition that record took over; a newer one refuses this.
        last_ordinal: u32,
    },
    /// A duplicate record ended, and these conditions of its open alerts are this record's from here on.
    TookOver {
        /// The duplicate.
        from: PatientId,
        /// What its open alerts were about.
        conditions: Vec<Condition>,
    },
}

/// Where a patient is, and under which terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    presence: Presence,
    unit: Option<UnitId>,
    bed: SmolStr,
    profile: Profile,
    standby: Option<Standby>,
    took_over: Vec<PatientId>,
}

impl StayChange {
    /// The limit that it sets, if it sets one.
    #[must_use]
    pub fn set_limit(&self, by: &PersonId) -> Option<SetLimit> {
        let Self::LimitSet { rule, limit, clears_at, reason, until } = self else { return None };
        Some(SetLimit {
            rule: rule.clone(),
            limit: *limit,
            clears_at: *clears_at,
            by: by.clone(),
            reason: reason.clone(),
            until: *until,
        })
    }
}

impl Stay {
    /// Whether somebody is responsible for the patient here.
    #[must_use]
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Whether the patient is admitted.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.presence == Presence::Present
    }

    /// Whether the patient was admitted once and is not any more: nobody is paged.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.presence, Presence::Unknown | Presence::Present)
    }

    /// The care unit, or the last one; `None`: never admitted.
    #[must_use]
    pub fn unit(&self) -> Option<&UnitId> {
        self.unit.as_ref()
    }

    /// The bed, or the last one.
    #[must_use]
    pub fn bed(&self) -> &SmolStr {
        &self.bed
    }

    /// What decides by which limits the patient is judged.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The standby that is in force.
    #[must_use]
    pub fn standby(&self) -> Option<&Standby> {
        self.standby.as_ref()
    }

    /// Whether this reading ends the standby: a device sends a valid signal of the patient again. A device that only
    /// lives says nothing of the patient.
    #[must_use]
    pub fn is_ended_by(&self, reading: &Reading, received_at: Timestamp) -> bool {
        let Some(standby) = &self.standby else { return false };
        let settled = received_at.since_ms(standby.since) >= STANDBY_SETTLES_MS;
        let measured = |one: &Observation| one.validity == Validity::Valid && SIGNALS.contains(&one.code);
        settled && reading.signal == Validity::Valid && reading.observations.iter().any(measured)
    }

    /// Whether an admission with these terms says what is so already.
    #[must_use]
    pub fn is_admitted(&self, unit: &UnitId, bed: &SmolStr, profile: &Profile) -> bool {
        self.is_present()
            && self.unit.as_ref() == Some(unit)
            && self.bed == *bed
            && self.profile == profile.with_kept_of(&self.profile)
    }

    /// Whether the record may be admitted. Who was discharged may come back; a death that was recorded by mistake is
    /// corrected by an admission, and stays on record.
    ///
    /// # Errors
    /// [`Refused::NotNow`]: it is admitted, or was merged.
    pub fn may_admit(&self) -> Result<(), Refused> {
        match &self.presence {
            Presence::Unknown | Presence::Discharged | Presence::Died => Ok(()),
            Presence::Present => Err(Refused::NotNow(
                "the patient is admitted with other terms: move the patient, or prescribe another profile",
            )),
            Presence::Merged(_) => {
                Err(Refused::NotNow("the record was merged into another one: admit the patient under that id"))
            }
        }
    }

    /// Whether `change` fits; `Ok(false)`: it is so already.
    ///
    /// # Errors
    /// [`Refused::NotNow`].
    pub fn may(&self, change: &StayChange, now: Timestamp) -> Result<bool, Refused> {
        let repeated = match (change, &self.presence) {
            (StayChange::Discharged, Presence::Discharged) | (StayChange::Died, Presence::Died) => true,
            (StayChange::MergedInto { into, .. }, Presence::Merged(known)) => into == known,
            _ => false,
        };
        if repeated {
            return Ok(false);
        }
        match (change, &self.presence) {
            // Who left may have died then; a record that is over may still be found to be a duplicate.
            (StayChange::Died, Presence::Discharged)
            | (StayChange::MergedInto { .. }, Presence::Discharged | Presence::Died) => return Ok(true),
            (_, Presence::Present) => {}
            _ => return Err(Refused::NotNow("the patient is not admitted")),
        }
        match change {
            StayChange::Moved { unit, bed } => Ok(self.unit.as_ref() != Some(unit) || self.bed != *bed),
            StayChange::Prescribed(profile) => Ok(self.profile != profile.with_kept_of(&self.profile)),
            StayChange::LimitSet { until: Some(until), .. } if *until <= now => {
                Err(Refused::NotNow("a limit ends in the future"))
            }
            StayChange::LimitSet { .. } if self.profile.limits.len() >= LIMITS_MAX => {
                Err(Refused::NotNow("the patient has as many limits as can be set: clear one first"))
            }
            StayChange::LimitCleared(rule) => Ok(self.profile.limits.iter().any(|set| set.rule == *rule)),
            StayChange::StandbyBegan { until, .. } => {
                if *until <= now || until.since_ms(now) > STANDBY_MS_MAX {
                    return Err(Refused::NotNow("a standby ends in the future, and after 24 hours at the latest"));
                }
                Ok(true)
            }
            StayChange::StandbyEnded => Ok(self.standby.is_some()),
            StayChange::TookOver { from, conditions } => Ok(!conditions.is_empty() || !self.took_over.contains(from)),
            StayChange::LimitSet { .. } | StayChange::Discharged | StayChange::Died | StayChange::MergedInto { .. } => {
                Ok(true)
            }
        }
    }

    /// Applies an admission.
    pub(super) fn admit(&mut self, unit: &UnitId, bed: &SmolStr, profile: &Profile) {
        self.presence = Presence::Present;
        self.unit = Some(unit.clone());
        self.bed = bed.clone();
        // What was set in a stay before does not hold in this one.
        self.profile = Profile { unit: Some(unit.clone()), ..profile.clone() };
        self.standby = None;
    }

    /// Applies a change by `by` at `now`.
    pub(super) fn apply(&mut self, by: &PersonId, change: &StayChange, now: Timestamp) {
        match change {
            StayChange::Moved { unit, bed } => {
                self.unit = Some(unit.clone());
                self.bed = bed.clone();
                self.profile.unit = Some(unit.clone());
            }
            StayChange::Prescribed(profile) => self.profile = profile.with_kept_of(&self.profile),
            StayChange::LimitSet { rule, .. } => {
                self.profile.limits.retain(|set| set.rule != *rule);
                self.profile.limits.extend(change.set_limit(by));
            }
            StayChange::LimitCleared(rule) => self.profile.limits.retain(|set| set.rule != *rule),
            StayChange::StandbyBegan { reason, until } => {
                self.standby = Some(Standby { reason: reason.clone(), by: by.clone(), since: now, until: *until });
            }
            StayChange::StandbyEnded => self.standby = None,
            StayChange::Discharged => self.end(Presence::Discharged),
            StayChange::Died => self.end(Presence::Died),
            StayChange::MergedInto { into, .. } => self.end(Presence::Merged(into.clone())),
            StayChange::TookOver { from, .. } => {
                if !self.took_over.contains(from) {
                    self.took_over.push(from.clone());
                }
            }
        }
    }

    /// The next receipt time at which a limit ends, of the patient or of the unit.
    #[must_use]
    pub fn limit_ends(&self, rules: &RuleSet) -> Option<Timestamp> {
        let of_unit = rules.unit_limits().iter().filter(|of| self.unit.as_ref() == Some(&of.unit));
        let all = self.profile.limits.iter().chain(of_unit.map(|of| &of.limit));
        all.filter_map(|set| set.until).filter(|until| *until > self.profile.limits_ended).min()
    }

    /// Applies the end of the limits that ended by `now`.
    pub(super) fn end_limits(&mut self, now: Timestamp) {
        self.profile.limits_ended = now;
        self.profile.limits.retain(|set| set.until.is_none_or(|until| until > now));
    }

    /// Applies the end of a standby.
    pub(super) fn end_standby(&mut self) {
        self.standby = None;
    }

    fn end(&mut self, presence: Presence) {
        self.presence = presence;
        self.standby = None;
    }
}

#[cfg(test)]
mod tests;
