//! Nobody judges a value: there is no set of limits for this age class or device model. Loud, and technical.

use smol_str::SmolStr;

use super::fields::Fields;
use super::slot::Turn;
use crate::clinical::codes::Code;
use crate::time::Timestamp;

/// A device sends `code`, or what a `score` is made of, and no rule of the set that judges it applies to the patient's age
/// or to the device's model. Ends as soon as one does.
///
/// Slot: `count` is 1 while none applies.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LimitsMissing {
    pub(super) of: Judged,
}

/// What would have to be judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Judged {
    Code(Code),
    /// A score, by its name until the set is complete, then by its place.
    Score {
        name: SmolStr,
        index: u16,
    },
}

impl LimitsMissing {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        if fields.has("code") == fields.has("score") {
            fields.source.mistake(fields.offset(), "exactly one of `code` and `score` must be there");
        }
        if fields.has("score") {
            let name = SmolStr::new(fields.text("score")?);
            return Some(Self { of: Judged::Score { name, index: 0 } });
        }
        Some(Self { of: Judged::Code(fields.code("code")?.code) })
    }

    /// Something came that would have to be judged.
    #[allow(clippy::unused_self)] // One verb for every kind.
    pub(super) fn heard(&self, turn: &mut Turn<'_>, at: Timestamp) {
        if turn.slot.count == 1 {
            turn.begin(at, at, None);
        } else {
            turn.end(at);
        }
    }
}
