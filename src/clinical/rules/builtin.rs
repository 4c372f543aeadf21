//! The rule sets that the program carries with it, so that it watches without any file.

use super::mistake::Mistake;
use super::set::RuleSet;

macro_rules! texts {
    ($($file:literal),* $(,)?) => {
        [$((concat!($file), include_str!(concat!("../../../config/rules/", $file)))),*]
    };
}

impl RuleSet {
    /// The set `config/rules/bedside`: beats and oxygen saturation.
    ///
    /// # Errors
    /// None: a test parses what is built in.
    pub fn bedside() -> Result<Self, Vec<Mistake>> {
        let files = texts!["bedside/beats.toml", "bedside/spo2.toml"];
        Self::parse(&files.map(|(file, text)| (file.to_string(), text.to_string())))
    }
}
