//! Who complains about what on which day: the volume over the year, the planted causes with their
//! rise and fall, and the groups of complaints that one of them brings forth.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use chrono::{Days, NaiveDate};

use super::catalogue::{Product, Site};
use super::narrative::{Backgrounds, Core};
use super::office::{Office, Second};
use super::planted::CAUSES;
use super::season::{Span, cause_rates, day_weight};
use super::texts::Texts;
use super::truth::Relation;
use redress_domain::vocabulary::{Channel, Language};
use redress_plain::rng::Rng;

mod draw;

/// A complaint as it reaches the firm.
#[derive(Debug, Clone)]
pub struct Complaint {
    /// Order of receipt, from 1; the case's number is another, given at registration.
    pub order: u64,
    pub received: Second,
    pub complainant: u64,
    /// The complainant's first complaint.
    pub first: bool,
    pub language: Language,
    pub channel: Channel,
    pub matter: Matter,
    pub relation: Relation,
    /// The case that this one duplicates or repeats: its order of receipt.
    pub of: Option<u64>,
    pub narrative: String,
}

/// What a complaint is about.
#[derive(Debug, Clone)]
pub struct Matter {
    pub core: Core,
    pub cause: Option<usize>,
    /// Number of the group of recurrent complaints, from 1.
    pub group: Option<u64>,
    /// Place of the category in the catalogue.
    pub category: usize,
    pub product: Option<&'static Product>,
    pub lot: Option<String>,
    pub produced_on: Option<NaiveDate>,
    pub sold_on: Option<NaiveDate>,
}

impl Matter {
    /// The plant that the complaint is about; `None` when it is about the head office.
    pub fn plant(&self) -> Option<Site> {
        self.product.map(|product| product.site)
    }
}

/// What comes back on a later day.
#[derive(Debug, Clone)]
enum Later {
    Member(Box<Group>),
    Again(Box<Again>),
}

#[derive(Debug, Clone)]
struct Group {
    no: u64,
    cause: usize,
    product: Option<&'static Product>,
    lot: Option<String>,
    produced_on: Option<NaiveDate>,
    /// The first line that a member takes; the others follow, so that two members differ.
    first_line: usize,
    member: usize,
}

/// The same complainant once more.
#[derive(Debug, Clone)]
struct Again {
    of: u64,
    complainant: u64,
    language: Language,
    matter: Matter,
    relation: Relation,
    original: String,
}

/// Plans the complaints of one day after the other.
pub struct Planner<'a> {
    seed: u64,
    texts: &'a Texts,
    office: &'a Office,
    span: Span,
    cases: u64,
    weights: WeightSum,
    backgrounds: Backgrounds,
    rng: Rng,
    planned: u64,
    complainants: u64,
    groups: u64,
    group_credit: i64,
    cause_credit: [i64; CAUSES.len()],
    rate_average: i64,
    later: BinaryHeap<Reverse<(NaiveDate, u64)>>,
    waiting: std::collections::HashMap<u64, Later>,
    tickets: u64,
    recent: VecDeque<(u64, Second, usize)>,
}

/// Share of the cases that belong to a group of recurrent complaints, in thousandths: real registers
/// have 24 to 37 %.
const GROUPED_PERMILLE: i64 = 300;
/// Sizes of a hundred groups: real ones are pairs in 53-68 %, have 3-5 in 27-34 % and 6-20 in 5-13 %.
const SIZE_DECK: [(u64, u64, u64); 4] = [(61, 2, 2), (91, 3, 5), (99, 6, 18), (100, 21, 45)];
/// Complainants remembered for a later, different complaint.
const REMEMBERED: usize = 400;

/// Running sums of the days' weights.
struct WeightSum {
    sums: Vec<u64>,
}

impl<'a> Planner<'a> {
    /// A planner for that many cases over the span.
    pub fn new(seed: u64, cases: u64, span: Span, texts: &'a Texts, office: &'a Office) -> Self {
        let mut rng = Rng::new(seed, 1);
        let backgrounds = Backgrounds::new(texts, &mut rng);
        let mut sum = 0;
        let mut sums = Vec::new();
        let (mut rates, mut weights) = (0, 0);
        for date in span.from.iter_days().take_while(|d| *d <= span.last) {
            let weight = day_weight(&span, office, date);
            sum += weight;
            sums.push(sum);
            let weight = i64::try_from(weight).unwrap_or(0);
            rates += weight
                * cause_rates(&span, date)
                    .iter()
                    .map(|r| i64::from(*r))
                    .sum::<i64>();
            weights += weight;
        }
        Planner {
            seed,
            texts,
            office,
            span,
            cases,
            weights: WeightSum { sums },
            backgrounds,
            rng,
            planned: 0,
            complainants: 0,
            groups: 0,
            group_credit: 0,
            cause_credit: [0; CAUSES.len()],
            rate_average: (rates / weights.max(1)).max(1),
            later: BinaryHeap::new(),
            waiting: std::collections::HashMap::new(),
            tickets: 0,
            recent: VecDeque::new(),
        }
    }

