//! The page of one cluster: its figures, where and when it happens, its complaints as far as the visitor may see them, the
//! actions on it, its history, and what can be said of it.

mod found;

use askama::Template;

use self::found::Seen;
use super::SPEAKERS;
use super::word::Saying;
use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::quality::snapshot::Snapshot;
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::cluster::{
    BookError, Cluster, ClusterBook, ClusterEvent, ClusterId, ClusterLevel, ClusterState,
};
use redress_improvement::signals::named_by;
use redress_register::RegisterError;

#[derive(Template)]
#[template(path = "desk/clusters/page.html")]
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
