//! Who the caller is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name and password of a local account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningIn {
    pub person: String,
    pub password: String,
}

/// Name and PIN of a local account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirming {
    pub person: String,
    pub pin: String,
}

/// A person who confirmed with a PIN at somebody else's screen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Confirmed {
    pub person: String,
    pub roles: Vec<String>,
    /// To be sent as `Authorization: Bearer TOKEN` with the answer.
    pub token: String,
    pub expires_us: i64,
}

/// A session that was opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    pub person: String,
    pub roles: Vec<String>,
    /// When it ends at the latest.
    pub expires_us: i64,
    /// After so long without a request it ends before that.
    pub idle_s: u32,
}

/// How long the session lasts that a request came with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionLife {
    pub expires_us: i64,
    pub idle_s: u32,
}

/// Who the server thinks that the caller is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Me {
    pub person: String,
    pub roles: Vec<String>,
    /// What the roles may ask for.
    pub can: Vec<String>,
    /// Absent: the caller showed a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionLife>,
    pub now_us: i64,
}
