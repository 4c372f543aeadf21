//! A line of progress on standard error, where that is a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use crate::client::device::Progress;

/// Shows the sums of all streams four times a second until it is dropped.
pub struct Display {
    task: Option<tokio::task::JoinHandle<()>>,
    bar: ProgressBar,
}

impl Display {
    /// Starts, unless standard error is no terminal or `wanted` is false.
    #[must_use]
    pub fn start(streams: Vec<watch::Receiver<Progress>>, wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self { task: None, bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise}  {msg}") {
            bar.set_style(style);
        }
        let shown = bar.clone();
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(250));
            loop {
                ticks.tick().await;
                shown.set_message(line(&streams));
                shown.tick();
            }
        });
        Self { task: Some(task), bar }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.bar.finish_and_clear();
    }
}

fn line(streams: &[watch::Receiver<Progress>]) -> String {
    let (mut sent, mut receipted, mut kept, mut connected) = (0, 0, 0, 0);
    for stream in streams {
        let progress = *stream.borrow();
        sent += progress.totals.sent;
        receipted += progress.totals.receipted;
        kept += progress.kept;
        connected += usize::from(progress.connected);
    }
    format!("{connected}/{} streams  {sent} sent  {receipted} receipted  {kept} waiting", streams.len())
}
