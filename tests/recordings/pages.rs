//! A platform that is killed between the commit of a page and its way out: nothing is lost, and what comes again comes
//! under the same key.

use std::collections::BTreeSet;

use vigil::pki::write_private;

use super::alerts::Physician;
use super::process::{Running, turn, until};
use super::site::{Site, stop};
use crate::receivers::web::{Answer, Page, SECRET, WebReceiver};

/// `VIGIL_PAGE_ROUNDS=100 cargo test --test recordings pages` plays more.
fn rounds() -> u32 {
    std::env::var("VIGIL_PAGE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20)
}

/// Twenty seconds of a saturation that is too low.
fn record(site: &Site, patient: &str) -> String {
    let rows = (0..20).map(|second| format!("{second},80\n")).collect::<Vec<_>>().concat();
    let file = site.text(&format!("{patient}.csv"));
    std::fs::write(&file, format!("time_s,spo2\n{rows}")).unwrap();
    file
}

/// The physician has every role in the units of the rounds, a patient each, and is reached at `web`.
fn plan(site: &Site, web: &WebReceiver) {
    let care = site.path("care");
    std::fs::create_dir(&care).unwrap();
    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/config/care/policies.toml");
    std::fs::copy(policies, care.join("policies.toml")).unwrap();
    let roles = ["primary", "backup", "charge-nurse", "physician", "code-team", "supervisor", "technician"];
    let roles = roles.map(|role| format!("{role} = [\"person:lee\"]\n")).concat();
    let person = format!("[[person]]\nid = \"lee\"\ncontacts = [\"{}\"]\n", web.contact("lee"));
    let unit = |round| format!("[[unit]]\nid = \"round-{round}\"\nsetting = \"bedside\"\n[unit.roles]\n{roles}");
    let units: Vec<_> = (1..=rounds()).map(unit).collect();
    std::fs::write(care.join("site.toml"), person + &units.concat()).unwrap();
    write_private(&site.path("webhook"), SECRET).unwrap();
    let config = std::fs::read_to_string(site.path("vigil.toml")).unwrap();
    std::fs::write(site.path("vigil.toml"), config + "[channels]\nwebhook_secret_file = \"webhook\"\n").unwrap();
}

/// Plays one patient's alert, and returns once its page is committed and nobody knows that anybody has it.
async fn page_under_way(site: &Site, web: &WebReceiver, patient: &str, is_down: bool) -> Running {
    let recording = record(site, patient);
    let mut simulation = site.simulate(&["--from", &recording, "--speed", "60", "--unit", patient]);
    let first = format!("{patient}~1");
    if is_down {
        let lee = Physician::of(site);
        let limit = tokio::time::Instant::now() + super::process::PATIENCE;
        while !lee.inbox().await.iter().any(|page| page.alert == first) {
            assert!(tokio::time::Instant::now() < limit, "{patient} is never paged");
        }
    } else {
        until("the page", super::process::PATIENCE, || {
            let told = simulation.ended().map(|said| said.err);
            let pages = web.pages();
            let found = pages.iter().any(|page| page.key.starts_with(&format!("{first}.")));
            assert!(found || told.is_none(), "the simulation ended: {told:?}; {pages:?}");
            found.then_some(())
        })
        .await;
    }
    simulation
}

/// What a key is of: (alert, round, step, person, channel).
fn of(key: &str) -> &str {
    key.rsplit_once('.').expect("a key ends with the time of its page").0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_killed_between_commit_and_page_loses_no_page_and_repeats_only_under_the_same_key() {
    let _turn = turn().await;
    let (site, mut web) = (Site::new(), WebReceiver::start().await);
    plan(&site, &web);
    let mut server = site.serve().await;
    for round in 1..=rounds() {
        let patient = format!("round-{round}");
        // In turn: nobody listens; the page is taken, and the answer never comes.
        let is_down = round % 2 == 1;
        if is_down {
            web.kill().await;
        } else {
            web.answer(Answer::TakesAndHangs);
        }
        let simulation = page_under_way(&site, &web, &patient, is_down).await;
        server.kill();
        drop(simulation);
        web.answer(Answer::Takes);
        if is_down {
            web.revive().await;
        }
        server = site.serve().await;
        let first = format!("{patient}~1.");
        web.page(|page| page.key.starts_with(&first) && page.is_repeat()).await;
    }
    let lee = Physician::of(&site);
    for page in lee.inbox().await.into_iter().filter(|page| page.quiet.is_empty()) {
        let wanted = format!("{}.{}.{}.lee.webhook.", page.alert, page.round, page.step);
        let alone = |came: &Page| came.key.starts_with(&wanted);
        // In a storm lower priorities come together.
        let with_others = |came: &Page| came.key.starts_with("bundle.") && came.is_about(&page.alert);
        web.page(|came| alone(came) || with_others(came)).await;
    }
    stop(server).await;
    let keys = web.keys();
    for (key, (all, firsts)) in &keys {
        assert!(*firsts <= 1, "{key} came {all} times, {firsts} times as if for the first time");
    }
    let pages: BTreeSet<_> = keys.keys().map(|key| of(key)).collect();
    assert_eq!(pages.len(), keys.len(), "a page has one key: {keys:?}");
    site.run(&["replay", "verify", "--data-dir", &site.text("data")]).await.expect(0);
    site.run(&["audit", "verify", "--data-dir", &site.text("data")]).await.expect(0);
}
