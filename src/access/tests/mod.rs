//! Facts about who may see and do what.

mod fields;
mod grants;
mod table;
mod teams;
