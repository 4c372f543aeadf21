//! The channels of a site, made from its settings.

use std::path::Path;
use std::sync::Arc;

use crate::actors::Channels;
use crate::channels::{Channel, Email, WebClient, WebPush, Webhook};
use crate::clock::Clock;
use crate::config::ChannelSettings;

/// A channel that is configured and cannot be made: what, and why. Secrets are not shown.
#[derive(Debug, thiserror::Error)]
#[error("channels.{what}: {why}")]
pub struct ChannelsError {
    what: String,
    why: String,
}

/// Makes every channel that is configured, beside the host's `own`.
///
/// # Errors
/// [`ChannelsError`]
pub(super) fn channels(
    settings: &ChannelSettings,
    clock: &Clock,
    own: Vec<Arc<dyn Channel>>,
) -> Result<Channels, ChannelsError> {
    let error = |what: &str, why: &dyn std::fmt::Display| ChannelsError { what: what.to_owned(), why: why.to_string() };
    let client = || WebClient::new(settings.authorities.as_deref()).map_err(|why| error("authorities", &why));
    let mut made: Vec<Arc<dyn Channel>> = Vec::new();
    if let Some(file) = &settings.webhook_secret_file {
        let secret = read(file).map_err(|why| error("webhook_secret_file", &why))?;
        let webhook = Webhook::new(client()?, &secret, clock.clone());
        made.push(Arc::new(webhook.map_err(|why| error("webhook_secret_file", &why))?));
    }
    if let Some(file) = &settings.smtp_url_file {
        let url = read(file).map_err(|why| error("smtp_url_file", &why))?;
        made.push(Arc::new(Email::new(&url, &settings.smtp_from).map_err(|why| error("smtp_url_file", &why))?));
    }
    if let Some(file) = &settings.vapid_key_file {
        let key = std::fs::read(file).map_err(|why| error("vapid_key_file", &why))?;
        let push = WebPush::new(client()?, &key, &settings.vapid_subject, clock.clone());
        made.push(Arc::new(push.map_err(|why| error("vapid_key_file", &why))?));
    }
    for channel in own {
        let id = channel.id();
        if made.iter().any(|other| other.id() == id) {
            return Err(error(id.as_str(), &"there are two channels of this name: each needs its own"));
        }
        made.push(channel);
    }
    Ok(Channels::new(made))
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))
}
