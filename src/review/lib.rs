//! The review pack: counted tables -> a finished model -> charts -> one self-contained HTML page.
//!
//! [`compose::build`] rounds, classifies and words every figure once; [`html::render`] and [`charts`]
//! only set what the model holds.

pub mod asking;
pub mod charts;
pub mod compose;
pub mod exceptions;
pub mod figures;
pub mod font;
pub mod html;
pub mod members;
pub mod minutes;
pub mod minutes_document;
pub mod model;
pub mod numbers;
pub mod pack;
pub mod pdf;
pub mod public;
pub mod words;
pub mod workbook;

/// What can go wrong while a review is made.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error(transparent)]
    Figures(#[from] figures::FigureError),
    #[error(
        "the translation `{language}` cannot be read: {reason}; repair reports/translations/{language}.toml"
    )]
    Words {
        language: &'static str,
        reason: String,
    },
    #[error(
        "the metric `{metric}` answers without the column `{column}`; compare the last SELECT of queries/metrics/{metric}.sql with docs on the metric"
    )]
    MissingColumn { metric: String, column: String },
    #[error("a statistic for `{metric}` cannot be computed: {reason}")]
    Statistic { metric: String, reason: String },
    #[error("the bundled font `{name}` cannot be read; restore reports/fonts from the source tree")]
    Font { name: &'static str },
    #[error("the chart `{name}` cannot be drawn: {reason}")]
    Chart { name: String, reason: String },
    #[error("the minutes cannot be packed: {0}")]
    Document(String),
    #[error("the spreadsheet cannot be made: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("the page cannot be set: {0}")]
    Template(#[from] askama::Error),
}
