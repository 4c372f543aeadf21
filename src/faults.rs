//! Fault points: named places between admission and effect at which a test or a chaos scenario lets an actor fail.
//!
//! Without `cfg(test)` and without the feature `chaos` a point is nothing. With them it is still nothing until somebody
//! arms it, for its n-th passing, of one device, patient, unit or person if so wished, so that tests which run side by
//! side do not disturb each other.

/// Where an actor can be made to fail. The order is that of a reading's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// Device: it has a reading in hand.
    DeviceOnReceipt,
    /// Device: the reading is judged, nothing was handed to the writer.
    DeviceBeforeAppend,
    /// Device: the writer has the reading, the patient does not.
    DeviceBeforeHandOver,
    /// Device: the patient has the reading too.
    DeviceAfterHandOver,
    /// Device: a new actor has read its state, and has told nobody.
    DeviceInRecovery,
    /// Patient: it has an item in hand.
    PatientOnReceipt,
    /// Patient: the item is next, what was missed before it is consumed.
    PatientBeforeConsume,
    /// Patient: the item is consumed, nothing was handed to the writer.
    PatientBeforeAppend,
    /// Patient: the writer has what followed from the item, or its mark waits.
    PatientAfterAppend,
    /// Patient: what was missed is about to be read from a device's stream.
    PatientInCatchUp,
    /// Patient: a new actor has read its state, and repeats what the alerts still want from outside.
    PatientInRecovery,
    /// Keeper: a new actor has read its state, and has told nobody.
    KeeperInRecovery,
    /// Keeper: something changed for its subject.
    KeeperOnChange,
    /// An effect is about to be carried out.
    EffectBefore,
    /// Care team: a new actor has read its ladder.
    CareTeamInRecovery,
    /// Care team: it is asked who answers.
    CareTeamOnAsk,
    /// Person: a page arrives.
    PersonOnPage,
    /// Person: the page is decided, the writer does not have it.
    PersonBeforeAppend,
    /// Person: the writer has the page.
    PersonAfterAppend,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 19] = [
        Self::DeviceOnReceipt,
        Self::DeviceBeforeAppend,
        Self::DeviceBeforeHandOver,
        Self::DeviceAfterHandOver,
        Self::DeviceInRecovery,
        Self::PatientOnReceipt,
        Self::PatientBeforeConsume,
        Self::PatientBeforeAppend,
        Self::PatientAfterAppend,
        Self::PatientInCatchUp,
        Self::PatientInRecovery,
        Self::KeeperInRecovery,
        Self::KeeperOnChange,
        Self::EffectBefore,
        Self::CareTeamInRecovery,
        Self::CareTeamOnAsk,
        Self::PersonOnPage,
        Self::PersonBeforeAppend,
        Self::PersonAfterAppend,
    ];
}

/// A fault that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fault was injected at {0:?}")]
pub struct Injected(pub Point);

/// Passes a point as `key` (the id of whose actor passes).
///
/// # Errors
/// [`Injected`] where an error was armed; a panic where a panic was.
#[cfg(not(any(test, feature = "chaos")))]
#[inline(always)]
#[allow(clippy::inline_always, clippy::unnecessary_wraps, reason = "a point must cost nothing where faults are off")]
pub const fn point(_: Point, _: &str) -> Result<(), Injected> {
    Ok(())
}

#[cfg(any(test, feature = "chaos"))]
pub use armed::{Action, Armed, arm, point};

#[cfg(any(test, feature = "chaos"))]
mod armed {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use super::{Injected, Point};

    /// What happens at an armed point.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Action {
        /// The actor panics.
        Panic,
        /// The actor's handler returns an error.
        Error,
    }

    struct Fault {
        point: Point,
        key: Option<String>,
        action: Action,
        passings_left: AtomicU64,
        fired: AtomicBool,
    }

    /// A fault that waits; taken back when dropped.
    pub struct Armed(Arc<Fault>);

    impl Armed {
        /// Whether it has fired.
        #[must_use]
        pub fn has_fired(&self) -> bool {
            self.0.fired.load(Ordering::SeqCst)
        }
    }

    impl Drop for Armed {
        fn drop(&mut self) {
            faults().retain(|fault| !Arc::ptr_eq(fault, &self.0));
        }
    }

    static FAULTS: Mutex<Vec<Arc<Fault>>> = Mutex::new(Vec::new());

    /// A panic at a point is raised after the lock is released.
    fn faults() -> MutexGuard<'static, Vec<Arc<Fault>>> {
        FAULTS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a point: the `nth` passing from now on, from 1, of `key` alone or of anybody, fails once.
    #[must_use]
    pub fn arm(point: Point, key: Option<&str>, nth: u64, action: Action) -> Armed {
        let fault = Arc::new(Fault {
            point,
            key: key.map(str::to_owned),
            action,
            passings_left: AtomicU64::new(nth.max(1)),
            fired: AtomicBool::new(false),
        });
        faults().push(Arc::clone(&fault));
        Armed(fault)
    }

    /// Passes a point as `key` (the id of whose actor passes).
    ///
    /// # Errors
    /// [`Injected`] where an error was armed.
    ///
    /// # Panics
    /// Where a panic was armed.
    pub fn point(point: Point, key: &str) -> Result<(), Injected> {
        let action = faults().iter().find_map(|fault| {
            let is_meant = fault.point == point && fault.key.as_deref().is_none_or(|wanted| wanted == key);
            (is_meant && fault.passings_left.fetch_sub(1, Ordering::SeqCst) == 1).then(|| {
                fault.fired.store(true, Ordering::SeqCst);
                fault.action
            })
        });
        match action {
            None => Ok(()),
            Some(Action::Error) => Err(Injected(point)),
            Some(Action::Panic) => panic!("a fault was injected at {point:?}"),
        }
    }
}
