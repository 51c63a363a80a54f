//! Random counts: Poisson and negative binomial, from a stream of their own for every action.

use std::f64::consts::TAU;

use redress_plain::rng::Rng;

/// Random counts.
pub(super) struct Draw(Rng);

impl Draw {
    pub(super) fn new(seed: u64, place: usize, action: u32) -> Self {
        Self(Rng::new(seed, ((place as u64) << 32) | u64::from(action)))
    }

    /// Above 0 and below 1.
    pub(super) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Source: Box and Muller (1958), Annals of Mathematical Statistics 29, 610-611.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// A count with this mean and variance by mean: Poisson, or a gamma mixture of Poissons, which is
    /// negative binomial.
    pub(super) fn count(&mut self, mean: f64, dispersion: f64) -> u64 {
        if dispersion > 1.0 {
            let scale = dispersion - 1.0;
            let mean = self.gamma(mean / scale) * scale;
            self.poisson(mean)
        } else {
            self.poisson(mean)
        }
    }

    /// By the inverse of the distribution function, in steps of at most 32: a sum of Poisson counts is
    /// one.
    pub(super) fn poisson(&mut self, mean: f64) -> u64 {
        const STEP: f64 = 32.0;
        let (mut left, mut sum) = (mean, 0);
        while left > 0.0 {
            let mean = left.min(STEP);
            left -= mean;
            let mut uniform = self.uniform();
            let (mut count, mut chance) = (0, (-mean).exp());
            while uniform > chance && count < 1000 {
                uniform -= chance;
                count += 1;
                chance *= mean / count as f64;
            }
            sum += count;
        }
        sum
    }

    /// Source: Marsaglia and Tsang (2000), ACM Transactions on Mathematical Software 26, 363-372.
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let larger = self.gamma(shape + 1.0);
            return larger * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let normal = self.normal();
            let cube = (1.0 + c * normal).powi(3);
            if cube <= 0.0 {
                continue;
            }
            let bound = 0.5 * normal * normal + d - d * cube + d * cube.ln();
            if self.uniform().ln() < bound {
                return d * cube;
            }
        }
    }
}
