//! What a condition stands on beside its readings.

use smol_str::SmolStr;

use super::alert::person;
use super::error::DecodeError;
use crate::clinical::codes::Code;
use crate::clinical::condition::{Basis, BasisInput, LimitSource};
use crate::proto::{self, StoredLimitScope as Scope};

const WHAT: &str = "basis of a condition";

pub(super) fn encode(basis: &Basis) -> proto::StoredBasis {
    let (scope, by) = match &basis.limit_by {
        None => (Scope::Rule, String::new()),
        Some(LimitSource::PrescribedRange) => (Scope::PrescribedRange, String::new()),
        Some(LimitSource::Patient(by)) => (Scope::Patient, by.to_string()),
        Some(LimitSource::Unit(by)) => (Scope::Unit, by.to_string()),
    };
    let input = |input: &BasisInput| proto::StoredInput {
        code: input.code.0,
        value: input.value,
        points: u32::from(input.points),
    };
    proto::StoredBasis {
        rules: basis.rules.to_vec(),
        code: basis.code.map_or(0, |code| code.0),
        limit_scope: scope.into(),
        limit_by: by,
        inputs: basis.inputs.iter().map(input).collect(),
        missing: basis.missing.iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn decode(stored: &proto::StoredBasis) -> Result<Basis, DecodeError> {
    let input = |input: &proto::StoredInput| {
        let points = u8::try_from(input.points).map_err(|error| DecodeError::because(WHAT, error))?;
        Ok(BasisInput { code: Code(input.code), value: input.value, points })
    };
    Ok(Basis {
        rules: stored.rules.as_slice().try_into().map_err(|_| DecodeError::because(WHAT, "hash is not 32 bytes"))?,
        code: Some(Code(stored.code)).filter(|code| code.0 != 0),
        limit_by: match stored.limit_scope() {
            Scope::Rule => None,
            Scope::PrescribedRange => Some(LimitSource::PrescribedRange),
            Scope::Patient => Some(LimitSource::Patient(person(&stored.limit_by)?)),
            Scope::Unit => Some(LimitSource::Unit(person(&stored.limit_by)?)),
        },
        inputs: stored.inputs.iter().map(input).collect::<Result<_, _>>()?,
        missing: stored.missing.iter().map(SmolStr::new).collect(),
    })
}
