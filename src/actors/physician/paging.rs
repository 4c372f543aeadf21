//! How pages go out: by which contacts, quietly, or together.

use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::actor::{Going, Parts, Person};
use super::inbox::{Bundle, Delivery, OpenPage};
use super::{Page, PersonMsg};
use crate::actors::handle::AlertView;
use crate::actors::{effects, notifier};
use crate::clinical::condition::Priority;
use crate::clinical::device::DEVICE_SILENT;
use crate::clinical::ids::AlertId;
use crate::clinical::oncall::unit_conditions::UNIT_SILENT;
use crate::clinical::oncall::{Contact, PageFacts, Quiet, QuietCause, terms};
use crate::storage::codec::{PageKey, PersonEvent};
use crate::time::Timestamp;

impl Person {
    /// Pages the person, once: the record first, then, once it is committed, the contacts.
    pub fn page(&self, parts: &mut Parts, key: PageKey, by_name: bool) {
        if !parts.inbox.wants(&key, by_name) {
            return;
        }
        let view = self.context.feed.view(&key.alert);
        let quiet = view.as_ref().and_then(|view| self.quiet(parts, view, key.step));
        let priority = priority(view.as_deref());
        let deliveries = if quiet.is_some() { Vec::new() } else { self.contacts(priority) };
        let now = self.context.clock.now();
        let bundle_due = quiet.as_ref().filter(|quiet| quiet.cause == QuietCause::Bundled).map(|quiet| quiet.until);
        let PageKey { alert, round, step } = key.clone();
        let event = PersonEvent::Paged { alert: alert.clone(), round, step, deliveries: deliveries.clone(), quiet };
        let page = Page { key, with: Vec::new(), bundle: 0, paged_at: now, priority, deliveries };
        self.send_once_recorded(parts, Going::Alert(alert), page, event, now);
        if let Some(due) = bundle_due {
            self.wake_at(parts, due);
        }
    }

    /// The pages that were put together, as one: what waits of them still.
    pub fn send_bundle(&self, parts: &mut Parts) {
        let now = self.context.clock.now();
        (parts.bundle_wake, parts.bundle_at) = (None, None);
        let Some(due) = parts.inbox.bundle_due() else { return };
        if now < due {
            self.wake_at(parts, due);
            return;
        }
        let pages = parts.inbox.bundled();
        let Some(key) = pages.first().cloned() else { return };
        let number = parts.inbox.bundles_sent + 1;
        let priority = pages.iter().map(|page| self.priority_of(&page.alert)).max().unwrap_or(Priority::High);
        let deliveries = self.contacts(priority);
        let with = pages.iter().skip(1).map(|page| page.alert.clone()).collect();
        let page = Page { key, with, bundle: number, paged_at: now, priority, deliveries: deliveries.clone() };
        let event = PersonEvent::Bundled { number, pages, deliveries };
        self.send_once_recorded(parts, Going::Bundle(number), page, event, now);
    }

    /// Nothing goes out before its record is durable.
    fn send_once_recorded(&self, parts: &mut Parts, going: Going, page: Page, event: PersonEvent, now: Timestamp) {
        if page.deliveries.is_empty() {
            self.append_at(now, parts, event, |_| {});
            return;
        }
        let (committed, waits) = oneshot::channel();
        let under_way = notifier::send(&self.context, &self.id, page, false, Some(waits));
        parts.goes(going, under_way);
        self.append_at(now, parts, event, move |_| {
            let _waits = committed.send(());
        });
    }

    /// Comes back when the pages that are put together are due.
    pub fn wake_at(&self, parts: &mut Parts, due: Timestamp) {
        if parts.bundle_at.is_some_and(|at| at <= due) {
            return;
        }
        let (context, person) = (std::sync::Arc::clone(&self.context), self.id.clone());
        let wake = tokio::spawn(async move {
            tokio::time::sleep_until(context.clock.instant_of(due)).await;
            effects::tell_person(&context, person, PersonMsg::BundleDue);
        });
        parts.wake(due, wake.abort_handle());
    }

    /// What has no outcome may have arrived: it goes out again, marked as a repeat, where it is still wanted.
    /// Once per start of the actor, and not what went on its way since.
    pub fn send_again(&self, parts: &mut Parts) {
        let again = std::mem::take(&mut parts.again);
        let wanted = |alert: &AlertId| self.context.feed.wants_answer(alert);
        let inbox = &parts.inbox;
        let pages = inbox.undelivered().filter(|page| again.pages.contains(&page.key) && wanted(&page.key.alert));
        let pages = pages.map(|page| (Going::Alert(page.key.alert.clone()), self.page_of(page)));
        let waits = |bundle: &Bundle| bundle.pages.iter().any(|page| wanted(&page.alert));
        let bundles = inbox.bundles_undelivered().filter(|one| again.bundles.contains(&one.number) && waits(one));
        let bundles = bundles.filter_map(|bundle| Some((Going::Bundle(bundle.number), self.bundle_of(bundle)?)));
        for (going, page) in pages.chain(bundles).collect::<Vec<_>>() {
            let under_way = notifier::send(&self.context, &self.id, page, true, None);
            parts.goes(going, under_way);
        }
        if let Some(due) = parts.inbox.bundle_due() {
            self.wake_at(parts, due);
        }
    }

