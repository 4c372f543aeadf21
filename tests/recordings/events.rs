//! A browser's events across the death of the server.

use super::browser::{Browser, Event, Events};
use super::process::turn;
use super::site::{Site, stop};

/// A saturation that falls and stays low.
fn recording() -> String {
    let rows = (0..600).map(|second| format!("{second},{}\n", if second < 30 { 97 } else { 80 }));
    "time_s,spo2\n".chars().chain(rows.collect::<String>().chars()).collect()
}

async fn next_alert(events: &mut Events) -> Option<Event> {
    loop {
        let event = events.next().await?;
        if event.name == "alert" {
            return Some(event);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_resume_behind_the_last_id_after_the_server_was_killed() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve().await;
    let token = std::fs::read_to_string(site.path("lee.token")).unwrap();
    let mut browser = Browser::with_token(&site, token.trim()).await;
    let mut events = Events::open(&mut browser, "/api/v1/events?from=0").await;
    std::fs::write(site.path("low.csv"), recording()).unwrap();
    let simulation = site.simulate(&["--from", &site.text("low.csv"), "--speed", "60"]);
    let first = next_alert(&mut events).await.expect("an alert");
    let second = next_alert(&mut events).await.expect("what follows it");
    server.kill();
    let mut told = vec![second];
    while let Some(event) = next_alert(&mut events).await {
        told.push(event);
    }
    let server = site.serve().await;
    let mut browser = Browser::with_token(&site, token.trim()).await;
    let last = first.id.clone().expect("an id");
    browser.set("last-event-id", &last);
    let mut resumed = Events::open(&mut browser, "/api/v1/events").await;
    // Where several facts are of one record only the last of them is a place to resume behind: one is told again.
    let mut next = next_alert(&mut resumed).await.filter(|again| *again != first);
    for expected in told {
        let again = match next.take() {
            Some(again) => again,
            None => next_alert(&mut resumed).await.expect("what follows"),
        };
        assert_eq!(again, expected);
    }
    simulation.signal("INT");
    simulation.end().await;
    stop(server).await;
}
