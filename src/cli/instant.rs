//! Instants as people write them: `2026-11-24T07:30:00Z`, with any offset.

use chrono::DateTime;

use crate::time::Timestamp;

/// Reads an instant as RFC 3339 has it.
///
/// # Errors
/// What is allowed.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let wrong = |_| format!("'{text}' is no instant: allowed is RFC 3339, for example 2026-11-24T07:30:00Z");
    DateTime::parse_from_rfc3339(text).map(|at| Timestamp(at.timestamp_micros())).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_names_its_offset() {
        assert_eq!(parse("1970-01-01T00:00:01.5Z"), Ok(Timestamp(1_500_000)));
        assert_eq!(parse("1970-01-01T01:00:00+01:00"), Ok(Timestamp(0)));
        for wrong in ["", "now", "1970-01-01", "1970-01-01T00:00:00"] {
            assert!(parse(wrong).unwrap_err().contains("for example"), "{wrong}");
        }
    }
}
