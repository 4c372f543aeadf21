//! What an observation is about: MDC codes and this project's local ones, with short names.

use serde::{Deserialize, Serialize};

use super::units::Unit;

/// An MDC code (ISO/IEEE 11073-10101, context-free), or a local one in the private range from `0xF000_0000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(pub u32);

/// First code of the private range: where no MDC code is listed.
const LOCAL: u32 = 0xF000_0000;

impl Code {
    /// Milliseconds between a beat and the one before it.
    pub const RR_INTERVAL: Self = Self(LOCAL + 1);
    /// The MIT code of a beat, or of the begin or end of ventricular flutter.
    pub const BEAT_TYPE: Self = Self(LOCAL + 2);
    /// A rhythm that begins, as an MIT label.
    pub const RHYTHM_LABEL: Self = Self(LOCAL + 3);
    /// ACVPU.
    pub const CONSCIOUSNESS: Self = Self(LOCAL + 4);
    /// Heart rate from the ECG.
    pub const HEART_RATE: Self = Self(147_842);
    /// Oxygen saturation by pulse oximetry.
    pub const SPO2: Self = Self(150_456);
    /// Pulse rate from the oximeter.
    pub const PULSE_RATE: Self = Self(149_530);
    /// Respiration rate.
    pub const RESP_RATE: Self = Self(151_562);

    /// Whether the code is this project's own.
    #[must_use]
    pub const fn is_local(self) -> bool {
        self.0 >= LOCAL
    }

    /// What is known of the code; `None` if it is not in the table.
    #[must_use]
    pub fn info(self) -> Option<&'static CodeInfo> {
        CODES.iter().find(|info| info.code == self)
    }

    /// The code with this short name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static CodeInfo> {
        CODES.iter().find(|info| info.name == name)
    }
}

/// Which values a code can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Allowed {
    /// A number in the code's unit that can be measured at all, both ends included. Wide: what lies outside is the
    /// fault of a device, never of a patient (project default, not from a standard).
    Number {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// A short text: 1 to 32 printable characters.
    Text,
}

/// One row of the table of codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// Name of its column in recordings and in rules.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// LOINC, where one is listed.
    pub loinc: Option<&'static str>,
    /// UCUM text of the canonical unit.
    pub ucum: &'static str,
    /// The canonical unit: rules and ranges are in it.
    pub unit: Unit,
    /// Which values it can have.
    pub allowed: Allowed,
}

/// MIT codes of `beat_type` (annotation codes of `PhysioNet`): beats, ventricular flutter `[` `]` and its waves `!`, and
/// marks that are no beats.
pub const BEAT_WORDS: &[&str] = &[
    "N", "L", "R", "B", "A", "a", "J", "S", "V", "r", "F", "e", "j", "n", "E", "/", "f", "Q", "?", "[", "]", "!", "~",
    "|", "x", "+", "\"",
];

const ACVPU: &[&str] = &["A", "C", "V", "P", "U"];
const CYLINDER: &[&str] = &["D", "E", "M", "H", "K"];
/// What an implanted device reports as having happened.
const DEVICE_EVENT: &[&str] = &["reset", "shocks_disabled", "shocks_enabled", "max_shock_failed"];
const BATTERY: &[&str] = &["BOS", "MOS", "ERI", "RRT", "EOS", "ok", "low", "charging", "mains"];

