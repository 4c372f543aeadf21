//! Who stands how to whom, and what goes on record.

use std::sync::Arc;

use super::answer::OperationError;
use super::engine_handle::Handle;
use super::views::AlertView;
use crate::access::{AccessRecord, CareTeams, GrantCommand, GrantEvent, Relation};
use crate::actors::audit_trail::{self, Accesses};
use crate::clinical::ids::{AlertId, PatientId, PersonId, Subject};
use crate::storage::Committed;
use crate::time::Timestamp;

impl Handle {
    /// Receipt time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    /// Who cares for whom, as committed.
    #[must_use]
    pub fn care_teams(&self) -> Arc<CareTeams> {
        self.context.care.now()
    }

    /// How a person stands to a patient, by the unit in which the patient lies now.
    #[must_use]
    pub fn relation(&self, person: &PersonId, patient: &PatientId) -> Relation {
        let unit = self.context.directory.unit_of(patient);
        self.context.care.now().relation(person, patient, unit.as_ref(), self.now())
    }

    /// As [`Self::relation`], and whether the alert's own state says that the person is asked, or owns it.
    #[must_use]
    pub fn relation_to(&self, person: &PersonId, view: &AlertView) -> Relation {
        let relation = match &view.id.subject {
            Subject::Patient(patient) => self.relation(person, patient),
            // Of nobody's device, or of a unit: its own people.
            Subject::Device(_) | Subject::Unit(_) => {
                Relation { team: self.context.care.now().on_unit(person, &view.unit, self.now()), ..Relation::NONE }
            }
        };
        Relation { asked: view.alert.asks(person), ..relation }
    }

    /// Whether such a patient is known.
    #[must_use]
    pub fn knows_patient(&self, patient: &PatientId) -> bool {
        self.context.directory.unit_of(patient).is_some()
    }

    /// An alert that is open, or was closed lately.
    #[must_use]
    pub fn alert(&self, id: &AlertId) -> Option<Arc<AlertView>> {
        self.context.feed.view(id)
    }

    /// Puts an access on record; returns its place in the audit trail once it is durable. Nothing of what it describes
    /// may leave before.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`]: it is not on record, and nothing may be shown.
    pub async fn put_on_record(&self, record: &AccessRecord) -> Result<u64, OperationError> {
        let durable = self.context.desks().trail.put(&self.context, record);
        durable.await.map_err(|_| OperationError::Unavailable)
    }

    /// Who saw what, newest first; and where the next page begins, `None` at the trail's beginning.
    ///
    /// # Errors
    /// [`OperationError::Invalid`] for a place that is none of the trail's; [`OperationError::Unavailable`].
    pub async fn accesses(
        &self,
        wanted: Accesses,
    ) -> Result<(Vec<(u64, AccessRecord)>, Option<Committed>), OperationError> {
        audit_trail::read(&self.context, wanted).await
    }

    /// Assigns people, breaks the glass, reviews; returns after the commit. `None`: all was already as asked.
    ///
    /// # Errors
    /// [`OperationError::Invalid`] with what is allowed; [`OperationError::Unavailable`].
    pub async fn grant(&self, by: &PersonId, command: GrantCommand) -> Result<Option<GrantEvent>, OperationError> {
        self.context.desks().grants.decide(&self.context, by, command).await
    }
}
