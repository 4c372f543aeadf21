//! Whose a device is: registered, assigned, lent, retired, and what was recorded for the wrong patient.

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::assignments::{Begin, NotAssignable};
use super::custody_event::CustodyEvent;
use super::state::DeviceState;
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::time::Timestamp;

/// So many re-attributions are remembered, so that the same one asked for again is no second copy.
const REATTRIBUTIONS_KEPT: usize = 64;

/// The device is another unit's for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// The unit whose technicians care for it meanwhile.
    pub unit: UnitId,
    /// Receipt time at which it ends by itself.
    pub until: Timestamp,
}

/// Stored readings that were recorded for the wrong patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reattribution {
    /// For whom they were recorded, and stay on record.
    pub from: PatientId,
    /// Whose they are.
    pub to: PatientId,
    /// Runs of stream sequences, first and last, ascending: the readings in them that were handed to `from`.
    pub runs: Vec<(u64, u64)>,
    /// Who says so.
    pub by: PersonId,
    /// Why.
    pub reason: SmolStr,
}

impl Reattribution {
    /// Whether it is about what stands at this sequence of the device's stream.
    #[must_use]
    pub fn holds(&self, stream_sequence: u64) -> bool {
        let after = self.runs.partition_point(|(first, _)| *first <= stream_sequence);
        after.checked_sub(1).is_some_and(|at| stream_sequence <= self.runs[at].1)
    }
}

