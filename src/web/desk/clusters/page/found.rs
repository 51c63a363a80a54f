//! What the newest search and its snapshot say of a cluster: figures, problems of a theme, where and when, complaints, and
//! the one that stands for it.

use chrono::NaiveDate;

use super::super::with_parts;
use super::{Case, Exemplar, Fact, Page, Problem, fact};
use crate::app::App;
use crate::desk::sight::{may_open, sees_all};
use crate::error::{Result, WebError};
use crate::quality::snapshot::{Snapshot, failed};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::cluster::{Cluster, ClusterLevel};
use redress_engine::counted::{Counted, Value};
use redress_lake::reader::read_table;
use redress_register::{Register, RegisterError, Staff};

/// Complaints that are listed, the latest first.
const CASES_SHOWN: usize = 200;
/// Values of a field that are listed.
const VALUES_SHOWN: usize = 5;
/// Months that are listed, the latest first.
const MONTHS_SHOWN: usize = 24;
/// Fields by which clusters are told apart, with the group of their names.
const FIELDS: [(&str, &str); 6] = [
    ("product", ""),
    ("lot", ""),
    ("site", ""),
    ("category", "categories"),
    ("channel", "channels"),
    ("department", "departments"),
];

/// A cluster on a snapshot, for a visitor.
pub(super) struct Seen<'a> {
    pub(super) app: &'a App,
    pub(super) visit: &'a Visit,
    pub(super) words: &'a Words,
    pub(super) snapshot: &'a Snapshot,
    pub(super) cluster: &'a Cluster,
}

