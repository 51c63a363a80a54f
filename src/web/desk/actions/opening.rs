//! Opening an action: what it is about, where it comes from, which complaints it is meant to prevent, who answers for it.

use askama::Template;
use axum::http::StatusCode;
use chrono::NaiveDate;

use super::said;
use crate::answer::Answer;
use crate::app::App;
use crate::collation;
use crate::entry::{Choice, EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::once;
use crate::quality::snapshot::Snapshot;
use crate::shell::{Area, Shell};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::action::{ActionKind, ActionSource, Opened};
use redress_domain::scope::Scope;
use redress_improvement::source::{self, SourceError};
use redress_lake::store::Lake;
use redress_register::{Change, Register, RegisterError};

#[derive(Template)]
#[template(path = "desk/actions/new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    form: EntryForm,
    /// How many complaints the scope covers now.
    covers: Option<String>,
}

/// `GET /desk/actions/new`, perhaps for a cluster or a case.
pub fn ask(app: &App, visit: &Visit) -> Result<Answer> {
    let query = &visit.query;
    let mut proposed = Fields::default();
    let mut propose = |name: &str, value: &str| {
        proposed.0.push((name.to_owned(), value.to_owned()));
    };
    if let Some(cluster) = query.given("cluster") {
        propose("source", ActionSource::Cluster.as_str());
        propose("reference", cluster);
        propose("scope", &format!("cluster = {cluster}"));
    } else if let Some(case) = query.given("case") {
        propose("source", ActionSource::Case.as_str());
        propose("reference", case);
    }
    shown(app, visit, &proposed, Vec::new(), None)
}

/// The form as it is being filled in, in another language.
pub fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    shown(app, visit, &visit.form, Vec::new(), None)
}

/// The action that a form opens, and what of it cannot be taken.
///
/// # Errors
/// When the register cannot be read.
pub fn entered(app: &App, visit: &Visit) -> Result<(Opened, Vec<Wrong>)> {
    let words = app.words(visit.language);
    let today =
        app.register(|r| Ok::<_, WebError>(visit.now.with_timezone(&r.zone()).date_naive()))?;
    let (mut opened, mut wrongs) = read(words, visit, today);
    let lake = Lake::at(&app.settings.lake);
    opened.case_source =
        app.register(|r| Ok::<_, WebError>(source::case_source(r, &lake, &opened)))?;
    let only_counts = visit.form.get("step") == "count";
    if wrongs.is_empty() || only_counts {
        let reference = opened.reference.as_deref();
        let found = app.register(|r| match reference {
            Some(reference) => checked(words, r, opened.source, reference),
            None => Ok(None),
        })?;
        wrongs.extend(found);
    }
    Ok((opened, wrongs))
}

/// `POST /desk/actions/new`.
pub fn open(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let entered = &visit.form;
    let only_counts = entered.get("step") == "count";
    let (opened, mut wrongs) = self::entered(app, visit)?;
    if only_counts {
        let covers = match &opened.scope {
            Some(scope) => Some(coverage(app, visit, scope)?),
            None => Some(words.text("action.covers_none_given").to_owned()),
        };
        // Only what is wrong with the scope is of interest yet.
        wrongs.retain(|wrong| wrong.field == Some("scope"));
        return shown(app, visit, entered, wrongs, covers);
    }
    if !wrongs.is_empty() {
        return shown(app, visit, entered, wrongs, None);
    }
    let name = visit
        .staff()
        .map(|staff| staff.name.clone())
        .unwrap_or_default();
    let change = Change {
        actor: &name,
        seen: None,
        now: visit.now,
    };
    if let Some(known) = once::sent_before(app, visit)? {
        // While the first sending is still at work, the list will soon show it.
        return Ok(Answer::see(match known.is_empty() {
            true => "/desk/actions".to_owned(),
            false => format!("/desk/actions/{known}?done=action_opened"),
        }));
    }
    match app.register(|r| r.open_action(opened, change)) {
        Ok(action) => {
            let id = action.id.to_string();
            once::done(app, visit, &id)?;
            Ok(Answer::see(format!(
                "/desk/actions/{id}?done=action_opened"
            )))
        }
        Err(error) => {
            once::not_done(app, visit)?;
            match error {
                RegisterError::Action(refusal) => {
                    let wrongs = vec![said::refusal(words, &refusal)];
                    shown(app, visit, entered, wrongs, None)
                }
                error => Err(error.into()),
            }
        }
    }
}

