mod ledger;
pub mod pki;
pub mod server;
mod stream;
