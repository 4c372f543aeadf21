//! E-mail by SMTP.

use std::time::Duration;

use lettre::message::{Mailbox, header::ContentType};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use smol_str::format_smolstr;
use tokio::task::JoinSet;

use super::channel::{Channel, Message, Outcome, SEND_TIMEOUT, SendFuture};
use super::webhook::priority;
use crate::clinical::ids::ChannelId;

/// Why there is no e-mail.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// The server's URL; it may hold a password, so it is not shown.
    #[error("the SMTP server's URL is wrong: allowed is smtps://USER:PASSWORD@HOST or smtp://HOST?tls=required")]
    Url,
    /// The sender.
    #[error("`{0}` is no e-mail address to send from")]
    From(String),
}

/// Sends mail through one SMTP server.
pub struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
}

impl Email {
    /// Through the server of `url`, from `from`.
    ///
    /// # Errors
    /// [`EmailError`]
    pub fn new(url: &str, from: &str) -> Result<Self, EmailError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.trim()).map_err(|_| EmailError::Url)?;
        let from = from.parse().map_err(|_| EmailError::From(from.to_owned()))?;
        let transport = builder.timeout(Some(SEND_TIMEOUT)).build();
        Ok(Self { transport, from, timeout: SEND_TIMEOUT })
    }

    /// The same with another time limit, for tests.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    fn mail(&self, message: &Message, to: Mailbox) -> Option<lettre::Message> {
        let domain = self.from.email.domain();
        let mark = if message.repeat { "\n\nThis is a repeat: it may have reached you before." } else { "" };
        lettre::Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(format!("{}: {}", priority(message.priority), message.title))
            // The same on each attempt, so that a mailbox can tell a repeat.
            .message_id(Some(format!("<{}@{domain}>", message.key)))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n{}{mark}\n", message.text, message.link))
            .ok()
    }
}

impl Channel for Email {
    fn id(&self) -> ChannelId {
        ChannelId::new("email").unwrap_or_else(|_| unreachable!("email is an identifier"))
    }

    fn check(&self, address: &str) -> Result<(), String> {
        let wrong = |_| "it is no e-mail address; allowed: NAME@HOST".to_owned();
        address.parse::<Mailbox>().map(|_| ()).map_err(wrong)
    }

    fn send<'a>(&'a self, message: &'a Message, address: &'a str) -> SendFuture<'a> {
        Box::pin(async move {
            let mail = address.parse().ok().and_then(|to| self.mail(message, to));
            let Some(mail) = mail else { return Outcome::Refused { why: "it is no e-mail address".into() } };
            // In a task of its own, which ends with this attempt: a server whose answer never ends keeps it busy.
            let (mut attempt, transport) = (JoinSet::new(), self.transport.clone());
            attempt.spawn(async move { transport.send(mail).await });
            match tokio::time::timeout(self.timeout, attempt.join_next()).await {
                Ok(Some(Ok(Ok(_)))) => Outcome::Sent,
                Ok(Some(Ok(Err(error)))) => judge(&error),
                Ok(_) => Outcome::Unknown { why: "the attempt broke off".into() },
                Err(_) => Outcome::Unknown { why: format_smolstr!("no answer within {} ms", self.timeout.as_millis()) },
            }
        })
    }
}

fn judge(error: &lettre::transport::smtp::Error) -> Outcome {
    let said = error.status().map(|code| format_smolstr!("the server says {code}"));
    if error.is_permanent() {
        return Outcome::Refused { why: said.unwrap_or_else(|| "the server refuses it for good".into()) };
    }
    if error.is_transient() {
        return Outcome::Failed { why: said.unwrap_or_else(|| "the server refuses it for now".into()), wait: None };
    }
    if error.is_timeout() {
        return Outcome::Unknown { why: "the server does not answer".into() };
    }
    // The connection was refused or ended. Where it ended after the text the mail may be on its way.
    Outcome::Unknown { why: "the connection ended".into() }
}
