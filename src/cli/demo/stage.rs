//! The order in which a demo starts, goes on and ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::args::Args;
use super::feed::follow;
use super::screen::{Sources, show};
use super::site::{ADMIN, Addresses, PHYSICIAN, Site, UNIT, care_team};
use super::summary;
use super::ward::WardState;
use crate::api::ops::Operations;
use crate::app::{self, AppError, Request};
use crate::cli::simulate::{Pace, Plan, PlayError, Report, WardPlan, play, stop_on_signals, synthetic_ward};
use crate::cli::{Failure, exit};
use crate::client::channel::{self, Bearer};
use crate::client::enrol::Registrar;
use crate::clock::Clock;
use crate::proto;
use crate::proto::admin_service_client::AdminServiceClient;

/// How long the last alerts may take to come.
const GRACE: Duration = Duration::from_secs(3);

/// Runs the demo.
pub(super) async fn demo(args: &Args) -> Result<(), Failure> {
    // Refused only where one is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let clock = Clock::system();
    let stop = stop_on_signals()?;
    let started_s = clock.now().micros().div_euclid(1_000_000);
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(format!("data/demo-{started_s}")));
    let site = Site::prepare(&dir, clock.now())?;
    let platform = Running::start(&site).await?;
    set_care_team(&site, &platform.at.people).await?;
    let plan = plan(args, &site, &platform, clock.clone());
    let mut ward = WardState::new(
        format!("VIGIL DEMO   ward {UNIT}   simulated patients, nothing here is about a person"),
        plan.players.iter().enumerate().map(|(at, player)| (player.patient.clone(), format!("bed-{}", at + 1))),
    );
    ward.footer = site.notes(&platform.at);
    ward.footer.push("Ctrl-C drains and stops".to_owned());
    println!("{}\n", ward.footer.join("\n"));
    let (report, ward) = perform(plan, &site, &platform, ward, &clock, stop).await?;
    platform.stop().await?;
    print!("{}", summary::text(&report, &ward.tally, &site.dir));
    if !report.is_complete() || !summary::missed(&report, &ward.tally).is_empty() {
        return Err(Failure::new(exit::NO, "a receipt or an alert is missing"));
    }
    Ok(())
}

fn plan(args: &Args, site: &Site, platform: &Running, clock: Clock) -> Plan {
    let players = synthetic_ward(&WardPlan {
        patients: args.patients.into(),
        rate: 1,
        seed: args.seed,
        pace: Some(Pace::WARD),
        start: clock.now(),
    });
    Plan {
        url: platform.at.devices.clone(),
        pki: site.pki.clone(),
        players,
        gateways: 0,
        registrar: Some(Registrar {
            url: platform.at.people.clone(),
            token_file: site.token_file(ADMIN),
            unit: UNIT.to_owned(),
        }),
        limit: args.limit,
        settle: Duration::from_secs(10),
        speed: 1.0,
        seed: args.seed,
        clock,
        shown: None,
        progress: false,
    }
}

/// Plays and shows; ends when the simulation has ended and its alerts had time to come.
async fn perform(
    plan: Plan,
    site: &Site,
    platform: &Running,
    ward: WardState,
    clock: &Clock,
    stop: watch::Receiver<bool>,
) -> Result<(Report, WardState), Failure> {
    let ca_pem = channel::read_pem(&site.pki.join("ca.pem"))?;
    let endpoint = channel::endpoint(&platform.at.people, &ca_pem, None)?;
    let bearer = Bearer::from_file(&site.token_file(PHYSICIAN))?;
    let (news_in, news) = mpsc::channel(1_024);
    let feed = tokio::spawn(follow(endpoint, bearer, news_in));
    let (end, ended) = watch::channel(false);
    let (glimpses_in, glimpses) = mpsc::channel(4_096);
    let plan = Plan { shown: Some(glimpses_in), ..plan };
    let played: JoinHandle<Result<Report, PlayError>> = tokio::spawn(async move {
        let played = play(plan, stop).await;
        tokio::time::sleep(GRACE).await;
        end.send_replace(true);
        played
    });
    let ward = show(ward, Sources { glimpses, news, end: ended }, clock).await;
    feed.abort();
    let report = played.await.map_err(|error| Failure::new(exit::UNAVAILABLE, error))?;
    Ok((report.map_err(|error| Failure::new(exit::UNAVAILABLE, error))?, ward))
}

async fn set_care_team(site: &Site, people: &str) -> Result<(), Failure> {
    let ca_pem = channel::read_pem(&site.pki.join("ca.pem"))?;
    let bearer = Bearer::from_file(&site.token_file(ADMIN))?;
    let channel = channel::connect(&channel::endpoint(people, &ca_pem, None)?).await?;
    let mut admin = AdminServiceClient::with_interceptor(channel, bearer);
    admin.set_care_team(proto::SetCareTeamRequest { team: Some(care_team()) }).await?;
    Ok(())
}

/// The platform in this process.
struct Running {
    at: Addresses,
    requests: mpsc::Sender<Request>,
    task: JoinHandle<Result<(), AppError>>,
}

impl Running {
    async fn start(site: &Site) -> Result<Self, Failure> {
        let (requests, asked) = mpsc::channel(1);
        let (tell, told) = oneshot::channel();
        let (config, rules) = (site.config.clone(), Arc::clone(&site.rules));
        let mut tell = Some(tell);
        let started = move |platform: &app::Platform, _: &Operations| {
            let server = platform.server();
            let at = (server.devices_addr(), server.people_addr(), server.web_addr());
            // Told at the first start only.
            let _ = tell.take().map(|tell| tell.send(at));
        };
        let mut task = tokio::spawn(async move { app::run(&config, rules, asked, started).await });
        tokio::select! {
            Ok((devices, people, web)) = told => {
                let url = |at: std::net::SocketAddr| format!("https://{at}");
                let at = Addresses {
                    devices: url(devices),
                    people: url(people),
                    web: format!("https://localhost:{}", web.port()),
                };
                Ok(Self { at, requests, task })
            }
            ended = &mut task => Err(match ended {
                Ok(Err(error)) => Failure::new(exit::STORAGE, error),
                _ => Failure::new(exit::STORAGE, "the platform ended before it was ready"),
            }),
        }
    }

    /// Drains.
    async fn stop(self) -> Result<(), Failure> {
        // Gone already: its end is told by the task.
        let _ = self.requests.send(Request::Stop).await;
        match self.task.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::new(exit::STORAGE, error)),
            Err(error) => Err(Failure::new(exit::STORAGE, error)),
        }
    }
}