impl DeviceState {
    /// Whether it was taken out of use.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.retired
    }

    /// To which unit it is lent.
    #[must_use]
    pub fn loan(&self) -> Option<&Loan> {
        self.loan.as_ref()
    }

    /// The unit whose technicians care for it now: that of the loan, else its own.
    #[must_use]
    pub fn caring_unit(&self) -> Option<&UnitId> {
        let lent = self.loan.as_ref().map(|loan| &loan.unit);
        lent.or(self.registration.as_ref().map(|known| &known.unit))
    }

    /// Receipt time at which an assignment or a loan ends by itself.
    #[must_use]
    pub fn custody_due(&self) -> Option<Timestamp> {
        let assignment = self.assignment().and_then(|open| open.until);
        [assignment, self.loan.as_ref().map(|loan| loan.until)].into_iter().flatten().min()
    }

    /// What ends by itself by `now`.
    #[must_use]
    pub fn end_what_is_due(&self, now: Timestamp) -> SmallVec<[CustodyEvent; 1]> {
        let mut events = SmallVec::new();
        if let Some(open) = self.assignment()
            && let Some(until) = open.until.filter(|until| *until <= now)
        {
            events.push(CustodyEvent::Unassigned { hand_over: self.link(&open.patient), at: Some(until) });
        }
        if self.loan.as_ref().is_some_and(|loan| loan.until <= now) {
            events.push(CustodyEvent::Returned);
        }
        events
    }

    /// Decides an assignment from one device time to another; `None`: it is so already. Without `from` it begins where
    /// the newest one ended, and without `until` no end is known.
    ///
    /// # Errors
    /// [`NotAssignable`].
    pub fn assign(
        &self,
        patient: &PatientId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<CustodyEvent>, NotAssignable> {
        self.in_use()?;
        let begin = self.assignments.plan(patient, from, until, now)?;
        let over = until.is_some_and(|until| until <= now);
        Ok(begin.map(|Begin(from)| CustodyEvent::Assigned { hand_over: self.link(patient), from, until, over }))
    }

    /// Decides the end of the assignment in force, at a device time that has passed, else now. What was observed before
    /// it still belongs to the patient, whenever it arrives.
    ///
    /// # Errors
    /// [`NotAssignable`].
    pub fn unassign(&self, at: Option<Timestamp>, now: Timestamp) -> Result<CustodyEvent, NotAssignable> {
        let (patient, end) = self.assignments.plan_end(at, now)?;
        Ok(CustodyEvent::Unassigned { hand_over: self.link(&patient), at: Some(end) })
    }

    /// Decides that the device is taken out of use; empty: it is so already.
    ///
    /// # Errors
    /// [`NotAssignable::NotRegistered`].
    pub fn retire(&self, now: Timestamp) -> Result<SmallVec<[CustodyEvent; 1]>, NotAssignable> {
        if self.registration.is_none() {
            return Err(NotAssignable::NotRegistered);
        }
        if self.retired {
            return Ok(SmallVec::new());
        }
        let mut events: SmallVec<[CustodyEvent; 1]> = self.unassign(None, now).into_iter().collect();
        events.push(CustodyEvent::Retired);
        Ok(events)
    }

    /// Decides a loan to another unit; `None`: it is so already.
    ///
    /// # Errors
    /// [`NotAssignable`]; [`NotAssignable::Backwards`] for one that ends before now.
    pub fn lend(&self, loan: Loan, now: Timestamp) -> Result<Option<CustodyEvent>, NotAssignable> {
        self.in_use()?;
        if loan.until <= now {
            return Err(NotAssignable::Backwards);
        }
        Ok((self.loan.as_ref() != Some(&loan)).then_some(CustodyEvent::Lent(loan)))
    }

    /// Decides the early end of a loan; `None`: there is none.
    #[must_use]
    pub fn give_back(&self) -> Option<CustodyEvent> {
        self.loan.is_some().then_some(CustodyEvent::Returned)
    }

    /// Decides that everything of one patient is another's from here on, whatever its device time; `None`: nothing is.
    #[must_use]
    pub fn pass_on(&self, from: &PatientId, into: &PatientId) -> Option<CustodyEvent> {
        let open = self.assignment().is_some_and(|open| open.patient == *from);
        self.assignments.knows(from).then(|| CustodyEvent::PassedOn {
            from: from.clone(),
            hand_over: self.link(into),
            open,
        })
    }

    /// Decides a re-attribution: who lost the readings and who gets a copy are both told. Empty: it is done already.
    #[must_use]
    pub fn reattribute(&self, wanted: &Reattribution) -> SmallVec<[CustodyEvent; 2]> {
        if self
            .reattributed
            .iter()
            .any(|known| (&known.from, &known.to, &known.runs) == (&wanted.from, &wanted.to, &wanted.runs))
        {
            return SmallVec::new();
        }
        let taken = CustodyEvent::TakenFrom { hand_over: self.link(&wanted.from), what: Box::new(wanted.clone()) };
        let given = CustodyEvent::GivenTo { hand_over: self.link(&wanted.to), what: Box::new(wanted.clone()) };
        smallvec![taken, given]
    }

    fn in_use(&self) -> Result<(), NotAssignable> {
        match (&self.registration, self.retired) {
            (None, _) => Err(NotAssignable::NotRegistered),
            (Some(_), true) => Err(NotAssignable::Retired),
            (Some(_), false) => Ok(()),
        }
    }

    pub(super) fn evolve_custody(&mut self, event: &CustodyEvent, now: Timestamp) {
        match event {
            CustodyEvent::Assigned { hand_over, from, until, over } => {
                self.assignments.begin(&hand_over.patient, *from, *until, *over);
                self.last_heard = self.last_heard.max(now);
            }
            CustodyEvent::Unassigned { at, .. } => {
                self.assignments.end(at.unwrap_or(now));
                self.silent = false;
            }
            // Told to the patient; the one whose they are is told next.
            CustodyEvent::TakenFrom { .. } => {}
            CustodyEvent::Retired => {
                self.retired = true;
                self.loan = None;
            }
            CustodyEvent::Lent(loan) => self.loan = Some(loan.clone()),
            CustodyEvent::Returned => self.loan = None,
            CustodyEvent::PassedOn { from, hand_over, .. } => {
                self.assignments.pass_on(from, &hand_over.patient);
                // What is still so is found anew, and told to the other record.
                self.silent = false;
                self.clock_off = false;
            }
            CustodyEvent::GivenTo { what, .. } => {
                self.reattributed.push((**what).clone());
                if self.reattributed.len() > REATTRIBUTIONS_KEPT {
                    self.reattributed.remove(0);
                }
            }
        }
    }
}
