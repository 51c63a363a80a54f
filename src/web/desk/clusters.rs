//! What comes again, at the desk: the clusters of the newest search, one of them with its complaints and history, and the
//! analyst's word on it.

pub mod page;
pub mod word;
pub mod word_page;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use chrono::NaiveDate;

use crate::answer::Answer;
use crate::app::App;
use crate::collation;
use crate::entry::Choice;
use crate::error::{Result, WebError};
use crate::quality::snapshot::{Snapshot, failed};
use crate::routes::{Access, Route};
use crate::shell::{Area, FORM, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::cluster::{ClusterBook, ClusterId, ClusterLevel, ClusterState};
use redress_domain::vocabulary::Role;
use redress_engine::counted::{Counted, Value};
use redress_improvement::signals::worked_on;

/// Who may read about clusters.
const READERS: Access = Access::Staff(&[Role::Agent, Role::Technical, Role::Quality, Role::Admin]);
/// Whose word binds every later search.
const SPEAKERS: &[Role] = &[Role::Quality, Role::Admin];

pub const ROUTES: &[Route] = &[
    Route::get("/desk/clusters", READERS, list),
    Route::get("/desk/clusters/{id}", READERS, page::page),
    Route::get(
        "/desk/clusters/{id}/{command}",
        Access::Staff(SPEAKERS),
        word_page::ask,
    ),
    Route::post(
        "/desk/clusters/{id}/{command}",
        Access::Staff(SPEAKERS),
        word_page::say,
    )
    .turning(word_page::turned),
];

/// Clusters of a page.
const A_PAGE: usize = 100;
/// Sites named beside a cluster.
const SITES_SHOWN: usize = 2;

#[derive(Template)]
#[template(path = "desk/clusters/list.html")]
struct Page<'a> {
    shell: Shell<'a>,
    absent: Option<&'a str>,
    as_of: String,
    levels: Vec<(Choice, bool)>,
    shows: Vec<(Choice, bool)>,
    sites: Vec<(Choice, bool)>,
    count: String,
    rows: Vec<Row>,
    more: Option<String>,
}

/// A cluster of the list.
pub struct Row {
    pub id: ClusterId,
    pub label: String,
    trend: String,
    /// The word for it: growing, emerging …
    pub trend_code: String,
    /// It grows or is new.
    rising: bool,
    pub cases: i64,
    pub recent: i64,
    expected: String,
    pub recent_expected: Option<f64>,
    first_seen: String,
    pub first_seen_on: Option<NaiveDate>,
    last_seen: String,
    pub last_seen_on: Option<NaiveDate>,
    site: String,
    pub confirmed: bool,
    pub ignored: bool,
    pub worked_on: bool,
}

/// Which clusters are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    All,
    Rising,
    WithoutAction,
    WithAction,
    Ignored,
}

