//! The first page: what the meeting must decide.
//!
//! The sentences state counts and ages as they are. None claims a change, so none needs a test; a
//! claim of change would have to pass one false-discovery control over all series first.

use super::ageing::Ageing;
use super::maker::Maker;
use super::remedies::Remedies;
use super::sla::{Sla, StageSla};
use super::stock::Stock;
use crate::review::model::{Finding, FindingKind};

/// Findings on the first page.
const MOST: usize = 7;
/// Findings that are not about a missed limit: two lists, the oldest open one, the data.
const OTHERS: usize = 4;

/// What the first page is made from.
pub(super) struct Judged<'a> {
    /// Stages, overall clock, acknowledgement.
    pub(super) stages: [&'a Option<Sla>; 3],
    pub(super) stock: Option<&'a Stock>,
    pub(super) ageing: Option<&'a Ageing>,
    pub(super) remedies: &'a Remedies,
}

/// The findings, most pressing first, and what was looked at and asks for nothing.
pub(super) fn findings(maker: &Maker, judged: &Judged) -> (Vec<Finding>, Vec<String>) {
    let mut found = Vec::new();
    let mut clear = Vec::new();
    promises(maker, judged.remedies, &mut found, &mut clear);
    limits(maker, &judged.stages, &mut found, &mut clear);
    oldest(maker, judged.ageing, &mut found, &mut clear);
    data(maker, judged.stock, &mut found, &mut clear);
    found.truncate(MOST);
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
    for row in missing.iter().take(MOST - OTHERS) {
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
    if missing.len() > MOST - OTHERS {
        let rest = (missing.len() - (MOST - OTHERS)) as i64;
        clear.push(words.plural("findings.more_late", rest, &[]));
    }
    if missing.is_empty() {
        let key = if all.is_empty() {
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
    let Some(days) = ageing.oldest_open() else {
        clear.push(words.text("findings.oldest_none"));
        return;
    };
    let very_old = ageing.very_old();
    let mut detail = words.plural("findings.open_total", ageing.open(), &[]);
    detail.push(' ');
    detail.push_str(&words.plural("findings.very_old", very_old, &[]));
    if ageing.outstanding() > 0 {
        detail.push(' ');
        detail.push_str(&words.plural("findings.outstanding_apart", ageing.outstanding(), &[]));
    }
    let case = ageing.oldest_case.clone().unwrap_or_default();
    let key = if case.is_empty() {
        "findings.oldest"
    } else {
        "findings.oldest_case"
    };
    found.push(Finding {
        kind: FindingKind::OldestOpen,
        figure: words.count(days),
        sentence: words.plural(key, days, &[("case", &crate::review::words::clean(&case))]),
        detail,
        decision: words.text("findings.oldest_decide"),
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
