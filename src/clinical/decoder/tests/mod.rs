//! Facts about definition files, payloads and the choice of a decoder.

mod choice;
mod files;
mod payloads;
mod scene;
