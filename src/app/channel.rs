//! Channels by which a host delivers pages: SMS, voice, a pager of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::task::{JoinHandle, JoinSet};

use crate::actors::handle::{AlertView, Handle};
use crate::clinical::alert::{Effect, Response};
use crate::clinical::condition::Priority;
use crate::clinical::ids::{AlertId, PersonId, RuleId, UnitId};

/// How often a page is tried.
const TRIES: u32 = 3;
/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// Pages of one channel on their way at a time.
const AT_ONCE: usize = 64;

/// A page for one person. It holds no patient's name and no value: bed or opaque id, priority, rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageNotice {
    /// The same for every try to deliver this page, also after a restart.
    pub key: String,
    /// Whether it may have been delivered before: the outcome of an earlier try is not known.
    pub repeat: bool,
    /// Who is paged.
    pub person: PersonId,
    /// The alert.
    pub alert: AlertId,
    /// Its round.
    pub round: u32,
    /// The step of the ladder.
    pub step: u32,
    /// The unit.
    pub unit: UnitId,
    /// The bed.
    pub bed: SmolStr,
    /// How soon somebody must answer.
    pub priority: Priority,
    /// The rule that found the condition.
    pub rule: RuleId,
}

/// A page was not delivered, or nobody knows whether it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotDelivered(pub String);

/// What [`NotificationChannel::deliver`] gives.
pub type Delivery<'a> = Pin<Box<dyn Future<Output = Result<(), NotDelivered>> + Send + 'a>>;

/// A way to reach people.
///
/// - Pages come after they are committed, in no order, several at a time. Each person's page is independent of others.
/// - `deliver` MUST give `Ok` only once the other side has taken the page. It is given 10 s; an error, a panic and a
///   longer wait are tried again, three times in all, with the same key and `repeat` set.
/// - It MUST show a page of a key once to its person, as far as it can know: after a restart the pages of alerts that
///   still wait come again, with the same key and `repeat` set.
/// - It SHOULD answer for its own people only, and give `Ok` for others.
/// - A page that is not delivered holds up nobody: the ladder goes on, and the inbox has it.
pub trait NotificationChannel: Send + Sync + 'static {
    /// Its name, unique in the host: 1 to 64 characters of `a-z 0-9 . _ -`.
    fn name(&self) -> &str;

    /// Delivers one page.
    fn deliver<'a>(&'a self, page: &'a PageNotice) -> Delivery<'a>;
}

/// A channel's name that is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChannelName(String);

impl ChannelName {
    pub(super) fn new(name: &str) -> Option<Self> {
        let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        ((1..=64).contains(&name.len()) && name.bytes().all(sound)).then(|| Self(name.to_owned()))
    }
}

/// A channel at work.
pub(super) struct Running(JoinHandle<()>);

impl Running {
    /// Starts it: pages that wait now are delivered as repeats, then each new one.
    pub(super) async fn start(handle: &Handle, name: ChannelName, channel: Arc<dyn NotificationChannel>) -> Self {
        let (open, position) = handle.alerts(None, None, false).await;
        let waiting = open.iter().flat_map(|view| waiting(&name, view)).collect();
        let worker = Worker { handle: handle.clone(), name, channel };
        Self(tokio::spawn(worker.run(waiting, position)))
    }

    pub(super) fn stop(&self) {
        self.0.abort();
    }
}

struct Worker {
    handle: Handle,
    name: ChannelName,
    channel: Arc<dyn NotificationChannel>,
}

impl Worker {
    async fn run(self, waiting: Vec<PageNotice>, mut position: u64) {
        let mut deliveries = JoinSet::new();
        for page in waiting {
            self.deliver(page, &mut deliveries).await;
        }
        loop {
            let Ok(mut news) = self.handle.watch(Some(position)).await else {
                tracing::error!(channel = %self.name.0, "the channel cannot read the news of alerts: it ends");
                return;
            };
            loop {
                let news = match news.next().await {
                    Some(Ok(news)) => news,
                    // It was slower than the buffer: nothing is skipped, it reads on from where it was.
                    Some(Err(_)) => break,
                    None => return,
                };
                position = news.position;
                if let Some(Effect::Page { round, step, people, .. }) = Effect::of(&news.event) {
                    for person in people {
                        let page = notice(&self.name, &news.view, (round, step), person, false);
                        self.deliver(page, &mut deliveries).await;
                    }
                }
                while deliveries.try_join_next().is_some() {}
            }
        }
    }

    /// Sends a page on its way, once there is room.
    async fn deliver(&self, page: PageNotice, deliveries: &mut JoinSet<()>) {
        while deliveries.len() >= AT_ONCE {
            deliveries.join_next().await;
        }
        deliveries.spawn(try_to_deliver(Arc::clone(&self.channel), self.name.0.clone(), page));
    }
}

async fn try_to_deliver(channel: Arc<dyn NotificationChannel>, name: String, mut page: PageNotice) {
    for last in 1..=TRIES {
        let (tried, one) = (Arc::clone(&channel), page.clone());
        // A task of its own: a channel that panics is a channel that did not deliver.
        let mut trying = tokio::spawn(async move { tried.deliver(&one).await });
        let why = match tokio::time::timeout(PATIENCE, &mut trying).await {
            Ok(Ok(Ok(()))) => return,
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(_)) => "the channel panicked".to_owned(),
            Err(_) => {
                trying.abort();
                "the channel did not answer in time".to_owned()
            }
        };
        tracing::warn!(channel = %name, alert = %page.alert, %why, last = last == TRIES, "a page is not delivered");
        page.repeat = true;
        tokio::time::sleep(PAUSE * last).await;
    }
}

/// The pages of an alert that nobody has answered: they may have been delivered before.
fn waiting(name: &ChannelName, view: &AlertView) -> Vec<PageNotice> {
    let Response::Waiting { step, entered: true, people, .. } = &view.alert.response else { return Vec::new() };
    let page = |person: &PersonId| notice(name, view, (view.alert.round, *step), person.clone(), true);
    people.iter().map(page).collect()
}

fn notice(
    name: &ChannelName,
    view: &AlertView,
    (round, step): (u32, u32),
    person: PersonId,
    repeat: bool,
) -> PageNotice {
    PageNotice {
        key: format!("{}/{round}/{step}/{person}/{}", view.id, name.0),
        repeat,
        person,
        alert: view.id.clone(),
        round,
        step,
        unit: view.unit.clone(),
        bed: view.bed.clone(),
        priority: view.alert.priority,
        rule: view.alert.condition.key.rule.clone(),
    }
}
