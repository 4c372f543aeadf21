//! Pages on their way: by the contacts of the care plan, again under the same key, taken back once somebody answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::scene::{LOW, Sender, Ward, until};
use crate::actors::{Channels, EngineOptions};
use crate::channels::{Channel, Message, Outcome, SendFuture};
use crate::clinical::alert::{AlertEvent, Command, Verb};
use crate::clinical::ids::{ChannelId, Subject};
use crate::clinical::oncall::{Contact, RosterCommand};

/// A channel that keeps what it is given; addresses behave by their names.
#[derive(Default)]
struct Pager {
    attempts: Mutex<Vec<(String, Message)>>,
}

impl Pager {
    fn attempts(&self) -> Vec<(String, Message)> {
        self.attempts.lock().unwrap().clone()
    }

    fn of(&self, address: &str) -> Vec<Message> {
        self.attempts().into_iter().filter(|(to, _)| to == address).map(|(_, message)| message).collect()
    }
}

impl Channel for Pager {
    fn id(&self) -> ChannelId {
        ChannelId::new("pager").unwrap()
    }

    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn send<'a>(&'a self, message: &'a Message, address: &'a str) -> SendFuture<'a> {
        self.attempts.lock().unwrap().push((address.to_owned(), message.clone()));
        Box::pin(async move {
            match address {
                "broken" => Outcome::Failed { why: "status 500".into(), wait: None },
                "gone" => Outcome::Refused { why: "status 410".into() },
                "hangs" => std::future::pending().await,
                _ => Outcome::Sent,
            }
        })
    }
}

/// The shipped policies, and a site of one unit in which one person has every role.
fn plan(ward: &Ward, contacts: &str, rules: &str) -> RosterCommand {
    let (unit, person) = (ward.unit(), ward.person());
    let roles = ["primary", "backup", "charge-nurse", "physician", "code-team", "supervisor", "technician"];
    let roles: Vec<_> = roles.iter().map(|role| format!("{role} = [\"person:{person}\"]")).collect();
    let site = format!(
        "[[person]]\nid = \"{person}\"\ncontacts = [{contacts}]\n{rules}\n[[unit]]\nid = \"{unit}\"\n\
         setting = \"bedside\"\n[unit.roles]\n{}\n",
        roles.join("\n")
    );
    let policies = include_str!("../../../config/care/policies.toml");
    RosterCommand::AdoptPlan { files: vec![("policies.toml".into(), policies.into()), ("site.toml".into(), site)] }
}

async fn ward(name: &str, pager: &Arc<Pager>, contacts: &str, rules: &str) -> Ward {
    let channels = Channels::new(vec![Arc::clone(pager) as Arc<dyn Channel>]);
    let link_base = "https://vigil.example".to_owned();
    let ward = Ward::open_with(name, |options| {
        *options = EngineOptions { channels, link_base, ..options.clone() };
    })
    .await;
    ward.enrol().await;
    ward.handle().change_roster(plan(&ward, contacts, rules)).await.unwrap();
    ward
}

