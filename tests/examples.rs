//! The platform inside another program: the examples run as they are, and what a host may do wrong is an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::mpsc;
use vigil::Vigil;
use vigil::app::BuildError;
use vigil::channels::{Channel, Message, Outcome, SendFuture};
use vigil::clinical::ids::{ChannelId, PersonId};
use vigil::clinical::rules::RuleSet;

#[allow(dead_code)]
#[path = "../examples/custom_channel.rs"]
mod custom_channel;
#[allow(dead_code)]
#[path = "../examples/embed.rs"]
mod embed;

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_runs_inside_another_program_from_reading_to_answer() {
    let dir = tempfile::tempdir().unwrap();
    let said = embed::run(dir.path()).await.unwrap().join("\n");
    for part in ["through: ", "p-1~1: SpO2 84 % < 90 %", "p-1~1: paged [", "p-1~1: acknowledged by nurse-1"] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let keys = std::fs::read_dir(dir.path().join("data-keys")).unwrap().count();
    assert!(keys > 0, "the keys lie beside the data");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_of_the_host_gets_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let page = custom_channel::run(dir.path()).await.unwrap();
    assert!(
        page.starts_with("to nurse-1: ") && page.contains("bed-4. Alert p-1~") && page.contains("step 1"),
        "{page}"
    );
    assert!(!page.contains("80"), "a page holds no value: {page}");
}

/// Panics at the first try, fails at the second.
struct Clumsy {
    tries: Arc<AtomicU32>,
    pages: mpsc::UnboundedSender<Message>,
}

impl Channel for Clumsy {
    fn id(&self) -> ChannelId {
        ChannelId::new("clumsy").unwrap()
    }

    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn address_of(&self, person: &PersonId) -> Option<SmolStr> {
        Some(person.as_str().into())
    }

    fn send<'a>(&'a self, page: &'a Message, _: &'a str) -> SendFuture<'a> {
        Box::pin(async move {
            let _ = self.pages.send(page.clone());
            match self.tries.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("a test"),
                1 => Outcome::Failed { why: "a test".into(), wait: None },
                _ => Outcome::Sent,
            }
        })
    }
}

async fn next(pages: &mut mpsc::UnboundedReceiver<Message>) -> Message {
    tokio::time::timeout(Duration::from_secs(30), pages.recv()).await.expect("a page comes").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_panics_is_tried_again_with_the_same_key_and_after_a_restart_as_a_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let (sender, mut pages) = mpsc::unbounded_channel();
    let start = |tries: u32| {
        let clumsy = Clumsy { tries: Arc::new(AtomicU32::new(tries)), pages: sender.clone() };
        let rules = RuleSet::bedside().unwrap();
        Vigil::builder().data_dir(dir.path().join("data")).rules(rules).channel(clumsy).start()
    };
    let vigil = start(0).await.unwrap();
    custom_channel::send_readings(&vigil).await.unwrap();
    // The saturation is below two limits: two alerts, each with its page.
    let first = next(&mut pages).await;
    assert!(!first.repeat);
    let mut again = next(&mut pages).await;
    while again.key != first.key {
        again = next(&mut pages).await;
    }
    assert!(again.repeat, "nobody knows whether the first try reached anybody");
    vigil.stop(Duration::from_secs(10)).await;
    while pages.try_recv().is_ok() {}
    let vigil = start(9).await.unwrap();
    let after = next(&mut pages).await;
    assert!(after.repeat && after.person == first.person, "{after:?}");
    vigil.stop(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn what_a_host_forgets_or_does_twice_is_an_answer_and_not_an_exit() {
    let dir = tempfile::tempdir().unwrap();
    let rules = || RuleSet::bedside().unwrap();
    let missing = Vigil::builder().rules(rules()).start().await;
    assert!(matches!(missing, Err(BuildError::NoDataDir)));
    let missing = Vigil::builder().data_dir(dir.path().join("data")).start().await;
    assert!(matches!(missing, Err(BuildError::NoRules)));
    let pager = || Clumsy { tries: Arc::default(), pages: mpsc::unbounded_channel().0 };
    let builder = Vigil::builder().data_dir(dir.path().join("data")).rules(rules());
    let twice = builder.channel(pager()).channel(pager()).start().await;
    let said = twice.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("clumsy") && said.contains("two channels"), "{said}");
    let one = Vigil::builder().data_dir(dir.path().join("data")).rules(rules()).start().await.unwrap();
    let two = Vigil::builder().data_dir(dir.path().join("data")).rules(rules()).start().await;
    let said = two.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains(&std::process::id().to_string()), "it names the process that holds the folder: {said}");
    one.stop(Duration::from_secs(10)).await;
}
