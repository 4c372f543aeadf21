//! One subscription to alerts, until it lags, the person may no more, or the server drains.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tonic::Status;

use crate::actors::handle::{AlertNews, AlertWatch, Lagged};
use crate::api::grpc::view;
use crate::api::identity::{Accounts, Person, sees};
use crate::clinical::condition::ConditionKind;
use crate::clinical::ids::UnitId;
use crate::proto::AlertUpdate;

type Sender = mpsc::Sender<Result<AlertUpdate, Status>>;

/// What a subscription waits for.
enum Next {
    AccountsChanged,
    News(Option<Result<Arc<AlertNews>, Lagged>>),
}

/// A subscription.
pub(super) struct Watching {
    pub person: Person,
    pub unit: Option<UnitId>,
    pub last_position: Option<u64>,
    pub changes: watch::Receiver<Arc<Accounts>>,
    pub draining: watch::Receiver<bool>,
    pub stalled_after: Duration,
}

impl Watching {
    /// Passes on what happens, in the order of positions.
    pub async fn run(mut self, mut news: AlertWatch, sender: Sender) {
        if let Some(status) = self.pass_on(&mut news, &sender).await {
            let _ = timeout(self.stalled_after, sender.send(Err(status))).await;
        }
    }

    /// Why it ends; `None` where the subscriber is gone.
    async fn pass_on(&mut self, news: &mut AlertWatch, sender: &Sender) -> Option<Status> {
        loop {
            let next = tokio::select! {
                biased;
                () = sender.closed() => return None,
                _ = self.draining.wait_for(|draining| *draining) => return Some(going_down()),
                _ = self.changes.changed() => Next::AccountsChanged,
                next = news.next() => Next::News(next),
            };
            let news = match next {
                Next::News(Some(Ok(news))) => news,
                Next::News(Some(Err(Lagged))) => return Some(self.lagged()),
                Next::News(None) => return Some(going_down()),
                Next::AccountsChanged => {
                    self.look_up_again();
                    if sees(&self.person, ConditionKind::Technical) {
                        continue;
                    }
                    return Some(Status::permission_denied("the account may not see alerts any more"));
                }
            };
            if self.concerns(&news) {
                match timeout(self.stalled_after, sender.send(Ok(view::update(&news)))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_) => return Some(self.lagged()),
                }
            }
            self.last_position = Some(news.position);
        }
    }

    /// The person as the accounts have them now: a role that was taken away counts at once.
    fn look_up_again(&mut self) {
        let person = self.changes.borrow_and_update().person(&self.person.id);
        self.person = person.unwrap_or_else(|| Person { id: self.person.id.clone(), roles: Vec::new() });
    }

    fn concerns(&self, news: &AlertNews) -> bool {
        let view = &news.view;
        self.unit.as_ref().is_none_or(|unit| view.unit == *unit) && sees(&self.person, view.alert.condition.kind)
    }

    fn lagged(&self) -> Status {
        let from = self.last_position.map_or_else(|| "now on".to_owned(), |position| format!("position {position}"));
        Status::resource_exhausted(format!("the subscriber was too slow: subscribe again from {from}"))
    }
}

fn going_down() -> Status {
    Status::unavailable("the server is going down: subscribe again from the last position seen")
}
