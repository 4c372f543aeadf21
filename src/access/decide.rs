//! The one decision.

use super::{Fields, Relation, Role, Verb};
use crate::clinical::condition::ConditionKind::{Physiological, Technical};

/// What a person is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes, and these fields of it; commands without an answer that shows something allow no field.
    Allow(Fields),
    /// It does not exist for this person: the same answer as for what is not there.
    Absent,
    /// No person of these roles may, whatever the patient. Says who may.
    Forbid(&'static str),
}

impl Decision {
    /// The fields of an allowed answer.
    #[must_use]
    pub const fn fields(self) -> Option<Fields> {
        match self {
            Self::Allow(fields) => Some(fields),
            Self::Absent | Self::Forbid(_) => None,
        }
    }

    /// The more generous of two roles' answers: what one of them shows, the person sees.
    const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allow(a), Self::Allow(b)) => Self::Allow(a.union(b)),
            (Self::Allow(fields), _) | (_, Self::Allow(fields)) => Self::Allow(fields),
            (Self::Absent, _) | (_, Self::Absent) => Self::Absent,
            (Self::Forbid(who), Self::Forbid(_)) => Self::Forbid(who),
        }
    }
}

/// Decides what a person of these roles, who stands so to the patient, is answered.
#[must_use]
pub fn decide(roles: &[Role], relation: Relation, verb: Verb) -> Decision {
    let nobody = Decision::Forbid(who_may(verb));
    roles.iter().fold(nobody, |decision, role| decision.or(of_role(role, relation, verb)))
}

/// Whether the question may be put at all, before it is known which patient it is about.
///
/// # Errors
/// Who may.
pub fn may_ask(roles: &[Role], verb: Verb) -> Result<(), &'static str> {
    match decide(roles, Relation::CLOSEST, verb) {
        Decision::Allow(_) => Ok(()),
        Decision::Absent | Decision::Forbid(_) => Err(who_may(verb)),
    }
}

fn of_role(role: &Role, relation: Relation, verb: Verb) -> Decision {
    match role {
        Role::Physician(speciality) => clinician(relation, verb, of_physician(speciality)),
        Role::Nurse => clinician(relation, verb, Fields::BEDSIDE),
        Role::Technician => technician(relation, verb),
        Role::Admin => admin(relation, verb),
        Role::Sre if verb == Verb::ReadStatus => Decision::Allow(Fields::NONE),
        Role::Compliance if matches!(verb, Verb::ReadTrail | Verb::Review) => Decision::Allow(Fields::NONE),
        Role::Sre | Role::Compliance => Decision::Forbid(who_may(verb)),
    }
}

fn of_physician(speciality: &str) -> Fields {
    if speciality == "cardiology" { Fields::CARDIOLOGY } else { Fields::CLINICAL }
}

/// Physicians and nurses see and answer for whom they care; others do not exist for them.
fn clinician(relation: Relation, verb: Verb, fields: Fields) -> Decision {
    match verb {
        Verb::SeeAlert(_) | Verb::AnswerAlert(_) | Verb::SeePatient | Verb::SeeDevice if relation.reaches() => {
            Decision::Allow(fields)
        }
        Verb::SeeAlert(_) | Verb::AnswerAlert(_) | Verb::SeePatient | Verb::SeeDevice => Decision::Absent,
        Verb::ReadInbox | Verb::BreakGlass => Decision::Allow(Fields::NONE),
        _ => Decision::Forbid(who_may(verb)),
    }
}

/// Technicians see all equipment and nothing of a patient, unless they are asked about one; they never answer for a
/// patient.
fn technician(relation: Relation, verb: Verb) -> Decision {
    match verb {
        Verb::SeeAlert(Technical) | Verb::AnswerAlert(Technical) | Verb::SeeDevice => {
            Decision::Allow(Fields::EQUIPMENT)
        }
        Verb::SeeAlert(Physiological) if relation.asked => Decision::Allow(Fields::BEDSIDE),
        Verb::SeeAlert(Physiological) | Verb::AnswerAlert(Physiological) => Decision::Absent,
        Verb::ReadInbox => Decision::Allow(Fields::NONE),
        _ => Decision::Forbid(who_may(verb)),
    }
}

/// Administrators see that there is an alert or a patient, where, and who is asked; what was found only where they
/// themselves are asked.
fn admin(relation: Relation, verb: Verb) -> Decision {
    match verb {
        Verb::SeeAlert(_) if relation.asked => Decision::Allow(Fields::BEDSIDE),
        Verb::SeeAlert(_) | Verb::SeePatient | Verb::SeeDevice => Decision::Allow(Fields::OVERSIGHT),
        Verb::ReadInbox | Verb::Administer | Verb::ReadStatus | Verb::ManageKeys => Decision::Allow(Fields::NONE),
        Verb::AnswerAlert(_) | Verb::BreakGlass | Verb::ReadTrail | Verb::Review => Decision::Forbid(who_may(verb)),
    }
}

/// Whom to ask instead.
const fn who_may(verb: Verb) -> &'static str {
    match verb {
        Verb::SeeAlert(Physiological) | Verb::SeePatient => "physician, nurse or admin",
        Verb::SeeAlert(Technical) | Verb::SeeDevice | Verb::ReadInbox => "physician, nurse, technician or admin",
        Verb::AnswerAlert(Physiological) | Verb::BreakGlass => "physician or nurse",
        Verb::AnswerAlert(Technical) => "physician, nurse or technician",
        Verb::Administer | Verb::ManageKeys => "admin",
        Verb::ReadStatus => "sre or admin",
        Verb::ReadTrail | Verb::Review => "compliance",
    }
}
