//! UCUM units that the platform knows, and the conversions between those of one quantity.

use serde::{Deserialize, Serialize};

/// A UCUM unit. New ones are added at the end: the position is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Not in the table; an observation with it is rejected.
    Unknown,
    /// No unit: text values.
    None,
    /// `%`
    Percent,
    /// `/min`; `{beat}/min` and `{breath}/min` are the same.
    PerMinute,
    /// `mm[Hg]`
    MmHg,
    /// `kPa`
    Kilopascal,
    /// `Cel`
    Celsius,
    /// `[degF]`
    Fahrenheit,
    /// `L/min`
    LitrePerMinute,
    /// `mL/min`
    MillilitrePerMinute,
    /// `[psi]`
    Psi,
    /// `bar`
    Bar,
    /// `V`
    Volt,
    /// `mV`
    Millivolt,
    /// `Ohm`
    Ohm,
    /// `us`
    Microsecond,
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `min`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `mo`
    Month,
}

/// What a unit measures; units convert within a quantity only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantity {
    Nothing,
    Share,
    Rate,
    Pressure,
    Temperature,
    Flow,
    Tension,
    Resistance,
    Time,
}

/// Unit, UCUM text, quantity, and the factor and offset to the quantity's first unit: `value * factor + offset`.
const TABLE: [(Unit, &str, Quantity, f64, f64); 21] = [
    (Unit::None, "", Quantity::Nothing, 1.0, 0.0),
    (Unit::Percent, "%", Quantity::Share, 1.0, 0.0),
    (Unit::PerMinute, "/min", Quantity::Rate, 1.0, 0.0),
    (Unit::MmHg, "mm[Hg]", Quantity::Pressure, 1.0, 0.0),
    (Unit::Kilopascal, "kPa", Quantity::Pressure, 7.500_616_827, 0.0),
    (Unit::Celsius, "Cel", Quantity::Temperature, 1.0, 0.0),
    (Unit::Fahrenheit, "[degF]", Quantity::Temperature, 5.0 / 9.0, -160.0 / 9.0),
    (Unit::LitrePerMinute, "L/min", Quantity::Flow, 1.0, 0.0),
    (Unit::MillilitrePerMinute, "mL/min", Quantity::Flow, 0.001, 0.0),
    (Unit::Psi, "[psi]", Quantity::Pressure, 51.714_932_57, 0.0),
    (Unit::Bar, "bar", Quantity::Pressure, 750.061_682_7, 0.0),
    (Unit::Volt, "V", Quantity::Tension, 1000.0, 0.0),
    (Unit::Millivolt, "mV", Quantity::Tension, 1.0, 0.0),
    (Unit::Ohm, "Ohm", Quantity::Resistance, 1.0, 0.0),
    (Unit::Microsecond, "us", Quantity::Time, 1e-6, 0.0),
    (Unit::Millisecond, "ms", Quantity::Time, 1e-3, 0.0),
    (Unit::Second, "s", Quantity::Time, 1.0, 0.0),
    (Unit::Minute, "min", Quantity::Time, 60.0, 0.0),
    (Unit::Hour, "h", Quantity::Time, 3600.0, 0.0),
    (Unit::Day, "d", Quantity::Time, 86_400.0, 0.0),
    // UCUM's month is the mean Julian one.
    (Unit::Month, "mo", Quantity::Time, 2_629_800.0, 0.0),
];

impl Unit {
    /// The unit that a UCUM text names; [`Unit::Unknown`] if it is not in the table. Annotations in braces do not
    /// change a unit: `{beat}/min` is `/min`. An empty text and `1` mean no unit.
    #[must_use]
    pub fn from_ucum(text: &str) -> Self {
        if let Some(row) = TABLE.iter().find(|row| row.1 == text) {
            return row.0;
        }
        if text == "1" {
            return Self::None;
        }
        without_annotations(text).map_or(Self::Unknown, |bare| Self::from_ucum(&bare))
    }

    /// The UCUM text; empty for no unit, `?` for an unknown one.
    #[must_use]
    pub fn ucum(self) -> &'static str {
        TABLE.iter().find(|row| row.0 == self).map_or("?", |row| row.1)
    }

    /// Whether values in this unit can be expressed in `other`.
    #[must_use]
    pub fn converts_to(self, other: Self) -> bool {
        self != Self::Unknown && (self == other || self.convert(0.0, other).is_some())
    }

    /// `value` in this unit, expressed in `to`; `None` if they measure different quantities or one is unknown.
    #[must_use]
    pub fn convert(self, value: f64, to: Self) -> Option<f64> {
        if self == to {
            return (self != Self::Unknown).then_some(value);
        }
        let from = TABLE.iter().find(|row| row.0 == self)?;
        let to = TABLE.iter().find(|row| row.0 == to)?;
        (from.2 == to.2).then(|| (value * from.3 + from.4 - to.4) / to.3)
    }
}

/// The text without `{...}`; `None` if there is no annotation or a brace is open.
fn without_annotations(text: &str) -> Option<String> {
    let start = text.find('{')?;
    let end = start + text[start..].find('}')?;
    Some(format!("{}{}", &text[..start], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_the_table_is_named_by_its_own_text() {
        for row in &TABLE {
            assert_eq!(Unit::from_ucum(row.1), row.0);
            assert_eq!(row.0.ucum(), row.1);
        }
    }

    #[test]
    fn annotations_do_not_change_a_unit() {
        assert_eq!(Unit::from_ucum("{beat}/min"), Unit::PerMinute);
        assert_eq!(Unit::from_ucum("{breaths}/min"), Unit::PerMinute);
        assert_eq!(Unit::from_ucum("%{O2}"), Unit::Percent);
        assert_eq!(Unit::from_ucum("{beat/min"), Unit::Unknown);
    }

    #[test]
    fn an_unknown_unit_converts_to_nothing() {
        assert_eq!(Unit::from_ucum("furlong"), Unit::Unknown);
        assert_eq!(Unit::Unknown.convert(1.0, Unit::Unknown), None);
        assert!(!Unit::Percent.converts_to(Unit::MmHg));
    }

    #[test]
    fn conversions_follow_ucum() {
        let close = |got: Option<f64>, want: f64| assert!((got.unwrap_or(f64::NAN) - want).abs() < 1e-6, "{got:?}");
        close(Unit::Fahrenheit.convert(98.6, Unit::Celsius), 37.0);
        close(Unit::Celsius.convert(37.0, Unit::Fahrenheit), 98.6);
        close(Unit::Second.convert(0.8, Unit::Millisecond), 800.0);
        close(Unit::Volt.convert(0.002, Unit::Millivolt), 2.0);
        close(Unit::Bar.convert(1.0, Unit::Kilopascal), 100.0);
    }
}
