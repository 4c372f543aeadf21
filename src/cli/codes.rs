//! `vigil codes`: the table of codes and units.

use std::io::{self, Write};

use super::Failure;
use crate::clinical::codes::{Allowed, CODES, CodeInfo};

/// Prints every code with its short name, numbers, unit and allowed values, as a Markdown table.
///
/// Example: vigil codes > docs/CODES.md
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One JSON object per line instead of the table.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if args.json {
        for info in CODES {
            writeln!(out, "{}", json(info))?;
        }
        return Ok(());
    }
    out.write_all(markdown().as_bytes())?;
    Ok(())
}

fn allowed(info: &CodeInfo) -> String {
    match info.allowed {
        Allowed::Number { min, max } => format!("{min} to {max}"),
        Allowed::Word(words) => {
            words.iter().map(|word| format!("`{}`", word.replace('|', "\\|"))).collect::<Vec<_>>().join(" ")
        }
        Allowed::Text => "1 to 32 printable characters".into(),
    }
}

fn json(info: &CodeInfo) -> serde_json::Value {
    serde_json::json!({
        "name": info.name, "code": info.code.0, "local": info.code.is_local(), "title": info.title,
        "loinc": info.loinc, "ucum": info.ucum, "allowed": allowed(info),
    })
}

/// The reference page `docs/CODES.md`.
fn markdown() -> String {
    let mut page = String::from(
        "# Codes and units\n\nWritten by `vigil codes`. Numbers up to 2^24 are MDC codes (ISO/IEEE 11073-10101, \
         context-free); those from 4026531840 (0xF0000000) are local to this project. A value outside the allowed range \
         is the fault of a device, not a finding: the observation is rejected with a reason, the rest of the reading \
         counts. Ranges are project defaults.\n\n\
         | name | what | code | LOINC | UCUM | allowed |\n|---|---|---|---|---|---|\n",
    );
    for info in CODES {
        let (code, loinc) = (info.code.0.to_string(), info.loinc.unwrap_or(""));
        let cells = [&format!("`{}`", info.name), info.title, &code, loinc, info.ucum, &allowed(info)];
        page.push_str("| ");
        page.push_str(&cells.join(" | "));
        page.push_str(" |\n");
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_page_is_what_the_program_prints() {
        let page = include_str!("../../docs/CODES.md");
        assert_eq!(page, super::markdown(), "write it anew: vigil codes > docs/CODES.md");
    }
}
