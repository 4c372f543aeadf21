//! Alerts as they stand, in order of urgency, page by page.

use std::cmp::Reverse;
use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{Alerts, subject, unit};
use crate::access::Verb as Wanted;
use crate::actors::handle::AlertView;
use crate::api::grpc::view;
use crate::api::guard::Visit;
use crate::clinical::alert::Response::Answered;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::Subject;
use crate::proto;

const PAGE_MAX: usize = 1_000;

/// Open before closed, unanswered first, then by priority and age; closed ones newest first. The id makes it unambiguous,
/// so that a page can begin where another ended, whatever has gone since.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Urgency {
    closed: bool,
    answered: bool,
    priority: Reverse<u8>,
    age: i64,
    id: String,
}

impl Urgency {
    fn of(view: &AlertView) -> Self {
        let alert = &view.alert;
        let (id, raised) = (view.id.to_string(), alert.raised_at.micros());
        if alert.closed.is_some() {
            return Self { closed: true, answered: false, priority: Reverse(0), age: raised.saturating_neg(), id };
        }
        let answered = matches!(alert.response, Answered { .. });
        Self { closed: false, answered, priority: Reverse(rank(alert.priority)), age: raised, id }
    }

    fn token(&self) -> String {
        let Self { closed, answered, priority, age, id } = self;
        format!("{},{},{},{age},{id}", u8::from(*closed), u8::from(*answered), priority.0)
    }

    fn parse(token: &str) -> Option<Self> {
        let mut parts = token.splitn(5, ',');
        let mut flag = || match parts.next()? {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        let (closed, answered) = (flag()?, flag()?);
        let priority = Reverse(parts.next()?.parse().ok()?);
        let (age, id) = (parts.next()?.parse().ok()?, parts.next()?.to_owned());
        Some(Self { closed, answered, priority, age, id })
    }
}

const fn rank(priority: Priority) -> u8 {
    match priority {
        Priority::Low => 1,
        Priority::Medium => 2,
        Priority::High => 3,
    }
}

fn is_seen(visit: &Visit, view: &AlertView) -> bool {
    visit.decide_alert(view, Wanted::SeeAlert).fields().is_some()
}

impl Alerts {
    pub(super) async fn list_page(
        &self,
        request: Request<proto::ListAlertsRequest>,
    ) -> Result<Response<proto::ListAlertsResponse>, Status> {
        let see = Wanted::SeeAlert(ConditionKind::Technical);
        let mut visit = self.guard.enter(&request, see, "alerts.list").await?;
        let asked = request.into_inner();
        let (unit, subject) = (unit(&asked.unit)?, subject(&asked)?);
        let after = if asked.page_token.is_empty() { None } else { Some(Urgency::parse(&asked.page_token)) };
        let after = after.map(|after| after.ok_or_else(wrong_token)).transpose()?;
        let (mut views, position) = self.handle.alerts(unit.as_ref(), subject.as_ref(), asked.closed_too).await;
        if views.iter().any(|view| !is_seen(&visit, view)) {
            // Among them may be one of which the person has a page.
            visit.look_into_inbox().await?;
        }
        views.retain(|view| is_seen(&visit, view));
        if let Some(Subject::Patient(patient)) = &subject
            && views.is_empty()
            && !self.sees_patient(&mut visit, patient)
        {
            return Err(visit.no_such("patient", patient).await);
        }
        let (views, next_page_token) = page(views, after.as_ref(), asked.page_size);
        visit.at_position(position);
        let shown = views.iter().filter_map(|view| Some(view::alert(view, visit.sees(view)?)));
        let alerts = shown.collect();
        visit.answer(proto::ListAlertsResponse { alerts, position, next_page_token }).await
    }
}

fn wrong_token() -> Status {
    Status::invalid_argument("page_token must be the next_page_token of a page")
}

/// Those after a place, at most `size` unless that is 0; and the token of the next page.
fn page(views: Vec<Arc<AlertView>>, after: Option<&Urgency>, size: u32) -> (Vec<Arc<AlertView>>, String) {
    let mut ordered: Vec<_> = views.into_iter().map(|view| (Urgency::of(&view), view)).collect();
    ordered.retain(|(urgency, _)| after.is_none_or(|after| urgency > after));
    ordered.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let size = match usize::try_from(size).unwrap_or(PAGE_MAX) {
        0 => usize::MAX,
        size => size.min(PAGE_MAX),
    };
    let more = ordered.len() > size;
    ordered.truncate(size);
    let token = ordered.last().filter(|_| more).map(|(urgency, _)| urgency.token()).unwrap_or_default();
    (ordered.into_iter().map(|(_, view)| view).collect(), token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_place_and_nothing_else_is_one() {
        let place = Urgency { closed: false, answered: true, priority: Reverse(3), age: -7, id: "p-1~2".into() };
        assert_eq!(Urgency::parse(&place.token()), Some(place));
        for wrong in ["", "0", "0,1,3,x,p~1", "2,1,3,7,p~1", "0,1,3,7"] {
            assert_eq!(Urgency::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn open_comes_before_closed_unanswered_first_then_by_priority_and_age() {
        let place = |closed, answered, priority, age, id: &str| Urgency {
            closed,
            answered,
            priority: Reverse(priority),
            age,
            id: id.into(),
        };
        let ordered = [
            place(false, false, 3, 1, "a~1"),
            place(false, false, 3, 1, "b~1"),
            place(false, false, 3, 2, "a~2"),
            place(false, false, 1, 0, "a~3"),
            place(false, true, 3, 0, "a~4"),
            place(true, false, 0, -9, "a~5"),
            place(true, false, 0, -8, "a~6"),
        ];
        let mut sorted = ordered.to_vec();
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, ordered);
    }
}
