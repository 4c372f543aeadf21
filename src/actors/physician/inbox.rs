//! The pages of one person: which wait, by which contacts they go out, and what became of that.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::clinical::ids::AlertId;
use crate::clinical::oncall::{Contact, Quiet, QuietCause, terms};
use crate::storage::codec::{PageKey, PageOutcome, PersonEvent};
use crate::time::Timestamp;

/// Dead letters that are kept.
const DEAD_MAX: usize = 256;
/// So many pages that were taken back are remembered: a repeat that comes later than that is beyond any delay here.
const WITHDRAWN_MAX: usize = 256;

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
    /// Why it went out by no contact.
    pub quiet: Option<Quiet>,
    pub deliveries: Vec<Delivery>,
}

/// Pages of lower priorities that went out as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bundle {
    /// From 1, ascending.
    pub number: u32,
    pub sent_at: Timestamp,
    /// Of these the ones that wait still.
    pub pages: Vec<PageKey>,
    pub deliveries: Vec<Delivery>,
}

/// A page that a contact never got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeadLetter {
    pub key: PageKey,
    /// Of a bundle: its number, and then the key is of its first page. 0: of a page.
    pub bundle: u32,
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
    /// Bundles of which a page waits still.
    pub bundles: Vec<Bundle>,
    pub bundles_sent: u32,
    /// When pages went out by contacts lately, the oldest first.
    pub sent_at: VecDeque<Timestamp>,
}

impl Inbox {
    /// Applies an event that was decided at `now`.
    pub fn evolve(&mut self, event: &PersonEvent, now: Timestamp) {
        match event {
            PersonEvent::Paged { alert, round, step, deliveries, quiet } => {
                let key = PageKey { alert: alert.clone(), round: *round, step: *step };
                if !deliveries.is_empty() {
                    self.sent_at.push_back(now);
                    self.sent_at.drain(..self.sent_at.len().saturating_sub(terms::BUNDLE_PAGES));
                }
                let (quiet, deliveries) = (quiet.clone(), under_way(deliveries));
                self.pages.push(OpenPage { key, paged_at: now, quiet, deliveries });
            }
            PersonEvent::Bundled { number, pages, deliveries } => {
                self.bundles_sent = *number;
                self.pages.iter_mut().filter(|page| pages.contains(&page.key)).for_each(|page| page.quiet = None);
                let (pages, deliveries) = (pages.clone(), under_way(deliveries));
                self.bundles.push(Bundle { number: *number, sent_at: now, pages, deliveries });
            }
            PersonEvent::Withdrawn(alert) => self.withdraw(alert),
            PersonEvent::Delivered(outcome) => self.delivered(outcome, now),
        }
    }

    fn withdraw(&mut self, alert: &AlertId) {
        self.withdrawn.extend(self.pages.extract_if(.., |page| page.key.alert == *alert).map(|page| page.key));
        self.withdrawn.drain(..self.withdrawn.len().saturating_sub(WITHDRAWN_MAX));
        for bundle in &mut self.bundles {
            bundle.pages.retain(|page| page.alert != *alert);
        }
        self.bundles.retain(|bundle| !bundle.pages.is_empty());
    }

