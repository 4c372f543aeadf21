//! `vigil demo`: the platform with a simulated ward, live in the terminal.

mod args;
mod feed;
mod screen;
mod site;
mod stage;
mod summary;
mod view;
mod ward;
mod words;

pub(super) use args::{Args, run};

#[cfg(test)]
mod tests;
