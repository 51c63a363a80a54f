//! The page of one cluster: its figures, where and when it happens, its complaints as far as the visitor may see them, the
//! actions on it, its history, and what can be said of it.

use askama::Template;
use chrono::NaiveDate;

use super::SPEAKERS;
use super::word::Saying;
use crate::domain::cluster::{
    BookError, Cluster, ClusterBook, ClusterEvent, ClusterId, ClusterLevel, ClusterState,
};
use crate::engine::counted::{Counted, Value};
use crate::improvement::signals::named_by;
use crate::lake::reader::read_table;
use crate::register::{Register, RegisterError, Staff};
use crate::web::answer::Answer;
use crate::web::app::App;
use crate::web::desk::sight::{may_open, sees_all};
use crate::web::error::{Result, WebError};
use crate::web::quality::snapshot::{Snapshot, failed};
use crate::web::shell::{Area, Shell};
use crate::web::visit::Visit;
use crate::web::words::Words;

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

#[derive(Template)]
#[template(path = "web/desk/clusters/page.html")]
struct Page<'a> {
    shell: Shell<'a>,
    id: ClusterId,
    name: String,
    level: String,
    confirmed: bool,
    ignored: bool,
    /// The number that led here.
    from: Option<String>,
    /// Why there are no figures.
    absent: Option<String>,
    as_of: String,
    facts: Vec<Fact>,
    theme: Option<String>,
    problems: Vec<Problem>,
    exemplar: Option<Exemplar>,
    fields: Vec<Fact>,
    months: Vec<Fact>,
    cases: Vec<Case>,
    cases_shown: String,
    hidden: Option<String>,
    actions: Vec<OfAction>,
    history: Vec<Row>,
    sayings: Vec<(String, String)>,
    may_open_action: bool,
}

struct Fact {
    name: String,
    value: String,
}

struct Problem {
    id: String,
    label: String,
    cases: String,
    trend: String,
}

/// The complaint nearest to the centre, with personal numbers masked.
struct Exemplar {
    number: String,
    language: String,
    text: String,
}

struct Case {
    number: String,
    /// It opens at the desk.
    opens: bool,
    received: String,
    state: String,
    product: String,
    site: String,
    similarity: String,
    terms: String,
    bound: bool,
}

struct OfAction {
    id: String,
    title: String,
    state: String,
    owner: String,
}

/// What happened to a cluster.
pub struct Row {
    pub when: String,
    pub what: String,
    pub who: String,
    pub said: String,
}

/// `GET /desk/clusters/{id}`.
pub fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let id = asked(visit)?;
    let (source, book) = book_of(app, id)?;
    let cluster = book.cluster(id).map_err(RegisterError::from)?;
    if let ClusterState::Merged { .. } = cluster.state
        && let Ok(heir) = book.follow(id)
    {
        return Ok(Answer::see(format!("/desk/clusters/{}?from={id}", heir.id)));
    }
    let snapshot = Snapshot::newest(app, visit.now, None)?
        .filter(|snapshot| snapshot.is_searched() && snapshot.manifest.source_key() == source);
    let mut page = bare(app, visit, cluster)?;
    page.actions = on_it(app, visit, words, &book, id)?;
    if visit.has_role(SPEAKERS) {
        page.sayings = Saying::ALL
            .iter()
            .filter(|saying| saying.fits(cluster))
            .map(|saying| {
                let name = words.text(&format!("cluster.say_{saying}")).to_owned();
                (format!("/desk/clusters/{id}/{saying}"), name)
            })
            .collect();
    }
    let gone = gone(app, words, &source, cluster)?;
    let Some(snapshot) = snapshot else {
        page.facts.extend(gone);
        page.absent = Some(words.text("cluster.no_figures").to_owned());
        return Answer::page(&page);
    };
    page.as_of = words.moment(
        snapshot.manifest.as_of,
        app.register(|r| Ok::<_, WebError>(r.zone()))?,
    );
    let seen = Seen {
        app,
        visit,
        words,
        snapshot: &snapshot,
        cluster,
    };
    seen.fill(&mut page)?;
    page.facts.extend(gone);
    Answer::page(&page)
}

/// How many of a cluster's cases a foreign source no longer has; they keep their place in it.
fn gone(app: &App, words: &Words, source: &str, cluster: &Cluster) -> Result<Option<Fact>> {
    let (cases, zone) =
        app.register(|r| Ok::<_, WebError>((r.gone_cases(source, None)?, r.zone())))?;
    let own = || {
        cases
            .iter()
            .filter(|case| cluster.members.contains(&case.case_id))
    };
    let Some(latest) = own().map(|case| case.gone_at).max() else {
        return Ok(None);
    };
    let n = words.count(i64::try_from(own().count()).unwrap_or(i64::MAX));
    let day = words.day(latest, zone);
    let value = words.fill("cluster.gone_value", &[("n", &n), ("day", &day)]);
    Ok(Some(fact(words, "cluster.gone_cases", value)))
}

/// The cluster that a route names.
///
/// # Errors
/// [`WebError::NotFound`] when it is no number of one.
pub fn asked(visit: &Visit) -> Result<ClusterId> {
    visit.place("id").parse().map_err(|_| WebError::NotFound)
}

