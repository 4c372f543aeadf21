//! Admin listing of 100,000 patients, page by page, over TLS: `cargo bench --bench listing`. The figure to reach is
//! p99 <= 20 ms per page of 100, whole and filtered by unit.
#![allow(missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use vigil::actors::handle::{Admission, Handle};
use vigil::api::identity::{Accounts, NewAccount};
use vigil::app::Platform;
use vigil::client::channel::{Bearer, connect, endpoint};
use vigil::clinical::ids::{PatientId, PersonId, UnitId};
use vigil::clinical::patient::Profile;
use vigil::clinical::rules::RuleSet;
use vigil::clock::Clock;
use vigil::config::Config;
use vigil::pki::{Authority, write_private};
use vigil::proto;
use vigil::proto::admin_service_client::AdminServiceClient;

const PATIENTS: usize = 100_000;
const UNITS: usize = 50;
const AT_ONCE: usize = 256;
const PAGE: u32 = 100;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
type Admin = AdminServiceClient<InterceptedService<Channel, Bearer>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let clock = Clock::system();
    let authority = Authority::create(&folder.path().join("pki"), "bench", clock.now())?;
    authority.issue_server(&["localhost".into()], clock.now())?;
    let mut accounts = Accounts::default();
    let token = accounts.add(NewAccount { name: PersonId::new("ada")?, roles: vec!["admin".parse()?] })?;
    accounts.save(&folder.path().join("accounts.toml"))?;
    let token_file = folder.path().join("ada.token");
    write_private(&token_file, token.reveal())?;
    let text = "[listen]\ndevices = \"127.0.0.1:0\"\npeople = \"127.0.0.1:0\"\nweb = \"127.0.0.1:0\"\noperations = \"127.0.0.1:0\"\n[pki]\nsite = \"bench\"\n";
    let config = Config::parse(&folder.path().join("vigil.toml"), text).map_err(|mistakes| format!("{mistakes:?}"))?;
    let rules = RuleSet::bedside().map_err(|mistakes| format!("{mistakes:?}"))?;
    let platform = Platform::start(&config, Arc::new(rules)).await?;

    let begun = Instant::now();
    admit_all(&platform.engine().handle()).await?;
    println!("listing: {PATIENTS} patients in {UNITS} units admitted in {:.1} s", begun.elapsed().as_secs_f64());
    let url = format!("https://localhost:{}", platform.server().people_addr().port());
    let channel = connect(&endpoint(&url, authority.ca_pem(), None)?).await?;
    let admin = AdminServiceClient::with_interceptor(channel, Bearer::from_file(&token_file)?);
    report("every patient", pages(admin.clone(), String::new()).await?);
    report("one unit of them", pages(admin, "unit-7".into()).await?);
    platform.stop(Duration::from_secs(30)).await;
    Ok(())
}

async fn admit_all(handle: &Handle) -> Outcome<()> {
    for unit in 0..UNITS {
        handle.create_unit(UnitId::new(&format!("unit-{unit}"))?).await?;
    }
    let by = PersonId::new("ada")?;
    let mut admissions = JoinSet::new();
    for at in 0..PATIENTS {
        let (handle, by) = (handle.clone(), by.clone());
        let patient = PatientId::new(&format!("patient-{at:06}"))?;
        let unit = UnitId::new(&format!("unit-{}", at % UNITS))?;
        let admission = Admission { unit, bed: format!("bed-{at}").into(), profile: Profile::default() };
        if admissions.len() == AT_ONCE
            && let Some(admitted) = admissions.join_next().await
        {
            admitted??;
        }
        admissions.spawn(async move { handle.admit_patient(&by, patient, admission).await });
    }
    while let Some(admitted) = admissions.join_next().await {
        admitted??;
    }
    Ok(())
}

/// Reads every page; how long each took.
async fn pages(mut admin: Admin, unit: String) -> Outcome<Vec<Duration>> {
    let (mut took, mut seen, mut page_token) = (Vec::new(), 0, String::new());
    loop {
        let request =
            proto::ListPatientsRequest { page_size: PAGE, page_token, unit: unit.clone(), ..Default::default() };
        let begun = Instant::now();
        let page = admin.list_patients(request).await?.into_inner();
        took.push(begun.elapsed());
        seen += page.patients.len();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let expected = if unit.is_empty() { PATIENTS } else { PATIENTS / UNITS };
    if seen == expected { Ok(took) } else { Err(format!("{seen} patients were listed instead of {expected}").into()) }
}

fn report(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)].as_secs_f64() * 1_000.0;
    println!(
        "listing {what}: {} pages of {PAGE}, p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms (p99 to reach: 20 ms)",
        took.len(),
        at(50),
        at(99),
        at(100)
    );
}
