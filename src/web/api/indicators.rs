//! The indicators of a period as of the newest snapshot: the desk's quality page, as numbers.

use serde_json::{Value, json};

use super::operation::{Answers, Operation, PLAIN, Parameter, asked};
use super::schema::{flag, list, moment, object, or_null, real, text, word};
use crate::answer::Answer;
use crate::app::App;
use crate::error::Result;
use crate::quality::figures::answered;
use crate::quality::sheet::{Line, Standing};
use crate::quality::sheet_lines;
use crate::quality::snapshot::Snapshot;
use crate::routes::{Access, Route};
use crate::visit::Visit;
use redress_domain::period::Period;
use redress_register::Scope;

pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/indicators",
    Access::Integration(Scope::IndicatorsRead),
    indicators,
)
.described(&Operation {
    id: "listIndicators",
    summary: "Every indicator with target and actual; of the running quarter, where no period is asked for, and none \
              before the first snapshot",
    query: &[Parameter {
        name: "period",
        about: "2026, 2026-H1, 2026-Q3, 2026-07 …",
        schema: text,
    }],
    answer: Answers::Json("Indicators", schema),
    ..PLAIN
})];

fn indicators(app: &App, visit: &Visit) -> Result<Answer> {
    let period: Option<Period> = match asked(visit, "period", "a period such as 2026-Q3") {
        Ok(period) => period,
        Err(problem) => return Ok(problem.answer()),
    };
    let Some(snapshot) = Snapshot::newest(app, visit.now, period)? else {
        return Ok(Answer::json(&json!({
            "period": null, "as_of": null, "provisional": true, "indicators": [],
        })));
    };
    let answered = answered(&snapshot)?;
    let lines = app.register(|register| sheet_lines(app, visit, register, &answered))?;
    let lines: Vec<Value> = lines.iter().map(line).collect();
    Ok(Answer::json(&json!({
        "period": answered.params.period.name,
        "as_of": answered.manifest.as_of,
        "provisional": answered.params.provisional(),
        "indicators": lines,
    })))
}

fn line(line: &Line) -> Value {
    json!({
        "code": line.code,
        "name": line.name,
        "value": line.value,
        "actual": line.actual,
        "interval": line.interval,
        "target": line.target_value,
        "owner": Some(line.owner.as_str()).filter(|owner| !owner.is_empty()),
        "standing": line.standing.as_str(),
        "said": line.said,
    })
}

fn schema() -> Value {
    let standings = [
        Standing::Met,
        Standing::Missed,
        Standing::Plain,
        Standing::NotMeasured,
    ];
    let line = object([
        ("code", text()),
        ("name", text()),
        ("value", or_null(real())),
        ("actual", text()),
        ("interval", text()),
        ("target", or_null(real())),
        ("owner", or_null(text())),
        ("standing", word(standings.map(Standing::as_str))),
        ("said", text()),
    ]);
    object([
        ("period", or_null(text())),
        ("as_of", or_null(moment())),
        ("provisional", flag()),
        ("indicators", list(line)),
    ])
}