    /// Sends dead letters again, under their own keys; returns how many.
    pub fn resend(&self, parts: &mut Parts) -> usize {
        let letters = parts.inbox.dead.clone();
        for letter in &letters {
            let bundle = parts.inbox.bundles.iter().find(|bundle| letter.bundle != 0 && bundle.number == letter.bundle);
            let page = Page {
                key: letter.key.clone(),
                with: bundle.map(|bundle| others(bundle, &letter.key)).unwrap_or_default(),
                bundle: letter.bundle,
                paged_at: letter.paged_at,
                priority: self.priority_of(&letter.key.alert),
                deliveries: vec![(letter.contact.clone(), 0)],
            };
            let under_way = notifier::send(&self.context, &self.id, page, true, None);
            parts.goes(Going::Alert(letter.key.alert.clone()), under_way);
        }
        letters.len()
    }

    /// Sends a test page by every contact that may be used.
    pub fn send_check(&self) {
        notifier::send_check(&self.context, &self.id, self.contacts(Priority::High));
    }

    /// The page as it goes out again: by the contacts that have not got it.
    fn page_of(&self, open: &OpenPage) -> Page {
        Page {
            key: open.key.clone(),
            with: Vec::new(),
            bundle: 0,
            paged_at: open.paged_at,
            priority: self.priority_of(&open.key.alert),
            deliveries: unsent(&open.deliveries),
        }
    }

    fn bundle_of(&self, bundle: &Bundle) -> Option<Page> {
        let key = bundle.pages.first()?.clone();
        Some(Page {
            with: others(bundle, &key),
            bundle: bundle.number,
            paged_at: bundle.sent_at,
            priority: bundle.pages.iter().map(|page| self.priority_of(&page.alert)).max()?,
            deliveries: unsent(&bundle.deliveries),
            key,
        })
    }

    /// The contacts of the care plan by which a page of this priority goes out, each with its delay; then at once where
    /// channels reach the person of themselves.
    fn contacts(&self, priority: Priority) -> Vec<(Contact, u32)> {
        let mut contacts = self.context.roster.now().deliveries(&self.id, priority);
        for contact in self.context.options.channels.of_themselves(&self.id) {
            if contacts.iter().all(|(other, _)| other.channel != contact.channel) {
                contacts.push((contact, 0));
            }
        }
        contacts
    }

    fn quiet(&self, parts: &Parts, view: &AlertView, step: u32) -> Option<Quiet> {
        let now = self.context.clock.now();
        let (roster, feed, alert) = (self.context.roster.now(), &self.context.feed, &view.alert);
        let key = &alert.condition.key;
        let unit_alert = (key.rule.as_str() == DEVICE_SILENT).then(|| feed.of_unit(&view.unit, UNIT_SILENT)).flatten();
        let unit_alert = unit_alert.map(|(id, until)| (id.to_string(), until));
        // Of no account for high alerts, of which there may be many at once.
        let raised_lately = if alert.priority == Priority::High {
            0
        } else {
            feed.raised_since(&view.id.subject, key, now.plus_ms(-terms::FLAPPING_MS))
        };
        let facts = PageFacts {
            kind: alert.condition.kind,
            priority: alert.priority,
            step,
            maintenance: roster.standing().maintenance_of(&view.unit, now),
            snoozed: alert.snoozed_by.as_ref().zip(alert.snoozed_until).map(|(by, until)| (by.as_str(), until)),
            unit_alert: unit_alert.as_ref().map(|(id, until)| (id.as_str(), *until)),
            raised_lately,
            sent_lately: parts.inbox.sent_lately(now),
            bundle_due: parts.inbox.bundle_due(),
        };
        Quiet::of(&facts, now)
    }

    fn priority_of(&self, alert: &AlertId) -> Priority {
        priority(self.context.feed.view(alert).as_deref())
    }
}

impl Parts {
    pub fn goes(&mut self, going: Going, under_way: AbortHandle) {
        self.under_way.entry(going).or_default().push(under_way);
    }

    fn wake(&mut self, at: Timestamp, wake: AbortHandle) {
        if let Some(before) = self.bundle_wake.replace(wake) {
            before.abort();
        }
        self.bundle_at = Some(at);
    }

    /// Ends what is under way for an alert, and for bundles of which nothing waits any more.
    pub fn end(&mut self, alert: &AlertId) {
        let ended = |going: &Going| match going {
            Going::Alert(of) => of == alert,
            Going::Bundle(number) => self.inbox.bundles.iter().all(|bundle| bundle.number != *number),
        };
        self.under_way.extract_if(|going, _| ended(going)).flat_map(|(_, handles)| handles).for_each(|one| one.abort());
    }
}

/// Of an alert that is known no more, the most urgent.
fn priority(view: Option<&AlertView>) -> Priority {
    view.map_or(Priority::High, |view| view.alert.priority)
}

fn unsent(deliveries: &[Delivery]) -> Vec<(Contact, u32)> {
    let waiting = deliveries.iter().filter(|delivery| !delivery.sent);
    waiting.map(|delivery| (delivery.contact.clone(), delivery.delay_ms)).collect()
}

fn others(bundle: &Bundle, first: &PageKey) -> Vec<AlertId> {
    bundle.pages.iter().filter(|page| *page != first).map(|page| page.alert.clone()).collect()
}
