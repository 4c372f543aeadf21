//! Alerts as they stand, and what happened to them lately: fed once per commit, in the order of positions.

mod survey;

pub(super) use survey::Survey;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;
use tokio::sync::Notify;

use super::care_team::Question;
use super::handle::{AlertNews, AlertView};
use crate::clinical::alert::{Alert, AlertBook, AlertEvent, Response};
use crate::clinical::ids::{AlertId, PatientId, PersonId, Subject, UnitId};
use crate::clinical::oncall::unit_conditions::DRILL;
use crate::time::Timestamp;

/// News kept for subscribers that lag; one that falls further behind must resume from the journal.
const NEWS_KEPT: usize = 16_384;
/// Closed alerts kept for lists.
const CLOSED_KEPT: usize = 1_000;

/// Where a subject is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub unit: UnitId,
    /// Of a patient; else empty.
    pub bed: SmolStr,
}

/// The unit of whoever was never admitted or registered.
pub(super) fn nowhere() -> UnitId {
    UnitId::new("no-unit").unwrap_or_else(|_| unreachable!("no-unit is an identifier"))
}

/// One decision of a subject's actor, as committed.
pub(super) struct Committed {
    pub subject: Subject,
    pub place: Place,
    /// Position of its record.
    pub position: u64,
    /// Receipt time of the decision.
    pub now: Timestamp,
    pub events: Vec<AlertEvent>,
}

/// The projection of all alerts.
#[derive(Default)]
pub(super) struct AlertFeed {
    state: Mutex<State>,
    published: Arc<Notify>,
}

#[derive(Default)]
struct State {
    books: HashMap<Subject, (Place, AlertBook)>,
    closed: VecDeque<Arc<AlertView>>,
    news: VecDeque<Kept>,
    /// How many news were dropped from the front of `news` since the start.
    dropped: u64,
    /// All news up to this position were published.
    position: u64,
    /// What was committed up to here was never news of this engine: only the journal has it.
    start: u64,
    ended: bool,
}

/// News in their place; of an erased patient the place alone.
struct Kept {
    position: u64,
    news: Option<Arc<AlertNews>>,
}

impl AlertFeed {
    /// Takes over a recovered subject's open alerts. Its later decisions come by `publish`.
    pub fn seed(&self, subject: &Subject, place: Place, book: &AlertBook) {
        let mut state = self.lock();
        if book.open().is_empty() {
            state.books.remove(subject);
        } else {
            state.books.insert(subject.clone(), (place, book.clone()));
        }
    }

    /// The journal's end when the engine opened: nothing before it will be published.
    pub fn start_at(&self, position: u64) {
        let mut state = self.lock();
        (state.position, state.start) = (position, position);
    }

    /// Publishes a committed decision. Called on the writer's thread, in the order of positions.
    pub fn publish(&self, committed: &Committed) {
        let mut state = self.lock();
        let (_, mut book) =
            state.books.remove(&committed.subject).unwrap_or((committed.place.clone(), AlertBook::default()));
        for news in fold(&mut book, committed) {
            if news.view.alert.closed.is_some() {
                state.closed.push_front(Arc::clone(&news.view));
                state.closed.truncate(CLOSED_KEPT);
            }
            state.news.push_back(Kept { position: news.position, news: Some(news) });
        }
        while state.news.len() > NEWS_KEPT {
            state.news.pop_front();
            state.dropped += 1;
        }
        if !book.open().is_empty() {
            state.books.insert(committed.subject.clone(), (committed.place.clone(), book));
        }
        state.position = committed.position;
        drop(state);
        self.published.notify_waiters();
    }

    /// The subject is somewhere else from here on.
    pub fn moved(&self, subject: &Subject, place: Place) {
        if let Some((known, _)) = self.lock().books.get_mut(subject) {
            *known = place;
        }
    }

    /// Forgets an erased patient: what happened to their alerts is shown to nobody any more.
    pub fn forget(&self, patient: &PatientId) {
        let mut state = self.lock();
        let erased = Subject::Patient(patient.clone());
        state.books.remove(&erased);
        state.closed.retain(|view| view.id.subject != erased);
        for kept in &mut state.news {
            if kept.news.as_ref().is_some_and(|news| news.view.id.subject == erased) {
                kept.news = None;
            }
        }
    }

