//! What another limit would have alerted.

use super::answer::OperationError;
use super::engine_handle::Handle;
use crate::clinical::backtest::{Advice, advise};
use crate::clinical::ids::{PatientId, PersonId, RuleId};
use crate::clinical::rules::{LimitValue, SetLimit};
use crate::storage::read_since;

/// So far back a limit is tried.
const TRIED_MS: i64 = 24 * 3_600_000;

impl Handle {
    /// What a limit would have alerted in a patient over the last 24 hours, against what is in force; and over how many
    /// readings. Changes nothing.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Invalid`] for a limit that nobody may set;
    /// [`OperationError::Unavailable`].
    pub async fn advise_limit(
        &self,
        by: &PersonId,
        patient: &PatientId,
        rule: RuleId,
        (limit, clears_at): (LimitValue, Option<LimitValue>),
    ) -> Result<(Advice, usize), OperationError> {
        let known = self.known_patient(patient)?;
        let context = std::sync::Arc::clone(&self.context);
        let set = SetLimit { rule, limit, clears_at, by: by.clone(), reason: "tried".into(), until: None };
        let patient = patient.clone();
        let try_it = move || {
            let rules = context.rules.current();
            if let Err(refused) = rules.check_limit(&set) {
                return Err(OperationError::Invalid(refused.to_string()));
            }
            let since = context.clock.now().plus_ms(-TRIED_MS);
            let mut readings = Vec::new();
            for device in &known.devices {
                let read = read_since(&context.reader, &context.keys, &patient, device, since);
                readings.extend(read.map_err(|error| {
                    tracing::error!(%error, "the readings of the last day cannot be read");
                    OperationError::Unavailable
                })?);
            }
            let advice = advise(&rules, &known.profile, &set, &mut readings);
            let advice = advice.map_err(|refused| OperationError::Invalid(refused.to_string()))?;
            Ok((advice, readings.len()))
        };
        tokio::task::spawn_blocking(try_it).await.map_err(|_| OperationError::Unavailable)?
    }
}
