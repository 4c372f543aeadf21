//! People, how they are reached, and how they want to be.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::clinical::condition::Priority;
use crate::clinical::ids::{ChannelId, PersonId};

/// The inbox on the platform's own screens: everybody has it.
pub const IN_APP: &str = "in-app";
/// E-mail.
pub const EMAIL: &str = "email";

/// A way to reach a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Contact {
    /// By which channel.
    pub channel: ChannelId,
    /// Where, in the words of the channel: an address, a URL.
    pub address: SmolStr,
}

impl Contact {
    /// Whether it can be expected to interrupt somebody who looks at no screen: the inbox and e-mail cannot, so neither
    /// makes a person reachable for high alerts.
    #[must_use]
    pub fn interrupts(&self) -> bool {
        !matches!(self.channel.as_str(), IN_APP | EMAIL)
    }
}

/// How a person wants to be paged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRule {
    /// For alerts of this priority.
    pub priority: Priority,
    /// By this channel.
    pub channel: ChannelId,
    /// After so long, if nobody has answered by then.
    pub delay_ms: u32,
}

/// A person who can be on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Opaque.
    pub id: PersonId,
    /// How they are reached, besides the inbox.
    pub contacts: Vec<Contact>,
    /// How they want to be paged; for a priority without a rule see [`Person::deliveries`].
    pub rules: Vec<PersonRule>,
}

impl Person {
    /// The contacts by which a page of this priority goes out, besides the inbox, each with its delay. Without a rule:
    /// high and medium by every contact at once, low by none.
    ///
    /// A rule never delays the first page of a high alert: its earliest contact that interrupts goes out at once.
    #[must_use]
    pub fn deliveries(&self, priority: Priority) -> Vec<(&Contact, u32)> {
        self.deliveries_by(priority, |_| true)
    }

    /// As [`Person::deliveries`], by those contacts that may be used.
    #[must_use]
    pub fn deliveries_by(&self, priority: Priority, usable: impl Fn(&Contact) -> bool) -> Vec<(&Contact, u32)> {
        let contacts = || self.contacts.iter().filter(|contact| usable(contact));
        let mut rules = self.rules.iter().filter(|rule| rule.priority == priority).peekable();
        let mut found: Vec<_> = if rules.peek().is_none() {
            contacts().filter(|_| priority > Priority::Low).map(|contact| (contact, 0)).collect()
        } else {
            let by =
                |rule: &PersonRule| contacts().filter(|contact| contact.channel == rule.channel).collect::<Vec<_>>();
            rules.flat_map(|rule| by(rule).into_iter().map(|contact| (contact, rule.delay_ms))).collect()
        };
        if priority == Priority::High {
            // A rule that names nothing that interrupts would leave the person unreached.
            if !found.iter().any(|(contact, _)| contact.interrupts()) {
                found.extend(contacts().filter(|contact| contact.interrupts()).map(|contact| (contact, 0)));
            }
            let first = found.iter_mut().filter(|(contact, _)| contact.interrupts()).min_by_key(|(_, delay)| *delay);
            if let Some((_, delay)) = first {
                *delay = 0;
            }
        }
        found.sort_by_key(|(_, delay)| *delay);
        found
    }
}
