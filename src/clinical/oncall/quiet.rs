//! Why a page stays in the inbox and goes out by no contact. Nothing here touches the ladder: the next step looks anew.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use super::standing::Maintenance;
use super::terms;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::time::Timestamp;

/// What keeps a page quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuietCause {
    /// Somebody works on the unit's equipment.
    Maintenance,
    /// Somebody silenced the alert's signals for a while.
    Snoozed,
    /// An alert of the whole unit says the same of all its devices.
    Inhibited,
    /// The same condition came and went again and again.
    Flapping,
    /// Many pages went to this person just before: it comes with others, in one.
    Bundled,
}

impl QuietCause {
    const ALL: [Self; 5] = [Self::Maintenance, Self::Snoozed, Self::Inhibited, Self::Flapping, Self::Bundled];

    /// Its name in the journal and for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::Snoozed => "snoozed",
            Self::Inhibited => "inhibited",
            Self::Flapping => "flapping",
            Self::Bundled => "bundled",
        }
    }
}

impl FromStr for QuietCause {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|cause| cause.as_str() == text);
        found.ok_or("it is no cause of silence that this program knows")
    }
}

/// Why a page is quiet, by whom, until when: journaled with the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// The cause.
    pub cause: QuietCause,
    /// The person who wanted it; where the platform did, the alert or the figure for which it did.
    pub by: SmolStr,
    /// From then on pages go out again.
    pub until: Timestamp,
}

/// What decides whether a page stays quiet.
#[derive(Clone, Copy, Debug)]
pub struct PageFacts<'a> {
    /// Kind of the alert.
    pub kind: ConditionKind,
    /// Its priority.
    pub priority: Priority,
    /// The step of the ladder, from 1.
    pub step: u32,
    /// The maintenance of its unit, now.
    pub maintenance: Option<&'a Maintenance>,
    /// Until when it is silenced without an answer, and by whom.
    pub snoozed: Option<(&'a str, Timestamp)>,
    /// The alert of the unit that says the same, and when that is looked at next.
    pub unit_alert: Option<(&'a str, Timestamp)>,
    /// Alerts of the same condition that were raised within [`terms::FLAPPING_MS`], this one among them.
    pub raised_lately: usize,
    /// Pages that went out to this person within [`terms::BUNDLE_MS`].
    pub sent_lately: usize,
    /// When the pages that are being put together go out, where some are.
    pub bundle_due: Option<Timestamp>,
}

impl Quiet {
    /// Why a page stays quiet at `now`; `None`: it goes out. A physiological high alert is never quiet, and the first page
    /// of a round of any high alert never is. What a unit's alert says hides technical alerts only: one sensor's failure
    /// never hides what another one finds.
    #[must_use]
    pub fn of(facts: &PageFacts<'_>, now: Timestamp) -> Option<Self> {
        let technical = facts.kind == ConditionKind::Technical;
        let high = facts.priority == Priority::High;
        if high && (!technical || facts.step == 1) {
            return None;
        }
        let quiet = |cause, by: SmolStr, until| Some(Self { cause, by, until }).filter(|quiet| now < quiet.until);
        let maintenance = facts.maintenance.filter(|_| technical);
        let unit_alert = facts.unit_alert.filter(|_| technical);
        let snoozed = facts.snoozed.filter(|_| !high);
        let flaps = !high && facts.raised_lately > terms::FLAPS;
        let bundled = !high && (facts.bundle_due.is_some() || facts.sent_lately >= terms::BUNDLE_PAGES);
        maintenance
            .and_then(|work| quiet(QuietCause::Maintenance, work.by.to_smolstr(), work.until))
            .or_else(|| unit_alert.and_then(|(by, until)| quiet(QuietCause::Inhibited, by.into(), until)))
            .or_else(|| snoozed.and_then(|(by, until)| quiet(QuietCause::Snoozed, by.into(), until)))
            .or_else(|| {
                let by = || format_smolstr!("raised {} times lately", facts.raised_lately);
                if flaps { quiet(QuietCause::Flapping, by(), now.plus_ms(terms::FLAPPING_MS)) } else { None }
            })
            .or_else(|| {
                let due = facts.bundle_due.unwrap_or_else(|| now.plus_ms(terms::BUNDLE_MS));
                let by = || format_smolstr!("{} pages went out lately", facts.sent_lately);
                if bundled { quiet(QuietCause::Bundled, by(), due) } else { None }
            })
    }
}
