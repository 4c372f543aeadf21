//! To whom what a device sends belongs: by the time at which it was observed, never by the time at which it arrived.

use serde::{Deserialize, Serialize};

use super::receiving::CLOCK_SKEW_US_MAX;
use crate::clinical::ids::PatientId;
use crate::time::Timestamp;

/// So many assignments of a device are remembered. What was observed before them belongs to nobody, until a person says
/// to whom (re-attribution).
pub const ASSIGNMENTS_KEPT: usize = 256;

/// What a device observed in `[from, until)` belongs to a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The patient.
    pub patient: PatientId,
    /// Device time from which on; `None`: since ever.
    pub from: Option<Timestamp>,
    /// Device time of the end, which is not in it; `None`: no end is known.
    pub until: Option<Timestamp>,
    /// Whether the device is with the patient: its own conditions are the patient's, and it is waited for.
    open: bool,
}

impl Assignment {
    fn covers(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    fn overlaps(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        let before = |end: Option<Timestamp>, begin: Option<Timestamp>| matches!((end, begin), (Some(end), Some(begin)) if end <= begin);
        !before(self.until, from) && !before(until, self.from)
    }
}

/// Why a device cannot be assigned, or its assignment not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAssignable {
    /// Nobody registered it.
    #[error("the device is not registered")]
    NotRegistered,
    /// It was taken out of use.
    #[error("the device is retired: register it again to use it")]
    Retired,
    /// It belongs to another patient: unassign it first.
    #[error("the device is assigned to another patient: unassign it first, or assign it from the end of that on")]
    Taken,
    /// Another assignment holds a part of that time.
    #[error("another assignment of the device holds a part of that time: an assignment begins where another ends")]
    Overlaps,
    /// It ends before it begins.
    #[error("an assignment ends after it begins")]
    Backwards,
    /// Its begin, or the end of one that is to be ended, is yet to come.
    #[error("an assignment cannot begin, and cannot be ended, in the future: give an end when assigning")]
    Future,
    /// It is assigned to nobody.
    #[error("the device is assigned to nobody")]
    Free,
}

/// When an assignment begins; `None`: it holds all that was observed before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begin(pub Option<Timestamp>);

/// A device's assignments: disjoint, in the order of their times, at most one of them open, and that the last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Assignments(Vec<Assignment>);

impl Assignments {
    /// The one in force.
    pub fn open(&self) -> Option<&Assignment> {
        self.0.iter().rev().find(|one| one.open)
    }

    /// Whether any is to this patient.
    pub fn knows(&self, patient: &PatientId) -> bool {
        self.0.iter().any(|one| one.patient == *patient)
    }

    /// To whom an observation of that time belongs.
    pub fn owner(&self, at: Timestamp) -> Option<&PatientId> {
        self.0.iter().rev().find(|one| one.covers(at)).map(|one| &one.patient)
    }