/// The source of a cluster's cases, and the book in which it stands.
///
/// # Errors
/// [`WebError::NotFound`] when there is no such cluster.
pub fn book_of(app: &App, id: ClusterId) -> Result<(String, ClusterBook)> {
    app.register(|r| {
        let source = match r.cluster_source(id) {
            Ok(source) => source,
            Err(RegisterError::Book(BookError::Unknown(_))) => return Err(WebError::NotFound),
            Err(error) => return Err(error.into()),
        };
        let book = r.cluster_book(&source, None)?.book;
        Ok((source, book))
    })
}

/// The page with what the book alone says.
fn bare<'a>(app: &'a App, visit: &'a Visit, cluster: &Cluster) -> Result<Page<'a>> {
    let words = app.words(visit.language);
    let id = cluster.id;
    let (history, zone) =
        app.register(|r| Ok::<_, WebError>((r.cluster_history(id)?, r.zone())))?;
    let mut rows: Vec<Row> = history
        .iter()
        .map(|event| Row {
            when: words.moment(event.recorded_at, zone),
            ..happened(words, event)
        })
        .collect();
    rows.reverse();
    let named = cluster.name.clone();
    let title = match &named {
        Some(name) => format!("{id} {name}"),
        None => id.to_string(),
    };
    let members = i64::try_from(cluster.members.len()).unwrap_or(i64::MAX);
    let mut facts = vec![fact(words, "cluster.members", words.count(members))];
    match cluster.state {
        ClusterState::Standing => {}
        ClusterState::Vanished | ClusterState::Merged { .. } => {
            let gone = words.text("cluster.vanished").to_owned();
            facts.push(fact(words, "cluster.state", gone));
        }
    }
    if !cluster.bound.is_empty() {
        let bound = i64::try_from(cluster.bound.len()).unwrap_or(i64::MAX);
        facts.push(fact(words, "cluster.bound", words.count(bound)));
    }
    if !cluster.barred.is_empty() {
        let barred: Vec<&str> = cluster.barred.iter().map(String::as_str).collect();
        facts.push(fact(words, "cluster.barred", barred.join(", ")));
    }
    Ok(Page {
        shell: Shell::new(app, visit, Area::Desk, title),
        id,
        name: named.unwrap_or_default(),
        level: words
            .text(&format!("cluster.level_{}", cluster.level))
            .to_owned(),
        confirmed: cluster.confirmed,
        ignored: cluster.ignored,
        from: visit
            .query
            .given("from")
            .and_then(|from| from.parse::<ClusterId>().ok())
            .map(|from| {
                let (from, here) = (from.to_string(), id.to_string());
                words.fill("cluster.led_here", &[("from", &from), ("id", &here)])
            }),
        absent: None,
        as_of: String::new(),
        facts,
        theme: None,
        problems: Vec::new(),
        exemplar: None,
        fields: Vec::new(),
        months: Vec::new(),
        cases: Vec::new(),
        cases_shown: String::new(),
        hidden: None,
        actions: Vec::new(),
        history: rows,
        sayings: Vec::new(),
        may_open_action: cluster.state == ClusterState::Standing
            && cluster.level == ClusterLevel::Problem,
    })
}

/// Actions that name the cluster in their scope or as their source, closed ones too.
fn on_it(
    app: &App,
    visit: &Visit,
    words: &Words,
    book: &ClusterBook,
    id: ClusterId,
) -> Result<Vec<OfAction>> {
    let (actions, today) = app.register(|r| {
        let today = visit.now.with_timezone(&r.zone()).date_naive();
        Ok::<_, WebError>((r.actions(None)?, today))
    })?;
    Ok(actions
        .iter()
        .filter(|action| named_by(book, action).contains(&id))
        .map(|action| OfAction {
            id: action.id.to_string(),
            title: action.opened.title.clone(),
            state: words.name("codes", action.state(today).as_str()),
            owner: action.opened.owner.clone(),
        })
        .collect())
}

/// An event of a cluster as a row; the moment is the caller's.
pub fn happened(words: &Words, event: &ClusterEvent) -> Row {
    let mut said = Vec::new();
    if let Some(other) = event.other {
        said.push(other.to_string());
    }
    for (cases, key) in [
        (&event.change.joined, "cluster.joined"),
        (&event.change.left, "cluster.left"),
    ] {
        if !cases.is_empty() {
            said.push(words.plural(key, i64::try_from(cases.len()).unwrap_or(i64::MAX)));
        }
    }
    if let Some(name) = &event.change.name {
        said.push(name.clone());
    }
    if let Some(reason) = &event.change.reason {
        said.push(reason.clone());
    }
    Row {
        when: String::new(),
        what: words
            .text(&format!("cluster_event.{}", event.kind))
            .to_owned(),
        who: match (&event.actor, &event.run) {
            (Some(actor), _) => actor.clone(),
            (None, _) => words.text("cluster.search").to_owned(),
        },
        said: said.join("; "),
    }
}

fn fact(words: &Words, key: &str, value: impl Into<String>) -> Fact {
    Fact {
        name: words.text(key).to_owned(),
        value: value.into(),
    }
}

/// A cluster on a snapshot, for a visitor.
struct Seen<'a> {
    app: &'a App,
    visit: &'a Visit,
    words: &'a Words,
    snapshot: &'a Snapshot,
    cluster: &'a Cluster,
}

impl Seen<'_> {
    fn fill(&self, page: &mut Page<'_>) -> Result<()> {
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
                terms: super::with_parts(self.words, &table.text(at, "shared_terms")),
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
