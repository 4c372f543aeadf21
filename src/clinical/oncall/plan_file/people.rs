//! `[[person]]`

use smol_str::SmolStr;

use super::read::Reading;
use super::words::{id, place, tables};
use crate::clinical::condition::Priority;
use crate::clinical::fields::Fields;
use crate::clinical::ids::{ChannelId, PersonId};
use crate::clinical::oncall::person::{Contact, Person, PersonRule};

/// A longer wait for a person's second channel would outlast any step.
const RULE_DELAY_S_MAX: f64 = 3_600.0;
/// Longer addresses are mistakes.
const ADDRESS_BYTES_MAX: usize = 1_024;

pub(super) fn person(fields: &mut Fields<'_>, reading: &mut Reading) {
    let name = id(fields, "id", PersonId::new);
    let contacts = contacts(fields);
    let mut rules = Vec::new();
    tables(fields, "rule", reading, |rule, _| rules.extend(read_rule(rule, &contacts)));
    if let Some(id) = name {
        reading.people_at.push(place(fields, fields.offset()));
        reading.plan.people.push(Person { id, contacts, rules });
    }
}

fn contacts(fields: &mut Fields<'_>) -> Vec<Contact> {
    let mut found: Vec<Contact> = Vec::new();
    for (text, offset) in fields.texts("contacts") {
        let parts = text.split_once(':').and_then(|(channel, address)| {
            let address = Some(address).filter(|address| !address.is_empty() && address.len() <= ADDRESS_BYTES_MAX)?;
            Some(Contact { channel: ChannelId::new(channel).ok()?, address: SmolStr::new(address) })
        });
        match parts {
            Some(contact) if found.contains(&contact) => fields.source.mistake(offset, "the contact is there twice"),
            Some(contact) => found.push(contact),
            None => {
                let allowed = "\"CHANNEL:ADDRESS\", for example \"webhook:https://pager.example/v1\"";
                fields.source.mistake(offset, format!("a contact must be {allowed}"));
            }
        }
    }
    found
}

fn read_rule(fields: &mut Fields<'_>, contacts: &[Contact]) -> Option<PersonRule> {
    let priority =
        fields.word("priority", &[("low", Priority::Low), ("medium", Priority::Medium), ("high", Priority::High)]);
    let channel = id(fields, "channel", ChannelId::new);
    let delay_s = fields.optional_number("delay_s", 0.0..=RULE_DELAY_S_MAX).unwrap_or(0.0);
    if let Some(channel) = &channel
        && !contacts.iter().any(|contact| contact.channel == *channel)
    {
        fields.wrong("channel", &format!("names `{channel}`, for which the person has no contact"));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most an hour.
    let delay_ms = (delay_s * 1_000.0).round() as u32;
    Some(PersonRule { priority: priority?, channel: channel?, delay_ms })
}