impl Seen<'_> {
    /// Puts onto the page what the search found.
    ///
    /// # Errors
    /// When the lake or the register cannot be read.
    pub(super) fn fill(&self, page: &mut Page<'_>) -> Result<()> {
        let id = self.cluster.id;
        let row = self.ask(&format!(
            "SELECT g.label, g.trend, g.cases, g.complainants, g.recent_cases, g.recent_expected, g.growth_q, \
             g.open_cases, g.first_seen_on, g.last_seen_on, g.theme_id, g.exemplar_case_key \
             FROM clusters AS g WHERE g.cluster_id = '{id}'"
        ))?;
        if row.rows.is_empty() {
            page.absent = Some(self.words.text("cluster.not_in_layer").to_owned());
            return Ok(());
        }
        page.facts.extend(self.figures(&row));
        let theme = row.text(0, "theme_id");
        page.theme = (!theme.is_empty()).then_some(theme);
        if page.name.is_empty() {
            page.name = row.text(0, "label");
        }
        page.problems = self.problems()?;
        page.fields = self.fields()?;
        page.months = self.months()?;
        let (cases, hidden) = self.cases()?;
        if !cases.is_empty() {
            let shown = i64::try_from(cases.len()).unwrap_or(i64::MAX);
            page.cases_shown = self.words.plural("cluster.cases_shown", shown);
        }
        page.hidden = (hidden > 0).then(|| self.words.plural("cluster.cases_hidden", hidden));
        page.cases = cases;
        page.exemplar = self.exemplar(row.count(0, "exemplar_case_key"))?;
        Ok(())
    }

    fn figures(&self, row: &Counted) -> Vec<Fact> {
        let words = self.words;
        let count = |column: &str| words.count(row.count(0, column));
        let real = |column: &str, places| match row.cell(0, column) {
            Value::Real(real) => words.real(*real, places),
            _ => String::new(),
        };
        let mut facts = vec![
            fact(words, "cluster.label", row.text(0, "label")),
            fact(
                words,
                "cluster.trend",
                words.name("trends", &row.text(0, "trend")),
            ),
            fact(words, "cluster.recent", count("recent_cases")),
            fact(words, "cluster.expected", real("recent_expected", 1)),
            fact(words, "cluster.cases", count("cases")),
            fact(words, "cluster.complainants", count("complainants")),
            fact(words, "cluster.open_cases", count("open_cases")),
            fact(
                words,
                "cluster.first_seen",
                self.day(row, 0, "first_seen_on"),
            ),
            fact(words, "cluster.last_seen", self.day(row, 0, "last_seen_on")),
        ];
        facts.retain(|fact| !fact.value.is_empty());
        facts
    }

    /// The problems of a theme.
    fn problems(&self) -> Result<Vec<Problem>> {
        if self.cluster.level == ClusterLevel::Problem {
            return Ok(Vec::new());
        }
        let table = self.ask(&format!(
            "SELECT g.cluster_id, CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label, g.cases, g.trend \
             FROM clusters AS g WHERE g.theme_id = '{}' ORDER BY g.cases DESC, g.cluster_id LIMIT 50",
            self.cluster.id
        ))?;
        Ok((0..table.rows.len())
            .map(|at| Problem {
                id: table.text(at, "cluster_id"),
                label: table.text(at, "label"),
                cases: self.words.count(table.count(at, "cases")),
                trend: self.words.name("trends", &table.text(at, "trend")),
            })
            .collect())
    }

    /// The most frequent values of each field.
    fn fields(&self) -> Result<Vec<Fact>> {
        let mut facts = Vec::new();
        for (field, group) in FIELDS {
            let table = self.ask(&format!(
                "SELECT k.{field} AS found, CAST(COUNT(*) AS BIGINT) AS complaints {} AND k.{field} IS NOT NULL \
                 GROUP BY k.{field} ORDER BY complaints DESC, found LIMIT {VALUES_SHOWN}",
                self.members()
            ))?;
            if table.rows.is_empty() {
                continue;
            }
            let values: Vec<String> = (0..table.rows.len())
                .map(|at| {
                    let value = table.text(at, "found");
                    let name = match group {
                        "" => value,
                        group => self.words.name(group, &value),
                    };
                    let n = self.words.count(table.count(at, "complaints"));
                    format!("{name} ({n})")
                })
                .collect();
            facts.push(Fact {
                name: self.words.name("columns", field),
                value: values.join(", "),
            });
        }
        Ok(facts)
    }

    fn months(&self) -> Result<Vec<Fact>> {
        let table = self.ask(&format!(
            "SELECT c.month, CAST(COUNT(*) AS BIGINT) AS complaints FROM cluster_members AS m \
             JOIN cases AS k ON k.case_key = m.case_key JOIN calendar AS c ON c.day = k.received_on \
             JOIN params AS p ON p.calendar_id = c.calendar_id \
             WHERE m.cluster_id = '{}' GROUP BY c.month ORDER BY c.month",
            self.cluster.id
        ))?;
        Ok((0..table.rows.len())
            .rev()
            .take(MONTHS_SHOWN)
            .map(|at| Fact {
                name: table.text(at, "month"),
                value: self.words.count(table.count(at, "complaints")),
            })
            .collect())
    }

    /// The complaints that the visitor may see, and how many they may not.
    fn cases(&self) -> Result<(Vec<Case>, i64)> {
        let table = self.ask(&format!(
            "SELECT k.case_id, k.received_on, k.state, k.product, k.site, m.similarity, m.shared_terms, m.bound {} \
             ORDER BY k.received_on DESC, k.case_id LIMIT {CASES_SHOWN}",
            self.members()
        ))?;
        let own = self.snapshot.is_of_the_register();
        let (mut cases, mut hidden) = (Vec::new(), 0);
        for at in 0..table.rows.len() {
            let number = table.text(at, "case_id");
            if !self.may_know(&number)? {
                hidden += 1;
                continue;
            }
            cases.push(Case {
                opens: own,
                received: self.day(&table, at, "received_on"),
                state: self.words.name("states", &table.text(at, "state")),
                product: table.text(at, "product"),
                site: table.text(at, "site"),
                similarity: match table.cell(at, "similarity") {
                    Value::Real(real) => self.words.real(*real, 2),
                    _ => String::new(),
                },
                terms: with_parts(self.words, &table.text(at, "shared_terms")),
                bound: matches!(table.cell(at, "bound"), Value::Flag(true)),
                number,
            });
        }
        Ok((cases, hidden))
    }

    /// Whether the visitor may know of a case: as everywhere at the desk.
    fn may_know(&self, number: &str) -> Result<bool> {
        let staff = self.visit.staff().ok_or(WebError::Forbidden)?;
        if sees_all(staff) {
            return Ok(true);
        }
        self.app.register(|r| known_to(r, staff, number))
    }

    /// The text of the complaint that stands for the cluster, as the lake has it: with personal numbers masked.
    fn exemplar(&self, case_key: i64) -> Result<Option<Exemplar>> {
        let table = self.ask(&format!(
            "SELECT k.case_id, k.received_on FROM cases AS k WHERE k.case_key = {case_key}"
        ))?;
        let Value::Day(received_on) = table.cell(0, "received_on") else {
            return Ok(None);
        };
        let number = table.text(0, "case_id");
        if !self.may_know(&number)? {
            return Ok(None);
        }
        let month = self.month_of(&number, *received_on)?;
        let mut found = None;
        let files: Vec<_> = self
            .snapshot
            .manifest
            .files
            .iter()
            .filter(|file| file.path.contains(&format!("received_month={month}/")))
            .cloned()
            .collect();
        let columns = ["case_key", "language", "narrative"];
        read_table(
            &self.snapshot.folder,
            &files,
            "narratives",
            &columns,
            |batch| {
                let keys = batch.integers("case_key")?;
                let Some(at) = keys.iter().position(|key| *key == Some(case_key)) else {
                    return Ok(());
                };
                let (languages, texts) = (batch.texts("language")?, batch.texts("narrative")?);
                found = texts[at].map(|text| Exemplar {
                    number: number.clone(),
                    language: languages[at].unwrap_or_default().to_owned(),
                    text: text.to_owned(),
                });
                Ok(())
            },
        )
        .map_err(failed)?;
        Ok(found)
    }

    /// The month under which a case's rows lie: that of its receipt as first recorded.
    fn month_of(&self, number: &str, received_on: NaiveDate) -> Result<String> {
        if self.snapshot.is_of_the_register() {
            let case = self.app.register(|r| r.case_by_number(number));
            if let Ok(case) = case {
                return Ok(case.received_month);
            }
        }
        Ok(received_on.format("%Y-%m").to_string())
    }

    fn members(&self) -> String {
        format!(
            "FROM cluster_members AS m JOIN cases AS k ON k.case_key = m.case_key WHERE m.cluster_id = '{}'",
            self.cluster.id
        )
    }

    fn day(&self, table: &Counted, at: usize, column: &str) -> String {
        match table.cell(at, column) {
            Value::Day(day) => self.words.date(*day),
            _ => String::new(),
        }
    }

    fn ask(&self, sql: &str) -> Result<Counted> {
        self.snapshot
            .engine
            .sql(sql, "a cluster at the desk")
            .map_err(failed)
    }
}

/// Whether somebody who does not see all may know of a case of the register.
fn known_to(register: &Register, staff: &Staff, number: &str) -> Result<bool> {
    match register.case_by_number(number) {
        Ok(case) => may_open(register, staff, &case),
        Err(RegisterError::NoSuch { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
