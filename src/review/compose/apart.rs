//! Parts of a review for pages that show no whole pack: its charts, and values as it writes them.

use super::maker::Maker;
use super::{action_course, control_charts, series};
use crate::ReviewError;
use crate::figures::{FigureError, Figures, ReviewContext};
use crate::model::Chart;
use crate::words::Words;
use redress_engine::counted::{Counted, Value};
use redress_stats::StatsError;

/// The review's hand on single figures.
pub struct Apart {
    context: ReviewContext,
    words: Words,
}

/// A share as the review writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareText {
    /// "81.3%", or "12 of 15" where a percentage would say more than so few tell.
    pub text: String,
    /// "12 of 15".
    pub counts: String,
    /// Its 95 % interval; `None` where there is no percentage.
    pub interval: Option<String>,
}

impl Apart {
    /// For a question, in its language.
    ///
    /// # Errors
    /// When the translation cannot be read.
    pub fn new(context: ReviewContext) -> Result<Apart, ReviewError> {
        Ok(Apart {
            words: Words::load(context.language)?,
            context,
        })
    }

    /// The control charts of the whole process; none where there are too few months.
    ///
    /// # Errors
    /// When a metric fails or a statistic refuses its counts.
    pub fn control_charts(&self, figures: &dyn Figures) -> Result<Vec<Chart>, ReviewError> {
        let maker = Maker::new(figures, &self.context, &self.words);
        match series::read(&maker)? {
            Some(courses) => control_charts::charts(&maker, &courses),
            None => Ok(Vec::new()),
        }
    }

    /// The course of an action from its months: columns month, time_window, cases, moved_out, exposure and whole.
    /// `None` where no month lies in its baseline.
    pub fn action_course(&self, id: &str, title: &str, months: &Counted) -> Option<Chart> {
        let rows: Vec<usize> = (0..months.rows.len()).collect();
        action_course::chart(&self.maker(), id, title, months, &rows)
    }

    /// A value of a column as people read it.
    pub fn value(&self, column: &str, value: &Value) -> String {
        self.maker().value(column, value)
    }

    /// A column's heading.
    pub fn heading(&self, column: &str) -> String {
        self.maker().heading(column)
    }

    /// `part` of `whole` as it may be shown.
    ///
    /// # Errors
    /// When more are counted than there are.
    pub fn share(&self, part: u64, whole: u64) -> Result<ShareText, StatsError> {
        let maker = self.maker();
        let shown = maker.share(part, whole)?;
        Ok(ShareText {
            counts: maker.of(part, whole),
            interval: shown.interval.is_some().then_some(shown.interval_text),
            text: shown.text,
        })
    }

    fn maker(&self) -> Maker<'_> {
        Maker::new(&Silent, &self.context, &self.words)
    }
}

/// Answers nothing: what is set here was asked before.
struct Silent;

impl Figures for Silent {
    fn metric(&self, id: &str) -> Result<Counted, FigureError> {
        Err(FigureError::Unknown { id: id.to_owned() })
    }

    fn drill(
        &self,
        id: &str,
        _conditions: &[(String, String)],
        _limit: usize,
    ) -> Result<Counted, FigureError> {
        Err(FigureError::Unknown { id: id.to_owned() })
    }
}
