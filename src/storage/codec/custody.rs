//! What happens to whose a device is.

use smol_str::SmolStr;

use super::alert::person;
use super::device::{decode_link, encode_link, required_link};
use super::error::DecodeError;
use crate::clinical::device::{CustodyEvent, HandOver, Loan, Reattribution};
use crate::clinical::ids::{PatientId, UnitId};
use crate::proto::{self, device_record::Event as Stored};
use crate::time::Timestamp;

const WHAT: &str = "device record";

pub(super) fn encode(event: &CustodyEvent) -> Stored {
    match event {
        CustodyEvent::Assigned { hand_over, from, until, over } => Stored::Assigned(proto::DeviceAssigned {
            hand_over: Some(encode_link(hand_over)),
            from_us: from.map(Timestamp::micros),
            until_us: until.map(Timestamp::micros),
            over: *over,
        }),
        CustodyEvent::Unassigned { hand_over, at } => Stored::Unassigned(proto::DeviceUnassigned {
            hand_over: Some(encode_link(hand_over)),
            at_us: at.map(Timestamp::micros),
        }),
        CustodyEvent::Retired => Stored::Retired(proto::DeviceRetired {}),
        CustodyEvent::Lent(loan) => {
            Stored::Lent(proto::DeviceLent { unit: loan.unit.to_string(), until_us: loan.until.micros() })
        }
        CustodyEvent::Returned => Stored::Returned(proto::DeviceReturned {}),
        CustodyEvent::PassedOn { from, hand_over, open } => Stored::PassedOn(proto::DevicePassedOn {
            hand_over: Some(encode_link(hand_over)),
            from: from.to_string(),
            open: *open,
        }),
        CustodyEvent::TakenFrom { hand_over, what } => Stored::TakenFrom(encode_reattribution(hand_over, what)),
        CustodyEvent::GivenTo { hand_over, what } => Stored::GivenTo(encode_reattribution(hand_over, what)),
    }
}

pub(super) fn decode(stored: Stored) -> Result<CustodyEvent, DecodeError> {
    Ok(match stored {
        Stored::Assigned(stored) => CustodyEvent::Assigned {
            hand_over: required_link(stored.hand_over.as_ref())?,
            from: stored.from_us.map(Timestamp),
            until: stored.until_us.map(Timestamp),
            over: stored.over,
        },
        Stored::Unassigned(stored) => CustodyEvent::Unassigned {
            hand_over: required_link(stored.hand_over.as_ref())?,
            at: stored.at_us.map(Timestamp),
        },
        Stored::Retired(_) => CustodyEvent::Retired,
        Stored::Lent(stored) => CustodyEvent::Lent(Loan {
            unit: UnitId::new(&stored.unit).map_err(|error| DecodeError::because(WHAT, error))?,
            until: Timestamp(stored.until_us),
        }),
        Stored::Returned(_) => CustodyEvent::Returned,
        Stored::PassedOn(stored) => CustodyEvent::PassedOn {
            from: patient(&stored.from)?,
            hand_over: required_link(stored.hand_over.as_ref())?,
            open: stored.open,
        },
        Stored::TakenFrom(stored) => {
            let (hand_over, what) = decode_reattribution(&stored)?;
            CustodyEvent::TakenFrom { hand_over, what }
        }
        Stored::GivenTo(stored) => {
            let (hand_over, what) = decode_reattribution(&stored)?;
            CustodyEvent::GivenTo { hand_over, what }
        }
        _ => return Err(DecodeError::because(WHAT, "not about whose the device is")),
    })
}

/// To whom it is handed, if to anybody.
pub(super) fn hand_over(stored: &Stored) -> Result<Option<HandOver>, DecodeError> {
    match stored {
        Stored::Assigned(stored) => decode_link(stored.hand_over.as_ref()),
        Stored::Unassigned(stored) => decode_link(stored.hand_over.as_ref()),
        Stored::PassedOn(stored) => decode_link(stored.hand_over.as_ref()),
        Stored::TakenFrom(stored) | Stored::GivenTo(stored) => decode_link(stored.hand_over.as_ref()),
        _ => Ok(None),
    }
}

fn encode_reattribution(hand_over: &HandOver, what: &Reattribution) -> proto::Reattributed {
    proto::Reattributed {
        hand_over: Some(encode_link(hand_over)),
        from: what.from.to_string(),
        to: what.to.to_string(),
        runs: what.runs.iter().map(|(first, last)| proto::Run { first: *first, last: *last }).collect(),
        by: what.by.to_string(),
        reason: what.reason.to_string(),
    }
}

fn decode_reattribution(stored: &proto::Reattributed) -> Result<(HandOver, Box<Reattribution>), DecodeError> {
    let what = Reattribution {
        from: patient(&stored.from)?,
        to: patient(&stored.to)?,
        runs: stored.runs.iter().map(|run| (run.first, run.last)).collect(),
        by: person(&stored.by)?,
        reason: SmolStr::new(&stored.reason),
    };
    Ok((required_link(stored.hand_over.as_ref())?, Box::new(what)))
}

fn patient(text: &str) -> Result<PatientId, DecodeError> {
    PatientId::new(text).map_err(|error| DecodeError::because(WHAT, error))
}
