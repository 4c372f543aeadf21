//! Puts the ward on the terminal four times a second, or prints plain lines where there is none.

use std::io::Write as _;
use std::time::Duration;

use console::Term;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::feed::News;
use super::view::{Size, render, summary_line};
use super::ward::WardState;
use crate::cli::simulate::Glimpse;
use crate::clock::Clock;

const FRAME: Duration = Duration::from_millis(250);
/// Between two lines of summary where there is no terminal.
const PLAIN_SUMMARY: Duration = Duration::from_secs(10);

/// What the loop hears.
pub struct Sources {
    /// Readings that went out.
    pub glimpses: mpsc::Receiver<Glimpse>,
    /// What happened to alerts.
    pub news: mpsc::Receiver<News>,
    /// True when the view is to end.
    pub end: watch::Receiver<bool>,
}

/// Shows the ward until it is to end; returns what it knew then.
pub async fn show(mut ward: WardState, mut sources: Sources, clock: &Clock) -> WardState {
    let mut screen = Screen::open();
    let mut frames = tokio::time::interval(FRAME);
    loop {
        tokio::select! {
            _ = sources.end.wait_for(|end| *end) => break,
            Some(glimpse) = sources.glimpses.recv() => ward.glimpse(&glimpse, clock.now()),
            Some(news) = sources.news.recv() => screen.hear(&mut ward, news, clock),
            _ = frames.tick() => screen.frame(&ward, clock),
        }
    }
    while let Ok(news) = sources.news.try_recv() {
        screen.hear(&mut ward, news, clock);
    }
    ward
}

/// The terminal, or plain output; the terminal is given back when this is dropped.
struct Screen {
    term: Option<Term>,
    said_at: Instant,
}

impl Screen {
    fn open() -> Self {
        let term = Term::stdout();
        let term = term.is_term().then_some(term);
        let screen = Self { term, said_at: Instant::now() };
        // Another page of the terminal, without a cursor: what was there before comes back at the end.
        screen.write("\x1b[?1049h\x1b[?25l");
        screen
    }

    fn hear(&self, ward: &mut WardState, news: News, clock: &Clock) {
        match news {
            News::List(alerts) => ward.list(alerts),
            News::Lost => ward.feed_lost(clock.now()),
            News::Update(update) => {
                if let (Some(line), None) = (ward.update(&update), &self.term) {
                    println!("{line}");
                }
            }
        }
    }

    fn frame(&mut self, ward: &WardState, clock: &Clock) {
        let Some(term) = &self.term else {
            if self.said_at.elapsed() >= PLAIN_SUMMARY {
                self.said_at = Instant::now();
                println!("{}", summary_line(ward, clock.now()));
            }
            return;
        };
        let (rows, columns) = term.size();
        let size = Size { columns: columns.into(), rows: rows.into() };
        let colour = console::colors_enabled();
        let page = render(ward, clock.now(), size, colour).replace('\n', "\x1b[K\r\n");
        self.write(&format!("\x1b[H{page}\x1b[K\x1b[J"));
    }

    /// A terminal that is gone is no reason to end: the platform goes on.
    fn write(&self, text: &str) {
        if let Some(mut term) = self.term.as_ref() {
            let _ = term.write_all(text.as_bytes()).and_then(|()| term.flush());
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.write("\x1b[?25h\x1b[?1049l");
    }
}
