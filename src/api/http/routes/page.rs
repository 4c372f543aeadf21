//! Lists come in pages.

use crate::api::http::problem::Problem;

const PAGE_MAX: u32 = 1_000;
const PAGE_DEFAULT: u32 = 100;

/// How many entries of a list are asked for.
pub fn page_size(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(PAGE_DEFAULT),
        Some(limit @ 1..=PAGE_MAX) => Ok(limit),
        Some(_) => Err(Problem::invalid("limit is 1 to 1000")),
    }
}
