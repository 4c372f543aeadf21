//! Pages on their way to people: one task per page, by each contact with its delay, tried again with backoff and jitter,
//! the next contact at once where one fails. Nothing here is the truth: the person's stream says what was paged and what
//! became of it, and a restart sends anew, under the same key and marked as a repeat, what has no outcome there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use smol_str::{SmolStr, format_smolstr};
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

use super::context::Context;
use super::effects::tell_person;
use super::handle::AlertView;
use super::physician::{Page, PersonMsg};
use crate::channels::{ATTEMPTS_MAX, Channel, Message, Outcome, SEND_TIMEOUT, wait_ms};
use crate::clinical::condition::Priority;
use crate::clinical::ids::PersonId;
use crate::clinical::oncall::Contact;
use crate::clinical::oncall::unit_conditions::DRILL;
use crate::storage::codec::{PageKey, PageOutcome};
use crate::time::Timestamp;

/// How often a test page is tried.
const CHECK_ATTEMPTS: u32 = 3;
/// A channel that does not end its attempt by itself is ended.
const ATTEMPT_MAX: Duration = SEND_TIMEOUT.saturating_mul(2);

/// The channels of a site, by their names in contacts.
#[derive(Clone, Default)]
pub struct Channels(Vec<Arc<dyn Channel>>);

impl Channels {
    /// These channels; of two with the same name the first counts.
    #[must_use]
    pub fn new(channels: Vec<Arc<dyn Channel>>) -> Self {
        Self(channels)
    }

    /// Where channels reach somebody of whom no care plan says how.
    pub(super) fn of_themselves(&self, person: &PersonId) -> impl Iterator<Item = Contact> {
        self.0.iter().filter_map(|channel| {
            let address = channel.address_of(person)?;
            Some(Contact { channel: channel.id(), address })
        })
    }

    fn of(&self, contact: &Contact) -> Option<&Arc<dyn Channel>> {
        self.0.iter().find(|channel| channel.id() == contact.channel)
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|channel| channel.id())).finish()
    }
}

/// Sends a page by its contacts, once `committed` has been said. The handle ends what is under way.
pub(super) fn send(
    context: &Arc<Context>,
    person: &PersonId,
    page: Page,
    repeat: bool,
    committed: Option<oneshot::Receiver<()>>,
) -> AbortHandle {
    let (context, person) = (Arc::clone(context), person.clone());
    tokio::spawn(async move {
        if let Some(committed) = committed
            && committed.await.is_err()
        {
            // The journal refused the record: nobody was paged.
            return;
        }
        let (failed, _) = watch::channel(0);
        let mut ways = JoinSet::new();
        let mut deliveries = page.deliveries.clone();
        deliveries.sort_by_key(|(_, delay_ms)| *delay_ms);
        for (place, (contact, delay_ms)) in deliveries.into_iter().enumerate() {
            let due = page.paged_at.plus_ms(i64::from(delay_ms));
            let way = Way {
                context: Arc::clone(&context),
                person: person.clone(),
                message: message(&context, &person, &page, &contact, repeat),
                page: page.clone(),
                contact,
                failed: failed.clone(),
            };
            ways.spawn(way.go(due, place));
        }
        while ways.join_next().await.is_some() {}
    })
    .abort_handle()
}

/// One page by one contact.
struct Way {
    context: Arc<Context>,
    person: PersonId,
    page: Page,
    contact: Contact,
    message: Message,
    /// How many ways of this page have failed at least once.
    failed: watch::Sender<usize>,
}

impl Way {
    /// Waits for its time, or until all ways before it have failed; then tries until it is sent, refused or given up.
    async fn go(mut self, due: Timestamp, place: usize) {
        let mut failures = self.failed.subscribe();
        tokio::select! {
            () = tokio::time::sleep_until(self.context.clock.instant_of(due)) => {}
            _ = failures.wait_for(|failures| place > 0 && *failures >= place) => {}
        }
        let Some(channel) = self.context.options.channels.of(&self.contact).cloned() else {
            self.failed.send_modify(|failures| *failures += 1);
            return self.report(false, "no such channel is configured".into(), 0);
        };
        let mut last = SmolStr::default();
        for attempt in 1..=ATTEMPTS_MAX {
            let (why, wait) = match try_once(&channel, &self.message, &self.contact).await {
                Outcome::Sent => return self.report(true, SmolStr::default(), attempt),
                Outcome::Refused { why } => {
                    self.failed.send_modify(|failures| *failures += usize::from(attempt == 1));
                    return self.report(false, why, attempt);
                }
                Outcome::Failed { why, wait } => (why, wait.unwrap_or_default()),
                Outcome::Unknown { why } => {
                    self.message.repeat = true;
                    (why, Duration::default())
                }
            };
            self.failed.send_modify(|failures| *failures += usize::from(attempt == 1));
            self.context.counters.page_attempts_failed.add(1);
            tracing::warn!(person = %self.person, channel = %self.contact.channel, attempt, %why, "a page did not get through");
            last = why;
            let backoff = Duration::from_millis(wait_ms(attempt, random()));
            tokio::time::sleep(backoff.max(wait)).await;
        }
        self.report(false, format_smolstr!("given up after {ATTEMPTS_MAX} attempts: {last}"), ATTEMPTS_MAX);
    }

