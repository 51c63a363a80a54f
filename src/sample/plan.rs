//! Who complains about what on which day: the volume over the year, the planted causes with their
//! rise and fall, and the groups of complaints that one of them brings forth.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::catalogue::{ACTIONS, CAUSES, Cause, Family, PRODUCTS, Product, Season, Site, day_at, product_named};
use super::complainant::Complainant;
use super::narrative::{Backgrounds, Core, Slots, compose, compose_duplicate, compose_repeat, family_in};
use super::office::{Office, Second};
use super::rng::Rng;
use super::texts::Texts;
use super::truth::Relation;
use crate::domain::vocabulary::{Channel, Language};

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

/// First day, last instant, and the days between.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: NaiveDate,
    pub until: Second,
    pub last: NaiveDate,
}

impl Span {
    /// Number of days from the first to the last.
    pub fn days(&self) -> i64 {
        (self.last - self.from).num_days()
    }

    /// The day's place in thousandths of the span.
    pub fn permille(&self, date: NaiveDate) -> i64 {
        (date - self.from).num_days() * 1000 / self.days().max(1)
    }
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
            rates += weight * cause_rates(&span, date).iter().map(|r| i64::from(*r)).sum::<i64>();
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
        let rate: i64 = cause_rates(&self.span, date).iter().map(|r| i64::from(*r)).sum();
        let earned = GROUPED_PERMILLE * rate / self.rate_average;
        self.group_credit += earned * i64::try_from(due.len()).unwrap_or(0);
        let fresh = target.saturating_sub(self.planned);
        let mut complaints: Vec<Complaint> = due.into_iter().map(|later| self.later_one(date, later)).collect();
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
    pub fn follow(&mut self, complaint: &Complaint, registered: Second, decided: Option<Second>) -> bool {
        self.remember(complaint, registered);
        if complaint.relation == Relation::Duplicate || complaint.relation == Relation::Repeat {
            return false;
        }
        let (relation, after) = if self.rng.chance(42) {
            (Relation::Duplicate, self.office.date(registered) + Days::new(self.days(1, 8)))
        } else if let Some(decided) = decided.filter(|_| self.rng.chance(46)) {
            (Relation::Repeat, self.office.date(decided) + Days::new(self.days(12, 85)))
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
        self.recent.push_back((complaint.complainant, registered, complaint.matter.category));
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
            if *rate > 0 && (rates[chosen] == 0 || self.cause_credit[place] > self.cause_credit[chosen]) {
                chosen = place;
            }
        }
        self.cause_credit[chosen] -= sum;
        chosen
    }

    fn new_group(&mut self, date: NaiveDate, cause: usize, room: i64) -> Complaint {
        // A walk through the deck in steps that share no factor with 100 keeps its proportions in any
        // stretch, so that small registers too have the sizes of real ones.
        let card = (self.groups * 37 + self.seed % 100 * 13) % 100;
        let (_, low, high) = SIZE_DECK.iter().find(|(below, _, _)| card < *below).copied().unwrap_or((0, 2, 2));
        let size = low + self.rng.below(high - low + 1);
        self.groups += 1;
        self.group_credit -= i64::try_from(size).unwrap_or(2) * 1000;
        let planted = &CAUSES[cause];
        let product = self.cause_product(planted);
        let produced_on = planted.family.and(Some(self.production(date, planted)));
        let lot = produced_on.zip(product).map(|(day, product)| self.lot(product.site, day));
        let lines = self.texts.of(Language::Tr).causes[cause].len();
        let group = Group {
            no: self.groups,
            cause,
            product,
            lot,
            produced_on,
            first_line: self.rng.place(lines),
            member: 0,
        };
        let window = (15 + 6 * i64::try_from(size).unwrap_or(0)).min(90).min(room);
        for member in 1..size {
            let on = date + Days::new(self.days(1, window));
            let mut other = group.clone();
            other.member = usize::try_from(member).unwrap_or(0);
            self.schedule(on, Later::Member(Box::new(other)));
        }
        self.member(date, group)
    }

