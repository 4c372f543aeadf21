//! Alerts as subscribers and lists see them.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::clinical::alert::{Alert, AlertEvent};
use crate::clinical::ids::{AlertId, UnitId};
use crate::time::Timestamp;

/// An alert with where its subject is.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertView {
    /// The alert.
    pub id: AlertId,
    /// The subject's unit.
    pub unit: UnitId,
    /// The bed, where the subject is a patient; else empty.
    pub bed: SmolStr,
    /// Its state.
    pub alert: Alert,
}

/// Something that happened to an alert, and the alert after it.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertNews {
    /// Journal position; resume from here.
    pub position: u64,
    /// Receipt time.
    pub at: Timestamp,
    /// What happened.
    pub event: AlertEvent,
    /// The alert after it.
    pub view: Arc<AlertView>,
}
