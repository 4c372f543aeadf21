//! Webhooks, signed as in Standard Webhooks (<https://www.standardwebhooks.com>, v1: HMAC-SHA-256).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::json;

use super::channel::{Channel, Message, Outcome, SendFuture};
use super::web_post::{WebClient, uri_of};
use crate::clinical::condition::Priority;
use crate::clinical::ids::ChannelId;
use crate::clock::Clock;

const PREFIX: &str = "whsec_";
/// The bounds that Standard Webhooks recommends.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why there is no webhook.
#[derive(Debug, thiserror::Error)]
#[error("a webhook's secret is `whsec_` and 24 to 64 bytes as base64")]
pub struct WebhookError;

/// Posts a signed JSON object to the URL that is the address.
pub struct Webhook {
    client: WebClient,
    key: hmac::Key,
    clock: Clock,
}

impl Webhook {
    /// Signs with `secret`, written as `whsec_BASE64`.
    ///
    /// # Errors
    /// [`WebhookError`]
    pub fn new(client: WebClient, secret: &str, clock: Clock) -> Result<Self, WebhookError> {
        let encoded = secret.trim().strip_prefix(PREFIX).ok_or(WebhookError)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| WebhookError)?;
        if !SECRET_BYTES.contains(&bytes.len()) {
            return Err(WebhookError);
        }
        Ok(Self { client, key: hmac::Key::new(hmac::HMAC_SHA256, &bytes), clock })
    }

    fn headers(&self, key: &str, body: &[u8]) -> Option<HeaderMap> {
        let timestamp = self.clock.now().micros().div_euclid(1_000_000);
        let signed = [key.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body].concat();
        let signature = format!("v1,{}", STANDARD.encode(hmac::sign(&self.key, &signed)));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HeaderName::from_static("webhook-id"), HeaderValue::from_str(key).ok()?);
        headers.insert(HeaderName::from_static("webhook-timestamp"), HeaderValue::from(timestamp));
        headers.insert(HeaderName::from_static("webhook-signature"), HeaderValue::from_str(&signature).ok()?);
        Some(headers)
    }
}

impl Channel for Webhook {
    fn id(&self) -> ChannelId {
        ChannelId::new("webhook").unwrap_or_else(|_| unreachable!("webhook is an identifier"))
    }

    fn check(&self, address: &str) -> Result<(), String> {
        uri_of(address).map(|_| ())
    }

    fn send<'a>(&'a self, message: &'a Message, address: &'a str) -> SendFuture<'a> {
        Box::pin(async move {
            let body = Bytes::from(payload(message));
            let (uri, headers) = match (uri_of(address), self.headers(&message.key, &body)) {
                (Ok(uri), Some(headers)) => (uri, headers),
                (Err(why), _) => return Outcome::Refused { why: why.into() },
                (_, None) => return Outcome::Refused { why: "the key does not fit a header".into() },
            };
            self.client.post(uri, headers, body).await
        })
    }
}

/// The body: the same bytes on each attempt but for `repeat`.
fn payload(message: &Message) -> String {
    json!({
        "type": if message.drill { "page.drill" } else { "page" },
        "timestamp": message.paged_at.to_string(),
        "data": {
            "priority": priority(message.priority),
            "title": message.title,
            "text": message.text,
            "link": message.link,
            "alerts": message.alerts,
            "repeat": message.repeat,
            "drill": message.drill,
        },
    })
    .to_string()
}

pub(super) const fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
    }
}
