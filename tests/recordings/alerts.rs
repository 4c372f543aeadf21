//! Alerts as a physician's program sees them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use vigil::client::channel::{Bearer, connect, endpoint, read_pem};
use vigil::proto::alert_service_client::AlertServiceClient;
use vigil::proto::{self, AlertUpdate};

use super::data::Onset;
use super::process::{PATIENCE, until};
use super::site::Site;

type Client = AlertServiceClient<InterceptedService<Channel, Bearer>>;

/// How a physician reaches the server.
#[derive(Clone)]
pub struct Physician {
    url: String,
    ca_pem: String,
    bearer: Bearer,
}

impl Physician {
    /// The physician of the site.
    pub fn of(site: &Site) -> Self {
        Self {
            url: format!("https://127.0.0.1:{}", site.people_port),
            ca_pem: read_pem(&site.path("pki/ca.pem")).unwrap(),
            bearer: Bearer::from_file(&site.path("lee.token")).unwrap(),
        }
    }

    async fn client(&self) -> Result<Client, String> {
        let endpoint = endpoint(&self.url, &self.ca_pem, None).map_err(|error| error.to_string())?;
        let channel = connect(&endpoint).await.map_err(|error| error.to_string())?;
        Ok(AlertServiceClient::with_interceptor(channel, self.bearer.clone()))
    }

    /// All alerts since the server's start.
    pub async fn listed(&self) -> Vec<proto::Alert> {
        let all = proto::ListAlertsRequest { closed_too: true, ..proto::ListAlertsRequest::default() };
        self.client().await.unwrap().list(all).await.unwrap().into_inner().alerts
    }

    /// Every onset that raised an alert or was folded into one, since the server's start.
    pub async fn onsets(&self) -> Vec<Onset> {
        let mut client = self.client().await.unwrap();
        let mut onsets = Vec::new();
        for alert in self.listed().await {
            let history = client.history(proto::HistoryRequest { id: alert.id.clone() }).await.unwrap().into_inner();
            onsets.extend(history.facts.iter().filter_map(|fact| onset(&alert.patient, fact)));
        }
        onsets
    }

    /// Pages that wait for the physician.
    pub async fn inbox(&self) -> Vec<proto::Page> {
        self.client().await.unwrap().inbox(proto::InboxRequest {}).await.unwrap().into_inner().pages
    }

    /// Comments on an open alert: whoever watches sees everything before it first.
    pub async fn comment(&self, text: &str) {
        let mut client = self.client().await.unwrap();
        let mut alert = self.listed().await.into_iter().find(|alert| alert.closed.is_empty()).expect("an open alert");
        loop {
            let id = alert.id.clone();
            let request =
                proto::AnswerRequest { id, version: alert.version, reason: text.to_owned(), ..Default::default() };
            let answer = client.comment(request).await.unwrap().into_inner();
            if answer.done {
                return;
            }
            alert = answer.alert.expect("the alert as it stands");
        }
    }

    /// Watches from a position and stays through the ends of servers.
    pub fn watch(&self, from: u64) -> Watcher {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(watch(self.clone(), from, Arc::clone(&seen)));
        Watcher { seen, task }
    }
}

async fn watch(physician: Physician, mut from: u64, seen: Arc<Mutex<Vec<AlertUpdate>>>) {
    loop {
        // The server is gone now and then: that is what the test is about.
        let _ = watch_once(&physician, &mut from, &seen).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn watch_once(physician: &Physician, from: &mut u64, seen: &Mutex<Vec<AlertUpdate>>) -> Result<(), Status> {
    let mut client = physician.client().await.map_err(Status::unavailable)?;
    let request = proto::WatchAlertsRequest { from_position: Some(*from), unit: String::new() };
    let mut updates = client.watch(request).await?.into_inner();
    while let Some(update) = updates.message().await? {
        *from = update.position;
        seen.lock().unwrap().push(update);
    }
    Ok(())
}

/// What somebody who watches has seen.
pub struct Watcher {
    seen: Arc<Mutex<Vec<AlertUpdate>>>,
    task: JoinHandle<()>,
}

impl Watcher {
    /// Every onset that raised an alert or was folded into one, by what devices measured.
    pub fn onsets(&self) -> Vec<Onset> {
        let seen = self.seen.lock().unwrap();
        let onsets = seen.iter().filter_map(|update| {
            onset(&update.alert.as_ref().expect("an alert").patient, update.fact.as_ref().expect("a fact"))
        });
        onsets.filter(Onset::is_of_device_time).collect()
    }

    /// The same, each once: a subscriber that resumes may see a fact again.
    pub fn distinct_onsets(&self) -> BTreeSet<Onset> {
        self.onsets().into_iter().collect()
    }

    /// Waits for so many onsets.
    pub async fn until_onsets(&self, count: usize) {
        until(&format!("onset {count}"), PATIENCE, || (self.distinct_onsets().len() >= count).then_some(())).await;
    }

    /// Waits until a comment was seen.
    pub async fn until_comment(&self, text: &str) {
        let is_it = |update: &AlertUpdate| {
            update.fact.as_ref().is_some_and(|fact| fact.what == "commented" && fact.reason == text)
        };
        until("the comment", PATIENCE, || self.seen.lock().unwrap().iter().any(is_it).then_some(())).await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn onset(patient: &str, fact: &proto::AlertFact) -> Option<Onset> {
    let counts = matches!(fact.what.as_str(), "raised" | "folded");
    counts.then(|| Onset { rule: fact.rule.clone(), patient: patient.to_owned(), at_us: fact.onset_us })
}
