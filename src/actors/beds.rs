//! Who lies where: the one place that gives beds away, so that two admissions at a time cannot both get one.
//!
//! A projection of the patients' streams, like the directory (docs/adr/0013). What is on its way to the journal holds its
//! bed by a claim, which travels with the message and is given up after the commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;

use crate::clinical::ids::{PatientId, UnitId};

type Bed = (UnitId, SmolStr);

/// Which patient has which bed.
#[derive(Debug, Default)]
pub(super) struct Beds(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    occupants: HashMap<Bed, PatientId>,
    beds: HashMap<PatientId, Bed>,
    /// For whom a bed is claimed, and how often.
    claims: HashMap<Bed, (PatientId, u32)>,
}

/// A bed that nobody else gets while this lives.
#[derive(Debug)]
pub(crate) struct BedClaim {
    beds: Arc<Beds>,
    bed: Bed,
}

/// Somebody else has the bed, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken;

impl Beds {
    /// Claims a bed for a patient; a nameless bed is no bed, and can be had by everybody.
    pub fn claim(
        self: &Arc<Self>,
        unit: &UnitId,
        bed: &SmolStr,
        patient: &PatientId,
    ) -> Result<Option<BedClaim>, Taken> {
        if bed.is_empty() {
            return Ok(None);
        }
        let bed = (unit.clone(), bed.clone());
        let mut state = self.lock();
        if state.occupants.get(&bed).is_some_and(|occupant| occupant != patient) {
            return Err(Taken);
        }
        match state.claims.get_mut(&bed) {
            Some((claimant, _)) if claimant != patient => return Err(Taken),
            Some((_, claims)) => *claims += 1,
            None => drop(state.claims.insert(bed.clone(), (patient.clone(), 1))),
        }
        Ok(Some(BedClaim { beds: Arc::clone(self), bed }))
    }

    /// Says where a patient is, as committed; `None`: in no bed any more.
    pub fn occupy(&self, patient: &PatientId, place: Option<(UnitId, SmolStr)>) {
        let mut state = self.lock();
        let place = place.filter(|(_, bed)| !bed.is_empty());
        if state.beds.get(patient) == place.as_ref() {
            return;
        }
        if let Some(before) = state.beds.remove(patient) {
            state.occupants.remove(&before);
        }
        if let Some(bed) = place {
            state.occupants.insert(bed.clone(), patient.clone());
            state.beds.insert(patient.clone(), bed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere while the lock was held leaves maps that are whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BedClaim {
    fn drop(&mut self) {
        let mut state = self.beds.lock();
        if let Some((_, claims)) = state.claims.get_mut(&self.bed) {
            *claims -= 1;
            if *claims == 0 {
                state.claims.remove(&self.bed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(id: &str) -> PatientId {
        PatientId::new(id).unwrap()
    }

    fn icu() -> UnitId {
        UnitId::new("icu").unwrap()
    }

    #[test]
    fn a_bed_is_claimed_by_one_patient_at_a_time() {
        let beds = Arc::new(Beds::default());
        let first = beds.claim(&icu(), &"4".into(), &patient("a")).unwrap();
        let again = beds.claim(&icu(), &"4".into(), &patient("a")).unwrap();
        assert_eq!(beds.claim(&icu(), &"4".into(), &patient("b")).unwrap_err(), Taken);
        drop(first);
        assert!(beds.claim(&icu(), &"4".into(), &patient("b")).is_err(), "the second claim still holds it");
        drop(again);
        assert!(beds.claim(&icu(), &"4".into(), &patient("b")).is_ok());
        assert!(beds.claim(&UnitId::new("ward").unwrap(), &"4".into(), &patient("c")).is_ok(), "another unit's bed 4");
    }

    #[test]
    fn an_occupied_bed_is_free_once_its_patient_is_elsewhere() {
        let beds = Arc::new(Beds::default());
        let claim = beds.claim(&icu(), &"4".into(), &patient("a")).unwrap();
        beds.occupy(&patient("a"), Some((icu(), "4".into())));
        drop(claim);
        assert!(beds.claim(&icu(), &"4".into(), &patient("b")).is_err());
        assert!(beds.claim(&icu(), &"4".into(), &patient("a")).is_ok(), "it is theirs");
        beds.occupy(&patient("a"), Some((icu(), "5".into())));
        assert!(beds.claim(&icu(), &"4".into(), &patient("b")).is_ok());
        assert!(beds.claim(&icu(), &"5".into(), &patient("b")).is_err());
        beds.occupy(&patient("a"), None);
        assert!(beds.claim(&icu(), &"5".into(), &patient("b")).is_ok());
    }

    #[test]
    fn everybody_may_be_in_no_bed() {
        let beds = Arc::new(Beds::default());
        beds.occupy(&patient("a"), Some((icu(), "".into())));
        assert!(beds.claim(&icu(), &"".into(), &patient("b")).unwrap().is_none());
    }
}
