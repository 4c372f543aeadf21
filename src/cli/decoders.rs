//! Sets of decoders from folders, for every verb that needs one.

use std::path::PathBuf;

use super::{Failure, exit};
use crate::clinical::decoder::DecoderSet;
use crate::config::read_decoder_files;

/// Reads the decoder files of these folders as one set.
///
/// # Errors
/// Exit code 78, with every mistake of every file.
pub(super) fn load(paths: &[PathBuf]) -> Result<DecoderSet, Failure> {
    let files = read_decoder_files(paths)?;
    DecoderSet::parse(&files).map_err(|mistakes| {
        let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        Failure::new(exit::BAD_CONFIG, format_args!("{} mistakes in the decoders\n{}", lines.len(), lines.join("\n")))
    })
}
