//! What comes again: the clusters of the newest search, one of them, and the analyst's word on it.

use serde_json::{Value, json};

use super::case::versioned;
use super::entry::{Member, fields_of, schema_of};
use super::operation::{Answers, Each, LIMIT, Operation, PLAIN, Parameter, asked, limit};
use super::problem::{Code, Problem};
use super::schema::{day, flag, list, moment, object, or_null, real, text, whole, word};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::clusters::page::{asked as id_of, book_of};
use crate::desk::clusters::rows;
use crate::desk::clusters::word::{Saying, refusal};
use crate::desk::clusters::word_page::{Outcome, allowed, record};
use crate::desk::sight::{may_open, sees_all};
use crate::error::{Result, WebError};
use crate::quality::snapshot::Snapshot;
use crate::routes::{Access, Route};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::cluster::{Cluster, ClusterId, ClusterLevel, ClusterState};
use redress_improvement::signals::{named_by, worked_on};
use redress_register::{Register, RegisterError, Scope, Staff};

const READS: Access = Access::Integration(Scope::ClustersRead);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/clusters", READS, clusters).described(&Operation {
        id: "listClusters",
        summary: "The clusters of the newest search, what grows first; none before there was one",
        query: &[
            Parameter {
                name: "level",
                about: "Problems, where nothing is said",
                schema: levels,
            },
            LIMIT,
        ],
        answer: Answers::Json("Clusters", clusters_schema),
        ..PLAIN
    }),
    Route::get("/api/v1/clusters/{id}", READS, one).described(&Operation {
        id: "getCluster",
        summary: "A cluster as the book has it: members that the token may see, history, actions, and the words it admits",
        answer: Answers::Json("Cluster", cluster_schema),
        is_versioned: true,
        ..PLAIN
    }),
    Route::post(
        "/api/v1/clusters/{id}/words/{word}",
        Access::Integration(Scope::ClustersWrite),
        say,
    )
    .described(&Operation {
        id: "sayOfCluster",
        summary: "Records the analyst's word on a cluster; it binds every later search",
        answer: Answers::Json("Cluster", cluster_schema),
        is_versioned: true,
        each: Each::Word,
        ..PLAIN
    }),
];

fn clusters(app: &App, visit: &Visit) -> Result<Answer> {
    let most = match limit(visit) {
        Ok(most) => usize::try_from(most).unwrap_or(usize::MAX),
        Err(problem) => return Ok(problem.answer()),
    };
    let level = match asked(visit, "level", "one of the levels of the description") {
        Ok(level) => level.unwrap_or(ClusterLevel::Problem),
        Err(problem) => return Ok(problem.answer()),
    };
    let snapshot = Snapshot::newest(app, visit.now, None)?.filter(Snapshot::is_searched);
    let Some(snapshot) = snapshot else {
        return Ok(Answer::json(
            &json!({ "as_of": null, "clusters": [], "more": 0 }),
        ));
    };
    let mapping = snapshot.manifest.source_key();
    let (book, actions) = app.register(|r| {
        let book = r.cluster_book(mapping, None)?.book;
        Ok::<_, WebError>((book, r.actions(None)?))
    })?;
    let worked_on = worked_on(&book, &actions);
    let words = app.words(visit.language);
    let mut found = rows(words, &snapshot, &book, level, &worked_on)?;
    found.sort_by_key(|row| {
        let rises = ["growing", "emerging"].contains(&row.trend_code.as_str());
        (!rises, -row.recent, -row.cases, row.id)
    });
    let more = found.len().saturating_sub(most);
    found.truncate(most);
    let told: Vec<Value> = found
        .iter()
        .map(|row| {
            json!({
                "id": row.id.to_string(),
                "label": row.label,
                "trend": row.trend_code,
                "cases": row.cases,
                "recent_cases": row.recent,
                "recent_expected": row.recent_expected,
                "first_seen_on": row.first_seen_on,
                "last_seen_on": row.last_seen_on,
                "confirmed": row.confirmed,
                "ignored": row.ignored,
                "has_action": row.worked_on,
            })
        })
        .collect();
    Ok(Answer::json(&json!({
        "as_of": snapshot.manifest.as_of,
        "clusters": told,
        "more": more,
    })))
}