fn shown(
    app: &App,
    visit: &Visit,
    entered: &Fields,
    wrongs: Vec<Wrong>,
    covers: Option<String>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let mut staff = app.register(|r| r.list_staff())?;
    staff.sort_by_cached_key(|person| collation::place(words.language(), &person.name));
    let me = visit.staff().map_or("", |staff| staff.name.as_str());
    let names = staff.iter().filter(|p| p.active).map(|p| p.name.clone());
    let form = EntryForm::new(
        "action",
        "/desk/actions/new",
        words.text("action.open"),
        fields(words, entered, names, me),
    )
    .hidden(once::FIELD, once::key(entered)?)
    .look("count", words.text("action.count_scope"))
    .refused(wrongs);
    let status = match form.is_refused() {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let title = words.text("action.new");
    let page = Page {
        shell: Shell::new(app, visit, Area::Desk, title).form(form.id),
        form,
        covers,
    };
    Ok(Answer::page(&page)?.status(status))
}

/// What is asked.
pub fn fields(
    words: &Words,
    entered: &Fields,
    staff: impl Iterator<Item = String>,
    me: &str,
) -> Vec<Field> {
    let text = |key: &'static str| words.text(key);
    let named = |code: &str| Choice::new(code, said::code(words, code));
    vec![
        Field::line("title", text("action.title"))
            .hint(text("action.title_hint"))
            .of(entered),
        Field::select(
            "kind",
            text("action.kind"),
            ActionKind::ALL.iter().map(|kind| named(kind.as_str())),
        )
        .or(entered, ActionKind::Corrective.as_str()),
        Field::select(
            "source",
            text("action.source"),
            ActionSource::ALL
                .iter()
                .map(|source| named(source.as_str())),
        )
        .of(entered),
        Field::line("reference", text("action.reference"))
            .hint(text("action.reference_hint"))
            .optional()
            .of(entered),
        Field::line("scope", text("action.scope"))
            .hint(text("action.scope_hint"))
            .optional()
            .of(entered),
        Field::line("cases", text("action.cases"))
            .hint(text("action.cases_hint"))
            .optional()
            .of(entered),
        Field::date("signal_on", text("action.signal_on"))
            .hint(text("action.signal_hint"))
            .optional()
            .of(entered),
        Field::select(
            "owner",
            text("action.owner"),
            staff.map(|name| Choice::new(name.clone(), name)),
        )
        .hint(text("action.owner_hint"))
        .or(entered, me),
        Field::suggested(
            "department",
            text("action.department"),
            words.codes("departments").map(str::to_owned),
        )
        .optional()
        .of(entered),
        Field::date("due_on", text("action.due_on"))
            .optional()
            .of(entered),
    ]
}

/// What was entered, and what of it cannot be taken.
fn read(words: &Words, visit: &Visit, today: NaiveDate) -> (Opened, Vec<Wrong>) {
    let entered = &visit.form;
    let mut wrongs = Vec::new();
    let mut day = |name: &'static str| match entered.given(name).map(str::parse::<NaiveDate>) {
        None => None,
        Some(Ok(day)) => Some(day),
        Some(Err(_)) => {
            wrongs.push(Wrong::of(name, words.text("action.no_day")));
            None
        }
    };
    let (signal_on, due_on) = (day("signal_on"), day("due_on"));
    let title = entered.get("title").to_owned();
    if title.is_empty() {
        wrongs.push(Wrong::of("title", words.text("action.title_missing")));
    }
    let owner = entered.get("owner").to_owned();
    if owner.is_empty() {
        wrongs.push(Wrong::of("owner", words.text("action.owner_missing")));
    }
    let kind = entered
        .get("kind")
        .parse()
        .unwrap_or(ActionKind::Corrective);
    let source = entered.get("source").parse().unwrap_or_else(|_| {
        wrongs.push(Wrong::of("source", words.text("action.source_missing")));
        ActionSource::Case
    });
    let reference = entered.text("reference");
    let scope = match entered.given("scope").map(str::parse::<Scope>) {
        None => source::scope_of(source, reference.as_deref()),
        Some(Ok(scope)) => Some(scope),
        Some(Err(error)) => {
            let text = words.text("action.scope_unreadable");
            wrongs.push(Wrong::of("scope", text).saying(error));
            None
        }
    };
    let named: Vec<String> = entered
        .get("cases")
        .split([',', ';', ' '])
        .filter(|case| !case.is_empty())
        .map(str::to_owned)
        .collect();
    let opened = Opened {
        on: today,
        title,
        kind,
        source,
        cases: source::cases_of(source, reference.as_deref(), &named),
        case_source: None,
        reference,
        scope,
        signal_on,
        owner,
        department: entered.text("department"),
        due_on,
        output: None,
    };
    (opened, wrongs)
}

