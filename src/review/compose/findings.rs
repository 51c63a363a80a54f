//! The first page: what the meeting must decide.
//!
//! Most sentences state counts and ages as they are, and claim no change, so they need no test. Those that claim a
//! change (shares, problems, categories) have passed one control of false discoveries over all of these series.

use super::actions::{self, Actions};
use super::ageing::{Ageing, Waits};
use super::changes::{self, Changes};
use super::maker::Maker;
use super::recurrence::{self, Recurrence};
use super::remedies::Remedies;
use super::sla::{Sla, StageSla};
use super::stock::Stock;
use crate::model::{Finding, FindingKind};

/// Findings on the first page.
const MOST: usize = 7;

/// What the first page is made from.
pub(super) struct Judged<'a> {
    /// Stages, overall clock, acknowledgement.
    pub(super) stages: [&'a Option<Sla>; 3],
    pub(super) stock: Option<&'a Stock>,
    pub(super) ageing: Option<&'a Ageing>,
    pub(super) remedies: &'a Remedies,
    pub(super) recurrence: Option<&'a Recurrence>,
    pub(super) actions: &'a Actions,
    pub(super) changes: Option<&'a Changes>,
}

/// The findings, most pressing first, and what was looked at and asks for nothing.
pub(super) fn findings(maker: &Maker, judged: &Judged) -> (Vec<Finding>, Vec<String>) {
    let mut found = Vec::new();
    let mut clear = Vec::new();
    promises(maker, judged.remedies, &mut found, &mut clear);
    recurrence::finding(
        maker,
        judged.recurrence,
        judged.changes,
        |problems| actions::without_action(judged.actions, problems),
        &mut found,
        &mut clear,
    );
    changes::findings(maker, judged.changes, &mut found, &mut clear);
    actions::findings(
        maker,
        judged.actions,
        judged.changes,
        &mut found,
        &mut clear,
    );
    let (mut after, mut clear_after) = (Vec::new(), Vec::new());
    oldest(maker, judged.ageing, &mut after, &mut clear_after);
    answers(maker, judged.ageing, &mut after, &mut clear_after);
    data(maker, judged.stock, &mut after, &mut clear_after);
    // Missed limits take the places that the others leave, the worst one always.
    let room = MOST.saturating_sub(found.len() + after.len()).max(1);
    limits(maker, &judged.stages, room, &mut found, &mut clear);
    found.append(&mut after);
    clear.append(&mut clear_after);
    // What finds no place is said below the findings, the least pressing first.
    for kind in [
        FindingKind::AnswerAwaited,
        FindingKind::OldestOpen,
        FindingKind::ActionsOverdue,
        FindingKind::CategoryGrowing,
        FindingKind::ShareRose,
    ] {
        let last = found.iter().rposition(|finding| finding.kind == kind);
        if let Some(at) = last.filter(|_| found.len() > MOST) {
            clear.push(found.remove(at).sentence);
        }
    }
    (found, clear)
}

fn promises(maker: &Maker, remedies: &Remedies, found: &mut Vec<Finding>, clear: &mut Vec<String>) {
    let words = maker.words;
    let parts = [
        (
            &remedies.not_delivered,
            "not_delivered",
            FindingKind::RemediesNotDelivered,
        ),
        (&remedies.not_told, "not_told", FindingKind::RemediesNotTold),
    ];
    for (waiting, key, kind) in parts {
        match waiting {
            None => clear.push(words.text(&format!("findings.{key}_unknown"))),
            Some(waiting) if waiting.total == 0 => {
                clear.push(words.text(&format!("findings.{key}_none")));
            }
            Some(waiting) => {
                let detail = waiting.oldest.map(|day| {
                    words.fill(
                        &format!("findings.{key}_since"),
                        &[("day", &words.date(day))],
                    )
                });
                found.push(Finding {
                    kind,
                    figure: words.count(waiting.total),
                    sentence: words.plural(&format!("findings.{key}"), waiting.total, &[]),
                    detail: detail.unwrap_or_default(),
                    decision: words.text(&format!("findings.{key}_decide")),
                    link: "remedies".into(),
                    link_text: words.text("findings.see_cases"),
                });
            }
        }
    }
}

