//! Code that speaks to a running platform over the network, as devices, gateways and people do. Nothing but `cli`
//! imports it.

pub mod channel;
pub mod device;
pub mod encode;
pub mod enrol;
pub mod ledger;
pub mod load;
pub mod random;

#[cfg(test)]
pub(crate) mod tests;
