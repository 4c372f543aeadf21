//! Seeded pseudo-random numbers: the same seed gives the same run.

/// `SplitMix64` (Steele, Lea and Flood 2014): small, seedable with any number, good enough for jitter and for made-up
/// vital signs; never for keys.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator whose whole output follows from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A generator for part `index` of a whole: different parts of one seed do not resemble each other.
    #[must_use]
    pub fn part(seed: u64, index: u64) -> Self {
        let mut mixed = Self::new(seed ^ index.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self::new(mixed.next_u64())
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        // The upper 32 bits are exact in an f64.
        let high = u32::try_from(self.next_u64() >> 32).unwrap_or(u32::MAX);
        f64::from(high) / 4_294_967_296.0
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An integer in `0..bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// Roughly normal with mean 0 and deviation 1 (sum of twelve uniform numbers, so within -6 to 6).
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_parts_differ() {
        let mut first = Random::new(7);
        let mut second = Random::new(7);
        let numbers: Vec<u64> = (0..100).map(|_| first.next_u64()).collect();
        assert!(numbers.iter().all(|number| *number == second.next_u64()));
        assert_ne!(Random::part(7, 1).next_u64(), Random::part(7, 2).next_u64());
    }

    #[test]
    fn numbers_keep_within_their_bounds() {
        let mut random = Random::new(42);
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&random.unit()));
            assert!((-3.0..2.0).contains(&random.between(-3.0, 2.0)));
            assert!(random.below(7) < 7);
            assert!(random.normal().abs() <= 6.0);
        }
        assert_eq!(random.below(0), 0);
    }
}
