//! What every way to reach people has in common.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use smol_str::SmolStr;

use crate::clinical::condition::Priority;
use crate::clinical::ids::{ChannelId, PersonId};
use crate::time::Timestamp;

/// Every attempt ends within this time.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// One message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same on every attempt: a receiver that has it already drops the repeat.
    pub key: SmolStr,
    /// Whether an attempt with this key may have arrived before.
    pub repeat: bool,
    /// Who is paged.
    pub person: PersonId,
    /// Receipt time of the page.
    pub paged_at: Timestamp,
    /// How urgent it is.
    pub priority: Priority,
    /// One line: the rule, the unit, the bed. No patient data.
    pub title: String,
    /// A few lines. No patient data.
    pub text: String,
    /// Where to answer; empty: nowhere.
    pub link: String,
    /// The alerts that it is about, as opaque ids.
    pub alerts: Vec<String>,
    /// Whether it belongs to a drill.
    pub drill: bool,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it.
    Sent,
    /// It did not arrive; another attempt may.
    Failed {
        /// Why, without patient data.
        why: SmolStr,
        /// The provider asks to wait so long.
        wait: Option<Duration>,
    },
    /// It may have arrived: another attempt carries the same key and is marked as a repeat.
    Unknown {
        /// What happened.
        why: SmolStr,
    },
    /// It will never arrive by this address.
    Refused {
        /// Why.
        why: SmolStr,
    },
}

/// An attempt under way.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A way to reach people.
///
/// An implementation
/// - MUST end each attempt within [`SEND_TIMEOUT`], whatever the other side does: answers slowly, endlessly, not at all,
///   or resets the connection;
/// - MUST hand the key on with each attempt, so that the receiver can tell a repeat;
/// - MUST say [`Outcome::Sent`] only once the provider has said that it has the message, and [`Outcome::Failed`] or
///   [`Outcome::Refused`] only where it certainly has not; [`Outcome::Unknown`] is everything in between;
/// - MUST NOT follow redirects, MUST bound what it reads, and MUST NOT put anything into the message that is not in it;
/// - MUST be usable from many tasks at once, one attempt never holding up another;
/// - MUST leave nothing behind when an attempt is dropped;
/// - SHOULD keep connections for the next message.
///
/// A program that has Vigil inside gives channels of its own to [`Builder::channel`](crate::app::Builder::channel); one
/// that panics or does not end in time did not deliver, and is tried again.
pub trait Channel: Send + Sync + 'static {
    /// Its name in addresses: `webhook`, `email`.
    fn id(&self) -> ChannelId;

    /// Whether `address` is one of this channel.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    fn check(&self, address: &str) -> Result<(), String>;

    /// Where it reaches somebody of whom the care plan names no contact by this channel; `None`: nowhere. A host that knows
    /// its people itself answers here, and they are paged by it at once, whatever the priority.
    fn address_of(&self, person: &PersonId) -> Option<SmolStr> {
        let _ = person;
        None
    }

    /// Attempts to hand `message` to `address`.
    fn send<'a>(&'a self, message: &'a Message, address: &'a str) -> SendFuture<'a>;
}
