//! Intervals for a share: x of n.

use super::{Estimate, StatsError, two_sided_z};

/// Wilson's score interval for `x` of `n`, without continuity correction.
///
/// All three figures are shares in [0, 1]; the limits are exactly 0 and 1 where `x` is 0 or `n`.
/// It keeps its promised coverage for small n and shares near 0 or 1, where the textbook interval
/// does not.
///
/// Source: Wilson (1927), JASA 22, 209-212; method 3 in Newcombe (1998), Statistics in Medicine 17,
/// 857-872.
///
/// # Errors
/// `x` above `n`; a confidence level outside (0, 1); `n` = 0 is not estimable.
pub fn wilson(x: u64, n: u64, confidence: f64) -> Result<Estimate, StatsError> {
    let z = two_sided_z(confidence)?;
    if x > n {
        return Err(StatsError::MoreThanAll {
            what: "the share",
            part: x,
            total: n,
        });
    }
    if n == 0 {
        return Err(StatsError::NotEstimable {
            what: "the share",
            why: "it is 0 of 0",
        });
    }
    let (count, total) = (x as f64, n as f64);
    let share = count / total;
    let middle = count + z * z / 2.0;
    let spread = z * (count * (1.0 - share) + z * z / 4.0).sqrt();
    let scale = total + z * z;
    // At the ends the exact limit is 0 or 1; rounding must not leave a stray digit there.
    let lower = if x == 0 {
        0.0
    } else {
        ((middle - spread) / scale).clamp(0.0, share)
    };
    let upper = if x == n {
        1.0
    } else {
        ((middle + spread) / scale).clamp(share, 1.0)
    };
    Ok(Estimate {
        value: share,
        lower,
        upper,
    })
}
