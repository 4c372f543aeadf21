//! Who is responsible: people and how they are reached, rotations, policies, the roster that they make, and "who now".
//!
//! Everything here is a pure function of a [`Roster`] and an instant. The [`Plan`] is what the files under `config/care`
//! say; the roster is that plan with what people said and did since, folded from [`RosterEvent`]s.

mod calendar;
mod command;
mod event;
mod forecast;
mod hours;
mod person;
mod plan;
mod plan_file;
mod policy;
mod quiet;
mod resolve;
mod roster;
mod rotation;
mod shift;
mod standing;
mod team;
pub mod terms;
mod turns;
pub mod unit_conditions;
mod zone;

pub use calendar::Calendar;
pub use command::{RosterCommand, RosterRefused};
pub use event::RosterEvent;
pub use forecast::{Coverage, Gap, GapCause};
pub use hours::Hours;
pub use person::{Contact, EMAIL, IN_APP, Person, PersonRule};
pub use plan::{Plan, Unit};
pub use policy::{Delay, Policy, Step, Target};
pub use quiet::{PageFacts, Quiet, QuietCause};
pub use resolve::{PRIMARY, Question, Resolved, TECHNICIAN};
pub use roster::{NotAdopted, Roster};
pub use rotation::{Layer, NeedsReplacement, Rotation};
pub use shift::ShiftOffer;
pub use standing::{Assigned, Assignment, Check, Maintenance, Override, Standing};
pub use turns::{DAY_MINUTES, OnCall, TURN_MINUTES_MAX, TURN_MINUTES_MIN, Turns};
pub use zone::Zone;

#[cfg(test)]
mod tests;