impl Show {
    const ALL: [(Show, &'static str); 5] = [
        (Show::All, "all"),
        (Show::Rising, "rising"),
        (Show::WithoutAction, "without"),
        (Show::WithAction, "with"),
        (Show::Ignored, "ignored"),
    ];

    fn of(code: &str) -> Show {
        Show::ALL
            .iter()
            .find(|(_, known)| *known == code)
            .map_or(Show::All, |(show, _)| *show)
    }

    fn takes(self, row: &Row) -> bool {
        match self {
            Show::All => !row.ignored,
            Show::Rising => !row.ignored && row.rising,
            Show::WithoutAction => !row.ignored && !row.worked_on,
            Show::WithAction => !row.ignored && row.worked_on,
            Show::Ignored => row.ignored,
        }
    }
}

fn list(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let query = &visit.query;
    let level = query.get("level").parse().unwrap_or(ClusterLevel::Problem);
    let show = Show::of(query.get("show"));
    let site = query.get("site");
    let mut page = Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("cluster.list_title")),
        absent: None,
        as_of: String::new(),
        levels: ClusterLevel::ALL
            .iter()
            .map(|known| {
                let key = format!("cluster.level_{known}");
                (
                    Choice::new(known.as_str(), words.text(&key)),
                    *known == level,
                )
            })
            .collect(),
        shows: Show::ALL
            .iter()
            .map(|(known, code)| {
                let key = format!("cluster.show_{code}");
                (Choice::new(*code, words.text(&key)), *known == show)
            })
            .collect(),
        sites: Vec::new(),
        count: String::new(),
        rows: Vec::new(),
        more: None,
    };
    let Some(snapshot) = Snapshot::newest(app, visit.now, None)? else {
        page.absent = Some(words.text("cluster.no_snapshot"));
        return Answer::page(&page);
    };
    if !snapshot.is_searched() {
        page.absent = Some(words.text("cluster.not_searched"));
        return Answer::page(&page);
    }
    page.shell = page.shell.form(FORM);
    let mapping = snapshot.manifest.source_key();
    let (book, actions, zone) = app.register(|r| {
        let book = r.cluster_book(mapping, None)?.book;
        Ok::<_, WebError>((book, r.actions(None)?, r.zone()))
    })?;
    let worked_on = worked_on(&book, &actions);
    let of_site = match site {
        "" => None,
        site => Some(clusters_of_site(&snapshot, site)?),
    };
    let mut rows: Vec<Row> = rows(words, &snapshot, &book, level, &worked_on)?
        .into_iter()
        .filter(|row| show.takes(row))
        .filter(|row| {
            of_site
                .as_ref()
                .is_none_or(|of_site| of_site.contains(&row.id))
        })
        .collect();
    // What rises first, then what is frequent now.
    rows.sort_by_key(|row| (!row.rising, -row.recent, -row.cases, row.id));
    let n = rows.len();
    let first = query.get("from").parse::<usize>().unwrap_or(0).min(n);
    let last = (first + A_PAGE).min(n);
    let mut shown: Vec<Row> = rows.drain(first..last).collect();
    let sites = sites(&snapshot, &shown)?;
    for row in &mut shown {
        row.site = sites.get(&row.id).cloned().unwrap_or_default();
    }
    page.as_of = words.moment(snapshot.manifest.as_of, zone);
    page.sites = site_choices(words, &snapshot, site)?;
    page.count = words.plural("cluster.count", i64::try_from(n).unwrap_or(i64::MAX));
    page.rows = shown;
    page.more = (last < n).then(|| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["level", "show", "site"] {
            query.append_pair(name, visit.query.get(name));
        }
        query.append_pair("from", &last.to_string());
        format!("/desk/clusters?{}", query.finish())
    });
    Answer::page(&page)
}

/// The clusters of a level as the search found them, with what an analyst said since.
///
/// # Errors
/// When the lake cannot be read.
pub fn rows(
    words: &Words,
    snapshot: &Snapshot,
    book: &ClusterBook,
    level: ClusterLevel,
    worked_on: &BTreeSet<ClusterId>,
) -> Result<Vec<Row>> {
    let sql = format!(
        "SELECT g.cluster_id, g.label, g.trend, g.cases, g.recent_cases, g.recent_expected, g.first_seen_on, \
         g.last_seen_on FROM clusters AS g WHERE g.level = '{level}' ORDER BY g.cluster_id"
    );
    let table = snapshot
        .engine
        .sql(&sql, "clusters of the desk")
        .map_err(failed)?;
    Ok((0..table.rows.len())
        .filter_map(|at| row(words, &table, at, book, worked_on))
        .collect())
}

/// A cluster as it stands; `None` where its number leads to another since.
fn row(
    words: &Words,
    table: &Counted,
    at: usize,
    book: &ClusterBook,
    worked_on: &BTreeSet<ClusterId>,
) -> Option<Row> {
    let id: ClusterId = table.text(at, "cluster_id").parse().ok()?;
    let known = book.cluster(id).ok();
    if known.is_some_and(|cluster| cluster.state != ClusterState::Standing) {
        return None;
    }
    let name = known.and_then(|cluster| cluster.name.clone());
    let trend = table.text(at, "trend");
    let day = |column: &str| match table.cell(at, column) {
        Value::Day(day) => Some(*day),
        _ => None,
    };
    let (first_seen_on, last_seen_on) = (day("first_seen_on"), day("last_seen_on"));
    let in_words = |day: Option<NaiveDate>| day.map(|day| words.date(day)).unwrap_or_default();
    let recent_expected = match table.cell(at, "recent_expected") {
        Value::Real(real) => Some(*real),
        _ => None,
    };
    Some(Row {
        id,
        label: name.unwrap_or_else(|| table.text(at, "label")),
        rising: ["growing", "emerging"].contains(&trend.as_str()),
        trend: words.name("trends", &trend),
        trend_code: trend,
        cases: table.count(at, "cases"),
        recent: table.count(at, "recent_cases"),
        expected: recent_expected
            .map(|real| words.real(real, 1))
            .unwrap_or_default(),
        recent_expected,
        first_seen: in_words(first_seen_on),
        first_seen_on,
        last_seen: in_words(last_seen_on),
        last_seen_on,
        site: String::new(),
        confirmed: known.is_some_and(|cluster| cluster.confirmed),
        ignored: known.is_some_and(|cluster| cluster.ignored),
        worked_on: worked_on.contains(&id),
    })
}

