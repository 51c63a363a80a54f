//! A finished review: every figure counted, rounded, classified and worded.
//!
//! Renderers (HTML, spreadsheets, minutes) set it and compute nothing but positions on paper.

use serde::Serialize;

use super::charts::ageing::AgeingChart;
use super::charts::bridge::BridgeChart;
use super::charts::control::ControlChart;
use super::charts::course::CourseChart;
use super::charts::funnel::FunnelChart;
use super::charts::intervals::IntervalChart;
use super::charts::multiples::MultiplesChart;
use super::charts::pareto::ParetoChart;
use super::charts::stacked::StackedChart;
use super::charts::steps::StepsChart;
use super::charts::survival::SurvivalChart;
use redress_domain::vocabulary::Language;

/// The whole review, in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewModel {
    /// Version of this structure.
    pub schema: u32,
    pub language: Language,
    pub head: Head,
    /// What the meeting must decide, most pressing first; seven at most.
    pub findings: Vec<Finding>,
    /// What was looked at for the first page and asks for nothing.
    pub clear: Vec<String>,
    pub sections: Vec<Section>,
    pub labels: Labels,
}

/// Title block of the first page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Head {
    pub title: String,
    pub organisation: String,
    /// The period with its first and last day.
    pub period: String,
    /// Moment of judgement, in the organisation's zone.
    pub as_of: String,
    pub source: String,
    /// Said when the period had not ended at `as_of`.
    pub provisional: Option<String>,
    /// Said of an edition for the public.
    pub public: Option<String>,
    /// What stands at the head of every printed page.
    pub running: String,
    /// A few headline figures.
    pub tiles: Vec<Tile>,
    /// The two warnings of ISO 10002 on reading the figures.
    pub warnings: Vec<String>,
}

/// One headline figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tile {
    pub label: String,
    pub figure: String,
    pub beside: String,
    pub link: String,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    RemediesNotDelivered,
    RemediesNotTold,
    ProblemGrowing,
    CategoryGrowing,
    ShareRose,
    ActionsFailed,
    ActionsOverdue,
    LimitMissed,
    OldestOpen,
    AnswerAwaited,
    Data,
}

/// One plain sentence for the meeting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// The figure as large print.
    pub figure: String,
    pub sentence: String,
    /// Interval, counts or date that belong to the figure.
    pub detail: String,
    /// What to decide.
    pub decision: String,
    /// Anchor in the same page, without `#`.
    pub link: String,
    pub link_text: String,
}

/// A part of the review under one heading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Anchor.
    pub id: String,
    pub title: String,
    /// ISO clause or indicator, basis.
    pub reference: String,
    pub blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum Block {
    Heading {
        text: String,
    },
    Text {
        text: String,
    },
    /// "None" or "not measured", and why.
    Absent {
        text: String,
    },
    /// An equation or check printed with its outcome.
    Check {
        text: String,
        holds: bool,
        outcome: String,
    },
    Table {
        table: Table,
    },
    Chart {
        chart: Box<Chart>,
    },
    Cases {
        title: String,
        lists: Vec<CaseList>,
    },
    Facts {
        facts: Vec<Fact>,
    },
    /// A command that shows the cases behind a figure.
    Command {
        text: String,
        command: String,
    },
}

/// A name and a value of the data cut.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

/// A table with a caption; the first column names the row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    pub name: String,
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Shown folded.
    pub folded: bool,
    /// Empty cells are there to be written into.
    pub form: bool,
}

/// A column's heading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    pub title: String,
    /// Numbers are set flush right.
    pub number: bool,
}

/// One cell: the text to show, and the rounded number behind it, for spreadsheets.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cell {
    pub text: String,
    pub number: Option<f64>,
    /// Anchor of the cases behind the figure, without `#`.
    pub link: Option<String>,
    /// Numbers of complaints that it tells, or that follow from it: where they are few, an edition for the public
    /// does not show them.
    #[serde(skip)]
    pub counts: Vec<u64>,
    /// It names a person, holds words of one, or would give away what another table keeps: nothing for the public.
    #[serde(skip)]
    pub inside: bool,
}

/// A chart with what stands for it where it cannot be seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chart {
    /// File name without extension; unique.
    pub name: String,
    pub title: String,
    /// Text alternative.
    pub alt: String,
    pub drawing: Drawing,
    /// The same figures as a table.
    pub table: Table,
}

/// The data of a chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Drawing {
    Intervals(IntervalChart),
    Stacked(StackedChart),
    Bridge(BridgeChart),
    Ageing(AgeingChart),
    Pareto(ParetoChart),
    Survival(SurvivalChart),
    Course(CourseChart),
    Control(ControlChart),
    Multiples(MultiplesChart),
    Steps(StepsChart),
    Funnel(FunnelChart),
}

/// The first cases behind a figure, and the command that shows all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseList {
    /// Anchor; unique.
    pub id: String,
    pub title: String,
    /// How many there are, in words ("first 20 of 61").
    pub shown: String,
    pub command: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Words of the page that belong to no section.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Labels {
    pub skip: String,
    pub contents: String,
    pub decisions: String,
    pub decisions_lead: String,
    pub nothing: String,
    pub clear: String,
    pub provisional: String,
    pub data_table: String,
    pub drill: String,
    pub case: String,
    pub figures: String,
    pub warnings: String,
    pub to_top: String,
    pub no_cases: String,
    /// Heading of the lines to sign, and their columns.
    pub signatures: String,
    pub signature_name: String,
    pub signature_day: String,
    pub signature: String,
    /// Said where a chart is wider than the screen.
    pub sideways: String,
}

impl ReviewModel {
    /// Every chart, in the order of the page.
    pub fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.sections
            .iter()
            .flat_map(|s| &s.blocks)
            .filter_map(|block| match block {
                Block::Chart { chart } => Some(chart.as_ref()),
                Block::Heading { .. }
                | Block::Text { .. }
                | Block::Absent { .. }
                | Block::Check { .. }
                | Block::Table { .. }
                | Block::Cases { .. }
                | Block::Facts { .. }
                | Block::Command { .. } => None,
            })
    }

    /// Every table, in the order of the page; those of charts too.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sections
            .iter()
            .flat_map(|s| &s.blocks)
            .filter_map(|block| match block {
                Block::Table { table } => Some(table),
                Block::Chart { chart } => Some(&chart.table),
                Block::Heading { .. }
                | Block::Text { .. }
                | Block::Absent { .. }
                | Block::Check { .. }
                | Block::Cases { .. }
                | Block::Facts { .. }
                | Block::Command { .. } => None,
            })
    }
}

impl Cell {
    /// A cell of text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell {
            text: text.into(),
            number: None,
            link: None,
            counts: Vec::new(),
            inside: false,
        }
    }

    /// A cell of a number, already rounded.
    pub fn number(text: impl Into<String>, number: f64) -> Cell {
        Cell {
            text: text.into(),
            number: Some(number),
            link: None,
            counts: Vec::new(),
            inside: false,
        }
    }

    /// The same cell, kept from an edition for the public.
    #[must_use]
    pub fn kept_inside(mut self) -> Cell {
        self.inside = true;
        self
    }

    /// The same cell, with the numbers of complaints that it tells.
    #[must_use]
    pub fn telling(mut self, counts: &[u64]) -> Cell {
        self.counts.extend(counts);
        self
    }

    /// The same cell opening to its cases.
    #[must_use]
    pub fn linked(mut self, id: impl Into<String>) -> Cell {
        self.link = Some(id.into());
        self
    }
}