    /// The complaints received on that day, in order of receipt. Days are asked for one after the other.
    pub fn day(&mut self, date: NaiveDate) -> Vec<Complaint> {
        let place = usize::try_from((date - self.span.from).num_days()).unwrap_or(0);
        let (sum, all) = (
            u128::from(self.weights.sums[place]),
            u128::from(*self.weights.sums.last().unwrap_or(&1)),
        );
        let target = u64::try_from(u128::from(self.cases) * sum / all.max(1)).unwrap_or(self.cases);
        let mut due = Vec::new();
        while let Some(Reverse((day, ticket))) = self.later.peek().copied() {
            if day > date || self.planned >= self.cases {
                break;
            }
            self.later.pop();
            if let Some(later) = self.waiting.remove(&ticket) {
                due.push(later);
                self.planned += 1;
            }
        }
        let rate: i64 = cause_rates(&self.span, date)
            .iter()
            .map(|r| i64::from(*r))
            .sum();
        let earned = GROUPED_PERMILLE * rate / self.rate_average;
        self.group_credit += earned * i64::try_from(due.len()).unwrap_or(0);
        let fresh = target.saturating_sub(self.planned);
        let mut complaints: Vec<Complaint> = due
            .into_iter()
            .map(|later| self.later_one(date, later))
            .collect();
        for _ in 0..fresh {
            self.planned += 1;
            let one = self.fresh_one(date);
            complaints.push(one);
        }
        complaints.sort_by_key(|c| c.received);
        complaints
    }

    /// Plans what follows from a case once its course is known: a duplicate soon after registration, or a
    /// repeat some weeks after the decision. `true` when something was planned.
    pub fn follow(
        &mut self,
        complaint: &Complaint,
        registered: Second,
        decided: Option<Second>,
    ) -> bool {
        self.remember(complaint, registered);
        if complaint.relation == Relation::Duplicate || complaint.relation == Relation::Repeat {
            return false;
        }
        let (relation, after) = if self.rng.chance(42) {
            (
                Relation::Duplicate,
                self.office.date(registered) + Days::new(self.days(1, 8)),
            )
        } else if let Some(decided) = decided.filter(|_| self.rng.chance(46)) {
            (
                Relation::Repeat,
                self.office.date(decided) + Days::new(self.days(12, 85)),
            )
        } else {
            return false;
        };
        if after > self.last_planned() {
            return false;
        }
        let again = Again {
            of: complaint.order,
            complainant: complaint.complainant,
            language: complaint.language,
            matter: complaint.matter.clone(),
            relation,
            original: complaint.narrative.clone(),
        };
        self.schedule(after, Later::Again(Box::new(again)));
        true
    }

    fn remember(&mut self, complaint: &Complaint, registered: Second) {
        self.recent
            .push_back((complaint.complainant, registered, complaint.matter.category));
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
        }
    }

    fn days(&mut self, low: i64, high: i64) -> u64 {
        u64::try_from(self.rng.between(low, high)).unwrap_or(1)
    }

    /// Nothing is planned ahead for the very last days, so that the number of cases comes out.
    fn last_planned(&self) -> NaiveDate {
        self.span.last - Days::new(2)
    }

    fn schedule(&mut self, date: NaiveDate, later: Later) {
        self.tickets += 1;
        self.later.push(Reverse((date, self.tickets)));
        self.waiting.insert(self.tickets, later);
    }

    fn later_one(&mut self, date: NaiveDate, later: Later) -> Complaint {
        match later {
            Later::Member(group) => self.member(date, *group),
            Later::Again(again) => self.again(date, *again),
        }
    }

    fn fresh_one(&mut self, date: NaiveDate) -> Complaint {
        let rates = cause_rates(&self.span, date);
        let sum: i64 = rates.iter().map(|r| i64::from(*r)).sum();
        self.group_credit += GROUPED_PERMILLE * sum / self.rate_average;
        let room = (self.last_planned() - date).num_days();
        if self.group_credit > 0 && sum > 0 && room > 6 {
            let cause = self.next_cause(&rates, sum);
            return self.new_group(date, cause, room);
        }
        self.background(date)
    }

    /// Causes take turns in proportion to their rates (smooth weighted round robin), so that each one
    /// shows in small registers too.
    fn next_cause(&mut self, rates: &[u32; CAUSES.len()], sum: i64) -> usize {
        let mut chosen = 0;
        for (place, rate) in rates.iter().enumerate() {
            self.cause_credit[place] += i64::from(*rate);
            if *rate > 0
                && (rates[chosen] == 0 || self.cause_credit[place] > self.cause_credit[chosen])
            {
                chosen = place;
            }
        }
        self.cause_credit[chosen] -= sum;
        chosen
    }
}
