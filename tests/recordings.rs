//! The platform as people run it: real processes, real recordings, lost processes, lost networks, bad folders.
//!
//! The recordings are not part of the project: `VIGIL_SHARED` names their folder, else `../shared` beside the checkout
//! is tried. Where there is none, the tests that need them say so and pass.

#[path = "receivers/mod.rs"]
mod receivers;

mod recordings {
    mod alerts;
    mod backups;
    // Not all of it is used here.
    #[allow(dead_code)]
    #[path = "../api/browser.rs"]
    mod browser;

    mod bad_folders;
    mod bad_input;
    mod data;
    mod events;
    mod figures;
    mod full_disk;
    mod kills;
    mod minutes;
    mod operations;
    mod pages;
    mod played;
    mod process;
    mod site;
    mod stall;
}
