//! One answer to several alerts.

use super::{Answer, Client, print, request};
use crate::cli::failure::{Failure, exit};
use crate::proto::{self, AnswerAllResponse};

pub(super) async fn acknowledge(client: &mut Client, ids: &[String], reason: &str, json: bool) -> Result<(), Failure> {
    let mut answers = Vec::with_capacity(ids.len());
    for id in ids {
        let answer = Answer { id: id.clone(), reason: reason.to_owned(), version: None };
        answers.push(request(client, &answer, None).await?);
    }
    let all = proto::AcknowledgeAllRequest { answers, reason: reason.to_owned() };
    said(&client.acknowledge_all(all).await?.into_inner(), json)
}

pub(super) async fn hand_over(
    client: &mut Client,
    patient: Option<&str>,
    to: &str,
    reason: &str,
    json: bool,
) -> Result<(), Failure> {
    let patient = patient.unwrap_or_default().to_owned();
    let all = proto::HandOverAllRequest { to: to.to_owned(), patient, reason: reason.to_owned() };
    said(&client.hand_over_all(all).await?.into_inner(), json)
}

fn said(answered: &AnswerAllResponse, json: bool) -> Result<(), Failure> {
    let alerts: Vec<_> = answered.answers.iter().filter_map(|one| one.alert.clone()).collect();
    print::alerts(&alerts, json)?;
    let stale = answered.answers.iter().filter(|one| !one.done).count();
    if stale == 0 {
        return Ok(());
    }
    Err(Failure::new(exit::NO, format_args!("{stale} alerts have changed meanwhile: look at them, and answer again")))
}
