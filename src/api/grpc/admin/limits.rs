//! Limits that people set for patients.

use tonic::{Request, Response, Status};

use super::super::view::{invalid, status};
use super::{Admin, REASON_MAX};
use crate::clinical::ids::{PatientId, RuleId};
use crate::clinical::rules::{LimitValue, SetLimit};
use crate::proto;
use crate::time::Timestamp;

impl Admin {
    pub(super) async fn limit(
        &self,
        request: Request<proto::SetLimitRequest>,
    ) -> Result<Response<proto::SetLimitResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.limit").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let rule = RuleId::new(&asked.rule).map_err(invalid)?;
        let reason = asked.reason.trim();
        if reason.is_empty() || reason.len() > REASON_MAX {
            return Err(Status::invalid_argument("reason has 1 to 1000 bytes"));
        }
        let limit = value("limit", asked.limit)?;
        let clears_at = asked.clears_at.map(|number| value("clears_at", number)).transpose()?;
        visit.concerns(&patient);
        let until = asked.until_us.map(Timestamp);
        let set = self.handle.set_limit(&by, &patient, rule, (limit, clears_at), reason.into(), until).await;
        set.map_err(|error| status(&error))?;
        visit.answer(proto::SetLimitResponse {}).await
    }

    pub(super) async fn advice(
        &self,
        request: Request<proto::AdviseLimitRequest>,
    ) -> Result<Response<proto::AdviseLimitResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.advise_limit").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let rule = RuleId::new(&asked.rule).map_err(invalid)?;
        let limit = value("limit", asked.limit)?;
        let clears_at = asked.clears_at.map(|number| value("clears_at", number)).transpose()?;
        visit.concerns(&patient);
        let tried = self.handle.advise_limit(&by, &patient, rule, (limit, clears_at)).await;
        let (advice, readings) = tried.map_err(|error| status(&error))?;
        let compared = advice.compared;
        visit
            .answer(proto::AdviseLimitResponse {
                readings: readings as u64,
                alerts_now: advice.now as u64,
                alerts_then: advice.then as u64,
                added: compared.added.len() as u64,
                removed: compared.removed.len() as u64,
                earlier: compared.earlier.len() as u64,
                later: compared.later.len() as u64,
            })
            .await
    }

    pub(super) async fn own_limit(
        &self,
        request: Request<proto::ClearLimitRequest>,
    ) -> Result<Response<proto::ClearLimitResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.clear_limit").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let rule = RuleId::new(&asked.rule).map_err(invalid)?;
        visit.concerns(&patient);
        self.handle.clear_limit(&by, &patient, rule).await.map_err(|error| status(&error))?;
        visit.answer(proto::ClearLimitResponse {}).await
    }
}

fn value(field: &str, number: f64) -> Result<LimitValue, Status> {
    LimitValue::new(number)
        .ok_or_else(|| Status::invalid_argument(format!("{field} must be a number of the rule's unit")))
}

/// A limit for the wire.
pub(super) fn on_wire(set: &SetLimit) -> proto::Limit {
    proto::Limit {
        rule: set.rule.to_string(),
        limit: set.limit.get(),
        clears_at: set.clears_at.map(LimitValue::get),
        by: set.by.to_string(),
        reason: set.reason.to_string(),
        until_us: set.until.map(Timestamp::micros),
    }
}
