//! Why a page stays in the inbox and goes out by no contact. Nothing here touches the ladder: the next step looks anew.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, ToSmolStr};

use super::standing::Maintenance;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::time::Timestamp;

/// What keeps a page quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuietCause {
    /// Somebody works on the unit's equipment.
    Maintenance,
    /// Somebody silenced the alert's signals for a while.
    Snoozed,
}

impl QuietCause {
    /// Its name in the journal and for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::Snoozed => "snoozed",
        }
    }
}

impl FromStr for QuietCause {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALL: [QuietCause; 2] = [QuietCause::Maintenance, QuietCause::Snoozed];
        ALL.into_iter().find(|cause| cause.as_str() == text).ok_or("it is no cause of silence that this program knows")
    }
}

/// Why a page is quiet, by whom, until when: journaled with the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// The cause.
    pub cause: QuietCause,
    /// The person who wanted it; where the platform did, what it did it for.
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
}

impl Quiet {
    /// Why a page stays quiet at `now`; `None`: it goes out. A physiological high alert is never quiet, and the first page
    /// of a round of any high alert never is.
    #[must_use]
    pub fn of(facts: &PageFacts<'_>, now: Timestamp) -> Option<Self> {
        let technical = facts.kind == ConditionKind::Technical;
        if facts.priority == Priority::High && (!technical || facts.step == 1) {
            return None;
        }
        let maintenance = facts.maintenance.filter(|work| technical && now < work.until).map(|work| Self {
            cause: QuietCause::Maintenance,
            by: work.by.to_smolstr(),
            until: work.until,
        });
        let snoozed = || {
            let (by, until) = facts.snoozed.filter(|(_, until)| facts.priority < Priority::High && now < *until)?;
            Some(Self { cause: QuietCause::Snoozed, by: by.into(), until })
        };
        maintenance.or_else(snoozed)
    }
}
