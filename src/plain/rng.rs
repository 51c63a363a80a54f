//! Pseudo-random numbers that are the same on every platform: whole numbers only, no system source.
//!
//! xoshiro256** 1.0 by D. Blackman and S. Vigna ("Scrambled linear pseudorandom number generators",
//! ACM Transactions on Mathematical Software 47(4), 2021), seeded with SplitMix64 (Steele, Lea and
//! Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), as its authors advise.

/// A stream of pseudo-random numbers. Not for secrets.
#[derive(Debug, Clone)]
pub struct Rng {
    state: [u64; 4],
}

/// One step of SplitMix64: advances the state and gives a well-mixed number.
pub fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// The stream of a number under a seed: every case and every purpose has a stream of its own, so
    /// that one more draw in one place moves nothing elsewhere.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut mixed = seed;
        let first = split_mix(&mut mixed);
        let mut state = first ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        Rng {
            state: [
                split_mix(&mut state),
                split_mix(&mut state),
                split_mix(&mut state),
                split_mix(&mut state),
            ],
        }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number from 0 up to, not including, `end`; 0 when `end` is 0. The bias of the multiplication
    /// (Lemire 2019) is below 2^-32 for the ranges used here and is not corrected.
    pub fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included; `low` when they are out of order.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low + i64::try_from(self.below(width + 1)).unwrap_or(0)
    }

    /// True in `permille` of 1000 draws.
    pub fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < u64::from(permille)
    }

    /// A place in a list of that length; 0 for an empty one.
    pub fn place(&mut self, length: usize) -> usize {
        let end = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(end)).unwrap_or(0)
    }

    /// One of the items. The lists here are constants and never empty.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.place(items.len())]
    }

    /// The place of one of the weights, each as likely as its share of the sum.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let sum: u64 = weights.iter().map(|w| u64::from(*w)).sum();
        let mut left = self.below(sum);
        for (place, weight) in weights.iter().enumerate() {
            let weight = u64::from(*weight);
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }

    /// One of the items by weight.
    pub fn pick_weighted<T: Copy>(&mut self, items: &[(T, u32)]) -> T {
        let sum: u64 = items.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = self.below(sum);
        for (item, weight) in items {
            let weight = u64::from(*weight);
            if left < weight {
                return *item;
            }
            left -= weight;
        }
        items[0].0
    }

    /// Puts the items in a random order (Fisher and Yates, in Durstenfeld's form).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.place(last + 1);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First outputs for seed 1234567, as published with the reference code and on Rosetta Code
    /// ("Pseudo-random numbers/Splitmix64").
    #[test]
    fn split_mix_gives_the_published_numbers() {
        let mut state = 1_234_567;
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        for number in expected {
            assert_eq!(split_mix(&mut state), number);
        }
    }

    /// First outputs from the state (1, 2, 3, 4), as in the test of the crate rand_xoshiro, which took
    /// them from the reference code in C.
    #[test]
    fn xoshiro_gives_the_reference_numbers() {
        let mut rng = Rng {
            state: [1, 2, 3, 4],
        };
        let expected: [u64; 6] = [
            11520,
            0,
            1_509_978_240,
            1_215_971_899_390_074_240,
            1_216_172_134_540_287_360,
            607_988_272_756_665_600,
        ];
        for number in expected {
            assert_eq!(rng.next_u64(), number);
        }
    }

    #[test]
    fn draws_stay_in_their_ranges() {
        let mut rng = Rng::new(7, 1);
        for _ in 0..2000 {
            assert!((3..=5).contains(&rng.between(3, 5)));
            assert!(rng.weighted(&[0, 4, 0]) == 1);
        }
        assert_eq!(rng.below(0), 0);
    }
}
