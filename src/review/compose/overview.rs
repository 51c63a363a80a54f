//! The head of the first page: title, period, moment of judgement, headline figures, warnings.

use super::ageing::{Ageing, Waits};
use super::maker::Maker;
use super::sla::Sla;
use super::stock::Stock;
use super::volume::Volume;
use crate::model::{Head, Tile};
use crate::numbers::rounded;
use crate::words::{NOTHING, clean};

pub(super) fn head(
    maker: &Maker,
    volume: Option<&Volume>,
    overall: Option<&Sla>,
    stock: Option<&Stock>,
    ageing: Option<&Ageing>,
) -> Head {
    let (words, context) = (maker.words, maker.context);
    let period = &context.period;
    let (first, last) = (words.date(period.first), words.date(period.last));
    let name = clean(&period.name);
    let mut running = vec![
        clean(&context.organisation),
        words.text("head.title"),
        name.clone(),
    ];
    if context.provisional {
        running.push(words.text("page.provisional"));
    }
    Head {
        title: words.text("head.title"),
        organisation: clean(&context.organisation),
        period: words.fill(
            "head.period",
            &[("name", &name), ("first", &first), ("last", &last)],
        ),
        as_of: words.fill(
            "head.as_of",
            &[("moment", &words.moment(context.as_of, context.zone))],
        ),
        source: words.fill("head.source", &[("source", &clean(&context.source))]),
        provisional: context.provisional.then(|| words.text("head.provisional")),
        public: None,
        running: running.join(" · "),
        tiles: vec![
            received(maker, volume),
            in_time(maker, overall),
            open(maker, stock, ageing),
        ],
        warnings: vec![
            words.text("head.warning_volume"),
            words.text("head.warning_times"),
        ],
    }
}

fn tile(maker: &Maker, key: &str, link: &str, figure: String, beside: String) -> Tile {
    Tile {
        label: maker.words.text(key),
        figure,
        beside,
        link: link.to_owned(),
    }
}

fn absent(maker: &Maker) -> (String, String) {
    (NOTHING.to_owned(), maker.words.text("absent.short"))
}

fn received(maker: &Maker, volume: Option<&Volume>) -> Tile {
    let words = maker.words;
    let (figure, beside) = match volume {
        None => absent(maker),
        Some(volume) => {
            let mut beside = if volume.working_days > 0.0 {
                let rate = words.real(rounded(volume.net as f64 / volume.working_days, 2), 2);
                words.fill("tiles.per_day", &[("rate", &rate)])
            } else {
                String::new()
            };
            if volume.gross != volume.net {
                let gross = words.count(volume.gross);
                beside = join(beside, words.fill("tiles.gross", &[("gross", &gross)]));
            }
            if let Some(previous) = &maker.context.previous {
                let n = words.count(previous.received);
                let values = [("period", previous.name.as_str()), ("n", n.as_str())];
                beside = join(beside, words.fill("tiles.previous", &values));
            }
            (words.count(volume.net), beside)
        }
    };
    tile(maker, "tiles.received", "volume", figure, beside)
}

fn join(first: String, second: String) -> String {
    if first.is_empty() {
        second
    } else {
        format!("{first}; {second}")
    }
}

fn in_time(maker: &Maker, overall: Option<&Sla>) -> Tile {
    let words = maker.words;
    let first = overall.and_then(|s| s.rows.first());
    let (figure, beside) = match (overall, first) {
        (None, _) => absent(maker),
        (Some(_), None) => (NOTHING.to_owned(), words.text("absent.no_stage_due")),
        (Some(_), Some(row)) => {
            let of = maker.of(row.net.met, row.net.judged());
            let values = [
                ("of", of.as_str()),
                ("interval", row.shown.interval_text.as_str()),
                ("gross", row.gross_shown.text.as_str()),
            ];
            let key = if row.shown.percent.is_some() {
                "tiles.of_interval"
            } else {
                "tiles.too_few"
            };
            let mut beside = words.fill(key, &values);
            if let Some(objective) = row.objective {
                let objective = words.percent(objective);
                beside = join(
                    beside,
                    words.fill("tiles.objective", &[("objective", &objective)]),
                );
            }
            (row.shown.text.clone(), beside)
        }
    };
    tile(maker, "tiles.in_time", "overall", figure, beside)
}

fn open(maker: &Maker, stock: Option<&Stock>, ageing: Option<&Ageing>) -> Tile {
    let words = maker.words;
    let (figure, beside) = match stock {
        None => absent(maker),
        Some(stock) => {
            let opening = words.count(stock.flow("opening"));
            let mut beside = words.fill("tiles.opening", &[("opening", &opening)]);
            if let Some(ageing) = ageing {
                let count = |waits| words.count(ageing.waiting(waits));
                let (us, answer) = (count(Waits::ForUs), count(Waits::ForAnswer));
                let outstanding = count(Waits::Outstanding);
                let values = [
                    ("us", us.as_str()),
                    ("answer", answer.as_str()),
                    ("outstanding", outstanding.as_str()),
                ];
                beside = join(beside, words.fill("tiles.waiting", &values));
            }
            (words.count(stock.flow("closing")), beside)
        }
    };
    tile(maker, "tiles.not_closed", "stock", figure, beside)
}
