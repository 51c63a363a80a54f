//! `redress clusters show`: a cluster's figures, where and when it happens, its complaints and why each is in it.

use std::fmt::Write as _;

use redress_domain::cluster::{Cluster, ClusterBook, ClusterId, ClusterLevel};
use redress_engine::counted::{Counted, Value};
use redress_engine::local::LocalEngine;
use redress_improvement::signals::named_by;
use redress_register::Register;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{follow, register, rounded};
use crate::case::common::SCHEMA_VERSION;
use crate::failure::Failure;
use crate::foreign::Gone;
use crate::output::{Record, Records, table};
use crate::{Context, output, query};

/// Values of a field that are listed.
const MOST_VALUES: usize = 5;
/// Fields by which a cluster is told apart, and in which a case can agree with its exemplar.
const FIELDS: [&str; 7] = [
    "product",
    "lot",
    "site",
    "channel",
    "category",
    "language",
    "department",
];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// C-000123
    cluster: ClusterId,
    /// Why this case is in it
    #[arg(long, value_name = "NUMBER")]
    case: Option<String>,
    /// How many complaints are listed, the latest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    cases: usize,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    schema_version: u32,
    cluster: Record<'a>,
    /// What an analyst said of it.
    bound_cases: usize,
    barred_cases: Vec<String>,
    fields: Map<String, Json>,
    months: Records<'a>,
    relations: Records<'a>,
    problems: Records<'a>,
    /// Actions that name it in their scope or as their source.
    actions: Records<'a>,
    cases: Records<'a>,
    /// Cases of it that a foreign source no longer has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<Gone>,
}

#[derive(Debug, Serialize)]
struct Why {
    schema_version: u32,
    cluster: String,
    case: String,
    exemplar: String,
    similarity: Json,
    shared_terms: Json,
    agrees_in: Vec<String>,
    differs_in: Vec<String>,
    bound_by_an_analyst: Json,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = register(context)?;
    let id = follow(&register, args.cluster)?;
    let source = register.cluster_source(id)?;
    let known = register.cluster_book(&source, None)?;
    let cluster = known.book.cluster(id)?;
    let (engine, _) = query::open(context, args.snapshot.as_deref(), "last-quarter")?;
    let row = rounded(engine.sql(
        &format!("SELECT * FROM clusters AS g WHERE g.cluster_id = '{id}'"),
        "clusters show",
    )?);
    let zone = register.zone();
    let gone: Vec<Gone> = register
        .gone_cases(&source, None)?
        .iter()
        .filter(|case| cluster.members.contains(&case.case_id))
        .map(|case| Gone::of(case, zone))
        .collect();
    if row.rows.is_empty()
        && let Some(first) = gone.first()
    {
        return Err(Failure::Nothing(format!(
            "{id} is no group in this snapshot: {} of its {} cases are no longer in the source since {}; `redress clusters history {id}` has them",
            gone.len(),
            cluster.members.len(),
            first.no_longer_in_the_source_since
        ))
        .into());
    }
    if row.rows.is_empty() {
        return Err(Failure::Nothing(format!(
            "{id} is not in the layer of this snapshot; run `redress clusters run`"
        ))
        .into());
    }
    match &args.case {
        Some(case) => why(context, &engine, id, case, &row),
        None => {
            let actions = linked(context, &register, &known.book, id)?;
            let said = Said {
                actions: &actions,
                gone,
            };
            whole(context, &engine, cluster, args, row, said)
        }
    }
}

/// Actions on a cluster, closed ones too.
fn linked(
    context: &Context,
    register: &Register,
    book: &ClusterBook,
    id: ClusterId,
) -> anyhow::Result<Counted> {
    let today = context.now.with_timezone(&register.zone()).date_naive();
    let actions = register.actions(None)?;
    let rows = actions
        .iter()
        .filter(|action| named_by(book, action).contains(&id))
        .map(|action| {
            let verdict = action.round().settled().map(|look| look.found.verdict);
            vec![
                Value::Text(action.id.to_string()),
                Value::Text(action.opened.title.clone()),
                Value::Text(action.state(today).to_string()),
                Value::Text(action.opened.owner.clone()),
                verdict.map_or(Value::Null, |verdict| Value::Text(verdict.to_string())),
            ]
        })
        .collect();
    Ok(Counted {
        columns: ["action", "title", "state", "owner", "verdict"]
            .map(str::to_owned)
            .to_vec(),
        rows,
    })
}

/// What the register says of a cluster beside its book.
struct Said<'a> {
    actions: &'a Counted,
    gone: Vec<Gone>,
}

