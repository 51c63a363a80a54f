//! One word on a cluster: its form, and what is recorded when it is sent.

use askama::Template;
use axum::http::StatusCode;

use super::page::{Row, asked, book_of, happened};
use super::word::{Saying, refusal};
use crate::answer::Answer;
use crate::app::App;
use crate::entry::{EntryForm, Wrong};
use crate::error::{Result, WebError};
use crate::quality::snapshot::Snapshot;
use crate::shell::{Area, Shell};
use crate::visit::{Fields, Visit};
use redress_domain::cluster::{Cluster, ClusterId};
use redress_recurrence::word::{Speaker, WordError, events};
use redress_register::RegisterError;

#[derive(Template)]
#[template(path = "desk/clusters/word.html")]
struct Page<'a> {
    shell: Shell<'a>,
    id: ClusterId,
    name: String,
    lead: String,
    since: Vec<Row>,
    form: EntryForm,
}

/// The field of the length of the history that somebody had seen before they were told what changed.
const SEEN_BEFORE: &str = "seen_before";

/// What came of a word: it was recorded, or why not.
pub enum Outcome {
    Recorded,
    /// Nothing was recorded: what is wrong with what was entered.
    Wrong(Vec<Wrong>),
    Refused(WordError),
    /// Somebody, or a search, wrote into the book meanwhile.
    Moved,
}

/// `GET /desk/clusters/{id}/{command}`.
pub fn ask(app: &App, visit: &Visit) -> Result<Answer> {
    let (saying, cluster) = allowed(app, visit)?;
    if !saying.fits(&cluster) {
        return Ok(Answer::see(format!("/desk/clusters/{}", cluster.id)));
    }
    shown(
        app,
        visit,
        saying,
        &cluster,
        &Fields::default(),
        Vec::new(),
        None,
    )
}

/// The form as it is being filled in, in another language, and what happened since it was opened.
pub fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    let (saying, cluster) = allowed(app, visit)?;
    let form = &visit.form;
    let length = app.register(|r| r.cluster_history(cluster.id))?.len();
    let seen = form.given(SEEN_BEFORE).or(form.given("last_seq"));
    let seen: Option<usize> = seen.and_then(|seen| seen.parse().ok());
    match seen.filter(|seen| *seen != length) {
        Some(seen) => {
            let moved = app.words(visit.language).text("cluster_refused.moved");
            conflict(app, visit, saying, &cluster, Wrong::whole(moved), seen)
        }
        None => shown(app, visit, saying, &cluster, form, Vec::new(), None),
    }
}

/// `POST /desk/clusters/{id}/{command}`.
pub fn say(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let (saying, cluster) = allowed(app, visit)?;
    let entered = &visit.form;
    let id = cluster.id;
    let length = app.register(|r| r.cluster_history(id))?.len();
    let seen = entered.get("last_seq").parse::<usize>().unwrap_or(length);
    if seen != length || !saying.fits(&cluster) {
        let wrong = Wrong::whole(words.text("cluster_refused.moved"));
        return conflict(app, visit, saying, &cluster, wrong, seen);
    }
    match record(app, visit, saying, &cluster)? {
        Outcome::Recorded => Ok(Answer::see(format!(
            "/desk/clusters/{id}?done=cluster_{saying}"
        ))),
        Outcome::Wrong(wrongs) => shown(app, visit, saying, &cluster, entered, wrongs, None),
        Outcome::Refused(error) => {
            let wrongs = vec![refusal(words, saying, &error)];
            shown(app, visit, saying, &cluster, entered, wrongs, None)
        }
        Outcome::Moved => {
            let wrong = Wrong::whole(words.text("cluster_refused.moved"));
            conflict(app, visit, saying, &cluster, wrong, seen)
        }
    }
}