fn one(app: &App, visit: &Visit) -> Result<Answer> {
    let id = id_of(visit)?;
    let (source, book) = book_of(app, id)?;
    let cluster = book.cluster(id).map_err(RegisterError::from)?;
    shown(app, visit, &source, cluster)
}

fn shown(app: &App, visit: &Visit, source: &str, cluster: &Cluster) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let id = cluster.id;
    let (history, actions, members, hidden) = app.register(|r| {
        let book = r.cluster_book(source, None)?.book;
        let actions: Vec<String> = r
            .actions(None)?
            .iter()
            .filter(|action| named_by(&book, action).contains(&id))
            .map(|action| action.id.to_string())
            .collect();
        let (members, hidden) = members(r, staff, source, cluster)?;
        Ok::<_, WebError>((r.cluster_history(id)?, actions, members, hidden))
    })?;
    let heir = match cluster.state {
        ClusterState::Merged { .. } => {
            let (_, book) = book_of(app, id)?;
            book.follow(id).ok().map(|heir| heir.id.to_string())
        }
        ClusterState::Standing | ClusterState::Vanished => None,
    };
    let events: Vec<Value> = history
        .iter()
        .map(|event| {
            json!({
                "kind": event.kind.to_string(),
                "recorded_at": event.recorded_at,
                "actor": event.actor,
                "other": event.other.map(|other| other.to_string()),
                "name": event.change.name,
                "reason": event.change.reason,
                "joined": event.change.joined.len(),
                "left": event.change.left.len(),
            })
        })
        .collect();
    let words: Vec<&str> = match visit.has_role(Scope::ClustersWrite.roles()) {
        true => Saying::ALL
            .iter()
            .filter(|saying| saying.fits(cluster))
            .map(|saying| saying.as_str())
            .collect(),
        false => Vec::new(),
    };
    let version = i64::try_from(history.len()).unwrap_or(i64::MAX);
    let document = json!({
        "id": id.to_string(),
        "version": version,
        "level": cluster.level.to_string(),
        "state": state(cluster.state),
        "heir": heir,
        "name": cluster.name,
        "confirmed": cluster.confirmed,
        "ignored": cluster.ignored,
        "cases": members,
        "cases_hidden": hidden,
        "actions": actions,
        "history": events,
        "words": words,
    });
    Ok(versioned(&document, version))
}

/// The cases of a cluster that somebody may see, and how many more there are. Cases of another store are only numbers
/// here; technical staff see those of their plant in the register, and no others.
fn members(
    register: &Register,
    staff: &Staff,
    source: &str,
    cluster: &Cluster,
) -> Result<(Vec<String>, usize)> {
    let all = cluster.members.len();
    if sees_all(staff) {
        return Ok((cluster.members.iter().cloned().collect(), 0));
    }
    let mut seen = Vec::new();
    if source == "redress" {
        for number in &cluster.members {
            let may = match register.case_by_number(number) {
                Ok(case) => may_open(register, staff, &case)?,
                Err(RegisterError::NoSuch { .. }) => false,
                Err(error) => return Err(error.into()),
            };
            if may {
                seen.push(number.clone());
            }
        }
    }
    let hidden = all - seen.len();
    Ok((seen, hidden))
}

const fn state(state: ClusterState) -> &'static str {
    match state {
        ClusterState::Standing => "standing",
        ClusterState::Vanished => "vanished",
        ClusterState::Merged { .. } => "merged",
    }
}

