//! One subscription to alerts, until it lags, the person may no more, or the server drains.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tonic::Status;

use crate::access::{Fields, Verb, may_ask};
use crate::actors::handle::{AlertNews, AlertWatch, Lagged};
use crate::api::grpc::view;
use crate::api::guard::Visit;
use crate::api::identity::Accounts;
use crate::clinical::alert::AlertEvent;
use crate::clinical::condition::ConditionKind;
use crate::clinical::ids::UnitId;
use crate::proto::AlertUpdate;

type Sender = mpsc::Sender<Result<AlertUpdate, Status>>;

/// News that are shown together, at most.
const TOGETHER_MAX: usize = 64;

/// What a subscription waits for.
enum Next {
    AccountsChanged,
    News(Option<Result<Arc<AlertNews>, Lagged>>),
}

/// A subscription.
pub(super) struct Watching {
    pub visit: Visit,
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
            match next {
                Next::News(Some(Ok(first))) => match self.show(first, news, sender).await {
                    Ok(()) => {}
                    Err(end) => return end,
                },
                Next::News(Some(Err(Lagged))) => return Some(self.lagged()),
                Next::News(None) => return Some(going_down()),
                Next::AccountsChanged => {
                    self.look_up_again();
                    if may_ask(&self.visit.person().roles, Verb::SeeAlert(ConditionKind::Technical)).is_err() {
                        return Some(Status::permission_denied("the account may not see alerts any more"));
                    }
                }
            }
        }
    }

    /// Shows news and what follows it already, together, so that many new patients cost one record and one wait.
    async fn show(
        &mut self,
        first: Arc<AlertNews>,
        news: &mut AlertWatch,
        sender: &Sender,
    ) -> Result<(), Option<Status>> {
        let mut seen = Vec::new();
        let mut last = first.position;
        let mut next = Some(first);
        while let Some(news_now) = next.take() {
            last = news_now.position;
            if let Some(fields) = self.fields_of(&news_now) {
                seen.push((news_now, fields));
            }
            if seen.len() < TOGETHER_MAX {
                next = news.ready();
            }
        }
        // A patient who was not shown yet is on record before anything of them is.
        if !seen.is_empty() {
            self.visit.put_on_record().await.map_err(Some)?;
        }
        for (news, fields) in seen {
            match timeout(self.stalled_after, sender.send(Ok(view::update(&news, fields)))).await {
                Ok(Ok(())) => self.last_position = Some(news.position),
                Ok(Err(_)) => return Err(None),
                Err(_) => return Err(Some(self.lagged())),
            }
        }
        self.last_position = Some(last);
        Ok(())
    }

    /// The person as the accounts have them now: a role that was taken away counts at once.
    fn look_up_again(&mut self) {
        self.changes.borrow_and_update();
        self.visit.look_up_again();
    }

    /// The fields of the news that the person may see; whoever is paged sees the alert from that page on.
    fn fields_of(&mut self, news: &AlertNews) -> Option<Fields> {
        let view = &news.view;
        if let AlertEvent::StepEntered { people, .. } = &news.event
            && people.contains(&self.visit.person().id)
        {
            self.visit.is_asked(&view.id);
        }
        if self.unit.as_ref().is_some_and(|unit| view.unit != *unit) {
            return None;
        }
        self.visit.sees(view)
    }

    fn lagged(&self) -> Status {
        let from = self.last_position.map_or_else(|| "now on".to_owned(), |position| format!("position {position}"));
        Status::resource_exhausted(format!("the subscriber was too slow: subscribe again from {from}"))
    }
}

fn going_down() -> Status {
    Status::unavailable("the server is going down: subscribe again from the last position seen")
}
