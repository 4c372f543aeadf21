//! The rule sets that the program carries with it, so that it watches without any file.

use super::mistake::Mistake;
use super::set::RuleSet;

/// The texts of a set, by file name.
type Texts = &'static [(&'static str, &'static str)];

macro_rules! texts {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../../config/rules/", $file)))),*]
    };
}

const BEDSIDE: Texts = texts!["bedside/beats.toml", "bedside/children.toml", "bedside/spo2.toml"];
const WARD: Texts = texts!["ward/mews.toml", "ward/news2.toml"];
const CIED: Texts = texts!["cied/device.toml", "cied/patient.toml"];
const OXYGEN: Texts = texts!["oxygen/concentrator.toml", "oxygen/cylinder.toml"];
const REFERENCE: Texts = texts!["reference/hourly.toml"];

impl RuleSet {
    /// The set `config/rules/bedside`: beats and oxygen saturation.
    ///
    /// # Errors
    /// None: a test parses what is built in.
    pub fn bedside() -> Result<Self, Vec<Mistake>> {
        Self::of_texts(&[BEDSIDE])
    }

    /// The set `config/rules/ward`: NEWS2 and MEWS.
    ///
    /// # Errors
    /// None: a test parses what is built in.
    pub fn ward() -> Result<Self, Vec<Mistake>> {
        Self::of_texts(&[WARD])
    }

    /// The set `config/rules/cied`: pacemakers and ICDs.
    ///
    /// # Errors
    /// None: a test parses what is built in.
    pub fn cied() -> Result<Self, Vec<Mistake>> {
        Self::of_texts(&[CIED])
    }

    /// The set `config/rules/oxygen`: concentrators and cylinders.
    ///
    /// # Errors
    /// None: a test parses what is built in.
    pub fn oxygen() -> Result<Self, Vec<Mistake>> {
        Self::of_texts(&[OXYGEN])
    }

    /// The set `config/rules/reference`: research conventions, not for care.
    ///
    /// # Errors
    /// None: a test parses what is built in.
    pub fn reference() -> Result<Self, Vec<Mistake>> {
        Self::of_texts(&[REFERENCE])
    }

    /// Every set for care at once: bedside, ward, cied, oxygen.
    ///
    /// # Errors
    /// None: a test parses what is built in.
    pub fn for_care() -> Result<Self, Vec<Mistake>> {
        Self::of_texts(&[BEDSIDE, WARD, CIED, OXYGEN])
    }

    fn of_texts(sets: &[Texts]) -> Result<Self, Vec<Mistake>> {
        let texts = sets.iter().copied().flatten();
        let files: Vec<_> = texts.map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        Self::parse(&files)
    }
}
