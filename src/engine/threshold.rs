//! Thresholds: what an organisation asks of an indicator, such as `sla.processing >= 95`.

use std::fmt;
use std::str::FromStr;

use super::indicators::{INDICATORS, Indicator, Unreachable, indicator_of};

/// A bound on an indicator, in the indicator's own unit (percent, days, a count, a score).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    pub indicator: &'static Indicator,
    pub bound: Bound,
    pub limit: f64,
}

/// Which side of the limit is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
}

/// A threshold that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    #[error(
        "`{0}` is no threshold; write INDICATOR >= NUMBER or INDICATOR <= NUMBER, such as `sla.processing >= 95`"
    )]
    Form(String),
    #[error("`{code}` is no indicator that is computed; known are: {known}")]
    Indicator { code: String, known: String },
    #[error("`{0}` is no number")]
    Number(String),
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

impl Threshold {
    /// Whether a value is on the side asked for.
    pub fn holds(&self, value: f64) -> bool {
        match self.bound {
            Bound::AtLeast => value >= self.limit,
            Bound::AtMost => value <= self.limit,
        }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let (code, limit, bound) = match (text.split_once(">="), text.split_once("<=")) {
            (Some((code, limit)), None) => (code, limit, Bound::AtLeast),
            (None, Some((code, limit))) => (code, limit, Bound::AtMost),
            _ => return Err(ThresholdError::Form(text.to_owned())),
        };
        let indicator = indicator_of(code).ok_or_else(|| ThresholdError::Indicator {
            code: code.trim().to_owned(),
            known: INDICATORS
                .iter()
                .map(|i| i.code)
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        let limit: f64 = limit
            .trim()
            .parse()
            .ok()
            .filter(|limit: &f64| limit.is_finite())
            .ok_or_else(|| ThresholdError::Number(limit.trim().to_owned()))?;
        indicator.check_target(limit)?;
        Ok(Threshold {
            indicator,
            bound,
            limit,
        })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.bound {
            Bound::AtLeast => ">=",
            Bound::AtMost => "<=",
        };
        write!(f, "{} {sign} {}", self.indicator.code, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_read_and_judged() {
        let least: Threshold = "sla.processing >= 95".parse().expect("a threshold");
        assert!(least.holds(95.0) && !least.holds(94.9));
        assert_eq!(least.to_string(), "sla.processing >= 95");
        let most: Threshold = "m5<=10.5".parse().expect("a threshold");
        assert!(most.holds(10.5) && !most.holds(10.6));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let refused = |text: &str| text.parse::<Threshold>().expect_err("refused").to_string();
        assert!(refused("sla.processing = 95").contains(">="));
        assert!(refused("sla.colour >= 95").contains("sla.processing"));
        assert!(refused("M5 <= much").contains("much"));
        assert!(refused("M5 <= NaN").contains("NaN"));
        assert!(refused("sla.processing >= 200").contains("from 0 to 100"));
    }
}
