//! The engine over a real store on simulated disks, without the wire.

mod deadlines;
mod faults;
mod pages;
mod properties;
mod restarts;
mod scene;
mod subjects;