const fn number(
    code: u32,
    name: &'static str,
    title: &'static str,
    loinc: Option<&'static str>,
    (ucum, unit): (&'static str, Unit),
    (min, max): (f64, f64),
) -> CodeInfo {
    CodeInfo { code: Code(code), name, title, loinc, ucum, unit, allowed: Allowed::Number { min, max } }
}

const fn text(
    code: u32,
    name: &'static str,
    title: &'static str,
    loinc: Option<&'static str>,
    allowed: Allowed,
) -> CodeInfo {
    CodeInfo { code: Code(code), name, title, loinc, ucum: "", unit: Unit::None, allowed }
}

const PERCENT: (&str, Unit) = ("%", Unit::Percent);
const RATE: (&str, Unit) = ("/min", Unit::PerMinute);
const BEATS: (&str, Unit) = ("{beat}/min", Unit::PerMinute);
const MMHG: (&str, Unit) = ("mm[Hg]", Unit::MmHg);
const FLOW: (&str, Unit) = ("L/min", Unit::LitrePerMinute);
const PSI: (&str, Unit) = ("[psi]", Unit::Psi);
const VOLT: (&str, Unit) = ("V", Unit::Volt);
const OHM: (&str, Unit) = ("Ohm", Unit::Ohm);
const MILLIVOLT: (&str, Unit) = ("mV", Unit::Millivolt);
const MS: (&str, Unit) = ("ms", Unit::Millisecond);
const SECOND: (&str, Unit) = ("s", Unit::Second);
const MINUTE: (&str, Unit) = ("min", Unit::Minute);

/// Every code that the platform knows. MDC and LOINC numbers after `clinical.md`; LOINC of pulse rate, mean pressure,
/// temperature and consciousness are project defaults.
pub const CODES: &[CodeInfo] = &[
    number(147_842, "heart_rate", "heart rate", Some("8867-4"), RATE, (0.0, 500.0)),
    number(150_456, "spo2", "SpO2", Some("59408-5"), PERCENT, (0.0, 100.0)),
    number(149_530, "pulse_rate", "pulse rate", Some("8889-8"), BEATS, (0.0, 500.0)),
    number(151_562, "resp_rate", "respiration rate", Some("9279-1"), RATE, (0.0, 200.0)),
    number(150_021, "bp_systolic", "systolic pressure, cuff", Some("8480-6"), MMHG, (0.0, 400.0)),
    number(150_022, "bp_diastolic", "diastolic pressure, cuff", Some("8462-4"), MMHG, (0.0, 400.0)),
    number(150_023, "bp_mean", "mean pressure, cuff", Some("8478-0"), MMHG, (0.0, 400.0)),
    number(150_037, "abp_systolic", "systolic pressure, arterial", None, MMHG, (-50.0, 400.0)),
    number(150_038, "abp_diastolic", "diastolic pressure, arterial", None, MMHG, (-50.0, 400.0)),
    number(150_039, "abp_mean", "mean pressure, arterial", None, MMHG, (-50.0, 400.0)),
    number(150_344, "temperature", "temperature", Some("8310-5"), ("Cel", Unit::Celsius), (10.0, 50.0)),
    number(LOCAL + 5, "oxygen_flow", "oxygen flow", Some("3151-8"), FLOW, (0.0, 120.0)),
    number(LOCAL + 6, "oxygen_flow_set", "oxygen flow, set value", None, FLOW, (0.0, 120.0)),
    number(151_908, "fio2", "oxygen breathed", Some("3150-0"), PERCENT, (0.0, 100.0)),
    number(LOCAL + 7, "oxygen_purity", "oxygen purity", None, PERCENT, (0.0, 100.0)),
    number(LOCAL + 8, "cylinder_pressure", "cylinder pressure", None, PSI, (0.0, 5000.0)),
    text(LOCAL + 13, "cylinder_type", "cylinder, type", None, Allowed::Word(CYLINDER)),
    text(LOCAL + 4, "consciousness", "consciousness (ACVPU)", Some("80288-4"), Allowed::Word(ACVPU)),
    number(LOCAL + 1, "rr_interval", "beat-to-beat interval", None, MS, (1.0, 3_600_000.0)),
    text(LOCAL + 2, "beat_type", "beat (MIT code)", None, Allowed::Word(BEAT_WORDS)),
    text(LOCAL + 3, "rhythm_label", "rhythm that begins (MIT label)", None, Allowed::Text),
    text(721_280, "battery_status", "battery status", None, Allowed::Word(BATTERY)),
    number(721_344, "battery_voltage", "battery voltage", None, VOLT, (0.0, 60.0)),
    number(721_408, "battery_impedance", "battery impedance", None, OHM, (0.0, 100_000.0)),
    number(721_472, "battery_longevity", "battery, remaining", None, ("mo", Unit::Month), (0.0, 600.0)),
    number(721_536, "battery_percentage", "battery, remaining share", None, PERCENT, (0.0, 100.0)),
    number(LOCAL + 9, "battery_minutes", "battery, remaining time", None, MINUTE, (0.0, 100_000.0)),
    text(LOCAL + 10, "mains_power", "mains power", None, Allowed::Word(&["on", "lost"])),
    number(722_432, "lead_impedance_ra", "lead impedance RA", None, OHM, (0.0, 20_000.0)),
    number(722_433, "lead_impedance_rv", "lead impedance RV", None, OHM, (0.0, 20_000.0)),
    number(722_435, "lead_impedance_lv", "lead impedance LV", None, OHM, (0.0, 20_000.0)),
    number(LOCAL + 11, "lead_impedance_hv", "lead impedance, high voltage", None, OHM, (0.0, 20_000.0)),
    number(722_176, "capture_threshold_ra", "capture threshold RA", None, VOLT, (0.0, 20.0)),
    number(722_177, "capture_threshold_rv", "capture threshold RV", None, VOLT, (0.0, 20.0)),
    number(722_179, "capture_threshold_lv", "capture threshold LV", None, VOLT, (0.0, 20.0)),
    number(722_049, "p_wave_ra_max", "P wave RA, largest", None, MILLIVOLT, (0.0, 50.0)),
    number(722_050, "p_wave_ra_min", "P wave RA, smallest", None, MILLIVOLT, (0.0, 50.0)),
    number(722_051, "p_wave_ra_mean", "P wave RA, mean", None, MILLIVOLT, (0.0, 50.0)),
    number(LOCAL + 12, "r_wave_rv_mean", "R wave RV, mean", None, MILLIVOLT, (0.0, 50.0)),
    number(LOCAL + 14, "af_burden", "AT/AF, share of the last day", None, PERCENT, (0.0, 100.0)),
    number(LOCAL + 15, "ventricular_rate", "ventricular rate", None, RATE, (0.0, 500.0)),
    number(LOCAL + 16, "pacing_percentage_lv", "pacing LV, share of beats", None, PERCENT, (0.0, 100.0)),
    number(LOCAL + 17, "charge_time", "charge time", None, SECOND, (0.0, 600.0)),
    text(LOCAL + 18, "device_event", "event of an implanted device", None, Allowed::Word(DEVICE_EVENT)),
    text(721_984, "lead_status", "lead status", None, Allowed::Text),
    number(737_824, "shocks_delivered", "shocks delivered", None, ("", Unit::None), (0.0, 1_000_000.0)),
    number(737_888, "atp_delivered", "ATP delivered", None, ("", Unit::None), (0.0, 1_000_000.0)),
    text(739_568, "episode_type", "episode type", None, Allowed::Text),
    text(739_552, "episode_time", "episode time", None, Allowed::Text),
    number(739_712, "episode_duration", "episode duration", None, SECOND, (0.0, 31_557_600.0)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique() {
        for (at, one) in CODES.iter().enumerate() {
            for other in &CODES[at + 1..] {
                assert_ne!(one.code, other.code, "{}", one.name);
                assert_ne!(one.name, other.name);
            }
        }
    }

    #[test]
    fn the_unit_of_every_code_is_its_ucum_text() {
        for info in CODES {
            assert_eq!(Unit::from_ucum(info.ucum), info.unit, "{}", info.name);
        }
    }

    #[test]
    fn a_code_is_found_by_number_and_by_name() {
        for info in CODES {
            assert_eq!(info.code.info(), Some(info));
            assert_eq!(Code::by_name(info.name), Some(info));
        }
        assert_eq!(Code(1).info(), None);
        assert_eq!(Code::by_name("patient"), None);
    }

    #[test]
    fn the_numbers_of_clinical_md_are_in_the_table() {
        for (name, mdc) in [("heart_rate", 147_842), ("spo2", 150_456), ("fio2", 151_908), ("atp_delivered", 737_888)] {
            assert_eq!(Code::by_name(name).map(|info| info.code), Some(Code(mdc)));
        }
    }
}
