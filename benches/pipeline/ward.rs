//! Who sends: devices on connections of their own, or behind gateways.

use std::error::Error;

use vigil::client::channel;
use vigil::client::enrol::{Enrolment, enrol};
use vigil::client::load::LoadStream;

use crate::bare::Shape;
use crate::platform::{Platform, Site};

/// Devices with their patients, and the streams on which they speak.
pub struct Ward {
    names: Vec<(String, String)>,
    streams: Vec<(Speaker, Vec<(String, String)>)>,
}

#[derive(Clone)]
enum Speaker {
    Device(String),
    /// Connection and gateway.
    Gateway(usize, String),
}

impl Ward {
    /// Spreads the devices of a shape over its streams: one device on one stream speaks for itself, more need a
    /// gateway.
    pub fn new(shape: Shape) -> Self {
        Self::named("load", shape)
    }

    /// As [`Self::new`]; device, patient and gateway begin with `name`, so that wards can stand beside each other.
    pub fn named(name: &str, shape: Shape) -> Self {
        let names: Vec<(String, String)> =
            (0..shape.devices).map(|at| (format!("{name}-{at:06}"), format!("{name}-p-{at:06}"))).collect();
        let own = shape.devices == shape.streams && shape.connections == shape.streams;
        let streams = (0..shape.streams)
            .map(|at| {
                let members: Vec<_> = names.iter().skip(at).step_by(shape.streams).cloned().collect();
                let speaker = if own {
                    Speaker::Device(members[0].0.clone())
                } else {
                    let connection = at % shape.connections;
                    Speaker::Gateway(connection, format!("{name}-gateway-{connection:04}"))
                };
                (speaker, members)
            })
            .collect();
        Self { names, streams }
    }

    /// Makes all of it known to the platform.
    pub async fn enrol(&self, site: &Site, platform: &Platform) -> Result<(), Box<dyn Error>> {
        let mut enrolments = Vec::with_capacity(self.names.len());
        for (speaker, members) in &self.streams {
            let gateway = match speaker {
                Speaker::Device(_) => String::new(),
                Speaker::Gateway(_, name) => name.clone(),
            };
            enrolments.extend(members.iter().map(|(device, patient)| Enrolment {
                device: device.clone(),
                model: "sim-monitor".to_owned(),
                firmware: "1.0".to_owned(),
                gateway: gateway.clone(),
                patient: patient.clone(),
                bed: String::new(),
            }));
        }
        enrol(&site.registrar(platform), site.ca_pem(), enrolments).await?;
        Ok(())
    }

    /// The streams, with their certificates.
    pub fn streams(&self, site: &Site, platform: &Platform) -> Result<Vec<LoadStream>, Box<dyn Error>> {
        let mut out = Vec::with_capacity(self.streams.len());
        for (at, (speaker, members)) in self.streams.iter().enumerate() {
            let (connection, own) = match speaker {
                Speaker::Device(name) => (at, site.device(name)?),
                Speaker::Gateway(connection, name) => (*connection, site.gateway(name)?),
            };
            let endpoint = channel::endpoint(&platform.devices, site.ca_pem(), Some(&own))?;
            out.push(LoadStream { connection, endpoint, devices: members.clone() });
        }
        Ok(out)
    }
}
