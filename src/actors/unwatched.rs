//! Devices and patients whose actors are parked: nobody judges what they send. Their unit is told, what can go on goes on,
//! and a person starts them again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::context::Context;
use super::device::DeviceMsg;
use super::handle::OperationError;
use super::keeper::KeeperMsg;
use super::patient::PatientMsg;
use super::router::{send, tell_keeper};
use crate::clinical::alert::AlertBook;
use crate::clinical::ids::{Subject, UnitId};
use crate::clinical::subject_book::{Observed, UNWATCHED, unwatched};
use crate::storage::KeyError;

/// Who is reported as unwatched, and to which unit. Made again from the alerts when the engine starts.
#[derive(Debug, Default)]
pub(super) struct Unwatched(Mutex<HashMap<Subject, UnitId>>);

impl Unwatched {
    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, UnitId>> {
        // Every step is one call of the map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The actor of `who` was parked. Blocks on nothing.
pub(super) fn report(context: &Arc<Context>, who: &Subject) {
    if let Subject::Patient(patient) = who
        && matches!(context.keys.patient(patient), Err(KeyError::Destroyed))
    {
        // Erased: there is nobody to watch.
        return;
    }
    let unit = unit_of(context, who);
    context.unwatched.lock().insert(who.clone(), unit.clone());
    let what = Observed::Began(unwatched(who, context.clock.now()));
    tell_keeper(context, &Subject::Unit(unit.clone()), KeeperMsg::Observed { unit, what, source: None });
    if let Subject::Patient(patient) = who {
        // Deadlines and answers of the alerts that are open go on.
        let (context, patient) = (Arc::clone(context), patient.clone());
        tokio::spawn(async move {
            if let Err(error) = context.router().patient(&patient).await {
                tracing::error!(%patient, %error, "the alerts of a parked patient do not go on");
            }
        });
    }
}

/// The actor of `who` has recovered, and judges.
pub(super) fn watched_again(context: &Arc<Context>, who: &Subject) {
    let Some(unit) = context.unwatched.lock().remove(who) else { return };
    let now = context.clock.now();
    let what = Observed::Ended { key: unwatched(who, now).key, at: now };
    tell_keeper(context, &Subject::Unit(unit.clone()), KeeperMsg::Observed { unit, what, source: None });
}

/// A unit's keeper has recovered: whoever was unwatched then may be watched by now.
pub(super) fn look_again(context: &Arc<Context>, unit: &UnitId, book: &AlertBook) {
    for alert in book.open().iter().filter(|alert| alert.present && alert.condition.key.rule.as_str() == UNWATCHED) {
        let key = &alert.condition.key;
        let who = match (&key.device, &key.patient) {
            (Some(device), _) => Subject::Device(device.clone()),
            (None, Some(patient)) => Subject::Patient(patient.clone()),
            (None, None) => continue,
        };
        context.unwatched.lock().insert(who.clone(), unit.clone());
        let context = Arc::clone(context);
        tokio::spawn(async move {
            // It says so itself once it has recovered; one that runs already has said nothing.
            if awake(&context, &who).await {
                watched_again(&context, &who);
            }
        });
    }
}

/// Starts a parked actor again, its crashes forgotten; returns once it has recovered.
///
/// # Errors
/// [`OperationError::Conflict`] where it is not parked, or crashed again.
pub(super) async fn restart(context: &Arc<Context>, who: &Subject) -> Result<(), OperationError> {
    let router = context.router();
    let parked = match who {
        Subject::Device(device) => router.devices.is_parked(device),
        Subject::Patient(patient) => router.patients.is_parked(patient),
        Subject::Unit(_) => return Err(OperationError::NotFound("actor")),
    };
    if !parked {
        return Err(OperationError::Conflict("the actor is not parked: there is nothing to start again".to_owned()));
    }
    match who {
        Subject::Device(device) => router.devices.revive(device),
        Subject::Patient(patient) => router.patients.revive(patient),
        Subject::Unit(_) => {}
    }
    if awake(context, who).await {
        return Ok(());
    }
    Err(OperationError::Conflict("the actor crashed again: the log says why".to_owned()))
}

/// Activates the actor that judges; false: it is parked, or the engine stops.
async fn awake(context: &Arc<Context>, who: &Subject) -> bool {
    loop {
        let (reply, recovered) = oneshot::channel();
        let sent = match who {
            Subject::Device(device) => match context.router().devices.activate(device).await {
                Ok(actor) => send(Some(&actor), DeviceMsg::Awake(reply)).is_ok(),
                Err(_) => return false,
            },
            Subject::Patient(patient) => match context.router().patients.activate(patient).await {
                Ok(actor) => send(Some(&actor), PatientMsg::Awake(reply)).is_ok(),
                Err(_) => return false,
            },
            Subject::Unit(_) => return false,
        };
        if sent && recovered.await.is_ok() {
            return true;
        }
        // It crashed meanwhile, and is started again until it is parked.
        tokio::task::yield_now().await;
    }
}

/// Whose people answer: where a patient is, where a device is registered.
fn unit_of(context: &Context, who: &Subject) -> UnitId {
    let known = match who {
        Subject::Patient(patient) => context.directory.patient(patient).map(|entry| entry.unit),
        Subject::Device(device) => context.directory.device(device).map(|entry| entry.unit),
        Subject::Unit(unit) => Some(unit.clone()),
    };
    known.unwrap_or_else(super::alert_feed::nowhere)
}