    /// Whether the patient has an open alert.
    pub fn has_open(&self, patient: &PatientId) -> bool {
        self.lock().books.contains_key(&Subject::Patient(patient.clone()))
    }

    /// Ends every subscription.
    pub fn end(&self) {
        self.lock().ended = true;
        self.published.notify_waiters();
    }

    /// An alert that is open, or was closed lately.
    pub fn view(&self, id: &AlertId) -> Option<Arc<AlertView>> {
        let state = self.lock();
        let open = state.books.get(&id.subject).and_then(|(place, book)| {
            book.get(id.ordinal).map(|alert| Arc::new(view(&id.subject, place, alert.clone())))
        });
        open.or_else(|| state.closed.iter().find(|view| view.id == *id).cloned())
    }

    /// Open alerts (of one unit, of one subject), then closed ones if asked for, and the position of this picture.
    pub fn list(
        &self,
        unit: Option<&UnitId>,
        subject: Option<&Subject>,
        closed_too: bool,
    ) -> (Vec<Arc<AlertView>>, u64) {
        let state = self.lock();
        let wanted = |place: &UnitId, id: &Subject| {
            unit.is_none_or(|unit| unit == place) && subject.is_none_or(|subject| subject == id)
        };
        // By subject, so that the same alerts come in the same order.
        let books: BTreeMap<_, _> = state.books.iter().filter(|(id, (place, _))| wanted(&place.unit, id)).collect();
        let mut views: Vec<_> = books
            .into_iter()
            .flat_map(|(id, (place, book))| book.open().iter().map(|alert| Arc::new(view(id, place, alert.clone()))))
            .collect();
        if closed_too {
            views.extend(state.closed.iter().filter(|view| wanted(&view.unit, &view.id.subject)).cloned());
        }
        (views, state.position)
    }

    /// How many alerts are open. Drills count in no figure.
    pub fn open_count(&self) -> usize {
        let state = self.lock();
        let open = state.books.values().flat_map(|(_, book)| book.open());
        open.filter(|alert| alert.condition.key.rule.as_str() != DRILL).count()
    }

    /// Whether the alert is open and somebody is asked to answer: nobody did, or its owner passed it on.
    pub fn wants_answer(&self, id: &AlertId) -> bool {
        let state = self.lock();
        let alert = state.books.get(&id.subject).and_then(|(_, book)| book.get(id.ordinal));
        alert.is_some_and(|alert| match &alert.response {
            Response::Waiting { .. } => true,
            Response::Answered { asking, .. } => asking.is_some() || !alert.passed_on.is_empty(),
        })
    }

    /// Pages that the open alerts want of a person, as committed: (alert, round, step).
    pub fn pages_of(&self, person: &PersonId) -> Vec<(AlertId, u32, u32)> {
        self.of_open(|_, id, alert| match &alert.response {
            Response::Waiting { entered: true, step, people, .. } if people.contains(person) => {
                Some((id(), alert.round, *step))
            }
            _ => None,
        })
    }

    /// What a unit's care team is being asked, as committed.
    pub fn questions_of(&self, unit: &UnitId) -> Vec<Question> {
        self.of_open(|place, id, alert| match &alert.response {
            Response::Waiting { entered: false, step, .. } | Response::Answered { asking: Some(_), step, .. }
                if place == unit && !alert.held =>
            {
                Some(question(id(), alert.round, *step, alert))
            }
            _ => None,
        })
    }

    /// A question about an alert that is open, or was closed lately.
    pub fn question(&self, id: &AlertId, round: u32, step: u32) -> Option<Question> {
        let view = self.view(id)?;
        Some(question(id.clone(), round, step, &view.alert))
    }

    fn of_open<T>(&self, wanted: impl Fn(&UnitId, &dyn Fn() -> AlertId, &Alert) -> Option<T>) -> Vec<T> {
        let state = self.lock();
        let mut found = Vec::new();
        for (subject, (place, book)) in &state.books {
            for alert in book.open() {
                let id = || AlertId { subject: subject.clone(), ordinal: alert.ordinal };
                found.extend(wanted(&place.unit, &id, alert));
            }
        }
        found
    }

    /// The position up to which everything was published.
    pub fn position(&self) -> u64 {
        self.lock().position
    }

