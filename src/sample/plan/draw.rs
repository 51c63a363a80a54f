//! One complaint drawn: its product and lot, its words, its channel and hour.

use chrono::{Datelike, Days, NaiveDate};

use super::{Again, Complaint, Group, Later, Matter, Planner, SIZE_DECK};
use crate::catalogue::{CATEGORIES, Family, PRODUCTS, Product, Site, product_named};
use crate::complainant::Complainant;
use crate::narrative::{
    Core, Slots, body_of, compose, compose_duplicate, compose_repeat, family_in,
};
use crate::office::Second;
use crate::planted::{CAUSES, Cause, day_at};
use crate::season::cure_of;
use crate::truth::Relation;
use redress_domain::vocabulary::{Channel, Language};

impl Planner<'_> {
    pub(super) fn new_group(&mut self, date: NaiveDate, cause: usize, room: i64) -> Complaint {
        // A walk through the deck in steps that share no factor with 100 keeps its proportions in any
        // stretch, so that small registers too have the sizes of real ones.
        let card = (self.groups * 37 + self.seed % 100 * 13) % 100;
        let (_, low, high) = SIZE_DECK
            .iter()
            .find(|(below, _, _)| card < *below)
            .copied()
            .unwrap_or((0, 2, 2));
        let size = low + self.rng.below(high - low + 1);
        self.groups += 1;
        self.group_credit -= i64::try_from(size).unwrap_or(2) * 1000;
        let planted = &CAUSES[cause];
        let product = self.cause_product(planted);
        let produced_on = planted.family.and(Some(self.production(date, planted)));
        let lot = produced_on
            .zip(product)
            .map(|(day, product)| self.lot(product.site, day));
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
        let window = (15 + 6 * i64::try_from(size).unwrap_or(0))
            .min(90)
            .min(room);
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
        if cause.starts == 0 {
            day
        } else {
            day.max(begin)
        }
    }

    fn lot(&mut self, site: Site, produced: NaiveDate) -> String {
        let batch = self.rng.between(1, 40);
        format!(
            "{}{:02}{:02}-{:02}",
            site.letter(),
            produced.year() % 100,
            produced.month(),
            batch
        )
    }

    pub(super) fn member(&mut self, date: NaiveDate, group: Group) -> Complaint {
        let (complainant, language) = self.new_complainant();
        let lines = self.texts.of(language).causes[group.cause].len();
        // Steps of 7 through 30-odd lines: neighbours in the file may resemble each other.
        let line = (group.first_line + group.member * 7) % lines;
        let category = CATEGORIES
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
        self.complaint(
            date,
            complainant,
            true,
            language,
            matter,
            mixed,
            Relation::Recurrent,
        )
    }

    pub(super) fn background(&mut self, date: NaiveDate) -> Complaint {
        let known = self
            .rng
            .chance(70)
            .then(|| self.rng.place(self.recent.len().max(1)));
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
        let text = body_of(self.texts.of(language), core);
        let family = family_in(text);
        let product = match family {
            Some(family) => self.any_product(Some(family)),
            None => self
                .rng
                .chance(600)
                .then(|| self.any_product(None))
                .flatten(),
        };
        let produced_on = product.and_then(|_| {
            self.rng
                .chance(450)
                .then(|| date - Days::new(self.days(15, 300)))
        });
        let lot = produced_on
            .zip(product)
            .map(|(day, product)| self.lot(product.site, day));
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
        self.complaint(
            date,
            complainant,
            first,
            language,
            matter,
            mixed,
            Relation::Background,
        )
    }

    pub(super) fn again(&mut self, date: NaiveDate, again: Again) -> Complaint {
        let mut matter = again.matter;
        let channel = self.channel(date);
        let narrative = match again.relation {
            Relation::Duplicate => {
                compose_duplicate(&again.original, again.language, &mut self.rng)
            }
            Relation::Repeat | Relation::Recurrent | Relation::Background => {
                if let Core::Cause(cause, line) = matter.core {
                    let lines = self.texts.of(again.language).causes[cause].len();
                    matter.core = Core::Cause(cause, (line + 11) % lines);
                }
                let slots = slots_of(&matter);
                compose_repeat(
                    self.texts,
                    again.language,
                    channel,
                    matter.core,
                    slots,
                    &mut self.rng,
                )
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

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one complaint, named at both callers"
    )]
    fn complaint(
        &mut self,
        date: NaiveDate,
        complainant: u64,
        first: bool,
        language: Language,
        matter: Matter,
        mixed: bool,
        relation: Relation,
    ) -> Complaint {
        let channel = self.channel(date);
        let slots = slots_of(&matter);
        let narrative = compose(
            self.texts,
            language,
            channel,
            matter.core,
            mixed,
            slots,
            &mut self.rng,
        );
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
        (
            self.complainants,
            Complainant::language(self.seed, self.complainants),
        )
    }

    fn any_product(&mut self, family: Option<Family>) -> Option<&'static Product> {
        let fits = |p: &&Product| family.is_none_or(|f| f == p.family);
        let weights: Vec<u32> = PRODUCTS
            .iter()
            .map(|p| if fits(&p) { p.monthly_units } else { 0 })
            .collect();
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
            (true, false) => &[
                (Channel::Form, 46),
                (Channel::Email, 23),
                (Channel::Phone, 25),
                (Channel::InPerson, 6),
            ],
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
            (Channel::Phone | Channel::InPerson, Some((opens, closes))) => {
                self.rng.between(opens + 300, closes - 1900)
            }
            _ => {
                let hour = i64::try_from(self.rng.weighted(&HOURS)).unwrap_or(12);
                midnight + hour * 3600 + self.rng.between(0, 3599)
            }
        };
        if at <= self.span.until {
            at
        } else {
            self.rng
                .between(midnight.min(self.span.until), self.span.until)
        }
    }
}

fn slots_of(matter: &Matter) -> Slots<'_> {
    Slots {
        product: matter.product.map_or("Kuzey Yapı", |p| p.name),
        lot: matter.lot.as_deref().unwrap_or("G2409-07"),
    }
}
