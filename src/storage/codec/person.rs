//! Records of the streams of persons: pages, and what became of them.

use prost::Message;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::error::DecodeError;
use crate::clinical::ids::{AlertId, ChannelId};
use crate::clinical::oncall::{Contact, Quiet};
use crate::proto::{self, person_record::Event as Stored};
use crate::time::Timestamp;

const WHAT: &str = "person record";

/// What a page is known by, beside its person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PageKey {
    /// The alert.
    pub alert: AlertId,
    /// Its round.
    pub round: u32,
    /// The step.
    pub step: u32,
}

/// What became of a page, or of a bundle of pages, by one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOutcome {
    /// The page; of a bundle, its first.
    pub page: PageKey,
    /// The bundle's number; 0: it is one page.
    pub bundle: u32,
    /// Receipt time at which it was recorded to go out.
    pub paged_at: Timestamp,
    /// The contact.
    pub contact: Contact,
    /// The provider has it; otherwise it is a dead letter.
    pub sent: bool,
    /// Why it is one.
    pub why: SmolStr,
    /// How often it was attempted.
    pub attempts: u32,
}

/// One record of a person's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRecord {
    /// Receipt time.
    pub now: Timestamp,
    /// What happened.
    pub event: PersonEvent,
}

/// What happened to a person's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonEvent {
    /// The person was paged for a step of an alert.
    Paged {
        /// The alert.
        alert: AlertId,
        /// Its round.
        round: u32,
        /// The step.
        step: u32,
        /// By which contacts it goes out, each with its delay in milliseconds; the inbox has it at once.
        deliveries: Vec<(Contact, u32)>,
        /// Why only the inbox gets it; `None`: it goes out.
        quiet: Option<Quiet>,
    },
    /// Pages that were put together go out as one.
    Bundled {
        /// From 1, ascending.
        number: u32,
        /// The pages.
        pages: Vec<PageKey>,
        /// By which contacts.
        deliveries: Vec<(Contact, u32)>,
    },
    /// What became of it.
    Delivered(PageOutcome),
    /// Every page of the alert was taken back.
    Withdrawn(AlertId),
}

/// Encodes a record of a person's stream.
#[must_use]
pub fn encode_person(record: &PersonRecord) -> Vec<u8> {
    let mut stored = proto::PersonRecord { now_us: record.now.micros(), ..Default::default() };
    stored.event = Some(match &record.event {
        PersonEvent::Paged { alert, round, step, deliveries, quiet } => {
            stored.deliveries = encode_deliveries(deliveries);
            stored.quiet = quiet.as_ref().map(|quiet| proto::PageQuiet {
                cause: quiet.cause.as_str().to_owned(),
                by: quiet.by.to_string(),
                until_us: quiet.until.micros(),
            });
            Stored::Paged(proto::Page {
                alert: alert.to_string(),
                round: *round,
                step: *step,
                paged_at_us: record.now.micros(),
                ..proto::Page::default()
            })
        }
        PersonEvent::Bundled { number, pages, deliveries } => {
            stored.deliveries = encode_deliveries(deliveries);
            let page = |page: &PageKey| proto::Page {
                alert: page.alert.to_string(),
                round: page.round,
                step: page.step,
                ..proto::Page::default()
            };
            Stored::Bundled(proto::PagesBundled { number: *number, pages: pages.iter().map(page).collect() })
        }
        PersonEvent::Withdrawn(alert) => Stored::Withdrawn(alert.to_string()),
        PersonEvent::Delivered(outcome) => Stored::Delivered(encode_outcome(outcome)),
    });
    stored.encode_to_vec()
}

/// Decodes a record of a person's stream.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_person(plaintext: &[u8]) -> Result<PersonRecord, DecodeError> {
    let stored = proto::PersonRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let deliveries = || {
        let one = |one: &proto::PageDelivery| Ok((contact(&one.channel, &one.address)?, one.delay_ms));
        stored.deliveries.iter().map(one).collect::<Result<Vec<_>, DecodeError>>()
    };
    let event = match stored.event.as_ref().ok_or_else(|| DecodeError::missing(WHAT, "event"))? {
        Stored::Paged(page) => {
            let PageKey { alert, round, step } = page_key(page)?;
            let quiet = stored.quiet.as_ref().map(quiet).transpose()?;
            PersonEvent::Paged { alert, round, step, deliveries: deliveries()?, quiet }
        }
        Stored::Bundled(bundle) => {
            let pages = bundle.pages.iter().map(page_key).collect::<Result<_, _>>()?;
            PersonEvent::Bundled { number: bundle.number, pages, deliveries: deliveries()? }
        }
        Stored::Delivered(page) => PersonEvent::Delivered(decode_outcome(page)?),
        Stored::Withdrawn(text) => PersonEvent::Withdrawn(alert(text)?),
    };
    Ok(PersonRecord { now: Timestamp(stored.now_us), event })
}

fn encode_deliveries(deliveries: &[(Contact, u32)]) -> Vec<proto::PageDelivery> {
    let one = |(contact, delay_ms): &(Contact, u32)| proto::PageDelivery {
        channel: contact.channel.to_string(),
        address: contact.address.to_string(),
        delay_ms: *delay_ms,
    };
    deliveries.iter().map(one).collect()
}

fn encode_outcome(outcome: &PageOutcome) -> proto::PageDelivered {
    let PageOutcome { page, bundle, paged_at, contact, sent, why, attempts } = outcome;
    proto::PageDelivered {
        alert: page.alert.to_string(),
        round: page.round,
        step: page.step,
        bundle: *bundle,
        channel: contact.channel.to_string(),
        address: contact.address.to_string(),
        sent: *sent,
        why: why.to_string(),
        attempts: *attempts,
        paged_at_us: paged_at.micros(),
    }
}

fn decode_outcome(stored: &proto::PageDelivered) -> Result<PageOutcome, DecodeError> {
    Ok(PageOutcome {
        page: PageKey { alert: alert(&stored.alert)?, round: stored.round, step: stored.step },
        bundle: stored.bundle,
        paged_at: Timestamp(stored.paged_at_us),
        contact: contact(&stored.channel, &stored.address)?,
        sent: stored.sent,
        why: SmolStr::new(&stored.why),
        attempts: stored.attempts,
    })
}

fn page_key(page: &proto::Page) -> Result<PageKey, DecodeError> {
    Ok(PageKey { alert: alert(&page.alert)?, round: page.round, step: page.step })
}

fn quiet(stored: &proto::PageQuiet) -> Result<Quiet, DecodeError> {
    let cause = stored.cause.parse().map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(Quiet { cause, by: SmolStr::new(&stored.by), until: Timestamp(stored.until_us) })
}

fn contact(channel: &str, address: &str) -> Result<Contact, DecodeError> {
    let channel = ChannelId::new(channel).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(Contact { channel, address: SmolStr::new(address) })
}

fn alert(text: &str) -> Result<AlertId, DecodeError> {
    text.parse().map_err(|error| DecodeError::because(WHAT, error))
}
