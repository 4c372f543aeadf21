//! Web Push: to browsers, by way of their makers' push services. VAPID says who sends (RFC 8292); the service cannot read
//! the message (RFC 8291).

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use serde_json::json;

use super::channel::{Channel, Message, Outcome, SendFuture};
use super::push_crypto::{PLAINTEXT_BYTES_MAX, Receiver, authorization, encrypt};
use super::web_post::{WebClient, uri_of};
use super::webhook::priority;
use crate::clinical::condition::Priority;
use crate::clinical::ids::ChannelId;
use crate::clock::Clock;

/// For how long a service may hold a page for a browser that is not there: later the ladder has reached others.
const HELD_S: u32 = 600;
/// For how long a token is good.
const TOKEN_S: i64 = 3_600;

/// Why there is no Web Push.
#[derive(Debug, thiserror::Error)]
pub enum WebPushError {
    /// The key.
    #[error("the VAPID key is not an ECDSA P-256 key in PKCS #8")]
    Key,
    /// The contact.
    #[error("`{0}` is not how a push service reaches you: allowed is mailto:ADDRESS or an https:// address")]
    Subject(String),
}

/// Pushes to subscriptions, written `ENDPOINT#p256dh=KEY&auth=SECRET` with both as base64url, as browsers give them.
pub struct WebPush {
    client: WebClient,
    key: EcdsaKeyPair,
    subject: String,
    clock: Clock,
}

impl WebPush {
    /// With a VAPID key in PKCS #8 (DER), and how a push service reaches us.
    ///
    /// # Errors
    /// [`WebPushError`]
    pub fn new(client: WebClient, key: &[u8], subject: &str, clock: Clock) -> Result<Self, WebPushError> {
        if !subject.starts_with("mailto:") && !subject.starts_with("https://") {
            return Err(WebPushError::Subject(subject.to_owned()));
        }
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key).map_err(|_| WebPushError::Key)?;
        Ok(Self { client, key, subject: subject.to_owned(), clock })
    }

    /// The public key that browsers subscribe with (`applicationServerKey`), as base64url.
    #[must_use]
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key())
    }

    fn request(&self, message: &Message, address: &str) -> Result<(Uri, HeaderMap, Bytes), String> {
        let (uri, receiver) = subscription(address)?;
        let unfit = |_| "the subscription's keys do not fit".to_owned();
        let mut salt = [0; 16];
        rand::fill(&mut salt).map_err(unfit)?;
        let sender = PrivateKey::generate(&ECDH_P256).map_err(unfit)?;
        let body = encrypt(&receiver, &sender, salt, payload(message).as_bytes()).map_err(unfit)?;
        let expires_s = self.clock.now().micros().div_euclid(1_000_000) + TOKEN_S;
        let audience =
            format!("{}://{}", uri.scheme_str().unwrap_or("https"), uri.authority().map_or("", |a| a.as_str()));
        let public = self.key.public_key().as_ref();
        let authorized = authorization(&self.key, public, &audience, &self.subject, expires_s).map_err(unfit)?;
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| "the header does not fit".to_owned());
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value(&authorized)?);
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(HeaderName::from_static("ttl"), HeaderValue::from(HELD_S));
        headers.insert(HeaderName::from_static("urgency"), HeaderValue::from_static(urgency(message.priority)));
        // A repeat replaces the first where the service still holds it. At most 32 characters of the URL-safe alphabet.
        headers.insert(HeaderName::from_static("topic"), value(&topic(&message.key))?);
        Ok((uri, headers, Bytes::from(body)))
    }
}

impl Channel for WebPush {
    fn id(&self) -> ChannelId {
        ChannelId::new("web-push").unwrap_or_else(|_| unreachable!("web-push is an identifier"))
    }

    fn check(&self, address: &str) -> Result<(), String> {
        subscription(address).map(|_| ())
    }

    fn send<'a>(&'a self, message: &'a Message, address: &'a str) -> SendFuture<'a> {
        Box::pin(async move {
            match self.request(message, address) {
                Ok((uri, headers, body)) => self.client.post(uri, headers, body).await,
                Err(why) => Outcome::Refused { why: why.into() },
            }
        })
    }
}

fn subscription(address: &str) -> Result<(Uri, Receiver), String> {
    const ALLOWED: &str = "a subscription is ENDPOINT#p256dh=KEY&auth=SECRET, both as base64url";
    let (endpoint, keys) = address.split_once('#').ok_or(ALLOWED)?;
    let part = |name: &str| {
        let text = keys.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
    };
    match (part("p256dh"), part("auth")) {
        (Some(public), Some(auth)) if public.len() == 65 && auth.len() == 16 => {
            Ok((uri_of(endpoint)?, Receiver { public, auth }))
        }
        _ => Err(ALLOWED.to_owned()),
    }
}

/// What the page's service worker shows. Cut where it would not fit one record.
fn payload(message: &Message) -> String {
    let whole = |text: &str| {
        json!({
            "key": message.key,
            "repeat": message.repeat,
            "priority": priority(message.priority),
            "title": message.title,
            "text": text,
            "link": message.link,
            "drill": message.drill,
        })
        .to_string()
    };
    let full = whole(&message.text);
    if full.len() <= PLAINTEXT_BYTES_MAX { full } else { whole("") }
}

const fn urgency(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "high",
        Priority::Medium => "normal",
        Priority::Low => "low",
    }
}

fn topic(key: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..24])
}