fn say(app: &App, visit: &Visit) -> Result<Answer> {
    // The desk's routes call the place of a word `command`.
    let mut visit = visit.clone();
    let name = visit.place("word").to_owned();
    visit.places.insert("command".to_owned(), name);
    let (saying, cluster) = allowed(app, &visit)?;
    let id = cluster.id;
    let program = visit.program.clone().unwrap_or_default();
    let length = app.register(|r| r.cluster_history(id))?.len();
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let refused = |problem: Problem| Ok(problem.answer());
    match program.seen() {
        Ok(Some(seen)) if seen != length => {
            let problem = Problem::new(Code::Changed, "read the cluster again, then decide");
            return refused(problem.with("version", length));
        }
        Ok(_) => {}
        Err(problem) => return refused(problem),
    }
    if !saying.fits(&cluster) {
        return refused(Problem::new(
            Code::NotNow,
            "the cluster does not admit this word as it stands",
        ));
    }
    let words = app.words(visit.language);
    let members = members_of(words, saying, &cluster);
    match program
        .json()
        .and_then(|object| fields_of(&members, &object))
    {
        Ok(form) => visit.form = form,
        Err(problem) => return refused(problem),
    }
    match record(app, &visit, saying, &cluster)? {
        Outcome::Recorded => {
            let (source, book) = book_of(app, id)?;
            let cluster = book.cluster(id).map_err(RegisterError::from)?;
            shown(app, &visit, &source, cluster)
        }
        Outcome::Wrong(wrongs) => refused(Problem::of_wrongs(wrongs)),
        Outcome::Refused(error) => {
            refused(Problem::of_wrongs(vec![refusal(words, saying, &error)]))
        }
        Outcome::Moved => refused(Problem::new(
            Code::Changed,
            "somebody, or a search, wrote into the book meanwhile",
        )),
    }
}

/// What a word asks for, in the words of its form.
fn members_of(words: &Words, saying: Saying, cluster: &Cluster) -> Vec<Member> {
    let fields = saying.fields(words, cluster, &Fields::default());
    fields.iter().filter_map(Member::of_field).collect()
}

/// The words with their schemas.
pub fn described(words: &Words) -> Vec<(&'static str, Value)> {
    let any = Cluster {
        id: ClusterId(1),
        level: ClusterLevel::Problem,
        state: ClusterState::Standing,
        members: std::collections::BTreeSet::new(),
        bound: std::collections::BTreeSet::new(),
        barred: std::collections::BTreeSet::new(),
        name: None,
        confirmed: false,
        ignored: false,
        minted_at: chrono::DateTime::UNIX_EPOCH,
    };
    Saying::ALL
        .iter()
        .map(|saying| {
            (
                saying.as_str(),
                schema_of(&members_of(words, *saying, &any)),
            )
        })
        .collect()
}

fn levels() -> Value {
    word(ClusterLevel::ALL.iter().map(|level| level.as_str()))
}

fn clusters_schema() -> Value {
    let row = object([
        ("id", text()),
        ("label", text()),
        ("trend", text()),
        ("cases", whole()),
        ("recent_cases", whole()),
        ("recent_expected", or_null(real())),
        ("first_seen_on", or_null(day())),
        ("last_seen_on", or_null(day())),
        ("confirmed", flag()),
        ("ignored", flag()),
        ("has_action", flag()),
    ]);
    object([
        ("as_of", or_null(moment())),
        ("clusters", list(row)),
        ("more", whole()),
    ])
}

fn cluster_schema() -> Value {
    let event = object([
        ("kind", text()),
        ("recorded_at", moment()),
        ("actor", or_null(text())),
        ("other", or_null(text())),
        ("name", or_null(text())),
        ("reason", or_null(text())),
        ("joined", whole()),
        ("left", whole()),
    ]);
    object([
        ("id", text()),
        ("version", whole()),
        ("level", levels()),
        ("state", word(["standing", "vanished", "merged"])),
        ("heir", or_null(text())),
        ("name", or_null(text())),
        ("confirmed", flag()),
        ("ignored", flag()),
        ("cases", list(text())),
        ("cases_hidden", whole()),
        ("actions", list(text())),
        ("history", list(event)),
        ("words", list(text())),
    ])
}