    /// A cursor to news after `position`; `None`: news after it were dropped already, or came before the start.
    pub fn cursor_after(&self, position: u64) -> Option<Cursor> {
        let state = self.lock();
        let index = state.news.partition_point(|kept| kept.position <= position);
        let known = position >= state.position || index > 0 || (state.dropped == 0 && position >= state.start);
        known.then_some(Cursor(state.dropped + index as u64))
    }

    /// Waits for the news at the cursor.
    pub async fn next(&self, cursor: &mut Cursor) -> Next {
        loop {
            let published = self.published.notified();
            tokio::pin!(published);
            // Registered before the look, so that nothing published in between is missed.
            published.as_mut().enable();
            if let Some(next) = self.look(cursor) {
                return next;
            }
            published.await;
        }
    }

    /// The news at the cursor if they are there; the cursor stays where they are not.
    pub fn ready(&self, cursor: &mut Cursor) -> Option<Arc<AlertNews>> {
        match self.look(cursor) {
            Some(Next::News(news)) => Some(news),
            _ => None,
        }
    }

    fn look(&self, cursor: &mut Cursor) -> Option<Next> {
        let state = self.lock();
        loop {
            let Some(index) = cursor.0.checked_sub(state.dropped) else { return Some(Next::Lagged) };
            let Some(kept) = usize::try_from(index).ok().and_then(|index| state.news.get(index)) else {
                return state.ended.then_some(Next::End);
            };
            cursor.0 += 1;
            if let Some(news) = &kept.news {
                return Some(Next::News(Arc::clone(news)));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held would have stopped the engine: it happens on the writer's thread.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a subscriber stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor(u64);

/// What a subscriber gets.
pub(super) enum Next {
    News(Arc<AlertNews>),
    Lagged,
    End,
}

/// Folds a committed decision into the book: one news per event, each with the alert after it.
pub(super) fn fold(book: &mut AlertBook, committed: &Committed) -> Vec<Arc<AlertNews>> {
    let last = committed.events.len().saturating_sub(1);
    let mut all = Vec::with_capacity(committed.events.len());
    for (index, event) in committed.events.iter().enumerate() {
        let before = book.get(event.ordinal()).cloned();
        book.evolve(event, committed.now);
        let Some(mut alert) = book.get(event.ordinal()).cloned().or(before) else { continue };
        if let AlertEvent::Closed { cause, .. } = event {
            alert.closed = Some(*cause);
        }
        // Only after the last event of a record may a subscriber resume behind it.
        let position = if index == last { committed.position } else { committed.position.saturating_sub(1) };
        let view = Arc::new(view(&committed.subject, &committed.place, alert));
        all.push(Arc::new(AlertNews { position, at: committed.now, event: event.clone(), view }));
    }
    all
}

fn question(alert: AlertId, round: u32, step: u32, of: &Alert) -> Question {
    let (kind, priority, lethal) = (of.condition.kind, of.priority, of.condition.lethal);
    Question { alert, round, step, kind, priority, lethal }
}

fn view(subject: &Subject, place: &Place, alert: crate::clinical::alert::Alert) -> AlertView {
    AlertView {
        id: AlertId { subject: subject.clone(), ordinal: alert.ordinal },
        unit: place.unit.clone(),
        bed: place.bed.clone(),
        alert,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::condition::{ConditionKind, Priority};
    use crate::clinical::ids::DeviceId;
    use crate::clinical::subject_book::unwatched;

    #[test]
    fn a_care_team_is_told_by_what_policies_tell_alerts_apart() {
        let (feed, unit) = (AlertFeed::default(), UnitId::new("icu").unwrap());
        let subject = Subject::Unit(unit.clone());
        let mut condition = unwatched(&Subject::Device(DeviceId::new("d1").unwrap()), Timestamp(0));
        condition.lethal = true;
        let mut book = AlertBook::default();
        book.evolve(&AlertEvent::Raised { ordinal: 1, condition, deadline: Timestamp(2) }, Timestamp(0));
        feed.seed(&subject, Place { unit: unit.clone(), bed: SmolStr::default() }, &book);
        let alert = AlertId { subject, ordinal: 1 };
        let question = Question {
            alert: alert.clone(),
            round: 1,
            step: 1,
            kind: ConditionKind::Technical,
            priority: Priority::High,
            lethal: true,
        };
        assert_eq!(feed.questions_of(&unit), std::slice::from_ref(&question));
        assert_eq!(feed.question(&alert, 1, 1), Some(question));
    }
}
