//! The handle's part about who is responsible: the roster, test pages, shifts, drills, dead letters.

use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::oneshot;

use super::answer::{Answered, OperationError};
use super::engine_handle::Handle;
use super::entries::{DeadLetter, InboxPage};
use super::views::AlertView;
use crate::actors::effects::tell_person;
use crate::actors::keeper::KeeperMsg;
use crate::actors::physician::PersonMsg;
use crate::actors::roster_book::RosterBook;
use crate::actors::router::{send, tell_keeper};
use crate::clinical::alert::{Command, Verb};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{AlertId, PersonId, Subject, UnitId};
use crate::clinical::oncall::unit_conditions::{DRILL, drill, key};
use crate::clinical::oncall::{Roster, RosterCommand, ShiftOffer};
use crate::clinical::subject_book::Observed;

/// What became of one alert of a shift that changed hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedAlert {
    /// The alert.
    pub alert: AlertId,
    /// Why it stays with its owner; `None`: it went over.
    pub refused: Option<String>,
}

impl Handle {
    /// Pages that wait for a person.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`].
    pub async fn inbox(&self, person: &PersonId) -> Result<Vec<InboxPage>, OperationError> {
        self.ask_person(person, PersonMsg::Inbox).await
    }

    /// The roster in force: who is responsible.
    #[must_use]
    pub fn roster(&self) -> Arc<Roster> {
        self.context.roster.now()
    }

    /// Changes the roster; returns its version after the commit.
    ///
    /// # Errors
    /// [`OperationError`] with what is allowed.
    pub async fn change_roster(&self, command: RosterCommand) -> Result<u32, OperationError> {
        RosterBook::command(&self.context, command).await
    }

    /// Sends a person a test page by each contact, on record: left unanswered for a day it is a gap in coverage. Returns
    /// the roster's version.
    ///
    /// # Errors
    /// [`OperationError`] with what is allowed.
    pub async fn send_check(&self, person: &PersonId) -> Result<u32, OperationError> {
        let version = self.change_roster(RosterCommand::Check { person: person.clone() }).await?;
        tell_person(&self.context, person.clone(), PersonMsg::Check);
        Ok(version)
    }

    /// Offers a shift, or a patient of it, with every alert that the giver owns there. The giver stays responsible until
    /// it is taken over. The alerts are the ones that `may_give` lets through.
    ///
    /// # Errors
    /// [`OperationError`] with what is allowed.
    pub async fn offer_shift(
        &self,
        offer: ShiftOffer,
        may_give: impl Fn(&AlertView) -> bool + Send,
    ) -> Result<Vec<HandedAlert>, OperationError> {
        self.change_roster(RosterCommand::OfferShift(offer.clone())).await?;
        let mut handed = Vec::new();
        for view in self.owned(&offer).await.into_iter().filter(|view| may_give(view)) {
            let verb = Verb::HandOver { to: offer.to.clone() };
            handed.push(self.pass(&view, verb, &offer.by).await?);
        }
        Ok(handed)
    }

    /// Takes over a shift that was offered: patients, what is left of the turn, and the alerts that the giver owns and the
    /// taker `may_take`. What may not be taken stays with the giver.
    ///
    /// # Errors
    /// [`OperationError`] with what is allowed.
    pub async fn take_shift(
        &self,
        unit: &UnitId,
        from: &PersonId,
        by: &PersonId,
        may_take: impl Fn(&AlertView) -> bool + Send,
    ) -> Result<Vec<HandedAlert>, OperationError> {
        let roster = self.roster();
        let is_it = |one: &&ShiftOffer| one.unit == *unit && one.by == *from && one.to == *by;
        let offer = roster.standing().offers.iter().find(is_it).cloned();
        let offer = offer.ok_or(OperationError::NotFound("offer of a shift"))?;
        let (unit, from, taker) = (unit.clone(), from.clone(), by.clone());
        self.change_roster(RosterCommand::TakeShift { unit, from, by: taker }).await?;
        let mut handed = Vec::new();
        for view in self.owned(&offer).await {
            if !may_take(&view) {
                let refused = Some("whoever takes the shift over may not answer it".to_owned());
                handed.push(HandedAlert { alert: view.id.clone(), refused });
                continue;
            }
            if view.alert.hand_over.as_ref().is_none_or(|offered| offered.to != *by) {
                // Raised or answered after the shift was offered.
                self.pass(&view, Verb::HandOver { to: by.clone() }, &offer.by).await?;
            }
            // Offering moves no version.
            handed.push(self.pass(&view, Verb::Accept, by).await?);
        }
        Ok(handed)
    }

