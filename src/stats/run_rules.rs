//! The four rules by which a point of a control chart stands out.

use super::control::{ChartPoint, RunRule};

const ONE_SIDE: usize = 8;
/// Points, not steps: six points are five rises or five falls.
const TRENDING: usize = 6;

/// Marks the points of one phase. A gap ends every run; a point on the middle line ends a run on one
/// side, and an equal value ends a trend. `all_rules` is false on a provisional baseline. `scale` turns
/// a drawn value into the one whose sigma is known.
pub(super) fn judge(points: &mut [ChartPoint], all_rules: bool, scale: impl Fn(f64) -> f64) {
    let mut side = Run::default();
    let mut trend = Run::default();
    let mut previous: Option<f64> = None;
    // The last two distances from the centre, in sigmas; the older one first.
    let mut recent: [Option<f64>; 2] = [None, None];

    for point in points {
        let (Some(value), Some(limits)) = (point.value, point.limits) else {
            side = Run::default();
            trend = Run::default();
            previous = None;
            recent = [None, None];
            continue;
        };
        let distance = (scale(value) - scale(limits.centre)) / limits.sigma;
        if distance.abs() > 3.0 {
            point.signals.push(RunRule::BeyondThreeSigma);
        }
        if all_rules {
            side.take(direction(value - limits.median));
            trend.take(previous.map_or(0, |before| direction(value - before)));
            if side.length >= ONE_SIDE {
                point.signals.push(RunRule::EightOnOneSide);
            }
            if trend.length >= TRENDING - 1 {
                point.signals.push(RunRule::SixTrending);
            }
            let same_side_far = recent
                .iter()
                .flatten()
                .any(|before| before.abs() > 2.0 && direction(*before) == direction(distance));
            if distance.abs() > 2.0 && same_side_far {
                point.signals.push(RunRule::TwoOfThreeBeyondTwoSigma);
            }
        }
        previous = Some(value);
        recent = [recent[1], Some(distance)];
    }
}

/// Steps in a row with the same sign.
#[derive(Default)]
struct Run {
    sign: i8,
    length: usize,
}

impl Run {
    fn take(&mut self, sign: i8) {
        self.length = match sign {
            0 => 0,
            same if same == self.sign => self.length + 1,
            _ => 1,
        };
        self.sign = sign;
    }
}

fn direction(difference: f64) -> i8 {
    if difference > 0.0 {
        1
    } else if difference < 0.0 {
        -1
    } else {
        0
    }
}
