//! A care unit.

use serde::Serialize;
use utoipa::ToSchema;

use crate::proto;

/// A care unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Unit {
    pub unit: String,
}

/// The units that are known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Units {
    pub units: Vec<Unit>,
}

impl From<proto::ListUnitsResponse> for Units {
    fn from(units: proto::ListUnitsResponse) -> Self {
        Self { units: units.units.into_iter().map(|unit| Unit { unit: unit.unit }).collect() }
    }
}