    fn cause_product(&mut self, cause: &Cause) -> Option<&'static Product> {
        match cause.products {
            [] => self.any_product(None),
            names => product_named(self.rng.pick(names)),
        }
    }

    /// A day of production before the complaint; goods made after an effective action do not fail.
    fn production(&mut self, date: NaiveDate, cause: &Cause) -> NaiveDate {
        let usual = date - Days::new(self.days(20, 95));
        let begin = day_at(self.span.from, self.span.days(), cause.starts);
        let end = cure_of(&self.span, cause);
        let day = match end {
            Some(end) if usual > end => end - Days::new(self.days(0, 25)),
            _ => usual,
        };
        if cause.starts == 0 { day } else { day.max(begin) }
    }

    fn lot(&mut self, site: Site, produced: NaiveDate) -> String {
        let batch = self.rng.between(1, 40);
        format!("{}{:02}{:02}-{:02}", site.letter(), produced.year() % 100, produced.month(), batch)
    }

    fn member(&mut self, date: NaiveDate, group: Group) -> Complaint {
        let (complainant, language) = self.new_complainant();
        let lines = self.texts.of(language).causes[group.cause].len();
        // Steps of 7 through 30-odd lines: neighbours in the file may resemble each other.
        let line = (group.first_line + group.member * 7) % lines;
        let category = super::catalogue::CATEGORIES
            .iter()
            .position(|(id, _)| *id == CAUSES[group.cause].category)
            .unwrap_or(0);
        let matter = Matter {
            core: Core::Cause(group.cause, line),
            cause: Some(group.cause),
            group: Some(group.no),
            category,
            product: group.product,
            sold_on: group.produced_on.map(|day| self.sale(day, date)),
            lot: group.lot,
            produced_on: group.produced_on,
        };
        let mixed = group.member >= 8 || self.rng.chance(60);
        self.complaint(date, complainant, true, language, matter, mixed, Relation::Recurrent)
    }

    fn background(&mut self, date: NaiveDate) -> Complaint {
        let known = self.rng.chance(70).then(|| self.rng.place(self.recent.len().max(1)));
        let morning = self.office.midnight(date);
        let known = known
            .and_then(|place| self.recent.get(place).copied())
            .filter(|(_, registered, _)| *registered < morning);
        let (complainant, language, first) = match known {
            Some((no, _, _)) => (no, Complainant::language(self.seed, no), false),
            None => {
                let (no, language) = self.new_complainant();
                (no, language, true)
            }
        };
        let (mut core, mut mixed) = self.backgrounds.next(self.texts, language, &mut self.rng);
        if let (Some((_, _, category)), Core::Background(found, _)) = (known, core)
            && category == found
        {
            // A second complaint of the same person about the same would be a repeat.
            (core, mixed) = self.backgrounds.next(self.texts, language, &mut self.rng);
        }
        let category = match core {
            Core::Background(category, _) => category,
            Core::Cause(..) => 0,
        };
        let text = super::narrative::body_of(self.texts.of(language), core);
        let family = family_in(text);
        let product = match family {
            Some(family) => self.any_product(Some(family)),
            None => self.rng.chance(600).then(|| self.any_product(None)).flatten(),
        };
        let produced_on = product.and_then(|_| self.rng.chance(450).then(|| date - Days::new(self.days(15, 300))));
        let lot = produced_on.zip(product).map(|(day, product)| self.lot(product.site, day));
        let matter = Matter {
            core,
            cause: None,
            group: None,
            category,
            product,
            sold_on: produced_on.map(|day| self.sale(day, date)),
            lot,
            produced_on,
        };
        self.complaint(date, complainant, first, language, matter, mixed, Relation::Background)
    }

    fn again(&mut self, date: NaiveDate, again: Again) -> Complaint {
        let mut matter = again.matter;
        let channel = self.channel(date);
        let narrative = match again.relation {
            Relation::Duplicate => compose_duplicate(&again.original, again.language, &mut self.rng),
            Relation::Repeat | Relation::Recurrent | Relation::Background => {
                if let Core::Cause(cause, line) = matter.core {
                    let lines = self.texts.of(again.language).causes[cause].len();
                    matter.core = Core::Cause(cause, (line + 11) % lines);
                }
                let slots = slots_of(&matter);
                compose_repeat(self.texts, again.language, channel, matter.core, slots, &mut self.rng)
            }
        };
        Complaint {
            order: 0,
            received: self.time(date, channel),
            complainant: again.complainant,
            first: false,
            language: again.language,
            channel,
            matter,
            relation: again.relation,
            of: Some(again.of),
            narrative,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one complaint, named at both callers")]
    fn complaint(&mut self, date: NaiveDate, complainant: u64, first: bool, language: Language, matter: Matter, mixed: bool, relation: Relation) -> Complaint {
        let channel = self.channel(date);
        let slots = slots_of(&matter);
        let narrative = compose(self.texts, language, channel, matter.core, mixed, slots, &mut self.rng);
        Complaint {
            order: 0,
            received: self.time(date, channel),
            complainant,
            first,
            language,
            channel,
            matter,
            relation,
            of: None,
            narrative,
        }
    }

    fn new_complainant(&mut self) -> (u64, Language) {
        self.complainants += 1;
        (self.complainants, Complainant::language(self.seed, self.complainants))
    }

    fn any_product(&mut self, family: Option<Family>) -> Option<&'static Product> {
        let fits = |p: &&Product| family.is_none_or(|f| f == p.family);
        let weights: Vec<u32> = PRODUCTS.iter().map(|p| if fits(&p) { p.monthly_units } else { 0 }).collect();
        Some(&PRODUCTS[self.rng.weighted(&weights)])
    }

    fn sale(&mut self, produced: NaiveDate, received: NaiveDate) -> NaiveDate {
        let days = (received - produced).num_days();
        produced + Days::new(self.days(3.min(days), (days - 2).max(3.min(days))))
    }

    /// The last days' mails would stay unregistered, so the forms come then.
    fn channel(&mut self, date: NaiveDate) -> Channel {
        let staffed = self.office.hours(self.office.midnight(date)).is_some();
        let morning = self.office.midnight(date);
        let closing = self.office.days_between(morning, self.span.until) <= 4;
        let weights: &[(Channel, u32)] = match (staffed, closing) {
            (_, true) => &[(Channel::Form, 1)],
            (true, false) => &[(Channel::Form, 46), (Channel::Email, 23), (Channel::Phone, 25), (Channel::InPerson, 6)],
            (false, false) => &[(Channel::Form, 70), (Channel::Email, 30)],
        };
        self.rng.pick_weighted(weights)
    }

    /// An hour of that day at which people write or call; never after the span's end.
    fn time(&mut self, date: NaiveDate, channel: Channel) -> Second {
        const HOURS: [u32; 24] = [
            8, 4, 2, 1, 1, 2, 6, 18, 40, 60, 70, 68, 55, 55, 60, 60, 58, 52, 48, 50, 56, 54, 40, 20,
        ];
        let midnight = self.office.midnight(date);
        let at = match (channel, self.office.hours(midnight)) {
            // The last half hour stays free, so that a call is typed in while the office is open.
            (Channel::Phone | Channel::InPerson, Some((opens, closes))) => self.rng.between(opens + 300, closes - 1900),
            _ => {
                let hour = i64::try_from(self.rng.weighted(&HOURS)).unwrap_or(12);
                midnight + hour * 3600 + self.rng.between(0, 3599)
            }
        };
        if at <= self.span.until {
            at
        } else {
            self.rng.between(midnight.min(self.span.until), self.span.until)
        }
    }
}

