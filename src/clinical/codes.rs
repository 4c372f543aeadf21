//! What an observation is about: MDC codes and this project's local ones, with short names.

use serde::{Deserialize, Serialize};

/// An MDC code (ISO/IEEE 11073-10101, context-free), or a local one in the private range from `0xF000_0000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(pub u32);
