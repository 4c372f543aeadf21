//! How a page goes out: by which contacts, or quietly.

use tokio::sync::oneshot;

use super::Page;
use super::actor::{Parts, Person};
use super::inbox::{OpenPage, PageKey};
use crate::actors::handle::AlertView;
use crate::actors::notifier;
use crate::clinical::condition::Priority;
use crate::clinical::ids::AlertId;
use crate::clinical::oncall::{Contact, PageFacts, Quiet};
use crate::storage::codec::PersonEvent;

impl Person {
    /// Pages the person, once: the record first, then, once it is committed, the contacts.
    pub fn page(&self, parts: &mut Parts, key: PageKey, by_name: bool) {
        if !parts.inbox.wants(&key, by_name) {
            return;
        }
        let view = self.context.feed.view(&key.alert);
        let quiet = view.as_ref().and_then(|view| self.quiet(view, key.step));
        let priority = priority(view.as_deref());
        let deliveries = if quiet.is_some() { Vec::new() } else { self.contacts(priority) };
        let (PageKey { alert, round, step }, now) = (key, self.context.clock.now());
        let page = Page { alert: alert.clone(), round, step, paged_at: now, priority, deliveries: deliveries.clone() };
        let event = PersonEvent::Paged { alert: alert.clone(), round, step, deliveries, quiet };
        if page.deliveries.is_empty() {
            self.append_at(now, parts, event, |_| {});
            return;
        }
        let (committed, waits) = oneshot::channel();
        // Nothing goes out before its record is durable.
        let under_way = notifier::send(&self.context, &self.id, page, false, Some(waits));
        parts.under_way.entry(alert).or_default().push(under_way);
        self.append_at(now, parts, event, move |_| {
            let _waits = committed.send(());
        });
    }

    /// The page as it goes out again: by the contacts that have not got it.
    pub fn page_of(&self, open: &OpenPage) -> Page {
        let waiting = open.deliveries.iter().filter(|delivery| !delivery.sent);
        Page {
            alert: open.key.alert.clone(),
            round: open.key.round,
            step: open.key.step,
            paged_at: open.paged_at,
            priority: self.priority_of(&open.key.alert),
            deliveries: waiting.map(|delivery| (delivery.contact.clone(), delivery.delay_ms)).collect(),
        }
    }

    /// Sends dead letters again, under their own keys; returns how many.
    pub fn resend(&self, parts: &mut Parts) -> usize {
        let letters = parts.inbox.dead.clone();
        for letter in &letters {
            let page = Page {
                alert: letter.key.alert.clone(),
                round: letter.key.round,
                step: letter.key.step,
                paged_at: letter.paged_at,
                priority: self.priority_of(&letter.key.alert),
                deliveries: vec![(letter.contact.clone(), 0)],
            };
            let handle = notifier::send(&self.context, &self.id, page, true, None);
            parts.under_way.entry(letter.key.alert.clone()).or_default().push(handle);
        }
        letters.len()
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

    fn quiet(&self, view: &AlertView, step: u32) -> Option<Quiet> {
        let now = self.context.clock.now();
        let roster = self.context.roster.now();
        let alert = &view.alert;
        let snoozed = alert.snoozed_by.as_ref().zip(alert.snoozed_until);
        let facts = PageFacts {
            kind: alert.condition.kind,
            priority: alert.priority,
            step,
            maintenance: roster.standing().maintenance_of(&view.unit, now),
            snoozed: snoozed.map(|(by, until)| (by.as_str(), until)),
        };
        Quiet::of(&facts, now)
    }

    fn priority_of(&self, alert: &AlertId) -> Priority {
        priority(self.context.feed.view(alert).as_deref())
    }
}

/// Of an alert that is known no more, the most urgent.
fn priority(view: Option<&AlertView>) -> Priority {
    view.map_or(Priority::High, |view| view.alert.priority)
}