    /// Decides when an assignment begins; `None`: it is so already. Without `from` it begins where the newest ends.
    pub fn plan(
        &self,
        patient: &PatientId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Begin>, NotAssignable> {
        if let Some(open) = self.open().filter(|open| open.patient == *patient)
            && (from.is_none() || from == open.from)
            && until == open.until
        {
            return Ok(None);
        }
        let begin = from.or_else(|| self.0.last().and_then(|last| last.until));
        if let (Some(begin), Some(until)) = (begin, until)
            && until <= begin
        {
            return Err(NotAssignable::Backwards);
        }
        if begin.is_some_and(|begin| begin.since_us(now) > CLOCK_SKEW_US_MAX) {
            return Err(NotAssignable::Future);
        }
        let over = until.is_some_and(|until| until <= now);
        let in_the_way = |one: &&Assignment| one.overlaps(begin, until) || (one.open && !over);
        match self.0.iter().rev().find(in_the_way) {
            Some(one) if one.open && one.patient != *patient => Err(NotAssignable::Taken),
            Some(_) => Err(NotAssignable::Overlaps),
            None => Ok(Some(Begin(begin))),
        }
    }

    /// Decides the end of the one in force: at `at`, else now.
    pub fn plan_end(&self, at: Option<Timestamp>, now: Timestamp) -> Result<(PatientId, Timestamp), NotAssignable> {
        let open = self.open().ok_or(NotAssignable::Free)?;
        let end = open.until.map_or(at.unwrap_or(now), |until| until.min(at.unwrap_or(now)));
        if end.since_us(now) > CLOCK_SKEW_US_MAX {
            return Err(NotAssignable::Future);
        }
        match open.from {
            // Ended at its begin it holds nothing; that corrects a mistake.
            Some(from) if end < from && at.is_some() => Err(NotAssignable::Backwards),
            Some(from) => Ok((open.patient.clone(), end.max(from))),
            None => Ok((open.patient.clone(), end)),
        }
    }

    pub fn begin(&mut self, patient: &PatientId, from: Option<Timestamp>, until: Option<Timestamp>, over: bool) {
        let from = from.or_else(|| self.0.last().and_then(|last| last.until));
        let place = self.0.partition_point(|one| one.from < from);
        self.0.insert(place, Assignment { patient: patient.clone(), from, until, open: !over });
        if self.0.len() > ASSIGNMENTS_KEPT {
            self.0.remove(0);
        }
    }

    pub fn end(&mut self, at: Timestamp) {
        if let Some(open) = self.0.iter_mut().rev().find(|one| one.open) {
            open.open = false;
            open.until = Some(at);
        }
        // One that ended at its begin held nothing, and is in nobody's way.
        self.0.retain(|one| one.open || one.from.is_none() || one.from != one.until);
    }

    /// Everything of one patient is the other's.
    pub fn pass_on(&mut self, from: &PatientId, into: &PatientId) {
        for one in self.0.iter_mut().filter(|one| one.patient == *from) {
            one.patient = into.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patient(id: u8) -> PatientId {
        PatientId::new(&format!("p{id}")).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp(second * 1_000_000)
    }

    #[derive(Clone, Debug)]
    enum Step {
        Assign { patient: u8, from: Option<i64>, lasts: Option<i64> },
        Unassign { at: Option<i64> },
        PassOn { from: u8, into: u8 },
    }

    fn step() -> impl Strategy<Value = Step> {
        let time = || prop::option::of(0_i64..60);
        prop_oneof![
            4 => (0_u8..4, time(), prop::option::of(-2_i64..20))
                .prop_map(|(patient, from, lasts)| Step::Assign { patient, from, lasts }),
            3 => time().prop_map(|at| Step::Unassign { at }),
            1 => (0_u8..4, 0_u8..4).prop_map(|(from, into)| Step::PassOn { from, into }),
        ]
    }

    /// The owner of each second, and of all time before and after.
    type Model = Vec<Option<u8>>;
    const SECONDS: i64 = 200;

    fn fill(model: &mut Model, from: Option<Timestamp>, until: Option<Timestamp>, owner: Option<u8>) -> bool {
        let inside =
            |second: i64| from.is_none_or(|from| from <= at(second)) && until.is_none_or(|end| at(second) < end);
        let seconds: Vec<usize> =
            (0..SECONDS).filter(|second| inside(*second)).map(|s| usize::try_from(s).unwrap()).collect();
        let free = seconds.iter().all(|second| model[*second].is_none());
        for second in seconds {
            model[second] = owner;
        }
        free
    }

    proptest! {
        /// Nobody is ever given what is somebody else's, and each second has the owner that the model says.
        #[test]
        fn each_instant_has_the_owner_whom_the_assignments_say(steps in prop::collection::vec(step(), 1..40)) {
            let mut assignments = Assignments::default();
            let mut model: Model = vec![None; usize::try_from(SECONDS).unwrap()];
            let mut second = 0;
            for step in steps {
                second += 2;
                let now = at(second);
                // As the device's actor does before it decides anything else.
                if let Some(until) = assignments.open().and_then(|open| open.until).filter(|until| *until <= now) {
                    assignments.end(until);
                }
                match step {
                    Step::Assign { patient: id, from, lasts } => {
                        let from = from.map(at);
                        let until = lasts.map(|lasts| from.unwrap_or(now).plus_ms(lasts * 1_000));
                        if let Ok(Some(Begin(begin))) = assignments.plan(&patient(id), from, until, now) {
                            let over = until.is_some_and(|until| until <= now);
                            prop_assert!(fill(&mut model, begin, until, Some(id)), "it was free");
                            assignments.begin(&patient(id), begin, until, over);
                        }
                    }
                    Step::Unassign { at: when } => {
                        let open_until = assignments.open().and_then(|open| open.until);
                        if let Ok((_, end)) = assignments.plan_end(when.map(at), now) {
                            fill(&mut model, Some(end), open_until, None);
                            assignments.end(end);
                        }
                    }
                    Step::PassOn { from, into } => {
                        assignments.pass_on(&patient(from), &patient(into));
                        model.iter_mut().filter(|owner| **owner == Some(from)).for_each(|owner| *owner = Some(into));
                    }
                }
                for (second, owner) in (0..SECONDS).zip(&model) {
                    let owner = owner.map(patient);
                    prop_assert_eq!(assignments.owner(at(second)), owner.as_ref(), "second {}", second);
                }
                prop_assert!(assignments.0.iter().filter(|one| one.open).count() <= 1);
            }
        }
    }

    #[test]
    fn an_assignment_that_overlaps_another_is_refused_in_words() {
        let mut assignments = Assignments::default();
        assignments.begin(&patient(1), Some(at(10)), Some(at(20)), true);
        assignments.begin(&patient(1), Some(at(30)), None, false);
        let plan = |id, from, until| assignments.plan(&patient(id), Some(at(from)), until, at(40));
        assert_eq!(plan(2, 35, None), Err(NotAssignable::Taken));
        assert_eq!(plan(2, 15, Some(at(25))), Err(NotAssignable::Overlaps));
        assert_eq!(plan(2, 25, Some(at(25))), Err(NotAssignable::Backwards));
        assert_eq!(plan(2, 341, None), Err(NotAssignable::Future));
        assert_eq!(plan(2, 20, Some(at(30))), Ok(Some(Begin(Some(at(20))))), "right between the two");
    }
}
