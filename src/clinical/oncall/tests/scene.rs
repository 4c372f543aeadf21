//! A small site, and words to write facts with.

use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{PatientId, PersonId, RotationId, UnitId};
use crate::clinical::oncall::{Contact, Plan, Question, Roster, RosterCommand, RosterEvent, RosterRefused};
use crate::time::Timestamp;

/// The policies that are shipped.
pub const POLICIES: &str = include_str!("../../../../config/care/policies.toml");

/// Two units, six people.
pub const SITE: &str = r#"
[[person]]
id = "nurse-a"
contacts = ["webhook:https://pager.example/a", "email:a@hospital.example"]
[[person]]
id = "nurse-b"
contacts = ["webhook:https://pager.example/b"]
[[person]]
id = "nurse-c"
contacts = ["webhook:https://pager.example/c"]
[[person]]
id = "charge"
contacts = ["webhook:https://pager.example/charge"]
[[person]]
id = "dr-x"
contacts = ["web-push:x"]
[[person]]
id = "tech"
contacts = ["email:tech@hospital.example"]

[[rotation]]
id = "nurses"
zone = "Europe/Zurich"
[[rotation.layer]]
start = "2026-01-05 07:00"
turn = "daily"
people = ["nurse-a", "nurse-b", "nurse-c"]

[[calendar]]
id = "clinic-days"
zone = "Europe/Zurich"
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "17:00"
holidays = ["2026-12-25"]

[[unit]]
id = "icu"
setting = "bedside"
[unit.roles]
primary = ["rotation:nurses"]
backup = ["person:charge"]
charge-nurse = ["person:charge"]
physician = ["person:dr-x"]
code-team = ["person:dr-x", "person:charge"]
supervisor = ["person:charge"]
technician = ["person:tech"]

[[unit]]
id = "clinic"
setting = "device-clinic"
calendar = "clinic-days"
[unit.roles]
primary = ["rotation:nurses"]
backup = ["person:charge"]
physician = ["person:dr-x"]
supervisor = ["person:charge"]
technician = ["person:tech"]
"#;

pub fn files(site: &str) -> Vec<(String, String)> {
    vec![("policies.toml".into(), POLICIES.into()), ("site.toml".into(), site.into())]
}

pub fn plan(site: &str) -> Plan {
    Plan::parse(&files(site)).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// A roster with a plan, whose changes are decided and folded as the platform does.
pub struct Site {
    pub roster: Roster,
    pub now: Timestamp,
}

impl Site {
    /// At noon of Monday, 2 March 2026, in Zurich.
    pub fn new() -> Self {
        let mut site = Self { roster: Roster::default(), now: at("2026-03-02T11:00:00Z") };
        site.command(RosterCommand::AdoptPlan { files: files(SITE) }).expect("the plan is adopted");
        site
    }

    #[allow(clippy::needless_pass_by_value)] // Commands are written where they are given.
    pub fn command(&mut self, command: RosterCommand) -> Result<Vec<RosterEvent>, RosterRefused> {
        let events = self.roster.decide(&command, self.now)?;
        for event in &events {
            self.roster.evolve(event, self.now);
        }
        Ok(events)
    }

    /// Everybody has shown that every contact of theirs works.
    pub fn verify_all(&mut self) {
        let all: Vec<(PersonId, Contact)> = self
            .roster
            .plan()
            .people()
            .iter()
            .flat_map(|one| one.contacts.iter().map(|contact| (one.id.clone(), contact.clone())))
            .collect();
        for (person, contact) in all {
            self.command(RosterCommand::VerifyContact { person, contact }).expect("a known contact");
        }
    }

    pub fn people_of(&self, unit: &UnitId, kind: ConditionKind, priority: Priority, step: u32) -> Vec<String> {
        let question = Question { unit, patient: None, kind, priority, lethal: false, step };
        let resolved = self.roster.resolve(&question, self.now).expect("a policy");
        resolved.people.iter().map(ToString::to_string).collect()
    }
}

pub fn at(rfc3339: &str) -> Timestamp {
    Timestamp(chrono::DateTime::parse_from_rfc3339(rfc3339).expect("a time").timestamp_micros())
}

pub fn person(id: &str) -> PersonId {
    PersonId::new(id).expect("a person")
}

pub fn unit(id: &str) -> UnitId {
    UnitId::new(id).expect("a unit")
}

pub fn rotation(id: &str) -> RotationId {
    RotationId::new(id).expect("a rotation")
}

pub fn patient(id: &str) -> PatientId {
    PatientId::new(id).expect("a patient")
}
