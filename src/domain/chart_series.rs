//! The series that have a control chart, under the names that commands, the register and the lake know them by.

use std::fmt;
use std::str::FromStr;

use super::limits::Stage;
use super::workflow::{LAST_PASS, Pass};

/// What a review's file of a control chart begins with: `course-processing-1.svg` shows the series `processing-1`.
pub const CHART_PREFIX: &str = "course-";

/// What a control chart follows from month to month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartSeries {
    /// Late ones among the stages due.
    Late { stage: Stage, pass: Pass },
    /// Rejections among the first decisions answered.
    Rejected,
    /// Complaints received, over working days.
    Received,
}

impl ChartSeries {
    /// Every series: the stages in their order, what the re-examination repeats, then decisions and complaints.
    pub const ALL: [ChartSeries; 9] = [
        late(Stage::Acknowledgement, 1),
        late(Stage::Intake, 1),
        late(Stage::Processing, 1),
        late(Stage::Resolution, 1),
        late(Stage::Overall, 1),
        late(Stage::Processing, LAST_PASS),
        late(Stage::Resolution, LAST_PASS),
        ChartSeries::Rejected,
        ChartSeries::Received,
    ];
}

const fn late(stage: Stage, pass: Pass) -> ChartSeries {
    ChartSeries::Late { stage, pass }
}

impl fmt::Display for ChartSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChartSeries::Late { stage, pass } => write!(f, "{stage}-{pass}"),
            ChartSeries::Rejected => f.write_str("rejected"),
            ChartSeries::Received => f.write_str("received"),
        }
    }
}

/// A name that no control chart has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no series with a control chart; known are {}", names())]
pub struct UnknownSeries {
    pub found: String,
}

impl FromStr for ChartSeries {
    type Err = UnknownSeries;

    /// Reads a series' name, or the name that its chart has in a pack.
    fn from_str(text: &str) -> Result<Self, UnknownSeries> {
        let name = text.strip_prefix(CHART_PREFIX).unwrap_or(text);
        ChartSeries::ALL
            .into_iter()
            .find(|series| series.to_string() == name)
            .ok_or_else(|| UnknownSeries {
                found: text.to_owned(),
            })
    }
}

fn names() -> String {
    ChartSeries::ALL.map(|series| series.to_string()).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_is_read_by_its_name_and_by_that_of_its_chart() {
        for series in ChartSeries::ALL {
            let name = series.to_string();
            assert_eq!(name.parse(), Ok(series));
            assert_eq!(format!("{CHART_PREFIX}{name}").parse(), Ok(series));
        }
        assert_eq!("processing-2".parse(), Ok(late(Stage::Processing, 2)));
    }

    #[test]
    fn an_unknown_series_is_refused_with_the_names_of_those_there_are() {
        for found in ["processing", "processing-3", "intake-2", "Received", ""] {
            let refused = found.parse::<ChartSeries>().unwrap_err().to_string();
            assert!(refused.contains(&format!("`{found}`")), "{refused}");
            assert!(refused.ends_with("rejected, received"), "{refused}");
        }
    }
}
