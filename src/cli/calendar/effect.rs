//! Which verdicts change with other rules: every stage of every case, measured with both.

use chrono::NaiveDate;
use redress_domain::rulebook::Rulebook;
use redress_domain::stage_clock::SideKind;
use redress_domain::stages::stages;
use redress_engine::counted::{Counted, Value};
use redress_register::{CaseFilter, Register};

use crate::{Context, progress};

/// What other rules change.
pub struct Effect {
    /// One row per stage and side whose verdict changes.
    pub verdicts: Counted,
    /// Cases among them.
    pub cases: usize,
    /// Stages and sides whose due date moves, whether or not the verdict does.
    pub moved: usize,
    /// Stages measured.
    pub stages: usize,
}

/// Measures every stage with both rulebooks and compares, judged now.
///
/// # Errors
/// When the register cannot be read, or a stage cannot be measured.
pub fn effect(
    context: &Context,
    register: &Register,
    before: &Rulebook,
    after: &Rulebook,
) -> anyhow::Result<Effect> {
    let columns = [
        "number",
        "stage",
        "pass",
        "side",
        "verdict_before",
        "verdict_after",
        "due_before",
        "due_after",
    ];
    let mut effect = Effect {
        verdicts: Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        },
        cases: 0,
        moved: 0,
        stages: 0,
    };
    let cases = register.list_cases(&CaseFilter::default())?;
    let bar = progress::steps("verdicts");
    bar.set_length(cases.len() as u64);
    for case in cases {
        bar.inc(1);
        let file = register.case_file(case.case_key, None)?;
        let rows_before = effect.verdicts.rows.len();
        for record in stages(&file).iter().filter(|record| record.applies) {
            let (_, _, old) = before.measure(&file, record)?;
            let (_, _, new) = after.measure(&file, record)?;
            effect.stages += 1;
            for kind in [SideKind::Gross, SideKind::Net] {
                let due = (old.side(kind).due_on, new.side(kind).due_on);
                let verdict = (
                    old.verdict_at(kind, context.now),
                    new.verdict_at(kind, context.now),
                );
                effect.moved += usize::from(old.side(kind).due_at != new.side(kind).due_at);
                if verdict.0 != verdict.1 {
                    effect.verdicts.rows.push(vec![
                        Value::Text(case.number.clone()),
                        Value::Text(record.stage.as_str().to_owned()),
                        Value::Count(i64::from(record.pass)),
                        Value::Text(kind.as_str().to_owned()),
                        Value::Text(verdict.0.as_str().to_owned()),
                        Value::Text(verdict.1.as_str().to_owned()),
                        day(due.0),
                        day(due.1),
                    ]);
                }
            }
        }
        effect.cases += usize::from(effect.verdicts.rows.len() > rows_before);
    }
    bar.finish_and_clear();
    Ok(effect)
}

impl Effect {
    /// The effect in one line.
    pub fn in_words(&self) -> String {
        format!(
            "{} verdict(s) of {} case(s) change, {} due date(s) move, of {} stages",
            self.verdicts.rows.len(),
            self.cases,
            self.moved,
            self.stages
        )
    }
}

fn day(date: Option<NaiveDate>) -> Value {
    date.map_or(Value::Null, Value::Day)
}
