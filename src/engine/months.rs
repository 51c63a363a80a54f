//! Several queries at once, a few months at a time: what is held is those months' columns, however many months there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use polars::prelude::{DataFrame, IntoLazy};
use polars::sql::SQLContext;

use super::columns::held;
use super::error::EngineError;
use super::execution::{Among, Question, execute, refused};
use super::local::LocalEngine;
use redress_query::partial::{MONTHS, Piece, Plan, parted, plan};

/// Cases of the months that are read together. Fewer are held with less, and asked more often.
pub(super) const CASES_TOGETHER: u64 = 1_000_000;

/// How far the work on several queries has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Place of the query that was worked on.
    pub query: usize,
    /// Seconds that it took, when it is answered.
    pub answered_after: Option<f64>,
    /// Steps done, of all.
    pub done: usize,
    pub of: usize,
}

impl LocalEngine {
    /// Answers queries, in their order; those that can be taken apart a few months at a time.
    ///
    /// # Errors
    /// The first that is met, as [`LocalEngine::answer`].
    pub(super) fn answers(
        &self,
        questions: &[Question<'_>],
        watch: &(dyn Fn(Step) + Sync),
    ) -> Result<Vec<DataFrame>, EngineError> {
        let groups = self.columns().months_together(self.cases_together());
        let parted = parted();
        let plans = questions.iter().map(|question| match groups.len() {
            0 | 1 => None,
            _ => plan(question.sql, &parted),
        });
        let work = Work {
            engine: self,
            questions,
            plans: plans.collect(),
            groups,
            known: Mutex::new(vec![BTreeMap::new(); questions.len()]),
            refused: Mutex::new(BTreeSet::new()),
            seconds: Mutex::new(vec![0.0; questions.len()]),
            done: AtomicUsize::new(0),
            watch,
        };
        loop {
            let ready = work.ready();
            if ready.is_empty() {
                break;
            }
            work.pieces(&ready)?;
        }
        work.last()
    }
}

/// Answers of a query's pieces, by name.
type Answers = BTreeMap<String, DataFrame>;

struct Work<'a> {
    engine: &'a LocalEngine,
    questions: &'a [Question<'a>],
    /// `None`: to be asked of all months at once.
    plans: Vec<Option<Plan>>,
    groups: Vec<BTreeSet<String>>,
    /// By query.
    known: Mutex<Vec<Answers>>,
    /// Queries whose pieces the engine refused: they are asked whole, and say themselves what is wrong.
    refused: Mutex<BTreeSet<usize>>,
    seconds: Mutex<Vec<f64>>,
    done: AtomicUsize,
    watch: &'a (dyn Fn(Step) + Sync),
}