fn limits(
    maker: &Maker,
    stages: &[&Option<Sla>; 3],
    room: usize,
    found: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    let all: Vec<&StageSla> = stages
        .iter()
        .copied()
        .flatten()
        .flat_map(|s| &s.rows)
        .collect();
    let mut missing: Vec<&StageSla> = all.iter().copied().filter(|r| r.net.late() > 0).collect();
    // Below its objective first, then the most late ones.
    missing.sort_by_key(|r| {
        (
            !below(r),
            std::cmp::Reverse(r.net.late()),
            r.stage.clone(),
            r.pass,
        )
    });
    for row in missing.iter().take(room) {
        let late = words.count(row.net.late() as i64);
        let of = maker.of(row.net.met, row.net.judged());
        let open = words.count(row.net.open_late as i64);
        let sentence = words.plural(
            "findings.late",
            row.net.late() as i64,
            &[
                ("stage", row.label.as_str()),
                ("all", words.count(row.net.judged() as i64).as_str()),
            ],
        );
        let mut detail = if row.shown.percent.is_some() {
            let values = [
                ("share", row.shown.text.as_str()),
                ("interval", row.shown.interval_text.as_str()),
                ("of", of.as_str()),
            ];
            words.fill("findings.late_detail", &values)
        } else {
            words.fill("findings.late_few", &[("of", &of)])
        };
        detail.push(' ');
        detail.push_str(&words.fill("findings.gross", &[("gross", &row.gross_text)]));
        if let Some(objective) = row.shown.percent.and(row.objective) {
            let key = if below(row) {
                "findings.objective_missed"
            } else {
                "findings.objective_met"
            };
            detail.push(' ');
            detail.push_str(&words.fill(key, &[("objective", &words.percent(objective))]));
        }
        if row.net.open_late > 0 {
            detail.push(' ');
            detail.push_str(&words.fill("findings.still_open", &[("n", &open)]));
        }
        let link = match row.stage.as_str() {
            "overall" => "overall",
            "acknowledgement" => "ack",
            _ => "sla",
        };
        found.push(Finding {
            kind: FindingKind::LimitMissed,
            figure: late,
            sentence,
            detail,
            decision: words.text("findings.late_decide"),
            link: link.into(),
            link_text: words.text("findings.see_figures"),
        });
    }
    let rest: Vec<String> = missing
        .iter()
        .skip(room)
        .map(|row| {
            let of = maker.of(row.net.late(), row.net.judged());
            format!("{} ({of})", row.label)
        })
        .collect();
    if !rest.is_empty() {
        clear.push(words.fill("findings.also_late", &[("list", &rest.join("; "))]));
    }
    if missing.is_empty() {
        // What is not due yet is in time of nothing.
        let key = if all.iter().all(|row| row.net.judged() == 0) {
            "findings.late_unknown"
        } else {
            "findings.late_none"
        };
        clear.push(words.text(key));
    }
}

/// Whether the share in time lies below its objective; not asked of fewer than 20.
fn below(row: &StageSla) -> bool {
    let judged = row.shown.percent.and(row.objective);
    judged.is_some_and(|o| (row.net.met as f64) < o * row.net.judged() as f64)
}

fn oldest(
    maker: &Maker,
    ageing: Option<&Ageing>,
    found: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    let Some(ageing) = ageing else {
        clear.push(words.text("findings.oldest_unknown"));
        return;
    };
    let Some(days) = ageing.oldest(Waits::ForUs) else {
        clear.push(words.text("findings.oldest_none"));
        return;
    };
    if days == 0 {
        clear.push(words.text("findings.oldest_today"));
        return;
    }
    let mut detail = words.plural("findings.open_total", ageing.waiting(Waits::ForUs), &[]);
    detail.push(' ');
    detail.push_str(&words.plural("findings.very_old", ageing.very_old(Waits::ForUs), &[]));
    let case = ageing.oldest_case.clone().unwrap_or_default();
    let key = if case.is_empty() {
        "findings.oldest"
    } else {
        "findings.oldest_case"
    };
    found.push(Finding {
        kind: FindingKind::OldestOpen,
        figure: words.count(days),
        sentence: words.plural(key, days, &[("case", &crate::words::clean(&case))]),
        detail,
        decision: words.text("findings.oldest_decide"),
        link: "ageing".into(),
        link_text: words.text("findings.see_ages"),
    });
}

/// Decided complaints that wait for the customer's answer: the customer's time, so no limit is missed,
/// but without a rule nothing ends them.
fn answers(
    maker: &Maker,
    ageing: Option<&Ageing>,
    found: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    let Some(ageing) = ageing else { return };
    let outstanding = ageing.waiting(Waits::Outstanding);
    if outstanding > 0 {
        clear.push(words.plural("findings.outstanding_apart", outstanding, &[]));
    }
    let waiting = ageing.waiting(Waits::ForAnswer);
    let very_old = ageing.very_old(Waits::ForAnswer);
    if very_old == 0 {
        if waiting > 0 {
            clear.push(words.plural("findings.answers_waiting", waiting, &[]));
        }
        return;
    }
    found.push(Finding {
        kind: FindingKind::AnswerAwaited,
        figure: words.count(very_old),
        sentence: words.plural("findings.answers", very_old, &[]),
        detail: words.plural("findings.answers_all", waiting, &[]),
        decision: words.text("findings.answers_decide"),
        link: "ageing".into(),
        link_text: words.text("findings.see_ages"),
    });
}

fn data(maker: &Maker, stock: Option<&Stock>, found: &mut Vec<Finding>, clear: &mut Vec<String>) {
    let (words, context) = (maker.words, maker.context);
    let refused: u64 = context.refused.iter().map(|(_, n)| n).sum();
    let broken = stock.is_some_and(|s| !s.holds());
    let mut said = Vec::new();
    if refused > 0 {
        said.push(words.plural("findings.refused", refused as i64, &[]));
    }
    if context.deviations > 0 {
        said.push(words.plural("findings.deviations", context.deviations as i64, &[]));
    }
    if broken {
        said.push(words.text("findings.identity_broken"));
    }
    if context.provisional {
        said.push(words.text("findings.provisional"));
    }
    if said.is_empty() {
        clear.push(words.text("findings.data_clear"));
        return;
    }
    // The number of the first sentence: rows and events are not added up.
    let figure = if refused > 0 {
        refused
    } else {
        context.deviations
    };
    let sentence = said.remove(0);
    found.push(Finding {
        kind: FindingKind::Data,
        figure: if figure > 0 {
            words.count(figure as i64)
        } else {
            "!".into()
        },
        sentence,
        detail: said.join(" "),
        decision: words.text("findings.data_decide"),
        link: if broken { "stock" } else { "data-cut" }.into(),
        link_text: words.text("findings.see_cut"),
    });
}