fn whole(
    context: &Context,
    engine: &LocalEngine,
    cluster: &Cluster,
    args: &Args,
    row: Counted,
    said: Said<'_>,
) -> anyhow::Result<()> {
    let actions = said.actions;
    let id = cluster.id;
    let ask = |sql: String| engine.sql(&sql, "clusters show").map(rounded);
    let members = format!(
        "FROM cluster_members AS m JOIN cases AS k ON k.case_key = m.case_key WHERE m.cluster_id = '{id}'"
    );
    let mut fields = Vec::new();
    for field in FIELDS {
        let found = ask(format!(
            "SELECT k.{field} AS {field}, CAST(COUNT(*) AS BIGINT) AS complaints {members} AND k.{field} IS NOT NULL \
             GROUP BY k.{field} ORDER BY complaints DESC, {field} LIMIT {MOST_VALUES}"
        ))?;
        if !found.rows.is_empty() {
            fields.push((field, found));
        }
    }
    let months = ask(format!(
        "SELECT c.month, CAST(COUNT(*) AS BIGINT) AS complaints FROM cluster_members AS m \
         JOIN cases AS k ON k.case_key = m.case_key JOIN calendar AS c ON c.day = k.received_on \
         JOIN params AS p ON p.calendar_id = c.calendar_id \
         WHERE m.cluster_id = '{id}' GROUP BY c.month ORDER BY c.month"
    ))?;
    let relations = ask(format!(
        "SELECT r.kind, CAST(COUNT(*) AS BIGINT) AS complaints FROM case_relations AS r \
         WHERE r.cluster_id = '{id}' GROUP BY r.kind ORDER BY r.kind"
    ))?;
    let problems = match cluster.level {
        ClusterLevel::Theme => ask(format!(
            "SELECT g.cluster_id, CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label, g.cases, g.trend \
             FROM clusters AS g WHERE g.theme_id = '{id}' ORDER BY g.cases DESC, g.cluster_id LIMIT 30"
        ))?,
        ClusterLevel::Problem => Counted::default(),
    };
    let cases = ask(format!(
        "SELECT k.case_id, k.received_on, k.state, k.product, k.site, m.similarity, m.shared_terms, m.bound {members} \
         ORDER BY k.received_on DESC, k.case_id LIMIT {}",
        args.cases
    ))?;
    let shown = Shown {
        schema_version: SCHEMA_VERSION,
        cluster: Records(&row).first(),
        bound_cases: cluster.bound.len(),
        barred_cases: cluster.barred.iter().cloned().collect(),
        fields: fields
            .iter()
            .map(|(name, found)| Ok(((*name).to_owned(), serde_json::to_value(Records(found))?)))
            .collect::<Result<_, serde_json::Error>>()?,
        months: Records(&months),
        relations: Records(&relations),
        problems: Records(&problems),
        actions: Records(actions),
        cases: Records(&cases),
        gone: said.gone,
    };
    let human = || {
        let mut text = String::new();
        let name = match row.cell(0, "name") {
            Value::Text(name) => format!("{name} ({})", row.text(0, "label")),
            _ => row.text(0, "label"),
        };
        let _ = writeln!(text, "{id}  {}  {name}", row.text(0, "level"));
        for column in &row.columns {
            let shown = row.text(0, column);
            let apart = ["cluster_id", "level", "name", "label"].contains(&column.as_str());
            if !apart && !shown.is_empty() {
                let _ = writeln!(text, "  {:<18} {shown}", column.replace('_', " "));
            }
        }
        if !cluster.bound.is_empty() {
            let _ = writeln!(text, "  {:<18} {}", "bound cases", cluster.bound.len());
        }
        for (_, found) in &fields {
            let _ = writeln!(text, "\n{}", table(found).trim_end());
        }
        for found in [&months, &relations, &problems, actions, &cases] {
            if !found.rows.is_empty() {
                let _ = writeln!(text, "\n{}", table(found).trim_end());
            }
        }
        if !shown.gone.is_empty() {
            text.push('\n');
        }
        for gone in shown.gone.iter().take(args.cases) {
            text.push_str(&gone.line());
        }
        text
    };
    output::print_document(&shown, human, context.format)
}

fn why(
    context: &Context,
    engine: &LocalEngine,
    id: ClusterId,
    case: &str,
    row: &Counted,
) -> anyhow::Result<()> {
    let quoted = case.replace('\'', "''");
    let fields = FIELDS.map(|field| format!("k.{field}")).join(", ");
    let of_case = engine.sql(
        &format!(
            "SELECT k.case_id, m.similarity, m.shared_terms, m.bound, {fields} FROM cluster_members AS m \
             JOIN cases AS k ON k.case_key = m.case_key WHERE m.cluster_id = '{id}' AND k.case_id = '{quoted}'"
        ),
        "clusters show --case",
    )
    .map(rounded)?;
    if of_case.rows.is_empty() {
        return Err(Failure::Usage(format!("case {case} is not in {id}")).into());
    }
    let key = row.count(0, "exemplar_case_key");
    let exemplar = engine.sql(
        &format!("SELECT k.case_id, {fields} FROM cases AS k WHERE k.case_key = {key}"),
        "clusters show --case",
    )?;
    let (mut agrees_in, mut differs_in) = (Vec::new(), Vec::new());
    for field in FIELDS {
        let (own, its) = (of_case.text(0, field), exemplar.text(0, field));
        if own.is_empty() || its.is_empty() {
            continue;
        }
        match own == its {
            true => agrees_in.push(format!("{field} = {own}")),
            false => differs_in.push(format!("{field} = {own}, exemplar {its}")),
        }
    }
    let cell = |name: &str| serde_json::to_value(of_case.cell(0, name)).unwrap_or_default();
    let answer = Why {
        schema_version: SCHEMA_VERSION,
        cluster: id.to_string(),
        case: case.to_owned(),
        exemplar: exemplar.text(0, "case_id"),
        similarity: cell("similarity"),
        shared_terms: cell("shared_terms"),
        agrees_in,
        differs_in,
        bound_by_an_analyst: cell("bound"),
    };
    let human = || {
        let mut text = format!("{case} is in {id}\n");
        if of_case.text(0, "bound") == "true" {
            text.push_str("  an analyst put it here\n");
        }
        let _ = writeln!(
            text,
            "  similarity with the exemplar {}: {}",
            answer.exemplar,
            of_case.text(0, "similarity")
        );
        let _ = writeln!(text, "  shared terms: {}", of_case.text(0, "shared_terms"));
        let _ = writeln!(text, "  agrees in: {}", answer.agrees_in.join("; "));
        let _ = writeln!(text, "  differs in: {}", answer.differs_in.join("; "));
        text
    };
    output::print_document(&answer, human, context.format)
}
