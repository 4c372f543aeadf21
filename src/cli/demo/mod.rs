//! `vigil demo`: the platform with a simulated ward, live in the terminal.

mod view;
mod ward;
mod words;

#[cfg(test)]
mod tests;
