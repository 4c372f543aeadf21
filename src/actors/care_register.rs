//! Who cares for whom, as committed: read by every decision, changed by the roster, the care units' actors and the grants.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::access::{CareTeams, Grants};
use crate::clinical::ids::{PersonId, UnitId};
use crate::clinical::oncall::Roster;

/// The care teams in force. Reading takes no lock.
#[derive(Debug, Default)]
pub(super) struct CareRegister {
    teams: ArcSwap<CareTeams>,
}

impl CareRegister {
    /// As of now.
    pub fn now(&self) -> Arc<CareTeams> {
        self.teams.load_full()
    }

    /// A unit's ladder was committed, or recovered.
    pub fn set_ladder(&self, unit: &UnitId, people: &BTreeSet<PersonId>) {
        self.change(|teams| teams.set_ladder(unit.clone(), people.clone()));
    }

    /// A roster was committed, or recovered.
    pub fn set_roster(&self, roster: &Arc<Roster>) {
        self.change(|teams| teams.set_roster(Arc::clone(roster)));
    }

    /// Grants were committed, or recovered.
    pub fn set_grants(&self, grants: Grants) {
        let grants = Arc::new(grants);
        self.change(|teams| teams.set_grants(Grants::clone(&grants)));
    }

    fn change(&self, change: impl Fn(&mut CareTeams)) {
        self.teams.rcu(|teams| {
            let mut next = CareTeams::clone(teams);
            change(&mut next);
            next
        });
    }
}
