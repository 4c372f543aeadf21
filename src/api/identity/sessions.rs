//! Sessions of people who signed in: kept in memory, revoked on the server, gone with the process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// What a session's token begins with: never what an account's begins with.
const PREFIX: &str = "vigil-session.";
/// A session ends after a shift.
const LASTS_MS: i64 = 8 * 3_600_000;
/// After so long without a request a session ends.
pub const IDLE_MS: i64 = 30 * 60_000;
/// A person who confirmed with a PIN is believed for so long.
const CONFIRMED_MS: i64 = 60_000;
/// Sessions at a time, of everybody.
const SESSIONS_MAX: usize = 100_000;

#[derive(Clone, Debug)]
struct Session {
    person: PersonId,
    until: Timestamp,
    idle_until: Timestamp,
}

impl Session {
    fn lives(&self, now: Timestamp) -> bool {
        now < self.until && now < self.idle_until
    }
}

/// The sessions that are open, by the SHA-256 of their tokens.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<HashMap<[u8; 32], Session>>,
}

impl Sessions {
    /// Whether this is the token of a session, open or not.
    #[must_use]
    pub fn is_token(token: &str) -> bool {
        token.starts_with(PREFIX)
    }

    /// Whether the session goes on; does not keep it from falling idle.
    #[must_use]
    pub fn lives(&self, token: &str, now: Timestamp) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&hash(token)).is_some_and(|session| session.lives(now))
    }

    /// When the session ends at the latest; `None`: it has ended.
    #[must_use]
    pub fn until(&self, token: &str) -> Option<Timestamp> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&hash(token)).map(|session| session.until)
    }

    /// Opens a session for a shift; returns its token and its end. `None`: there are too many, or no random bytes.
    pub fn open(&self, person: &PersonId, now: Timestamp) -> Option<(String, Timestamp)> {
        self.open_for(person, now, LASTS_MS)
    }

    /// Opens a session for as long as an answer takes that a person confirms at somebody else's screen.
    pub fn open_briefly(&self, person: &PersonId, now: Timestamp) -> Option<(String, Timestamp)> {
        self.open_for(person, now, CONFIRMED_MS)
    }

    fn open_for(&self, person: &PersonId, now: Timestamp, lasts_ms: i64) -> Option<(String, Timestamp)> {
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret).ok()?;
        let token = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(secret));
        let until = now.plus_ms(lasts_ms);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= SESSIONS_MAX {
            open.retain(|_, session| session.lives(now));
        }
        if open.len() >= SESSIONS_MAX {
            return None;
        }
        open.insert(hash(&token), Session { person: person.clone(), until, idle_until: now.plus_ms(IDLE_MS) });
        Some((token, until))
    }

    /// Whose session it is; keeps it from falling idle. `None`: it has ended.
    pub fn person(&self, token: &str, now: Timestamp) -> Option<PersonId> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let key = hash(token);
        if !open.get(&key)?.lives(now) {
            open.remove(&key);
            return None;
        }
        let session = open.get_mut(&key)?;
        session.idle_until = now.plus_ms(IDLE_MS);
        Some(session.person.clone())
    }

    /// Ends a session, at once.
    pub fn close(&self, token: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash(token));
    }
}

fn hash(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(0);

    fn kim() -> PersonId {
        PersonId::new("kim").unwrap()
    }

    #[test]
    fn a_session_ends_when_it_is_idle_when_the_shift_is_over_and_when_it_is_closed() {
        let sessions = Sessions::default();
        let (idle, _) = sessions.open(&kim(), NOW).unwrap();
        assert_eq!(sessions.person(&idle, NOW.plus_ms(IDLE_MS)), None);
        let (used, until) = sessions.open(&kim(), NOW).unwrap();
        for minute in 0..until.since_ms(NOW) / 60_000 {
            assert_eq!(sessions.person(&used, NOW.plus_ms(minute * 60_000)), Some(kim()), "minute {minute}");
        }
        assert_eq!(sessions.until(&used), Some(until));
        assert_eq!(sessions.person(&used, until), None);
        let (watching, _) = sessions.open(&kim(), NOW).unwrap();
        assert!(sessions.lives(&watching, NOW.plus_ms(IDLE_MS - 1)));
        assert!(!sessions.lives(&watching, NOW.plus_ms(IDLE_MS)), "to look keeps no session open");
        let (brief, until) = sessions.open_briefly(&kim(), NOW).unwrap();
        assert_eq!(sessions.person(&brief, until.plus_us(-1)), Some(kim()));
        assert_eq!(sessions.person(&brief, until), None);
        let (closed, _) = sessions.open(&kim(), NOW).unwrap();
        sessions.close(&closed);
        assert_eq!(sessions.person(&closed, NOW), None);
    }

    #[test]
    fn nobody_elses_token_is_a_session() {
        let sessions = Sessions::default();
        let (token, _) = sessions.open(&kim(), NOW).unwrap();
        assert!(Sessions::is_token(&token));
        assert_eq!(sessions.person(&token[..token.len() - 1], NOW), None);
        assert_eq!(sessions.person("vigil-session.", NOW), None);
    }
}
