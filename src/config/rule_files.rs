//! Finds the files of a rule set. What is in them is the business of `clinical::rules`.

use std::path::{Path, PathBuf};

use super::{ConfigError, Mistake};

/// Reads every `*.toml` of the folders in the order of their names, folder by folder; a path that is a file is read
/// itself. Gives (path, text), which is what `RuleSet::parse` takes.
///
/// # Errors
/// [`ConfigError::Unreadable`] for a folder or file that cannot be read; [`ConfigError::Mistakes`] for a folder
/// without any rule file, since nobody would be watched by it.
pub fn read_rule_files(paths: &[PathBuf]) -> Result<Vec<(String, String)>, ConfigError> {
    let mut files = Vec::new();
    for path in paths {
        let found = if path.is_dir() { toml_files(path)? } else { vec![path.clone()] };
        if found.is_empty() {
            let what = "the folder has no rule file; allowed: at least one *.toml".into();
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
