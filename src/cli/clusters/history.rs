//! `redress clusters history`: everything recorded of a cluster.

use chrono::SecondsFormat;
use redress_domain::cluster::ClusterId;
use redress_engine::counted::{Counted, Value};

use super::register;
use crate::failure::Failure;
use crate::{Context, output};

pub fn run(context: &Context, cluster: ClusterId) -> anyhow::Result<()> {
    let register = register(context)?;
    let events = register
        .cluster_history(cluster)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    let some = |text: Option<String>| text.map_or(Value::Null, Value::Text);
    let count = |n: usize| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let rows = events
        .into_iter()
        .map(|event| {
            let recorded = event.recorded_at.to_rfc3339_opts(SecondsFormat::Secs, true);
            vec![
                Value::Text(recorded),
                Value::Text(event.kind.to_string()),
                some(event.other.map(|other| other.to_string())),
                count(event.change.joined.len()),
                count(event.change.left.len()),
                some(event.actor.or(event.run)),
                some(event.change.name),
                some(event.change.reason),
            ]
        })
        .collect();
    let columns = [
        "recorded_at",
        "what",
        "other",
        "joined",
        "left",
        "by",
        "name",
        "reason",
    ];
    output::print(
        &Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        },
        context.format,
    )
}
