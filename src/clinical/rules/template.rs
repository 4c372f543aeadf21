//! The line that a person reads, with the value and the limit filled in.

use std::fmt::Write;

use smol_str::SmolStr;

/// A text with places for `{value}`, `{limit}`, and for scores `{total}` ("at least" it, where something is missing) and
/// `{missing}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(SmolStr),
    Value,
    Limit,
    Total,
    Missing,
}

/// Every place, for people.
const PLACES: &str = "{value}, {limit}, {total}, {missing}";

impl Template {
    /// Parses the text; says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > 120 || text.chars().any(char::is_control) {
            return Err("must be at most 120 printable characters".into());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let place = &rest[start..];
            let end = place.find('}').ok_or_else(|| format!("has a `{{` without a `}}`; allowed: {PLACES}"))?;
            if start > 0 {
                pieces.push(Piece::Text(SmolStr::new(&rest[..start])));
            }
            pieces.push(match &place[..=end] {
                "{value}" => Piece::Value,
                "{limit}" => Piece::Limit,
                "{total}" => Piece::Total,
                "{missing}" => Piece::Missing,
                other => return Err(format!("has a place {other}; allowed: {PLACES}")),
            });
            rest = &place[end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(SmolStr::new(rest)));
        }
        Ok(Self(pieces))
    }

    /// The text for a person.
    pub(super) fn fill(&self, value: Option<f64>, limit: Option<f64>, missing: &[&str]) -> SmolStr {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value => write_number(&mut text, value),
                Piece::Limit => write_number(&mut text, limit),
                Piece::Total => {
                    text.push_str(if missing.is_empty() { "" } else { "at least " });
                    write_number(&mut text, value);
                }
                Piece::Missing => text.push_str(&missing.join(", ")),
            }
        }
        text.into()
    }
}

/// One decimal where it says something, `?` where there is no number.
fn write_number(text: &mut String, number: Option<f64>) {
    let Some(number) = number else { return text.push('?') };
    let tenths = (number * 10.0).round() / 10.0;
    let written = if tenths.fract() == 0.0 { write!(text, "{tenths:.0}") } else { write!(text, "{tenths:.1}") };
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let template = Template::parse("SpO2 {value} % < {limit} %").unwrap();
        assert_eq!(template.fill(Some(84.0), Some(88.0), &[]), "SpO2 84 % < 88 %");
        assert_eq!(template.fill(Some(84.26), None, &[]), "SpO2 84.3 % < ? %");
    }

    #[test]
    fn a_total_of_what_is_known_says_at_least() {
        let template = Template::parse("NEWS2 {total}; missing: {missing}").unwrap();
        assert_eq!(
            template.fill(Some(7.0), None, &["consciousness", "oxygen"]),
            "NEWS2 at least 7; missing: consciousness, oxygen"
        );
        assert_eq!(template.fill(Some(7.0), None, &[]), "NEWS2 7; missing: ");
    }

    #[test]
    fn unknown_places_are_mistakes() {
        assert!(Template::parse("{valu}").unwrap_err().contains("{valu}; allowed: {value}, {limit}"));
        assert!(Template::parse("a {value").is_err());
        assert!(Template::parse("a\nb").is_err());
    }
}
