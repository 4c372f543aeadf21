//! Finds the files of rules and decoders. What is in them is the business of `clinical::rules` and `clinical::decoder`.

use std::path::{Path, PathBuf};

use super::{ConfigError, Mistake};

/// Reads every `*.toml` of the folders in the order of their names, folder by folder; a path that is a file is read
/// itself. Gives (path, text), which is what `RuleSet::parse` takes.
///
/// # Errors
/// [`ConfigError::Unreadable`] for a folder or file that cannot be read; [`ConfigError::Mistakes`] for a folder
/// without any rule file, since nobody would be watched by it.
pub fn read_rule_files(paths: &[PathBuf]) -> Result<Vec<(String, String)>, ConfigError> {
    read_files(paths, "rule")
}

/// Reads decoders as [`read_rule_files`] reads rules, for `DecoderSet::parse`. No path: no decoder.
///
/// # Errors
/// [`ConfigError::Unreadable`], and [`ConfigError::Mistakes`] for a folder without any decoder file.
pub fn read_decoder_files(paths: &[PathBuf]) -> Result<Vec<(String, String)>, ConfigError> {
    read_files(paths, "decoder")
}

fn read_files(paths: &[PathBuf], kind: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let mut files = Vec::new();
    for path in paths {
        let found = if path.is_dir() { toml_files(path)? } else { vec![path.clone()] };
        if found.is_empty() {
            let what = format!("the folder has no {kind} file; allowed: at least one *.toml");
            return Err(ConfigError::Mistakes(vec![Mistake { file: path.clone(), line: 1, what }]));
        }
        for file in found {
            let text = std::fs::read_to_string(&file).map_err(|source| unreadable(&file, source))?;
            files.push((file.display().to_string(), text));
        }
    }
    Ok(files)
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let path = entry.map_err(|source| unreadable(folder, source))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable(file: &Path, source: std::io::Error) -> ConfigError {
    ConfigError::Unreadable { file: file.into(), source }
}