/// What is wrong with the source that is named.
fn checked(
    words: &Words,
    register: &Register,
    source: ActionSource,
    reference: &str,
) -> Result<Option<Wrong>> {
    match source::check_reference(register, source, reference) {
        Ok(()) => Ok(None),
        Err(error @ (SourceError::Number(_) | SourceError::Cluster(_))) => {
            let text = words.text("action.reference_unknown");
            Ok(Some(Wrong::of("reference", text).saying(error)))
        }
        Err(error @ SourceError::Record(RegisterError::Record(_))) => {
            let text = words.text("action.reference_unknown");
            Ok(Some(Wrong::of("reference", text).saying(error)))
        }
        Err(SourceError::Record(error) | SourceError::Register(error)) => Err(error.into()),
    }
}

/// How many complaints of the newest snapshot a scope covers, in words.
///
/// # Errors
/// When the register or the lake cannot be read; a scope that cannot be counted says so in words.
pub fn coverage(app: &App, visit: &Visit, scope: &Scope) -> Result<String> {
    let words = app.words(visit.language);
    let Some(snapshot) = Snapshot::newest(app, visit.now, None)? else {
        return Ok(words.text("action.covers_no_snapshot").to_owned());
    };
    let mapping = snapshot.manifest.source_key();
    let (book, gone) = app.register(|r| {
        let gone = r.gone_cases(mapping, Some(snapshot.manifest.as_of))?;
        Ok::<_, WebError>((r.cluster_book(mapping, None)?.book, gone))
    })?;
    let ground = snapshot.ground(&book).with_gone(gone);
    let counted = ground.cases(scope).and_then(|cases| {
        Ok((
            i64::try_from(cases.len()).unwrap_or(i64::MAX),
            ground.all()?,
        ))
    });
    let zone = app.register(|r| Ok::<_, WebError>(r.zone()))?;
    let as_of = words.day(snapshot.manifest.as_of, zone);
    Ok(match counted {
        Ok((0, _)) => words.fill("action.covers_nothing", &[("day", &as_of)]),
        Ok((cases, all)) => {
            let key = match cases >= all {
                true => "action.covers_everything",
                false => "action.covers",
            };
            let (cases, all) = (words.count(cases), words.count(all));
            words.fill(key, &[("cases", &cases), ("all", &all), ("day", &as_of)])
        }
        Err(error) => said::ground_refusal(words, &error).text,
    })
}
