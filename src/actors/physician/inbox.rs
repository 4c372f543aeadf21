//! The pages of one person: which wait, by which contacts they go out, and what became of that.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::clinical::ids::AlertId;
use crate::clinical::oncall::Contact;
use crate::storage::codec::PersonEvent;
use crate::time::Timestamp;

/// Dead letters that are kept.
const DEAD_MAX: usize = 256;
/// So many pages that were taken back are remembered: a repeat that comes later than that is beyond any delay here.
const WITHDRAWN_MAX: usize = 256;

/// What a page is known by, beside its person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct PageKey {
    pub alert: AlertId,
    pub round: u32,
    pub step: u32,
}

/// One contact by which a page goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub contact: Contact,
    pub delay_ms: u32,
    /// Whether the provider has it.
    pub sent: bool,
}

/// A page that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenPage {
    pub key: PageKey,
    pub paged_at: Timestamp,
    pub deliveries: Vec<Delivery>,
}

/// A page that a contact never got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeadLetter {
    pub key: PageKey,
    pub paged_at: Timestamp,
    pub contact: Contact,
    pub why: SmolStr,
    pub at: Timestamp,
}

/// Everything of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inbox {
    pub pages: Vec<OpenPage>,
    /// The newest last.
    pub dead: Vec<DeadLetter>,
    /// Pages that were taken back lately, the oldest first. A late repeat of one of them pages nobody.
    pub withdrawn: VecDeque<PageKey>,
}

impl Inbox {
    /// Applies an event that was decided at `now`.
    pub fn evolve(&mut self, event: &PersonEvent, now: Timestamp) {
        match event {
            PersonEvent::Paged { alert, round, step, deliveries, .. } => {
                let key = PageKey { alert: alert.clone(), round: *round, step: *step };
                let delivery = |(contact, delay_ms): &(Contact, u32)| Delivery {
                    contact: contact.clone(),
                    delay_ms: *delay_ms,
                    sent: false,
                };
                let deliveries = deliveries.iter().map(delivery).collect();
                self.pages.push(OpenPage { key, paged_at: now, deliveries });
            }
            PersonEvent::Withdrawn(alert) => {
                self.withdrawn.extend(self.pages.extract_if(.., |page| page.key.alert == *alert).map(|page| page.key));
                self.withdrawn.drain(..self.withdrawn.len().saturating_sub(WITHDRAWN_MAX));
            }
            PersonEvent::Delivered { alert, round, step, paged_at, contact, sent, why, .. } => {
                let key = PageKey { alert: alert.clone(), round: *round, step: *step };
                self.dead.retain(|letter| letter.key != key || letter.contact != *contact);
                if !sent {
                    let (key, contact, why) = (key.clone(), contact.clone(), why.clone());
                    self.dead.push(DeadLetter { key, paged_at: *paged_at, contact, why, at: now });
                    self.dead.drain(..self.dead.len().saturating_sub(DEAD_MAX));
                }
                let page = self.pages.iter_mut().find(|page| page.key == key);
                let deliveries = page.into_iter().flat_map(|page| &mut page.deliveries);
                // A dead letter is no longer attempted by itself.
                deliveries.filter(|one| one.contact == *contact).for_each(|one| one.sent = true);
            }
        }
    }

    /// Whether the person is to be paged for this step: no page of it waits, and none was taken back lately. Whoever is
    /// named by a person is asked anew, although an earlier page was answered by somebody else.
    pub fn wants(&self, key: &PageKey, by_name: bool) -> bool {
        let waits = self.pages.iter().any(|page| page.key == *key);
        !waits && (by_name || !self.withdrawn.contains(key))
    }

    /// What takes the alert's pages back; `None` where none waits.
    pub fn decide_withdraw(&self, alert: &AlertId) -> Option<PersonEvent> {
        let waits = self.pages.iter().any(|page| page.key.alert == *alert);
        waits.then(|| PersonEvent::Withdrawn(alert.clone()))
    }

    /// Pages that some contact has not got yet.
    pub fn undelivered(&self) -> impl Iterator<Item = &OpenPage> {
        self.pages.iter().filter(|page| page.deliveries.iter().any(|delivery| !delivery.sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::ids::ChannelId;

    fn alert(ordinal: u32) -> AlertId {
        format!("p1~{ordinal}").parse().unwrap()
    }

    fn contact() -> Contact {
        Contact { channel: ChannelId::new("webhook").unwrap(), address: "https://pager.example".into() }
    }

    fn paged(ordinal: u32, round: u32, step: u32) -> PersonEvent {
        let deliveries = vec![(contact(), 0)];
        PersonEvent::Paged { alert: alert(ordinal), round, step, deliveries, quiet: None }
    }

    fn delivered(sent: bool) -> PersonEvent {
        let why = "status 410".into();
        let paged_at = Timestamp(0);
        PersonEvent::Delivered {
            alert: alert(1),
            round: 1,
            step: 1,
            paged_at,
            contact: contact(),
            sent,
            why,
            attempts: 1,
        }
    }

    fn inbox(events: &[PersonEvent]) -> Inbox {
        let mut inbox = Inbox::default();
        for event in events {
            inbox.evolve(event, Timestamp(0));
        }
        inbox
    }

    fn key(ordinal: u32, round: u32, step: u32) -> PageKey {
        PageKey { alert: alert(ordinal), round, step }
    }

    #[test]
    fn a_page_that_was_taken_back_is_not_sent_again_by_a_late_repeat_but_by_name() {
        let mut inbox = inbox(&[paged(1, 1, 2)]);
        assert!(!inbox.wants(&key(1, 1, 2), false), "it waits");
        assert!(!inbox.wants(&key(1, 1, 2), true), "once by name");
        assert!(inbox.wants(&key(1, 1, 3), false) && inbox.wants(&key(2, 1, 2), false));
        assert_eq!(inbox.decide_withdraw(&alert(2)), None);
        let taken_back = inbox.decide_withdraw(&alert(1)).unwrap();
        inbox.evolve(&taken_back, Timestamp(0));
        assert!(inbox.pages.is_empty());
        assert!(!inbox.wants(&key(1, 1, 2), false), "a late repeat");
        assert!(inbox.wants(&key(1, 2, 2), false), "a new round");
        assert!(inbox.wants(&key(1, 1, 2), true), "by name");
    }

    #[test]
    fn what_was_sent_is_not_attempted_again_after_a_restart() {
        assert_eq!(inbox(&[paged(1, 1, 1)]).undelivered().count(), 1);
        assert_eq!(inbox(&[paged(1, 1, 1), delivered(true)]).undelivered().count(), 0);
    }

    #[test]
    fn dead_letter_stays_visible_until_it_is_sent() {
        let dead = inbox(&[paged(1, 1, 1), delivered(false)]);
        assert_eq!((dead.dead.len(), dead.undelivered().count()), (1, 0));
        assert_eq!(dead.dead[0].why, "status 410");
        assert!(inbox(&[paged(1, 1, 1), delivered(false), delivered(true)]).dead.is_empty());
    }

    #[test]
    fn dead_letters_are_bounded() {
        let mut inbox = Inbox::default();
        for step in 1..=300 {
            let PersonEvent::Delivered { alert, round, paged_at, contact, sent, why, attempts, .. } = delivered(false)
            else {
                unreachable!()
            };
            let dead = PersonEvent::Delivered { alert, round, step, paged_at, contact, sent, why, attempts };
            inbox.evolve(&dead, Timestamp(0));
        }
        assert_eq!((inbox.dead.len(), inbox.dead[0].key.step), (DEAD_MAX, 45));
    }
}
