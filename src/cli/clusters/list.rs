//! `redress clusters list`: the clusters of the latest search, by what the reader looks for.

use clap::ValueEnum;
use redress_domain::cluster::{ClusterId, ClusterLevel};

use super::{Level, register, rounded};
use crate::failure::Failure;
use crate::{Context, output, query};

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Growing and emerging ones, the surest first
    Growth,
    /// Most complaints first
    Size,
    /// Dearest first
    Cost,
    /// Latest first seen first
    New,
    /// Most recent complaints first, of those on which nobody works
    WithoutAction,
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Order
    #[arg(long, value_enum, default_value_t = By::Size)]
    by: By,
    #[command(flatten)]
    level: Level,
    /// Only clusters of two complainants or more
    #[arg(long)]
    recurrent: bool,
    /// Only those that an analyst set aside
    #[arg(long)]
    ignored: bool,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: usize,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
}

/// Clusters that an open action names in its scope or as its source, by the numbers that stand.
fn clusters_with_action(context: &Context, source: &str) -> anyhow::Result<Vec<ClusterId>> {
    let register = register(context)?;
    let book = register.cluster_book(source, None)?.book;
    let actions = register.actions(None)?;
    Ok(redress_improvement::signals::worked_on(&book, &actions)
        .into_iter()
        .collect())
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let (engine, manifest) = query::open(context, args.snapshot.as_deref(), "last-quarter")?;
    if !manifest.rows.contains_key("cluster_runs") {
        return Err(Failure::Nothing(
            "this snapshot was not searched yet; run `redress clusters run`".to_owned(),
        )
        .into());
    }
    let level = args.level.level;
    let mut conditions = vec![
        format!("g.level = '{level}'"),
        format!(
            "g.ignored = {}",
            if args.ignored { "TRUE" } else { "FALSE" }
        ),
    ];
    if args.recurrent {
        conditions.push("g.kind = 'recurrent'".to_owned());
    }
    let order = match args.by {
        By::Growth => {
            conditions.push("(g.trend = 'growing' OR g.trend = 'emerging')".to_owned());
            "g.growth_q, g.cluster_id"
        }
        By::Size => "g.cases DESC, g.cluster_id",
        By::Cost => "g.cost_minor DESC, g.cluster_id",
        By::New => "g.first_seen_on DESC, g.cluster_id",
        By::WithoutAction => {
            let worked_on = clusters_with_action(context, manifest.source_key())?;
            if !worked_on.is_empty() {
                let list: Vec<String> = worked_on.iter().map(|id| format!("'{id}'")).collect();
                conditions.push(format!("g.cluster_id NOT IN ({})", list.join(", ")));
            }
            "g.recent_cases DESC, g.cases DESC, g.cluster_id"
        }
    };
    let sql = format!(
        "SELECT g.cluster_id, CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label, g.kind, g.trend, \
         g.cases, g.complainants, g.recent_cases, g.recent_expected, g.growth_ratio, g.growth_q, g.open_cases, \
         g.cost_minor, g.first_seen_on, g.last_seen_on, g.confirmed{} \
         FROM clusters AS g WHERE {} ORDER BY {order} LIMIT {}",
        if level == ClusterLevel::Problem {
            ", g.theme_id"
        } else {
            ""
        },
        conditions.join(" AND "),
        args.limit
    );
    let answer = rounded(engine.sql(&sql, "clusters list")?);
    if answer.rows.is_empty() {
        return Err(Failure::Nothing("no cluster fits".to_owned()).into());
    }
    output::print(&answer, context.format)
}
