mod ledger;
mod load;
pub mod pki;
pub mod server;
mod stream;
