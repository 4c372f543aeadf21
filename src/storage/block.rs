//! Blocks.
/// This format.
pub const FORMAT: u32 = 1;