/// The sites from which most complaints of these clusters came.
fn sites(snapshot: &Snapshot, rows: &[Row]) -> Result<BTreeMap<ClusterId, String>> {
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<String> = rows.iter().map(|row| format!("'{}'", row.id)).collect();
    let sql = format!(
        "SELECT m.cluster_id, k.site, CAST(COUNT(*) AS BIGINT) AS complaints FROM cluster_members AS m \
         JOIN cases AS k ON k.case_key = m.case_key WHERE m.cluster_id IN ({}) AND k.site IS NOT NULL \
         GROUP BY m.cluster_id, k.site ORDER BY complaints DESC, k.site",
        ids.join(", ")
    );
    let table = snapshot
        .engine
        .sql(&sql, "sites of clusters")
        .map_err(failed)?;
    let mut found: BTreeMap<ClusterId, Vec<String>> = BTreeMap::new();
    for at in 0..table.rows.len() {
        if let Ok(id) = table.text(at, "cluster_id").parse() {
            found.entry(id).or_default().push(table.text(at, "site"));
        }
    }
    let written = found.into_iter().map(|(id, mut sites)| {
        let more = sites.len() > SITES_SHOWN;
        sites.truncate(SITES_SHOWN);
        let text = sites.join(", ");
        (id, if more { format!("{text} …") } else { text })
    });
    Ok(written.collect())
}

fn clusters_of_site(snapshot: &Snapshot, site: &str) -> Result<BTreeSet<ClusterId>> {
    let sql = format!(
        "SELECT m.cluster_id FROM cluster_members AS m JOIN cases AS k ON k.case_key = m.case_key \
         WHERE k.site = '{}' GROUP BY m.cluster_id ORDER BY m.cluster_id",
        site.replace('\'', "''")
    );
    let table = snapshot
        .engine
        .sql(&sql, "clusters of a site")
        .map_err(failed)?;
    Ok((0..table.rows.len())
        .filter_map(|at| table.text(at, "cluster_id").parse().ok())
        .collect())
}

fn site_choices(words: &Words, snapshot: &Snapshot, taken: &str) -> Result<Vec<(Choice, bool)>> {
    let sql = "SELECT k.site FROM cases AS k WHERE k.site IS NOT NULL GROUP BY k.site";
    let table = snapshot.engine.sql(sql, "sites").map_err(failed)?;
    let any = Choice::new("", words.text("cluster.any_site"));
    let mut sites: Vec<String> = (0..table.rows.len())
        .map(|at| table.text(at, "site"))
        .collect();
    collation::sort(words.language(), &mut sites);
    let each = sites.into_iter().map(|site| {
        let is_taken = site == taken;
        (Choice::new(site.clone(), site), is_taken)
    });
    Ok(std::iter::once((any, taken.is_empty()))
        .chain(each)
        .collect())
}

/// Shared terms with their parts of the similarity, `boya 0.32, kabar 0.20`, as the language writes numbers.
fn with_parts(words: &Words, terms: &str) -> String {
    let written = |term: &str| match term.rsplit_once(' ') {
        Some((word, part)) => match part.parse::<f64>() {
            Ok(part) => format!("{word} {}", words.real(part, 2)),
            Err(_) => term.to_owned(),
        },
        None => term.to_owned(),
    };
    let each: Vec<String> = terms.split(", ").map(written).collect();
    // Where a decimal is a comma, a comma parts nothing.
    each.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    #[test]
    fn parts_of_a_similarity_have_the_decimal_sign_of_the_language() {
        let words = |language| Words::load(language).unwrap();
        let terms = "boya 0.32, kabar 0.20";
        assert_eq!(
            with_parts(&words(Language::Tr), terms),
            "boya 0,32; kabar 0,20"
        );
        assert_eq!(
            with_parts(&words(Language::En), terms),
            "boya 0.32; kabar 0.20"
        );
        assert_eq!(with_parts(&words(Language::Ru), ""), "");
    }
}
