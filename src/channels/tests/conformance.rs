//! The contract of `Channel`, held against each implementation. A provider behaves as it is told.

use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::mail_server::MailServer;
use super::post_office::PostOffice;
use crate::channels::{Channel, Message, Outcome, SendFuture};
use crate::clinical::condition::Priority;
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// The time limit of attempts in these tests.
pub const LIMIT: Duration = Duration::from_millis(800);

/// How the other side behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Takes,
    RefusesForNow,
    RefusesForGood,
    /// Greets where the protocol does, then says nothing.
    Hangs,
    /// Takes the message with an answer that never ends.
    Endless,
    /// Ends the connection in the middle.
    Resets,
    /// Sends the client elsewhere; a mail server refuses instead.
    Redirects,
}

/// The other side of a channel.
pub trait Provider {
    /// The channel, with [`LIMIT`].
    fn channel(&self) -> &dyn Channel;
    fn address(&self) -> String;
    fn behave(&self, mood: Mood);
    /// Keys that arrived, in order.
    fn arrived(&self) -> Vec<String>;
    /// Stops listening; connections end.
    async fn kill(&mut self);
    /// Listens on the same port again.
    async fn revive(&mut self);
}

pub fn message(key: &str) -> Message {
    Message {
        key: key.into(),
        repeat: false,
        person: PersonId::new("ana").expect("an id"),
        paged_at: Timestamp(1_700_000_000_000_000),
        priority: Priority::High,
        title: "spo2_low in icu".into(),
        text: "Alert p-7~3 waits for your answer.".into(),
        link: "https://vigil.example/alerts/p-7~3".into(),
        alerts: vec!["p-7~3".into()],
        drill: false,
    }
}

/// The whole contract.
async fn keeps_the_contract(mut provider: impl Provider) {
    what_is_sent_arrives_with_its_key(&provider).await;
    refusals_are_told_apart(&provider).await;
    every_attempt_ends_in_time_and_is_never_taken_for_sent(&provider).await;
    a_hanging_attempt_holds_up_no_other(&provider).await;
    nothing_is_left_by_a_dropped_attempt(&provider).await;
    a_wrong_address_is_refused(&provider).await;
    a_provider_that_comes_back_gets_what_is_sent_then(&mut provider).await;
}

async fn send(provider: &impl Provider, message: &Message) -> Outcome {
    let (address, before) = (provider.address(), Instant::now());
    let outcome = provider.channel().send(message, &address).await;
    assert!(before.elapsed() < LIMIT * 3, "an attempt ends in time: {outcome:?}");
    outcome
}

async fn what_is_sent_arrives_with_its_key(provider: &impl Provider) {
    provider.channel().check(&provider.address()).expect("the provider's own address");
    assert_eq!(send(provider, &message("k1")).await, Outcome::Sent);
    let repeat = Message { repeat: true, ..message("k1") };
    assert_eq!(send(provider, &repeat).await, Outcome::Sent);
    assert_eq!(provider.arrived(), ["k1", "k1"], "a repeat carries the same key");
}

async fn refusals_are_told_apart(provider: &impl Provider) {
    provider.behave(Mood::RefusesForNow);
    assert!(matches!(send(provider, &message("k2")).await, Outcome::Failed { .. }));
    for mood in [Mood::RefusesForGood, Mood::Redirects] {
        provider.behave(mood);
        assert!(matches!(send(provider, &message("k3")).await, Outcome::Refused { .. }), "{mood:?}");
    }
    assert_eq!(provider.arrived().len(), 2, "nothing arrived by another way");
}

async fn every_attempt_ends_in_time_and_is_never_taken_for_sent(provider: &impl Provider) {
    for mood in [Mood::Hangs, Mood::Endless, Mood::Resets] {
        provider.behave(mood);
        let outcome = send(provider, &message("k4")).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{mood:?}: {outcome:?}");
    }
}

async fn a_hanging_attempt_holds_up_no_other(provider: &impl Provider) {
    provider.behave(Mood::Hangs);
    let address = provider.address();
    let hung = message("k5");
    let mut hanging: Vec<_> = (0..20).map(|_| provider.channel().send(&hung, &address)).collect();
    // Each has begun, and none has ended.
    for attempt in &mut hanging {
        assert!(poll_once(attempt).await.is_none());
    }
    tokio::time::timeout(LIMIT / 8, std::future::pending::<()>()).await.expect_err("they hang");
    provider.behave(Mood::Takes);
    assert_eq!(send(provider, &message("k6")).await, Outcome::Sent);
}

/// Polls once: what it came to, if it has ended.
async fn poll_once(attempt: &mut SendFuture<'_>) -> Option<Outcome> {
    std::future::poll_fn(|context| match attempt.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn nothing_is_left_by_a_dropped_attempt(provider: &impl Provider) {
    provider.behave(Mood::Hangs);
    let (address, dropped) = (provider.address(), message("k7"));
    let attempt = provider.channel().send(&dropped, &address);
    assert!(tokio::time::timeout(LIMIT / 8, attempt).await.is_err(), "it hangs");
    provider.behave(Mood::Takes);
    assert_eq!(send(provider, &message("k8")).await, Outcome::Sent);
    assert!(!provider.arrived().contains(&"k7".to_owned()));
}

async fn a_wrong_address_is_refused(provider: &impl Provider) {
    for address in ["", "nonsense", "ftp://host/x", "http://198.51.100.1/plain"] {
        assert!(provider.channel().check(address).is_err(), "{address}");
        assert!(matches!(provider.channel().send(&message("k9"), address).await, Outcome::Refused { .. }));
    }
}

async fn a_provider_that_comes_back_gets_what_is_sent_then(provider: &mut impl Provider) {
    provider.behave(Mood::Takes);
    provider.kill().await;
    let outcome = send(provider, &message("k10")).await;
    assert!(matches!(outcome, Outcome::Failed { .. } | Outcome::Unknown { .. }), "{outcome:?}");
    provider.revive().await;
    assert_eq!(send(provider, &Message { repeat: true, ..message("k10") }).await, Outcome::Sent);
    assert_eq!(provider.arrived().last().map(String::as_str), Some("k10"));
}

#[tokio::test]
async fn webhook_keeps_the_contract_of_channels() {
    keeps_the_contract(PostOffice::webhook().await).await;
}

#[tokio::test]
async fn web_push_keeps_the_contract_of_channels() {
    keeps_the_contract(PostOffice::web_push().await).await;
}

#[tokio::test]
async fn email_keeps_the_contract_of_channels() {
    keeps_the_contract(MailServer::start().await).await;
}