async fn answer(ward: &Ward, verb: Verb) {
    let command = Command { ordinal: 1, verb, by: ward.person(), reason: "a test".into(), seen_version: 1 };
    ward.handle().answer(&Subject::Patient(ward.patient()), command).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_goes_out_by_every_contact_of_the_plan_without_patient_data() {
    let pager = Arc::new(Pager::default());
    let ward = ward("out", &pager, "\"pager:a\", \"pager:b\"", "").await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    until("both contacts have the page", async || pager.attempts().len() == 2).await;
    let (a, b) = (pager.of("a").remove(0), pager.of("b").remove(0));
    let id = format!("{}~1", ward.patient());
    assert_eq!((a.title.as_str(), a.repeat), (format!("spo2_low in {}, 4", ward.unit()).as_str(), false));
    assert_eq!((a.link, &a.alerts), (format!("https://vigil.example/alerts/{id}"), &vec![id.clone()]));
    assert_eq!(a.text, format!("Alert {id} waits for your answer (round 1, step 1)."));
    assert!(!a.text.contains("80"), "no value");
    assert_eq!(b.alerts, a.alerts);
    // The step's policy is copied into the alert.
    let facts = ward.facts().await;
    let entered = facts.iter().find(|fact| matches!(fact, AlertEvent::StepEntered { .. }));
    let Some(AlertEvent::StepEntered { policy_version, people, fallback, .. }) = entered else { panic!("{facts:?}") };
    assert_eq!((*policy_version, people, *fallback), (1, &vec![ward.person()], false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_channel_follows_within_10_s_when_one_fails() {
    let pager = Arc::new(Pager::default());
    let rules = "[[person.rule]]\npriority = \"high\"\nchannel = \"pager\"\n[[person.rule]]\npriority = \"high\"\n\
                 channel = \"other\"\ndelay_s = 3000\n";
    let ward = ward("next", &pager, "\"pager:broken\", \"other:x\"", rules).await;
    let before = tokio::time::Instant::now();
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    // The second channel is not configured: that it was tried shows as a dead letter.
    let dead = async || !ward.handle().dead_letters(&ward.person()).await.unwrap().is_empty();
    until("the second channel was tried", dead).await;
    assert!(before.elapsed() < Duration::from_secs(10), "long before its delay of 50 minutes");
    let letters = ward.handle().dead_letters(&ward.person()).await.unwrap();
    assert_eq!(
        (letters[0].contact.channel.as_str(), letters[0].why.as_str()),
        ("other", "no such channel is configured")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_go_on_under_the_same_key_until_somebody_answers_and_then_end() {
    let pager = Arc::new(Pager::default());
    let ward = ward("again", &pager, "\"pager:broken\"", "").await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    until("it was tried three times", async || pager.attempts().len() >= 3).await;
    answer(&ward, Verb::Accept).await;
    until("the page is taken back", async || ward.handle().inbox(&ward.person()).await.unwrap().is_empty()).await;
    let tried = pager.attempts();
    tokio::time::timeout(Duration::from_millis(4_500), std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(pager.attempts().len(), tried.len(), "nothing goes out any more");
    assert!(tried.iter().all(|(_, message)| message.key == tried[0].1.key));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_what_has_no_outcome_goes_out_again_under_the_same_key_as_a_repeat() {
    let pager = Arc::new(Pager::default());
    let mut ward = ward("restart", &pager, "\"pager:hangs\", \"pager:fine\"", "").await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    until("both were tried", async || pager.attempts().len() == 2).await;
    // Until the outcome of the one that was sent is durable.
    until("the outcome is known", async || ward.handle().dead_letters(&ward.person()).await.is_ok()).await;
    ward.lose_power().await;
    until("it is tried again", async || pager.of("hangs").len() >= 2).await;
    let hung = pager.of("hangs");
    assert_eq!(hung[0].key, hung[1].key);
    assert!(!hung[0].repeat && hung[1].repeat, "{hung:?}");
    let fine: HashMap<_, usize> = pager.of("fine").iter().fold(HashMap::new(), |mut keys, message| {
        *keys.entry(message.key.clone()).or_default() += 1;
        keys
    });
    assert_eq!(fine.len(), 1, "no second key: {fine:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letter_is_visible_and_is_sent_again_by_hand() {
    let pager = Arc::new(Pager::default());
    let ward = ward("dead", &pager, "\"pager:gone\"", "").await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    let letters = async || ward.handle().dead_letters(&ward.person()).await.unwrap();
    until("it is a dead letter", async || letters().await.len() == 1).await;
    assert_eq!(letters().await[0].why, "status 410");
    assert_eq!(pager.attempts().len(), 1, "a refusal for good is not tried again by itself");
    assert_eq!(ward.handle().resend(&ward.person()).await.unwrap(), 1);
    until("it is sent again", async || pager.attempts().len() == 2).await;
    let keys: Vec<_> = pager.attempts().into_iter().map(|(_, message)| message.key).collect();
    assert_eq!(keys[0], keys[1]);
    assert!(ward.handle().status().pages_dead >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_persons_hanging_channel_holds_up_nobody_else() {
    let pager = Arc::new(Pager::default());
    let ward = ward("independent", &pager, "\"pager:hangs\"", "").await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    until("the first is tried", async || pager.of("hangs").len() == 1).await;
    answer(&ward, Verb::Escalate { to: Some(ward.options.fallback[0].clone()) }).await;
    let other = &ward.options.fallback[0];
    until("the other is paged", async || ward.handle().inbox(other).await.unwrap().len() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roster_outlives_the_process_and_a_verified_contact_counts() {
    let pager = Arc::new(Pager::default());
    let mut ward = ward("roster", &pager, "\"pager:a\"", "").await;
    let contact = Contact { channel: ChannelId::new("pager").unwrap(), address: "a".into() };
    let verify = RosterCommand::VerifyContact { person: ward.person(), contact };
    assert_eq!(ward.handle().change_roster(verify).await.unwrap(), 2);
    ward.lose_power().await;
    let roster = ward.handle().roster();
    assert_eq!((roster.version(), roster.standing().verified.len()), (2, 1));
    assert_eq!(roster.plan().units().len(), 1);
    let gaps = roster.gaps(ward.handle().now());
    assert!(gaps.is_empty(), "{gaps:?}");
    assert_eq!(ward.handle().status().alerts_overdue, 0);
}