    fn delivered(&mut self, outcome: &PageOutcome, now: Timestamp) {
        let PageOutcome { page: key, bundle, paged_at, contact, sent, why, .. } = outcome;
        // A bundle is known by its number: its first page may have been taken back.
        let same = |letter: &DeadLetter| letter.bundle == *bundle && (*bundle != 0 || letter.key == *key);
        self.dead.retain(|letter| !same(letter) || letter.contact != *contact);
        if !sent {
            let (key, contact, why) = (key.clone(), contact.clone(), why.clone());
            self.dead.push(DeadLetter { key, bundle: *bundle, paged_at: *paged_at, contact, why, at: now });
            self.dead.drain(..self.dead.len().saturating_sub(DEAD_MAX));
        }
        let of_page = self.pages.iter_mut().filter(|page| *bundle == 0 && page.key == *key);
        let of_bundle = self.bundles.iter_mut().filter(|one| one.number == *bundle);
        let deliveries =
            of_page.flat_map(|page| &mut page.deliveries).chain(of_bundle.flat_map(|one| &mut one.deliveries));
        // A dead letter is no longer attempted by itself.
        deliveries.filter(|one| one.contact == *contact).for_each(|one| one.sent = true);
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

    /// How many pages went out within the time in which more are put together.
    pub fn sent_lately(&self, now: Timestamp) -> usize {
        self.sent_at.iter().filter(|at| now.since_ms(**at) < terms::BUNDLE_MS).count()
    }

    /// When the pages that are being put together go out.
    pub fn bundle_due(&self) -> Option<Timestamp> {
        self.pages
            .iter()
            .filter_map(|page| page.quiet.as_ref())
            .find(|quiet| quiet.cause == QuietCause::Bundled)
            .map(|quiet| quiet.until)
    }

    /// The pages that are being put together.
    pub fn bundled(&self) -> Vec<PageKey> {
        let bundled = |page: &&OpenPage| page.quiet.as_ref().is_some_and(|quiet| quiet.cause == QuietCause::Bundled);
        self.pages.iter().filter(bundled).map(|page| page.key.clone()).collect()
    }

    /// How much some contact has not got yet.
    pub fn going_out(&self) -> usize {
        self.undelivered().count() + self.bundles_undelivered().count()
    }

    /// Bundles that some contact has not got yet.
    pub fn bundles_undelivered(&self) -> impl Iterator<Item = &Bundle> {
        self.bundles.iter().filter(|bundle| bundle.deliveries.iter().any(|delivery| !delivery.sent))
    }

    /// Pages that some contact has not got yet.
    pub fn undelivered(&self) -> impl Iterator<Item = &OpenPage> {
        self.pages.iter().filter(|page| page.deliveries.iter().any(|delivery| !delivery.sent))
    }
}

fn under_way(deliveries: &[(Contact, u32)]) -> Vec<Delivery> {
    let delivery =
        |(contact, delay_ms): &(Contact, u32)| Delivery { contact: contact.clone(), delay_ms: *delay_ms, sent: false };
    deliveries.iter().map(delivery).collect()
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

    fn outcome(step: u32, bundle: u32, sent: bool) -> PersonEvent {
        PersonEvent::Delivered(PageOutcome {
            page: key(1, 1, step),
            bundle,
            paged_at: Timestamp(0),
            contact: contact(),
            sent,
            why: "status 410".into(),
            attempts: 1,
        })
    }

    fn delivered(sent: bool) -> PersonEvent {
        outcome(1, 0, sent)
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
        let all: Vec<_> = (1..=300).map(|step| outcome(step, 0, false)).collect();
        let inbox = inbox(&all);
        assert_eq!((inbox.dead.len(), inbox.dead[0].key.step), (DEAD_MAX, 45));
    }

    fn quiet(ordinal: u32) -> PersonEvent {
        let quiet = Some(Quiet { cause: QuietCause::Bundled, by: "a test".into(), until: Timestamp(60) });
        PersonEvent::Paged { alert: alert(ordinal), round: 1, step: 1, deliveries: Vec::new(), quiet }
    }

    #[test]
    fn pages_that_are_put_together_go_out_as_one_and_end_with_the_last_of_them() {
        let waiting = inbox(&[quiet(1), quiet(2), paged(3, 1, 1)]);
        assert_eq!((waiting.bundle_due(), waiting.bundled().len()), (Some(Timestamp(60)), 2));
        let (pages, deliveries) = (waiting.bundled(), vec![(contact(), 0)]);
        let sent = PersonEvent::Bundled { number: 1, pages, deliveries };
        let mut bundled = inbox(&[quiet(1), quiet(2), sent]);
        assert_eq!((bundled.bundle_due(), bundled.bundles_undelivered().count()), (None, 1));
        let taken_back = bundled.decide_withdraw(&alert(1)).unwrap();
        bundled.evolve(&taken_back, Timestamp(0));
        assert_eq!(bundled.bundles_undelivered().count(), 1, "the other one waits still");
        bundled.evolve(&outcome(1, 1, true), Timestamp(0));
        assert_eq!(bundled.bundles_undelivered().count(), 0);
        let taken_back = bundled.decide_withdraw(&alert(2)).unwrap();
        bundled.evolve(&taken_back, Timestamp(0));
        assert!(bundled.bundles.is_empty() && bundled.bundles_sent == 1);
    }
}
