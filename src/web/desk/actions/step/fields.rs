//! What is asked for a step of an action.

use chrono::NaiveDate;

use super::super::said;
use super::Step;
use crate::entry::{Choice, Field};
use crate::visit::Fields;
use crate::words::Words;
use redress_domain::action::{Action, AmendedField, AnalysisMethod, IshikawaBranch, Verdict};

/// Answers of five whys.
pub(super) const WHYS: [&str; 5] = ["why1", "why2", "why3", "why4", "why5"];

impl Step {
    /// What is asked for it; of a plan and of a changed check, what is not about the judging.
    pub fn fields(
        self,
        words: &Words,
        action: &Action,
        entered: &Fields,
        today: NaiveDate,
    ) -> Vec<Field> {
        let text = |key: &'static str| words.text(key);
        let on = || {
            Field::date("on", text("action.on")).or(entered, today.format("%Y-%m-%d").to_string())
        };
        let reason = || Field::area("reason", text("action.reason"), 3).of(entered);
        match self {
            Step::Contain => vec![
                Field::area("what", text("action.what_done"), 3).of(entered),
                on(),
            ],
            Step::Analyse => analysis(words, entered, on()),
            Step::Plan => vec![
                Field::area("what", text("action.what_to_do"), 3).of(entered),
                Field::date("due_on", text("action.due_on"))
                    .or(entered, action.field(AmendedField::DueOn)),
            ],
            Step::Implement => vec![
                on(),
                Field::area("what", text("action.what_else"), 2)
                    .hint(text("action.what_else_hint"))
                    .optional()
                    .of(entered),
                Field::area("documents", text("action.documents"), 3)
                    .hint(text("action.documents_hint"))
                    .optional()
                    .of(entered),
                Field::number("cost", text("action.cost"))
                    .hint(text("action.cost_hint"))
                    .optional()
                    .of(entered),
            ],
            Step::Check => Vec::new(),
            Step::Verify => vec![
                on(),
                Field::select("verdict", text("action.verdict"), verdicts(words)).or(
                    entered,
                    action
                        .round()
                        .settled()
                        .map_or("", |look| look.found.verdict.as_str()),
                ),
                Field::area("note", text("action.rests_on"), 4)
                    .hint(text("action.rests_on_hint"))
                    .of(entered),
            ],
            Step::Close => vec![
                on(),
                Field::area("note", text("action.closing"), 3)
                    .optional()
                    .of(entered),
            ],
            Step::Reopen | Step::Withdraw => vec![on(), reason()],
            Step::Change => vec![reason()],
            Step::Amend => vec![
                Field::select(
                    "field",
                    text("action.amended"),
                    AmendedField::ALL
                        .iter()
                        .map(|field| Choice::new(field.as_str(), said::field(words, *field))),
                )
                .of(entered),
                Field::line("value", text("action.new_value"))
                    .hint(text("action.new_value_hint"))
                    .of(entered),
                reason(),
            ],
            Step::Note => vec![Field::area("text", text("action.note"), 4).of(entered)],
        }
    }
}

fn verdicts(words: &Words) -> Vec<Choice> {
    let none = Choice::new("", words.text("action.choose"));
    let each = Verdict::ALL
        .iter()
        .map(|verdict| Choice::new(verdict.as_str(), said::code(words, verdict.as_str())));
    std::iter::once(none).chain(each).collect()
}

fn analysis(words: &Words, entered: &Fields, on: Field) -> Vec<Field> {
    let text = |key: &'static str| words.text(key);
    let mut fields = vec![
        on,
        Field::select(
            "method",
            text("action.method"),
            AnalysisMethod::ALL.iter().map(|method| {
                let key = format!("action.method_{method}");
                Choice::new(method.as_str(), words.text(&key))
            }),
        )
        .of(entered),
    ];
    for (n, why) in (1..).zip(WHYS) {
        let label = words.fill("action.why", &[("n", &words.count(n))]);
        let field = Field::line(why, label).optional().of(entered);
        fields.push(match n {
            1 => field.hint(text("action.why_hint")),
            _ => field,
        });
    }
    let none = Choice::new("", text("action.no_branch"));
    let branches = IshikawaBranch::ALL.iter().map(|branch| {
        let key = format!("action.branch_{branch}");
        Choice::new(branch.as_str(), words.text(&key))
    });
    fields.extend([
        Field::select(
            "branch",
            text("action.branch"),
            std::iter::once(none).chain(branches),
        )
        .optional()
        .of(entered),
        Field::area("root_cause", text("action.root_cause"), 3).of(entered),
        Field::line("escape_point", text("action.escape_point"))
            .hint(text("action.escape_hint"))
            .optional()
            .of(entered),
        Field::line("elsewhere", text("action.elsewhere"))
            .hint(text("action.elsewhere_hint"))
            .optional()
            .of(entered),
    ]);
    fields
}
