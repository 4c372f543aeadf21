//! An administrator, a nurse who answers for a unit, and a patient with a device.

use tonic::Streaming;
use tonic::transport::Channel;
use vigil::proto;
use vigil::proto::admin_service_client::AdminServiceClient;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{PATIENCE, Site, Stopped, site, with_token};
use super::ward::{admin, admit, register};

/// A site with an administrator, a nurse who answers for the unit, and a device for a patient.
pub struct Care {
    pub site: Site,
    pub token: String,
    pub admin: AdminServiceClient<Channel>,
    pub kim: String,
    pub alerts: AlertServiceClient<Channel>,
    pub news: Streaming<proto::AlertUpdate>,
}

impl Care {
    pub async fn open() -> Self {
        let mut site = site().await;
        let kim = site.account("kim", "nurse");
        register(&mut site, "ox-1", "").await;
        admit(&mut site, "p-1", "ox-1", "kim").await;
        let (token, admin) = admin(&mut site).await;
        let mut alerts = AlertServiceClient::new(site.people().await);
        let news = alerts.watch(with_token(&kim, proto::WatchAlertsRequest::default())).await.unwrap().into_inner();
        Self { site, token, admin, kim, alerts, news }
    }

    pub async fn admit(&mut self, patient: &str, unit: &str, bed: &str) -> Result<(), tonic::Status> {
        let request = admission(patient, unit, bed);
        self.admin.admit_patient(with_token(&self.token, request)).await.map(drop)
    }

    pub async fn assign(&mut self, device: &str, patient: &str) {
        let request =
            proto::AssignDeviceRequest { device: device.into(), patient: patient.into(), from_us: 0, until_us: 0 };
        self.admin.assign_device(with_token(&self.token, request)).await.unwrap();
    }

    pub async fn patient(&mut self, patient: &str) -> proto::Patient {
        let request = proto::GetPatientRequest { patient: patient.into() };
        self.admin.get_patient(with_token(&self.token, request)).await.unwrap().into_inner()
    }

    pub async fn discharge(&mut self, patient: &str, died: bool) -> Vec<String> {
        let request = proto::DischargePatientRequest { patient: patient.into(), died };
        self.admin.discharge_patient(with_token(&self.token, request)).await.unwrap().into_inner().devices
    }

    /// Waits for a fact about the patient's alerts, and returns it with the alert after it.
    pub async fn until(&mut self, patient: &str, what: &str) -> (proto::AlertFact, proto::Alert) {
        let found = async {
            loop {
                let update = self.news.message().await.unwrap().expect("the watch ended");
                let (fact, alert) = (update.fact.unwrap(), update.alert.unwrap());
                if fact.what == what && alert.patient == patient {
                    return (fact, alert);
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("it does not happen")
    }

    pub async fn open_alerts(&mut self) -> Vec<proto::Alert> {
        let all = proto::ListAlertsRequest::default();
        self.alerts.list(with_token(&self.kim, all)).await.unwrap().into_inner().alerts
    }

    pub async fn pages(&mut self) -> usize {
        self.alerts.inbox(with_token(&self.kim, proto::InboxRequest {})).await.unwrap().into_inner().pages.len()
    }

    pub async fn stop_and_audit(self) -> Stopped {
        let Self { site, news, .. } = self;
        drop(news);
        site.stop_and_audit().await
    }
}

/// The terms of an admission.
pub fn admission(patient: &str, unit: &str, bed: &str) -> proto::AdmitPatientRequest {
    let profile = Some(proto::PatientProfile {
        age_class: proto::AgeClass::Adult.into(),
        spo2_low_percent: 88,
        spo2_high_percent: 92,
        ..proto::PatientProfile::default()
    });
    proto::AdmitPatientRequest { patient: patient.into(), unit: unit.into(), bed: bed.into(), profile }
}