fn slots_of(matter: &Matter) -> Slots<'_> {
    Slots {
        product: matter.product.map_or("Kuzey Yapı", |p| p.name),
        lot: matter.lot.as_deref().unwrap_or("G2409-07"),
    }
}

/// The weight of a day: season of building work, weekday, free days, and slow growth over the years.
fn day_weight(span: &Span, office: &Office, date: NaiveDate) -> u64 {
    const MONTHS: [u64; 12] = [70, 75, 92, 108, 120, 126, 121, 112, 116, 105, 90, 74];
    let month = MONTHS[usize::try_from(date.month0()).unwrap_or(0)];
    let open = office.hours(office.midnight(date)).is_some();
    let weekday = match (date.weekday(), open) {
        (Weekday::Mon, true) => 135,
        (Weekday::Tue | Weekday::Wed | Weekday::Thu, true) => 112,
        (Weekday::Fri, true) => 104,
        (Weekday::Sat, _) => 52,
        (Weekday::Sun, _) => 44,
        (Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri, false) => 38,
    };
    let growth = 1000 + u64::try_from(span.permille(date)).unwrap_or(0) / 6;
    month * weekday * growth
}

/// How often each cause strikes on a day, relative to the others and to other days.
fn cause_rates(span: &Span, date: NaiveDate) -> [u32; CAUSES.len()] {
    let mut rates = [0; CAUSES.len()];
    for (rate, cause) in rates.iter_mut().zip(CAUSES) {
        *rate = cause_rate(span, date, cause);
    }
    rates
}

fn cause_rate(span: &Span, date: NaiveDate, cause: &Cause) -> u32 {
    const SUMMER: [u32; 12] = [50, 55, 80, 105, 130, 150, 155, 150, 120, 90, 65, 50];
    let begin = day_at(span.from, span.days(), cause.starts);
    // Goods reach the complainant weeks after the fault began.
    let lag = if cause.family.is_some() && cause.starts > 0 { 25 } else { 0 };
    if date < begin + Days::new(lag) {
        return 0;
    }
    let month = usize::try_from(date.month0()).unwrap_or(0);
    let season = match cause.season {
        Season::Even => 100,
        Season::Summer => SUMMER[month],
        Season::Winter => SUMMER[(month + 6) % 12],
    };
    let left = match cure_of(span, cause) {
        Some(cured) if date > cured => remaining_permille(cause, (date - cured).num_days()),
        _ => 1000,
    };
    cause.rate * season * left / 1000
}

/// What is left of a cause some days after an action that works, in thousandths: what was made before
/// keeps failing for a while.
fn remaining_permille(cause: &Cause, days: i64) -> u32 {
    const LEFT: i64 = 120;
    let (settling, falling) = if cause.family.is_some() { (15, 90) } else { (3, 7) };
    let fallen = (days - settling).clamp(0, falling);
    u32::try_from(1000 - (1000 - LEFT) * fallen / falling).unwrap_or(1000)
}

/// The day on which the action that works was implemented.
fn cure_of(span: &Span, cause: &Cause) -> Option<NaiveDate> {
    ACTIONS
        .iter()
        .filter(|action| action.cause == cause.id && action.works)
        .find_map(|action| action.implemented)
        .map(|permille| day_at(span.from, span.days(), permille))
}