    /// Starts a drill: a marked alert of the unit that runs the real ladder. Returns once it is to be seen.
    ///
    /// # Errors
    /// [`OperationError::Conflict`]: one is under way.
    pub async fn start_drill(
        &self,
        unit: &UnitId,
        by: &PersonId,
        kind: ConditionKind,
        priority: Priority,
    ) -> Result<AlertId, OperationError> {
        if self.roster().plan().unit(unit).is_none() {
            self.known_unit(unit)?;
        }
        if self.context.feed.of_unit(unit, DRILL).is_some() {
            return Err(OperationError::Conflict("a drill is under way in this unit: end it first".to_owned()));
        }
        self.observe_unit(unit, Observed::Began(drill(by, kind, priority, self.now()))).await?;
        let found = self.context.feed.of_unit(unit, DRILL);
        found.map(|(id, _)| id).ok_or(OperationError::Unavailable)
    }

    /// Ends the unit's drill: its alert is closed, its pages are taken back.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]: none is under way.
    pub async fn end_drill(&self, unit: &UnitId) -> Result<AlertId, OperationError> {
        let (id, _) = self.context.feed.of_unit(unit, DRILL).ok_or(OperationError::NotFound("drill under way"))?;
        self.observe_unit(unit, Observed::Ended { key: key(DRILL), at: self.now() }).await?;
        Ok(id)
    }

    /// Pages of a person that a contact never got.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`].
    pub async fn dead_letters(&self, person: &PersonId) -> Result<Vec<DeadLetter>, OperationError> {
        self.ask_person(person, PersonMsg::DeadLetters).await
    }

    /// Sends a person's dead letters again; returns how many.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`].
    pub async fn resend(&self, person: &PersonId) -> Result<usize, OperationError> {
        self.ask_person(person, PersonMsg::Resend).await
    }

    /// Open alerts that the giver owns where the shift is.
    async fn owned(&self, offer: &ShiftOffer) -> Vec<Arc<AlertView>> {
        let (open, _) = self.alerts(Some(&offer.unit), None, false).await;
        let concerned = |view: &AlertView| match &offer.patient {
            Some(patient) => view.id.subject.patient() == Some(patient),
            None => true,
        };
        open.into_iter().filter(|view| view.alert.owner() == Some(&offer.by) && concerned(view)).collect()
    }

    async fn pass(&self, view: &AlertView, verb: Verb, by: &PersonId) -> Result<HandedAlert, OperationError> {
        let (by, reason) = (by.clone(), SmolStr::new_static("hand-over of the shift"));
        let command = Command { ordinal: view.id.ordinal, verb, by, reason, seen_version: view.alert.version };
        let refused = match self.answer(&view.id.subject, command).await {
            Ok(Answered::Done(_)) => None,
            Ok(Answered::Stale(_)) => Some("it has changed meanwhile: look at it".to_owned()),
            Err(OperationError::Unavailable) => return Err(OperationError::Unavailable),
            Err(refused) => Some(refused.to_string()),
        };
        Ok(HandedAlert { alert: view.id.clone(), refused })
    }

    /// Tells a unit's keeper, and waits until it is committed and shown.
    async fn observe_unit(&self, unit: &UnitId, what: Observed) -> Result<(), OperationError> {
        let subject = Subject::Unit(unit.clone());
        let keeper = self.context.router().keeper(&subject).await.map_err(|_| OperationError::Unavailable)?;
        tell_keeper(&self.context, &subject, KeeperMsg::Observed { unit: unit.clone(), what, source: None });
        let (reply, handled) = oneshot::channel();
        send(Some(&keeper), KeeperMsg::Awake(reply)).map_err(|_| OperationError::Unavailable)?;
        handled.await.map_err(|_| OperationError::Unavailable)?;
        self.context.writer.barrier().await.map_err(|_| OperationError::Unavailable)
    }

    async fn ask_person<T>(
        &self,
        person: &PersonId,
        message: impl FnOnce(oneshot::Sender<T>) -> PersonMsg,
    ) -> Result<T, OperationError> {
        let actor = self.context.router().person(person).await.map_err(|_| OperationError::Unavailable)?;
        let (reply, said) = oneshot::channel();
        send(Some(&actor), message(reply)).map_err(|_| OperationError::Unavailable)?;
        said.await.map_err(|_| OperationError::Unavailable)
    }
}
