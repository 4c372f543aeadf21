//! Many values as few: smallest, largest and mean of each stretch of time.

use serde::{Deserialize, Serialize};

/// What the values of a stretch of time come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Device time at which the stretch begins, in microseconds.
    pub at_us: i64,
    /// How many values.
    pub count: u32,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Their sum.
    pub sum: f64,
}

impl Bin {
    /// One value.
    #[must_use]
    pub const fn one(at_us: i64, value: f64) -> Self {
        Self { at_us, count: 1, min: value, max: value, sum: value }
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / f64::from(self.count.max(1))
    }

    fn join(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
    }
}

/// The bins of one code, in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The code.
    pub code: u32,
    /// In the order of time.
    pub bins: Vec<Bin>,
}

/// Puts bins, in any order, into stretches of `width_us` that begin at multiples of it.
#[must_use]
pub fn binned(mut bins: Vec<Bin>, width_us: i64) -> Vec<Bin> {
    bins.sort_by_key(|bin| bin.at_us);
    let mut joined: Vec<Bin> = Vec::new();
    for bin in bins {
        let at_us = bin.at_us.div_euclid(width_us) * width_us;
        match joined.last_mut() {
            Some(last) if last.at_us == at_us => last.join(&bin),
            _ => joined.push(Bin { at_us, ..bin }),
        }
    }
    joined
}
