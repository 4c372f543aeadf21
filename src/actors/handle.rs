//! The cheap handle by which services and library users reach the actors.

mod access;
mod advice;
mod answer;
mod custody;
mod engine_handle;
mod entries;
mod keys;
mod link;
mod oncall;
mod stays;
mod views;
mod watch;

pub use super::audit_trail::Accesses;
pub use answer::{Answered, OperationError};
pub use custody::Selection;
pub use engine_handle::Handle;
pub use entries::{Admission, CareStep, DeadLetter, DeviceEntry, InboxPage, PatientEntry, Status};
pub use link::{DeviceHello, DeviceLink, NotLinked, Speaker};
pub use oncall::HandedAlert;
pub use views::{AlertNews, AlertView};
pub use watch::{AlertWatch, Lagged};