    fn report(self, sent: bool, why: SmolStr, attempts: u32) {
        if !sent {
            self.context.counters.pages_dead.add(1);
            tracing::error!(person = %self.person, channel = %self.contact.channel, %why, "a page is a dead letter");
        }
        let Self { context, person, page: Page { key, bundle, paged_at, .. }, contact, .. } = self;
        let outcome = PageOutcome { page: key, bundle, paged_at, contact, sent, why, attempts };
        tell_person(&context, person, PersonMsg::Delivered(outcome));
    }
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness pages are tried all the same, only together.
    let _filled = aws_lc_rs::rand::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// One attempt, in a task of its own that ends with this one: a channel that panics did not deliver.
async fn try_once(channel: &Arc<dyn Channel>, message: &Message, contact: &Contact) -> Outcome {
    let (channel, message, address) = (Arc::clone(channel), message.clone(), contact.address.clone());
    let mut attempt = JoinSet::new();
    attempt.spawn(async move { channel.send(&message, &address).await });
    match tokio::time::timeout(ATTEMPT_MAX, attempt.join_next()).await {
        Ok(Some(Ok(outcome))) => outcome,
        Ok(_) => Outcome::Unknown { why: "the channel panicked".into() },
        Err(_) => Outcome::Unknown { why: "the channel broke its own time limit".into() },
    }
}

/// Sends a test page by each contact. That it was asked for is on record; whether it arrived, its answer shows.
pub(super) fn send_check(context: &Arc<Context>, person: &PersonId, contacts: Vec<(Contact, u32)>) {
    let now = context.clock.now();
    for (contact, _) in contacts {
        let Some(channel) = context.options.channels.of(&contact).cloned() else { continue };
        let base = &context.options.link_base;
        let mut message = Message {
            key: format_smolstr!("check.{person}.{}.{}", contact.channel, now.micros()),
            repeat: false,
            person: person.clone(),
            paged_at: now,
            priority: Priority::High,
            title: "Test page".to_owned(),
            text: "Show that you are reachable: answer it with `vigil oncall answer-check`.".to_owned(),
            link: if base.is_empty() { String::new() } else { format!("{base}/oncall") },
            alerts: Vec::new(),
            drill: true,
        };
        tokio::spawn(async move {
            for number in 1..=CHECK_ATTEMPTS {
                match try_once(&channel, &message, &contact).await {
                    Outcome::Sent | Outcome::Refused { .. } => return,
                    Outcome::Unknown { .. } => message.repeat = true,
                    Outcome::Failed { .. } => {}
                }
                tokio::time::sleep(Duration::from_millis(wait_ms(number, random()))).await;
            }
        });
    }
}

/// What goes out: an opaque id, the priority, the name of the rule, the unit and the bed, a link. No patient data.
fn message(context: &Context, person: &PersonId, page: &Page, contact: &Contact, repeat: bool) -> Message {
    let Page { key: PageKey { alert, round, step }, with, bundle, .. } = page;
    let view = context.feed.view(alert);
    let (channel, paged_at) = (&contact.channel, page.paged_at.micros());
    let base = &context.options.link_base;
    let link = |place: &str| if base.is_empty() { String::new() } else { format!("{base}/alerts{place}") };
    let one = Message {
        // Of one record: an owner may pass an alert to somebody whose page of the same step was taken back.
        key: format_smolstr!("{alert}.{round}.{step}.{person}.{channel}.{paged_at}"),
        repeat,
        person: person.clone(),
        paged_at: page.paged_at,
        priority: page.priority,
        title: view.as_deref().map_or_else(|| "An alert".to_owned(), title),
        text: format!("Alert {alert} waits for your answer (round {round}, step {step})."),
        link: link(&format!("/{alert}")),
        alerts: std::iter::once(alert).chain(with).map(ToString::to_string).collect(),
        drill: view.is_some_and(|view| view.alert.condition.key.rule.as_str() == DRILL),
    };
    if *bundle == 0 {
        return one;
    }
    let count = one.alerts.len();
    Message {
        key: format_smolstr!("bundle.{bundle}.{person}.{channel}.{paged_at}"),
        title: format!("{count} alerts"),
        text: format!("{count} alerts wait for your answer: {}.", one.alerts.join(", ")),
        link: link(""),
        ..one
    }
}

/// The rule, and where: no more.
fn title(view: &AlertView) -> String {
    let rule = &view.alert.condition.key.rule;
    let mark = if rule.as_str() == DRILL { "DRILL: " } else { "" };
    let place = format!("{mark}{rule} in {}", view.unit);
    if view.bed.is_empty() { place } else { format!("{place}, {}", view.bed) }
}
