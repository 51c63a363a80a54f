//! Cases that a foreign source no longer has: `redress lake gone`, and what other commands say of them.

use chrono_tz::Tz;
use redress_domain::action::Action;
use redress_domain::cluster::ClusterLevel;
use redress_domain::gone_case::GoneCase;
use redress_engine::counted::{Counted, Value};
use redress_improvement::gone::gone_of;
use redress_register::Register;
use serde::Serialize;

use super::failure::Failure;
use super::{Context, output};

/// A case that is gone, as documents say it.
#[derive(Debug, Clone, Serialize)]
pub struct Gone {
    pub case: String,
    pub received_on: String,
    pub no_longer_in_the_source_since: String,
}

impl Gone {
    /// What a document says of a case; days are those of the organisation.
    pub fn of(case: &GoneCase, zone: Tz) -> Gone {
        Gone {
            case: case.case_id.clone(),
            received_on: case.facts.received_on.to_string(),
            no_longer_in_the_source_since: since(case, zone),
        }
    }

    /// The same as a line.
    pub fn line(&self) -> String {
        format!(
            "{}, received on {}: no longer in the source since {}\n",
            self.case, self.received_on, self.no_longer_in_the_source_since
        )
    }
}

/// `redress lake gone`.
pub fn list(context: &Context, asked: Option<&str>) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let mut sources = register.known_sources()?;
    if let Some(asked) = asked {
        if !sources.iter().any(|source| source == asked) {
            return Err(Failure::Usage(format!(
                "the register knows no source `{asked}`; it knows: {}",
                sources.join(", ")
            ))
            .into());
        }
        sources.retain(|source| source == asked);
    }
    let mut rows = Vec::new();
    for source in sources {
        let book = register.cluster_book(&source, None)?.book;
        for case in register.gone_cases(&source, None)? {
            let problem = book.cluster_of(ClusterLevel::Problem, &case.case_id);
            rows.push(vec![
                Value::Text(source.clone()),
                Value::Text(case.case_id.clone()),
                Value::Day(case.facts.received_on),
                Value::Text(case.facts.state.clone()),
                problem.map_or(Value::Null, |id| Value::Text(id.to_string())),
                Value::Day(case.seen_at.with_timezone(&zone).date_naive()),
                Value::Day(case.gone_at.with_timezone(&zone).date_naive()),
            ]);
        }
    }
    if rows.is_empty() {
        return Err(Failure::Nothing("no case is gone from its source".to_owned()).into());
    }
    let columns = [
        "source",
        "case_id",
        "received_on",
        "last_state",
        "problem",
        "last_seen_on",
        "no_longer_since",
    ];
    let answer = Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    output::print(&answer, context.format)
}

/// The cases of an action that are gone from their source.
///
/// # Errors
/// When the register cannot be read.
pub fn of_action(register: &Register, action: &Action) -> anyhow::Result<Vec<Gone>> {
    let zone = register.zone();
    let gone = gone_of(register, action)?;
    Ok(gone.iter().map(|case| Gone::of(case, zone)).collect())
}

/// The day of the first snapshot without a case.
fn since(case: &GoneCase, zone: Tz) -> String {
    let day = case.gone_at.with_timezone(&zone).date_naive();
    day.to_string()
}
