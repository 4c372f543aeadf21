//! Durations as people write them: `500ms`, `60s`, `5m`, `2h`.

use std::time::Duration;

/// Reads `NUMBER` followed by `ms`, `s`, `m` or `h`; a bare number is seconds.
///
/// # Errors
/// What is allowed.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no duration: allowed is a number with ms, s, m or h, for example 90s");
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..at].parse().map_err(|_| wrong())?;
    let unit_s = match &text[at..] {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * unit_s).map_err(|_| wrong())
}

/// A duration as people read it, in whole seconds or minutes.
#[must_use]
pub fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("60s"), Ok(Duration::from_mins(1)));
        assert_eq!(parse("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(parse("7"), Ok(Duration::from_secs(7)));
        for wrong in ["", "s", "-1s", "1d", "NaN", "1e400s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_said_shortly() {
        assert_eq!(short(Duration::from_secs(59)), "59 s");
        assert_eq!(short(Duration::from_secs(125)), "2 min 05 s");
        assert_eq!(short(Duration::from_mins(121)), "2 h 01 min");
    }
}