/// Records a word with the fields of the visit's form: for the desk's pages and for programs alike.
///
/// # Errors
/// When the register or the lake cannot be read.
pub fn record(app: &App, visit: &Visit, saying: Saying, cluster: &Cluster) -> Result<Outcome> {
    let words = app.words(visit.language);
    let entered = &visit.form;
    let id = cluster.id;
    let core = |of: ClusterId| exemplar(app, visit, of);
    let word = match saying.word(words, cluster, entered, core) {
        Ok(word) => word,
        Err(wrongs) => return Ok(Outcome::Wrong(wrongs)),
    };
    let name = visit
        .staff()
        .map(|staff| staff.name.clone())
        .unwrap_or_default();
    let speaker = Speaker {
        name: &name,
        reason: entered.given("reason"),
        now: visit.now,
    };
    app.register(|r| {
        let source = r.cluster_source(id)?;
        let known = r.cluster_book(&source, None)?;
        let events = match events(&known, &word, &speaker) {
            Ok((events, _)) => events,
            Err(error) => return Ok::<_, WebError>(Outcome::Refused(error)),
        };
        match r.record_clusters(known, &events) {
            Ok(_) => Ok(Outcome::Recorded),
            Err(RegisterError::BookMoved { .. }) => Ok(Outcome::Moved),
            Err(RegisterError::Book(error)) => Ok(Outcome::Refused(error.into())),
            Err(error) => Err(error.into()),
        }
    })
}

/// The word and the cluster of a route.
///
/// # Errors
/// [`WebError::NotFound`].
pub fn allowed(app: &App, visit: &Visit) -> Result<(Saying, Cluster)> {
    let saying: Saying = visit
        .place("command")
        .parse()
        .map_err(|_| WebError::NotFound)?;
    let id = asked(visit)?;
    let (_, book) = book_of(app, id)?;
    let cluster = book.cluster(id).map_err(RegisterError::from)?;
    Ok((saying, cluster.clone()))
}

/// The case that stands for a cluster in the newest search; `None` where there is none.
fn exemplar(app: &App, visit: &Visit, id: ClusterId) -> Option<String> {
    let snapshot = Snapshot::newest(app, visit.now, None).ok()??;
    let sql = format!(
        "SELECT k.case_id FROM clusters AS g JOIN cases AS k ON k.case_key = g.exemplar_case_key \
         WHERE g.cluster_id = '{id}'"
    );
    let table = snapshot.engine.sql(&sql, "exemplar").ok()?;
    (!table.rows.is_empty()).then(|| table.text(0, "case_id"))
}

fn conflict(
    app: &App,
    visit: &Visit,
    saying: Saying,
    cluster: &Cluster,
    wrong: Wrong,
    seen: usize,
) -> Result<Answer> {
    let page = shown(
        app,
        visit,
        saying,
        cluster,
        &visit.form,
        vec![wrong],
        Some(seen),
    )?;
    Ok(page.status(StatusCode::CONFLICT))
}

fn shown(
    app: &App,
    visit: &Visit,
    saying: Saying,
    cluster: &Cluster,
    entered: &Fields,
    wrongs: Vec<Wrong>,
    seen: Option<usize>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let id = cluster.id;
    let (history, zone) =
        app.register(|r| Ok::<_, WebError>((r.cluster_history(id)?, r.zone())))?;
    let since = match seen {
        None => Vec::new(),
        Some(seen) => history
            .iter()
            .skip(seen)
            .map(|event| Row {
                when: words.moment(event.recorded_at, zone),
                ..happened(words, event)
            })
            .collect(),
    };
    let title = words.text(&format!("cluster.say_{saying}")).to_owned();
    let mut form = EntryForm::new(
        "word",
        format!("/desk/clusters/{id}/{saying}"),
        words.text("cluster.record"),
        saying.fields(words, cluster, entered),
    )
    .hidden("last_seq", history.len().to_string())
    .refused(wrongs);
    if let Some(seen) = seen {
        form = form.hidden(SEEN_BEFORE, seen.to_string());
    }
    let status = match form.is_refused() {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let page = Page {
        shell: Shell::new(app, visit, Area::Desk, title).form(form.id),
        id,
        name: cluster.name.clone().unwrap_or_default(),
        lead: words.text(&format!("cluster.lead_{saying}")).to_owned(),
        since,
        form,
    };
    Ok(Answer::page(&page)?.status(status))
}
