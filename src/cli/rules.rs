//! Rule sets from folders, for every verb that needs one.

use std::path::PathBuf;

use super::{Failure, exit};
use crate::clinical::rules::RuleSet;
use crate::config::read_rule_files;

/// Reads the rule files of these folders as one set.
///
/// # Errors
/// Exit code 78, with every mistake of every file.
pub(super) fn load(paths: &[PathBuf]) -> Result<RuleSet, Failure> {
    let files = read_rule_files(paths)?;
    RuleSet::parse(&files).map_err(|mistakes| {
        let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        Failure::new(exit::BAD_CONFIG, format_args!("{} mistakes in the rules\n{}", lines.len(), lines.join("\n")))
    })
}