impl Work<'_> {
    /// Pieces that are not answered yet and name only what is.
    fn ready(&self) -> Vec<(usize, &Piece)> {
        let known = held(&self.known);
        let refused = held(&self.refused);
        let mut ready = Vec::new();
        for (query, plan) in self.plans.iter().enumerate() {
            if refused.contains(&query) {
                continue;
            }
            let pieces = plan.iter().flat_map(|plan| &plan.pieces);
            ready.extend(
                pieces
                    .filter(|piece| !known[query].contains_key(&piece.name))
                    .filter(|piece| {
                        piece
                            .after
                            .iter()
                            .all(|name| known[query].contains_key(name))
                    })
                    .map(|piece| (query, piece)),
            );
        }
        ready
    }

    /// Answers pieces: all of them of some months, then of the next ones.
    fn pieces(&self, pieces: &[(usize, &Piece)]) -> Result<(), EngineError> {
        let answers: Vec<Mutex<Option<DataFrame>>> =
            pieces.iter().map(|_| Mutex::new(None)).collect();
        // What took longest of the months before comes first, so that nobody waits long for the last one.
        let took: Vec<Mutex<Duration>> = pieces.iter().map(|_| Mutex::default()).collect();
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        for (place, months) in self.groups.iter().enumerate() {
            let is_last = place + 1 == self.groups.len();
            order.sort_by_key(|at| std::cmp::Reverse(*held(&took[*at])));
            side_by_side(order.len(), |turn| {
                let at = order[turn];
                let (query, piece) = pieces[at];
                let began = Instant::now();
                let mut answer = held(&answers[at]);
                // Columns and types are known from one answer, whether it has rows or not.
                let at_any_rate = piece.answers_nothing || is_last && answer.is_none();
                match self.of_months(query, piece, months, at_any_rate) {
                    Ok(Some(frame)) => below(&mut answer, frame, self.questions[query].origin)
                        .unwrap_or_else(|error| self.refuse(query, &error)),
                    Ok(None) => {}
                    Err(error) => self.refuse(query, &error),
                }
                *held(&took[at]) = began.elapsed();
                self.step(query, began, false);
                Ok(())
            })?;
            self.engine.columns().forget(months);
        }
        side_by_side(pieces.len(), |at| {
            let (query, piece) = pieces[at];
            let Some(months) = held(&answers[at]).take() else {
                return Ok(());
            };
            match together(piece, months, self.questions[query].origin) {
                Ok(frame) => {
                    held(&self.known)[query].insert(piece.name.clone(), frame);
                }
                Err(error) => self.refuse(query, &error),
            }
            Ok(())
        })
    }

    /// A piece's answer of some months; `None` when they have no row for it.
    fn of_months(
        &self,
        query: usize,
        piece: &Piece,
        months: &BTreeSet<String>,
        at_any_rate: bool,
    ) -> Result<Option<DataFrame>, EngineError> {
        if held(&self.refused).contains(&query) {
            return Ok(None);
        }
        let known = held(&self.known)[query].clone();
        let named: Vec<(&str, &DataFrame)> = known.iter().map(|(n, f)| (n.as_str(), f)).collect();
        let among = Among {
            months: Some(months),
            answers: &named,
        };
        let question = Question {
            sql: &piece.of_months,
            ..self.questions[query]
        };
        match at_any_rate {
            true => self.engine.answer(question, among).map(Some),
            false => self.engine.answer_where_files_are(question, among),
        }
    }

    fn refuse(&self, query: usize, error: &EngineError) {
        let origin = self.questions[query].origin;
        tracing::debug!("{origin}: asked of all months at once, since in pieces: {error}");
        held(&self.refused).insert(query);
    }

    /// What is left when the pieces are answered.
    fn last(self) -> Result<Vec<DataFrame>, EngineError> {
        let answers: Vec<Mutex<Option<DataFrame>>> =
            self.questions.iter().map(|_| Mutex::new(None)).collect();
        side_by_side(self.questions.len(), |query| {
            let began = Instant::now();
            let question = self.questions[query];
            let is_refused = held(&self.refused).contains(&query);
            let plan = self.plans[query].as_ref().filter(|_| !is_refused);
            let known = std::mem::take(&mut held(&self.known)[query]);
            let answer = match plan {
                None => self.engine.answer(question, Among::default())?,
                Some(plan) => match &plan.rest {
                    None => {
                        let name = plan.pieces.last().map(|piece| piece.name.as_str());
                        let answer = name.and_then(|name| known.get(name).cloned());
                        answer.map_or_else(|| self.engine.answer(question, Among::default()), Ok)?
                    }
                    Some(rest) => {
                        let named: Vec<(&str, &DataFrame)> =
                            known.iter().map(|(n, f)| (n.as_str(), f)).collect();
                        let among = Among {
                            months: None,
                            answers: &named,
                        };
                        let rest = Question {
                            sql: rest,
                            ..question
                        };
                        self.engine.answer(rest, among)?
                    }
                },
            };
            *held(&answers[query]) = Some(answer);
            self.step(query, began, true);
            Ok(())
        })?;
        let answers = answers.into_iter().map(|answer| {
            let answer = answer.into_inner();
            answer.unwrap_or_else(std::sync::PoisonError::into_inner)
        });
        Ok(answers.map(Option::unwrap_or_default).collect())
    }

    fn step(&self, query: usize, began: Instant, is_answered: bool) {
        let seconds = {
            let mut seconds = held(&self.seconds);
            seconds[query] += began.elapsed().as_secs_f64();
            seconds[query]
        };
        let pieces: usize = self
            .plans
            .iter()
            .flatten()
            .map(|plan| plan.pieces.len())
            .sum();
        (self.watch)(Step {
            query,
            answered_after: is_answered.then_some(seconds),
            done: self.done.fetch_add(1, Ordering::Relaxed) + 1,
            of: pieces * self.groups.len() + self.questions.len(),
        });
    }
}

/// Puts the answer of further months below that of others.
fn below(all: &mut Option<DataFrame>, further: DataFrame, origin: &str) -> Result<(), EngineError> {
    match all {
        None => *all = Some(further),
        Some(all) => {
            all.vstack_mut_owned(further)
                .map_err(|source| refused(origin, source))?;
        }
    }
    Ok(())
}

/// One answer of those of all months.
fn together(piece: &Piece, months: DataFrame, origin: &str) -> Result<DataFrame, EngineError> {
    let context = SQLContext::new();
    context.register(MONTHS, months.lazy());
    execute(context, &piece.together, origin)
}

/// Does so many pieces of work on all processors; the first that fails keeps further ones from being begun.
///
/// Threads of their own: a worker of the pool that waits for a decoding would take up another piece, which waits for the
/// same decoding.
fn side_by_side(
    count: usize,
    work: impl Fn(usize) -> Result<(), EngineError> + Sync,
) -> Result<(), EngineError> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let all = || -> Result<(), EngineError> {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return Ok(());
            }
            work(place).inspect_err(|_| next.store(count, Ordering::Relaxed))?;
        }
    };
    if workers.min(count) <= 1 {
        return all();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.min(count)).map(|_| scope.spawn(all)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            })
    })
}
